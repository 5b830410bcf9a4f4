"""Pooled states as a scikit-learn transformer: against runs of the reservoir, and in scikit-learn's own machinery."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import aurita
from aurita import ReservoirClassifier, ReservoirFeatures, run


@parametrize_with_checks([ReservoirFeatures(units=3)])
def test_estimator(estimator, check):
    check(estimator)


def _sequences(count=24):
    rng = np.random.default_rng(0)
    X = [np.sin(np.arange(20 + n)[:, None] / (2 + n % 2) + rng.uniform(0, 6, size=2)) for n in range(count)]
    return X, np.array([n % 2 for n in range(count)])


def test_rows_are_pooled_states():
    X, _ = _sequences()
    model = ReservoirFeatures(units=4, washout=3).fit(X)
    rows = model.transform(X)
    every = np.concatenate(X)
    for x, row in zip(X[:4], rows, strict=False):
        states, _ = run(model.reservoir_, ((x - every.mean(0)) / every.std(0))[None])
        expected = np.concatenate([states[0, 3:].mean(0), states[0, 3:].std(0)])
        np.testing.assert_allclose(row, expected, atol=1e-5)
    names = model.get_feature_names_out()
    assert len(names) == rows.shape[1]
    assert names[0] == "mean of x0"
    assert names[-1].startswith("deviation of")


def test_learning_changes_the_units_and_needs_no_target():
    X, y = _sequences()
    drawn, learnt = ReservoirFeatures(units=4), ReservoirFeatures(units=4, learning="self")
    assert not np.allclose(drawn.fit_transform(X), learnt.fit_transform(X))
    assert len(learnt.history_.losses)
    with pytest.raises(aurita.AuritaError, match="a transformer has none"):
        ReservoirFeatures(units=4, learning="target").fit(X, y)


def test_set_output_names_columns_and_keeps_the_index():
    X, _ = _sequences(6)
    model = ReservoirFeatures(units=0, summary="times:2").set_output(transform="pandas")
    frame = model.fit_transform(X)
    assert frame.columns.tolist() == ["1/2 of x0", "1/2 of x1", "2/2 of x0", "2/2 of x1"]
    long = pd.concat({f"s{n}": pd.DataFrame(x, columns=["a", "b"]) for n, x in enumerate(X)})
    named = model.fit_transform(long)
    assert named.index.tolist() == [f"s{n}" for n in range(6)]
    assert named.columns.tolist()[:2] == ["1/2 of a", "1/2 of b"]
    np.testing.assert_allclose(named.to_numpy(), frame.to_numpy())


def test_weights_count_as_copies_of_sequences():
    X, _ = _sequences(5)
    weighed = ReservoirFeatures(units=4).fit(X, sample_weight=[1, 2, 0, 1, 1])
    copied = ReservoirFeatures(units=4).fit([X[0], X[1], X[1], X[3], X[4]])
    np.testing.assert_allclose(weighed.transform(X), copied.transform(X), rtol=1e-6, atol=1e-6)


def _weighed(estimator):
    return estimator.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)


def test_weights_and_groups_are_routed():
    X, y = _sequences(24)
    weights = np.r_[np.zeros(6), np.ones(18)]
    groups = np.arange(24) // 4
    with sklearn.config_context(enable_metadata_routing=True):
        features = ReservoirFeatures(units=3).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(features, _weighed(RidgeClassifier()))
        given = pipeline.fit(X, y, sample_weight=weights)
        alone = make_pipeline(ReservoirFeatures(units=3), RidgeClassifier())
        scores = cross_validate(
            pipeline, X, y, cv=GroupKFold(3), params={"sample_weight": np.ones(24), "groups": groups}
        )
        classifier = _weighed(ReservoirClassifier(units=3))
        own = cross_validate(
            classifier, X, y, cv=GroupKFold(3), params={"sample_weight": np.ones(24), "groups": groups}
        )
    rest = alone.fit(X[6:], y[6:])
    np.testing.assert_allclose(given.decision_function(X), rest.decision_function(X), rtol=1e-6)
    assert len(scores["test_score"]) == len(own["test_score"]) == 3


def test_saved_and_loaded(tmp_path):
    X, _ = _sequences()
    model = ReservoirFeatures(units=4, learning="self", summary="times:3").fit(X)
    model.save(tmp_path / "features.aurita")
    again = aurita.load(tmp_path / "features.aurita")
    assert np.array_equal(again.transform(X), model.transform(X))
    assert again.get_feature_names_out().tolist() == model.get_feature_names_out().tolist()


def test_the_bare_inputs_and_bad_input():
    X, _ = _sequences(4)
    rows = ReservoirFeatures(units=0, summary="mean", scale_inputs=False).fit_transform(X)
    np.testing.assert_allclose(rows, [x.mean(0) for x in X])
    with pytest.raises(aurita.AuritaError, match="there is no summary 'median'"):
        ReservoirFeatures(summary="median").fit(X)
    with pytest.raises(aurita.AuritaError, match="washout is 20"):
        ReservoirFeatures(washout=20).fit(X)
