"""Forecasters on series read in pieces: those of the same series in memory."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError, ReservoirForecaster
from aurita.io import open_dataset

pytest.importorskip("pyarrow")

PLAIN = {"units": 4, "horizon": 5, "difference": 0}


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """12 series of 90 to 119 days in three files, and all of them as a frame with two index levels."""
    folder, rng = tmp_path_factory.mktemp("shops"), np.random.default_rng(0)
    parts = []
    for number in range(12):
        steps = np.arange(90 + rng.integers(30))
        sold = (10 + number) * (2 + np.sin(2 * np.pi * steps / 7 + number)) + rng.normal(size=len(steps))
        days = pd.date_range("2024-01-01", periods=len(steps))
        parts.append(pd.DataFrame({"shop": f"s{number:02d}", "day": days, "sold": sold, "staff": 1.0 * number}))
    frame = pd.concat(parts, ignore_index=True)
    for number, rows in enumerate(np.array_split(np.arange(len(frame)), 3)):
        frame.iloc[rows].to_parquet(folder / f"{number}.parquet", index=False)
    return folder, frame.set_index(["shop", "day"])[["sold"]]


def data_of(folder, **changes):
    given = {"id": "shop", "time": "day", "target": "sold", "channels": (), "rows": 500, **changes}
    return open_dataset(folder, **given)


def forecasts_of(model, data, **options):
    parts = list(model.forecast_pieces(data, **options))
    return np.concatenate([part.ids for part in parts]), [one for part in parts for one in part.forecasts]


def test_what_fits_into_the_sample_is_fitted_as_in_memory(shops):
    folder, frame = shops
    found, expected = ReservoirForecaster(**PLAIN).fit(data_of(folder)), ReservoirForecaster(**PLAIN).fit(frame)
    np.testing.assert_array_equal(found.readouts_[0].coef_, expected.readouts_[0].coef_)
    assert found.keys_ == expected.keys_
    assert [one.name for one in found.predict()] == sorted(frame.index.levels[0])


def test_the_readout_is_fitted_on_all_series(shops):
    folder, frame = shops
    found = ReservoirForecaster(**PLAIN, alphas=[1e-4]).fit(data_of(folder, sample=6))
    expected = ReservoirForecaster(**PLAIN, alphas=[1e-4]).fit(frame)
    np.testing.assert_allclose(found.readouts_[0].coef_, expected.readouts_[0].coef_, rtol=1e-4, atol=1e-7)
    few = ReservoirForecaster(**PLAIN, alphas=[1e-4]).fit(frame.loc[found.keys_])
    assert not np.allclose(few.readouts_[0].coef_, expected.readouts_[0].coef_, rtol=1e-2)


def test_all_series_are_forecast_with_their_ids_and_dates(shops):
    folder, frame = shops
    model = ReservoirForecaster(horizon=7).fit(data_of(folder, sample=6))
    before = model.predict()[0].mean
    ids, found = forecasts_of(model, data_of(folder))
    assert ids.tolist() == sorted(frame.index.levels[0])
    for name, forecast in zip(ids, found, strict=True):
        own = frame.loc[name]["sold"]
        assert forecast.name == name
        assert forecast.index[0] == own.index[-1] + pd.Timedelta(days=1)
        season_ago = own.to_numpy()[-7:]
        assert np.abs(forecast.mean[:, 0] - season_ago).mean() < 0.1 * own.mean()
        assert (forecast.lower <= forecast.mean).all()
    np.testing.assert_array_equal(model.predict()[0].mean, before)


def test_pieces_make_no_difference(shops):
    folder, _ = shops
    model = ReservoirForecaster(**PLAIN).fit(data_of(folder))
    (_, one), (_, many) = (forecasts_of(model, data_of(folder, rows=rows)) for rows in (200, 100_000))
    for first, second in zip(one, many, strict=True):
        np.testing.assert_allclose(first.mean, second.mean, rtol=1e-5)


def test_a_series_too_short_has_no_forecast(shops, tmp_path):
    _, frame = shops
    rows = frame.reset_index()
    short = pd.DataFrame({"shop": "short", "day": pd.date_range("2024-01-01", periods=1), "sold": [1.0]})
    pd.concat([rows, short]).to_parquet(tmp_path / "all.parquet", index=False)
    data = data_of(tmp_path, sample=6)
    with pytest.warns(UserWarning, match="too short"):
        model = ReservoirForecaster(**PLAIN).fit(data)
    ids, found = forecasts_of(model, data)
    assert [name for name, one in zip(ids, found, strict=True) if one is None] == ["short"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"target": (), "label": "shop", "id": "day", "time": None}, "opened|open it with target"),
        ({"channels": None}, "staff"),
    ],
)
def test_a_dataset_of_something_else_is_refused(shops, changes, says):
    folder, _ = shops
    if "label" in changes:
        changes = {**changes, "channels": ["sold"]}
    with pytest.raises(AuritaError, match=says):
        ReservoirForecaster(**PLAIN).fit(data_of(folder, **changes))


def test_covariates_beside_a_dataset_are_refused(shops):
    with pytest.raises(AuritaError, match="leave X out"):
        ReservoirForecaster(**PLAIN).fit(data_of(shops[0]), np.zeros(3))
