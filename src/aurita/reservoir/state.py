"""The state of a reservoir between two steps."""

from typing import Any

from aurita._tree import Record
from aurita._typing import Array, Float, Int


class State(Record):
    """Where a reservoir stands between two steps, for a batch of sequences.

    Attributes:
        time: steps run so far.
        steps: steps that each sequence has lived, without the padding of shorter ones.
        outputs: what units said last, per population.
        feedback: what the readout said last.
        units: states of the units, per population.
        heard: what leaky slots heard last, per population; None where slots do not leak.
    """

    time: Int[Array, ""]
    steps: Int[Array, "batch"]
    outputs: tuple[Float[Array, "slot unit batch"], ...]
    feedback: Float[Array, "feedback batch"]
    units: tuple[Any, ...]
    heard: tuple[Any, ...]
