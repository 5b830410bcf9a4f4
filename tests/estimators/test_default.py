"""What estimators do where nobody says what to draw: the mixed society, fitted, or a plain reservoir."""

import numpy as np
import pytest

from aurita import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor, load
from aurita.estimators import default_society
from aurita.readout import CommitteeReadout, RidgeReadout
from aurita.society import _view, default_learning, mixed_society, series_society


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """All kinds of units take long to compile; the kinds are tested where they are made."""

    def society_for(batch, segment, **_):
        longest = int(batch.lengths.max())
        if batch.many:
            return mixed_society(2, longest=longest, neurons=6)[-4:-1]
        return series_society(2, longest=longest, neurons=20)[2:5]

    monkeypatch.setattr(default_society, "society_for", society_for)
    monkeypatch.setattr(
        default_society, "default_learning", lambda given, loss: default_learning(given, loss, steps=20)
    )


def waves(count, seed=0):
    rng = np.random.default_rng(seed)
    speeds = rng.integers(0, 2, count)
    X = [np.sin(np.arange(rng.integers(8, 14)) * (0.5 + 0.7 * speed) + rng.uniform(0, 6))[:, None] for speed in speeds]
    return X, np.where(speeds, "fast", "slow")


def test_a_classifier_settles_saves_and_loads(tmp_path):
    X, y = waves(60)
    model = ReservoirClassifier(shapes="none").fit(X[:40], y[:40])
    assert model.default_society_
    assert model.choices_[0].units
    assert model.choices_[0].errors[-1] < 0.5
    assert model.score(X[40:], y[40:]) > 0.8
    model.save(tmp_path / "model.aurita")
    again = load(tmp_path / "model.aurita")
    np.testing.assert_array_equal(again.decision_function(X), model.decision_function(X))
    assert again.choices_[0].units == model.choices_[0].units


def test_kinds_of_units_vote_on_classes(monkeypatch, tmp_path):
    X, y = waves(60)
    plain = ReservoirClassifier(readout="ridge", learning="frozen", shapes="none").fit(X[:40], y[:40])
    weights = np.array([1.0, 3.0, 2.0])
    monkeypatch.setattr(
        _view, "committee_weights", lambda fitted, held, kinds: weights[: len(np.unique(kinds[kinds >= 0]))]
    )
    model = ReservoirClassifier(learning="frozen", shapes="none").fit(X[:40], y[:40])
    assert isinstance(plain.readouts_[0], RidgeReadout)
    assert isinstance(model.readouts_[0], CommitteeReadout)
    assert 0 < len(model.readouts_[0].alphas_) <= 3
    assert model.score(X[40:], y[40:]) > 0.8
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    model.save(tmp_path / "model.aurita")
    np.testing.assert_array_equal(load(tmp_path / "model.aurita").predict_proba(X), model.predict_proba(X))


def test_units_may_be_chosen_as_drawn():
    X, y = waves(40)
    model = ReservoirClassifier(learning="frozen").fit(X, y)
    assert model.default_society_
    assert model.histories_ == [None]


def test_too_few_sequences_to_choose_by():
    X, y = waves(8)
    model = ReservoirClassifier().fit(X, y)
    assert not model.default_society_
    assert model.choices_ == [None]


def test_a_number_of_units_asks_for_no_society():
    X, y = waves(40)
    assert not ReservoirClassifier(units=2).fit(X, y).default_society_


def test_a_regressor_of_steps():
    x = np.random.default_rng(0).normal(size=(240, 1))
    before = np.vstack([np.zeros((1, 1)), x[:-1]])
    model = ReservoirRegressor().fit([x[:160]], [before[:160]])
    assert model.default_society_
    assert len(model.readouts_[0].alphas_) == 1, "held-out time has chosen the penalty"
    assert model.score([x[160:]], [before[160:]]) > 0.8


def test_a_forecaster_takes_the_society_or_the_plain_reservoir_by_held_out_forecasts(tmp_path):
    wave = np.sin(np.arange(260) / 5) + 0.3 * np.sin(np.arange(260) / 2)
    given = {"horizon": 10, "random_state": 1}
    default = ReservoirForecaster(**given).fit(wave[:220])
    plain = ReservoirForecaster(units=40, **given).fit(wave[:220])
    alone = ReservoirForecaster(experts=False, **given).fit(wave[:220])
    assert np.nanmean(alone.residuals_**2) <= np.nanmean(plain.residuals_**2)
    # Two sines are a dynamical system without noise: a map of it forecasts alone.
    assert dict(zip(default.committee_.names, default.committee_.weights, strict=True))["flow map"] == 1
    forecast = default.predict(10)
    assert np.abs(forecast.mean - wave[220:230]).max() < 0.3
    default.save(tmp_path / "model.aurita")
    np.testing.assert_array_equal(load(tmp_path / "model.aurita").predict(10).mean, forecast.mean)


def test_a_short_series_has_nothing_to_choose_by():
    model = ReservoirForecaster(horizon=2).fit(np.sin(np.arange(30.0)))
    assert model.reservoirs_[0].populations[0].units == 20
