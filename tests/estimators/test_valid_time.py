"""The penalty chosen by how long forecasts stay valid, against counting by hand."""

import numpy as np
import pytest

from aurita import AuritaError, ReservoirForecaster
from aurita.estimators._backtest import HeldOut
from aurita.experts.finding_flow import THRESHOLDS


def held(truth, late):
    count, steps = truth.shape[:2]
    late = np.array(late)
    within = np.ones((count, steps), bool)
    return HeldOut([(0, 0)] * count, truth, np.zeros((count, 0, 1)), np.zeros((count, steps, 0)), late, within)


def test_scores_are_minus_the_mean_steps_within_the_thresholds():
    errors = np.zeros((3, 6, 1))
    errors[0, 2:] = 1.0
    errors[1, 4:] = 0.1
    truth = np.zeros((3, 6, 1))
    truth[2, 1:] = np.nan
    by_hand = [2.0, np.mean([6.0 if limit >= 0.1 else 4.0 for limit in THRESHOLDS]), 6.0]
    whole, early, late = held(truth, [False, False, True]).scores(errors, "valid_time")
    assert whole == pytest.approx(-np.mean(by_hand))
    assert (early, late) == pytest.approx((-np.mean(by_hand[:2]), -6.0))
    assert held(truth, [False] * 3).scores(errors, "valid_time")[2] == pytest.approx(whole)


def test_a_forecaster_chooses_by_it():
    wave = np.sin(np.arange(240) / 4) * np.sin(np.arange(240) / 17)
    model = ReservoirForecaster(units=8, horizon=20, selection="valid_time", difference=0).fit(wave[:220])
    assert np.abs(model.predict().mean - wave[220:]).max() < 0.4
    with pytest.raises(AuritaError, match="selection='valid_time' needs held-out steps"):
        ReservoirForecaster(units=8, selection="valid_time", calibration=0).fit(wave)
