"""Whether the rows of a table are samples, or the steps of one sequence that was given without the list around it.

A table is read as scikit-learn reads it: every row is a sample, here a sequence of one step. Users of other reservoir
libraries pass the steps of one sequence in the same form. What distinguishes the two is the order of the rows: that of
samples means nothing.
"""

import warnings

import numpy as np

from aurita._typing import Float
from aurita._words import counted

LEAST = 16
"""Fewer rows than this can hardly show that their order means something."""

# Deviations from what rows in random order would show: one in 30,000, and one in two million as there are more tests.
_SMOOTH, _LAGGED, _LAGS = 4.0, 5.0, 10


class RowsAreSequences(UserWarning):
    """A table was read as sequences of one step, and its rows look like the steps of one sequence."""


def warn_of_steps(
    rows: Float[np.ndarray, "row channel"], targets: Float[np.ndarray, "row output"], *, classes: bool, stacklevel: int
) -> None:
    """Warn where the order of the rows of a table seems to mean something.

    Args:
        rows: the table.
        targets: one-hot classes, or values.
        classes: whether they are classes.
        stacklevel: of the warning.

    Example:
        >>> wave = np.sin(np.arange(50.0) / 4)[:, None]
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_of_steps(wave, wave, classes=False, stacklevel=2)
        >>> caught[0].category.__name__
        'RowsAreSequences'
    """
    if len(rows) < LEAST:
        return
    sign = _sign(rows, targets, classes)
    if sign is not None:
        count = len(rows)
        warnings.warn(
            f"X is a table and was read as {counted(count, 'sequence')} of one step each, but {sign}. If its rows are "
            "the steps of one sequence, pass fit([X], [y]); if they are samples, per='sequence' says so and ends this "
            "warning.",
            RowsAreSequences,
            stacklevel=stacklevel,
        )


def _sign(rows: np.ndarray, targets: np.ndarray, classes: bool) -> str | None:
    """What the order of the rows shows; None where it shows nothing."""
    if rows.shape[1] == 1:
        return "it has one column, as a series has"
    kinds, codes = np.unique(targets, axis=0, return_inverse=True)
    codes = codes.ravel()
    # Tables may be sorted by their target; then only the order of rows of one target can mean something.
    few = classes or len(kinds) <= len(rows) / 3
    by_target = few and np.count_nonzero(np.diff(codes)) == len(kinds) - 1
    grouped = classes or by_target
    groups = [np.flatnonzero(codes == code) for code in range(len(kinds))] if grouped else [np.arange(len(rows))]
    smooth = [_smoothness(rows[:, channel], groups) for channel in range(rows.shape[1])]
    known = [value for value in smooth if value is not None]
    if known and np.mean([value > _SMOOTH for value in known]) >= 0.5:
        return "each row is much like the one before it"
    if by_target:
        return None
    if not classes:
        wanted = [_smoothness(column, groups) for column in targets.T]
        if any(value is not None and value > _SMOOTH for value in wanted):
            return "each target is much like the one before it"
    for lag in range(1, min(_LAGS, len(rows) // 4) + 1):
        if _correlation(rows[:-lag], targets[lag:]) * np.sqrt(len(rows) - lag) > _LAGGED:
            return f"targets go with the row {lag} before theirs"
    return None


def _smoothness(column: Float[np.ndarray, " row"], groups: list[np.ndarray]) -> float | None:
    """Von Neumann's ratio, of square differences of neighbours to the variance, in deviations from its mean.

    Von Neumann (1941), "Distribution of the ratio of the mean square successive difference to the variance".
    """
    squares, spread, pairs = 0.0, 0.0, 0
    for group in groups:
        own = column[group]
        if len(own) < 3:
            continue
        squares += float(np.square(np.diff(own)).mean() / 2) * len(own)
        spread += float(own.var()) * len(own)
        pairs += len(own)
    if pairs < LEAST or not spread > 0:
        return None
    return (1.0 - squares / spread) * np.sqrt(pairs)


def _correlation(rows: np.ndarray, targets: np.ndarray) -> float:
    """The largest correlation of a column with a column."""
    parts = []
    for values in (rows, targets):
        centred = values - values.mean(axis=0)
        size = np.sqrt(np.square(centred).sum(axis=0))
        parts.append(centred / np.where(size > 0, size, 1.0))
    return float(np.abs(parts[0].T @ parts[1]).max())
