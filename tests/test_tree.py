"""Records without JAX, and as JAX sees them."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest

from aurita._tree import Record, fixed, layout, leaves, mapped


class Point(Record):
    x: Any
    y: Any
    name: str = fixed(default="p")


class Pair(NamedTuple):
    one: Any
    two: Any


TREE = Pair({"b": np.ones(2), "a": None}, (Point(np.zeros(1), [3.0, 4.0], name="q"), None))


def test_records_are_frozen_and_replaced():
    point = Point(1, 2)
    with pytest.raises(FrozenInstanceError):
        point.x = 3
    assert (point.replace(y=5).y, point.y, point.replace(name="r").name) == (5, 2, "r")


def test_leaves_and_maps_are_those_of_jax():
    ours, theirs = leaves(TREE), jax.tree.leaves(TREE)
    assert len(ours) == 4
    assert all(a is b for a, b in zip(ours, theirs, strict=True))
    doubled = mapped(lambda a, b: a + b, TREE, TREE)
    expected = jax.tree.map(lambda a, b: a + b, TREE, TREE)
    assert jax.tree.structure(doubled) == jax.tree.structure(expected)
    assert all((a == b).all() for a, b in zip(map(np.asarray, leaves(doubled)), leaves(expected), strict=True))
    assert (doubled.two[0].name, doubled.one["a"], doubled.two[1]) == ("q", None, None)


def test_layouts_differ_where_structures_do():
    other = TREE._replace(one={"b": np.zeros(7), "a": None})
    assert layout(other) == layout(TREE)
    for strange in (TREE._replace(one={"b": np.ones(2), "a": 1.0}), tuple(TREE), TREE._replace(two=None)):
        assert layout(strange) != layout(TREE)


def test_what_is_fixed_is_no_leaf():
    assert jax.tree.leaves(Point(1, None, name="long")) == [1]
    assert jax.tree.structure(Point(1, 2)) != jax.tree.structure(Point(1, 2, name="z"))


def test_a_default_fit_does_not_load_jax():
    script = """
import sys
import numpy as np
from aurita import ReservoirClassifier, ReservoirForecaster
from aurita.native.library import kernels
if kernels() is None:
    sys.exit()
x = [np.random.default_rng(i).normal(size=(9, 2)) for i in range(8)]
ReservoirClassifier(random_state=0).fit(x, list("abababab")).predict(x)
ReservoirForecaster(units=3, random_state=0).fit(np.sin(np.arange(60.0))).predict(3)
sys.exit("jax" in sys.modules)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, timeout=120)


@pytest.mark.parametrize("first", ["import jax, aurita.reservoir", "import aurita.reservoir, jax"])
def test_records_are_trees_whoever_loads_jax(first):
    script = f"""
{first}
from aurita import EchoUnit, Population, Reservoir
made = Reservoir.build([Population(unit=EchoUnit(slots=4), units=1)], inputs=1)
assert len(jax.tree.leaves(made)) > 3
assert jax.tree.map(lambda leaf: leaf, made).wiring[0].shape == made.wiring[0].shape
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, timeout=120)
