"""Held-out data choose what helps, by errors that a plain ridge regression gives too."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from aurita import AttentionUnit, AuritaError, Population, Reservoir
from aurita.society import choose, mixed_society
from aurita.society.choosing import _PENALTIES

UNIT = AttentionUnit(slots=2, hidden=2, memory=2)
RESERVOIR = Reservoir.build([Population(unit=UNIT, units=5, hears="inputs")], inputs=2)
OWNERS = np.repeat(np.arange(5), 2)


def parts(seed=0):
    """Ten features, two a unit; what is wanted comes from unit 3 mostly, and from unit 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(120, 10)) * np.array([1.0, 5.0, 0.1, 1, 1, 1, 2, 1, 1, 1])
    y = x[:, [6, 7]] @ [[1.0, 0.0], [0.5, 1.0]] + 2.0 * x[:, [2]] + 0.05 * rng.normal(size=(120, 2)) + 3.0
    return {"fitted": (x[:80], y[:80]), "held": (x[80:], y[80:])}


def chosen(most, data=None, owners=OWNERS):
    data = data or parts()
    return choose(RESERVOIR, RESERVOIR, lambda _, part: data[part], "fitted", "held", owners=owners, most=most)


def by_sklearn(data, columns):
    """The least held-out error of ridge regressions on standardised features, in variances of the target."""
    (x, y), (held_x, held_y) = data["fitted"], data["held"]
    x, held_x = x[:, columns], held_x[:, columns]
    mean, scale = x.mean(0), x.std(0)
    errors = []
    for penalty in _PENALTIES:
        model = Ridge(alpha=penalty * len(x)).fit((x - mean) / scale, y)
        errors.append(((model.predict((held_x - mean) / scale) - held_y) ** 2).mean())
    return min(errors) / y.var(0).mean()


def test_the_useful_units_come_first_and_the_useless_do_not_come():
    found = chosen(10)
    assert found.units == (3, 1)
    assert found.reservoir.units == 2
    data = parts()
    np.testing.assert_allclose(found.errors[0], by_sklearn(data, [6, 7]), rtol=1e-6)
    np.testing.assert_allclose(found.errors[1], by_sklearn(data, [6, 7, 2, 3]), rtol=1e-6)
    np.testing.assert_allclose(found.alone[0], by_sklearn(data, [0, 1]), rtol=1e-6)


def test_no_more_features_than_asked_for():
    assert chosen(3).units == (3,)
    with pytest.raises(AuritaError, match="may see 1 features and the smallest unit has 2"):
        chosen(1)


def test_features_that_are_always_there_are_counted_and_used():
    owners = np.where(np.isin(np.arange(10), [6, 7]), -1, OWNERS)
    found = chosen(4, owners=owners)
    assert found.units == (1,)
    np.testing.assert_allclose(found.errors[0], by_sklearn(parts(), [6, 7, 2, 3]), rtol=1e-6)


def test_constant_features_do_no_harm():
    data = parts()
    for x, _ in data.values():
        x[:, 0] = 7.0
    assert chosen(10, data).units == (3, 1)


def test_the_society_is_feed_forward_but_for_its_first_generation():
    populations = mixed_society(3, longest=20, neurons=6)
    reservoir = Reservoir.build(populations, inputs=2, clock=(4.0,), targets=1)
    learns = [population.learns_by != "nothing" for population in populations]
    assert not any(np.logical_and(learns, reservoir.heard[:-1]))
    assert max(p.unit.memory for p in populations if hasattr(p.unit, "memory")) == 20
    assert mixed_society(3, longest=1)
