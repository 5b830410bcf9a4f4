"""Kinds of objects that a saved file may hold; each registers itself where it is defined."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

Saved = TypeVar("Saved")

_KINDS: dict[str, "Kind"] = {}
_HOMES = ("aurita.agents", "aurita.estimators.saved", "aurita.estimators.forecast", "aurita.pictures.embedding")


class Kind(NamedTuple):
    """A class that a file may hold.

    Attributes:
        kind: the class.
        parts: an object of it as a dictionary; its fields by default.
        made: an object from such a dictionary; by default the fields are checked against the annotations of the class.
        former: names of fields in files of older versions, and what they are called now.
    """

    kind: type
    parts: Callable[[Any], Mapping[str, object]] | None = None
    made: Callable[[Any], object] | None = None
    former: Mapping[str, str] = {}


def saved(
    parts: Callable[[Any], Mapping[str, object]] | None = None,
    made: Callable[[Any], object] | None = None,
    *,
    former: Mapping[str, str] | None = None,
    formerly: str | None = None,
) -> Callable[[type[Saved]], type[Saved]]:
    """A decorator of classes whose objects a saved file may hold; they are known by the name of the class.

    Args:
        parts, made, former: as of `Kind`.
        formerly: the name of the class in files of older versions.

    Example:
        >>> @saved(former={"long": "length"})
        ... class Line(NamedTuple):
        ...     length: float
        >>> kinds()["Line"].former
        {'long': 'length'}
        >>> _ = _KINDS.pop("Line")
    """

    def register(kind: type[Saved]) -> type[Saved]:
        entry = Kind(kind, parts, made, former or {})
        known = _KINDS.setdefault(kind.__name__, entry)
        assert (known.kind.__module__, known.kind.__qualname__) == (kind.__module__, kind.__qualname__), kind
        _KINDS[kind.__name__] = entry
        if formerly is not None:
            _KINDS[formerly] = entry
        return kind

    return register


def kinds() -> Mapping[str, Kind]:
    """Kinds by name, of the modules that are imported."""
    return _KINDS


def all_kinds() -> Mapping[str, Kind]:
    """Kinds by name, after the import of all modules of the package that have some."""
    for home in _HOMES:
        import_module(home)
    return _KINDS
