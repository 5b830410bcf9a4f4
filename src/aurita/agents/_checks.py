"""What an agent may be given: parameters, worlds, and episodes that end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._tree import leaves
from aurita._typing import Float
from aurita.agents._credit import CREDITS, DECISIONS
from aurita.agents._rollouts import Visitor
from aurita.errors import AuritaError
from aurita.fields import is_real, is_whole, shown
from aurita.learning.partners import Partners
from aurita.reservoir import Population, Reservoir
from aurita.worlds import Continuous, Discrete, World
from aurita.worlds.registry import as_world

if TYPE_CHECKING:
    from aurita.agents._living import Living
    from aurita.agents.agent import ReservoirAgent

_MOST = 10**9


def _whole(least: int) -> tuple[str, Callable[[object], bool]]:
    return f"a whole number from {least}", lambda value: is_whole(value) and least <= int(value) <= _MOST


def _number(least: float, most: float) -> tuple[str, Callable[[object], bool]]:
    return f"a number from {least:g} to {most:g}", lambda value: is_real(value) and least <= float(value) <= most


def _one(*choices: str) -> tuple[str, Callable[[object], bool]]:
    return f"one of {', '.join(map(repr, choices))}", lambda value: isinstance(value, str) and value in choices


_BOOLEAN = "true or false", lambda value: isinstance(value, bool | np.bool_)
PARAMETERS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "units": _whole(1),
    "memory": _whole(1),
    "traces": _whole(0),
    "receives": _one("inputs", "all"),
    "aligned": _BOOLEAN,
    "envs": _whole(1),
    "rollout": _whole(2),
    "epochs": _whole(1),
    "minibatches": _whole(1),
    "learning_rate": _number(0, 10),
    "discount": _number(0, 1),
    "trace": _number(0, 1),
    "entropy": _number(0, 10),
    "uniform": _number(0, 10),
    "value_weight": _number(0, 1000),
    "clip": _number(1e-6, 10),
    "gradient_clip": _number(1e-6, 1e9),
    "decide": _one(*DECISIONS),
    "credit": _one(*CREDITS),
    "learns": _one("all", "heads"),
    "steps": _whole(1),
    "longest_episode": _whole(1),
    "stop_at": ("a number, or None", lambda value: value is None or is_real(value)),
    "callback": ("a function, or None", lambda value: value is None or callable(value)),
    "feedback": (
        "true, false or 'reward'",
        lambda value: isinstance(value, bool | np.bool_) or (isinstance(value, str) and value == "reward"),
    ),
    "verbose": (
        "True, False, None or a callback",
        lambda value: value is None or isinstance(value, bool | np.bool_) or callable(value),
    ),
}


def check_agent(agent: "ReservoirAgent") -> None:
    """Complain about the first parameter that is not what it should be.

    Raises:
        AuritaError: it, and what was expected; settings that do not fit each other.
    """
    for name, (expected, fits) in PARAMETERS.items():
        if not fits(getattr(agent, name)):
            raise AuritaError(f"{name} is {shown(getattr(agent, name))}; expected {expected}")
    given = agent.populations
    listed = [given] if isinstance(given, Population) else [] if given is None else list(given)
    if not all(isinstance(item, Population) for item in listed):
        raise AuritaError("populations hold something else than Population(unit=..., units=...)")
    if not (agent.partners is None or isinstance(agent.partners, Partners)):
        raise AuritaError(f"partners is a {type(agent.partners).__name__}; expected Partners(afferents=3), or None")
    if agent.credit == "difference" and agent.decide != "votes":
        raise AuritaError(
            f"credit is 'difference' and decide is {agent.decide!r}: where units add up, the counterfactual is biased; "
            "use decide='votes', or credit='common'"
        )
    if agent.credit == "own" and agent.decide == "votes":
        raise AuritaError("credit is 'own' and decide is 'votes'; use credit='common' or 'difference'")


def checked_world(environment: object, envs: int, agent: "Living") -> World:
    """The world that an environment is, or makes, for an agent.

    Raises:
        AuritaError: no world, or actions that cannot be served.
    """
    world = as_world(environment, envs)
    if not isinstance(world.actions, Discrete | Continuous):
        raise AuritaError(f"the actions are {shown(world.actions)}; expected Discrete or Continuous ones")
    if agent.uniform and not isinstance(world.actions, Discrete):
        raise AuritaError(
            f"uniform is {agent.uniform:g} and the world takes numbers, which have no even chances; use entropy"
        )
    if agent.decide == "votes" and not isinstance(world.actions, Discrete):
        raise AuritaError("decide is 'votes' and the world takes numbers, which nobody can vote for; use decide='sum'")
    return world


def scored_episodes(visitor: Visitor, envs: int, episodes: int, greedy: bool) -> Float[np.ndarray, "episode"]:
    """Returns of so many episodes, as many of every copy, so that short ones are not favoured."""
    quota = np.full(envs, episodes // envs)
    quota[: episodes % envs] += 1
    found: list[float] = []

    def ends(copy: int, value: float) -> bool:
        if quota[copy]:
            quota[copy] -= 1
            found.append(value)
        return not quota.any()

    while quota.any():
        visitor.run(256, greedy=greedy, learns=False, ends=ends)
    return np.array(found)


def check_finite(reservoir: Reservoir, scale: float, steps: int) -> None:
    """Refuse units that learnt until their weights were no numbers any more.

    Args:
        reservoir: of the units.
        scale: what rewards are divided by.
        steps: that were learnt from.

    Raises:
        AuritaError: a weight that is NaN or infinite.
    """
    if all(np.isfinite(np.asarray(leaf)).all() for leaf in leaves(reservoir.weights)):
        return
    raise AuritaError(
        f"units have diverged after {steps} steps: rewards deviate by {scale:.3g} and learning_rate may be too large; "
        "scale rewards to about 1, or lower learning_rate"
    )
