"""A reservoir: populations of units, the wiring between them, and their passages.

What a unit receives is `z(t) = P s(t) + b`, low-passed slot by slot where a population asks for it. `s(t)` are its
afferents: external inputs of this step, outputs of units and feedback of the step before.
"""

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral

import numpy as np

from aurita._keys import new_key, split
from aurita._tree import Record, fixed
from aurita._typing import Array, Document, Int
from aurita.errors import AuritaError
from aurita.fields import shown
from aurita.reservoir.population import Population
from aurita.reservoir.state import State
from aurita.reservoir.weights import Weights, draw_weights
from aurita.reservoir.wiring import (
    NOT_DRAWN,
    Afferents,
    Sources,
    check_wiring,
    connected_parts,
    distances,
    random_wiring,
)
from aurita.units.unit import at_least, zeros


class Reservoir(Record):
    """Populations of units and their wiring. Immutable: learning returns another one.

    Attributes:
        inputs: external channels.
        populations: descriptions, in order.
        wiring: afferents `(K, U)` per population.
        weights: arrays per population.
        clock: periods, in steps, of a clock that is received like external inputs: a sine and a cosine each.
        feedback: channels of feedback from the readout.
        targets: channels of a broadcast target that units may have heads for.
        connected: whether any unit receives each population and, last, the feedback.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=4), units=20)], inputs=3, seed=0)
        >>> reservoir.sources.total
        83
    """

    inputs: int = fixed()
    populations: tuple[Population, ...] = fixed()
    wiring: tuple[Int[Array, "afferent unit"], ...]
    weights: tuple[Weights, ...]
    clock: tuple[float, ...] = fixed(default=())
    feedback: int = fixed(default=0)
    targets: int = fixed(default=0)
    connected: tuple[bool, ...] = fixed(default=())

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
        if isinstance(populations, Population):
            raise AuritaError("populations is one Population; expected a list of them: [population]")
        if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
            raise AuritaError(f"seed is {shown(seed)}; expected a whole number, 0 or more")
        populations = tuple(populations)
        if not populations:
            raise AuritaError("a reservoir needs at least one population, and none was given")
        at_least("inputs", inputs, 1)
        at_least("feedback", feedback, 0)
        at_least("targets", targets, 0)
        for period in clock:
            at_least("a period of the clock", period, 1)
        sources = _sources(inputs, populations, clock, feedback)
        rng = np.random.default_rng([0x61757269, seed])
        counts = tuple(p.afferent_count(sources, i) for i, p in enumerate(populations))
        if wiring is None:
            wiring = _drawn_wiring(rng, sources, populations, counts)
        wiring = tuple(np.asarray(array) for array in wiring)
        check_wiring(sources, wiring, counts)
        keys = split(new_key(seed), len(populations))
        weights = tuple(draw_weights(*pair, targets) for pair in zip(keys, populations, wiring, strict=True))
        return Reservoir(
            inputs=inputs,
            populations=populations,
            wiring=tuple(array.astype(np.int32) for array in wiring),
            weights=weights,
            clock=tuple(float(period) for period in clock),
            feedback=feedback,
            targets=targets,
            connected=connected_parts(sources, wiring),
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
    def places(self) -> list[slice]:
        """Which of all units each population has."""
        ends = np.cumsum([0, *(population.units for population in self.populations)]).tolist()
        return [slice(*pair) for pair in pairwise(ends)]

    @property
    def recurrent(self) -> bool:
        """Whether any unit receives a unit or the feedback, so that what units receive is known step by step only."""
        return any(self.connected)

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
            leaky=tuple(None if w.rates is None else zeros(*w.rates.shape, batch) for w in self.weights),
        )

    def parameter_counts(self) -> dict[str, int]:
        """How many numbers learn (`trained`) and how many stay as drawn (`fixed`), wiring aside."""
        trained = fixed = 0
        for population, weights in zip(self.populations, self.weights, strict=True):
            unit = sum(v.size for v in weights.unit.values() if np.issubdtype(v.dtype, np.floating))
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

    def config(self) -> Document:
        """The description as plain values, to be saved beside the arrays."""
        return {
            "inputs": self.inputs,
            "populations": [p.config() for p in self.populations],
            "clock": list(self.clock),
            "feedback": self.feedback,
            "targets": self.targets,
        }


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
        receives=tuple(p.receives for p in populations),
        clock=tuple(p.clock for p in populations),
    )
    dense = [p.is_dense and p.receives not in NOT_DRAWN for p in populations]
    return tuple(p.dense_wiring(sources, i) if dense[i] else drawn[i] for i, p in enumerate(populations))
