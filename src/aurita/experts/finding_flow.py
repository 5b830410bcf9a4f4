"""Whether series come of a dynamical system without noise, and which flow map of it stays valid longest.

Maps are fitted on the heads and run closed on themselves over several held-out stretches. That with the longest valid
prediction time stays: the mean over thresholds from 0.4 deviations downwards, so that stretches too short to lose a
good forecast still tell good from better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita._typing import Bool, Float
from aurita.blas import one_thread
from aurita.experts.flow import MONOMIALS, MOST_ANCHORS, MOST_REACH, Delays, Flow, Rows, fit_flow, terms
from aurita.progress import at, stage

THRESHOLDS = tuple(0.4 / 10**place for place in range(6))
"""Errors that count as lost, in deviations."""

_MOST_SERIES, MOST_SEEN = 20, 64
_LEAST_ROWS = 150
_LEAST_HELD = 20
_KERNELS = (("gauss", 0.5), ("gauss", 1.0), ("matern", 2.0), ("matern", 5.0))
_ORDERS, MOST_TERMS = (2, 3, 4, 5), 300
_PENALTIES = (1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3)
_ANCHORS, _FIRST_ANCHORS, _MOST_VIEWS = 1000, 400, 3
_FIRST = (1e-9, 1e-5)
_STARTS, _SHARE = 5, 1 / 3
_KNOWN = 0.3
"""Held-out changes are a flow's where the map leaves less of them than this."""


@dataclass(frozen=True, eq=False)
class FoundFlow:
    """Maps that held-out stretches have chosen.

    Attributes:
        whole: fitted on everything, chosen by all stretches.
        by_first, by_second: fitted on the heads, chosen by stretches in the first and in the second half of what is
            held out.
        steps: mean steps that forecasts of `whole` stay within 0.4 deviations on held-out stretches.
    """

    whole: Flow
    by_first: Flow
    by_second: Flow
    steps: float

    def held_out(
        self, series: Sequence[Float[np.ndarray, "time output"]], late: Bool[np.ndarray, "series"], horizon: int
    ) -> Float[np.ndarray, "series ahead output"]:
        """Forecasts after each of some series that end in held-out steps, by maps that the other half has chosen."""
        first, second = (one.forecasts(series, horizon) for one in (self.by_first, self.by_second))
        chosen: Float[np.ndarray, "series ahead output"] = np.where(np.asarray(late)[:, None, None], first, second)
        return chosen


@one_thread()
def find_flow(series: Sequence[Float[np.ndarray, "time output"]], heads: Sequence[int]) -> FoundFlow | None:
    """The flow map of series that come of one dynamical system without noise.

    Args:
        series: whole.
        heads: steps of each that are not held out.

    Returns:
        The maps; None where steps are few, or their changes are not those of a flow.

    Example:
        >>> turn = np.arange(400) / 5
        >>> circle = np.stack([np.sin(turn), np.cos(turn)], axis=1)
        >>> find_flow([circle], [280]).steps > 30
        True
        >>> noise = np.random.default_rng(0).normal(size=(400, 1))
        >>> find_flow([noise], [280]) is None
        True
    """
    outputs = series[0].shape[1]
    parts = [one[:head] for one, head in zip(series, heads, strict=True)]
    held = min(len(one) - head for one, head in zip(series, heads, strict=True))
    if len(series) > _MOST_SERIES or held < _LEAST_HELD or sum(heads) < _LEAST_ROWS or not _vary(parts):
        return None
    longest = min(min(heads) // 4, MOST_REACH)
    views = [one for one in _embeddings(parts) if one.count * outputs <= MOST_SEEN and one.reach <= longest]
    left = np.array([_left(series, heads, delays) for delays in views]).reshape(-1, 3)
    # Views of each half are ranked by it alone: what a map forecasts in the other half was then not chosen there.
    ranked = [[views[place] for place in np.argsort(one)[:_MOST_VIEWS] if one[place] < _KNOWN] for one in left.T]
    if not all(ranked):
        return None
    views = [one for one in views if any(one in some for some in ranked)]
    trials: list[tuple[Delays, float, Flow]] = []
    stage("looking for a flow map", len(views))
    for number, delays in enumerate(views):
        at(number, len(views))
        orders = [order for order in _ORDERS if terms(delays.count * outputs, order) <= MOST_TERMS]
        for kernel, scale in (*_KERNELS, *((MONOMIALS, float(order)) for order in orders)):
            one = Delays(kernel, scale, delays.count, delays.spacing)
            flows = Rows.of(parts, one, MOST_ANCHORS if kernel == MONOMIALS else _ANCHORS).solved(_PENALTIES)
            trials += [(one, penalty, flow) for penalty, flow in zip(_PENALTIES, flows, strict=True)]
    starts = [_stretches(head, len(one)) for one, head in zip(series, heads, strict=True)]
    times = np.array([_times(flow, series, starts) for _, _, flow in trials])  # (trial, half, threshold)
    scores = (times.mean(axis=(1, 2)), *times.mean(axis=2).T)
    seen = [[_view(one) in {_view(view) for view in some} for one, _, _ in trials] for some in ranked]
    best = [int(np.argmax(np.where(own, score, -1.0))) for own, score in zip(seen, scores, strict=True)]
    (delays, penalty, _), *halves = (trials[place] for place in best)
    by_first, by_second = (fit_flow(parts, one, weight) for one, weight, _ in halves)
    return FoundFlow(fit_flow(series, delays, penalty), by_first, by_second, float(times[best[0], :, 0].mean()))


def valid_steps(
    forecasts: Float[np.ndarray, "origin ahead output"],
    truth: Float[np.ndarray, "origin ahead output"],
    scale: np.ndarray,
) -> Float[np.ndarray, "origin threshold"]:
    """Steps that forecasts stay within each of `THRESHOLDS`, in units of a scale; all where the truth is not known.

    Example:
        >>> truth = np.zeros((1, 4, 1))
        >>> valid_steps(truth + np.array([0, 1e-3, 1e-2, 1])[:, None], truth, np.ones(1)).tolist()
        [[3.0, 3.0, 2.0, 1.0, 1.0, 1.0]]
    """
    apart = (forecasts - truth) / scale
    known = np.isfinite(truth)
    errors = np.sqrt((np.where(known, apart, 0.0) ** 2).mean(axis=2))
    within = errors[..., None] <= np.array(THRESHOLDS)
    found: np.ndarray = np.logical_and.accumulate(within, axis=1).sum(axis=1).astype(float)
    return found


def _view(delays: Delays) -> tuple[int, int]:
    return delays.count, delays.spacing


def _times(flow: Flow, series: Sequence[np.ndarray], starts: Sequence[tuple[np.ndarray, int]]) -> np.ndarray:
    """Mean steps that forecasts stay valid, by half of what is held out and threshold."""
    found = []
    for one, (origins, length) in zip(series, starts, strict=True):
        parts = [one[origin - flow.delays.reach : origin] for origin in origins]
        truth = np.stack([one[origin : origin + length] for origin in origins])
        found.append(valid_steps(flow.forecasts(parts, length), truth, flow.deviation).reshape(2, -1, len(THRESHOLDS)))
    mean: np.ndarray = np.concatenate(found, axis=1).mean(axis=1)
    return mean


def _stretches(head: int, end: int) -> tuple[np.ndarray, int]:
    """Steps known before each stretch, half of them in either half of what is held out, and the length of all."""
    half = (end - head) // 2
    spread = int(half * _SHARE)
    first = np.linspace(0, spread, _STARTS).astype(int)
    return np.concatenate([head + first, head + half + first]), half - spread


def _left(series: Sequence[np.ndarray], heads: Sequence[int], delays: Delays) -> tuple[float, float, float]:
    """What maps of few anchors leave of the changes in what is held out, as a share of what these vary by.

    Of all of it, of its first half and of its second.
    """
    middles = [head + (len(one) - head) // 2 for one, head in zip(series, heads, strict=True)]
    ends = [len(one) for one in series]
    spans = ((heads, ends), (heads, middles), (middles, ends))
    found: list[list[float]] = [[] for _ in spans]
    for kernel, scale in _KERNELS[::2]:
        one = Delays(kernel, scale, delays.count, delays.spacing)
        flows = Rows.of([values[:head] for values, head in zip(series, heads, strict=True)], one, _FIRST_ANCHORS)
        maps = flows.solved(_FIRST)
        for errors, span in zip(found, spans, strict=True):
            parts = [values[start - one.reach : end] for values, start, end in zip(series, *span, strict=True)]
            held = Rows.of(parts, one)
            # Both are in deviations of their own part; what is held out is brought to those of the heads.
            seen = held.anchors * np.tile(held.deviation / flows.deviation, one.count)
            seen += np.tile((held.mean - flows.mean) / flows.deviation, one.count)
            changes = held.changes * held.deviation / flows.deviation
            alike, size = one.alike(seen, flows.anchors), np.var(changes, axis=0).sum()
            squares = [((alike @ flow.coefficients - changes) ** 2).mean(axis=0).sum() for flow in maps]
            errors.append(float(np.sqrt(min(squares) / size)) if size > 0 else np.inf)
    whole, first, second = (min(errors) for errors in found)
    return whole, first, second


def _embeddings(parts: Sequence[np.ndarray]) -> list[Delays]:
    """What maps may see: the state of now, or as much of the past as a state that is not seen whole takes."""
    turn = _turn(max(parts, key=len))
    if parts[0].shape[1] > 1:
        pairs = [(1, 1), (2, 1), (3, max(1, turn // 4))]
    else:
        pairs = [
            (4, 1),
            (6, 1),
            (8, 1),
            (4, 2),
            (6, 2),
            (4, max(1, turn // 3)),
            (6, max(1, turn // 4)),
            (8, max(1, turn // 4)),
        ]
    return [Delays("gauss", 1.0, *pair) for pair in dict.fromkeys(pairs)]


def _turn(values: np.ndarray) -> int:
    """Steps until the mean autocorrelation of the channels has fallen to zero, an eighth of the steps at most."""
    centred = values - values.mean(axis=0)
    longest = max(2, len(values) // 8)
    square = (centred**2).mean(axis=0)
    shares = centred / np.sqrt(np.where(square > 0, square, 1.0))
    for lag in range(1, longest):
        if (shares[lag:] * shares[:-lag]).mean() <= 0:
            return lag
    return longest


def _vary(parts: Sequence[np.ndarray]) -> bool:
    """Whether every channel has changes."""
    return all(np.ptp(np.diff(one, axis=0), axis=0).min() > 0 for one in parts if len(one) > 2)
