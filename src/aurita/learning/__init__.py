"""Local learning: objectives, selection rules, the training loop, passages; and `global` learning to compare with."""

from aurita.learning.alignment import aligned, drift
from aurita.learning.followers import following
from aurita.learning.local import History, learn
from aurita.learning.passage import importance, pruned, unheard_inputs
from aurita.learning.rules import RULES
from aurita.learning.settings import LOSSES, Learning
from aurita.learning.whole import learn_globally
from aurita.reservoir import OBJECTIVES

__all__ = [
    "LOSSES",
    "OBJECTIVES",
    "RULES",
    "History",
    "Learning",
    "aligned",
    "drift",
    "following",
    "importance",
    "learn",
    "learn_globally",
    "pruned",
    "unheard_inputs",
]
