"""Weights of sequences, steps and classes do what copies would do."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError, load
from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

RNG = np.random.default_rng(0)
LABELS = np.arange(30) % 3
X = [RNG.normal(size=(RNG.integers(5, 9), 2)) + 0.4 * label for label in LABELS]
VALUES = np.array([x.mean() for x in X]) + 0.1 * RNG.normal(size=30)
WEIGHTS = RNG.integers(0, 4, 30)
COPIES = np.repeat(np.arange(30), WEIGHTS)


def copied(items):
    return [items[number] for number in COPIES]


def model(kind, **given):
    return kind(**{"units": 3, "learning": "frozen", "summary": "mean", "alphas": [0.01], **given})


@pytest.mark.parametrize("readout", ["ridge", "committee", "logistic"])
def test_a_weight_is_so_many_copies_of_a_labelled_sequence(readout):
    weighted = model(ReservoirClassifier, readout=readout).fit(X, LABELS, sample_weight=WEIGHTS)
    repeated = model(ReservoirClassifier, readout=readout).fit(copied(X), LABELS[COPIES])
    found = weighted.decision_function(X)
    np.testing.assert_allclose(found, repeated.decision_function(X), atol=2e-4)
    assert np.abs(found - model(ReservoirClassifier, readout=readout).fit(X, LABELS).decision_function(X)).max() > 0.01
    again = model(ReservoirClassifier, readout=readout).fit(X, LABELS, sample_weight=WEIGHTS * 7.5)
    np.testing.assert_allclose(found, again.decision_function(X), atol=1e-4)


def test_a_weight_is_so_many_copies_of_a_value_and_of_steps():
    weighted = model(ReservoirRegressor).fit(X, VALUES, sample_weight=WEIGHTS)
    np.testing.assert_allclose(
        weighted.predict(X), model(ReservoirRegressor).fit(copied(X), VALUES[COPIES]).predict(X), atol=1e-4
    )
    targets = [x[:, 0] ** 2 for x in X]
    of_steps = model(ReservoirRegressor).fit(X, targets, sample_weight=WEIGHTS)
    listed = [np.full(len(x), weight) for x, weight in zip(X, WEIGHTS, strict=True)]
    same = model(ReservoirRegressor).fit(X, targets, sample_weight=listed)
    repeated = model(ReservoirRegressor).fit(copied(X), copied(targets))
    for part, other, third in zip(of_steps.predict(X), same.predict(X), repeated.predict(X), strict=True):
        np.testing.assert_array_equal(part, other)
        np.testing.assert_allclose(part, third, atol=1e-4)


def test_scores_are_weighted_too():
    fitted = model(ReservoirClassifier).fit(X, LABELS)
    right = fitted.predict(X) == LABELS
    assert fitted.score(X, LABELS, sample_weight=WEIGHTS) == pytest.approx(right @ WEIGHTS / WEIGHTS.sum())
    steps = [np.full(len(x), label) for x, label in zip(X, LABELS, strict=True)]
    of_steps = model(ReservoirClassifier).fit(X, steps)
    shares = [np.mean(a == b) for a, b in zip(of_steps.predict(X), steps, strict=True)]
    lengths = WEIGHTS * [len(x) for x in X]
    assert of_steps.score(X, steps, sample_weight=WEIGHTS) == pytest.approx(np.average(shares, weights=lengths))


def test_balanced_classes_weigh_the_same():
    few = np.r_[np.flatnonzero(LABELS == 0)[:2], np.flatnonzero(LABELS > 0)]
    some, y = [X[number] for number in few], LABELS[few]
    balanced = model(ReservoirClassifier, class_weight="balanced").fit(some, y)
    counts = np.bincount(y)
    by_hand = model(ReservoirClassifier, class_weight={c: len(y) / (3 * n) for c, n in enumerate(counts)}).fit(some, y)
    np.testing.assert_allclose(balanced.decision_function(X), by_hand.decision_function(X), atol=1e-6)
    plain = model(ReservoirClassifier).fit(some, y)
    assert (balanced.predict(X) == 0).sum() > (plain.predict(X) == 0).sum()
    steps = [np.full(len(x), label) for x, label in zip(some, y, strict=True)]
    assert model(ReservoirClassifier, class_weight="balanced").fit(some, steps).per_step_


def test_weights_go_with_the_names_of_sequences():
    frame = pd.concat({f"s{number}": pd.DataFrame(x) for number, x in enumerate(X)})
    names = [f"s{number}" for number in range(30)]
    weights = pd.Series(WEIGHTS, names)
    found = model(ReservoirClassifier).fit(frame, pd.Series(LABELS, names), sample_weight=weights.iloc[::-1])
    expected = model(ReservoirClassifier).fit(X, LABELS, sample_weight=WEIGHTS)
    np.testing.assert_array_equal(found.decision_function(X), expected.decision_function(X))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-WEIGHTS, "goes down to -3"),
        (np.zeros(30), "every sample_weight is zero"),
        (WEIGHTS[:-1], r"expected one weight a sequence, \(30,\)"),
        (np.stack([WEIGHTS, WEIGHTS]), "expected one weight"),
        (np.where(WEIGHTS > 2, np.nan, 1.0), "sample_weight holds NaN"),
        (["a"] * 30, "no numbers"),
        ("balanced", "text"),
        (3.0, "expected one weight"),
        (np.ma.array(WEIGHTS, mask=WEIGHTS > 2), "sample_weight holds NaN"),
        ((LABELS > 0).astype(float), "the class 0 has sample_weight 0"),
    ],
)
def test_weights_that_are_none(weights, message):
    with pytest.raises(AuritaError, match=message):
        model(ReservoirClassifier).fit(X, LABELS, sample_weight=weights)


def test_class_weights_that_are_none():
    with pytest.raises(AuritaError, match="class_weight names 7"):
        model(ReservoirClassifier, class_weight={7: 1.0}).fit(X, LABELS)
    with pytest.raises(AuritaError, match="class_weight is 'even'"):
        model(ReservoirClassifier, class_weight="even").fit(X, LABELS)
    assert not hasattr(model(ReservoirClassifier, class_weight="balanced"), "partial_fit")


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState])
def test_a_generator_gives_one_seed_that_a_saved_model_keeps(tmp_path, make):
    fitted = model(ReservoirClassifier, ensemble=2, random_state=make(5)).fit(X, LABELS)
    expected = fitted.decision_function(X)
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.random_state == fitted.seed_ == again.seed_
    assert again.decision_function(X).tobytes() == expected.tobytes()
    assert again.fit(X, LABELS).decision_function(X).tobytes() == expected.tobytes()
    same = model(ReservoirClassifier, ensemble=2, random_state=make(5)).fit(X, LABELS)
    assert same.decision_function(X).tobytes() == expected.tobytes()
    wave = np.sin(np.arange(80) / 5)
    series = ReservoirForecaster(units=3, horizon=3, difference=0, random_state=make(5)).fit(wave)
    series.save(tmp_path / "series")
    assert load(tmp_path / "series").fit(wave).predict(3).mean.tobytes() == series.predict(3).mean.tobytes()
    with pytest.raises(AuritaError, match="fit first"):
        model(ReservoirClassifier, random_state=make(5)).save(tmp_path / "unfitted")
