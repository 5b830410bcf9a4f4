"""Types of arrays with their shapes, `Float[Array, "slot unit"]`: read by mypy, by people, and where a file is checked.

`Array` is an array of numpy or of JAX, which is not imported for it.
"""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from jaxtyping import AbstractArray, Bool, Complex, Float, Int, UInt, jaxtyped

if TYPE_CHECKING:
    from jaxtyping import PyTree

    # Which of the two is not of interest to a checker: both are computed with alike.
    Array = Any
else:
    PyTree = object

    class _AnyArray(type):
        def __instancecheck__(cls, given: object) -> bool:
            jax = sys.modules.get("jax")
            return isinstance(given, np.ndarray) or (jax is not None and isinstance(given, jax.Array))

    class Array(metaclass=_AnyArray):
        """An array of numpy or of JAX."""


Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A value as JSON holds it."""

Document = dict[str, Any]
"""A table of JSON or TOML as it was read; what it holds is looked at where it is used."""

DocumentView = Mapping[str, Any]
"""A document, or a part of one, that is only read."""

__all__ = [
    "AbstractArray",
    "Array",
    "Bool",
    "Complex",
    "Document",
    "DocumentView",
    "Float",
    "Int",
    "Json",
    "PyTree",
    "UInt",
    "jaxtyped",
]
