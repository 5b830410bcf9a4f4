"""Whether values are what the annotations of a class say: types, and the shapes of arrays, which have to fit together.

Annotations are written once, where a class is, and serve readers, mypy, and files that come from elsewhere.
"""

import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

from aurita._typing import AbstractArray, Array, jaxtyped
from aurita.errors import AuritaError


def conform(kind: type, parts: Mapping[str, object]) -> None:
    """Refuse parts that a class, as it is annotated, does not have.

    Axes of one name have one length in all arrays of the class, but for those within tuples and lists. Numbers of numpy
    count as numbers, and an array of one axis as a sequence.

    Args:
        kind: a dataclass or a named tuple.
        parts: by name of the field.

    Raises:
        AuritaError: a field that is unknown, missing, or of another type or shape.

    Example:
        >>> from aurita.data.series import Calendar
        >>> conform(Calendar, {"kind": "range", "last": 3, "step": None})
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: step of Calendar is a NoneType; expected str | int | float
    """
    _conform(kind.__name__, parts, *_annotated(kind))


def conform_fitted(given: object, optional: Collection[str] = ()) -> None:
    """Refuse an estimator whose fitted attributes, names that end in `_`, are not as its class annotates them.

    Args:
        given: the estimator; attributes that the class says nothing of are not looked at.
        optional: attributes that there need not be.

    Raises:
        AuritaError: an attribute that is missing, or of another type or shape.

    Example:
        >>> class Model:
        ...     size_: int
        >>> conform_fitted(Model())
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: Model lacks size_; expected the fields size_
    """
    kinds = [vars(kind).get("__annotations__", {}) for kind in reversed(type(given).__mro__)]
    known = {name: hint for own in kinds for name, hint in own.items() if name.endswith("_") and name[0] != "_"}
    parts = {name: getattr(given, name) for name in known if hasattr(given, name)}
    _conform(type(given).__name__, parts, known, set(optional))


def _conform(what: str, parts: Mapping[str, object], known: Mapping[str, object], optional: set[str]) -> None:
    strange, missing = sorted(parts.keys() - known), sorted(known.keys() - parts.keys() - optional)
    if strange or missing:
        complaints = [f"{word} {', '.join(names)}" for word, names in (("has", strange), ("lacks", missing)) if names]
        raise AuritaError(f"{what} {' and '.join(complaints)}; expected the fields {', '.join(known)}")
    with jaxtyped("context"):
        for name, value in parts.items():
            if not _matches(value, known[name]):
                raise AuritaError(f"{name} of {what} is {_shown(value)}; expected {_expected(known[name])}")


def parts_of(given: Any) -> dict[str, object]:
    """The fields of a dataclass or of a named tuple, by name."""
    if is_dataclass(given):
        return {field.name: getattr(given, field.name) for field in fields(given)}
    found: dict[str, Any] = given._asdict()
    return found


def _annotated(kind: type) -> tuple[dict[str, object], set[str]]:
    """Annotations by field, and the fields that may be left out."""
    if is_dataclass(kind):
        own = fields(kind)
        default = {f.name for f in own if f.default is not MISSING or f.default_factory is not MISSING}
        return {f.name: f.type for f in own}, default
    return dict(kind.__annotations__), set(getattr(kind, "_field_defaults", {}))


def _matches(value: object, hint: object) -> bool:
    origin, of = get_origin(hint), get_args(hint)
    if hint is Any or isinstance(hint, str):
        return True
    if origin in (Union, types.UnionType):
        return any(_matches(value, one) for one in of)
    if origin is Literal:
        return value in of
    if hint is None or hint is types.NoneType:
        return value is None
    if hint is bool:
        return isinstance(value, bool | np.bool_)
    if hint is int:
        return isinstance(value, int | np.integer) and not isinstance(value, bool)
    if hint is float:
        return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if hint is Array:
        return isinstance(value, np.ndarray | Array)
    if isinstance(origin, type):
        return _matches_many(value, origin, of)
    if isinstance(hint, type) and issubclass(hint, AbstractArray) and isinstance(value, np.ndarray | np.generic):
        # Axes may be named as of another library: `isinstance` looks at the library too, which does not matter here.
        return isinstance(value, hint) if hint.array_type is np.ndarray else isinstance(value, _of_numpy(hint))
    return isinstance(value, hint) if isinstance(hint, type) else True


def _matches_many(value: object, origin: type, of: tuple[object, ...]) -> bool:
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(of) == 2 and of[1] is Ellipsis:
            return all(_apart(item, of[0]) for item in value)
        return len(value) == len(of) and all(map(_matches, value, of))
    if issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            _matches(key, of[0]) and _matches(item, of[1]) for key, item in value.items()
        )
    if issubclass(origin, Sequence):
        if isinstance(value, np.ndarray) and origin is not list:
            return value.ndim == 1 and all(_apart(item, of[0]) for item in value)
        return isinstance(value, origin) and all(_apart(item, of[0]) for item in value)
    return isinstance(value, origin)


def _apart(value: object, hint: object) -> bool:
    """Items of a collection have axes of their own."""
    with jaxtyped("context"):
        return _matches(value, hint)


def _of_numpy(hint: Any) -> Any:
    return hint.dtype[np.ndarray, hint.dim_str]


def _shown(value: object) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of {value.dtype} of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"


def _expected(hint: object) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")
