"""Local learning: objectives, selection rules, the training loop, passages; and `global` learning to compare with."""

from aurita.learning.alignment import aligned, drift
from aurita.learning.followers import following
from aurita.learning.local import History, learn
from aurita.learning.online import Learnt, Standing, begin, learn_chunk, learn_sequences
from aurita.learning.passage import unheard_inputs
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
    "Learnt",
    "Standing",
    "aligned",
    "begin",
    "drift",
    "following",
    "learn",
    "learn_chunk",
    "learn_globally",
    "learn_sequences",
    "unheard_inputs",
]
