"""The genome of an echo reservoir: who hears whom and how strongly, for a whole population of reservoirs at once.

Genes are arrays with the population in front and neurons padded to the most that a reservoir may have, so that
reservoirs of all sizes are evaluated by one compiled program. Every neuron carries a historical marking, the number it
was given when it first appeared (Stanley and Miikkulainen 2002, "Evolving neural networks through augmenting
topologies"); a connection is known by the markings of its two ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from aurita.errors import AuritaError

LEAST_LEAK, MOST_LEAK = 0.002, 0.999


@dataclass(frozen=True, eq=False)
class Genes:
    """A population of echo reservoirs of up to N neurons; what is masked or dead has no effect, whatever its value.

    Attributes:
        inputs: weights of the external inputs.
        recurrent: weights from neuron (last axis) to neuron.
        bias, leak, gain: one a neuron; the gain multiplies all that the neuron hears.
        hears: which inputs a neuron hears.
        listens: which neurons a neuron hears.
        speaks: which neurons the readout sees.
        alive: which neurons exist.
        marks: historical markings of the neurons; -1 where there is none.
    """

    inputs: Float[np.ndarray, "population neuron input"]
    recurrent: Float[np.ndarray, "population neuron neuron"]
    bias: Float[np.ndarray, "population neuron"]
    leak: Float[np.ndarray, "population neuron"]
    gain: Float[np.ndarray, "population neuron"]
    hears: Bool[np.ndarray, "population neuron input"]
    listens: Bool[np.ndarray, "population neuron neuron"]
    speaks: Bool[np.ndarray, "population neuron"]
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
        heard = (self.hears & self.alive[:, :, None]).sum(axis=(1, 2))
        return heard + (self.listens & _both(self.alive)).sum(axis=(1, 2))

    @property
    def connectivity(self) -> Float[np.ndarray, "population"]:
        """Share of the possible recurrent connections that each reservoir has."""
        return (self.listens & _both(self.alive)).sum(axis=(1, 2)) / np.maximum(self.sizes, 1) ** 2

    def effective(self) -> dict[str, Float[np.ndarray, "population ..."]]:
        """The numbers that a run takes: masks and gains multiplied in, float32."""
        alive, gain = self.alive, self.gain[:, :, None]
        numbers = {
            "inputs": self.inputs * gain * (self.hears & alive[:, :, None]),
            "recurrent": self.recurrent * gain * (self.listens & _both(alive)),
            "bias": self.bias * alive,
            "leak": np.where(alive, self.leak, 1.0),
            "speaks": self.speaks & alive,
        }
        return {name: value.astype(np.float32) for name, value in numbers.items()}

    def take(self, which: Sequence[int] | np.ndarray | slice) -> "Genes":
        """Some of the reservoirs, by number."""
        return Genes.of({name: value[which] for name, value in self.arrays().items()})

    def arrays(self) -> dict[str, np.ndarray]:
        """The genes by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def of(arrays: Mapping[str, np.ndarray]) -> "Genes":
        """The genes that `arrays` gave."""
        return Genes(**dict(arrays))


def joined(*parts: Any) -> Any:
    """Populations of one kind of genes and the same padded size as one."""
    arrays = [part.arrays() for part in parts]
    return type(parts[0]).of({name: np.concatenate([part[name] for part in arrays]) for name in arrays[0]})


@dataclass(frozen=True, kw_only=True)
class Genome:
    """What genomes of echo reservoirs may be, and how the first ones are drawn.

    Attributes:
        neurons: of a reservoir at the start.
        most: neurons that a reservoir may grow to; `neurons` by default.
        values: `continuous` weights, or `ternary` ones: -1, 0 or 1, scaled by the neuron's gain.
        density: share of the possible connections, of inputs and of neurons, that a first reservoir has.
        spectral_radius: of the recurrent weights of first reservoirs.
        leak: bounds of the leaks of first reservoirs, log-uniform.
        input_scale: deviation of their input weights.
        bias_scale: half-width of their biases.

    Example:
        >>> genes = Genome(neurons=14).start(np.random.default_rng(0), count=5, inputs=8)
        >>> genes.recurrent.shape, genes.sizes.tolist()
        ((5, 14, 14), [14, 14, 14, 14, 14])
    """

    neurons: int = 14
    most: int | None = None
    values: Literal["continuous", "ternary"] = "continuous"
    density: float = 1.0
    spectral_radius: float = 0.9
    leak: tuple[float, float] = (0.05, 0.6)
    input_scale: float = 0.7
    bias_scale: float = 0.2

    def __post_init__(self) -> None:
        if self.neurons < 1 or self.padded < self.neurons:
            raise AuritaError(
                f"neurons is {self.neurons} and most is {self.most}; expected at least 1, and most no less than neurons"
            )
        if self.values not in ("continuous", "ternary"):
            raise AuritaError(f"values is {self.values!r}; expected 'continuous' or 'ternary'")
        low, high = self.leak
        if not (0 < low <= high <= 1 and 0 < self.density <= 1):
            raise AuritaError(
                f"leak is {self.leak} and density {self.density}; expected rates in (0, 1], the smaller first, and a "
                "share in (0, 1]"
            )
        if min(self.spectral_radius, self.input_scale, self.bias_scale) < 0:
            raise AuritaError("spectral_radius, input_scale and bias_scale must be at least 0")

    @property
    def padded(self) -> int:
        """Neurons that arrays have room for."""
        return self.neurons if self.most is None else self.most

    def start(self, rng: np.random.Generator, count: int, inputs: int) -> Genes:
        """First reservoirs.

        Args:
            rng: the generator.
            count: reservoirs to draw.
            inputs: external channels.
        """
        n, born = self.padded, self.neurons
        alive = np.broadcast_to(np.arange(n) < born, (count, n)).copy()
        listens = (rng.random((count, n, n)) < self.density) & _both(alive)
        hears = (rng.random((count, n, inputs)) < self.density) & alive[:, :, None]
        recurrent = rng.standard_normal((count, n, n))
        heard = rng.standard_normal((count, n, inputs))
        if self.values == "ternary":
            recurrent, heard = np.sign(recurrent), np.sign(heard)
        radius = np.abs(np.linalg.eigvals(recurrent * listens)).max(axis=1)
        shrink = np.where(radius > 1e-9, self.spectral_radius / np.maximum(radius, 1e-9), 1.0)
        gain = np.ones((count, n))
        if self.values == "ternary":
            gain *= shrink[:, None]
        else:
            recurrent *= shrink[:, None, None]
            heard *= self.input_scale
        low, high = np.log(self.leak)
        return Genes(
            inputs=heard,
            recurrent=recurrent,
            bias=rng.uniform(-self.bias_scale, self.bias_scale, (count, n)),
            leak=np.clip(np.exp(rng.uniform(low, high, (count, n))), LEAST_LEAK, MOST_LEAK),
            gain=gain,
            hears=hears,
            listens=listens,
            speaks=alive.copy(),
            alive=alive,
            marks=np.where(alive, np.arange(n), -1),
        )

    def proposal(self, rng: np.random.Generator) -> "Genome":
        """The same genome with hyper-parameters of first reservoirs drawn at random, for those who tune them."""
        slow, fast = np.sort(10 ** rng.uniform(-2, 0, 2))
        return replace(
            self,
            spectral_radius=float(rng.uniform(0.1, 1.5)),
            leak=(float(slow), float(fast)),
            input_scale=float(10 ** rng.uniform(-1.5, 0.7)),
            bias_scale=float(rng.uniform(0, 1)),
            density=float(rng.uniform(0.1, 1.0)),
        )

    def channels_of(self, genes: Genes) -> int:
        """How many external channels these reservoirs hear."""
        return int(genes.inputs.shape[2])

    def scores(self, genes: Genes, trials: Any, reading: Any) -> Any:
        """See `aurita.evolution.evaluation.scores_of`."""
        from aurita.evolution.evaluation import scores_of

        return scores_of(genes, trials, reading)

    def flatten(self, genes: Genes) -> Float[np.ndarray, "population number"]:
        """Weights, biases and the leaks' logits of each reservoir as one vector, what evolution strategies move.

        Raises:
            AuritaError: the values are ternary.
        """
        if self.values != "continuous":
            raise AuritaError("ternary weights are no vector to move; use the search 'topology', or continuous values")
        parts = [genes.inputs, genes.recurrent, genes.bias, np.log(genes.leak / (1 - genes.leak))]
        return np.concatenate([part.reshape(genes.count, -1) for part in parts], axis=1)

    def unflatten(self, vectors: Float[np.ndarray, "population number"], like: Genes) -> Genes:
        """Genes of these vectors, with masks and markings of the one reservoir `like`."""
        count = len(vectors)
        n, inputs = like.inputs.shape[1:]
        heard, recurrent, bias, logit = np.split(
            np.asarray(vectors, np.float64), np.cumsum([n * inputs, n * n, n]), axis=1
        )
        masks = like.take(np.zeros(count, int))
        return replace(
            masks,
            inputs=heard.reshape(count, n, inputs),
            recurrent=recurrent.reshape(count, n, n),
            bias=bias,
            leak=np.clip(1 / (1 + np.exp(-logit)), LEAST_LEAK, MOST_LEAK),
        )

    def genes_of(self, arrays: Mapping[str, np.ndarray]) -> Genes:
        """The genes that `Genes.arrays` gave."""
        return Genes.of(arrays)


def _both(alive: Bool[np.ndarray, "population neuron"]) -> Bool[np.ndarray, "population neuron neuron"]:
    return alive[:, :, None] & alive[:, None, :]
