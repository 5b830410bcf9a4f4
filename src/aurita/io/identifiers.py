"""Identifiers of series: put together from several columns, and columns that would tell rows of one time apart."""

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io.frames import keys_of, need_columns

JOIN = "+"
"""Separates the names of columns that tell series apart together."""

_BETWEEN = " / "
_FEWEST_ROWS = 4
_MOST_CANDIDATES, _MOST_TOGETHER = 8, 3
_MOSTLY = 0.5


def name_of_id(id: str | Sequence[str] | None) -> str | None:
    """One name for the column, or columns, of identifiers.

    Example:
        >>> name_of_id(["store", "product"]), name_of_id("store")
        ('store+product', 'store')
    """
    return id if id is None or isinstance(id, str) else JOIN.join(id) or None


def parts_of_id(frame: pd.DataFrame, id: str | None) -> tuple[str, ...]:
    """The columns that an identifier is put together from; none where it is a column of the table.

    Example:
        >>> parts_of_id(pd.DataFrame(columns=["store", "product"]), "store+product")
        ('store', 'product')
    """
    if id is None or id in frame.columns or JOIN not in id:
        return ()
    return tuple(id.split(JOIN))


def joined(frame: pd.DataFrame, id: str | None) -> pd.DataFrame:
    """The table with one column of identifiers in place of the several that `id` names; as it is where it names one.

    Raises:
        AuritaError: one of them is not in the table, or holds the sign that goes between.

    Example:
        >>> table = pd.DataFrame({"store": ["n", "s"], "product": [1, 2], "sold": [3, 4]})
        >>> joined(table, "store+product").to_dict("list")
        {'store+product': ['n / 1', 's / 2'], 'sold': [3, 4]}
    """
    parts = parts_of_id(frame, id)
    if id is None or not parts:
        return frame
    need_columns(frame, parts, "id")
    if len(set(parts)) < len(parts):
        raise AuritaError(f"the id columns {', '.join(parts)} name one twice; name each once")
    whole = np.full(len(frame), "", dtype=object)
    known = np.ones(len(frame), dtype=bool)
    for number, name in enumerate(parts):
        codes, keys = keys_of(frame[name])
        texts = np.array([*map(str, keys), ""], dtype=object)
        if any(_BETWEEN in text for text in texts):
            raise AuritaError(
                f"the id column {name!r} holds {_BETWEEN!r}, which goes between identifiers of several columns; write "
                "another sign there"
            )
        whole = texts[codes].copy() if number == 0 else whole + _BETWEEN + texts[codes]
        known &= codes >= 0
    found = frame.drop(columns=list(parts))
    whole[~known] = None
    found.insert(0, id, whole)
    return found


def need_one_column(frame: pd.DataFrame, id: str | None, path: object) -> None:
    """Refuse an identifier of several columns where files are read in pieces.

    Args:
        frame: the first rows.

    Raises:
        AuritaError: there are several.
    """
    parts = parts_of_id(frame, id)
    if parts:
        raise AuritaError(
            f"{path} is read in pieces, and the columns {', '.join(parts)} were named as id; write one column that "
            "tells the series apart into the files, and name that"
        )


def split_again(table: pd.DataFrame, id: str | None, parts: Sequence[str]) -> pd.DataFrame:
    """A table that is to be written, with its identifiers in their several columns.

    Example:
        >>> split_again(pd.DataFrame({"a+b": ["n / 1"], "y": [2]}), "a+b", ("a", "b")).to_dict("list")
        {'a': ['n'], 'b': ['1'], 'y': [2]}
    """
    if not parts or id not in table.columns:
        return table
    cells = [str(cell).split(_BETWEEN) for cell in table[id]]
    found = table.drop(columns=id)
    for number, name in enumerate(parts):
        found.insert(number, name, [cell[number] for cell in cells], allow_duplicates=False)
    return found


def check_one_series(
    frame: pd.DataFrame, times: pd.Index | np.ndarray | None, id: str | None, taken: Collection[str]
) -> list[str]:
    """A note on columns that tell rows of one time apart, where there are such and few rows share their time.

    Args:
        frame: the table.
        times: (T,) of its rows; None where the rows are the steps.
        id: the column that tells series apart already.
        taken: columns with another role.

    Raises:
        AuritaError: most rows share their time with others that differ in such columns: these are several series.
    """
    if times is None:
        return []
    rows = pd.DataFrame({"time": np.asarray(times)})
    if id is not None:
        rows["id"] = keys_of(frame[id])[0]
    shared = rows.duplicated(keep=False).to_numpy() & rows["time"].notna().to_numpy()
    if not shared.any():
        return []
    names = _telling_apart(frame, rows, [name for name in frame.columns if name not in taken and name != id])
    if not names:
        return []
    which = " and ".join(map(repr, names))
    remedy = f"give id={JOIN.join([*([] if id is None else [id]), *names])!r} to keep them apart"
    if shared.mean() < _MOSTLY:
        return [f"rows of one time differ in {which} and were averaged; {remedy}"]
    raise AuritaError(
        f"{int(shared.sum())} of {len(frame)} rows share their time with others and differ in {which}: these are "
        f"several series, which are not averaged unasked; {remedy}, or leave "
        f"{'this column' if len(names) == 1 else 'these columns'} out of the table to average them"
    )


def _telling_apart(frame: pd.DataFrame, rows: pd.DataFrame, free: Sequence[str]) -> tuple[str, ...]:
    """The fewest columns that tell all rows of one time (and identifier) apart."""
    codes = {}
    for name in free:
        if pd.api.types.is_float_dtype(frame[name].dtype) or frame[name].isna().any():
            continue
        found, keys = pd.factorize(frame[name].astype(str))
        if 1 < len(keys) <= len(frame) // _FEWEST_ROWS:
            codes[name] = found
    candidates = list(codes)[:_MOST_CANDIDATES]
    for count in range(1, min(_MOST_TOGETHER, len(candidates)) + 1):
        for names in combinations(candidates, count):
            if not rows.assign(**{f"part {name}": codes[name] for name in names}).duplicated().any():
                return names
    return ()
