"""Long frames, as Nixtla's libraries have them: `unique_id`, `ds` and `y`, one row for each series and step.

Frames of pandas and of polars are read alike. Columns beside these three are covariates, known in advance.
"""

from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

KEYS = ("unique_id", "ds")
_TARGET = "y"

KINDS = tuple(kind + numbered for kind in ("pandas", "polars Date", "polars steps") for numbered in ("", " numbered"))
"""Kinds of long frames: the library, whether steps are dates of polars, whether numbers name the series."""


def is_polars(given: object) -> TypeGuard["pl.DataFrame"]:
    """Whether it is an eager data frame of polars."""
    return type(given).__module__.partition(".")[0] == "polars" and type(given).__name__ == "DataFrame"


def is_long(given: object) -> TypeGuard["pd.DataFrame"]:
    """Whether it is a data frame with the columns `unique_id` and `ds`.

    Example:
        >>> import pandas as pd
        >>> is_long(pd.DataFrame({"unique_id": ["a"], "ds": [1], "y": [2.0]})), is_long([1.0, 2.0])
        (True, False)
    """
    if not is_polars(given) and not (hasattr(given, "iloc") and hasattr(given, "columns")):
        return False
    return set(KEYS) <= {name for name in getattr(given, "columns", ()) if isinstance(name, str)}


def opened(y: object, X: object) -> tuple[object, object]:
    """Series and covariates with the index levels series and step, where they are long frames; others as they are.

    Args:
        y: the series; columns beside `unique_id`, `ds` and `y` are covariates.
        X: covariates, where they are not among the columns of `y`.

    Raises:
        AuritaError: no column `y`, covariates in both frames, rows without a series or a step.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"unique_id": ["a", "a"], "ds": [1, 2], "y": [2.0, 3.0], "price": [5, 5]})
        >>> y, X = opened(frame, None)
        >>> y.tolist(), X.columns.tolist()
        ([2.0, 3.0], ['price'])
    """
    if is_long(X):
        X = indexed(X, "X")
    if not is_long(y):
        return y, X
    frame = indexed(y, "y")
    if _TARGET not in frame:
        raise AuritaError(f"y has the columns {', '.join(map(str, y.columns))}; expected unique_id, ds and y")
    beside = frame.drop(columns=_TARGET)
    if beside.shape[1]:
        if X is not None:
            raise AuritaError(
                f"y has covariates of its own, {', '.join(map(str, beside.columns))}, and X was given too; pass one"
            )
        X = beside
    return frame[_TARGET], X


def indexed(given: "pd.DataFrame", what: str) -> "pd.DataFrame":
    """A long frame as a data frame of pandas with the index levels series and step.

    Raises:
        AuritaError: no rows, or rows without a series or a step.
    """
    import pandas as pd

    frame = pd.DataFrame({name: given[name].to_numpy() for name in given.columns}) if is_polars(given) else given
    if len(frame) == 0:
        raise AuritaError(f"{what} is empty; expected a row for each series and step")
    for key in KEYS:
        if frame[key].isna().any():
            raise AuritaError(f"{what} has rows without a value of {key}; drop or fill them")
    steps = frame["ds"]
    if steps.dtype.kind == "O" or isinstance(steps.dtype, pd.StringDtype):
        try:
            steps = pd.to_datetime(steps)
        except (ValueError, TypeError) as error:
            raise AuritaError(f"ds of {what} holds no dates and no numbers: {error}") from None
    # Series are distinguished by text, so that numbers which name them are not taken for steps.
    index = pd.MultiIndex.from_arrays([frame["unique_id"].map(str), steps], names=KEYS)
    return frame.drop(columns=list(KEYS)).set_axis(index, axis=0)


def kind_of(given: object) -> str | None:
    """What kind of long frame it is, for `as_kind`; None of what is none."""
    if not is_long(given):
        return None
    numbered = " numbered" if np.asarray(given["unique_id"]).dtype.kind in "iu" else ""
    if is_polars(given):
        return f"polars {'Date' if str(given.schema['ds']) == 'Date' else 'steps'}{numbered}"
    return f"pandas{numbered}"


def as_kind(frame: "pd.DataFrame", kind: str) -> "pd.DataFrame | pl.DataFrame":
    """A long frame of pandas as a frame of the kind that the series came in."""
    if kind.endswith("numbered"):
        frame = frame.assign(unique_id=frame["unique_id"].map(int))
    if not kind.startswith("polars"):
        return frame
    import polars as pl

    made = pl.DataFrame({name: frame[name].to_numpy() for name in frame.columns})
    made = made.with_columns(pl.col("unique_id").cast(pl.Int64 if kind.endswith("numbered") else pl.String))
    return made.with_columns(pl.col("ds").cast(pl.Date)) if "Date" in kind else made
