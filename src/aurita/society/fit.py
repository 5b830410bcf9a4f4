"""Fitting a society: all learn, held-out data choose who stays, wirings that served are inherited, all learn again.

1. Every unit learns alone, on the part of the data that is not held out.
2. Units are chosen by the held-out error of a readout.
3. Where much is left to gain a second generation is drawn: the same populations with fresh weights, in which the units
   that hear one input each, and so those that hear these, take over the inputs of those that proved most useful.
4. Those chosen of the best generation learn once more, from the weights that they were drawn with, on everything. Where
   units as drawn do as well on held-out data, those chosen among them stay, and nothing learns.
"""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch
from aurita.data.held_out import BatchPart, split, whole
from aurita.learning import History, Learning, learn
from aurita.progress import stage
from aurita.readout import Summary
from aurita.reservoir import Reservoir
from aurita.reservoir.features import feature_populations
from aurita.society.committee import committee_weights
from aurita.society.forward_selection import ChosenUnits, forward_selection
from aurita.society.pruning import keep_units, without_heads
from aurita.society.rows import Rows, column_owners, rows_of
from aurita.units import OBJECTIVES

HELD_OUT = 0.25
"""Share of a batch that units are chosen by."""

GENERATIONS = 3
"""How often a society is drawn at most."""

_SOLVED = 0.02


@dataclass(frozen=True, eq=False)
class FittedSociety:
    """A society after its fit.

    Attributes:
        reservoir: the units that stay, after learning.
        history: of the learning on everything, of all units that took part; None where nothing learns.
        choice: who stays, and why.
        generation: 0 for the one that was drawn first; None for that one as drawn, where learning did not pay.
        penalty: for the readout, where time was held out: what rows that are like their neighbours cannot tell; None
            where sequences were.
        votes: weights for a committee of readouts, one for each population that the readout sees; None where one
            readout of everything does better on held-out sequences, or where none was asked for.
        trained: numbers that the units trained on the way, those of units and of generations that did not stay
            included; those that stay train the same numbers once more, which are counted once.
    """

    reservoir: Reservoir
    history: History | None
    choice: ChosenUnits
    generation: int | None
    penalty: float | None
    votes: Float[np.ndarray, "member"] | None
    trained: int = 0


def fit_society(
    drawn: Reservoir,
    batch: Batch,
    settings: Learning,
    *,
    features: tuple[str, ...],
    most: int,
    everyone: bool = False,
    summary: Summary | None = None,
    vote: bool = False,
    generations: int = GENERATIONS,
    held_out: float = HELD_OUT,
    again: bool = True,
    budget: float = np.inf,
    seed: int = 0,
) -> FittedSociety:
    """Let a society learn and keep the units that help a readout on data that it did not learn from.

    Args:
        drawn: the society as drawn.
        batch: what it is fitted on.
        settings: of learning; with the objective `frozen` units are chosen as drawn.
        features: kinds of features that the readout sees.
        most: how many features it may see of those that are chosen.
        everyone: whether all may stay, however many features they have, where the choice is not clearly better.
        summary: of the states, where the batch has labels.
        vote: whether the labels are classes, and the populations may vote on them.
        generations: how often a society is drawn at most; once where there is nothing to inherit.
        held_out: share of the batch to choose by.
        again: whether those that stay learn once more, on everything.
        budget: numbers that the units that stay and the readout may train together; heads that the readout does not see
            do not stay then.
        seed: of what is held out, of batches, and of later generations.

    Raises:
        AuritaError: a batch or settings that do not fit the society.
    """
    fitted, held = split(batch, held_out, seed)
    if not any(population.hears == "each" for population in drawn.populations):
        generations = 1
    readout = _Readout(features, summary, most, everyone, budget)
    first, best, trained = drawn, None, 0
    for generation in range(generations):
        if best is not None:
            drawn = _heirs(best.drawn, best.choice, seed + 7919 * generation)
        learnt, _ = trained_on(drawn, batch, fitted, settings, seed)
        costs = numbers_trained(without_heads(learnt, features), settings)
        choice = readout.choice(learnt, batch, (fitted, held), costs)
        trained += int(numbers_trained(learnt, settings).sum())
        if best is None or choice.errors[-1] < best.choice.errors[-1]:
            best = _Generation(generation, drawn, learnt, choice)
        if choice.errors[-1] < _SOLVED:
            break
    assert best is not None
    if settings.objective != "frozen":
        free = np.zeros(first.units, int)
        as_drawn = readout.choice(first, batch, (fitted, held), free, ahead=best.choice)
        if not best.choice.beats(as_drawn):
            best = _Generation(None, first, first, as_drawn)
    learnt, history = best.learnt, None
    if again and best.number is not None:
        only = np.isin(np.arange(drawn.units), best.choice.units)
        learnt, history = trained_on(best.drawn, batch, whole(batch), settings, seed, only)
    penalty = None if batch.many else best.choice.penalty
    weights = readout.committee(best, batch, (fitted, held)) if vote else None
    kept = keep_units(learnt, best.choice.units)
    if np.isfinite(budget):
        kept = without_heads(kept, features)
    return FittedSociety(kept, history, best.choice, best.number, penalty, weights, trained)


class _Generation(NamedTuple):
    number: int | None
    drawn: Reservoir
    learnt: Reservoir
    choice: ChosenUnits


def trained_on(
    reservoir: Reservoir,
    batch: Batch,
    part: BatchPart,
    settings: Learning,
    seed: int,
    only: Bool[np.ndarray, "unit"] | None = None,
) -> tuple[Reservoir, History | None]:
    """A reservoir after it has learnt from a part of a batch."""
    if settings.objective == "frozen":
        return reservoir, None
    until = int(part.until[part.rows].max())
    # What has been compiled for the part then serves for everything, too.
    some = (part.rows, slice(None if _only_lived_steps(settings, until) else until))
    given = {"targets": batch.targets[some], "scored": (batch.scored & part.steps)[some]}
    return learn(
        reservoir,
        batch.inputs[some],
        settings,
        lengths=part.until[part.rows],
        seed=seed,
        only=only,
        **(given if settings.needs_targets else {}),
    )


def _only_lived_steps(settings: Learning, until: int) -> bool:
    """Whether segments are cut of the steps that sequences lived, so that padding after these changes nothing.

    What is held out for early stopping, and what each unit has for itself, is cut of all steps.
    """
    cut = settings.segment < until
    return cut and settings.stopping is None and not settings.adaptive


def numbers_trained(reservoir: Reservoir, settings: Learning) -> Int[np.ndarray, "unit"]:
    """How many numbers each unit fits to data: weights that its objective has a gradient for, and learned passages.

    Heads that the objective has no loss for stay as drawn: those of its own future with `target`, of the target with
    `self`.

    Example:
        >>> from aurita import AttentionUnit, Population
        >>> unit = AttentionUnit(slots=2, heads=0, memory=1, hidden=3)
        >>> reservoir = Reservoir.build([Population(unit=unit, units=1, hears="inputs")], inputs=2, targets=1)
        >>> numbers_trained(reservoir, Learning(objective="target")).tolist()  # 3 x 2 + 3 hidden, 5 + 1 of the head
        [15]
    """
    counts = []
    for population, weights in zip(reservoir.populations, reservoir.weights, strict=True):
        objective = OBJECTIVES.find(population.objective or settings.objective)
        count = 0
        if population.learns_by == "gradient" and (objective.own or objective.target):
            trains = partial(population.unit.trains, objective=objective)
            count = sum(value.size for name, value in weights.unit.items() if trains(name)) // population.units
            if population.passage == "learned":
                count += sum(value.size for value in weights.passage.values()) // population.units
        counts += [count] * population.units
    return np.array(counts)


@dataclass(frozen=True)
class _Readout:
    """What the readout may see, and what it shows of a society: who is to stay, and whether a committee serves better.

    Attributes:
        features, summary, most, everyone, budget: as of `fit_society`.
    """

    features: tuple[str, ...]
    summary: Summary | None
    most: int
    everyone: bool
    budget: float

    def rows(self, reservoir: Reservoir, batch: Batch, parts: tuple[BatchPart, BatchPart]) -> list[Rows]:
        return rows_of(reservoir, batch, parts, self.features, self.summary)

    def choice(
        self,
        learnt: Reservoir,
        batch: Batch,
        parts: tuple[BatchPart, BatchPart],
        costs: Int[np.ndarray, "unit"],
        ahead: ChosenUnits | None = None,
    ) -> ChosenUnits:
        """Units chosen on the second part by readouts fitted on the first; what falls far behind is given up."""
        stage("choosing units")
        fitted, held = self.rows(learnt, batch, parts)
        return forward_selection(
            fitted,
            held,
            owners=column_owners(learnt, self.features, self.summary),
            units=learnt.units,
            most=self.most,
            everyone=self.everyone,
            costs=costs,
            budget=self.budget,
            ahead=ahead,
        )

    def committee(
        self, best: _Generation, batch: Batch, parts: tuple[BatchPart, BatchPart]
    ) -> Float[np.ndarray, "member"] | None:
        """Weights for a committee of the populations of those that stay."""
        owners = column_owners(best.learnt, self.features, self.summary)
        stays = (owners < 0) | np.isin(owners, best.choice.units)
        own = feature_populations(best.learnt, self.features)
        kinds = np.tile(own, len(owners) // len(own))[stays]
        fitted, held = self.rows(best.learnt, batch, parts)
        return committee_weights((fitted[0][:, stays], fitted[1]), (held[0][:, stays], held[1]), kinds)


def _heirs(drawn: Reservoir, choice: ChosenUnits, seed: int) -> Reservoir:
    """The populations with fresh weights; who hears one input hears one that served a unit well."""
    wiring: list[np.ndarray] = [np.asarray(array) for array in drawn.wiring]
    input_of: dict[int, int] = {}
    pairs = [i for i, (a, b) in enumerate(pairwise(drawn.populations)) if (a.hears, b.hears) == ("each", "partner")]
    for pair in pairs:
        partners = drawn.places[pair + 1]
        input_of |= dict(zip(range(partners.start, partners.stop), wiring[pair][0].tolist(), strict=True))
    for pair in pairs:
        inherited = _inherited(choice, input_of, drawn.populations[pair].units)
        wiring[pair] = np.array(inherited, np.int32)[None]
    return Reservoir.build(
        drawn.populations,
        inputs=drawn.inputs,
        seed=seed,
        clock=drawn.clock,
        feedback=drawn.feedback,
        targets=drawn.targets,
        wiring=wiring,
    )


def _inherited(choice: ChosenUnits, input_of: dict[int, int], places: int) -> list[int]:
    """Inputs to hear: half of the places go to that of the best unit, half of the rest to that of the next, ...

    Units that were chosen come first, then those that alone err least.

    Args:
        choice: among the units that inherit from.
        input_of: the input whose counter each of them hears.
        places: how many are to be filled.
    """
    rank = {unit: place for place, unit in enumerate(choice.units)}
    inputs: list[int] = []
    for unit in sorted(input_of, key=lambda u: (rank.get(u, len(rank)), choice.alone[u])):
        left = places - len(inputs)
        inputs += [input_of[unit]] * -(-left // 2)
    return inputs[:places]
