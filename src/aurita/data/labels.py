"""Labels of classes as an array of one type, and complaints about what is none."""

from numbers import Number

import numpy as np
from sklearn.utils.validation import column_or_1d

from aurita.data._numeric import as_array
from aurita.errors import AuritaError

_EXACT = 2.0**53


def as_labels(given: object, what: str) -> np.ndarray:
    """Labels as a 1-D array.

    Args:
        given: an array, series or list of strings, whole numbers or truth values.
        what: what they are, the subject of a complaint.

    Raises:
        AuritaError: missing labels, labels of several types, several columns.

    Example:
        >>> as_labels(["a", "b"], "y").tolist()
        ['a', 'b']
    """
    array = as_array(given, what)
    if isinstance(array, np.ma.MaskedArray):
        if np.ma.is_masked(array):
            raise AuritaError(
                f"{what} has missing labels (masked); expected one for every sequence: drop those without"
            )
        array = array.data
    # numpy makes text of what mixes text and numbers, so types are looked at before it does.
    _check_types(np.asarray(given, dtype=object).ravel() if isinstance(given, list | tuple) else array, what)
    try:
        labels = column_or_1d(array, warn=True)
    except ValueError as error:
        raise AuritaError(f"{error} One label a sequence, or an array of labels a sequence, is expected") from None
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise AuritaError(
            f"Input {what} contains NaN or infinity; expected a label for every sequence: drop those without"
        )
    if labels.dtype.kind == "O":
        labels = np.array(labels.tolist())
    if labels.dtype.kind == "f" and (np.abs(labels) > _EXACT).any():
        raise AuritaError(f"{what} has labels such as {labels[np.abs(labels) > _EXACT][0]:g}; expected whole numbers")
    if labels.dtype.kind == "T":
        labels = labels.astype(str)
    if labels.dtype.kind not in "biufU":
        raise AuritaError(f"{what} has labels of type {labels.dtype}; expected strings, whole numbers or truth values")
    return labels


def _check_types(items: np.ndarray, what: str) -> None:
    if items.dtype.kind != "O":
        return
    kinds: dict[str, type] = {}
    for item in items.ravel():
        if item is None or _is_missing(item):
            raise AuritaError(
                f"{what} has missing labels (None or NaN); expected one for every sequence: drop those without"
            )
        kinds.setdefault(_kind(item), type(item))
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds.values()))
        raise AuritaError(
            f"{what} mixes labels of the types {names}; expected one type: convert them, for instance by "
            "[str(label) for label in y]"
        )
    if kinds and not {"text", "number", "truth value"} & set(kinds):
        (name,) = (kind.__name__ for kind in kinds.values())
        raise AuritaError(f"{what} has labels of type {name}; expected strings, whole numbers or truth values")


def _is_missing(item: object) -> bool:
    if type(item).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(item, float | np.floating) and bool(np.isnan(item))


def _kind(item: object) -> str:
    if isinstance(item, str):
        return "text"
    if isinstance(item, bytes):
        return "bytes"
    if isinstance(item, bool | np.bool_):
        return "truth value"
    return "number" if isinstance(item, Number) and not isinstance(item, complex) else type(item).__name__
