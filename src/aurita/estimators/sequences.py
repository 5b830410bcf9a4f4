"""What users have, as sequences: a list of `(T, E)` float arrays, checked once at the door.

| given | read as |
|---|---|
| list of `(T, E)` arrays or data frames | ragged sequences |
| list of `(T,)` arrays or pandas series | ragged sequences of one channel |
| `(B, T, E)` array | sequences of one length |
| data frame with two index levels | a sequence for each value of the first level |
| `(B, E)` array, data frame, nested lists | sequences of one step each, as scikit-learn's tables |

With `layout="channels_first"` every sequence is `(E, T)`, as in aeon; with `layout="univariate"` the rows of a
`(B, T)` table are series of one channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from aurita.errors import AuritaError

LAYOUTS = ("steps_first", "channels_first", "univariate")


@dataclass(frozen=True)
class Sequences:
    """Sequences of steps of the same channels.

    Attributes:
        values: one `(T, E)` array a sequence.
        columns: names of the channels; None where they have none.
        tabular: whether they were given as a table, one step a sequence.

    Example:
        >>> ragged = Sequences([np.zeros((3, 2)), np.ones((1, 2))])
        >>> ragged.lengths, ragged.padded().shape
        (array([3, 1]), (2, 3, 2))
    """

    values: list[Float[np.ndarray, "time channel"]]
    columns: list[str] | None = None
    tabular: bool = False

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

    def padded(self, steps: int | None = None) -> Float[np.ndarray, "batch time channel"]:
        """All sequences in one array, zeros behind their ends."""
        longest = int(self.lengths.max()) if steps is None else steps
        array = np.zeros((len(self), longest, self.channels))
        for row, value in zip(array, self.values, strict=True):
            row[: len(value)] = value
        return array

    def mapped(self, values: list[np.ndarray]) -> "Sequences":
        """The same sequences with other values."""
        return replace(self, values=values)


def as_sequences(given: Any, layout: str = "steps_first") -> Sequences:
    """Read `given` as sequences.

    Args:
        given: any of the forms in the table above.
        layout: `steps_first`, `channels_first` or `univariate`.

    Returns:
        Sequences of at least one step each, all of the same channels, all values finite.

    Raises:
        AuritaError: an unknown layout; nothing, text, complex, NaN or infinite values; channels that differ.

    Example:
        >>> as_sequences([np.zeros((12, 5)), np.zeros((12, 9))], layout="channels_first").lengths
        array([5, 9])
    """
    if layout not in LAYOUTS:
        raise AuritaError(f"layout is {layout!r}; expected one of {', '.join(map(repr, LAYOUTS))}")
    if _is_sparse(given):
        raise AuritaError("X is a sparse matrix, and sequences are dense; pass X.toarray()")
    if _has_levels(given):
        parts: list[Any] = [part.droplevel(0) for _, part in given.groupby(level=0, sort=False)]
        return _listed(parts, layout)
    if _is_list_of_arrays(given):
        return _listed(list(given), layout)
    if isinstance(given, list | tuple) and _is_ragged(given):
        return _listed([np.asarray(item) for item in given], layout)
    array = np.asarray(given)
    if array.ndim == 3:
        return _stacked(array, layout)
    if array.ndim == 2:
        values = numbers(given, "X")
        names = column_names(given)
        if layout == "univariate":
            return Sequences([row[:, None] for row in _nonempty(values, "X")])
        return Sequences([row[None] for row in _nonempty(values, "X")], names, tabular=True)
    raise AuritaError(
        f"X has shape {array.shape}; expected a list of (steps, channels) arrays, a (sequences, steps, channels) array "
        "or a table. Reshape your data: a single series is X=[series], a single row X=[row] as an array"
    )


def numbers(given: Any, what: str) -> Float[np.ndarray, "..."]:
    """Finite real numbers as float64.

    Args:
        given: an array or data frame.
        what: what it is, the subject of a complaint.

    Raises:
        AuritaError: text, complex, missing or infinite values.
    """
    names = column_names(given)
    array = np.asarray(given)
    if array.dtype.kind == "c":
        raise AuritaError(f"Complex data not supported: {what} is {array.dtype}; pass real and imaginary parts")
    try:
        values = _as_floats(given)
    except (ValueError, TypeError) as error:
        bad = [name for name in names or [] if not _is_numeric(given[name])]
        which = f"columns that hold no numbers: {', '.join(bad)}" if bad else f"values that are no numbers ({error})"
        raise AuritaError(f"{what} has {which}; expected numbers: encode them or leave them out") from None
    finite = np.isfinite(values)
    if not finite.all():
        at = tuple(np.argwhere(~finite)[0].tolist())
        kind = "NaN" if np.isnan(values[at]) else "infinity"
        place = _place(at, names)
        raise AuritaError(f"{what} holds {kind} {place}; expected finite numbers: fill gaps or drop these steps first")
    return values


def column_names(given: Any) -> list[str] | None:
    """Names of the columns of a data frame or series that has named them; None otherwise."""
    columns = getattr(given, "columns", None)
    if columns is None:
        return None
    names = list(columns)
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else None


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
        if layout == "steps_first" and set(found.lengths.tolist()) == {channels}:
            turn = ", or layout='channels_first' if its sequences are (channels, steps)"
        raise AuritaError(
            f"X has {found.channels} channels, the model was fitted on {channels}; pass the columns it was fitted "
            f"on{known}{turn}"
        )
    if columns is not None and found.columns is not None and found.columns != columns:
        raise AuritaError(
            "The feature names should match those that were passed during fit: X has the columns "
            f"{', '.join(found.columns)}, the model was fitted on {', '.join(columns)}; pass these, in this order"
        )


def is_listed(given: Any) -> bool:
    """Whether `given` is a list of arrays, so that each item is a sequence."""
    return _is_list_of_arrays(given)


def _listed(items: Sequence[Any], layout: str) -> Sequences:
    if not items:
        raise AuritaError("X is empty; expected at least one sequence")
    names = column_names(items[0])
    values = []
    for number, item in enumerate(items):
        value = numbers(item, f"sequence {number} of X")
        if value.ndim == 1:
            value = value[:, None]
        elif value.ndim == 2 and layout == "channels_first":
            value = value.T
        if value.ndim != 2:
            raise AuritaError(f"sequence {number} of X has shape {value.shape}; expected (steps, channels)")
        if column_names(item) != names:
            raise AuritaError(
                f"sequence {number} of X has the columns {column_names(item)}, sequence 0 {names}; give all the same"
            )
        values.append(_nonempty(value, f"sequence {number} of X"))
    counts = {value.shape[1] for value in values}
    if layout == "univariate" and counts != {1}:
        raise AuritaError(f"layout is 'univariate' and the sequences of X have {_few(counts)} channels; expected 1")
    if len(counts) > 1:
        message = f"the sequences of X have {_few(counts)} channels; expected the same number in all of them"
        if len({len(value) for value in values}) == 1:
            other = "steps_first" if layout == "channels_first" else "channels_first"
            message += f". They all have {len(values[0])} steps: pass layout={other!r} if these are their channels"
        raise AuritaError(message)
    return Sequences(values, names)


def _stacked(array: np.ndarray, layout: str) -> Sequences:
    values = _nonempty(numbers(array, "X"), "X")
    if layout == "channels_first":
        values = np.swapaxes(values, 1, 2)
    if layout == "univariate" and values.shape[2] != 1:
        raise AuritaError(f"layout is 'univariate' and X has shape {array.shape}; expected (series, steps)")
    if layout == "steps_first" and values.shape[1] == 1 and values.shape[2] > 1:
        raise AuritaError(
            f"X has shape {array.shape}: one step of {values.shape[2]} channels each; pass layout='channels_first' if "
            f"it is one channel of {values.shape[2]} steps, or the 2-D table X[:, 0] if it is rows of one step"
        )
    return Sequences(list(values))


def _nonempty(values: np.ndarray, what: str) -> np.ndarray:
    if values.shape[0] == 0:
        raise AuritaError(f"{what} is empty (shape {values.shape}); expected at least one step or row: drop it")
    if 0 in values.shape:
        raise AuritaError(f"{what} has 0 feature(s) (shape={values.shape}) while a minimum of 1 is required.")
    return values


def _is_list_of_arrays(given: Any) -> bool:
    if isinstance(given, np.ndarray):
        return given.dtype == object and given.ndim == 1 and all(hasattr(item, "shape") for item in given)
    return isinstance(given, list | tuple) and all(hasattr(item, "shape") and len(item.shape) > 0 for item in given)


def _is_ragged(given: Sequence[Any]) -> bool:
    """Whether nested lists are of different lengths, which no array can hold."""
    return all(isinstance(item, list | tuple) for item in given) and len({len(item) for item in given}) > 1


def _is_sparse(given: Any) -> bool:
    return hasattr(given, "toarray") and hasattr(given, "nnz")


def _has_levels(given: Any) -> bool:
    return hasattr(given, "columns") and getattr(getattr(given, "index", None), "nlevels", 1) > 1


def _as_floats(given: Any) -> np.ndarray:
    kinds = getattr(given, "dtypes", None)
    kinds = [np.asarray(given).dtype] if kinds is None or not hasattr(kinds, "tolist") else kinds.tolist()
    if any(kind.kind in "mM" for kind in kinds):
        raise ValueError("dates or times")
    if hasattr(given, "iloc"):
        return given.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(given).astype(np.float64)


def _is_numeric(column: Any) -> bool:
    try:
        _as_floats(column)
    except (ValueError, TypeError):
        return False
    return True


def _place(at: tuple[int, ...], names: list[str] | None) -> str:
    if len(at) == 1:
        return f"at step {at[0]}"
    column = names[at[-1]] if names else str(at[-1])
    if len(at) == 2:
        return f"in row {at[0]}, column {column}"
    return f"in sequence {at[0]}, at {at[1:]}"


def _few(counts: set[int]) -> str:
    ordered = sorted(counts)
    return ", ".join(map(str, ordered[:5])) + (", ..." if len(ordered) > 5 else "")
