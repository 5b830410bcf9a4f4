"""Fitting a society: all learn, held-out data choose who stays, wirings that served are inherited, all learn again.

1. Every unit learns alone, on the part of the data that is not held out.
2. Units are chosen by the held-out error of a readout.
3. Where much is left to gain a second generation is drawn: the same populations with fresh weights, in which the units
   that receive one input each, and so those that receive these, take over the inputs of those that proved most useful.
4. Those chosen of the best generation learn once more, from the weights that they were drawn with, on everything. Where
   that ends clearly worse on what was held out, they stay as they were chosen: learning may find nothing on other
   batches. Where units as drawn do as well on held-out data, those chosen among them stay, and nothing learns.

Societies of several sizes may be taken out of one that learnt: each is a choice of its own, within limits of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch
from aurita.data.held_out import BatchPart, split, whole
from aurita.errors import AuritaError
from aurita.learning import History, Learning, learn
from aurita.readout import Summary
from aurita.reservoir import Population, Reservoir
from aurita.society._view import View, ViewRows
from aurita.society.forward_selection import ChosenUnits, clearly_less
from aurita.society.pruning import keep_units, without_heads
from aurita.units import OBJECTIVES

HELD_OUT = 0.25
"""Share of a batch that units are chosen by."""

GENERATIONS = 3
"""How often a society is drawn at most."""

_SOLVED = 0.02
_NOTHING_LEFT = 1e-4
"""A choice that leaves so little of the variance serves within wider limits, too."""


@dataclass(frozen=True, eq=False)
class FittedSociety:
    """A society after its fit.

    Attributes:
        reservoir: the units that stay, after learning.
        history: of the learning on everything, of all units that took part; None where nothing learns, or where units
            stay as they were chosen.
        choice: who stays, and why.
        generation: 0 for the one that was drawn first; None for that one as drawn, where learning did not pay.
        penalty: for the readout, where time was held out: what rows that are like their neighbours cannot tell; None
            where sequences were.
        votes: weights for a committee of readouts, one for each population that the readout sees; None where one
            readout of everything does better on held-out sequences, or where none was asked for.
        trained: numbers that the units trained on the way, those of units and of generations that did not stay
            included; those that stay train the same numbers once more, which are counted once.
        features: kinds of features that the readout is to see.
    """

    reservoir: Reservoir
    history: History | None
    choice: ChosenUnits
    generation: int | None
    penalty: float | None
    votes: Float[np.ndarray, "member"] | None
    trained: int = 0
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How large a society may be in the end, and what its readout may see.

    Attributes:
        views: kinds of features that the readout sees, in the order in which they are tried; each only where those
            before leave more than 2 % of the variance. The one of the least held-out error serves.
        most: how many features it may see of those that are chosen.
        budget: numbers that the units that stay and the readout may train together; heads that the readout does not see
            do not stay then.
    """

    views: tuple[tuple[str, ...], ...]
    most: int
    budget: float = np.inf


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
    later: Sequence[Population] | None = None,
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
        later: populations of the generations after the first, as many of as many units; the same by default.
        seed: of what is held out, of batches, and of later generations.

    Raises:
        AuritaError: a batch or settings that do not fit the society.
    """
    (found,) = fit_societies(
        drawn,
        batch,
        settings,
        [Limits((features,), most, budget)],
        everyone=everyone,
        summary=summary,
        vote=vote,
        generations=generations,
        held_out=held_out,
        again=again,
        later=later,
        seed=seed,
    )
    return found


def fit_societies(
    drawn: Reservoir,
    batch: Batch,
    settings: Learning,
    limits: Sequence[Limits],
    *,
    everyone: bool = False,
    summary: Summary | None = None,
    vote: bool = False,
    generations: int = GENERATIONS,
    held_out: float = HELD_OUT,
    again: bool = True,
    later: Sequence[Population] | None = None,
    seed: int = 0,
) -> list[FittedSociety]:
    """Let one society learn and take a smaller one out of it for each of some limits.

    Generations are drawn until all have found enough, and inherit from what is chosen within the last limits. What is
    chosen within some limits serves within wider ones too, where it errs less on held-out data, or leaves nearly
    nothing.

    Args:
        drawn, batch, settings, everyone, summary, vote, generations, held_out, again, later, seed: as of
            `fit_society`.
        limits: from narrow to wide.

    Returns:
        A society for each of the limits.

    Raises:
        AuritaError: as `fit_society`, or limits that do not widen.
    """
    for one, wider in pairwise(limits):
        if wider.most < one.most or wider.budget < one.budget:
            raise AuritaError(f"limits are {', '.join(map(str, limits))}; expected them from narrow to wide")
    parts = split(batch, held_out, seed)
    if not any(population.receives == "each" for population in drawn.populations):
        generations = 1
    views = [view for own in limits for view in own.views]
    look = partial(ViewRows.of, batch=batch, parts=parts, views=views, summary=summary)
    offers = [[View(view, own.most, everyone, own.budget) for view in own.views] for own in limits]
    first, trained, last = drawn, 0, len(limits) - 1
    best: dict[int, _Generation] = {}
    for generation in range(generations):
        if best:
            drawn = _heirs(best[last].drawn, best[last].choice, later or drawn.populations, seed + 7919 * generation)
        learnt, _ = trained_on(drawn, batch, parts[0], settings, seed)
        trained += int(numbers_trained(learnt, settings).sum())
        rows = look(learnt)
        for place, offered in enumerate(offers):
            if place and best[place - 1].error < _NOTHING_LEFT:
                best[place] = best.get(place, best[place - 1])
                continue
            for view in offered:
                if place in best and best[place].error < _SOLVED:
                    break
                costs = numbers_trained(without_heads(learnt, view.features), settings)
                found = _Generation(generation, drawn, learnt, view, view.choice(rows, costs))
                if place not in best or found.error < best[place].error:
                    best[place] = found
        del rows
        if all(each.error < _SOLVED for each in best.values()):
            break
    chosen = list(accumulate(best.values(), _nearer))
    if settings.objective != "frozen":
        chosen = _where_learning_pays(chosen, first, look(first))
    relearnt: dict[int, tuple[Reservoir, History | None]] = {}
    for number in {each.number for each in chosen if each.number is not None and again}:
        alike = [each for each in chosen if each.number == number]
        only = np.isin(np.arange(drawn.units), [unit for each in alike for unit in each.choice.units])
        relearnt[number] = trained_on(alike[0].drawn, batch, whole(batch), settings, seed, only)
    return [
        _fitted(each, relearnt.get(-1 if each.number is None else each.number), look, vote, batch, trained)
        for each in chosen
    ]


class _Generation(NamedTuple):
    """What was chosen of a generation; its number is None where units stay as drawn."""

    number: int | None
    drawn: Reservoir
    learnt: Reservoir
    view: View
    choice: ChosenUnits

    @property
    def error(self) -> float:
        return self.choice.errors[-1]


def _nearer(narrow: _Generation, wide: _Generation) -> _Generation:
    """What errs less."""
    return narrow if narrow.error < wide.error else wide


def _where_learning_pays(chosen: list[_Generation], first: Reservoir, rows: ViewRows) -> list[_Generation]:
    """These, and units as drawn where what learnt is not clearly better; from narrow limits to wide."""
    found: list[_Generation] = []
    free, as_drawn = np.zeros(first.units, int), None
    for each in reversed(chosen):
        # Within narrower limits units as drawn do no better.
        if as_drawn is None or not each.choice.beats(as_drawn):
            as_drawn = each.view.choice(rows, free, ahead=each.choice)
        pays = each.choice.beats(as_drawn)
        found.append(each if pays else _Generation(None, first, first, each.view, as_drawn))
    return found[::-1]


def _fitted(
    found: _Generation,
    relearnt: tuple[Reservoir, History | None] | None,
    look: Callable[[Reservoir], ViewRows],
    vote: bool,
    batch: Batch,
    trained: int,
) -> FittedSociety:
    """The society of those that stay, after they have learnt again where that is no worse."""
    view, choice = found.view, found.choice
    kept, history = keep_units(found.learnt, choice.units), None
    if relearnt is not None:
        again = keep_units(relearnt[0], choice.units)
        before, after = (look(each).errors(view.features) for each in (kept, again))
        if not clearly_less(before, after):
            kept, history = again, relearnt[1]
    if np.isfinite(view.budget):
        kept = without_heads(kept, view.features)
    votes = view.committee(look(found.learnt), choice) if vote else None
    penalty = None if batch.many else choice.penalty
    return FittedSociety(kept, history, choice, found.number, penalty, votes, trained, view.features)


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
        >>> reservoir = Reservoir.build([Population(unit=unit, units=1, receives="inputs")], inputs=2, targets=1)
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


def _heirs(drawn: Reservoir, choice: ChosenUnits, populations: Sequence[Population], seed: int) -> Reservoir:
    """Populations with fresh weights, wired as those drawn; units of one input receive one that served a unit well."""
    wiring: list[np.ndarray] = [np.asarray(array) for array in drawn.wiring]
    input_of: dict[int, int] = {}
    pairs = [
        i for i, (a, b) in enumerate(pairwise(drawn.populations)) if (a.receives, b.receives) == ("each", "partner")
    ]
    for pair in pairs:
        partners = drawn.places[pair + 1]
        input_of |= dict(zip(range(partners.start, partners.stop), wiring[pair][0].tolist(), strict=True))
    for pair in pairs:
        inherited = _inherited(choice, input_of, drawn.populations[pair].units)
        wiring[pair] = np.array(inherited, np.int32)[None]
    return Reservoir.build(
        populations,
        inputs=drawn.inputs,
        seed=seed,
        clock=drawn.clock,
        feedback=drawn.feedback,
        targets=drawn.targets,
        wiring=wiring,
    )


def _inherited(choice: ChosenUnits, input_of: dict[int, int], places: int) -> list[int]:
    """Inputs to receive: half of the places go to that of the best unit, half of the rest to that of the next, ...

    Units that were chosen come first, then those that alone err least.

    Args:
        choice: among the units that inherit from.
        input_of: the input whose counter each of them receives.
        places: how many are to be filled.
    """
    rank = {unit: place for place, unit in enumerate(choice.units)}
    inputs: list[int] = []
    for unit in sorted(input_of, key=lambda u: (rank.get(u, len(rank)), choice.alone[u])):
        left = places - len(inputs)
        inputs += [input_of[unit]] * -(-left // 2)
    return inputs[:places]
