"""The mixed society: populations of many kinds in one reservoir, of which held-out data keep the useful units."""

from aurita.society.choosing import Choice, choose
from aurita.society.defaults import default_learning, society_for
from aurita.society.lessons import Lessons
from aurita.society.members import CLOCK, mixed_society, series_society
from aurita.society.pruning import keep_units
from aurita.society.settling import HELD_OUT, Settled, numbers_trained, settle
from aurita.society.voting import views, votes

__all__ = [
    "CLOCK",
    "HELD_OUT",
    "Choice",
    "Lessons",
    "Settled",
    "choose",
    "default_learning",
    "keep_units",
    "mixed_society",
    "numbers_trained",
    "series_society",
    "settle",
    "society_for",
    "views",
    "votes",
]
