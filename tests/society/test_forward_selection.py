"""Held-out data choose what helps, by errors that a plain ridge regression gives too."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from aurita import AuritaError, Reservoir
from aurita.society import _left_over, forward_selection, mixed_society
from aurita.society._held import HeldProducts
from aurita.society._left_over import LeftOver, Products, Standardised
from aurita.society.forward_selection import _PENALTIES, ChosenUnits

OWNERS = np.repeat(np.arange(5), 2)


def parts(seed=0):
    """Ten features, two a unit; what is wanted comes from unit 3 mostly, and from unit 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(120, 10)) * np.array([1.0, 5.0, 0.1, 1, 1, 1, 2, 1, 1, 1])
    y = x[:, [6, 7]] @ [[1.0, 0.0], [0.5, 1.0]] + 2.0 * x[:, [2]] + 0.05 * rng.normal(size=(120, 2)) + 3.0
    return {"fitted": (x[:80], y[:80]), "held": (x[80:], y[80:])}


def chosen(most, data=None, owners=OWNERS):
    data = data or parts()
    return forward_selection(data["fitted"], data["held"], owners=owners, units=6, most=most)


def by_sklearn(data, columns, penalties=_PENALTIES):
    """The least held-out error of ridge regressions on standardised features, in variances of the target."""
    (x, y), (held_x, held_y) = data["fitted"], data["held"]
    x, held_x = x[:, columns], held_x[:, columns]
    mean, scale = x.mean(0), x.std(0)
    errors = []
    for penalty in penalties:
        model = Ridge(alpha=penalty * len(x)).fit((x - mean) / scale, y)
        predicted = model.predict((held_x - mean) / scale).reshape(held_y.shape)
        errors.append(((predicted - held_y) ** 2).mean())
    return min(errors) / y.var(0).mean()


def test_the_useful_units_come_first_and_the_useless_do_not_come():
    found = chosen(10)
    assert found.units == (3, 1)
    data = parts()
    np.testing.assert_allclose(found.errors[0], by_sklearn(data, [6, 7], [found.penalty]), rtol=1e-6)
    np.testing.assert_allclose(found.errors[1], by_sklearn(data, [6, 7, 2, 3], [found.penalty]), rtol=1e-6)
    np.testing.assert_allclose(found.errors[1], by_sklearn(data, [6, 7, 2, 3]), rtol=1e-6)
    np.testing.assert_allclose(found.alone[0], by_sklearn(data, [0, 1]), rtol=1e-6)
    assert np.isnan(found.alone[5]), "unit 5 has no features"


def test_many_blocks_one_after_another_are_the_regression_on_all_of_them():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 24)) @ rng.normal(size=(24, 24))
    y = x @ rng.normal(size=(24, 3)) + rng.normal(size=(300, 3))
    data = {"fitted": (x[:200], y[:200]), "held": (x[200:], y[200:])}
    found = chosen(24, data, owners=np.tile(np.arange(6), 4))
    assert len(found.units) > 2
    for count in range(1, len(found.units) + 1):
        columns = np.flatnonzero(np.isin(np.tile(np.arange(6), 4), found.units[:count]))
        expected = by_sklearn(data, columns, [found.penalty])
        np.testing.assert_allclose(found.errors[count - 1], expected, rtol=1e-6)


def test_everybody_stays_where_few_are_no_clearly_better():
    """Twelve noisy copies of what is wanted: each that is added averages some noise away, few rows say so."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=(60, 1))
    x = y + 2.0 * rng.normal(size=(60, 12))
    fitted, held = (x[:40], y[:40]), (x[40:], y[40:])
    few = forward_selection(fitted, held, owners=np.arange(12), units=12, most=12)
    everyone = forward_selection(fitted, held, owners=np.arange(12), units=12, most=12, everyone=True)
    assert len(few.units) < 12
    assert sorted(everyone.units) == list(range(12))
    data = {"fitted": fitted, "held": held}
    np.testing.assert_allclose(everyone.errors, [by_sklearn(data, np.arange(12))], rtol=1e-6)
    assert everyone.errors[-1] > few.errors[-1], "few look better on the rows that they were chosen by"


def test_everybody_may_have_more_features_than_there_are_rows():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(30, 2))
    x = np.tile(y, 20) + 2.0 * rng.normal(size=(30, 40))
    data = {"fitted": (x[:20], y[:20]), "held": (x[20:], y[20:])}
    found = forward_selection(*data.values(), owners=np.arange(40) // 4, units=10, most=4, everyone=True)
    assert found.units == tuple(range(10))
    np.testing.assert_allclose(found.errors, [by_sklearn(data, np.arange(40), [found.penalty])], rtol=1e-6)


def test_no_more_features_than_asked_for():
    assert chosen(3).units == (3,)
    with pytest.raises(AuritaError, match="may see 1 feature, 0 of them always there, and the smallest unit has 2"):
        chosen(1)


def test_features_that_are_always_there_are_counted_and_used():
    owners = np.where(np.isin(np.arange(10), [6, 7]), -1, OWNERS)
    found = chosen(4, owners=owners)
    assert found.units == (1,)
    np.testing.assert_allclose(found.errors[0], by_sklearn(parts(), [6, 7, 2, 3], [found.penalty]), rtol=1e-6)


def test_a_budget_counts_what_units_and_readout_train():
    data, costs = parts(), np.array([0, 0, 0, 50, 0, 0])
    both = {"owners": OWNERS, "units": 6, "most": 10, "costs": costs}
    # Two outputs: 4 for the two features of each unit, 2 for the intercepts.
    assert forward_selection(data["fitted"], data["held"], budget=60, **both).units == (3, 1)
    assert forward_selection(data["fitted"], data["held"], budget=59, **both).units == (3,)
    assert 3 not in forward_selection(data["fitted"], data["held"], budget=55, **both).units
    with pytest.raises(AuritaError, match="the least that a readout with one unit trains is 6"):
        forward_selection(data["fitted"], data["held"], budget=5, **both)


def test_constant_features_do_no_harm():
    data = parts()
    for x, _ in data.values():
        x[:, 0] = 7.0
    assert chosen(10, data).units == (3, 1)


def test_the_society_is_feed_forward_but_for_its_first_generation():
    populations = mixed_society(3, longest=20, neurons=6)
    reservoir = Reservoir.build(populations, inputs=2, clock=(4.0,), targets=1)
    learns = [population.learns_by != "nothing" for population in populations]
    assert not any(np.logical_and(learns, reservoir.connected[:-1]))
    assert max(p.unit.memory for p in populations if hasattr(p.unit, "memory")) == 20
    assert mixed_society(3, longest=1)


@pytest.mark.parametrize("unit", [1e-12, 1e-150, 1e150])
def test_the_choice_does_not_depend_on_units_of_measurement(unit):
    data = parts()
    scaled = {name: (x * unit, y * unit) for name, (x, y) in data.items()}
    found, expected = chosen(10, scaled), chosen(10, data)
    assert found.units == expected.units
    np.testing.assert_allclose(found.errors, expected.errors, rtol=1e-6)
    np.testing.assert_allclose(found.alone, expected.alone, rtol=1e-6)


def test_a_feature_that_only_rounds_is_no_feature():
    data = parts()
    rng = np.random.default_rng(1)
    noisy = {}
    for name, (x, y) in data.items():
        x = x.copy()
        x[:, 8:] = 1.0 + 2e-16 * rng.integers(0, 2, x[:, 8:].shape)
        noisy[name] = (x, y)
    assert chosen(10, noisy).alone[4] == pytest.approx(chosen(2, noisy).alone[4])
    silent = {name: (np.where(np.arange(10) >= 8, 1.0, x), y) for name, (x, y) in data.items()}
    assert chosen(10, noisy).alone[4] == chosen(10, silent).alone[4]


@pytest.mark.parametrize("noise", [0.0, 1e-3, 1.0])
def test_penalties_that_are_given_up_would_not_have_been_chosen(noise, monkeypatch):
    """A smooth map without much noise wants weak penalties, one with much noise strong ones."""
    rng = np.random.default_rng(5)
    inputs = rng.normal(size=(240, 3))
    x = np.tanh(inputs @ rng.normal(size=(3, 60)) + rng.normal(size=60))
    y = np.sin(inputs) + noise * rng.normal(size=inputs.shape)
    data, owners = {"fitted": (x[:160], y[:160]), "held": (x[160:], y[160:])}, np.repeat(np.arange(6), 10)
    found = chosen(60, data, owners)
    monkeypatch.setitem(forward_selection.__wrapped__.__globals__, "_FAR_WORSE", np.inf)
    everything = chosen(60, data, owners)
    assert (found.units, found.penalty) == (everything.units, everything.penalty)
    np.testing.assert_array_equal(found.errors, everything.errors)


def test_what_falls_far_behind_a_choice_to_be_beaten_is_given_up_and_what_beats_it_is_not():
    """After the second unit a choice that errs a hundredth as much is out of reach."""
    data = parts()
    given = {"owners": np.arange(10), "units": 10, "most": 10}
    full = forward_selection(data["fitted"], data["held"], **given)
    assert len(full.units) > 2
    hard, easy = (
        ChosenUnits((0, 1, 2), tuple(factor * np.array(full.errors[:3])), full.alone, 1.0, full.by_row)
        for factor in (0.01, 100.0)
    )
    early = forward_selection(data["fitted"], data["held"], **given, ahead=hard)
    assert early.units == full.units[:2]
    same = forward_selection(data["fitted"], data["held"], **given, ahead=easy)
    assert same.units == full.units
    assert same.errors == full.errors


@pytest.mark.parametrize("penalty", [1e-10, 1e-8, 1e-4])
def test_products_tell_what_directions_tell(penalty, monkeypatch):
    """The two ways to take features agree, features that are always there and near copies of each other included."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(120, 8)) @ rng.normal(size=(8, 24))
    x[:, 20:] = x[:, :4] + 1e-3 * rng.normal(size=(120, 4))
    y = np.tanh(x[:, :6]) @ rng.normal(size=(6, 2)) + 0.1 * rng.normal(size=(120, 2))
    data, owners = {"fitted": (x[:80], y[:80]), "held": (x[80:], y[80:])}, np.tile(np.arange(-1, 5), 4)
    monkeypatch.setitem(forward_selection.__wrapped__.__globals__, "_PENALTIES", (penalty,))
    found = chosen(24, data, owners)
    monkeypatch.setattr(_left_over, "_LEAST_BY_PRODUCTS", np.inf)
    expected = chosen(24, data, owners)
    assert found.units == expected.units
    np.testing.assert_allclose(found.errors, expected.errors, rtol=1e-6)
    np.testing.assert_allclose(found.alone, expected.alone, rtol=1e-6)


@pytest.mark.parametrize(("penalty", "noise"), [(1e-6, 0.3), (1e-6, 0.0), (1e-3, 0.3), (1.0, 0.3)])
def test_products_of_held_out_features_tell_the_errors_of_their_rows(penalty, noise):
    rng = np.random.default_rng(3)
    mixing = rng.normal(size=(6, 24))
    x = rng.normal(size=(900, 6)) @ mixing + 0.1 * rng.normal(size=(900, 24))
    y = x[:, :2] @ rng.normal(size=(2, 3)) + noise * rng.normal(size=(900, 3))
    data = Standardised.of(x[:300], y[:300], x[300:], y[300:], floor=0.0)
    columns = {unit: slice(4 * unit, 4 * unit + 4) for unit in range(6)}
    left = LeftOver(data, Products(data), penalty, 24, 0)
    assert isinstance(left.held, HeldProducts)
    taken: list[int] = []
    for unit in (2, 0, 5):
        found = left.errors({other: own for other, own in columns.items() if other not in taken})
        for other, error in found.items():
            own = [column for one in (*taken, other) for column in range(4 * one, 4 * one + 4)]
            square = data.x[:, own].T @ data.x[:, own] + penalty * 300 * np.eye(len(own))
            weights = np.linalg.solve(square, data.x[:, own].T @ data.y)
            expected = ((data.held_y - data.held_x[:, own] @ weights) ** 2).sum(1).mean()
            assert error == pytest.approx(expected, rel=1e-6)
        left.take(columns[unit])
        taken.append(unit)
        assert left.by_row().mean() == pytest.approx(found[unit], rel=1e-6)
