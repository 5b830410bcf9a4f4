"""The regressor: values of sequences and of steps."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from aurita import AuritaError, EchoUnit, Learning, Population
from aurita.estimators import ReservoirRegressor


def delays(count, seed, outputs=2):
    """Noise, and at each step what was received one, two, ... steps before."""
    rng = np.random.default_rng(seed)
    X = [rng.uniform(-1, 1, (n, 1)) for n in rng.integers(80, 120, count)]
    return X, [np.stack([np.r_[np.zeros(k), x[:-k, 0]] for k in range(1, outputs + 1)], axis=1) for x in X]


def test_what_was_received_before():
    (X, y), (new, truth) = delays(8, 0), delays(4, 1)
    model = ReservoirRegressor(units=8, washout=5).fit(X, y)
    predicted = model.predict(new)
    assert [part.shape for part in predicted] == [part.shape for part in truth]
    assert model.score(new, truth) > 0.9
    flat = ReservoirRegressor(units=8, washout=5).fit(X, [part[:, 0] for part in y]).predict(new)
    np.testing.assert_allclose(flat[0], predicted[0][:, 0], atol=0.05)


def test_an_echo_state_network_recalls():
    """Memory capacity of a linear network of N neurons is close to N for short delays (Jaeger 2001)."""
    (X, y), (new, truth) = delays(8, 0, outputs=10), delays(4, 1, outputs=10)
    unit = EchoUnit(slots=60, spectral_radius=0.95, leak=1.0, input_scale=0.1, bias_scale=0.0)
    group = Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")
    model = ReservoirRegressor(group, features=("output",), washout=20).fit(X, y)
    assert model.score(new, truth) > 0.9


def test_a_value_of_each_sequence():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(10, 20, 60)]
    y = np.array([[x[:, 0].mean(), x[-1, 1]] for x in X])
    model = ReservoirRegressor(units=0, summary="mean", alphas=[1e-8]).fit(X[:40], y[:40, 0])
    np.testing.assert_allclose(model.predict(X[40:]), y[40:, 0], atol=1e-5)
    both = ReservoirRegressor(units=0, summary="last", alphas=[1e-8]).fit(X[:40], y[:40])
    np.testing.assert_allclose(both.predict(X[40:])[:, 1], y[40:, 1], atol=1e-5)


def test_steps_of_bare_inputs_are_plain_ridge():
    (X, _), rng = delays(5, 0), np.random.default_rng(2)
    y = [3 * x[:, 0] + 0.1 * rng.standard_normal(len(x)) for x in X]
    model = ReservoirRegressor(units=0, scale_inputs=False, washout=4).fit(X, y)
    rows, wanted = np.concatenate([x[4:] for x in X]), np.concatenate([t[4:] for t in y])
    scale = rows.std(axis=0)
    reference = Ridge(model.readouts_[0].penalty_).fit(rows / scale, wanted)
    np.testing.assert_allclose(model.predict(X)[1], reference.predict(X[1] / scale), atol=1e-8)


def test_washout_steps_are_not_fitted_on():
    X, y = delays(4, 0)
    wild = [np.concatenate([np.full((6, 2), 1e3), part[6:]]) for part in y]
    calm = ReservoirRegressor(units=3, washout=6).fit(X, y).predict(X)
    np.testing.assert_array_equal(ReservoirRegressor(units=3, washout=6).fit(X, wild).predict(X)[0], calm[0])


def test_predictions_do_not_look_ahead():
    X, y = delays(4, 0)
    model = ReservoirRegressor(units=4).fit(X, y)
    changed = [x.copy() for x in X]
    changed[2][40:] += 5
    np.testing.assert_array_equal(model.predict(changed)[2][:40], model.predict(X)[2][:40])
    assert np.abs(model.predict(changed)[2][40:] - model.predict(X)[2][40:]).max() > 0.1


def test_units_that_receive_the_target():
    X, y = delays(8, 0, outputs=1)
    learning = Learning(objective="target", steps=60, batch=8)
    model = ReservoirRegressor(units=4, learning=learning, features=("target",), washout=3).fit(X, y)
    frozen = ReservoirRegressor(
        units=4, features=("target",), washout=3, learning=Learning(objective="target", steps=0)
    )
    assert model.score(X, y) > frozen.fit(X, y).score(X, y) + 0.3


def test_a_search_over_its_parameters():
    X, y = delays(6, 0)
    search = GridSearchCV(ReservoirRegressor(units=2), {"features": [("input",), ("input", "hidden")]}, cv=2).fit(X, y)
    assert search.best_params_ == {"features": ("input", "hidden")}
    assert clone(search.best_estimator_).get_params()["units"] == 2


@pytest.mark.parametrize(
    ("y", "parameters", "message"),
    [
        ([np.zeros(5), np.zeros(4)], {}, "target of sequence 1 has 4 steps, the sequence 6"),
        ([np.zeros((5, 2)), np.zeros((6, 1))], {}, "differ in their outputs"),
        ([1.0, np.nan], {}, "y holds NaN"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), {}, "y holds NaN"),
        (
            [np.ma.array(np.zeros(5), mask=np.arange(5) > 3), np.zeros(6)],
            {},
            "sequence 0 holds NaN at step 4",
        ),
        ([1.0, 2.0, 3.0], {}, "2 sequences and y 3 targets"),
        (["a", "b"], {}, "no numbers"),
        ([1.0, 2.0], {"per": "step"}, "targets per step are asked for"),
        ([1.0, 2.0], {"per": "year"}, "per is 'year'"),
        ([1.0, 2.0], {"readout": "logistic"}, "readout is 'logistic'"),
        ([np.zeros(5), np.zeros(6)], {"washout": 5}, "washout is 5 and the shortest sequence has 5"),
        (None, {}, "y is None"),
    ],
)
def test_bad_targets_are_named(y, parameters, message):
    X = [np.arange(5.0)[:, None], np.arange(6.0)[:, None]]
    with pytest.raises(AuritaError, match=message):
        ReservoirRegressor(units=1, **parameters).fit(X, y)


def test_one_sequence_has_no_readout():
    with pytest.raises(AuritaError, match="one sample"):
        ReservoirRegressor(units=1).fit([np.zeros((5, 1))], [1.0])
