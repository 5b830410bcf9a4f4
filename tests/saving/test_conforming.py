"""Parts against annotations: types, shapes that fit together, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from aurita import AuritaError
from aurita.saving.conforming import conform, parts_of


@dataclass
class Sample:
    rows: Float[np.ndarray, "row column"]
    weights: Float[Array, "row"]
    name: str
    count: int = 0
    share: float | None = None
    pair: tuple[int, float] = (1, 2.0)
    many: Sequence[float] = ()
    named: dict[str, int] | None = None
    any: Any = None


class Two(NamedTuple):
    first: int
    second: list[str] = []  # noqa: RUF012


GOOD = Sample(np.zeros((3, 2)), np.zeros(3), "a")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"weights": jnp.zeros(3)},
        {"count": np.int64(3), "share": 2},
        {"share": np.float32(1)},
        {"many": [1, 2.5]},
        {"many": np.array([1.0, 2.0])},
        {"named": {"a": 1}},
        {"any": object()},
    ],
)
def test_what_is_annotated_conforms(changes):
    conform(Sample, parts_of(replace(GOOD, **changes)))
    conform(Two, parts_of(Two(1, ["a"])))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": np.zeros(3)}, r"rows of Sample is an array of float64 of shape \(3,\); expected Float"),
        ({"rows": np.zeros((3, 2), int)}, "rows of Sample is an array of int64"),
        ({"rows": [[1.0]]}, "rows of Sample is a list"),
        ({"weights": np.zeros(4)}, r"weights of Sample is an array of float64 of shape \(4,\)"),
        ({"name": None}, "name of Sample is a NoneType; expected str"),
        ({"count": True}, "count of Sample is a bool; expected int"),
        ({"count": 1.0}, "count of Sample is a float"),
        ({"share": "1"}, "share of Sample is a str"),
        ({"pair": [1, 2.0]}, "pair of Sample is a list"),
        ({"pair": (1, 2.0, 3.0)}, "pair of Sample is a tuple"),
        ({"many": [1, "2"]}, "many of Sample is a list"),
        ({"many": np.zeros((2, 2))}, "many of Sample is an array"),
        ({"named": {1: 1}}, "named of Sample is a dict"),
    ],
)
def test_what_is_not_is_named(changes, message):
    with pytest.raises(AuritaError, match=message):
        conform(Sample, parts_of(replace(GOOD, **changes)))


def test_fields_that_are_unknown_or_missing():
    parts = parts_of(GOOD)
    with pytest.raises(AuritaError, match="Sample has extra; expected the fields rows, weights"):
        conform(Sample, {**parts, "extra": 1})
    del parts["rows"], parts["count"]
    with pytest.raises(AuritaError, match="Sample lacks rows"):
        conform(Sample, parts)
    with pytest.raises(AuritaError, match="Two lacks first"):
        conform(Two, {})
