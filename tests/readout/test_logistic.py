"""Logistic readout against scikit-learn on standardised features, its own scaler and its own cross-validation."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aurita.errors import AuritaError
from aurita.readout import LogisticReadout
from aurita.readout.logistic import _left_out


def data(count=150, features=5, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    x = rng.normal(size=(count, features)) + rng.normal(size=(classes, features))[labels]
    return x * np.logspace(-2, 2, features) + 7.0, labels


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("strength", [1e-3, 1e-1])
def test_equals_scikit_learn_on_standardised_features(classes, strength):
    x, labels = data(classes=classes)
    names = np.array(["c", "a", "b"])[labels]
    readout = LogisticReadout([strength]).fit(x[:100], names[:100])
    peer = make_pipeline(StandardScaler(), LogisticRegression(C=1 / (strength * 100), tol=1e-9, max_iter=5000))
    peer.fit(x[:100], names[:100])
    np.testing.assert_array_equal(readout.classes_, peer.classes_)
    np.testing.assert_allclose(readout.predict_proba(x[100:]), peer.predict_proba(x[100:]), atol=1e-4)
    np.testing.assert_array_equal(readout.predict(x[100:]), peer.predict(x[100:]))
    assert readout.converged_
    assert readout.scores_.size == 0


def test_scores_are_the_log_loss_of_scikit_learns_cross_validation():
    """On the same folds, standardised as a whole, with the strength per row of each fold's fit."""
    x, labels = data(120)
    z = StandardScaler().fit_transform(x)
    parts = np.arange(120) // 3 % 4
    strengths = np.array([1e-3, 1e-2, 1.0])
    expected = [
        log_loss(
            labels,
            cross_val_predict(
                LogisticRegression(C=1 / (s * 90), tol=1e-9, max_iter=5000),
                z,
                labels,
                cv=PredefinedSplit(parts),
                method="predict_proba",
            ),
        )
        for s in strengths
    ]
    np.testing.assert_allclose(_left_out(z, labels, parts, strengths), expected, rtol=1e-4)


def test_noise_takes_a_strong_penalty_and_signal_a_weak_one():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 20))
    clear = LogisticReadout().fit(x, x[:, 0] > 0)
    noise = LogisticReadout().fit(x, rng.random(200) > 0.5)
    assert clear.strength_ < 1e-2 < noise.strength_
    assert clear.scores_.shape == clear.strengths_.shape == (7,)
    assert clear.strength_ == clear.strengths_[np.argmin(clear.scores_)]
    assert np.mean(clear.predict(rng.normal(size=(500, 20))).astype(bool)) == pytest.approx(0.5, abs=0.1)


def test_folds_keep_groups_whole_and_classes_in_proportion():
    labels = np.repeat([0, 1, 2], [40, 20, 20])
    groups = np.arange(80) // 4
    parts = LogisticReadout(folds=5)._parts(labels, groups)
    for group in range(20):
        assert len(np.unique(parts[groups == group])) == 1
    for part in range(5):
        np.testing.assert_array_equal(np.bincount(labels[parts == part]), [8, 4, 4])
    alone = LogisticReadout(folds=5)._parts(labels, None)
    for part in range(5):
        np.testing.assert_array_equal(np.bincount(labels[alone == part]), [8, 4, 4])
    assert not np.array_equal(alone, LogisticReadout(folds=5, seed=1)._parts(labels, None))


def test_groups_uncover_features_that_only_know_the_group():
    """One-hot names of the sequences tell every label that was seen, and nothing of a new sequence."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 5)
    labels = rng.integers(0, 2, 40)[groups]
    x = np.eye(40)[groups] + 0.01 * rng.normal(size=(200, 40))
    fooled, honest = LogisticReadout().fit(x, labels), LogisticReadout().fit(x, labels, groups)
    assert fooled.scores_.min() < 0.1
    assert honest.scores_.min() > 0.6
    assert honest.strength_ > fooled.strength_
    # scikit-learn's own grouped folds agree that nothing can be learned.
    blind = cross_val_predict(
        LogisticRegression(C=1.0), x, labels, groups=groups, cv=GroupKFold(5), method="predict_proba"
    )
    assert log_loss(labels, blind) > 0.6


def test_rare_classes_do_not_stop_the_choice():
    x, labels = data(60)
    labels = labels.copy()
    labels[7] = 9
    readout = LogisticReadout().fit(x, labels)
    assert readout.classes_.tolist() == [0, 1, 2, 9]
    assert np.all(np.isfinite(readout.scores_))
    np.testing.assert_allclose(readout.predict_proba(x).sum(axis=1), 1.0)


def test_constant_features_get_no_weight():
    x, labels = data(60)
    x[:, 2] = 0.1
    readout = LogisticReadout([1e-2]).fit(x, labels)
    assert np.all(readout.coef_[2] == 0)
    bare = LogisticReadout([1e-2]).fit(np.ones((10, 2)), [0] * 7 + [1] * 3)
    np.testing.assert_allclose(bare.predict_proba(np.zeros((1, 2))), [[0.7, 0.3]])


@pytest.mark.parametrize(
    "names",
    [np.array(["x", "long name"]), np.array([3, -1]), np.array([True, False]), np.array(["u", "v"], dtype=object)],
)
def test_arrays_and_config_bring_back_the_same_bytes(names):
    x, labels = data(60, classes=2)
    readout = LogisticReadout([1e-2, 1e-1]).fit(x, names[labels])
    again = LogisticReadout.from_arrays(readout.to_arrays(), json.loads(json.dumps(readout.config())))
    assert all(array.dtype != object for array in readout.to_arrays().values())
    assert again.predict_proba(x).tobytes() == readout.predict_proba(x).tobytes()
    assert again.predict(x).tolist() == readout.predict(x).tolist()
    assert again.classes_.dtype == readout.classes_.dtype
    assert set(readout.predict(x).tolist()) <= set(names.tolist())
    with pytest.raises(AuritaError, match="3 labels"):
        LogisticReadout.from_arrays(readout.to_arrays(), readout.config() | {"classes": [1, 2, 3], "labels": "<i8"})
    with pytest.raises(AuritaError, match="damaged"):
        LogisticReadout.from_arrays(readout.to_arrays(), readout.config() | {"labels": "|O"})


def test_complaints_name_what_is_wrong():
    x, labels = data(30)
    fit = LogisticReadout().fit
    with pytest.raises(AuritaError, match=r"1 class \(\[2\]\)"):
        fit(x, np.full(30, 2))
    with pytest.raises(AuritaError, match="0 class"):
        fit(np.zeros((0, 3)), np.zeros(0))
    with pytest.raises(AuritaError, match="one label a row"):
        fit(x, labels[:5])
    with pytest.raises(AuritaError, match="whole numbers"):
        fit(x, labels + 0.5)
    with pytest.raises(AuritaError, match=r"several types \(NoneType, str\)"):
        fit(x, np.array(["a", None, "b"] * 10, dtype=object))
    with pytest.raises(AuritaError, match="NaN"):
        fit(np.where(x > 100, x, np.nan), labels)
    with pytest.raises(AuritaError, match="one group a row"):
        fit(x, labels, np.zeros(3))
    with pytest.raises(AuritaError, match="give a single strength"):
        fit(x, labels, np.zeros(30))
    with pytest.raises(AuritaError, match="folds are 1"):
        LogisticReadout(folds=1).fit(x, labels)
    with pytest.raises(AuritaError, match="strengths are"):
        LogisticReadout([]).fit(x, labels)
    with pytest.raises(AuritaError, match="not fitted"):
        LogisticReadout().predict(x)
    with pytest.raises(AuritaError, match="4 columns; expected 5"):
        fit(x, labels).predict(x[:, :4])
