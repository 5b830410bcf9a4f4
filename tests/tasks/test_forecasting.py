"""Tasks cut from one series, free runs, valid prediction time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.tasks import forecasting_task, rollouts, task_named, valid_prediction_time


@settings(max_examples=60, deadline=None)
@given(
    horizon=st.integers(1, 12),
    washout=st.integers(0, 9),
    lengths=st.tuples(*[st.integers(13, 40)] * 3),
    channels=st.integers(1, 3),
)
def test_scored_targets_come_later_than_their_inputs_and_no_split_shares_one(horizon, washout, lengths, channels):
    """A series that holds its own time stamps shows at once what is predicted from what."""
    stamps = np.tile(np.arange(washout + sum(lengths), dtype=float)[:, None], (1, channels))
    task = forecasting_task(
        "stamps", 0, stamps, horizon=horizon, steps=lengths, washout=washout, standardise=False, metric="mse"
    )
    seen: list[set[float]] = []
    start = washout
    for part, length in zip((task.train, task.validation, task.test), lengths, strict=True):
        x, y, mask = part.inputs[0], part.targets[0], part.scored[0]
        np.testing.assert_array_equal(y, x + horizon)
        assert mask.sum() == length - horizon
        assert x[mask][0, 0] == start
        seen.append(set(y[mask][:, 0]))
        assert max(seen[-1]) == start + length - 1
        start += length
    assert not seen[0] & seen[1]
    assert not seen[1] & seen[2]


def test_standardising_knows_the_training_part_only():
    rng = np.random.default_rng(0)
    series = np.concatenate([rng.standard_normal((120, 2)), 50 + 9 * rng.standard_normal((80, 2))])
    task = forecasting_task("jump", 0, series, horizon=1, steps=(100, 40, 40), washout=20)
    part = task.train.series[0]
    np.testing.assert_allclose(part.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(part.std(axis=0), 1, atol=1e-12)
    assert task.test.series[0][30:].mean() > 10


def test_constant_channels_stay_finite():
    task = forecasting_task("flat", 0, np.ones((60, 1)), horizon=1, steps=(30, 10, 10), washout=5)
    assert np.all(task.train.inputs[0] == 0)


def test_targets_may_be_some_of_the_channels():
    series = np.arange(120.0).reshape(60, 2)
    task = forecasting_task(
        "second", 0, series, horizon=1, steps=(30, 10, 10), washout=5, columns=[1], standardise=False
    )
    np.testing.assert_array_equal(task.test.targets[0][:-1, 0], task.test.inputs[0][1:, 1])
    assert task.outputs == 1
    assert task.channels == 2


@pytest.mark.parametrize(
    ("series", "options", "says"),
    [
        (np.ones((50, 1)), {}, "50 steps"),
        (np.full((90, 1), np.nan), {}, "gaps"),
        (np.ones(90), {}, "shape"),
        (np.ones((90, 1)), {"horizon": 0}, "horizon"),
        (np.ones((90, 1)), {"horizon": 10}, "horizon"),
    ],
)
def test_series_that_do_not_fit_are_refused(series, options, says):
    with pytest.raises(AuritaError, match=says):
        forecasting_task("bad", 0, series, **{"horizon": 1, "steps": (50, 10, 10), "washout": 5, **options})


def test_rollouts_continue_the_raw_series():
    task = task_named("lorenz", seed=0, steps=(200, 100, 300))
    runs = rollouts(task, count=4, context=50, steps=100)
    raw = task.test.series[0]
    assert runs[0].start == 50
    assert runs[-1].start == len(raw) - 100
    for run in runs:
        np.testing.assert_array_equal(np.vstack([run.context, run.future]), raw[run.start - 50 : run.start + 100])


def test_rollouts_take_the_series_in_turn():
    runs = rollouts(task_named("sincosnoise", seed=0, sequences=(4, 4, 4)), count=6, context=10, steps=20)
    assert len(runs) == 6
    assert len({run.context.tobytes() for run in runs}) == 6


def test_rollouts_that_cannot_be_are_refused():
    with pytest.raises(AuritaError, match="do not fit"):
        rollouts(task_named("sincosnoise", seed=0), context=40, steps=20)
    with pytest.raises(AuritaError, match="no forecast"):
        rollouts(task_named("narma10", seed=0))


def test_valid_prediction_time_counts_steps_until_the_error_exceeds_the_threshold():
    truth = np.sin(np.arange(100.0))[:, None]
    forecast = truth.copy()
    forecast[37:] += 0.41 * truth.std()
    assert valid_prediction_time(truth, forecast, lyapunov=0.1) == pytest.approx(3.7)
    assert valid_prediction_time(truth, truth) == 100
    forecast[5] = np.nan
    assert valid_prediction_time(truth, forecast) == 5
    assert valid_prediction_time(truth, np.full_like(truth, np.inf)) == 0
    with pytest.raises(AuritaError, match="shape"):
        valid_prediction_time(truth, forecast[:5])
