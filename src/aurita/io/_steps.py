"""From rows at any time to equal steps: the grid, the split into past and future, and the filling of holes."""

import numpy as np
import pandas as pd

from aurita._words import counted, were
from aurita.errors import AuritaError
from aurita.io.dates import is_rising
from aurita.io.grid import common_step, find_grid

MOST_MISSING = 0.5
"""Share of a column that may be missing: above it, filling would invent more than was measured."""

UNEVEN = 0.25
"""How far, in steps, times written with few digits may lie off equal steps."""

_LAST_STEP = 1e15


def to_steps(
    values: np.ndarray,
    *,
    stamps: pd.DatetimeIndex | None = None,
    places: np.ndarray | None = None,
    frequency: str | None = None,
) -> tuple[pd.DatetimeIndex | pd.RangeIndex, np.ndarray, list[str]]:
    """Bring rows onto equal steps, whatever their order; rows of one step are averaged.

    Args:
        values: (n, E), NaN where missing.
        stamps: (n,) dates of the rows, or
        places: (n,) their step numbers; without either, every row is the next step.
        frequency: as for `prepare_series`.

    Returns:
        The index (T,), the values (T, E) with NaN where nothing is known, and notes.

    Raises:
        AuritaError: the times are not regular.

    Example:
        >>> import numpy as np
        >>> index, values, notes = to_steps(np.array([[3.0], [1.0], [2.0]]), places=np.array([6.0, 0.0, 2.0]))
        >>> index, values.ravel().tolist()
        (RangeIndex(start=0, stop=8, step=2), [1.0, 2.0, nan, 3.0])
    """
    if frequency is not None and frequency != "rows" and stamps is None:
        raise AuritaError(
            f"frequency {frequency!r} was given, but the table has no dates; name the time column, or leave it out"
        )
    if stamps is None and places is None:
        return pd.RangeIndex(len(values)), values, []
    times = stamps if stamps is not None else pd.Index(np.asarray(places))
    distinct, rows = _averaged(times, values)
    notes = []
    if len(distinct) < len(times):
        notes += _shared(times, values)
    if frequency == "rows":
        return pd.RangeIndex(len(distinct)), rows, [*notes, "every row is one step, in the order of time"]
    index: pd.DatetimeIndex | pd.RangeIndex
    if isinstance(distinct, pd.DatetimeIndex):
        grid = find_grid(distinct, frequency=frequency)
        index, remarks = grid.index, grid.notes
        onto: pd.Index = grid.stamps
    else:
        index, onto, remarks = _counted(distinct.to_numpy(np.float64))
    notes += remarks
    placed, rows = _averaged(onto, rows)
    if len(placed) < len(distinct):
        notes.append(f"{counted(len(distinct), 'row was', 'rows were')} averaged to {counted(len(placed), 'step')}")
    full = np.full((len(index), rows.shape[1]), np.nan)
    full[index.get_indexer(placed)] = rows
    if len(placed) < len(index):
        notes.append(f"{len(index) - len(placed)} of {len(index)} steps had no row")
    return index, full, notes


def split_future(values: np.ndarray, targets: int) -> tuple[int, int]:
    """How many steps are the past, and how many after them the future.

    The past ends with the last step that has any of the targets, the first `targets` columns. Steps after it are the
    future, up to the last one that has all covariates; without covariates there is none.

    Example:
        >>> import numpy as np
        >>> nan = np.nan
        >>> split_future(np.array([[1, 5], [2, 5], [nan, 6], [nan, 7], [nan, nan]]), 1)
        (2, 2)
    """
    length = int(np.flatnonzero(~np.isnan(values[:, :targets]).all(axis=1))[-1]) + 1
    tail = values[length:, targets:]
    ready = np.flatnonzero(~np.isnan(tail).any(axis=1)) if tail.shape[1] else np.empty(0, dtype=int)
    return length, int(ready[-1]) + 1 if len(ready) else 0


def fill(values: np.ndarray, name: str) -> tuple[np.ndarray, list[str]]:
    """Fill the missing values of a column (T,): along a line inside, with the nearest value at the ends.

    Raises:
        AuritaError: more than half of the values are missing.

    Example:
        >>> import numpy as np
        >>> fill(np.array([np.nan, 1.0, np.nan, 2.0]), "y")
        (array([1. , 1. , 1.5, 2. ]), ["column 'y': 2 of 4 values were missing and were filled"])
    """
    missing = np.isnan(values)
    count = int(missing.sum())
    if not count:
        return values, []
    if count > MOST_MISSING * len(values):
        raise AuritaError(
            f"the column {name!r} is missing in {count} of {len(values)} steps; at most half may be: "
            "leave the column out, keep a denser part of the table, or give a coarser frequency"
        )
    verb = were(count)
    return interpolate(values), [f"column {name!r}: {count} of {len(values)} values {verb} missing and {verb} filled"]


def interpolate(values: np.ndarray) -> np.ndarray:
    """A column (T,) without its holes: a line inside, the nearest value at the ends; one value at least is there.

    Example:
        >>> import numpy as np
        >>> interpolate(np.array([1.0, np.nan, 3.0, np.nan])).tolist()
        [1.0, 2.0, 3.0, 3.0]
    """
    missing = np.isnan(values)
    steps = np.arange(len(values))
    return np.where(missing, np.interp(steps, steps[~missing], values[~missing]), values)


def _shared(times: pd.Index, values: np.ndarray) -> list[str]:
    """Notes on rows that share their time: copies, and such that say something else."""
    table = pd.DataFrame(values)
    table["time"] = times.to_numpy()
    copies = table.duplicated().to_numpy()
    notes = []
    if copies.any():
        count = int(copies.sum())
        notes.append("1 row is a copy of another" if count == 1 else f"{count} rows are copies of others")
    rest = times[~copies]
    again = np.flatnonzero(np.asarray(rest.duplicated()))
    if len(again):
        first = rest[again].min()
        when = (
            f"{first:%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00") if isinstance(first, pd.Timestamp) else f"{first:g}"
        )
        shared = "1 row shared its" if len(again) == 1 else f"{len(again)} rows shared their"
        where = when if len(again) == 1 else f"the first: {when}"
        notes.append(
            f"{shared} time with another row and {'was' if len(again) == 1 else 'were'} averaged with it ({where})"
        )
    return notes


def _averaged(times: pd.Index, values: np.ndarray) -> tuple[pd.Index, np.ndarray]:
    """Distinct times in rising order with the means of their rows, the same for every order of the rows."""
    if is_rising(times.to_numpy()):
        return times, values
    if times.is_unique:
        order = np.argsort(times.to_numpy())
        return times[order], values[order]
    order = np.lexsort([*values.T, times.to_numpy()])
    times, values = times[order], values[order]
    means = pd.DataFrame(values).groupby(times.to_numpy(), sort=True).mean()
    return times.unique(), means.to_numpy(dtype=np.float64)


def _counted(times: np.ndarray) -> tuple[pd.RangeIndex, pd.Index, list[str]]:
    """Step numbers (n,), distinct and rising, on a range: whole numbers as they are, others counted from the first."""
    if len(times) < 2:
        return pd.RangeIndex(len(times)), pd.Index(np.arange(len(times))), []
    notes = []
    if np.abs(times).max() > _LAST_STEP:
        raise AuritaError(
            f"step numbers run from {times[0]:g} to {times[-1]:g}; give numbers of at most {_LAST_STEP:g}"
        )
    if (times == np.round(times)).all():
        step, anchor = common_step(times.astype(np.int64))
        counts = np.round((times - anchor) / step).astype(np.int64)
        first = anchor
        if moved := int((counts * step + anchor != times).sum()):
            notes.append(f"{moved} of {len(times)} times {were(moved)} moved to the nearest step")
    else:
        # Counted from row to row, so that times written with few digits do not drift off the steps.
        differences = np.diff(times)
        exact = differences / np.median(differences)
        counts = np.concatenate([[0], np.cumsum(np.round(exact))]).astype(np.int64)
        if (abs(exact - np.round(exact)) > UNEVEN).any() or (exact < 1 - UNEVEN).any():
            raise AuritaError(
                f"the times are not regular: their differences run from {differences.min():g} to "
                f"{differences.max():g}; give regular times, or take rows as steps with frequency='rows'"
            )
        step, first = 1, 0
        size = (times[-1] - times[0]) / counts[-1]
        notes.append(f"times were counted in steps of {size:g} from {times[0]:g}")
    length = int(counts[-1] - counts[0]) + 1
    if len(np.unique(counts)) < MOST_MISSING * length:
        raise AuritaError(
            f"the times are not regular: from {times[0]:g} to {times[-1]:g} there are {length} steps "
            f"and only {len(times)} have a row; keep a denser part of the table, or take rows as "
            "steps with frequency='rows'"
        )
    places = counts * step + first
    return pd.RangeIndex(int(places[0]), int(places[-1]) + step, step), pd.Index(places), notes
