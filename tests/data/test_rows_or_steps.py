"""Tables are samples, as in scikit-learn; where their rows look like steps there is a warning, and no silence."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris, make_classification, make_regression

from aurita import AuritaError
from aurita.data.rows_or_steps import RowsAreSequences, warn_of_steps
from aurita.estimators import ReservoirClassifier, ReservoirRegressor

RNG = np.random.default_rng(0)
NOISE = RNG.uniform(-1, 1, size=(200, 2))
WALK = RNG.normal(size=(200, 3)).cumsum(axis=0)


def warned(rows, targets, classes=False):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_steps(np.asarray(rows, float), np.asarray(targets, float), classes=classes, stacklevel=2)
    return bool(caught)


@pytest.mark.parametrize(
    ("rows", "targets"),
    [
        (NOISE[:, :1], np.roll(NOISE[:, :1], 1, axis=0)),
        (NOISE, np.roll(NOISE[:, :1], 3, axis=0)),
        (NOISE, NOISE[:, 1:].cumsum(axis=0)),
        (WALK, np.roll(WALK[:, :1], -1, axis=0)),
        (np.sin(np.arange(60)[:, None] / [3, 5]), np.arange(60)[:, None] % 7),
    ],
)
def test_steps_of_one_sequence_are_noticed(rows, targets):
    assert warned(rows, targets)


@pytest.mark.parametrize("seed", range(20))
def test_samples_in_any_order_are_not_taken_for_steps(seed):
    assert not warned(*(np.asarray(part).reshape(len(part), -1) for part in make_regression(300, 5, random_state=seed)))
    X, y = make_classification(200, 6, n_informative=4, n_classes=3, random_state=seed)
    assert not warned(X, np.eye(3)[y], classes=True)


def test_tables_sorted_by_their_target_are_not():
    X, y = load_iris(return_X_y=True)
    assert not warned(X, np.eye(3)[y], classes=True)
    assert not warned(X, y[:, None])
    assert not warned(*(part.reshape(len(part), -1) for part in load_diabetes(return_X_y=True)))


def test_the_estimators_warn_and_say_how_to_go_on():
    with pytest.warns(RowsAreSequences, match=r"fit\(\[X\], \[y\]\)"):
        ReservoirRegressor(units=2).fit(NOISE[:, :1], np.roll(NOISE[:, 0], 1))
    with pytest.warns(RowsAreSequences):
        ReservoirClassifier(units=2).fit(WALK, WALK[:, 0] > 0)
    ReservoirRegressor(units=2, per="sequence").fit(NOISE[:, :1], np.roll(NOISE[:, 0], 1))
    with pytest.warns(RowsAreSequences):
        ReservoirRegressor(units=2).partial_fit(WALK, WALK[:, 0])


@pytest.mark.parametrize("kind", [ReservoirClassifier, ReservoirRegressor])
def test_after_a_fit_on_sequences_a_table_is_refused(kind):
    y = np.arange(12) % 2
    X = [RNG.normal(size=(20, 1)) for _ in y]
    model = kind(units=2, learning="frozen").fit(X, y)
    frame = pd.DataFrame(X[0], pd.date_range("2024-01-01", periods=20))
    assert model.predict([X[0]]).shape == model.predict([frame]).shape == (1,)
    for given in (X[0], X[0].tolist(), pd.DataFrame(X[0])):
        for call in (model.predict, lambda x: model.score(x, np.arange(20) % 2), lambda x: model.partial_fit(x, y)):
            with pytest.raises(AuritaError, match=r"predict\(\[x\]\)"):
                call(given)
    with pytest.raises(AuritaError, match="rows have dates"):
        model.predict(frame)
    with pytest.raises(AuritaError, match="rows have dates"):
        kind(units=2).fit(frame, np.arange(20) % 2)


def test_after_a_fit_on_a_table_sequences_are_refused():
    table = RNG.normal(size=(30, 2))
    model = ReservoirRegressor(units=2).fit(table, table[:, 0])
    with pytest.raises(AuritaError, match="fitted on a table"):
        model.predict([table[:5]])
    with pytest.raises(AuritaError, match="fitted on a table"):
        model.partial_fit([table[:5], table[5:9]], [0.0, 1.0])
    np.testing.assert_allclose(model.predict([row[None] for row in table]), model.predict(table), atol=1e-6)
