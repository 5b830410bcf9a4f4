"""Whole sequences by shape units: held-out sequences choose between them and the society; values have their mean."""

import warnings

import numpy as np
import pytest

from aurita import AuritaError, Population, ReservoirClassifier, ReservoirRegressor, load
from aurita.estimators import _pooled_shapes
from aurita.estimators.counting import sizes
from aurita.estimators.default_society import Member
from aurita.readout import RidgeReadout
from aurita.shapes import pooled
from aurita.units import EchoUnit


def bumps(count, seed=0, steps=80):
    """Noise with one of two shapes somewhere in it; what the last steps are says nothing."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    shapes = np.sin(np.arange(16) / 2.5), np.sign(np.sin(np.arange(16) / 2.5))
    X = []
    for label in labels:
        x = 0.2 * rng.normal(size=(steps + int(rng.integers(20)), 1))
        place = rng.integers(0, steps - 16)
        x[place : place + 16, 0] += 1.5 * shapes[label]
        X.append(x)
    return X, np.where(labels, "square", "round")


def parity(count, seed=0):
    """Marks in a few steps; the class is the symbol at the mark."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        x = np.zeros((12, 3))
        x[np.arange(12), rng.integers(2, size=12)] = 1
        place = rng.integers(2, 10)
        x[place, 2] = 1
        X.append(x)
        y.append(int(x[place, 1]))
    return X, np.array(y)


def test_a_shape_anywhere_is_found_saved_and_loaded(tmp_path):
    X, y = bumps(120)
    model = ReservoirClassifier().fit(X[:60], y[:60])
    assert model.shapes_[0] is not None
    assert model.reservoirs_ == [None]
    assert model.score(X[60:], y[60:]) >= 0.9
    model.save(tmp_path / "model.aurita")
    again = load(tmp_path / "model.aurita")
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    again = ReservoirClassifier().fit(X[:60], y[:60])
    np.testing.assert_array_equal(again.decision_function(X), model.decision_function(X))


def places(count, seed=0):
    """A weak wave in a walk, turned over halfway: which half is upright says the class."""
    rng = np.random.default_rng(seed)
    wave = np.where(np.arange(60) % 10 < 5, 1, -1) * np.where(np.arange(60) < 30, 1, -1)
    X, labels = [], np.arange(count) % 2
    for label in labels:
        x = 0.15 * rng.normal(size=(80, 1)).cumsum(axis=0)
        x[20:, 0] += 0.15 * (1 if label else -1) * wave
        X.append(x)
    return X, labels


def test_where_a_shape_is_the_bare_inputs_vote(tmp_path):
    X, y = places(120)
    model = ReservoirClassifier().fit(X[:60], y[:60])
    assert model.summaries_ == ["times:32"]
    assert model.score(X[60:], y[60:]) > 0.9
    model.save(tmp_path / "model.aurita")
    np.testing.assert_array_equal(load(tmp_path / "model.aurita").predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("apart", [True, False])
def test_shapes_and_inputs_vote_where_their_errors_are_apart(apart, monkeypatch, tmp_path):
    errors = np.random.default_rng(2).normal(size=(2, 60, 2))
    given = iter([errors[0], errors[1] if apart else 1.5 * errors[0]])
    monkeypatch.setattr(_pooled_shapes, "left_out_errors", lambda *rows, **parts: next(given))
    monkeypatch.setattr(_pooled_shapes, "_views", lambda labelled: ("values",))
    X, y = bumps(60)
    model = ReservoirClassifier().fit(X, y)
    assert model.summaries_ == ["times:32" if apart else None]
    scores = model.decision_function(X)
    if apart:
        shapes, inputs = model.shapes_[0], ReservoirClassifier(units=0, summary="times:32").fit(X, y)
        rows, wanted = pooled(shapes, model._scaled(X)), np.eye(2)[np.arange(60) % 2]
        halves = [rows[:, columns] for columns in shapes.columns]
        alone = [RidgeReadout(floor=0.1).fit(half, wanted) for half in halves]
        scored = np.mean([one.predict(half) for one, half in zip(alone, halves, strict=True)], axis=0)
        np.testing.assert_allclose(2 * scores, np.diff(scored)[:, 0] + inputs.decision_function(X), atol=0.05)
    model.save(tmp_path / "model.aurita")
    np.testing.assert_array_equal(load(tmp_path / "model.aurita").decision_function(X), scores)


def test_few_sequences_of_numbers_are_not_asked_which_world_they_are(monkeypatch):
    asked = []
    monkeypatch.setattr(ReservoirClassifier, "_society", lambda *given, **parts: asked.append(given))
    X, y = bumps(60, steps=30)
    ReservoirClassifier().fit(X, y)
    ReservoirClassifier().fit([np.c_[x, np.ones(len(x))] for x in X], y)
    assert not asked, "a constant is no symbol"


@pytest.mark.parametrize("symbols", [True, False])
def test_of_numbers_the_society_is_drawn_once(symbols, monkeypatch):
    drawn = []

    def society(model, batch, learning, generations, **parts):
        drawn.append(generations)
        raise StopIteration

    monkeypatch.setattr(ReservoirClassifier, "_society", society)
    monkeypatch.setattr(_pooled_shapes, "shapes_for_quietly", lambda part: Member(summary="last"))
    rng = np.random.default_rng(0)
    X = [rng.integers(2, size=(20, 1)) * 1.0 if symbols else rng.normal(size=(20, 1)) for _ in range(120)]
    with pytest.raises(StopIteration):
        ReservoirClassifier().fit(X, rng.integers(2, size=120))
    assert drawn == [3 if symbols else 1]


def test_symbols_go_to_the_society():
    X, y = parity(300)
    model = ReservoirClassifier().fit(X[:200], y[:200])
    assert model.shapes_ == [None]
    assert model.score(X[200:], y[200:]) > 0.9


def test_units_may_stay_as_drawn():
    X, y = bumps(60)
    frozen = ReservoirClassifier(shapes="only", learning="frozen").fit(X, y).shapes_[0]
    model = ReservoirClassifier(shapes="only").fit(X, y)
    learnt = model.shapes_[0]
    assert not frozen.learnt
    assert learnt.learnt
    assert learnt.units == 2 * frozen.units
    np.testing.assert_array_equal(learnt.filters[: frozen.units], frozen.filters)
    numbers = frozen.filters.size + frozen.levels.size
    assert sizes(model) == (numbers + model.readouts_[0].numbers(), numbers)
    assert np.abs(frozen.filters - learnt.filters[frozen.units :]).max() > 0.01


def test_errors_that_make_probabilities_are_of_units_that_do_not_know_the_rows():
    X, y = bumps(60)
    model = ReservoirClassifier(shapes="only").fit(X, y)
    rows = pooled(model.shapes_[0], model._scaled(X))[:, model.shapes_[0].columns[0]]
    drawn = RidgeReadout(floor=0.1).fit(rows, np.eye(2)[np.arange(60) % 2])
    assert model.summaries_ == [None]
    assert model.readouts_[0].spread() == pytest.approx(drawn.spread())


def test_units_learn_from_labels_only_where_learning_is_by_the_target():
    X, y = bumps(60)
    for objective, learns in (("self", False), ("target", True), ("mixed", True)):
        model = ReservoirClassifier(shapes="only", learning=objective).fit(X, y)
        assert model.shapes_[0].learnt == learns, objective


def test_a_readout_of_ones_own_sees_units_once():
    X, y = bumps(60)
    model = ReservoirClassifier(shapes="only", readout="logistic").fit(X, y)
    assert model.shapes_[0].units == 96
    assert model.shapes_[0].learnt


def test_no_sequence_depends_on_those_beside_it():
    X, y = bumps(60)
    model = ReservoirClassifier(shapes="only").fit(X[:40], y[:40])
    together = model.decision_function(X[40:])
    apart = np.concatenate([model.decision_function([x]) for x in X[40:]])
    np.testing.assert_allclose(together, apart, atol=1e-5)


def test_the_washout_is_not_seen():
    X, y = bumps(60)
    model = ReservoirClassifier(shapes="only", washout=5).fit(X, y)
    changed = [np.concatenate([x[:5] + 9, x[5:]]) for x in X]
    np.testing.assert_array_equal(model.decision_function(X), model.decision_function(changed))
    with pytest.raises(AuritaError, match="washout is 5"):
        model.predict([X[0][:5]])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"units": 4}, "units are asked for"),
        ({"populations": Population(unit=EchoUnit(slots=4), units=1, passage="mixed", afferents="all")}, "populations"),
        ({"features": ("input", "output")}, "features of a reservoir"),
    ],
)
def test_what_asks_for_a_reservoir_gets_one(given, why):
    X, y = bumps(40)
    assert ReservoirClassifier(**given).fit(X, y).shapes_ == [None], why
    with pytest.raises(AuritaError, match="shapes is 'only'"):
        ReservoirClassifier(shapes="only", **given).fit(X, y)


def test_a_stream_is_refused():
    X, y = bumps(40)
    model = ReservoirClassifier(shapes="only").fit(X, y)
    with pytest.raises(AuritaError, match="shapes='none'"):
        model.partial_fit(X, y)


def test_values_of_sequences():
    rng = np.random.default_rng(0)
    speeds = rng.uniform(1.5, 4, 90)
    X = [np.sin(np.arange(60)[:, None] / speed + rng.uniform(0, 6)) for speed in speeds]
    model = ReservoirRegressor(shapes="only").fit(X[:60], speeds[:60])
    assert model.score(X[60:], speeds[60:]) > 0.8
    assert len(model.readouts_[0].alphas_) == 1, "folds that no unit learnt from have chosen the penalty"


def test_values_that_are_linear_in_the_inputs(tmp_path):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(12, 1)) for _ in range(80)]
    y = np.array([x[3, 0] - x[7, 0] for x in X])
    model = ReservoirRegressor(shapes="only").fit(X[:60], y[:60])
    assert model.shapes_ == [None]
    assert model.summaries_ == ["times:12"]
    assert model.score(X[60:], y[60:]) > 0.99
    model.save(tmp_path / "model.aurita")
    np.testing.assert_array_equal(load(tmp_path / "model.aurita").predict(X), model.predict(X))


def test_windows_of_a_series_are_not_judged_by_their_neighbours(monkeypatch):
    rng = np.random.default_rng(0)
    series = np.zeros(260)
    for step in range(2, 260):
        series[step] = 1.6 * series[step - 1] - 0.9 * series[step - 2] + rng.normal()
    X = [series[start : start + 20, None] for start in range(240)]
    y = series[20:260]
    monkeypatch.setattr(ReservoirRegressor, "_society", lambda *given, **parts: pytest.fail("the society is asked"))
    model = ReservoirRegressor().fit(X[:180], y[:180])
    assert model.summaries_ == ["times:20"]
    assert np.std(model.predict(X[180:]) - y[180:]) < 1.3


def test_where_nothing_beats_the_mean_it_is_predicted_with_one_warning():
    rng = np.random.default_rng(3)
    X, y = [rng.normal(size=(30, 1)) for _ in range(40)], rng.normal(size=40)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        model = ReservoirRegressor(shapes="only").fit(X, y)
    predicted = [str(warning.message) for warning in found]
    assert len(predicted) == 1
    assert "the mean" in predicted[0]
    np.testing.assert_allclose(model.predict(X), y.mean(), atol=1e-6)


def test_folds_are_of_sequences_that_no_unit_learnt_from(monkeypatch):
    learnt_from = []
    fitted = _pooled_shapes._fitted

    def watched(labelled, views):
        learnt_from.append(len(labelled.values))
        return fitted(labelled, views)

    monkeypatch.setattr(_pooled_shapes, "_fitted", watched)
    rng = np.random.default_rng(0)
    speeds = rng.uniform(1.5, 4, 40)
    X = [np.sin(np.arange(30)[:, None] / speed + rng.uniform(0, 6)) for speed in speeds]
    ReservoirRegressor(shapes="only").fit(X, speeds)
    assert learnt_from == [*[30] * 8, 40], "as drawn and learnt, on four folds each, and then on everything"


def test_a_word_that_is_no_choice():
    X, y = bumps(40)
    with pytest.raises(AuritaError, match="shapes are 'maybe'"):
        ReservoirClassifier(shapes="maybe").fit(X, y)
