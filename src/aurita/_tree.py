"""Frozen records of arrays, which JAX sees as trees once it is loaded; without it they are plain dataclasses."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Any, Self, TypeVar, dataclass_transform

from aurita._jax import jax, once_loaded
from aurita._typing import PyTree

Tree = TypeVar("Tree")

_FIXED = "fixed"


def fixed(**options: Any) -> Any:
    """A field that is part of a record's structure, not an array: JAX compiles anew where it differs."""
    return field(metadata={_FIXED: True}, **options)


@dataclass_transform(frozen_default=True, field_specifiers=(field, fixed))
class Record:
    """Base of frozen records. A subclass is a dataclass by itself, compared by identity.

    Example:
        >>> class Pair(Record):
        ...     left: float
        ...     right: float
        >>> Pair(1.0, 2.0).replace(right=3.0)
        Pair(left=1.0, right=3.0)
    """

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        dataclasses.dataclass(frozen=True, eq=False)(cls)
        once_loaded(lambda: _register(cls))

    def replace(self, **changes: object) -> Self:
        """The same record with other values of some fields."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def leaves(tree: object) -> list[PyTree]:
    """The arrays of records, tuples, lists and dictionaries within each other, in order; None holds none.

    Example:
        >>> leaves({"b": (1, None), "a": [2]})
        [2, 1]
    """
    if tree is None:
        return []
    return [leaf for _, part in parts for leaf in leaves(part)] if (parts := _parts(tree)) is not None else [tree]


def layout(tree: object) -> object:
    """How a tree is put together, its arrays left out: equal for trees that differ in their arrays alone."""
    if tree is None or (parts := _parts(tree)) is None:
        return tree if tree is None else ...
    return type(tree).__name__, tuple((name, layout(part)) for name, part in parts)


def mapped(function: Callable[..., object], tree: Tree, *others: PyTree) -> Tree:
    """The tree of what a function makes of each array, and of those at the same places of other trees.

    Example:
        >>> mapped(lambda x, y: x + y, {"a": 1, "b": None}, {"a": 2, "b": None})
        {'a': 3, 'b': None}
    """
    made: PyTree
    if tree is None:
        made = None
    elif isinstance(tree, Record):
        names = [f.name for f in dataclasses.fields(tree) if not f.metadata.get(_FIXED)]  # type: ignore[arg-type]
        parts = {n: mapped(function, getattr(tree, n), *(getattr(o, n) for o in others)) for n in names}
        made = tree.replace(**parts)
    elif isinstance(tree, dict):
        made = {name: mapped(function, part, *(other[name] for other in others)) for name, part in tree.items()}
    elif isinstance(tree, tuple | list):
        items = [mapped(function, *each) for each in zip(tree, *others, strict=True)]
        made = type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    else:
        made = function(tree, *others)
    return made


def _parts(tree: object) -> list[tuple[str | int, object]] | None:
    """The named parts of a tree, in the order in which JAX has them; None of an array."""
    if isinstance(tree, Record):
        names = [f.name for f in dataclasses.fields(tree) if not f.metadata.get(_FIXED)]  # type: ignore[arg-type]
        return [(name, getattr(tree, name)) for name in names]
    if isinstance(tree, dict):
        return sorted(tree.items())
    return list(enumerate(tree)) if isinstance(tree, tuple | list) else None


def _register(cls: type[Record]) -> None:
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    names: dict[bool, list[str]] = {True: [], False: []}
    for one in fields:
        names[bool(one.metadata.get(_FIXED))].append(one.name)

    def flatten(record: object) -> tuple[list[tuple[object, object]], tuple[object, ...]]:
        kept = tuple(getattr(record, name) for name in names[True])
        return [(jax.tree_util.GetAttrKey(name), getattr(record, name)) for name in names[False]], kept

    def unflatten(kept: tuple[object, ...], values: Iterable[object]) -> Record:
        # Not by the constructor: a tree may hold anything where it is taken apart and put together.
        made = object.__new__(cls)
        for name, value in (*zip(names[True], kept, strict=True), *zip(names[False], values, strict=True)):
            object.__setattr__(made, name, value)
        return made

    jax.tree_util.register_pytree_with_keys(cls, flatten, unflatten)
