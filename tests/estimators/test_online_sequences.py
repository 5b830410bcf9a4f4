"""Regressor and classifier on streams: of steps, where the state goes on, and of whole sequences."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AuritaError, Online, Population, load, preset
from aurita.estimators import ReservoirClassifier, ReservoirRegressor

RNG = np.random.default_rng(0)
STEPS = RNG.uniform(-1, 1, size=(300, 2))
WANTED = np.stack([np.roll(STEPS[:, 0], 2), STEPS[:, 1]], axis=1)
SEQUENCES = [RNG.normal(size=(RNG.integers(6, 12), 1)) + (number % 2) for number in range(40)]
LABELS = np.array(["low", "high"])[np.arange(40) % 2]
VALUES = np.array([float(one.mean()) for one in SEQUENCES])


def parts(**given):
    unit = preset("classify", memory=4, hidden=3)
    return {"populations": Population(unit=unit, units=3), "online": Online(chunk=30), **given}


def in_cuts(model, cuts, stop=230):
    edges = sorted({0, *cuts, stop})
    for start, end in pairwise(edges):
        model.partial_fit([STEPS[start:end]], [WANTED[start:end]])
    return model


WHOLE = {}


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 229), max_size=6), st.sampled_from([None, "mixed"]))
def test_however_cut_the_bytes_are_the_same(cuts, learning):
    given = parts(learning=learning, washout=4)
    if learning not in WHOLE:
        WHOLE[learning] = in_cuts(ReservoirRegressor(**given), []).predict_next([STEPS[230:]])[0].tobytes()
    assert in_cuts(ReservoirRegressor(**given), cuts).predict_next([STEPS[230:]])[0].tobytes() == WHOLE[learning]


def test_the_state_goes_on_and_predictions_do_not_move_it():
    model = in_cuts(ReservoirRegressor(**parts()), [])
    (ahead,) = model.predict_next([STEPS[230:260]])
    np.testing.assert_array_equal(model.predict_next([STEPS[230:260]])[0], ahead)
    model.partial_fit([STEPS[230:235]], [WANTED[230:235]])
    # 235 steps are seven chunks and 25 waiting ones: nothing was learnt.
    np.testing.assert_allclose(model.predict_next([STEPS[235:260]])[0], ahead[5:], rtol=1e-4, atol=1e-5)
    # `predict` receives a sequence of its own, from a fresh start.
    assert np.abs(model.predict([STEPS[235:260]])[0][:3] - ahead[5:8]).max() > 1e-3


@pytest.mark.parametrize("learning", [None, "self", "target"])
def test_saved_they_go_on_to_the_same_bytes(tmp_path, learning):
    model = in_cuts(ReservoirRegressor(**parts(learning=learning, ensemble=2)), [50])
    model.save(tmp_path / "regressor")
    again = load(tmp_path / "regressor")
    labels = ReservoirClassifier(**parts(learning=learning)).partial_fit(SEQUENCES, LABELS, classes=["low", "high"])
    labels.save(tmp_path / "classifier")
    restored = load(tmp_path / "classifier")
    for one in (model, again):
        one.partial_fit([STEPS[230:]], [WANTED[230:]])
    assert model.predict([STEPS])[0].tobytes() == again.predict([STEPS])[0].tobytes()
    for one in (labels, restored):
        one.partial_fit(SEQUENCES[:7], LABELS[:7])
    assert labels.predict_proba(SEQUENCES).tobytes() == restored.predict_proba(SEQUENCES).tobytes()


def test_bare_inputs_in_a_stream_are_ridge():
    online = Online(chunk=50, memories=[np.inf])
    model = ReservoirRegressor(units=0, online=online, alphas=[1e-6], scale_inputs=False)
    model.partial_fit([STEPS[:50]], [STEPS[:50] @ [1.0, 2.0] + 3.0])
    np.testing.assert_allclose(model.predict([STEPS])[0], STEPS @ [1.0, 2.0] + 3.0, atol=1e-5)


def test_whole_sequences_without_forgetting_are_ridge_on_all_of_them():
    given = parts(online=Online(memories=[np.inf]), alphas=[0.1], scale_inputs=False)
    model = ReservoirRegressor(**given)
    for start in (0, 1, 12, 30):
        stop = {0: 1, 1: 12, 12: 30, 30: 40}[start]
        model.partial_fit(SEQUENCES[start:stop], VALUES[start:stop])
    rows = model._summaries(model.reservoirs_[0], SEQUENCES)
    # By hand, in units of the largest deviations that the columns have had.
    spread = model.readouts_[0].to_arrays()["spread"]
    columns = rows[:, spread > 0] / spread[spread > 0]
    centred, wanted = columns - columns.mean(0), VALUES - VALUES.mean()
    penalty = 0.1 * len(rows) * np.eye(columns.shape[1])
    expected = centred @ np.linalg.solve(centred.T @ centred + penalty, centred.T @ wanted) + VALUES.mean()
    np.testing.assert_allclose(model.predict(SEQUENCES), expected, rtol=1e-4, atol=1e-5)


def test_classes_are_named_once_and_may_be_missing_in_a_call():
    model = ReservoirClassifier(**parts(summary="mean", learning="target"))
    with pytest.raises(AuritaError, match="classes must be passed"):
        model.partial_fit(SEQUENCES, LABELS)
    model.partial_fit(SEQUENCES[:1], LABELS[:1], classes=["high", "low", "never"])
    for start in range(1, 40, 3):
        model.partial_fit(SEQUENCES[start : start + 3], LABELS[start : start + 3])
    assert model.classes_.tolist() == ["high", "low", "never"]
    assert model.predict_proba(SEQUENCES).shape == (40, 3)
    assert model.score(SEQUENCES, LABELS) > 0.85
    with pytest.raises(AuritaError, match="classes mixes labels"):
        ReservoirClassifier(**parts()).partial_fit(SEQUENCES, LABELS, classes=["high", 1])
    with pytest.raises(AuritaError, match="were"):
        model.partial_fit(SEQUENCES, LABELS, classes=["low", "high"])
    with pytest.raises(AuritaError, match="'other'"):
        model.partial_fit(SEQUENCES[:1], ["other"])


def test_labels_of_steps_in_a_stream():
    model, labels = ReservoirClassifier(**parts()), np.where(STEPS[:, 0] > 0, "up", "down")
    for start in range(0, 300, 50):
        model.partial_fit([STEPS[start : start + 50]], [labels[start : start + 50]], classes=["up", "down"])
    assert np.mean(model.predict_next([STEPS])[0] == labels) > 0.9


def test_fitted_ones_go_on():
    model = ReservoirRegressor(**parts()).fit(SEQUENCES, VALUES)
    before = model.score(SEQUENCES, VALUES)
    model.partial_fit(SEQUENCES[:2], VALUES[:2])
    # The readout is still nearly that of the fit: two more rows do not throw away what it knew.
    assert model.score(SEQUENCES, VALUES) > before - 0.1


def test_what_a_stream_does_not_have():
    with pytest.raises(AuritaError, match="one stream"):
        ReservoirRegressor(**parts()).partial_fit([STEPS, STEPS], [WANTED, WANTED])
    assert not hasattr(ReservoirClassifier(**parts(readout="logistic")), "partial_fit")
    with pytest.raises(AuritaError, match="there is none"):
        ReservoirRegressor(**parts()).fit([STEPS], [WANTED]).predict_next([STEPS])
    model = in_cuts(ReservoirRegressor(**parts()), [])
    with pytest.raises(AuritaError, match="a sequence"):
        model.partial_fit([STEPS], WANTED[:1])
    with pytest.raises(AuritaError, match="3 channels"):
        model.partial_fit([np.ones((5, 3))], [np.ones((5, 2))])


@pytest.mark.parametrize("size", [3, 6])
def test_two_sequences_of_each_class_are_enough_to_tell_classes_apart(size):
    """Nine waves a class later nothing is worse than it would be, and after two there are three classes already."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 12)
    X = [np.sin(np.arange(25)[:, None] / (1.5 + k) + rng.uniform(0, 6)) for k in labels]
    model, right = ReservoirClassifier(units=8, summary="mean_deviation"), []
    for start in range(0, 30, size):
        model.partial_fit(X[start : start + size], labels[start : start + size], classes=[0, 1, 2])
        if start + size >= 6:
            found = model.predict(X)
            assert len(set(found)) == 3
            right.append((found == labels).mean())
    assert right[0] > 0.6
    assert right[-1] > 0.9
