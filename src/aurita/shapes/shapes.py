"""Shape units as drawn: which channels they receive, how far apart their window's steps are, filters and levels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aurita._kinds import saved
from aurita._typing import Bool, Float, Int
from aurita.errors import AuritaError
from aurita.native import shapes as native
from aurita.shapes._reference import hidden_values, pooled_reference
from aurita.shapes.padding import VIEWS, Padded, pad, scale_of
from aurita.units.shape import ShapeUnit

NARROW = 0.02
"""Width of a step in deviations of the filter's values, for the readout: nearly a hard one."""

MOST_DILATION = 64
"""Steps that the window of a unit may be spread by."""

_BATCH = 256
_GOLDEN = 0.6180339887498949
_SAMPLES = 4000


@saved(former={"heard": "channels"})
@dataclass(frozen=True, eq=False)
class Shapes:
    """Shape units, with their weights.

    Attributes:
        unit: what each of them is.
        views: of the sequences that they receive, of `VIEWS`.
        mean, deviation: of the channels of the views, which are standardised.
        channels: channels of each unit; -1 for none.
        dilations: of each unit's window.
        whole: which units count only steps at which their window is whole, where a sequence is long enough.
        filters: weights, of the latest step first.
        levels: at which shares of steps are taken.
        deviations: of the values of each filter, as drawn.
        widths: of the steps at each unit's levels for the readout, in these deviations.
        low, high: of each unit's values, on the sequences that it was drawn on; beyond them nothing is found.
        longest: steps of the longest of these sequences.
        ragged: whether they differed in length; then shares also count in steps of the longest, and the length counts.
        learnt: whether filters and levels have learnt; otherwise they are as drawn.
        twice: whether the first half are units as drawn, and the second half the same units after learning.
    """

    unit: ShapeUnit
    views: tuple[str, ...]
    mean: Float[np.ndarray, "channel"]
    deviation: Float[np.ndarray, "channel"]
    channels: Int[np.ndarray, "unit slot"]
    dilations: Int[np.ndarray, "unit"]
    whole: Bool[np.ndarray, "unit"]
    filters: Float[np.ndarray, "unit hidden slot window"]
    levels: Float[np.ndarray, "unit hidden level"]
    deviations: Float[np.ndarray, "unit hidden"]
    widths: Float[np.ndarray, "unit"]
    low: Float[np.ndarray, "feature"]
    high: Float[np.ndarray, "feature"]
    longest: int
    ragged: bool
    learnt: bool = False
    twice: bool = False

    @property
    def units(self) -> int:
        """How many they are."""
        return len(self.channels)

    @property
    def slopes(self) -> Float[np.ndarray, "unit hidden level"]:
        """One over the width of each step."""
        return slopes_of(self, self.widths)

    @property
    def width(self) -> int:
        """Columns of their outputs for a sequence."""
        own = self.units * self.unit.pooled
        return 2 * own + 1 if self.ragged else own

    @property
    def columns(self) -> list[Int[np.ndarray, "seen"]]:
        """Columns of their outputs that one readout sees: all, or those as drawn and those after learning."""
        own = self.units * self.unit.pooled
        halves = np.split(np.arange(own), 2 if self.twice else 1)
        return [np.concatenate([half, own + half, [2 * own]]) for half in halves] if self.ragged else halves

    def padded(self, values: Sequence[Float[np.ndarray, "time channel"]]) -> Padded:
        """Sequences laid out for these units."""
        left = (self.unit.window - 1) * int(self.dilations.max())
        return pad(values, self.views, self.mean, self.deviation, left)


def slopes_of(shapes: Shapes, widths: Float[np.ndarray, "unit"]) -> Float[np.ndarray, "unit hidden level"]:
    """One over the width of each step, for widths in deviations."""
    each = 1 / np.maximum(widths[:, None] * shapes.deviations, 1e-9)
    return np.repeat(each[:, :, None], shapes.unit.levels, axis=2).astype(np.float32)


def pooled(shapes: Shapes, values: Sequence[Float[np.ndarray, "time channel"]]) -> Float[np.ndarray, "batch feature"]:
    """Outputs of shape units for whole sequences, one row each; no value of a filter is kept.

    Args:
        shapes: units.
        values: sequences of any lengths.

    Returns:
        `(batch, shapes.width)` float64: of each filter of each unit the shares of steps above its levels, then its
        maximum; where the sequences of the fit were ragged once more as counts, and the logarithm of the length.
    """
    parts = []
    for start in range(0, len(values), _BATCH):
        padded = shapes.padded(values[start : start + _BATCH])
        parts.append(_clipped(shapes, pool(shapes, padded, shapes.slopes), padded.lengths))
    return np.concatenate(parts)


def pool(
    shapes: Shapes, padded: Padded, slopes: Float[np.ndarray, "unit hidden level"]
) -> Float[np.ndarray, "batch feature"]:
    """The pooled values alone, by the compiled kernels or without them."""
    found = native.pool(shapes, padded, slopes)
    return pooled_reference(shapes, padded, slopes) if found is None else found


def with_counts(
    shapes: Shapes, found: Float[np.ndarray, "batch pooled"], lengths: Int[np.ndarray, "batch"]
) -> Float[np.ndarray, "batch feature"]:
    """Pooled values; where sequences are ragged also as counts, and the logarithm of the length."""
    rows = found.astype(np.float64)
    if not shapes.ragged:
        return rows
    share = (lengths / shapes.longest)[:, None]
    return np.concatenate([rows, rows * share, np.log(lengths)[:, None]], axis=1)


def _clipped(
    shapes: Shapes, found: Float[np.ndarray, "batch pooled"], lengths: Int[np.ndarray, "batch"]
) -> Float[np.ndarray, "batch feature"]:
    return np.clip(with_counts(shapes, found, lengths), shapes.low, shapes.high)


def draw_shapes(
    values: Sequence[Float[np.ndarray, "time channel"]],
    *,
    unit: ShapeUnit | None = None,
    units: int = 96,
    views: Sequence[str] = ("values",),
    width: float = NARROW,
    seed: int = 0,
) -> Shapes:
    """Draw shape units for sequences.

    Filters are normal and sum to zero over their window, so they react to shapes, not levels. Dilations are spread
    log-uniformly, up to windows as long as the median sequence. Levels are quantiles of a filter's values, spread over
    units, filters and levels. Every second pair of units counts whole windows only.

    Args:
        values: sequences to take scale and levels from; no label is looked at.
        unit: what each unit is; by default of one channel for sequences of one channel, and of 1 to 4 for more.
        units: how many.
        views: that they receive, in turn.
        width: of the steps for the readout, in deviations of a filter's values.
        seed: of everything drawn.

    Raises:
        AuritaError: no units, or a view that there is not.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = [rng.normal(size=(n, 1)) for n in (30, 40, 50)]
        >>> shapes = draw_shapes(x, units=6)
        >>> pooled(shapes, x).shape == (3, shapes.width)
        True
    """
    if units < 1:
        raise AuritaError(f"units is {units}; expected at least 1")
    if not views or any(view not in VIEWS for view in views):
        raise AuritaError(f"views are {tuple(views)!r}; expected some of {', '.join(map(repr, VIEWS))}")
    channels = values[0].shape[1]
    unit = ShapeUnit(slots=min(channels, 4)) if unit is None else unit
    rng = np.random.default_rng(seed)
    mean, deviation = scale_of(values, views)
    lengths = np.array([len(value) for value in values])
    farthest = max(1, min(MOST_DILATION, int((np.median(lengths) - 1) // max(unit.window - 1, 1))))
    numbers = np.arange(units)
    dilations = np.exp(np.log(farthest + 0.999) * (numbers * _GOLDEN % 1)).astype(np.int32)
    chosen = np.full((units, unit.slots), -1, np.int32)
    for number in numbers:
        count = min(unit.slots, channels, int(2 ** rng.uniform(0, np.log2(min(unit.slots, channels) + 1))))
        chosen[number, :count] = number % len(views) * channels + rng.permutation(channels)[:count]
    filters = rng.normal(size=(units, unit.hidden, unit.slots, unit.window))
    filters -= filters.mean(axis=3, keepdims=True) if unit.window > 1 else 0
    filters *= (chosen >= 0)[:, None, :, None]
    filters /= np.sqrt((filters**2).sum(axis=(2, 3), keepdims=True))
    shapes = Shapes(
        unit=unit,
        views=tuple(views),
        mean=mean,
        deviation=deviation,
        channels=chosen,
        dilations=dilations,
        whole=numbers // 2 % 2 == 1,
        filters=filters.astype(np.float32),
        levels=np.zeros((units, unit.hidden, unit.levels), np.float32),
        deviations=np.ones((units, unit.hidden)),
        widths=np.full(units, float(width)),
        low=np.zeros(0),
        high=np.zeros(0),
        longest=int(lengths.max()),
        ragged=bool(len(set(lengths.tolist())) > 1),
    )
    return ranged(_levelled(shapes, values, rng), values)


def joined(drawn: Shapes, learnt: Shapes) -> Shapes:
    """Units as drawn, then the same units after learning, as twice as many.

    Example:
        >>> x = list(np.random.default_rng(0).normal(size=(3, 20, 1)))
        >>> drawn = draw_shapes(x, units=2)
        >>> joined(drawn, drawn).units
        4
    """
    names = ("channels", "dilations", "whole", "filters", "levels", "deviations", "widths")
    parts = {name: np.concatenate([getattr(drawn, name), getattr(learnt, name)]) for name in names}
    both = replace(learnt, **parts, twice=True)
    low, high = np.zeros(both.width), np.zeros(both.width)
    for columns, one in zip(both.columns, (drawn, learnt), strict=True):
        low[columns], high[columns] = one.low, one.high
    return replace(both, low=low, high=high)


def units_of(shapes: Shapes, which: Bool[np.ndarray, "unit"]) -> Shapes:
    """Some of the units; what range their values have is not known."""
    names = ("channels", "dilations", "whole", "filters", "levels", "deviations", "widths")
    return replace(shapes, **{name: getattr(shapes, name)[which] for name in names})


def ranged(shapes: Shapes, values: Sequence[Float[np.ndarray, "time channel"]]) -> Shapes:
    """The same units with the range of their outputs on these sequences."""
    padded = shapes.padded(values)
    rows = with_counts(shapes, pool(shapes, padded, shapes.slopes), padded.lengths)
    return replace(shapes, low=rows.min(axis=0), high=rows.max(axis=0))


def _levelled(shapes: Shapes, values: Sequence[Float[np.ndarray, "time channel"]], rng: np.random.Generator) -> Shapes:
    """Levels at quantiles of the filters' values over all steps, and the deviation of these values."""
    some = rng.permutation(len(values))[:_BATCH]
    padded = shapes.padded([values[number] for number in some])
    unit = shapes.unit
    levels, deviations = np.empty_like(shapes.levels), np.empty_like(shapes.deviations)
    rows = rng.integers(len(some), size=_SAMPLES)
    steps = (rng.random(_SAMPLES) * padded.lengths[rows]).astype(int)
    for number in range(shapes.units):
        h = hidden_values(shapes, padded, number, rows, steps)
        deviations[number] = np.maximum(h.std(axis=1), 1e-6)
        places = (number * unit.hidden + np.arange(unit.hidden))[:, None] * unit.levels + np.arange(unit.levels)
        shares = 0.02 + 0.96 * ((places + 1) * _GOLDEN % 1)
        ordered = np.sort(h, axis=1)
        levels[number] = np.take_along_axis(ordered, (shares * _SAMPLES).astype(int), axis=1)
    return replace(shapes, levels=levels, deviations=deviations)
