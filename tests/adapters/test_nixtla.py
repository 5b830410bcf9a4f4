"""Long frames in and out, and a model in StatsForecast."""

import numpy as np
import pandas as pd
import pytest

import aurita
from aurita import ReservoirForecaster
from aurita.adapters import NixtlaModel

pl = pytest.importorskip("polars")


def _frame(series=("a", "b"), steps=160, *, covariate=False):
    rng = np.random.default_rng(0)
    parts = []
    for number, name in enumerate(series):
        t = np.arange(steps)
        known = rng.normal(size=steps)
        y = np.sin(t / (4 + number)) + 0.5 * known * covariate + 0.01 * rng.normal(size=steps)
        part = pd.DataFrame({"unique_id": name, "ds": pd.date_range("2024-01-01", periods=steps), "y": y})
        parts.append(part.assign(price=known) if covariate else part)
    return pd.concat(parts, ignore_index=True)


def _model(**settings):
    return ReservoirForecaster(units=6, horizon=5, **settings)


def test_a_long_frame_is_the_same_as_a_list_of_series():
    frame = _frame()
    found = _model().fit(frame).forecast(4, level=[90, 80])
    assert found.columns.tolist() == [
        "unique_id",
        "ds",
        "ReservoirForecaster",
        "ReservoirForecaster-lo-90",
        "ReservoirForecaster-lo-80",
        "ReservoirForecaster-hi-80",
        "ReservoirForecaster-hi-90",
    ]
    assert found["unique_id"].tolist() == ["a"] * 4 + ["b"] * 4
    assert found["ds"].iloc[0] == frame["ds"].max() + pd.Timedelta(days=1)
    values = [part["y"].to_numpy() for _, part in frame.groupby("unique_id")]
    alone = _model().fit(values)
    for level in (80, 90):
        expected = alone.predict(4, intervals=level / 100)
        for name, kind in (("", "mean"), (f"-lo-{level}", "lower"), (f"-hi-{level}", "upper")):
            both = np.concatenate([getattr(one, kind) for one in expected])
            np.testing.assert_allclose(found[f"ReservoirForecaster{name}"], both)


def test_covariates_are_the_other_columns_and_rows_may_be_in_any_order(tmp_path):
    frame = _frame(covariate=True)
    head = frame[frame["ds"] < "2024-06-01"]
    tail = frame[frame["ds"] >= "2024-06-01"]
    model = _model().fit(head.sample(frac=1, random_state=0).sort_values("unique_id"))
    found = model.forecast(5, tail.drop(columns="y").groupby("unique_id").head(5))
    parts = [part for _, part in head.groupby("unique_id")]
    alone = _model().fit([one["y"].to_numpy() for one in parts], [one[["price"]].to_numpy() for one in parts])
    known = [part[["price"]].to_numpy()[:5] for _, part in tail.groupby("unique_id")]
    expected = np.concatenate([one.mean for one in alone.predict(5, known)])
    np.testing.assert_allclose(found["ReservoirForecaster"], expected)
    with pytest.raises(aurita.AuritaError, match="X is None"):
        model.forecast(5)
    model.save(tmp_path / "model.aurita")
    again = aurita.load(tmp_path / "model.aurita")
    pd.testing.assert_frame_equal(again.forecast(5, tail.drop(columns="y").groupby("unique_id").head(5)), found)
    first = model.update(tail.groupby("unique_id").head(5)).forecast(
        1, tail.drop(columns="y").groupby("unique_id").nth(5)
    )
    assert first["ds"].tolist() == [pd.Timestamp("2024-06-06")] * 2


@pytest.mark.parametrize("names", [("a", "b"), (7, 3)])
@pytest.mark.parametrize("dates", ["date", "datetime", "number"])
def test_frames_of_polars(names, dates):
    frame = _frame(names)
    if dates == "number":
        frame["ds"] = frame.groupby("unique_id").cumcount()
    expected = _model().fit(frame).forecast(level=[80])
    given = pl.DataFrame({name: frame[name].to_numpy() for name in frame})
    if dates == "date":
        given = given.with_columns(pl.col("ds").cast(pl.Date))
    found = _model().fit(given).forecast(level=[80])
    assert isinstance(found, pl.DataFrame)
    assert found.columns == expected.columns.tolist()
    assert found["unique_id"].to_list() == expected["unique_id"].tolist() == [names[0]] * 5 + [names[1]] * 5
    if dates == "date":
        assert found.schema["ds"] == pl.Date
        assert found["ds"].to_list() == expected["ds"].dt.date.tolist()
    elif dates == "datetime":
        assert found["ds"].to_list() == expected["ds"].tolist()
    else:
        assert found["ds"].to_list() == expected["ds"].tolist()
    np.testing.assert_allclose(found["ReservoirForecaster"].to_numpy(), expected["ReservoirForecaster"])


def test_bad_frames_and_levels_are_named():
    frame = _frame()
    with pytest.raises(aurita.AuritaError, match="expected unique_id, ds and y"):
        _model().fit(frame.drop(columns="y"))
    with pytest.raises(aurita.AuritaError, match="rows without a value of ds"):
        _model().fit(frame.assign(ds=frame["ds"].where(frame.index > 0)))
    with pytest.raises(aurita.AuritaError, match="ds of y holds no dates"):
        _model().fit(frame.assign(ds="soon"))
    model = _model().fit(frame)
    with pytest.raises(aurita.AuritaError, match="level is"):
        model.forecast(level=[0.9, 120])
    with pytest.raises(aurita.AuritaError, match="not fitted on a long frame"):
        _model().fit(frame["y"].to_numpy()[:160]).forecast()


def test_dates_as_text():
    frame = _frame()
    found = _model().fit(frame.assign(ds=frame["ds"].dt.strftime("%Y-%m-%d"))).forecast()
    pd.testing.assert_frame_equal(found, _model().fit(frame).forecast())


@pytest.mark.filterwarnings("ignore")
def test_a_model_in_statsforecast():
    statsforecast = pytest.importorskip("statsforecast")
    from statsforecast.models import Naive

    frame = _frame(covariate=True)
    model = NixtlaModel(ReservoirForecaster(units=6))
    both = statsforecast.StatsForecast(models=[model, Naive()], freq="D")
    known = frame.drop(columns="y").groupby("unique_id").tail(3)
    known["ds"] += pd.Timedelta(days=3)
    found = both.forecast(df=frame, h=3, X_df=known, level=[80, 90], fitted=True)
    assert {"Aurita", "Aurita-lo-80", "Aurita-lo-90", "Aurita-hi-80", "Aurita-hi-90", "Naive"} <= set(found.columns)
    own = frame[frame["unique_id"] == "a"]
    covariates = known[known["unique_id"] == "a"][["price"]].to_numpy()
    alone = ReservoirForecaster(units=6, horizon=3).fit(own["y"].to_numpy(), own[["price"]].to_numpy())
    expected = alone.predict(3, covariates, intervals=0.8)
    np.testing.assert_allclose(found[found["unique_id"] == "a"]["Aurita"], expected.mean, rtol=1e-5)
    np.testing.assert_allclose(found[found["unique_id"] == "a"]["Aurita-lo-80"], expected.lower, rtol=1e-5)
    fitted = both.forecast_fitted_values()
    errors = (fitted["Aurita"] - fitted["y"]).abs()
    assert errors.isna().sum() < 10
    assert errors.median() < (fitted["Naive"] - fitted["y"]).abs().median()
    crossed = both.cross_validation(df=frame, h=3, n_windows=2, level=[80])
    assert len(crossed) == 2 * 2 * 3
    assert {"Aurita", "Aurita-lo-80", "Naive"} <= set(crossed.columns)
    assert (crossed["Aurita"] - crossed["y"]).abs().mean() < (crossed["Naive"] - crossed["y"]).abs().mean()
    one = statsforecast.StatsForecast(models=[model], freq="D")
    assert len(one.cross_validation(df=frame, h=3, n_windows=2, refit=False)) == 12
    assert one.fit(df=frame).predict(h=2, X_df=known.groupby("unique_id").head(2)).shape == (4, 3)
