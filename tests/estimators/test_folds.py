"""The summary that folds choose is the one that fits of each summary in each fold would choose."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from aurita import AuritaError, ReservoirClassifier
from aurita.estimators.folds import summary_by_folds


def separated_by_spread(count=40):
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    return [rng.normal(size=(12, 1)) * (1 + 0.7 * label) for label in labels], np.array(["calm", "wild"])[labels]


@pytest.mark.parametrize("parameters", [{"units": 4, "ensemble": 2}, {"units": 4, "learning": "self"}])
def test_scores_are_those_of_a_fit_for_each_summary(parameters):
    X, y = separated_by_spread()
    if "learning" in parameters:
        X, y = X[:12], y[:12]
    model = ReservoirClassifier(**parameters)
    names, folds = ("mean", "mean_deviation"), StratifiedKFold(3, shuffle=True, random_state=5)
    found, scores = summary_by_folds(model, X, y, candidates=names, folds=3, seed=5)
    for name in names:
        right = []
        for fitted_on, held in folds.split(y, y):
            fitted = clone(model).set_params(summary=name).fit([X[i] for i in fitted_on], y[fitted_on])
            right.append(fitted.score([X[i] for i in held], y[held]))
        assert scores[name] == pytest.approx(np.mean(right))
    assert found == max(scores, key=lambda name: scores[name])
    assert model.summary == "times:4", "the model is left as it was"
    assert not hasattr(model, "readouts_")


def test_of_equals_the_first():
    X, y = [np.full((5, 1), float(label)) for label in np.arange(12) % 2], np.arange(12) % 2
    model = ReservoirClassifier(units=0)
    for names in (("last", "mean"), ("mean", "last")):
        assert summary_by_folds(model, X, y, candidates=names, folds=2)[0] == names[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"candidates": ()}, "candidates are empty"),
        ({"candidates": ("median",)}, "median"),
        ({"folds": 1}, "folds is 1"),
        ({"folds": 21}, "the rarest class has 20 sequences"),
    ],
)
def test_what_cannot_be_chosen_from(changes, message):
    X, y = separated_by_spread()
    with pytest.raises(AuritaError, match=message):
        summary_by_folds(ReservoirClassifier(units=0), X, y, **changes)
