"""The genes of a population of echo reservoirs: who receives whom and how strongly.

Genes are arrays with the population in front and neurons padded to the most that a reservoir may have, so that
reservoirs of all sizes are evaluated by one compiled program. Every neuron carries a historical marking, the number it
was given when it first appeared (Stanley and Miikkulainen 2002, "Evolving neural networks through augmenting
topologies"); a connection is known by the markings of its two ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.evolution._protocols import Pool

_FORMER = {"hears": "input_mask", "listens": "recurrent_mask", "speaks": "output_mask"}
"""Names of genes in checkpoints of older versions."""


@dataclass(frozen=True, eq=False)
class Genes:
    """A population of echo reservoirs of up to N neurons; what is masked or dead has no effect, whatever its value.

    Attributes:
        inputs: weights of the external inputs.
        recurrent: weights from neuron (last axis) to neuron.
        bias, leak, gain: one a neuron; the gain multiplies all inputs of the neuron.
        input_mask: which inputs reach a neuron.
        recurrent_mask: which neurons reach a neuron.
        output_mask: which neurons the readout sees.
        alive: which neurons exist.
        marks: historical markings of the neurons; -1 where there is none.
    """

    inputs: Float[np.ndarray, "population neuron input"]
    recurrent: Float[np.ndarray, "population neuron neuron"]
    bias: Float[np.ndarray, "population neuron"]
    leak: Float[np.ndarray, "population neuron"]
    gain: Float[np.ndarray, "population neuron"]
    input_mask: Bool[np.ndarray, "population neuron input"]
    recurrent_mask: Bool[np.ndarray, "population neuron neuron"]
    output_mask: Bool[np.ndarray, "population neuron"]
    alive: Bool[np.ndarray, "population neuron"]
    marks: Int[np.ndarray, "population neuron"]

    @property
    def count(self) -> int:
        """Reservoirs in the population."""
        return len(self.bias)

    @property
    def sizes(self) -> Int[np.ndarray, "population"]:
        """Neurons of each reservoir."""
        return self.alive.sum(axis=1)

    @property
    def connections(self) -> Int[np.ndarray, "population"]:
        """Connections of each reservoir, from inputs and from neurons."""
        from_inputs = (self.input_mask & self.alive[:, :, None]).sum(axis=(1, 2))
        return from_inputs + (self.recurrent_mask & pairs_of(self.alive)).sum(axis=(1, 2))

    @property
    def connectivity(self) -> Float[np.ndarray, "population"]:
        """Share of the possible recurrent connections that each reservoir has."""
        return (self.recurrent_mask & pairs_of(self.alive)).sum(axis=(1, 2)) / np.maximum(self.sizes, 1) ** 2

    def effective(self) -> dict[str, Float[np.ndarray, "population ..."]]:
        """The numbers that a run takes: masks and gains multiplied in, float32."""
        alive, gain = self.alive, self.gain[:, :, None]
        numbers = {
            "inputs": self.inputs * gain * (self.input_mask & alive[:, :, None]),
            "recurrent": self.recurrent * gain * (self.recurrent_mask & pairs_of(alive)),
            "bias": self.bias * alive,
            "leak": np.where(alive, self.leak, 1.0),
            "output_mask": self.output_mask & alive,
        }
        return {name: value.astype(np.float32) for name, value in numbers.items()}

    def take(self, which: Sequence[int] | np.ndarray | slice) -> "Genes":
        """Some of the reservoirs, by number."""
        return Genes.of({name: value[which] for name, value in self.arrays().items()})

    def arrays(self) -> dict[str, np.ndarray]:
        """The genes by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The genes that `arrays` gave."""
        return cls(**{_FORMER.get(name, name): value for name, value in arrays.items()})


def joined(*parts: Pool) -> Pool:
    """Populations of one kind of genes and the same padded size as one."""
    arrays = [part.arrays() for part in parts]
    return type(parts[0]).of({name: np.concatenate([part[name] for part in arrays]) for name in arrays[0]})


def pairs_of(alive: Bool[np.ndarray, "population neuron"]) -> Bool[np.ndarray, "population neuron neuron"]:
    """Which pairs of neurons both exist."""
    return alive[:, :, None] & alive[:, None, :]
