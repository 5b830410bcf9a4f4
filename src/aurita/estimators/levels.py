"""The series as experts forecast them: at their last level, with last records that nobody can tell yet nearer."""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from aurita._typing import Int
from aurita.data.series import KeyedSeries
from aurita.estimators._constructors import ForecasterParameters
from aurita.experts import levelled, tempered

FEW = 6
"""Of fewer records at a level it is a guess that they stay there."""

_NAMED = 5


class LevelInDoubt(UserWarning):
    """The last records of a series are far from those before, and may be wrong, or for a while."""


def at_last_level(
    forecaster: ForecasterParameters,
    given: Sequence[KeyedSeries],
    covariates: Sequence[np.ndarray],
    seasons: tuple[int, ...],
) -> tuple[list[KeyedSeries], Int[np.ndarray, "series output"], Int[np.ndarray, "series output"]]:
    """The series with their past levels brought to the last one, which is what experts forecast.

    With covariates they stay as they are, which may say what shifted; so does a series that would leave its limits.

    Returns:
        The series, the first step of each at its last level (0: it never shifted), and how many of its last records are
        in doubt.
    """
    shape = len(given), given[0].values.shape[1]
    first, doubtful = np.zeros(shape, int), np.zeros(shape, int)
    if covariates[0].shape[1]:
        return list(given), first, doubtful
    low = -np.inf if forecaster.lower is None else forecaster.lower
    high = np.inf if forecaster.upper is None else forecaster.upper
    plain = [one.values for one in given]
    level = [
        was if (now < low).any() or (now > high).any() else now
        for was, now in zip(plain, levelled(plain, seasons), strict=True)
    ]
    last = tempered(level, seasons)
    for row, (was, now, end) in enumerate(zip(plain, level, last, strict=True)):
        for column in range(shape[1]):
            moved = np.flatnonzero(now[:, column] != was[:, column])
            first[row, column] = moved[-1] + 1 if len(moved) else 0
            changed = np.flatnonzero(end[:, column] != now[:, column])
            doubtful[row, column] = len(now) - changed[0] if len(changed) else 0
    found = [one if end is one.values else replace(one, values=end) for one, end in zip(given, last, strict=True)]
    return found, first, doubtful


def warn_of_levels(
    given: Sequence[KeyedSeries], first: Int[np.ndarray, "series output"], doubtful: Int[np.ndarray, "series output"]
) -> None:
    """One warning of all series whose last level is a guess; `shifted_at_` alone tells of an older one."""
    lengths = np.array([[len(one.values)] for one in given])
    young = (first > 0) & (lengths - first < FEW)
    several = doubtful.max() > 1
    many, them = ("one or two last records are", "them") if several else ("the last record is", "it")
    parts = [
        (
            doubtful > 0,
            f"{many} far from all before: wrong, or the first at another level? The forecast brings "
            f"{them} nearer; correct what is wrong, or fit again with more records",
        ),
        (
            young,
            f"the level shifted fewer than {FEW} records before the end, and is taken to stay; correct these records "
            "if they are wrong",
        ),
    ]
    found = []
    for which, text in parts:
        rows = np.flatnonzero(which.any(axis=1))
        if len(rows):
            names = [str(row) if given[row].key is None else repr(given[row].key) for row in rows[:_NAMED]]
            rest = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
            found.append(text if len(given) == 1 else f"in {len(rows)} of the series ({', '.join(names)}{rest}) {text}")
    if found:
        message = ". ".join(f"{one[0].upper()}{one[1:]}" for one in found)
        warnings.warn(f"{message} (shifted_at_ and doubtful_ hold where)", LevelInDoubt, stacklevel=5)
