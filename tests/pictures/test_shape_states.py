"""States of shape units: at the end of a sequence they are what the readout sees, and every step adds to them."""

import numpy as np
import pytest

from aurita import ReservoirClassifier
from aurita.pictures import states_of
from aurita.pictures._shape_states import MOST_UNITS
from aurita.shapes import pooled


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    X = [rng.normal(0, 0.3, (24 + k % 5, 2)) for k in range(20)]
    y = np.arange(20) % 2
    for number, one in enumerate(X):
        place = 4 + number % 9
        one[place : place + 8, 0] += np.sin(np.arange(8) / (1 + y[number]))
    return ReservoirClassifier(shapes="only", washout=2).fit(X, y), X, y


def shares(model, X):
    """What the readout sees of whole sequences: of each unit, filter and level (the maximum left out)."""
    shapes = model.shapes_[0]
    rows = pooled(shapes, [one[model.washout :] for one in model._scaled(X)])
    own = shapes.units * shapes.unit.pooled
    return rows[:, :own].reshape(len(X), shapes.units, shapes.unit.hidden, -1)[..., :-1].mean(axis=3)


def test_at_the_last_step_the_states_are_what_the_readout_sees(fitted):
    model, X, y = fitted
    states = states_of(model, X, y)
    units = [int(name.removeprefix("unit ")) for name in states.units]
    assert len(units) == min(MOST_UNITS, model.shapes_[0].units)
    last = np.append(states.sequence[1:] != states.sequence[:-1], True)
    expected = shares(model, X)[:, units].reshape(len(X), -1)
    np.testing.assert_allclose(states.values[last], expected, atol=2e-6)
    assert [states.owners[states.names.index(f"filter 3 of {name}")] for name in states.units] == list(
        range(len(units))
    )


def test_all_begin_at_the_average_and_each_step_moves_by_what_it_finds(fitted):
    model, X, _ = fitted
    states = states_of(model, X)
    units = [int(name.removeprefix("unit ")) for name in states.units]
    average = shares(model, X).mean(axis=0)[units]
    shapes = model.shapes_[0]
    for sequence in (0, 7):
        rows = states.rows_of(sequence)
        np.testing.assert_allclose(states.values[rows[:2]], np.tile(average.ravel(), (2, 1)), atol=1e-6)
        for place, unit in enumerate(units):
            if shapes.whole[unit]:
                continue
            activity = states.column(f"activity of unit {unit}").values[rows]
            moved = np.diff(states.values[rows][:, states.owners == place].mean(axis=1))
            np.testing.assert_allclose(moved[1:] * (len(rows) - 2), activity[2:] - average[place].mean(), atol=1e-4)
            assert not activity[:2].any()


def test_a_sample_of_the_steps_has_the_states_of_all(fitted):
    model, X, y = fitted
    whole, some = states_of(model, X, y), states_of(model, X, y, most=100)
    assert len(some) <= 100
    for number in np.unique(some.sequence):
        rows = whole.rows_of(int(number))[some.step[some.rows_of(int(number))]]
        np.testing.assert_allclose(some.values[some.rows_of(int(number))], whole.values[rows], atol=1e-6)
