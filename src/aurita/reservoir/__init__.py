"""The reservoir: populations of units and their wiring, its weights and its state."""

from aurita.reservoir.population import MOST_UNITS, PASSAGES, Population
from aurita.reservoir.reservoir import Reservoir
from aurita.reservoir.state import State
from aurita.reservoir.weights import Weights, apply_passage

__all__ = ["MOST_UNITS", "PASSAGES", "Population", "Reservoir", "State", "Weights", "apply_passage"]
