"""The states that a reservoir visits, step by step, with what is known of each step.

`states_of` runs a model of ours, `states_from` takes the states of anything else. Both give `States`, which all
pictures of states draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Bool, Float, Int, PyTree
from aurita._words import counted
from aurita.errors import AuritaError

MOST = 100_000
_BLOCK = 100


@dataclass(frozen=True, eq=False)
class Column:
    """Something that is known of every step, to colour by or to read.

    Attributes:
        name: what it is.
        group: `target`, `answer`, `error`, `time`, `input`, `activity` or `loss`.
        values: `(N,)`; NaN where it is not known, and codes, -1 where not known, where there are categories.
        categories: names of the codes; None for numbers.
    """

    name: str
    group: str
    values: Float[np.ndarray, "state"] | Int[np.ndarray, "state"]
    categories: tuple[str, ...] | None = None

    def text(self, row: int) -> str:
        """The value of one step."""
        value = self.values[row]
        if self.categories is not None:
            return self.categories[int(value)] if value >= 0 else "not known"
        return f"{float(value):.4g}" if np.isfinite(value) else "not known"


@dataclass(frozen=True, eq=False)
class States:
    """States of some sequences, one row a step, and what is known of these steps.

    Attributes:
        values: `(N, F)` float32.
        sequence: `(N,)`, number of the sequence; rows of a sequence are together, in order of time.
        step: `(N,)`, step within the sequence.
        names: of the features.
        owners: `(F,)`, the unit that each feature is of; -1 for none.
        sequences: names of the sequences.
        units: names of the units.
        columns: what is known of the steps.
        notes: what a reader has to know: steps dropped, sequences sampled.
        title: what the states are of.
    """

    values: Float[np.ndarray, "state feature"]
    sequence: Int[np.ndarray, "state"]
    step: Int[np.ndarray, "state"]
    names: list[str]
    owners: Int[np.ndarray, "feature"]
    sequences: list[str]
    units: list[str] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    title: str = "states"

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> Column:
        """A column by its name.

        Raises:
            AuritaError: there is none of this name.
        """
        for one in self.columns:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.columns[:20])
        raise AuritaError(f"there is no column {name!r} to colour by; there are: {known}")

    def group(self, group: str) -> list[Column]:
        """The columns of a group."""
        return [one for one in self.columns if one.group == group]

    @property
    def target(self) -> Column | None:
        """What was wanted, if it is known."""
        return next(iter(self.group("target")), None)

    @property
    def answer(self) -> Column | None:
        """What the model predicted, if it predicts something."""
        return next(iter(self.group("answer")), None)

    def rows_of(self, sequence: int) -> Int[np.ndarray, "step"]:
        """Rows of a sequence, in order of time."""
        return np.flatnonzero(self.sequence == sequence)

    def taken(self, keep: Bool[np.ndarray, "state"]) -> "States":
        """Some of the rows."""
        columns = [replace(one, values=one.values[keep]) for one in self.columns]
        kept = {name: getattr(self, name)[keep] for name in ("values", "sequence", "step")}
        return replace(self, **kept, columns=columns)

    def noted(self, *notes: str) -> "States":
        """The same states with further notes."""
        return replace(self, notes=[*self.notes, *notes])


def states_from(
    given: object,
    *,
    labels: ArrayLike | None = None,
    inputs: object = None,
    names: Sequence[str] | None = None,
    most: int = MOST,
    title: str = "states",
) -> States:
    """States of any origin: another library's reservoir, a recurrent network, a recording.

    Args:
        given: `(T, N)` of one sequence, or a list of such arrays.
        labels: a label or number a sequence, a list of `(T,)` arrays, or `(T,)` for one sequence.
        inputs: what was received at the steps, shaped as the states.
        names: of the features.
        most: steps to keep; of more, evenly spaced sequences and stretches are.
        title: what they are states of.

    Returns:
        The states; steps with NaN or infinite values are dropped, and `notes` says so.

    Raises:
        AuritaError: nothing to draw, no numbers, or shapes that do not fit each other.

    Example:
        >>> states = states_from(np.random.default_rng(0).normal(size=(50, 4)), labels=["up"] * 25 + ["down"] * 25)
        >>> len(states), states.target.categories
        (50, ('down', 'up'))
    """
    parts = _parts(given, "states")
    width = parts[0].shape[1]
    lengths = [len(part) for part in parts]
    keep, notes = sampled(lengths, most)
    sequence = np.concatenate([np.full(int(k.sum()), i) for i, k in enumerate(keep)]).astype(np.int32)
    step = np.concatenate([np.flatnonzero(k) for k in keep]).astype(np.int32)
    values = np.concatenate([_numbers(part[k], "states") for part, k in zip(parts, keep, strict=True) if k.any()])
    columns = time_columns(sequence, step, lengths)
    if labels is not None:
        columns += target_columns(labels, lengths, keep)
    if inputs is not None:
        rows = _parts(inputs, "inputs")
        if [len(one) for one in rows] != lengths:
            found = [len(one) for one in rows]
            raise AuritaError(f"inputs have {found[:5]} steps and the states {lengths[:5]}; give as many")
        rows = np.concatenate([_numbers(one[k], "inputs") for one, k in zip(rows, keep, strict=True)])
        columns += [Column(f"input {i}", "input", rows[:, i]) for i in range(rows.shape[1])]
    if names is not None and len(names) != width:
        raise AuritaError(
            f"{counted(len(names), 'name was', 'names were')} given for {counted(width, 'feature')}; give one each"
        )
    states = States(
        values=values,
        sequence=sequence,
        step=step,
        names=list(names or [f"feature {i}" for i in range(width)]),
        owners=np.full(width, -1),
        sequences=[str(i) for i in range(len(parts))],
        columns=columns,
        notes=notes,
        title=title,
    )
    return finite(states)


def finite(states: States) -> States:
    """The states without steps whose values are not finite.

    Raises:
        AuritaError: nothing is left.
    """
    fine = np.isfinite(states.values).all(axis=1)
    if fine.all():
        return states
    lost = int((~fine).sum())
    if lost == len(fine):
        raise AuritaError(
            f"all {lost} states hold NaN or infinite values: there is nothing to draw; the reservoir has run away, or "
            "its inputs have gaps"
        )
    return states.taken(fine).noted(f"{lost} of {len(fine)} steps hold NaN or infinite values and are left out")


def sampled(lengths: Sequence[int], most: int) -> tuple[list[Bool[np.ndarray, "time"]], list[str]]:
    """Which steps of each sequence to keep, so that there are `most` at most, and what to tell of it.

    Whole sequences are taken, evenly spaced; of one that is too long for itself, evenly spaced stretches.

    Raises:
        AuritaError: no steps at all.
    """
    total = int(sum(lengths))
    if total == 0:
        raise AuritaError("there are no states to draw; give at least one step")
    if most < 1:
        raise AuritaError(f"most is {most}; expected at least one step to keep")
    if total <= most:
        return [np.ones(length, bool) for length in lengths], []
    shares = _evenly(lengths, most)
    keep, kept = [], 0
    for number, length in enumerate(lengths):
        mask = np.zeros(length, bool)
        if number in shares:
            mask[_stretches(length, shares[number])] = True
        kept += int(mask.sum())
        keep.append(mask)
    of = f"{len(shares):,} of {len(lengths):,} sequences"
    return keep, [f"a sample: {kept:,} of {total:,} steps are drawn, evenly spaced, of {of}"]


def _evenly(lengths: Sequence[int], most: int) -> dict[int, int]:
    """How many steps each of the chosen sequences may keep."""
    count = max(1, int(len(lengths) * most / sum(lengths)))
    chosen = np.unique(np.linspace(0, len(lengths) - 1, count).round().astype(int))
    return dict.fromkeys(chosen.tolist(), max(1, most // len(chosen)))


def _stretches(length: int, room: int) -> Int[np.ndarray, "step"]:
    """Steps of evenly spaced stretches, `room` at most."""
    if length <= room:
        return np.arange(length)
    size = min(_BLOCK, room)
    starts = np.linspace(0, length - size, max(1, room // size)).astype(int)
    return np.unique(starts[:, None] + np.arange(size))


def time_columns(sequence: np.ndarray, step: np.ndarray, lengths: Sequence[int]) -> list[Column]:
    """Step, and share of the sequence gone by."""
    whole = np.maximum(np.asarray(lengths)[sequence] - 1, 1)
    return [
        Column("step", "time", step.astype(np.float32)),
        Column("share of the sequence", "time", (step / whole).astype(np.float32)),
    ]


def target_columns(given: object, lengths: Sequence[int], keep: Sequence[np.ndarray]) -> list[Column]:
    """Labels or values of sequences or steps, as columns of the kept steps."""
    rows = [_repeated(part, length)[k] for part, length, k in zip(_each(given, lengths), lengths, keep, strict=True)]
    together = np.concatenate(rows)
    if together.ndim == 2 and together.shape[1] > 1:
        return [Column(f"target {i}", "target", together[:, i].astype(np.float32)) for i in range(together.shape[1])]
    return [labelled("target", "target", together.reshape(len(together)))]


def labelled(name: str, group: str, values: np.ndarray) -> Column:
    """A column of classes, or of numbers where these are no classes: floats, or more than a hundred kinds."""
    kinds = values.dtype.kind
    if kinds == "f" and not np.array_equal(values, np.round(values)):
        return Column(name, group, values.astype(np.float32))
    known = np.array([value is not None and value == value for value in values.tolist()])
    found = np.unique(values[known])
    if kinds in "fiu" and len(found) > 100:
        return Column(name, group, values.astype(np.float32))
    text = np.array([str(v) for v in (found.astype(int) if kinds == "f" else found).tolist()])
    codes = np.full(len(values), -1, np.int32)
    codes[known] = np.searchsorted(found, values[known])
    return Column(name, group, codes, tuple(text.tolist()))


def _each(given: PyTree, lengths: Sequence[int]) -> list[object]:
    """What was given for each sequence."""
    found = [given] if isinstance(given, str) or not hasattr(given, "__len__") else list(given)
    if len(lengths) == 1 and len(found) == lengths[0] and lengths[0] != 1:
        return [given]
    if len(found) != len(lengths):
        raise AuritaError(
            f"{counted(len(found), 'label was', 'labels were')} given for {counted(len(lengths), 'sequence')}; give "
            "one each, or an array each"
        )
    return found


def _repeated(part: object, length: int) -> np.ndarray:
    found = np.asarray(part)
    if found.ndim == 0:
        return np.repeat(found[None], length)
    if len(found) != length:
        raise AuritaError(
            f"a sequence of {counted(length, 'step')} has {counted(len(found), 'label')}; give one, or one for each "
            "step"
        )
    return found


def _parts(given: object, what: str) -> list[np.ndarray]:
    if isinstance(given, list | tuple) and given and all(np.ndim(getattr(item, "shape", 0)) for item in given):
        parts = [np.asarray(item) for item in given]
    else:
        whole = np.asarray(given)
        parts = list(whole) if whole.ndim == 3 else [whole]
    parts = [part[:, None] if part.ndim == 1 else part for part in parts]
    for part in parts:
        if part.ndim != 2 or part.shape[1] == 0 or part.shape[1] != parts[0].shape[1]:
            raise AuritaError(f"{what} have shape {part.shape}; expected (steps, features), the same features in all")
    return parts


def _numbers(part: np.ndarray, what: str) -> Float[np.ndarray, "time feature"]:
    try:
        return part.astype(np.float32)
    except (TypeError, ValueError):
        raise AuritaError(f"{what} are {part.dtype}; expected numbers") from None
