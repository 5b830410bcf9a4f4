"""Numbers at the door: real, finite, float64, and a complaint that names where they are not."""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError, AuritaTypeError

LARGEST = 1e140
"""Squares of larger numbers would leave float64 when they are summed."""


def numbers(given: object, what: str) -> Float[np.ndarray, "..."]:
    """Finite real numbers as float64; what a masked array masks counts as missing.

    Args:
        given: an array or data frame.
        what: what it is, the subject of a complaint.

    Raises:
        AuritaError: text, complex, missing, infinite or enormous values, or nothing that an array can be made of.

    Example:
        >>> numbers([[1, 2]], "X")
        array([[1., 2.]])
    """
    values = floats(given, what)
    check_finite(values, what, column_names(given))
    return values


def floats(given: Any, what: str) -> Float[np.ndarray, "..."]:
    """Real numbers as float64, NaN where a value is missing or masked.

    Raises:
        AuritaError: text, complex values, or nothing that an array can be made of.

    Example:
        >>> floats(np.ma.array([1, 2], mask=[False, True]), "X")
        array([ 1., nan])
    """
    array = as_array(given, what)
    if array.dtype.kind == "c":
        raise AuritaError(f"Complex data not supported: {what} is {array.dtype}; pass real and imaginary parts")
    try:
        return _as_floats(given, array)
    except Exception as error:  # objects may fail to become numbers with any error of their own
        bad = [name for name in column_names(given) or [] if not _is_numeric(given[name])]
        which = f"values that are no numbers ({_short(error)})"
        if bad:
            which = f"columns that hold no numbers: {', '.join(bad)}"
        kind = AuritaTypeError if isinstance(error, TypeError) else AuritaError
        raise kind(f"{what} has {which}; expected numbers: encode them or leave them out") from None


def check_finite(values: Float[np.ndarray, "..."], what: str, names: list[str] | None = None) -> None:
    """Complain about the first value that is missing, infinite or enormous.

    Args:
        values: numbers.
        what: what they are, the subject of the complaint.
        names: of the columns.

    Raises:
        AuritaError: there is one.
    """
    fine = np.abs(values) < LARGEST
    if fine.all():
        return
    at = tuple(np.argwhere(~fine)[0].tolist())
    value = float(values[at])
    if np.isfinite(value):
        raise AuritaError(
            f"{what} holds {value:g}{_place(at, names)}; expected numbers below {LARGEST:g}: give it in other units"
        )
    kind = "NaN" if np.isnan(value) else "infinity"
    raise AuritaError(
        f"{what} holds {kind}{_place(at, names)}; expected finite numbers: fill gaps or drop these steps first"
    )


def as_array(given: object, what: str) -> np.ndarray:
    """`given` as an array of any type; a masked array keeps its mask.

    Raises:
        AuritaError: None, text, a mapping, a set, an iterator, a sparse matrix, or lists that fit no array.

    Example:
        >>> as_array([[1, 2], [3, 4]], "X").shape
        (2, 2)
    """
    refuse_odd(given, what)
    if isinstance(given, np.ma.MaskedArray):
        return given
    try:
        return np.asarray(given)
    except Exception as error:  # any library's array may come here, with any error of its own
        raise AuritaError(
            f"{what} is a {type(given).__name__} that fits no regular array ({_short(error)}); expected numbers in "
            "rows of one length: pass a list of arrays where lengths differ"
        ) from None


def refuse_odd(given: object, what: str) -> None:
    """Complain about what is neither array, data frame nor list.

    Raises:
        AuritaError: it is such a thing.
    """
    if given is None:
        raise AuritaError(f"{what} is None; expected numbers, as an array, a data frame or a list of these")
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        raise AuritaError(f"{what} is a sparse matrix, and sequences are dense; pass {what}.toarray()")
    if isinstance(given, str | bytes | bytearray | memoryview):
        raise AuritaError(f"{what} is text ({type(given).__name__}); expected numbers, as an array or a data frame")
    if isinstance(given, Mapping | Set):
        ways = "list(x.values())" if isinstance(given, Mapping) else "sorted(x)"
        raise AuritaError(f"{what} is a {type(given).__name__}; expected an array, a data frame or a list: {ways}")
    if isinstance(given, Iterator) and not hasattr(given, "__array__"):
        raise AuritaError(f"{what} is a {type(given).__name__}, which is read once; expected a list: pass list(x)")


def column_names(given: object) -> list[str] | None:
    """Names of the columns of a data frame that has named them; None otherwise."""
    columns = getattr(given, "columns", None)
    if columns is None or callable(columns):
        return None
    names = list(columns)
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else None


def _as_floats(given: Any, array: np.ndarray) -> np.ndarray:
    kinds = getattr(given, "dtypes", None)
    kinds = [array.dtype] if kinds is None or not hasattr(kinds, "tolist") else kinds.tolist()
    if any(getattr(kind, "kind", "O") in "mM" for kind in kinds):
        raise ValueError("dates or times")
    if isinstance(array, np.ma.MaskedArray):
        return np.ma.filled(array.astype(np.float64), np.nan)
    if hasattr(given, "iloc"):
        return given.to_numpy(dtype=np.float64, na_value=np.nan)
    if array.dtype.kind == "V":
        raise ValueError(f"records of {array.dtype}")
    return array.astype(np.float64)


def _is_numeric(column: object) -> bool:
    try:
        _as_floats(column, np.asarray(column))
    except Exception:  # as above
        return False
    return True


def _place(at: tuple[int, ...], names: list[str] | None) -> str:
    if not at:
        return ""
    if len(at) == 1:
        return f" at step {at[0]}"
    if len(at) == 2:
        return f" in row {at[0]}, column {names[at[1]] if names else at[1]}"
    return f" in sequence {at[0]}, at {at[1:]}"


def _short(error: Exception) -> str:
    # numpy shows a string with its type around it.
    text = re.sub(r"np\.str_\((.*?)\)", r"\1", " ".join(str(error).split()))
    return text if len(text) <= 120 else text[:117] + "..."
