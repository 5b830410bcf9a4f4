"""Local learning: objectives, selection rules, the training loop; and `global` learning to compare with."""

from aurita.learning.followers import following
from aurita.learning.local import History, learn
from aurita.learning.online import Learnt, Standing, begin, learn_chunk, learn_sequences
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
    "begin",
    "following",
    "learn",
    "learn_chunk",
    "learn_globally",
    "learn_sequences",
]
