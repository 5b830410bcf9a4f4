"""A reservoir: populations of units, the wiring between them, and the passages through which they hear.

What a unit hears is `z(t) = P s(t) + b`, low-passed slot by slot where a population asks for it. `s(t)` are its
afferents: external inputs of this step, outputs of units and feedback of the step before.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.forking import check_process
from aurita.units import Unit, unit_from_config
from aurita.units.lanes import Params
from aurita.units.unit import at_least, drawn, normal, one_of, uniform, zeros
from aurita.wiring import (
    HEARS,
    NOT_DRAWN,
    Afferents,
    Sources,
    check_wiring,
    dense_wiring,
    distances,
    heard_by_units,
    random_wiring,
)

OBJECTIVES = ("self", "target", "mixed", "frozen")
MOST_UNITS = 1_000_000
PASSAGES = ("wired", "mixed", "learned")


@dataclass(frozen=True, kw_only=True)
class Population:
    """Units of one type, and how they hear.

    Attributes:
        unit: what the units are.
        units: how many.
        passage: `wired` (one afferent a slot), `mixed` (a fixed random map from afferents to slots) or `learned`
            (the same map, learning with the unit).
        afferents: sources a unit hears: a number, or `all` that it may hear; the number of slots by default.
        input_fraction: probability that an afferent is an external input.
        hears: `all`, `inputs` (a feed-forward population), `earlier` (inputs and earlier populations), `each` (one
            external input a unit, in turn over all such populations) or `partner` (inputs and the unit of its number in
            the population before).
        clock: whether the inputs that it may hear include the clock.
        self_loops: whether a unit may hear itself.
        time_constant: slots low-pass what they hear with time constants log-uniform between 1 step (no leak) and this.
        passage_scale: deviation of passage weights times the root of the number of afferents.
        passage_bias: half-width of the uniform biases of the passage.
        features: kinds of features that the readout may see of this population; all that it asks for by default.
        objective: what the units learn, where it is not what the settings of learning say: `self`, `target`, `mixed`
            or `frozen`.

    Example:
        >>> from aurita import AttentionUnit
        >>> Population(unit=AttentionUnit(slots=3), units=20).afferent_count(Sources(5, ((20, 3),)), 0)
        3
    """

    unit: Unit
    units: int
    passage: str = "wired"
    afferents: int | str | None = None
    input_fraction: float = 0.5
    hears: str = "all"
    clock: bool = True
    self_loops: bool = True
    time_constant: float = 1.0
    passage_scale: float = 1.0
    passage_bias: float = 0.0
    features: tuple[str, ...] | None = None
    objective: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.features, str):
            object.__setattr__(self, "features", (self.features,))
        check_fields(self)
        at_least("units", self.units, 1)
        if self.units > MOST_UNITS:
            raise AuritaError(f"units is {self.units}; expected at most {MOST_UNITS:,} in one population")
        if self.objective is not None:
            one_of("objective", self.objective, OBJECTIVES)
        one_of("passage", self.passage, PASSAGES)
        one_of("hears", self.hears, HEARS)
        at_least("time_constant", self.time_constant, 1)
        at_least("passage_scale", self.passage_scale, 0)
        at_least("passage_bias", self.passage_bias, 0)
        if not 0 <= self.input_fraction <= 1:
            raise AuritaError(f"input_fraction is {self.input_fraction}; expected a probability between 0 and 1")
        if isinstance(self.afferents, str):
            one_of("afferents", self.afferents, ("all",))
        elif self.afferents is not None:
            at_least("afferents", self.afferents, 1)
        if self.hears in NOT_DRAWN and (self.passage == "wired" or self.afferents not in (None, "all")):
            raise AuritaError(
                f"units that hear {self.hears!r} hear a fixed number of sources, through a passage; "
                "use passage='mixed' or 'learned' and leave afferents out"
            )
        if self.passage == "wired" and self.afferents not in (None, self.unit.slots):
            raise AuritaError(
                f"a wired unit hears one source a slot, here {self.unit.slots}, and afferents is {self.afferents}; "
                "use passage='mixed' or 'learned' to hear more"
            )

    def afferent_count(self, sources: Sources, number: int) -> int:
        """How many sources each unit of this population hears."""
        if self.hears_densely:
            return len(self.dense_wiring(sources, number))
        return self.unit.slots if self.afferents is None else int(self.afferents)

    @property
    def learns_by(self) -> str:
        """How the units learn: `gradient`, `regression` or `nothing`."""
        return "nothing" if self.objective == "frozen" else self.unit.learns_by

    @property
    def hears_densely(self) -> bool:
        """Whether the wiring is not drawn: every unit hears all that it may."""
        return self.afferents == "all" or self.hears in NOT_DRAWN

    def dense_wiring(self, sources: Sources, number: int) -> Afferents:
        """The wiring, where it is not drawn."""
        return dense_wiring(sources, number, self.hears, self_loops=self.self_loops, clock=self.clock)

    def config(self) -> dict[str, Any]:
        """The description as plain values, to be saved."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "unit": self.unit.config()}

    @staticmethod
    def from_config(config: dict[str, Any]) -> "Population":
        """The population that `config` described."""
        try:
            return Population(**{**config, "unit": unit_from_config(config["unit"])})
        except (TypeError, KeyError) as error:
            raise AuritaError(f"this is no description of a population: {error}") from None


class Weights(eqx.Module):
    """The arrays of one population; the last axis of each is the unit.

    Attributes:
        unit: weights of the units.
        passage: `matrix` (slot, afferent, unit) and `bias` (slot, unit); empty where wired.
        rates: leak rates (slot, unit); None where slots do not leak.
    """

    unit: Params
    passage: Params
    rates: Float[Array, "slot unit"] | None


class State(eqx.Module):
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


class Reservoir(eqx.Module):
    """Populations of units and their wiring. Immutable: learning returns another one.

    Attributes:
        inputs: external channels.
        populations: descriptions, in order.
        wiring: afferents `(K, U)` per population.
        weights: arrays per population.
        clock: periods, in steps, of a clock that is heard like external inputs: a sine and a cosine each.
        feedback: channels of feedback from the readout.
        targets: channels of a broadcast target that units may have heads for.
        heard: whether any unit hears each population and, last, the feedback.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=4), units=20)], inputs=3, seed=0)
        >>> reservoir.sources.total
        83
    """

    inputs: int = eqx.field(static=True)
    populations: tuple[Population, ...] = eqx.field(static=True)
    wiring: tuple[Int[Array, "afferent unit"], ...]
    weights: tuple[Weights, ...]
    clock: tuple[float, ...] = eqx.field(static=True, default=())
    feedback: int = eqx.field(static=True, default=0)
    targets: int = eqx.field(static=True, default=0)
    heard: tuple[bool, ...] = eqx.field(static=True, default=())

    @staticmethod
    def build(
        populations: Sequence[Population],
        *,
        inputs: int,
        seed: int = 0,
        clock: Sequence[float] = (),
        feedback: int = 0,
        targets: int = 0,
        wiring: Sequence[Afferents] | None = None,
    ) -> "Reservoir":
        """Draw wiring and weights.

        Args:
            populations: at least one.
            inputs: external channels `E`.
            seed: the same seed gives the same bytes on the same machine.
            clock: periods of the clock, in steps; none by default.
            feedback: channels of feedback from the readout.
            targets: channels of the broadcast target.
            wiring: afferents per population, instead of random ones.

        Raises:
            AuritaError: nothing to build, a unit with more slots than sources, or a wiring that does not fit.
        """
        populations = tuple(populations)
        if not populations:
            raise AuritaError("a reservoir needs at least one population, and none was given")
        at_least("inputs", inputs, 1)
        at_least("feedback", feedback, 0)
        at_least("targets", targets, 0)
        for period in clock:
            at_least("a period of the clock", period, 1)
        sources = _sources(inputs, populations, clock, feedback)
        check_process()
        rng = np.random.default_rng([0x61757269, seed])
        counts = tuple(p.afferent_count(sources, i) for i, p in enumerate(populations))
        if wiring is None:
            wiring = _drawn_wiring(rng, sources, populations, counts)
        wiring = tuple(np.asarray(array) for array in wiring)
        check_wiring(sources, wiring, counts)
        keys = jax.random.split(jax.random.key(seed), len(populations))
        weights = tuple(_draw_weights(*pair, targets) for pair in zip(keys, populations, wiring, strict=True))
        return Reservoir(
            inputs=inputs,
            populations=populations,
            wiring=tuple(jax.device_put(array.astype(np.int32)) for array in wiring),
            weights=weights,
            clock=tuple(float(period) for period in clock),
            feedback=feedback,
            targets=targets,
            heard=heard_by_units(sources, wiring),
        )

    @property
    def sources(self) -> Sources:
        """How the sources are numbered."""
        return _sources(self.inputs, self.populations, self.clock, self.feedback)

    @property
    def units(self) -> int:
        """Number of units of all populations."""
        return self.sources.units

    @property
    def recurrent(self) -> bool:
        """Whether any unit hears a unit or the feedback, so that what units hear is known step by step only."""
        return any(self.heard)

    def distances(self) -> np.ndarray:
        """Shortest paths between all units, connections taken in either direction, `(U, U)`."""
        return distances(self.sources, tuple(np.asarray(array) for array in self.wiring))

    def initial_state(self, batch: int = 1) -> State:
        """The state before the first step of `batch` sequences."""
        return State(
            time=zeros(dtype=np.int32),
            steps=zeros(batch, dtype=np.int32),
            outputs=tuple(zeros(p.unit.slots, p.units, batch) for p in self.populations),
            feedback=zeros(self.feedback, batch),
            units=tuple(p.unit.initial_state(p.units, batch) for p in self.populations),
            heard=tuple(None if w.rates is None else zeros(*w.rates.shape, batch) for w in self.weights),
        )

    def parameter_counts(self) -> dict[str, int]:
        """How many numbers learn (`trained`) and how many stay as drawn (`fixed`), wiring aside."""
        trained = fixed = 0
        for population, weights in zip(self.populations, self.weights, strict=True):
            unit = sum(v.size for v in weights.unit.values() if jnp.issubdtype(v.dtype, jnp.floating))
            passage = sum(v.size for v in weights.passage.values())
            learns = population.learns_by != "nothing"
            passage_learns = population.passage == "learned" and population.learns_by == "gradient"
            trained += learns * unit + passage_learns * passage
            fixed += (not learns) * unit + (not passage_learns) * passage
            fixed += 0 if weights.rates is None else weights.rates.size
        return {"trained": trained, "fixed": fixed}

    def _repr_html_(self) -> str:
        from aurita.notebook_face import reservoir_html

        return reservoir_html(self)

    def config(self) -> dict[str, Any]:
        """The description as plain values, to be saved beside the arrays."""
        return {
            "inputs": self.inputs,
            "populations": [p.config() for p in self.populations],
            "clock": list(self.clock),
            "feedback": self.feedback,
            "targets": self.targets,
        }


def hear(weights: Weights, afferents: Float[Array, "afferent *lanes"]) -> Float[Array, "slot *lanes"]:
    """What slots hear through a passage before any leak; `weights` have lanes that broadcast with `afferents`."""
    if not weights.passage:
        return afferents
    matrix, bias = weights.passage["matrix"], weights.passage["bias"]
    if matrix.ndim == 3 and afferents.ndim == 2:
        return matrix[..., 0] @ afferents + bias
    if matrix.shape[2] == 1 and afferents.ndim == 3:
        return (matrix[:, :, 0, 0] @ afferents[:, 0])[:, None] + bias
    return (matrix * afferents).sum(1) + bias


def _sources(inputs: int, populations: Sequence[Population], clock: Sequence[float], feedback: int) -> Sources:
    return Sources(
        inputs + 2 * len(clock), tuple((p.units, p.unit.slots) for p in populations), feedback, 2 * len(clock)
    )


def _drawn_wiring(
    rng: np.random.Generator, sources: Sources, populations: tuple[Population, ...], counts: tuple[int, ...]
) -> tuple[Afferents, ...]:
    drawn = random_wiring(
        rng,
        sources,
        counts,
        input_fraction=tuple(p.input_fraction for p in populations),
        self_loops=tuple(p.self_loops for p in populations),
        hears=tuple(p.hears for p in populations),
        clock=tuple(p.clock for p in populations),
    )
    dense = [p.hears_densely and p.hears not in NOT_DRAWN for p in populations]
    return tuple(p.dense_wiring(sources, i) if dense[i] else drawn[i] for i, p in enumerate(populations))


def _draw_weights(key: Array, population: Population, wiring: np.ndarray, targets: int) -> Weights:
    unit_key, matrix_key, bias_key, rate_key = jax.random.split(key, 4)
    slots, (afferents, units) = population.unit.slots, wiring.shape
    passage: dict[str, np.ndarray] = {}
    if population.passage != "wired":
        passage = population.unit.own_passage(afferents, units) or {}
    if population.passage != "wired" and not passage:
        deviation, bound = population.passage_scale / math.sqrt(afferents), population.passage_bias
        passage["matrix"] = normal(matrix_key, (slots, afferents, units), deviation)
        passage["bias"] = uniform(bias_key, (slots, units), -bound, bound)
    rates = None
    if population.time_constant > 1:
        rates = jax.device_put(np.exp(-uniform(rate_key, (slots, units), 0, math.log(population.time_constant))))
    return Weights(unit=population.unit.init(unit_key, units, targets), passage=drawn(passage), rates=rates)
