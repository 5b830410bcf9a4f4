"""The held-out check against loops by hand, and the seasons that dates suggest."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from aurita.cli._forecaster import decimals_for
from aurita.cli._held_out import Check, _verdict, held_out_check
from aurita.cli._panel import SeriesTable, season_of
from aurita.cli._terminal import Stages
from aurita.io import prepare_series


class Spy:
    """A forecaster that says zero, with intervals of one, and keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[np.ndarray] = []
        self.asked: list[int] = []

    def set_params(self, **_: object) -> None:
        pass

    def fit(self, y: list[pd.DataFrame], X: object = None) -> None:
        self.shown = [one.to_numpy() for one in y]

    def update(self, y: list[pd.DataFrame], X: object = None) -> None:
        self.shown = [np.concatenate([old, one.to_numpy()]) for old, one in zip(self.shown, y, strict=True)]

    def predict(self, horizon: int, X: object = None, *, intervals: float | None) -> list[SimpleNamespace]:
        self.asked.append(len(self.shown[0]))
        zero = np.zeros((horizon, self.shown[0].shape[1]))
        return [SimpleNamespace(mean=zero, lower=zero - 1, upper=zero + 1) for _ in self.shown]


def panel_of(*columns: np.ndarray, frequency: str = "D") -> SeriesTable:
    frames = [
        pd.DataFrame({"date": pd.date_range("2024-01-01", periods=len(y), freq=frequency), "id": f"s{i}", "y": y})
        for i, y in enumerate(columns)
    ]
    return SeriesTable(prepare_series(pd.concat(frames), time="date", target="y", id="id"), "id")


def test_the_check_is_what_loops_by_hand_give():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=100), rng.normal(size=120)]
    spy = Spy()
    check = held_out_check(spy, panel_of(*series), horizon=5, season=7, interval=0.9, stages=Stages(None))
    assert (check.held, check.horizon, check.origins) == (15, 5, 5)
    # Never shown more than the steps before the origin, and all of those.
    assert spy.asked == [85, 87, 90, 92, 95]
    for row, y in enumerate(series):
        errors = {"aurita": [], "last value": [], "a season ago (7)": []}
        inside = []
        for origin in (origin + len(y) - 100 for origin in spy.asked):
            for ahead in range(5):
                truth = y[origin + ahead]
                errors["aurita"].append(abs(truth))
                errors["last value"].append(abs(truth - y[origin - 1]))
                errors["a season ago (7)"].append(abs(truth - y[origin + ahead - 7]))
                inside.append(abs(truth) <= 1)
        for kind, found in errors.items():
            assert check.errors[kind][row, 0] == pytest.approx(np.mean(found))
        assert check.covered[row, 0] == pytest.approx(np.mean(inside))
    best = np.minimum(check.errors["last value"], check.errors["a season ago (7)"])
    np.testing.assert_allclose(check.ratios(), check.errors["aurita"] / best)


def test_seasons_longer_than_the_horizon_and_shorter():
    """The season before repeats where the horizon is longer than it."""
    y = np.tile([1.0, 2.0, 3.0], 40)
    check = held_out_check(Spy(), panel_of(y), horizon=8, season=3, interval=None, stages=Stages(None))
    assert check.errors["a season ago (3)"].item() == 0
    assert check.covered is None
    assert check.ratios().item() == np.inf


@pytest.mark.parametrize(("ours", "ratio"), [(3e-6, 1.0), (0.0, 1.0), (0.5, np.inf)])
def test_rounding_is_no_error(ours, ratio):
    errors = {"aurita": ours, "last value": 5.0, "a season ago (12)": 1e-15}
    check = Check(9, 3, 5, 12, {kind: np.array([[found]]) for kind, found in errors.items()}, None)
    assert check.ratios().item() == ratio


def test_short_series_are_not_checked_and_shorter_ones_over_fewer_steps():
    assert (
        held_out_check(Spy(), panel_of(np.arange(11.0)), horizon=3, season=None, interval=None, stages=Stages(None))
        is None
    )
    check = held_out_check(Spy(), panel_of(np.arange(20.0)), horizon=9, season=7, interval=None, stages=Stages(None))
    assert (check.held, check.horizon, check.origins) == (5, 5, 1)


@pytest.mark.parametrize(
    ("frequency", "steps", "season"),
    [
        ("h", 200, 24),
        ("15min", 500, 96),
        ("D", 60, 7),
        ("B", 60, 5),
        ("W", 300, 52),
        ("MS", 60, 12),
        ("ME", 60, 12),
        ("QS", 30, 4),
        ("YS", 30, None),
        ("7h", 200, None),
        ("h", 50, None),
    ],
)
def test_the_season_of_dates(frequency, steps, season):
    assert season_of(panel_of(np.arange(float(steps)), frequency=frequency)) == season


@pytest.mark.parametrize("value", [0.0, 0.00123, 0.5, 9.99, 1234.5, 1e7])
def test_four_digits_are_shown(value):
    shown = f"{value:.{decimals_for(np.array([value]))}f}"
    assert float(shown) == pytest.approx(value, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize(
    ("ratios", "season", "output"),
    [
        ([0.5], 7, "Better than the better of the two simple forecasts: 0.50"),
        ([1.0], 7, "About as good as"),
        (
            [1.5, 1.3, 0.2],
            7,
            "WORSE than the better of the two simple forecasts: 1.30 of its error (better for 1 of 3)",
        ),
        ([0.5], None, "Better than the last value: 0.50"),
    ],
)
def test_the_verdict_claims_no_more_than_was_compared(ratios, season, output):
    verdict = _verdict(np.array(ratios), season)
    assert verdict.startswith(output)
    assert ("--season" in verdict) == (season is None)
