"""Series of a panel that cannot be used: all of them named, with the reason."""

from collections.abc import Mapping, Sequence


def note_of(left: Mapping[str, str]) -> str:
    """A note on series that were left out.

    Args:
        left: why, by their name.

    Example:
        >>> note_of({"new": "2 rows", "old": "2 rows"})
        "2 series were left out: 'new', 'old' (2 rows)"
    """
    return f"{len(left)} series {'was' if len(left) == 1 else 'were'} left out: {_listed(left)}"


def refusal(left: Mapping[str, str], count: int, strict: bool, read: Sequence[str]) -> str:
    """Why a table is refused: no series can be used, or not all of them can and `strict` asks for all.

    Args:
        left: why, by the name of the series.
        count: how many series there are.
        strict: whether all have to be usable.
        read: notes on how the times were read.
    """
    how = f" ({'; '.join(read)})" if read else ""
    if count == 1:
        name, reason = next(iter(left.items()))
        return f"series {name!r}: {reason}{how}"
    if len(left) == count:
        return f"none of the {count} series can be used: {_listed(left)}{how}"
    return (
        f"{len(left)} of {count} series cannot be used, and strict asks for all: {_listed(left)}; correct them, take "
        "them out of the table, or leave strict out"
    )


def _listed(left: Mapping[str, str]) -> str:
    """Names by reason."""
    names: dict[str, list[str]] = {}
    for name, reason in left.items():
        names.setdefault(reason, []).append(repr(name))
    return "; ".join(f"{', '.join(of)} ({reason})" for reason, of in names.items())
