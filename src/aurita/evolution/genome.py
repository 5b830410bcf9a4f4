"""The genome of an echo reservoir: what its genes may be, and how the first ones are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.evolution.evaluation import Scores, Scoring, scores_of
from aurita.evolution.genes import Genes, pairs_of
from aurita.evolution.trials import Trials

LEAST_LEAK, MOST_LEAK = 0.002, 0.999


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
        recurrent_mask = (rng.random((count, n, n)) < self.density) & pairs_of(alive)
        input_mask = (rng.random((count, n, inputs)) < self.density) & alive[:, :, None]
        recurrent = rng.standard_normal((count, n, n))
        weights_in = rng.standard_normal((count, n, inputs))
        if self.values == "ternary":
            recurrent, weights_in = np.sign(recurrent), np.sign(weights_in)
        radius = np.abs(np.linalg.eigvals(recurrent * recurrent_mask)).max(axis=1)
        shrink = np.where(radius > 1e-9, self.spectral_radius / np.maximum(radius, 1e-9), 1.0)
        gain = np.ones((count, n))
        if self.values == "ternary":
            gain *= shrink[:, None]
        else:
            recurrent *= shrink[:, None, None]
            weights_in *= self.input_scale
        low, high = np.log(self.leak)
        return Genes(
            inputs=weights_in,
            recurrent=recurrent,
            bias=rng.uniform(-self.bias_scale, self.bias_scale, (count, n)),
            leak=np.clip(np.exp(rng.uniform(low, high, (count, n))), LEAST_LEAK, MOST_LEAK),
            gain=gain,
            input_mask=input_mask,
            recurrent_mask=recurrent_mask,
            output_mask=alive.copy(),
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
        """How many external channels these reservoirs receive."""
        return int(genes.inputs.shape[2])

    def scores(self, genes: Genes, trials: Trials, reading: Scoring) -> Scores:
        """See `aurita.evolution.evaluation.scores_of`."""
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
        weights_in, recurrent, bias, logit = np.split(
            np.asarray(vectors, np.float64), np.cumsum([n * inputs, n * n, n]), axis=1
        )
        masks = like.take(np.zeros(count, int))
        return replace(
            masks,
            inputs=weights_in.reshape(count, n, inputs),
            recurrent=recurrent.reshape(count, n, n),
            bias=bias,
            leak=np.clip(1 / (1 + np.exp(-logit)), LEAST_LEAK, MOST_LEAK),
        )

    def genes_of(self, arrays: Mapping[str, np.ndarray]) -> Genes:
        """The genes that `Genes.arrays` gave."""
        return Genes.of(arrays)
