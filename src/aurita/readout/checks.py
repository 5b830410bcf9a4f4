"""Checks at the doors of the readouts: rows of finite numbers in, named complaints out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Float
from aurita._words import counted
from aurita.blas import one_thread
from aurita.errors import AuritaError
from aurita.rounding import ROUNDED

# Above this a product of two values times a few million rows could leave float64.
LARGEST = 1e140

# Numbers in one float64 working copy: 16 MiB, which bounds memory and still feeds the matrix product well.
BLOCK = 1 << 21

# Letters of texts that are saved in a type wider than they need.
_MOST_TEXT = 1 << 22


class PairedRows(NamedTuple):
    """Paired rows as the fits want them: two-dimensional, finite, of matching length."""

    features: Float[np.ndarray, "row feature"]
    targets: Float[np.ndarray, "row output"]
    weights: Float[np.ndarray, " row"] | None


def matrix(values: ArrayLike, what: str, *, columns: int | None = None) -> Float[np.ndarray, "row column"]:
    """`values` as a finite 2-D float array; float32 stays float32, so that no second copy of long data is made.

    Args:
        values: numbers, `(row, column)`.
        what: what they are, the subject of a complaint.
        columns: how many columns there have to be, if that is known.

    Raises:
        AuritaError: no numbers, not two-dimensional, no columns, wrong number of columns, or not finite.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise AuritaError(f"{what} are of type {array.dtype}; numbers are expected: encode or drop what is none")
    if array.ndim != 2 or array.shape[1] == 0:
        raise AuritaError(f"{what} have shape {array.shape}; (rows, columns) with at least one column is expected")
    if columns is not None and array.shape[1] != columns:
        raise AuritaError(f"{what} have {counted(array.shape[1], 'column')}; expected {columns}: pass those of the fit")
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    for block in blocks(*array.shape):
        # A NaN makes the maximum NaN, and no comparison with NaN holds.
        if not float(np.abs(array[block]).max(initial=0)) < LARGEST:
            raise AuritaError(
                f"{what} hold NaN, infinite or enormous values in rows {block.start} to {block.stop - 1}; "
                "finite numbers are expected: fill or drop them, or look for a reservoir that diverged"
            )
    return array


def rows(features: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None) -> PairedRows:
    """Features, targets (1-D targets become one column) and optional weights of the same rows.

    Raises:
        AuritaError: as `matrix`; unequal numbers of rows; weights that are negative or not one per row.
    """
    x = matrix(features, "features")
    y = matrix(as_columns(targets), "targets")
    if len(x) != len(y):
        raise AuritaError(
            f"features have {counted(len(x), 'row')} and targets {len(y)}; one target row a feature row is expected"
        )
    if weights is None:
        return PairedRows(x, y, None)
    w = np.asarray(weights)
    if w.shape != (len(x),):
        raise AuritaError(f"weights have shape {w.shape}; one weight a row, ({len(x)},), is expected")
    w = matrix(w[:, None], "weights")[:, 0].astype(np.float64)
    if np.any(w < 0):
        raise AuritaError(f"weights go down to {w.min():g}; zero or more is expected")
    return PairedRows(x, y, w)


def joined(parts: Sequence[PairedRows]) -> PairedRows:
    """Checked rows one after the other; those without weights weigh 1."""
    weights = None
    if any(part.weights is not None for part in parts):
        weights = np.concatenate([np.ones(len(p.features)) if p.weights is None else p.weights for p in parts])
    return PairedRows(np.concatenate([p.features for p in parts]), np.concatenate([p.targets for p in parts]), weights)


def as_columns(targets: ArrayLike) -> np.ndarray:
    """1-D targets as one column, anything else as it is."""
    array = np.asarray(targets)
    return array[:, None] if array.ndim == 1 else array


def blocks(count: int, width: int) -> Iterator[slice]:
    """Slices that cut `count` rows so that a float64 copy of `width` columns of each stays small."""
    step = max(1, BLOCK // max(width, 1))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def linear(
    x: Float[np.ndarray, "row feature"],
    coefficients: Float[np.ndarray, "feature output"],
    intercept: Float[np.ndarray, " output"],
) -> Float[np.ndarray, "row output"]:
    """`x @ coefficients + intercept` in float64, block by block."""
    out = np.empty((len(x), len(intercept)))
    # A row of a stream is too small for a second thread, and telling BLAS so takes longer than the product.
    with one_thread(x.size) if len(x) > 1 else nullcontext():
        for block in blocks(*x.shape):
            out[block] = x[block] @ coefficients + intercept
    return out


def column_scale(
    mean: Float[np.ndarray, " feature"], variance: Float[np.ndarray, " feature"], resolution: float
) -> Float[np.ndarray, " feature"]:
    """Standard deviation per column, and 0 where a column is constant as far as its number format can tell.

    `resolution` is the spacing of the numbers at 1. A column within a few of these steps of its mean holds rounding
    and nothing else, and would change with the order of a sum on another machine; it gets no weight.
    """
    deviation = np.sqrt(np.maximum(variance, 0.0))
    return np.where(deviation > ROUNDED * resolution * np.abs(mean), deviation, 0.0)


def stored(arrays: Mapping[str, np.ndarray], name: str, ndim: int) -> np.ndarray:
    """The array `name` of a saved readout.

    Raises:
        AuritaError: it is missing or has another number of axes.
    """
    if name not in arrays:
        raise AuritaError(f"the saved readout has no array {name!r}, only {sorted(arrays)}; it is damaged or foreign")
    array = np.asarray(arrays[name])
    if array.ndim != ndim:
        raise AuritaError(f"the saved array {name!r} has shape {array.shape}; {ndim} axes are expected: it is damaged")
    return array


def stored_weights(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Weights `(feature, output)` and intercepts `(output,)` of a saved readout.

    Raises:
        AuritaError: they are missing, or do not fit each other.
    """
    coef, intercept = stored(arrays, "coef", 2), stored(arrays, "intercept", 1)
    if coef.shape[1] != len(intercept):
        raise AuritaError(
            f"the saved readout has {coef.shape[1]} columns of weights and {len(intercept)} intercepts; as many are "
            "expected: it is damaged"
        )
    return coef, intercept


def sorted_grid(name: str, values: ArrayLike) -> Float[np.ndarray, " value"]:
    """Penalties or strengths to choose from, the smallest first.

    Raises:
        AuritaError: none, or one that is no positive finite number; `name` says of what.
    """
    grid = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if len(grid) == 0 or not (grid[0] > 0 and np.isfinite(grid[-1])):
        raise AuritaError(f"{name} are {values!r}; one or more positive finite numbers are expected")
    return grid


def text_array(values: Sequence[str], kind: str) -> np.ndarray:
    """Texts as an array of the type that they were saved with, `<U5` or `|O`.

    Raises:
        AuritaError: another type, or one that is far wider than any of the texts.
    """
    longest = max(map(len, values), default=0)
    width = re.fullmatch(r"[<>=|]?U([0-9]{1,9})|\|?O", kind)
    if width is None:
        raise AuritaError(f"saved texts are of the type {kind[:20]!r}; expected U and their length, or O")
    if width[1] is None:
        array = np.empty(len(values), object)
        array[:] = values
        return array
    if not longest <= int(width[1]) or (int(width[1]) > longest and int(width[1]) * len(values) > _MOST_TEXT):
        raise AuritaError(f"saved texts are of the type {kind!r} and the longest has {longest} letters: it is damaged")
    return np.array(values, dtype=kind)


def setting(config: Mapping[str, object], name: str) -> Any:
    """The entry `name` of a saved configuration.

    Raises:
        AuritaError: it is missing.
    """
    if name not in config:
        raise AuritaError(f"the saved readout has no setting {name!r}, only {sorted(config)}; it is damaged or foreign")
    return config[name]
