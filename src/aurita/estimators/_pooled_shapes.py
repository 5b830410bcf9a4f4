"""Shape units in an estimator of whole sequences: when they are drawn, their inputs, whether the society is better.

Sequences that differ by a shape somewhere in them want filters that are pooled; sequences of symbols and marks want the
society's memories. Both are worlds of units that learn alone from the label; held-out sequences say which is read out.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise

import numpy as np

from aurita._typing import Float, Int
from aurita.data.batch import Batch
from aurita.data.held_out import split
from aurita.data.scaling import Scaling
from aurita.errors import AuritaError
from aurita.estimators.default_society import Member
from aurita.estimators.streaming import summarised
from aurita.progress import at, stage
from aurita.readout import FLOOR as INPUT_FLOOR
from aurita.readout import CommitteeReadout, RidgeReadout, left_out_errors, summary_named
from aurita.readout.ridge import ALPHAS
from aurita.shapes import ShapeLearning, Shapes, draw_shapes, joined, learn_shapes, pooled
from aurita.society import GENERATIONS, HELD_OUT

WORLDS = ("auto", "only", "none")

FLOOR = 0.1
"""Share of the median deviation that no pooled value is divided by less than: some hardly vary on few sequences."""

_LEAST_STEPS = 8
_LONGEST_REMEMBERED = 64
_MOST_STEPS = 50_000
_FEW_VALUES = 8
_SOLVED, _NEARLY_SOLVED, _CLEARLY = 0.02, 0.2, 1 / 3
_FOLDS = 4
_MOST_FOLDED = 2000
_UNITS, _PILOTS = 96, 48
_STRIDE, _MANY = 4, 1000
_STEPS, _ROUNDS = (40, 300), 3
_BATCH, _LOOKED_AT = 32, 64
_OFFERS = (("values",), ("values", "differences"), ("own", "own differences"))
_ONE_SCALE = 1e-3
_LEAST_TO_SCORE = 100
_MOST_SCORED, _MOST_VOTED = 4000, 1000
_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of a vote that the bare inputs may have."""
_MOST_TIMES = 32
_PAIRS = 5
_MEAN_ONLY = 1e12


@dataclass(frozen=True, eq=False)
class Examples:
    """Scaled sequences from the washout on, and what the readout should predict for each.

    Attributes:
        values: sequences.
        targets: one column a class, or values.
        classes: whether they are classes.
        learns: whether units learn; otherwise they stay as drawn.
        seed: of everything drawn.
    """

    values: list[Float[np.ndarray, "time channel"]]
    targets: Float[np.ndarray, "batch output"]
    classes: bool
    learns: bool
    seed: int

    def some(self, rows: Sequence[int] | np.ndarray) -> "Examples":
        """Some of the sequences."""
        values = [self.values[row] for row in rows]
        return Examples(values, self.targets[rows], self.classes, self.learns, self.seed)


def draws_shapes(wanted: str, batch: Batch | None) -> bool:
    """Whether shape units are drawn: for labelled sequences, long enough for a window to see something.

    Args:
        wanted: `auto`, `only` or `none`.
        batch: sequences; None where they cannot serve.

    Raises:
        AuritaError: nothing else is wanted, and these sequences do not serve.
    """
    serves = (
        batch is not None and batch.labels is not None and batch.many and int(np.median(batch.lengths)) >= _LEAST_STEPS
    )
    if wanted == "only" and not serves:
        raise AuritaError(
            "shapes is 'only', which needs 20 sequences or more of 8 steps or more, a label or value for each, and "
            "neither populations nor units; use shapes='auto'"
        )
    return serves and wanted != "none"


def shapes_or_society(
    labelled: Examples, batch: Batch, society: Callable[[int], Member] | None, *, vote: bool = True
) -> Member:
    """Shape units, or the society where sequences that neither learnt from are better read out of it.

    Args:
        labelled: all sequences.
        batch: the same as the society learns from them.
        society: draws it at most so many times and fits it; None: shape units alone. For numbers once, as its counters,
            which later generations take over, count symbols and marks.
        vote: whether bare inputs may vote beside shape units; a readout of one's own weighs nobody's votes.
    """
    symbols = holds_symbols(batch)
    # Of windows of one series those held out are hardly new: they share most of their steps with others.
    if society is not None and (symbols or (is_remembered(batch) and not _reach(labelled.values))):
        made = cache(partial(society, GENERATIONS if symbols else 1))
        if society_wins(labelled, batch, HELD_OUT, lambda: _by_row(made()), symbols=symbols):
            return made()
    return shapes_for(labelled, vote=vote)


def is_remembered(batch: Batch) -> bool:
    """Whether memories of the society reach over the sequences, and these are enough for those held out to tell."""
    lengths = batch.lengths
    return bool(lengths.max() <= _LONGEST_REMEMBERED and lengths.sum() <= _MOST_STEPS and len(batch) >= _LEAST_TO_SCORE)


def holds_symbols(batch: Batch) -> bool:
    """Whether a channel holds symbols or marks: a few values, more than one."""
    there = np.arange(batch.inputs.shape[1]) < batch.lengths[:, None]
    found = (len(np.unique(channel[there])) for channel in np.moveaxis(batch.inputs, 2, 0))
    return any(1 < values <= _FEW_VALUES for values in found)


def shapes_for(labelled: Examples, *, vote: bool = True) -> Member:
    """Shape units for labelled sequences: what they receive is chosen as drawn, by rows left out, then they may learn.

    For classes readouts of units as drawn and of the same units after learning vote; one of the bare inputs votes too,
    where it predicts rows left out better. With `vote` false one readout sees every unit once. For values the penalty
    is chosen on folds that no unit learnt from, and units as drawn, units that learn and the bare inputs are tried
    there. Where nothing predicts these folds better than their mean does, the readout predicts the mean, and a warning
    says so.
    """
    views = _views(labelled)
    inputs = f"times:{min(_MOST_TIMES, max(map(len, labelled.values)))}"
    if labelled.classes:
        return _voting(labelled, views, inputs) if vote else Member(shapes=_fitted(labelled, views))
    offers: list[Callable[[Examples], Member]] = [
        lambda part: Member(shapes=_fitted(replace(part, learns=False), views)),
        *([lambda part: Member(shapes=_fitted(part, views))] if labelled.learns else []),
        lambda part: Member(summary=inputs),
    ]
    found = [_errors_of(labelled, offer) for offer in offers]
    best = int(np.argmin([error for _, error in found]))
    penalty, error = found[best]
    if error < 1:
        return offers[best](labelled)._replace(penalty=penalty)
    warnings.warn(
        f"nothing that {_UNITS} units learnt predicts held-out sequences better than the mean of y does, so the mean "
        "is predicted; give more sequences, or inputs that tell more of the target",
        UserWarning,
        stacklevel=2,
    )
    return Member(penalty=_MEAN_ONLY, summary=inputs)


def _voting(labelled: Examples, views: tuple[str, ...], inputs: str) -> Member:
    """Shape units, alone or beside the bare inputs, or these alone, as rows left out have it: by a standard error.

    Errors of units are those as drawn: what has learnt knows these rows.
    """
    shapes = _drawn(labelled, views)
    some = labelled.some(_some_of(labelled, _MOST_VOTED))
    spread = np.maximum(some.targets.var(axis=0), 1e-12)
    bare = Member(summary=inputs)
    of_shapes, of_inputs = (
        left_out_errors(_rows(pooling, some.values), some.targets, floor=FLOOR)
        for pooling in (Member(shapes=shapes), bare)
    )
    squares = [((of_shapes + part * (of_inputs - of_shapes)) ** 2 / spread).mean(axis=1) for part in _PARTS]
    best = int(np.argmin([each.mean() for each in squares]))
    gain = squares[0] - squares[best]
    if gain.mean() <= gain.std() / np.sqrt(len(gain)):
        best = 0
    if _PARTS[best] == 1:
        return bare
    votes = [1 - _PARTS[best]]
    if labelled.learns and len(labelled.values) < _MANY:
        # Units that learnt know the few rows that they learnt from; those as drawn do not.
        votes = [votes[0] / 2] * 2
        shapes = joined(shapes, _taught(labelled, shapes, everyone=True))
    else:
        shapes = _taught(labelled, shapes)
    given = Member(shapes=shapes, summary=inputs if best else None)
    votes += [_PARTS[best]] if best else []
    return given if len(votes) == 1 else given._replace(votes=np.array(votes))


def society_wins(
    labelled: Examples,
    batch: Batch,
    held_out: float,
    society: Callable[[], Float[np.ndarray, "held"]],
    *,
    symbols: bool,
) -> bool:
    """Whether the society errs less than shape units as drawn, clearly, on the sequences that it chose its units by.

    The choice of its units flatters the society on these sequences; shape units chose nothing by them. So it has to err
    less by a standard error, and by a third.

    Args:
        labelled: all sequences.
        batch: the same as the society learns from them.
        held_out: share that it holds out.
        society: its square errors there, in variances of the targets; not asked where shapes leave hardly any error.
        symbols: whether there are some; of numbers shapes may leave more.
    """
    fitted, held = split(batch, held_out, labelled.seed)
    part = replace(labelled.some(fitted.rows), learns=False)
    pooling = shapes_for_quietly(part)
    readout = read_out(pooling, part)
    wanted = labelled.targets[held.rows]
    predicted = readout.predict(_rows(pooling, labelled.some(held.rows).values))
    spread = np.maximum(part.targets.var(axis=0), 1e-12)
    errors = ((predicted - wanted) ** 2 / spread).mean(axis=1)
    if errors.mean() < (_SOLVED if symbols else _NEARLY_SOLVED):
        return False
    gain = errors - society()
    return bool(gain.mean() > max(gain.std() / np.sqrt(len(gain)), errors.mean() * _CLEARLY))


def shapes_for_quietly(labelled: Examples) -> Member:
    """The same without the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return shapes_for(labelled)


def read_out(pooling: Member, labelled: Examples) -> RidgeReadout | CommitteeReadout:
    """A readout of them."""
    alphas = ALPHAS if pooling.penalty is None else (pooling.penalty,)
    rows = _rows(pooling, labelled.values)
    if pooling.shapes is not None and pooling.votes is not None:
        columns = pooling.views((), rows.shape[1])
        return CommitteeReadout(alphas, floor=_floor(pooling)).fit(rows, labelled.targets, columns, pooling.votes)
    return RidgeReadout(alphas, floor=_floor(pooling)).fit(rows, labelled.targets)


def _views(labelled: Examples) -> tuple[str, ...]:
    """What units receive: of some offers the one that leaves least error on rows left out, with units as drawn.

    Sequences that are all of one mean and deviation have no scale of their own to lose.
    """
    offers = [views for views in _OFFERS if views[0] != "own" or not _of_one_scale(labelled.values)]
    errors, some = [], labelled.some(_some_of(labelled, _MOST_SCORED))
    spread = np.maximum(some.targets.var(axis=0), 1e-12)
    stage("choosing what shape units receive", len(offers))
    for number, views in enumerate(offers):
        at(number, len(offers))
        drawn = draw_shapes(some.values, units=_PILOTS, views=views, seed=labelled.seed)
        left = left_out_errors(pooled(drawn, some.values), some.targets, floor=FLOOR)
        errors.append(float((left**2 / spread).mean()))
    return offers[int(np.argmin(errors))]


def _of_one_scale(values: Sequence[Float[np.ndarray, "time channel"]]) -> bool:
    means = np.array([value.mean(axis=0) for value in values])
    deviations = np.array([value.std(axis=0) for value in values])
    spread = np.ptp(means, axis=0) + np.ptp(deviations, axis=0)
    return bool((spread < _ONE_SCALE * deviations.max(axis=0)).all())


def _some_of(labelled: Examples, most: int) -> Int[np.ndarray, "row"]:
    """All rows, or as many drawn ones as tell enough."""
    count = len(labelled.values)
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(labelled.seed).permutation(count)[:most])


def _fitted(labelled: Examples, views: tuple[str, ...]) -> Shapes:
    return _taught(labelled, _drawn(labelled, views))


def _drawn(labelled: Examples, views: tuple[str, ...]) -> Shapes:
    return draw_shapes(labelled.values, units=_UNITS, views=views, seed=labelled.seed)


def _taught(labelled: Examples, shapes: Shapes, *, everyone: bool = False) -> Shapes:
    """The units after learning, if they learn: all, or half of them where one readout sees few sequences."""
    if not labelled.learns:
        return shapes
    broadcast = labelled.targets
    if not labelled.classes:
        broadcast = Scaling.of([broadcast]).apply(broadcast)
    settings, numbers = _settings(labelled.values), np.arange(_UNITS)
    stage("shape units learn")
    # Few sequences are soon memorised: half of the units then stay as drawn, of every view and kind of window.
    only = (numbers // _STRIDE % 2 == 0) | everyone | (len(labelled.values) >= _MANY)
    return learn_shapes(
        shapes, labelled.values, broadcast, settings, classes=labelled.classes, only=only, seed=labelled.seed
    ).shapes


def _settings(values: Sequence[Float[np.ndarray, "time channel"]]) -> ShapeLearning:
    """How much units learn: some rounds of the sequences, of which a batch looks at some blocks where they are long.

    Example:
        >>> settings = _settings([np.zeros((256, 1))] * 4000)
        >>> settings.steps, settings.every
        (300, 4)
    """
    steps = int(np.clip(_ROUNDS * len(values) // _BATCH, *_STEPS))
    mean = float(np.mean([len(value) for value in values]))
    return ShapeLearning(steps=steps, size=_BATCH, every=max(1, round(mean / _LOOKED_AT)))


def _folds(labelled: Examples) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sequences to judge on and those to fit on, four times: drawn, or blocks where they are windows of a series.

    A window that shares most of its steps with one that was fitted on shows nothing of new data, so the windows that
    overlap with those to judge on are left out.
    """
    count = len(labelled.values)
    folds = _FOLDS if count <= _MOST_FOLDED else 1
    reach = _reach(labelled.values)
    numbers = np.arange(count)
    if reach:
        blocks = np.array_split(numbers, _FOLDS)[-folds:]
        parts = [(held, numbers[(numbers < held[0] - reach) | (numbers > held[-1] + reach)]) for held in blocks]
        if min(len(rest) for _, rest in parts) >= count // 4:
            return parts
    order = np.random.default_rng(labelled.seed).permutation(count)
    drawn = [np.sort(order[start::_FOLDS]) for start in range(folds)]
    return [(held, np.setdiff1d(order, held)) for held in drawn]


def _reach(values: Sequence[Float[np.ndarray, "time channel"]]) -> int:
    """How many sequences further on share steps with a sequence, where they are windows of a series; otherwise 0.

    Example:
        >>> series = np.arange(20.0)[:, None]
        >>> _reach([series[start : start + 8] for start in range(0, 12, 2)]), _reach([series, series])
        (3, 0)
    """
    steps = len(values[0])
    if any(len(value) != steps for value in values):
        return 0
    pairs = list(pairwise(values[: _PAIRS + 1]))
    for shift in range(1, steps):
        if all(np.array_equal(one[shift:], other[:-shift]) for one, other in pairs):
            # A constant is a window of anything.
            return 0 if all(np.ptp(one) == 0 for one, _ in pairs) else (steps - 1) // shift
    return 0


def _errors_of(labelled: Examples, offer: Callable[[Examples], Member]) -> tuple[float, float]:
    """The penalty that errs least on folds that nothing was fitted on, and its square error there, in that of the mean.

    Args:
        labelled: all sequences.
        offer: what is fitted on the rest of them.
    """
    spread = np.maximum(labelled.targets.var(axis=0), 1e-12)
    total, mean_total = np.zeros(len(ALPHAS)), 0.0
    for held, others in _folds(labelled):
        rest, left = labelled.some(others), labelled.some(held)
        pooling = offer(rest)
        readout = RidgeReadout(selection="validation", floor=_floor(pooling)).fit(
            _rows(pooling, rest.values), rest.targets, validation=(_rows(pooling, left.values), left.targets)
        )
        total += len(held) * (readout.scores_ / spread).sum(axis=1)
        mean_total += float((((left.targets - rest.targets.mean(axis=0)) ** 2) / spread).sum())
    best = len(ALPHAS) - 1 - int(np.argmin(total[::-1]))
    return float(ALPHAS[best]), float(total[best] / max(mean_total, 1e-12))


def _rows(pooling: Member, values: list[Float[np.ndarray, "time channel"]]) -> Float[np.ndarray, "batch feature"]:
    """What a readout sees of each sequence: shape units, the bare inputs, or both."""
    parts = [] if pooling.shapes is None else [pooled(pooling.shapes, values)]
    if pooling.summary is not None:
        parts.append(summarised(None, values, (), summary_named(pooling.summary), 0))
    return np.hstack(parts)


def _floor(pooling: Member) -> float:
    """Of the readout's deviations."""
    return FLOOR if pooling.shapes is not None else INPUT_FLOOR


def _by_row(society: Member) -> Float[np.ndarray, "held"]:
    """Errors of each held-out sequence that the society chose its units by."""
    assert society.choice is not None
    return society.choice.by_row
