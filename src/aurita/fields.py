"""Fields of frozen descriptions (units, populations, settings), checked against their declared types."""

import types
from collections.abc import Iterable, Sequence
from dataclasses import fields
from numbers import Integral, Real
from typing import Any, Union, get_args, get_origin

import numpy as np

from aurita.errors import AuritaError

MOST = 1_000_000_000
"""Whole numbers above this are no number of anything that fits into memory."""

_WORDS = {int: "a whole number", float: "a number", str: "a name", bool: "True or False", type(None): "None"}


def check_fields(given: Any) -> None:
    """Complain about fields that are not of their declared types; lists become tuples where these are declared.

    Args:
        given: a frozen dataclass, in its `__post_init__`.

    Raises:
        AuritaError: a field of another type, NaN, or a whole number beyond `MOST`.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Some:
        ...     count: int
        ...     def __post_init__(self):
        ...         check_fields(self)
        >>> Some("x")
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: count is 'x'; expected a whole number
    """
    for field in fields(given):
        value = getattr(given, field.name)
        if not fits(value, field.type):
            raise AuritaError(f"{field.name} is {shown(value)}; expected {_words(field.type)}")
        if isinstance(value, list) and _is_tuple(field.type):
            object.__setattr__(given, field.name, _as_tuple(value))


def fits(value: Any, kind: object) -> bool:
    """Whether a value is of a type; types of which nothing is known have all values."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in get_args(kind))
    if origin is tuple:
        parts = get_args(kind)
        if not isinstance(value, tuple | list):
            return False
        if len(parts) == 2 and parts[1] is Ellipsis:
            return all(fits(one, parts[0]) for one in value)
        return len(value) == len(parts) and all(fits(one, part) for one, part in zip(value, parts, strict=True))
    if origin in (Sequence, Iterable):
        listed = isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim == 1)
        return listed and all(fits(one, get_args(kind)[0]) for one in value)
    if kind is int:
        return is_whole(value)
    if kind is float:
        return is_real(value)
    if kind is bool:
        return isinstance(value, bool | np.bool_)
    return isinstance(value, kind) if isinstance(kind, type) else True


def is_whole(value: object) -> bool:
    """Whether it is a whole number, and no truth value, that may be a number of something."""
    return isinstance(value, Integral) and not isinstance(value, bool) and abs(int(value)) <= MOST


def is_real(value: object) -> bool:
    """Whether it is a number, and neither NaN, nor a truth value, nor too large for a float."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return float(value) == float(value)
    except OverflowError:
        return False


def shown(value: object) -> str:
    """A value in a complaint: short, whatever it is.

    Example:
        >>> shown("x" * 100), shown(np.zeros((3, 2)))
        ("'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", 'an array of shape (3, 2)')
    """
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {shape}"
    try:
        text = repr(value)
    except Exception:  # anything may be given, with any repr
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def _is_tuple(kind: object) -> bool:
    return get_origin(kind) is tuple or any(_is_tuple(one) for one in get_args(kind) if get_origin(kind) is not tuple)


def _as_tuple(value: list[object]) -> tuple[object, ...]:
    return tuple(_as_tuple(one) if isinstance(one, list) else one for one in value)


def _words(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(part) for part in parts)
    if origin is tuple and not (len(parts) == 2 and parts[1] is Ellipsis):
        return f"({', '.join(_words(part) for part in parts)})"
    if origin in (tuple, Sequence, Iterable):
        return f"a tuple, each {_words(parts[0])}" if origin is tuple else f"a list, each {_words(parts[0])}"
    return _WORDS.get(kind, f"a {getattr(kind, '__name__', kind)}")
