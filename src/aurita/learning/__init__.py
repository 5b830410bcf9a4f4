"""Local learning: objectives, selection rules, the training loop, passages; and `global` learning to compare with."""

from aurita.learning.alignment import aligned, drift
from aurita.learning.callbacks import following
from aurita.learning.local import History, learn
from aurita.learning.online import Learner, Learnt, begin, learn_chunk, learn_sequences
from aurita.learning.partners import Partners
from aurita.learning.passage import unused_inputs
from aurita.learning.rules import RULES, Largest, Proportional, Rule, Spaced
from aurita.learning.settings import LOSSES, EarlyStopping, Learning, Optimiser, Passages
from aurita.learning.spread import learn_spread
from aurita.learning.whole import learn_globally
from aurita.units import OBJECTIVES

__all__ = [
    "LOSSES",
    "OBJECTIVES",
    "RULES",
    "EarlyStopping",
    "History",
    "Largest",
    "Learner",
    "Learning",
    "Learnt",
    "Optimiser",
    "Partners",
    "Passages",
    "Proportional",
    "Rule",
    "Spaced",
    "aligned",
    "begin",
    "drift",
    "following",
    "learn",
    "learn_chunk",
    "learn_globally",
    "learn_sequences",
    "learn_spread",
    "unused_inputs",
]
