"""Labels, targets and weights in the order of their sequences, where pandas indexes say what belongs to what."""

import warnings
from typing import Any

import numpy as np

from aurita.data.frames import has_levels, split_levels
from aurita.data.sequences import Sequences
from aurita.data.stepping import index_of, is_plain
from aurita.errors import AuritaError


def by_sequence(given: Any, sequences: Sequences, what: str) -> Any:
    """One row a sequence, in the order of the sequences.

    Where an index level names the sequences, rows are looked up by name. Elsewhere they are taken by position, as in
    scikit-learn, unless their index says that this is wrong.

    Args:
        given: labels, targets or weights.
        sequences: what they belong to.
        what: what they are, the subject of a complaint.

    Raises:
        AuritaError: names that are missing, superfluous or repeated; an index that contradicts the positions.

    Example:
        >>> import pandas as pd
        >>> sequences = Sequences([np.zeros((1, 1))] * 2, names=pd.Index(["a", "b"]))
        >>> by_sequence(pd.Series([1, 2], ["b", "a"]), sequences, "y").tolist()
        [2, 1]
    """
    import pandas as pd

    index = index_of(given)
    if index is None:
        return given
    if sequences.names is not None:
        return given.iloc[_places(sequences.names, index, what)]
    rows = sequences.rows
    if is_plain(index) or (rows is not None and index.equals(rows)):
        return given
    remedy = f"pass {what}.to_numpy() if they are in the order of X, otherwise sort them first"
    if len(index) == len(sequences) and not index.has_duplicates:
        own = pd.RangeIndex(len(index)) if rows is None else rows
        if len(index.intersection(own)) == len(index):
            raise AuritaError(
                f"the index of {what} names the {'sequences' if rows is None else 'rows'} of X in another order than X "
                f"has them: {what} begins with {_some(index)}; {remedy}"
            )
    if rows is None or not is_plain(rows):
        warnings.warn(
            f"{what} has an index of its own ({_some(index)}), and X has no such names; {what} was taken by position. "
            f"Pass {what}.to_numpy() to say so.",
            stacklevel=_OUTSIDE,
        )
    return given


def by_step(given: Any, sequences: Sequences, what: str) -> list[Any] | None:
    """A part for each sequence, its rows in the order of the steps.

    Args:
        given: a list of arrays or pandas objects, or a data frame or series with the index levels sequence and time.
        sequences: what they belong to.
        what: what they are, the subject of a complaint.

    Returns:
        The parts; None where there are as many as sequences but of other lengths, so that nothing can be aligned.

    Raises:
        AuritaError: sequences or times that are missing, superfluous or repeated.
    """
    if has_levels(given):
        import pandas as pd

        names, found = split_levels(given, what)
        own = pd.RangeIndex(len(sequences)) if sequences.names is None else sequences.names
        places = _places(own, names, what)
        parts = [found[place].values for place in places]
        return [_at_times(part, sequences, number, what, True) for number, part in enumerate(parts)]
    parts = list(given)
    if [len(part) for part in parts] != sequences.lengths.tolist():
        return None
    return [_at_times(part, sequences, number, what, False) for number, part in enumerate(parts)]


def _at_times(part: Any, sequences: Sequences, number: int, what: str, named: bool) -> Any:
    """The rows of one sequence's part in the order of its steps."""
    times = None if sequences.times is None else sequences.times[number]
    order = None if sequences.orders is None else sequences.orders[number]
    index = index_of(part)
    name = number if sequences.names is None else repr(sequences.names[number])
    if index is not None and times is not None and not (is_plain(index) and not named):
        if index.equals(times):
            return part
        place = f"{what} of sequence {name}"
        if index.has_duplicates or len(index.symmetric_difference(times, sort=False)):
            wrong = times.difference(index, sort=False)
            wrong, how = (wrong, "lacks") if len(wrong) else (index.difference(times, sort=False), "has")
            wrong = wrong if len(wrong) else index[index.duplicated()]
            raise AuritaError(
                f"the {place} {how} the times {_some(wrong)}, unlike X; expected the same times, each once: align them "
                "first, or pass arrays without an index"
            )
        return part.iloc[index.get_indexer(times)]
    if order is None:
        return part
    return part.iloc[order] if index is not None else np.asarray(part)[order]


def _places(names: Any, index: Any, what: str) -> np.ndarray:
    """Where in an index each name stands."""
    import pandas as pd

    names = pd.Index(names)
    if index.nlevels > 1:
        raise AuritaError(f"the index of {what} has {index.nlevels} levels; expected one, the names of the sequences")
    if index.has_duplicates:
        raise AuritaError(
            f"{what} has the sequences {_some(index[index.duplicated()].unique())} twice; expected one row for each"
        )
    missing, more = names.difference(index, sort=False), index.difference(names, sort=False)
    if len(missing) or len(more):
        parts = [f"lacks the sequences {_some(missing)}"] if len(missing) else []
        parts += [f"has {_some(more)}, which X does not have"] if len(more) else []
        raise AuritaError(
            f"{what} {' and '.join(parts)}; expected one row for each sequence of X, named as there: pass "
            f"{what}.to_numpy() if they are in the order in which X names its sequences"
        )
    return index.get_indexer(names)


def _some(index: Any) -> str:
    shown = ", ".join(repr(name) if isinstance(name, str) else str(name) for name in index[:5])
    return shown + (f", ... ({len(index)})" if len(index) > 5 else "")


_OUTSIDE = 5
"""Frames between the warning and whoever called `fit` or `score`."""
