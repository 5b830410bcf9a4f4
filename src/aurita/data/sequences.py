"""What users have, as sequences: a list of `(T, E)` float arrays, checked once at the door.

| given | read as |
|---|---|
| list of `(T, E)` arrays or data frames | ragged sequences; arrays of one shape may be padded as below |
| list of `(T,)` arrays or pandas series | ragged sequences of one channel |
| `(B, T, E)` array | sequences of one length; steps at the end of one where all channels are NaN are padding |
| data frame with two index levels | a sequence for each value of the first level, sorted by the second |
| data frame whose cells are series (sktime) | a sequence for each row, a channel for each column |
| `(B, E)` array, data frame, nested lists | sequences of one step each, as scikit-learn's tables |

With `layout="channels_first"` every sequence is `(E, T)`, as in aeon; with `layout="univariate"` the rows of a
`(B, T)` table are series of one channel. `steps_first` says that sequences are `(T, E)`; `auto` takes them as that, and
refuses arrays that look as if it were the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from aurita._typing import Float, Int
from aurita._words import counted
from aurita.data._numeric import as_array, check_finite, column_names, floats, numbers, refuse_odd
from aurita.data.frames import has_levels, is_nested, split_levels, unnested
from aurita.data.index import has_dates, index_of, time_order
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "Sequences", "as_sequences", "check_channels", "column_names", "is_listed", "numbers"]

LAYOUTS = ("auto", "steps_first", "channels_first", "univariate")


@dataclass(frozen=True)
class Sequences:
    """Sequences of steps of the same channels.

    Attributes:
        values: one `(T, E)` array a sequence.
        columns: names of the channels; None where they have none.
        tabular: whether they were given as a table, one step a sequence.
        names: of the sequences, where an index level names them.
        rows: index of the rows that they were, where a data frame had one for each.
        times: index of the steps of each, where it has one.
        orders: of each, its rows as they were given in the order of time; None where they were in order.
        padded_to: steps of the padded array that they were cut out of.

    Example:
        >>> ragged = Sequences([np.zeros((3, 2)), np.ones((1, 2))])
        >>> ragged.lengths, ragged.channels
        (array([3, 1]), 2)
    """

    values: list[Float[np.ndarray, "time channel"]]
    columns: list[str] | None = None
    tabular: bool = False
    names: "pd.Index | None" = None
    rows: "pd.Index | None" = None
    times: "list[pd.Index | None] | None" = None
    orders: list[Int[np.ndarray, "step"] | None] | None = None
    padded_to: int | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def channels(self) -> int:
        """Number of channels `E`."""
        return int(self.values[0].shape[1])

    @property
    def lengths(self) -> Int[np.ndarray, "batch"]:
        """Steps of each sequence."""
        return np.array([len(value) for value in self.values])

    def mapped(self, values: list[np.ndarray]) -> "Sequences":
        """The same sequences with other values."""
        return replace(self, values=values)

    def some(self, numbers: list[int]) -> "Sequences":
        """The values of some of them."""
        return self.mapped([self.values[number] for number in numbers])


def as_sequences(given: Any, layout: str = "auto", *, channels: int | None = None) -> Sequences:
    """Read `given` as sequences.

    Args:
        given: any of the forms in the table above.
        layout: `auto`, `steps_first`, `channels_first` or `univariate`.
        channels: how many there are, where that is known; then `auto` refuses nothing.

    Returns:
        Sequences of at least one step each, all of the same channels, all values finite.

    Raises:
        AuritaError: an unknown layout; nothing, text, complex, missing or infinite values; channels that differ; rows
            that have dates, and so are the steps of one sequence; times that are repeated.

    Example:
        >>> as_sequences([np.zeros((12, 5)), np.zeros((12, 9))], layout="channels_first").lengths
        array([5, 9])
    """
    if not isinstance(layout, str) or layout not in LAYOUTS:
        raise AuritaError(f"layout is {layout!r}; expected one of {', '.join(map(repr, LAYOUTS))}")
    refuse_odd(given, "X")
    if hasattr(given, "iloc") or (isinstance(given, np.ndarray) and given.dtype == object):
        found = _of_frame(given, layout, channels)
        if found is not None:
            return found
    if is_listed(given) or _is_deep(given):
        items = list(given)
        padded = _padded_list(items, layout)
        if padded is not None:
            return padded
        found = _listed(items, layout)
        if len(items) > 1 and not any(column_names(item) for item in items):
            _check_list(layout, channels, found)
        return found
    if isinstance(given, list | tuple) and _is_ragged(given):
        if layout == "univariate":
            return _listed([np.asarray(item) for item in given], layout)
        raise AuritaError(
            "X is nested lists of different lengths: such lists are a table, with a row of numbers for each sample, "
            "and its rows have one length. If they are series of one channel, pass layout='univariate' or arrays: "
            "[np.asarray(row) for row in X]"
        )
    array = as_array(given, "X")
    if array.ndim == 3:
        return _stacked(given, array.shape, layout, channels)
    if array.ndim == 2:
        return _table(given, layout)
    raise AuritaError(
        f"X has shape {array.shape}; expected a list of (steps, channels) arrays, a (sequences, steps, channels) array "
        "or a table. Reshape your data: a single series is X=[series], a single row X=[row] as an array"
    )


def _of_frame(given: Any, layout: str, channels: int | None) -> Sequences | None:
    """Sequences that a frame holds, one for each value of an index level or in its cells; None for a plain table."""
    if has_levels(given):
        names, parts = split_levels(given, "X")
        if not parts:
            raise AuritaError("X is empty; expected at least one sequence")
        whats = [f"sequence {name!r} of X" for name in names]
        found = _listed(
            [part.values for part in parts], "univariate" if layout == "univariate" else "steps_first", whats
        )
        return replace(found, names=names, orders=_orders([part.order for part in parts]))
    if is_nested(given):
        found = _listed(unnested(given, "X"), "steps_first")
        return replace(found, columns=column_names(given), rows=index_of(given))
    if _is_listed_series(given):
        return replace(as_sequences(given.tolist(), layout, channels=channels), rows=given.index)
    return None


def check_channels(found: Sequences, channels: int, columns: list[str] | None, *, model: str, layout: str) -> None:
    """Complain about sequences of other channels than those of the fit.

    Args:
        found: what was given.
        channels: of the fit.
        columns: of the fit; None where they had no names.
        model: name of the estimator.
        layout: of the estimator.

    Raises:
        AuritaError: another number of channels, or other names.
    """
    known = f": {', '.join(columns)}" if columns else ""
    if found.channels != channels:
        if found.tabular:
            raise AuritaError(
                f"X has {found.channels} features, but {model} is expecting {channels} features as input; pass the "
                f"columns it was fitted on{known}"
            )
        turn = ""
        if layout in ("auto", "steps_first") and set(found.lengths.tolist()) == {channels}:
            turn = ", or layout='channels_first' if its sequences are (channels, steps)"
        raise AuritaError(
            f"X has {counted(found.channels, 'channel')}, the model was fitted on {channels}; pass the columns it was "
            f"fitted on{known}{turn}"
        )
    if columns is not None and found.columns is not None and found.columns != columns:
        raise AuritaError(
            "The feature names should match those that were passed during fit: X has the columns "
            f"{', '.join(found.columns)}, the model was fitted on {', '.join(columns)}; pass these, in this order"
        )


def is_listed(given: object) -> bool:
    """Whether `given` is a list with an array in it, so that each item is a sequence."""
    if isinstance(given, np.ndarray):
        return given.dtype == object and given.ndim == 1 and all(_has_steps(item) for item in given)
    if not isinstance(given, list | tuple):
        return False
    return all(_has_steps(item) or isinstance(item, list | tuple) for item in given) and (
        not given or any(_has_steps(item) for item in given)
    )


def _listed(items: Sequence[Any], layout: str, whats: Sequence[str] | None = None) -> Sequences:
    if not items:
        raise AuritaError("X is empty; expected at least one sequence")
    names = column_names(items[0])
    values, times, orders = [], [], []
    for number, item in enumerate(items):
        what = whats[number] if whats else f"sequence {number} of X"
        index = getattr(item, "index", None) if hasattr(item, "iloc") else None
        order = None if index is None or layout == "channels_first" else time_order(index, what)
        if index is not None and order is not None:
            item, index = item.iloc[order], index[order]
        times.append(None if layout == "channels_first" else index)
        orders.append(order)
        value = numbers(item, what)
        if value.ndim == 1:
            value = value[:, None]
        elif value.ndim == 2 and layout == "channels_first":
            value = value.T
        if value.ndim != 2:
            raise AuritaError(f"{what} has shape {value.shape}; expected (steps, channels)")
        if column_names(item) != names:
            raise AuritaError(f"{what} has the columns {column_names(item)}, the first {names}; give all the same")
        values.append(_nonempty(value, what))
    counts = {value.shape[1] for value in values}
    if layout == "univariate" and counts != {1}:
        raise AuritaError(f"layout is 'univariate' and the sequences of X have {_few(counts)} channels; expected 1")
    if len(counts) > 1:
        message = f"the sequences of X have {_few(counts)} channels; expected the same number in all of them"
        if len({len(value) for value in values}) == 1:
            other = "steps_first" if layout == "channels_first" else "channels_first"
            message += (
                f". They all have {counted(len(values[0]), 'step')}: pass layout={other!r} if these are their channels"
            )
        raise AuritaError(message)
    known = None if all(index is None for index in times) else times
    return Sequences(values, names, times=known, orders=_orders(orders))


def _stacked(given: object, shape: tuple[int, ...], layout: str, channels: int | None) -> Sequences:
    values = _nonempty(floats(given, "X"), "X")
    if layout == "channels_first":
        values = np.swapaxes(values, 1, 2)
    if layout == "univariate" and values.shape[2] != 1:
        raise AuritaError(f"layout is 'univariate' and X has shape {shape}; expected (series, steps)")
    _check_axes(layout, channels, values.shape)
    return _unpadded(values, None)


def _table(given: Any, layout: str) -> Sequences:
    names, index = column_names(given), index_of(given)
    if layout == "univariate":
        return replace(_unpadded(_nonempty(floats(given, "X"), "X")[:, :, None], names), rows=index)
    if index is not None and has_dates(index):
        raise AuritaError(
            f"X is a table of shape {np.shape(given)} whose rows have dates, so that they look like the steps of one "
            "sequence; pass X=[table] (and y=[targets] for a target a step), or X.reset_index(drop=True) if every row "
            "is a sample of its own"
        )
    values = _nonempty(numbers(given, "X"), "X")
    return Sequences([row[None] for row in values], names, tabular=True, rows=index)


def _unpadded(values: Float[np.ndarray, "batch time channel"], names: list[str] | None) -> Sequences:
    """Sequences without the steps at their ends where all channels are missing."""
    if not np.isnan(values[:, -1]).all(axis=1).any():
        check_finite(values, "X")
        return Sequences(list(values))
    there = ~np.isnan(values).all(axis=2)
    lengths = np.where(there.any(axis=1), values.shape[1] - there[:, ::-1].argmax(axis=1), 0)
    cut = [value[:length] for value, length in zip(values, lengths, strict=True)]
    for number, value in enumerate(cut):
        if not len(value):
            raise AuritaError(f"sequence {number} of X is all NaN; expected at least one step: drop it")
        check_finite(value, f"sequence {number} of X", names)
    return Sequences(cut, padded_to=values.shape[1])


def _padded_list(items: list[Any], layout: str) -> Sequences | None:
    """A list of arrays of one shape that are padded at their ends, as a cube may be; None for any other list."""
    if len(items) < 2 or not all(isinstance(item, np.ndarray) and item.dtype.kind == "f" for item in items):
        return None
    if len({item.shape for item in items}) > 1 or items[0].ndim not in (1, 2) or not items[0].size:
        return None
    values = np.stack([floats(item, "X") for item in items])
    values = values[:, :, None] if values.ndim == 2 else values
    if layout == "channels_first" and items[0].ndim == 2:
        values = np.swapaxes(values, 1, 2)
    return _unpadded(values, None) if np.isnan(values[:, -1]).all(axis=1).any() else None


def _check_axes(layout: str, channels: int | None, shape: tuple[int, ...]) -> None:
    """Complain where a cube may well be channels by steps, and no layout was given."""
    _, steps, width = shape
    if layout != "auto" or channels is not None:
        return
    if steps == 1 and width > 1:
        raise AuritaError(
            f"X has shape {shape}: one step of {counted(width, 'channel')} each; pass layout='channels_first' if it is "
            f"one channel of {counted(width, 'step')}, or the 2-D table X[:, 0] if it is rows of one step"
        )
    if width > 2 * steps or (width >= 8 and width > steps):
        raise AuritaError(
            f"X has shape {shape}: {steps} steps of {width} channels each, or {steps} channels of {width} steps; pass "
            "the estimator layout='channels_first' (or fit np.swapaxes(X, 1, 2)) if sequences are (channels, steps), "
            "or layout='steps_first' if they are not"
        )


def _check_list(layout: str, channels: int | None, found: Sequences) -> None:
    """The same for a list of arrays that a cube could hold."""
    lengths = set(found.lengths.tolist())
    if len(lengths) == 1 and found.channels >= 8 and found.channels > max(lengths):
        _check_axes(layout, channels, (len(found), *found.values[0].shape))


def _nonempty(values: np.ndarray, what: str) -> np.ndarray:
    if values.shape[0] == 0:
        raise AuritaError(f"{what} is empty (shape {values.shape}); expected at least one step or row: drop it")
    if 0 in values.shape:
        raise AuritaError(f"{what} has 0 feature(s) (shape={values.shape}) while a minimum of 1 is required.")
    return values


def _has_steps(item: object) -> bool:
    return hasattr(item, "shape") and isinstance(item.shape, tuple) and len(item.shape) > 0


def _is_listed_series(given: Any) -> TypeGuard["pd.Series"]:
    """Whether it is a pandas series of arrays."""
    return hasattr(given, "iloc") and not hasattr(given, "columns") and is_listed(given.to_numpy())


def _is_deep(given: object) -> bool:
    """Whether nested lists are sequences of steps of channels, which no array can hold as their lengths differ."""
    if not isinstance(given, list | tuple) or not given or not all(isinstance(item, list | tuple) for item in given):
        return False
    return all(item and all(isinstance(step, list | tuple) for step in item) for item in given) and _is_ragged(given)


def _is_ragged(given: Sequence[Any]) -> bool:
    """Whether nested lists are of different lengths, which no array can hold."""
    return all(isinstance(item, list | tuple) for item in given) and len({len(item) for item in given}) > 1


def _orders(orders: list[Int[np.ndarray, "step"] | None]) -> list[Int[np.ndarray, "step"] | None] | None:
    return None if all(order is None for order in orders) else orders


def _few(counts: set[int]) -> str:
    ordered = sorted(counts)
    return ", ".join(map(str, ordered[:5])) + (", ..." if len(ordered) > 5 else "")
