"""The genome of a reservoir of attention units: its wiring, its weights, the leaks of its slots.

The wiring is written as preferences: a slot receives the source that it prefers most (random keys, Bean 1994, "Genetic
algorithms and random keys"), so that evolution strategies can move it together with the weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from aurita._keys import new_key
from aurita._typing import Float, Int
from aurita.data.batch import Batch
from aurita.engine.running import features_of
from aurita.errors import AuritaError
from aurita.evolution.evaluation import Scores, Scoring, collected, lanes_of, measured, parts_of
from aurita.evolution.trials import Trials
from aurita.reservoir import Population, Reservoir, Weights
from aurita.reservoir.features import feature_size
from aurita.reservoir.wiring import Sources, random_wiring
from aurita.units import AttentionUnit

_PREFERENCE = 0.3
_MOST_NUMBERS = 2**23


@dataclass(frozen=True, eq=False)
class AttentionGenes:
    """A population of reservoirs of U attention units with D slots.

    Attributes:
        preferences: of every slot for every source; the highest is received.
        rates: leak rates of the slots, 1 for no leak, in (0, 1).
        weights: of the units, by name, the population first and the unit last.
    """

    preferences: Float[np.ndarray, "population source slot unit"]
    rates: Float[np.ndarray, "population slot unit"]
    weights: Mapping[str, Float[np.ndarray, "population ... unit"]]

    @property
    def count(self) -> int:
        """Reservoirs in the population."""
        return len(self.rates)

    @property
    def sizes(self) -> Int[np.ndarray, "population"]:
        """Units of each reservoir."""
        return np.full(self.count, self.rates.shape[2])

    @property
    def wiring(self) -> Int[np.ndarray, "population slot unit"]:
        """The source that each slot receives."""
        return self.preferences.argmax(axis=1).astype(np.int32)

    @property
    def connections(self) -> Int[np.ndarray, "population"]:
        """Connections of each reservoir: one a slot."""
        return np.full(self.count, self.rates[0].size)

    @property
    def connectivity(self) -> Float[np.ndarray, "population"]:
        """Share of the slots that receive a unit."""
        inputs = self.preferences.shape[1] - self.rates[0].size
        return (self.wiring >= inputs).mean(axis=(1, 2))

    def take(self, which: Sequence[int] | np.ndarray | slice) -> "AttentionGenes":
        """Some of the reservoirs, by number."""
        return AttentionGenes.of({name: value[which] for name, value in self.arrays().items()})

    def arrays(self) -> dict[str, np.ndarray]:
        """The genes by name, in one order whatever the order of `weights`: vectors are made of them."""
        weights = {f"weights.{name}": self.weights[name] for name in sorted(self.weights)}
        return {"preferences": self.preferences, "rates": self.rates, **weights}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The genes that `arrays` gave."""
        first = len("weights.")
        weights = {name[first:]: value for name, value in arrays.items() if name.startswith("weights.")}
        return cls(arrays["preferences"], arrays["rates"], weights)


@dataclass(frozen=True, kw_only=True)
class AttentionGenome:
    """What genomes of attention reservoirs may be, and how the first ones are drawn.

    Attributes:
        units: of a reservoir.
        unit: what they are; its gains and scales are those of first reservoirs.
        input_fraction: share of the slots that receive an external input at first.
        time_constant: slots of first reservoirs leak with time constants log-uniform between 1 and this.
        features: what the readout sees of the last step.

    Example:
        >>> genes = AttentionGenome(units=4).start(np.random.default_rng(0), count=3, inputs=8)
        >>> genes.wiring.shape, genes.preferences.shape
        ((3, 4, 4), (3, 24, 4, 4))
    """

    units: int = 4
    unit: AttentionUnit = field(default_factory=lambda: AttentionUnit(slots=4))
    input_fraction: float = 0.6
    time_constant: float = 10.0
    features: tuple[str, ...] = ("output",)

    def __post_init__(self) -> None:
        if self.units < 1 or not 0 <= self.input_fraction <= 1 or not self.time_constant >= 1:
            raise AuritaError(
                f"units is {self.units}, input_fraction {self.input_fraction}, time_constant {self.time_constant}; "
                "expected at least 1, a share from 0 to 1, at least 1"
            )

    def start(self, rng: np.random.Generator, count: int, inputs: int) -> AttentionGenes:
        """First reservoirs, drawn as `Reservoir.build` draws them.

        Args:
            rng: the generator.
            count: reservoirs to draw.
            inputs: external channels.
        """
        slots = self.unit.slots
        sources = Sources(inputs, ((self.units, slots),))
        drawn = self.unit.init(new_key(int(rng.integers(2**31 - 1))), count * self.units)
        weights = {
            name: np.moveaxis(np.asarray(value, np.float64).reshape(*value.shape[:-1], count, self.units), -2, 0)
            for name, value in drawn.items()
        }
        wirings = [
            random_wiring(rng, sources, (slots,), input_fraction=(self.input_fraction,))[0] for _ in range(count)
        ]
        preferences = _PREFERENCE * rng.standard_normal((count, sources.total, slots, self.units))
        np.put_along_axis(preferences, np.stack(wirings)[:, None], preferences.max(axis=1, keepdims=True) + 0.1, axis=1)
        rates = np.exp(-rng.uniform(0, np.log(self.time_constant), (count, slots, self.units)))
        return AttentionGenes(preferences, np.clip(rates, 0.002, 0.999), weights)

    def proposal(self, rng: np.random.Generator) -> "AttentionGenome":
        """The same genome with hyper-parameters of first reservoirs drawn at random, for those who tune them."""
        names = ("query_key_gain", "query_bias", "bias_scale")
        scales = {name: float(10 ** rng.uniform(-1, 1)) for name in names}
        return replace(
            self,
            unit=replace(
                self.unit,
                query_key_gain=scales["query_key_gain"],
                query_bias=scales["query_bias"],
                bias_scale=scales["bias_scale"],
                gain=float(10 ** rng.uniform(-0.7, 0.7)),
            ),
            input_fraction=float(rng.uniform(0.2, 1)),
            time_constant=float(10 ** rng.uniform(0, 2)),
        )

    def channels_of(self, genes: AttentionGenes) -> int:
        """How many external channels these reservoirs receive."""
        return int(genes.preferences.shape[1] - genes.rates[0].size)

    def scores(self, genes: AttentionGenes, trials: Trials, reading: Scoring) -> Scores:
        """Run, read out and score a population."""
        parts = parts_of(genes, 2 * genes.rates[0].size * trials.lengths.size)
        found = (_last_features(self._side_by_side(part), trials, self.features, self.units) for part in parts)
        return collected([measured(part, trials, reading) for part in found], reading)

    def reservoir(self, genes: AttentionGenes, number: int = 0) -> Reservoir:
        """One of the reservoirs, as any other of aurita's."""
        one, template = genes.take([number]), self._structure().template(self.channels_of(genes))
        own = template.weights[0].replace(
            rates=one.rates[0].astype(np.float32),
            unit={name: value[0].astype(np.float32) for name, value in one.weights.items()},
        )
        return template.replace(wiring=(one.wiring[0],), weights=(own,))

    def _side_by_side(self, genes: AttentionGenes) -> Reservoir:
        """All reservoirs as one, in which nobody receives units of another."""
        inputs, count, units = self.channels_of(genes), genes.count, self.units

        def joined(array: np.ndarray) -> np.ndarray:
            return np.moveaxis(array, 0, -2).reshape(*array.shape[1:-1], count * units)

        slot, unit = np.divmod(genes.wiring - inputs, units)
        moved = inputs + slot * count * units + units * np.arange(count)[:, None, None] + unit
        wiring = np.where(genes.wiring < inputs, genes.wiring, moved).astype(np.int32)
        weights = {name: joined(value).astype(np.float32) for name, value in genes.weights.items()}
        population = Population(unit=self._structure().unit, units=count * units, time_constant=2.0)
        return Reservoir(
            inputs=inputs,
            populations=(population,),
            wiring=(joined(wiring),),
            weights=(Weights(weights, {}, joined(genes.rates).astype(np.float32)),),
            connected=(True, False),
        )

    def flatten(self, genes: AttentionGenes) -> Float[np.ndarray, "population number"]:
        """Preferences, the rates' logits and the weights of each reservoir as one vector."""
        arrays = {**genes.arrays(), "rates": np.log(genes.rates / (1 - genes.rates))}
        return np.concatenate([value.reshape(genes.count, -1) for value in arrays.values()], axis=1)

    def unflatten(self, vectors: Float[np.ndarray, "population number"], like: AttentionGenes) -> AttentionGenes:
        """Genes of these vectors, of the shapes of `like`."""
        arrays, first = {}, 0
        for name, value in like.arrays().items():
            width = int(np.prod(value.shape[1:]))
            part = np.asarray(vectors, np.float64)[:, first : first + width]
            arrays[name] = part.reshape(len(vectors), *value.shape[1:])
            first += width
        arrays["rates"] = np.clip(1 / (1 + np.exp(-arrays["rates"])), 0.002, 0.999)
        return AttentionGenes.of(arrays)

    def genes_of(self, arrays: Mapping[str, np.ndarray]) -> AttentionGenes:
        """The genes that `AttentionGenes.arrays` gave."""
        return AttentionGenes.of(arrays)

    def template(self, inputs: int) -> Reservoir:
        """A reservoir of this shape, whatever its numbers."""
        population = Population(unit=self.unit, units=self.units, time_constant=2.0)
        return Reservoir.build([population], inputs=inputs)

    def _structure(self) -> "AttentionGenome":
        """What a compiled program depends on: how first reservoirs are drawn is not part of it."""
        plain = replace(self.unit, age_bias="random", gain=1.0, query_key_gain=1.0, query_bias=1.0, bias_scale=1.0)
        return AttentionGenome(units=self.units, unit=plain, features=self.features)


def _last_features(
    reservoir: Reservoir, trials: Trials, features: tuple[str, ...], units: int
) -> Float[np.ndarray, "reservoir feature lane"]:
    """Features of reservoirs of so many units, side by side, at the last step of each sequence."""
    sequences, lengths = lanes_of(trials)
    last = np.zeros((len(lengths), feature_size(reservoir, features)), np.float32)
    chunk = max(1, _MOST_NUMBERS // last.size)
    for part in features_of(reservoir, Batch.of(sequences, lengths), features, chunk=chunk, batch=len(lengths)):
        place = lengths - 1 - part.start
        ends = np.flatnonzero((place >= 0) & (place < part.features.shape[1]))
        last[ends] = part.features[ends, place[ends]]
    shared = reservoir.inputs if "input" in features else 0
    count = reservoir.units // units
    own = last[:, shared:].T.reshape(-1, count, units, len(lengths)).swapaxes(0, 1).reshape(count, -1, len(lengths))
    return np.concatenate([np.repeat(last[:, :shared].T[None], count, axis=0), own], axis=1)
