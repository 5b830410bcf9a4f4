"""The mixed society: populations of many kinds in one reservoir, of which held-out data keep the useful units."""

from aurita.society.committee import committee_weights, views
from aurita.society.defaults import default_learning, society_for
from aurita.society.fit import (
    GENERATIONS,
    HELD_OUT,
    FittedSociety,
    Limits,
    fit_societies,
    fit_society,
    numbers_trained,
)
from aurita.society.forward_selection import ChosenUnits, forward_selection
from aurita.society.members import CLOCK, mixed_society, series_society
from aurita.society.pruning import keep_units

__all__ = [
    "CLOCK",
    "GENERATIONS",
    "HELD_OUT",
    "ChosenUnits",
    "FittedSociety",
    "Limits",
    "committee_weights",
    "default_learning",
    "fit_societies",
    "fit_society",
    "forward_selection",
    "keep_units",
    "mixed_society",
    "numbers_trained",
    "series_society",
    "society_for",
    "views",
]
