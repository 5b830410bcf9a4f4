"""The genome of a reservoir of attention units: its wiring, its weights, the leaks of its slots.

The wiring is written as preferences: a slot hears the source that it prefers most (random keys, Bean 1994, "Genetic
algorithms and random keys"), so that evolution strategies can move it together with the weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self, TypedDict

import numpy as np

from aurita._jax import compiled_with, jax, jnp
from aurita._keys import new_key
from aurita._typing import Array, Bool, Float, Int
from aurita.engine.scanning import make_step
from aurita.errors import AuritaError
from aurita.evolution.evaluation import Scores, Scoring, alive_steps, collected, measured, merged
from aurita.evolution.trials import Trials
from aurita.reservoir import Population, Reservoir, State
from aurita.reservoir.features import feature_size
from aurita.reservoir.wiring import Sources, random_wiring
from aurita.units import AttentionUnit

_PREFERENCE = 0.3


class _Stacked(TypedDict):
    """What a run takes of a population, or of one of its reservoirs."""

    wiring: Array
    rates: Array
    weights: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class AttentionGenes:
    """A population of reservoirs of U attention units with D slots.

    Attributes:
        preferences: of every slot for every source; the highest is heard.
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
        """The source that each slot hears."""
        return self.preferences.argmax(axis=1).astype(np.int32)

    @property
    def connections(self) -> Int[np.ndarray, "population"]:
        """Connections of each reservoir: one a slot."""
        return np.full(self.count, self.rates[0].size)

    @property
    def connectivity(self) -> Float[np.ndarray, "population"]:
        """Share of the slots that hear a unit."""
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
        input_fraction: share of the slots that hear an external input at first.
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
        """How many external channels these reservoirs hear."""
        return int(genes.preferences.shape[1] - genes.rates[0].size)

    def scores(self, genes: AttentionGenes, trials: Trials, reading: Scoring) -> Scores:
        """Run, read out and score a population, in one call."""
        arrays: _Stacked = {
            "wiring": genes.wiring,
            "rates": genes.rates.astype(np.float32),
            "weights": {name: value.astype(np.float32) for name, value in genes.weights.items()},
        }
        ragged = bool((trials.lengths < trials.inputs.shape[1]).any())
        given = (jnp.asarray(trials.inputs), jnp.asarray(trials.targets), alive_steps(trials) if ragged else None)
        static = (self._structure(), trials.fitted, trials.classes)
        return collected(_attention(arrays, *given, reading.temperature, reading.penalty, *static), reading)

    def reservoir(self, genes: AttentionGenes, number: int = 0) -> Reservoir:
        """One of the reservoirs, as any other of aurita's."""
        one = genes.take([number])
        template = self._structure().template(self.channels_of(genes))
        weights = {name: jnp.asarray(value[0], jnp.float32) for name, value in one.weights.items()}
        return _filled(template, jnp.asarray(one.wiring[0]), jnp.asarray(one.rates[0], jnp.float32), weights)

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


def _filled(template: Reservoir, wiring: Array, rates: Array, weights: Mapping[str, Array]) -> Reservoir:
    own = template.weights[0].replace(rates=rates, unit=dict(weights))
    return template.replace(wiring=(wiring,), weights=(own,))


@compiled_with(static_argnums=(6, 7, 8))
def _attention(
    population: _Stacked,
    inputs: Array,
    targets: Array,
    alive: Bool[Array, "time lane"] | None,
    temperature: float,
    penalty: float,
    genome: AttentionGenome,
    fitted: int,
    classes: bool,
) -> dict[str, Array]:
    merged_inputs = merged(inputs)
    with jax.ensure_compile_time_eval():
        template = genome.template(merged_inputs.shape[1])

    def one(arrays: _Stacked) -> dict[str, Array]:
        reservoir = _filled(template, arrays["wiring"], arrays["rates"], arrays["weights"])
        states = _last_features(reservoir, merged_inputs, alive, genome.features)
        return measured(states, targets, fitted, classes, temperature, penalty)

    return jax.lax.map(one, population)


def _last_features(
    reservoir: Reservoir,
    inputs: Float[Array, "time input lane"],
    alive: Bool[Array, "time lane"] | None,
    features: tuple[str, ...],
) -> Float[Array, "feature lane"]:
    step, lanes = make_step(reservoir, features), inputs.shape[2]

    def body(carried: tuple[State, Array], given: tuple[Array, Array | None]) -> tuple[tuple[State, Array], None]:
        (state, last), (row, lives) = carried, given
        state, predicted = step(state, row)
        now = jnp.concatenate([piece.reshape(-1, lanes) for piece in predicted])
        return (state, now if lives is None else jnp.where(lives, now, last)), None

    first = jnp.zeros((feature_size(reservoir, features), lanes))
    (_, last), _ = jax.lax.scan(body, (reservoir.initial_state(lanes), first), (inputs, alive))
    return last
