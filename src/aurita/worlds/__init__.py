"""Worlds to act in, vectorised over independent copies; each registers itself where it is defined."""

from aurita.worlds.cartpole import CartPole
from aurita.worlds.gymnasium import GymnasiumWorld
from aurita.worlds.memory_length import LENGTHS, MemoryLength, memory_solved
from aurita.worlds.noise import WithNoise
from aurita.worlds.pendulum import Pendulum
from aurita.worlds.registry import WORLDS, as_world, world_named
from aurita.worlds.repeat_previous import RepeatPrevious
from aurita.worlds.simulated import Simulated
from aurita.worlds.spaces import Actions, Continuous, Discrete
from aurita.worlds.tmaze import TMaze
from aurita.worlds.world import World

__all__ = [
    "LENGTHS",
    "WORLDS",
    "Actions",
    "CartPole",
    "Continuous",
    "Discrete",
    "GymnasiumWorld",
    "MemoryLength",
    "Pendulum",
    "RepeatPrevious",
    "Simulated",
    "TMaze",
    "WithNoise",
    "World",
    "as_world",
    "memory_solved",
    "world_named",
]
