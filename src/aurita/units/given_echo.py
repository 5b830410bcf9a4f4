"""An echo unit whose weights are given, not drawn: what evolution found, as a unit like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita._keys import Key
from aurita._typing import Array, Float
from aurita.errors import AuritaError
from aurita.units.echo import EchoUnit
from aurita.units.lanes import Inputs, Lived, Params, Time
from aurita.units.unit import Response, drawn

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class GivenEchoUnit(EchoUnit):
    """A group of leaky-tanh neurons with the weights named here; the seed of a reservoir changes nothing of it.

    Its population receives all external inputs, in order: `Population(unit=..., units=1, passage="mixed",
    afferents="all", receives="inputs")`.

    Attributes:
        inputs: a row of input weights for each neuron.
        recurrent: a row of weights from all neurons for each neuron.
        bias, leaks: one number a neuron.
        output_mask: whether the readout sees the neuron; its output is 0 where it does not.

    Raises:
        AuritaError: numbers that do not fit each other.

    Example:
        >>> from aurita._keys import new_key
        >>> unit = GivenEchoUnit(slots=2, inputs=((1,), (0,)), recurrent=((0, 0), (1, 0)), bias=(0, 0), leaks=(1, 0.5))
        >>> unit.init(new_key(0), units=1)["weights"][..., 0].tolist()
        [[0.0, 0.0], [1.0, 0.0]]
    """

    former: ClassVar[Mapping[str, str]] = {"speaks": "output_mask"}

    inputs: Rows = ()
    recurrent: Rows = ()
    bias: tuple[float, ...] = ()
    leaks: tuple[float, ...] = ()
    output_mask: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("inputs", "recurrent"):
            # A saved description has lists for rows, and a unit has to be hashable.
            object.__setattr__(self, name, tuple(tuple(map(float, row)) for row in getattr(self, name)))
        if not self.output_mask:
            object.__setattr__(self, "output_mask", (1.0,) * self.slots)
        for name in ("bias", "leaks", "output_mask"):
            object.__setattr__(self, name, tuple(map(float, getattr(self, name))))
        n = self.slots
        shapes = {name: np.shape(getattr(self, name)) for name in ("recurrent", "bias", "leaks", "output_mask")}
        wanted = {"recurrent": (n, n), "bias": (n,), "leaks": (n,), "output_mask": (n,)}
        rows = {len(row) for row in self.inputs}
        if shapes != wanted or len(self.inputs) != n or len(rows) != 1:
            raise AuritaError(
                f"{n} slots and numbers of shapes {shapes}, {len(self.inputs)} rows of inputs; expected {wanted}, and "
                "a row of inputs for each slot, all of one length"
            )

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        del key, targets
        given = {"weights": self.recurrent, "leak": self.leaks, "bias": self.bias, "output_mask": self.output_mask}
        return drawn({name: _for_units(value, units) for name, value in given.items()})

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        return {**super().weight_shapes(targets), "output_mask": (self.slots,)}

    def own_passage(self, afferents: int, units: int) -> dict[str, Float[np.ndarray, "..."]] | None:
        if afferents != len(self.inputs[0]):
            raise AuritaError(
                f"this unit was evolved on {len(self.inputs[0])} external inputs and receives {afferents}; "
                "give it sequences of as many channels, without a clock"
            )
        return {"matrix": _for_units(self.inputs, units), "bias": np.zeros((self.slots, units))}

    def step(
        self, prepared: Params, state: Float[Array, "slot unit batch"], inputs: Inputs, time: Time, steps: Lived
    ) -> tuple[Float[Array, "slot unit batch"], Response]:
        state, response = super().step(prepared, state, inputs, time, steps)
        return state, Response(state * prepared["output_mask"][..., None], response.features)

    @property
    def _sparse(self) -> bool:
        return False


def _for_units(value: object, units: int) -> Float[np.ndarray, "..."]:
    return np.repeat(np.asarray(value, float)[..., None], units, axis=-1)
