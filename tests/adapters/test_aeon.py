"""aeon's own checks of its estimators, none skipped; the same numbers as aurita's; anomalies that aeon ships."""

import numpy as np
import pytest

from aurita import AuritaError, Learning, ReservoirClassifier, ReservoirRegressor

pytest.importorskip("aeon")
from aurita.adapters.aeon import AuritaAnomalyDetector, AuritaClassifier, AuritaClusterer, AuritaRegressor

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("kind", [AuritaClassifier, AuritaRegressor, AuritaClusterer, AuritaAnomalyDetector])
def test_checks_of_aeon(kind):
    # Here, as it loads all of aeon: a process that runs other tests need not.
    from aeon.testing.estimator_checking import check_estimator

    results = check_estimator(kind, raise_exceptions=True)
    assert len(results) > 20
    assert set(results.values()) == {"PASSED"}


def _collection():
    rng = np.random.default_rng(0)
    X = [np.sin(np.arange(20 + n) / (2 + n % 2) + rng.uniform(0, 6, size=(2, 1))) for n in range(30)]
    return X, np.array([n % 2 for n in range(30)])


def test_collections_of_unequal_length_give_the_same_numbers():
    X, y = _collection()
    values = [one.T for one in X]
    own = ReservoirClassifier(units=4, summary="mean_deviation").fit(values[:20], y[:20])
    model = AuritaClassifier(units=4, summary="mean_deviation").fit(X[:20], y[:20])
    np.testing.assert_allclose(model.predict_proba(X[20:]), own.predict_proba(values[20:]))
    assert (model.predict(X[20:]) == y[20:]).all()
    targets = np.linspace(0, 1, 30)
    alone = ReservoirRegressor(units=4).fit(values[:20], targets[:20]).predict(values[20:])
    np.testing.assert_allclose(AuritaRegressor(units=4).fit(X[:20], targets[:20]).predict(X[20:]), alone)


def test_a_stream_cut_anywhere_gives_the_scores_of_the_whole():
    rng = np.random.default_rng(0)
    X = np.sin(np.arange(300)[:, None] / [4, 5]) + 0.05 * rng.normal(size=(300, 2))
    settings = {"units": 6, "window": 7, "learning": Learning(objective="self", steps=30)}
    model = AuritaAnomalyDetector(**settings, causal=True).fit(X, axis=0)
    whole = model.predict(X, axis=0)
    parts = [model.predict_next(part) for part in np.split(X, [1, 2, 9, 100, 250])]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-5, atol=1e-5)
    # A later change moves no earlier score.
    changed = X.copy()
    changed[200:] += 3
    assert np.array_equal(model.predict(changed, axis=0)[:200], whole[:200])
    with pytest.raises(AuritaError, match="2 channels"):
        model.predict_next(X[:, 0])
    with pytest.raises(AuritaError, match="objective='self'"):
        AuritaAnomalyDetector(learning=Learning(objective="target")).fit(X, axis=0)


def test_the_anomaly_that_aeon_ships_scores_highest():
    from aeon.datasets import load_kdd_tsad_135

    normal, _ = load_kdd_tsad_135(split="train")
    series, labels = load_kdd_tsad_135(split="test")
    scores = AuritaAnomalyDetector().fit(normal).predict(series)
    (first, *_, last) = np.flatnonzero(labels)
    assert first - 20 <= scores.argmax() <= last + 20


@pytest.mark.parametrize("kind", [AuritaClassifier, AuritaRegressor, AuritaClusterer, AuritaAnomalyDetector])
def test_progress_is_followed(kind):
    rng, found = np.random.default_rng(0), []
    series = rng.normal(size=100) if kind is AuritaAnomalyDetector else rng.normal(size=(12, 1, 20))
    y = None if kind in (AuritaAnomalyDetector, AuritaClusterer) else np.arange(12) % 3
    kind(units=2, learning=Learning(objective="self", steps=5), verbose=found.append).fit(series, y)
    assert "units learn" in {one.stage for one in found}
