"""The mixed society in a study: nothing about it is chosen for a task but by the data that it is fitted on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from aurita._typing import Document
from aurita.learning import Learning
from aurita.readout import summary_named
from aurita.reservoir import Population, Reservoir
from aurita.reservoir.features import feature_owners
from aurita.society import (
    CLOCK,
    GENERATIONS,
    FittedSociety,
    Limits,
    default_learning,
    fit_societies,
    numbers_trained,
    society_for,
)
from aurita.society.pruning import without_heads
from aurita.studies.models.fitted import Fitted
from aurita.studies.models.reservoirs import answered, batch_of, settings_for
from aurita.tasks import Task

_FEW = 4
"""A budget below so many times the numbers of the largest unit has room for few."""


def society(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    most: int = 100,
    units: int | None = None,
    hidden: int | None = None,
    neurons: int | None = None,
    learning: Document | None = None,
    held_out: float = 0.25,
    again: bool = True,
    generations: int = GENERATIONS,
    budget: int | None = None,
    inputs: bool = True,
    summary: str = "times:4",
    readout: str | None = None,
) -> Fitted:
    """A society of many kinds of units, of which those stay that help on a held-out part of the training data.

    Args:
        task: what to fit; its validation data are not used.
        seed: of weights, batches and of what is held out.
        most: features that the readout may see.
        units: attention units of each kind, 8 or 12 by default.
        hidden: width of their hidden layers, 8 for sequences and 8 to 48 for series, by their steps, by default.
        neurons: echo neurons of each kind, 24 or 100 by default.
        learning: parameters of `Learning`, by default the objective `target` and batches of about 1,000 scored steps;
            the objective `frozen` for the same choice among units that stay as drawn.
        held_out: share of the training sequences, of their time where there are fewer than ten, to choose units by.
        again: whether the units that stay learn again, on everything.
        generations: how often a society is drawn, each after the first from what served in the one before.
        budget: numbers that the units that stay, their passages and the readout may train together; None: any.
        inputs: whether the readout sees the inputs too, whatever is chosen; not where that would take more than half
            of the budget, or a quarter of one that has room for few units. Of these it sees what they attend to, too;
            of more, where that errs less on what is held out.
        summary: of the states, where a sequence has one target.
        readout: `ridge`, `logistic` or `either`, see `read_out`; None: `either` where a budget has room for few units,
            `ridge` elsewhere.

    Returns:
        Predictions, counts of what stays, local losses; in the details how many units of each kind stay.

    Raises:
        AuritaError: parameters that do not fit.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0)
        >>> fitted = society(task, ["test"], units=2, neurons=8, most=40, learning={"objective": "frozen"})
        >>> task.score(fitted.predictions["test"]) < 0.05
        True
    """
    (fitted,) = societies(
        task,
        splits,
        sizes=[(most, budget)],
        seed=seed,
        units=units,
        hidden=hidden,
        neurons=neurons,
        learning=learning,
        held_out=held_out,
        again=again,
        generations=generations,
        inputs=inputs,
        summary=summary,
        readout=readout,
    )
    return fitted


def societies(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    sizes: Sequence[tuple[int, int | None]],
    seed: int = 0,
    units: int | None = None,
    hidden: int | None = None,
    neurons: int | None = None,
    learning: Document | None = None,
    held_out: float = 0.25,
    again: bool = True,
    generations: int = GENERATIONS,
    inputs: bool = True,
    summary: str = "times:4",
    readout: str | None = None,
) -> list[Fitted]:
    """Societies of several sizes out of one that learnt, see `aurita.society.fit_societies`.

    Args:
        task, splits, seed, units, hidden, neurons, learning, held_out, again, generations, inputs, summary, readout: as
            of `society`.
        sizes: `most` and `budget` of each, from small to large.

    Returns:
        One for each size; numbers trained in all are those of the search that they share.

    Raises:
        AuritaError: parameters that do not fit.
    """
    batch = batch_of(task)
    if not task.per_step:
        batch = batch.replace(labels=_values(task))
    settings = default_learning(batch, settings_for(task, None).loss, **(learning or {}))
    widths = {"units": units, "hidden": hidden, "neurons": neurons}
    given = {name: size for name, size in widths.items() if size is not None}
    populations, later = (society_for(batch, settings.segment, later=of, **given) for of in (False, True))
    if any(budget is not None for _, budget in sizes):
        populations, later = ([_shown(one) for one in some] for some in (populations, later))
    drawn = Reservoir.build(
        populations,
        inputs=task.channels,
        seed=seed,
        clock=CLOCK,
        targets=task.outputs if settings.needs_targets else 0,
    )
    learns = replace(settings, objective="target")
    largest = int(numbers_trained(without_heads(drawn, ("hidden",)), learns).max())
    few = [budget is not None and budget < _FEW * largest for _, budget in sizes]
    found = fit_societies(
        drawn,
        batch,
        settings,
        [
            Limits(_views(task, drawn, most, budget, inputs, scarce), most, np.inf if budget is None else budget)
            for (most, budget), scarce in zip(sizes, few, strict=True)
        ],
        summary=None if task.per_step else summary_named(summary),
        generations=generations,
        held_out=held_out,
        again=again,
        later=later,
        seed=seed,
    )
    answers: dict[tuple[object, ...], Fitted] = {}
    asked = []
    for one, (_, budget), scarce in zip(found, sizes, few, strict=True):
        kind = readout or ("either" if scarce else "ridge")
        # What is chosen within narrow limits often serves within wider ones, too.
        same = (one.generation, one.choice.units, one.features, kind, budget is None)
        if same not in answers:
            answers[same] = _answered(task, one, splits, settings, summary, kind)
        asked.append(answers[same])
    return asked


def _views(
    task: Task, drawn: Reservoir, most: int, budget: int | None, inputs: bool, few: bool
) -> tuple[tuple[str, ...], ...]:
    """What the readout may see: hidden layers, and with a budget what units attend to as well."""
    if budget is None:
        return ((("input",) if inputs else ()) + ("hidden", "output"),)
    if (4 if few else 2) * task.outputs * (task.channels + 1) > budget:
        inputs = False
    always = ("input",) if inputs else ()
    narrow, wide = (*always, "hidden", "output"), (*always, "hidden", "context", "output")
    if few:
        return (wide,)
    owners = feature_owners(drawn, wide)
    return (narrow, wide) if (owners < 0).sum() + np.bincount(owners[owners >= 0]).min() <= most else (narrow,)


def _answered(
    task: Task, found: FittedSociety, splits: Sequence[str], settings: Learning, summary: str, readout: str
) -> Fitted:
    kept, history = found.reservoir, found.history
    updated = 0 if found.generation is None else int(numbers_trained(kept, settings).sum())
    losses = None if history is None or not len(history.losses) else history.losses
    fitted = answered(task, kept, found.features, splits, updated, losses, summary, readout, found.penalty)
    fitted.details.update(
        kinds=_kinds(kept),
        held_out_errors=list(found.choice.errors),
        generation=found.generation,
        trained_in_all=found.trained + fitted.trained - updated,
    )
    return fitted


def _shown(population: Population) -> Population:
    """A population of which the readout sees what its units attend to, where it sees their hidden layers."""
    if population.features is None or "hidden" not in population.features:
        return population
    return replace(population, features=(*population.features, "context"))


def _values(task: Task) -> np.ndarray:
    values = np.asarray(task.train.targets)[:, None]
    return (values == task.classes).astype(float) if task.category == "labels" else values.astype(float)


def _kinds(reservoir: Reservoir) -> dict[str, int]:
    """How many units of each kind stay."""
    found: dict[str, int] = {}
    for population in reservoir.populations:
        unit: Any = population.unit
        name = type(unit).__name__
        if hasattr(unit, "memory"):
            keys = ", shifted keys" if unit.shifted_keys else ""
            name += f" of memory {unit.memory}{keys}, receives {population.receives}"
        found[name] = found.get(name, 0) + population.units
    return found
