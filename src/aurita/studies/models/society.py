"""The mixed society in a study: nothing about it is chosen for a task but by the data that it is fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aurita.errors import AuritaError
from aurita.learning import History, Learning, learn
from aurita.readout import summary_named
from aurita.reservoir import Reservoir
from aurita.running import feature_owners
from aurita.society import CLOCK, choose, mixed_society
from aurita.studies.models.fitted import Fitted, target_by_step
from aurita.studies.models.reservoirs import answered, settings_for, states_of
from aurita.tasks import Task

_LEAST_SEQUENCES = 10
_JUDGED = 1000
_BATCHES = (8, 50)


@dataclass(frozen=True, eq=False)
class _Part:
    """Some of the training data: whole sequences, or the early or late steps of all.

    Attributes:
        rows: numbers of the sequences.
        steps: which steps of each count, `(B, T)`.
        until: how many steps of each there are to learn from.
    """

    rows: np.ndarray
    steps: np.ndarray
    until: np.ndarray


def society(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    most: int = 100,
    units: int = 8,
    neurons: int = 24,
    learning: dict[str, Any] | None = None,
    held_out: float = 0.25,
    again: bool = True,
    inputs: bool = False,
    objectives: Sequence[str] = (),
    summary: str = "times:4",
    readout: str = "ridge",
) -> Fitted:
    """A society of many kinds of units, of which those stay that help on a held-out part of the training data.

    Args:
        task: what to fit; its validation data are not used.
        splits: what to predict.
        seed: of weights, batches and of what is held out.
        most: features that the readout may see.
        units: attention units of each kind.
        neurons: echo neurons of each kind.
        learning: parameters of `Learning`, the objective `target` and batches of about 1,000 judged steps by default;
            the objective `frozen` for the same choice among units that stay as drawn.
        held_out: share of the training sequences, of their time where there are fewer than ten, to choose units by.
        again: whether the units that stay learn again, on everything.
        inputs: whether the readout sees the inputs too, whatever is chosen.
        objectives: further objectives, each for units of short memory of its own.
        summary: of the states, where a sequence has one target.
        readout: `ridge` or `logistic`.

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
    batch = int(np.clip(_JUDGED // _judged(task), *_BATCHES))
    settings = settings_for(task, {"objective": "target", "batch": batch, **(learning or {})})
    longest = max(int(getattr(task, split).lengths.max()) for split in ("train", "validation", "test"))
    drawn = Reservoir.build(
        mixed_society(units, longest=min(longest, settings.segment), neurons=neurons, objectives=objectives),
        inputs=task.channels,
        seed=seed,
        clock=CLOCK,
        targets=task.outputs if settings.needs_targets else 0,
    )
    features = ("input", "hidden", "output") if inputs else ("hidden", "output")
    fitted, held = _parts(task, held_out, seed)
    learnt, _ = _learnt(drawn, task, fitted, settings, seed)
    summarise = summary_named(summary)

    def rows(reservoir: Reservoir, part: _Part) -> tuple[np.ndarray, np.ndarray]:
        states = states_of(reservoir, task.train, features)
        if not task.per_step:
            seen = np.concatenate([summarise.apply(states[row][None]) for row in part.rows])
            return seen, _values(task)[part.rows]
        targets, _ = target_by_step(task, task.train)
        masks = [part.steps[row, : len(states[row])] for row in part.rows]
        seen = [states[row][mask] for row, mask in zip(part.rows, masks, strict=True)]
        wanted = [targets[row, : len(mask)][mask] for row, mask in zip(part.rows, masks, strict=True)]
        return np.concatenate(seen), np.concatenate(wanted)

    owners = feature_owners(learnt, features)
    owners = owners if task.per_step else np.tile(owners, summarise.width(len(owners)) // len(owners))
    choice = choose(drawn, learnt, rows, fitted, held, owners=owners, most=most)
    kept, history = choice.reservoir, None
    whole = _Part(np.arange(len(task.train)), fitted.steps | held.steps, task.train.lengths)
    kept, history = _learnt(kept, task, whole if again else fitted, settings, seed)
    updated = 0 if settings.objective == "frozen" else kept.parameter_counts()["trained"]
    losses = None if history is None or not len(history.losses) else history.losses
    found = answered(task, kept, features, splits, updated, losses, summary, readout)
    found.details.update(kinds=_kinds(kept), held_out_errors=list(choice.errors))
    return found


def _parts(task: Task, share: float, seed: int) -> tuple[_Part, _Part]:
    if not 0 < share < 1:
        raise AuritaError(f"held_out is {share}; expected a share between 0 and 1")
    lengths = task.train.lengths
    count, longest = len(lengths), int(lengths.max())
    if task.per_step:
        _, scored = target_by_step(task, task.train)
    else:
        scored = np.arange(longest)[None] < lengths[:, None]
    if count >= _LEAST_SEQUENCES:
        order = np.random.default_rng([seed, 0x68656C64]).permutation(count)
        late = np.sort(order[: max(1, round(share * count))])
        early = np.setdiff1d(np.arange(count), late)
        return _Part(early, scored, lengths), _Part(late, scored, lengths)
    rows = np.arange(count)
    until = np.array([_after(np.flatnonzero(mask), share) for mask in scored])
    before = np.arange(longest)[None] < until[:, None]
    return _Part(rows, scored & before, until), _Part(rows, scored & ~before, lengths)


def _after(steps: np.ndarray, share: float) -> int:
    """The first step of the last share of some steps."""
    return int(steps[min(len(steps) - 1, round((1 - share) * len(steps)))])


def _learnt(
    reservoir: Reservoir, task: Task, part: _Part, settings: Learning, seed: int
) -> tuple[Reservoir, History | None]:
    if settings.objective == "frozen":
        return reservoir, None
    inputs, _ = task.train.padded()
    targets, scored = target_by_step(task, task.train)
    until = int(part.until[part.rows].max())
    some = (part.rows, slice(until))
    asked = scored & part.steps if task.per_step else scored
    return learn(
        reservoir,
        inputs[some],
        settings,
        lengths=part.until[part.rows],
        targets=targets[some] if settings.needs_targets else None,
        scored=asked[some] if settings.needs_targets else None,
        seed=seed,
    )


def _judged(task: Task) -> int:
    """At how many steps of a sequence a target is judged, in some sequence or other."""
    return int(target_by_step(task, task.train)[1].any(axis=0).sum())


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
            name += f" of memory {unit.memory}{', shifted keys' if unit.shifted_keys else ''}, hears {population.hears}"
        found[name] = found.get(name, 0) + population.units
    return found
