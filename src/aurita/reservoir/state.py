"""The state of a reservoir between two steps."""

from aurita._kinds import saved
from aurita._tree import Record
from aurita._typing import Array, Float, Int, PyTree


@saved(former={"heard": "leaky"})
class State(Record):
    """The state of a reservoir between two steps, for a batch of sequences.

    Attributes:
        time: steps run so far.
        steps: steps that each sequence has lived, without the padding of shorter ones.
        outputs: of the units at the last step, per population.
        feedback: outputs of the readout at the last step.
        units: states of the units, per population.
        leaky: values of leaky slots, per population; None where slots do not leak.
    """

    time: Int[Array, ""]
    steps: Int[Array, "batch"]
    outputs: tuple[Float[Array, "slot unit batch"], ...]
    feedback: Float[Array, "feedback batch"]
    units: tuple[PyTree, ...]
    leaky: tuple[object, ...]
