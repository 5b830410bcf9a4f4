"""Series by their index: any order gives the bytes of the sorted series; what contradicts itself is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AuritaError, Online, ReservoirForecaster, load
from aurita.data.series import as_series

STEPS = 48
VALUES = 10 + 3 * np.sin(2 * np.pi * np.arange(STEPS + 12) / 12) + 0.05 * np.arange(STEPS + 12)
INDEXES = {
    "days": pd.date_range("2024-03-20", periods=STEPS + 12),
    "business days": pd.date_range("2024-01-01", periods=STEPS + 12, freq="B"),
    "hours of a zone": pd.date_range("2024-03-30", periods=STEPS + 12, freq="h", tz="Europe/Berlin"),
    "days of a zone": pd.date_range("2024-03-20", periods=STEPS + 12, tz="Europe/Berlin"),
    "weeks": pd.date_range("2024-01-01", periods=STEPS + 12, freq="W-MON"),
    "month ends": pd.date_range("2020-01-31", periods=STEPS + 12, freq="ME"),
    "the 15th": pd.date_range("2020-01-15", periods=STEPS + 12, freq=pd.DateOffset(months=1)),
    "quarters": pd.date_range("2000-01-01", periods=STEPS + 12, freq="QS"),
    "periods": pd.period_range("2020-01", periods=STEPS + 12, freq="M"),
    "every second": pd.RangeIndex(10, 10 + 2 * (STEPS + 12), 2),
    "a plain range": pd.RangeIndex(STEPS + 12),
    "fractions": pd.Index(np.arange(STEPS + 12) / 4),
    "durations": pd.timedelta_range("0s", periods=STEPS + 12, freq="10s"),
    "text": pd.date_range("2024-03-20", periods=STEPS + 12).strftime("%Y-%m-%d"),
}
READ = {**INDEXES, "text": INDEXES["days"]}


def forecaster(**parts):
    return ReservoirForecaster(units=2, horizon=3, learning="frozen", difference=0, alphas=[0.1], **parts)


def bytes_of(forecast):
    return b"".join(part.tobytes() for part in (forecast.mean, forecast.lower, forecast.upper))


CLEAN = {}


def clean():
    if "y" not in CLEAN:
        CLEAN["y"] = bytes_of(forecaster().fit(VALUES[:STEPS]).predict(3))
    return CLEAN["y"]


def arranged(order, count=STEPS):
    places = np.arange(count)
    if order == "newest first":
        return places[::-1]
    return places if order == "in order" else np.random.default_rng(0).permutation(count)


@pytest.mark.parametrize("kind", INDEXES)
def test_any_order_is_the_sorted_series(kind):
    series = pd.Series(VALUES, INDEXES[kind])
    for order in ("in order", "newest first", "shuffled"):
        (read,), _ = as_series(series.iloc[arranged(order)], "y")
        np.testing.assert_array_equal(read.values[:, 0], VALUES[:STEPS])
        after = read.calendar.after(12)
        if kind == "fractions":
            np.testing.assert_allclose(after, READ[kind][STEPS:])
        else:
            assert after.tolist() == READ[kind][STEPS:].tolist()
        assert read.calendar.moved(5).after(7).tolist()[0] == pytest.approx(after[5]) if kind == "fractions" else True


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(list(INDEXES)),
    st.sampled_from(["in order", "newest first", "shuffled"]),
    st.integers(1, STEPS - 2),
    st.integers(1, 20),
    st.sampled_from(["gap", "twice"]),
)
def test_gaps_and_repeated_steps_are_named(kind, order, first, many, fault):
    series = pd.Series(VALUES[:STEPS], INDEXES[kind][:STEPS])
    if fault == "gap":
        last = min(first + many, STEPS - 1)
        broken = pd.concat([series.iloc[:first], series.iloc[last:]])
        named = READ[kind][first] if last < STEPS - 1 or first > 2 else None
    else:
        broken, named = pd.concat([series, series.iloc[[first]]]), READ[kind][first]
    broken = broken.iloc[arranged(order, len(broken))]
    if fault == "gap" and first == 1:
        # Of a first row that stands alone, the rows after it say how far steps are apart.
        named = None
    with pytest.raises(AuritaError) as caught:
        as_series(broken, "y")
    if named is not None and kind not in ("business days", "fractions"):
        assert str(named).removesuffix(" 00:00:00") in str(caught.value)


@pytest.mark.parametrize("kind", ["days", "periods", "every second", "days of a zone"])
def test_forecasts_are_those_of_the_sorted_series(kind):
    index = INDEXES[kind]
    series = pd.Series(VALUES, index)
    for order in ("newest first", "shuffled"):
        forecast = forecaster().fit(series.iloc[arranged(order)]).predict(3)
        assert bytes_of(forecast) == clean()
        assert forecast.index.tolist() == index[STEPS : STEPS + 3].tolist()


def test_what_follows_is_sorted_and_has_to_follow():
    series = pd.Series(VALUES, INDEXES["days"])
    model = forecaster().fit(series[:STEPS])
    expected = forecaster().fit(VALUES[:STEPS]).update(VALUES[STEPS : STEPS + 5]).predict(3).mean
    ahead = model.predict_one_step(series[STEPS : STEPS + 5])
    np.testing.assert_array_equal(model.predict_one_step(series[STEPS : STEPS + 5][::-1]), ahead)
    for wrong, complaint in (
        (series[STEPS - 1 : STEPS + 4], "starts at 2024-05-06 and the model expects 2024-05-07"),
        (series[STEPS + 1 : STEPS + 4], "starts at 2024-05-08 and the model expects 2024-05-07"),
        (series[STEPS : STEPS + 6].drop(series.index[STEPS + 2]), "goes on from 2024-05-08 to 2024-05-10"),
        (series[STEPS : STEPS + 3].tz_localize("UTC"), "have a time zone"),
        (series[STEPS : STEPS + 3].to_period("D"), "holds periods and that of the model dates"),
        (pd.Series(VALUES[:3], [48, 49, 50]), "holds numbers and that of the model dates"),
    ):
        for act in (model.update, model.predict_one_step, model.partial_fit):
            with pytest.raises(AuritaError, match=complaint):
                act(wrong)
    model.update(series[STEPS : STEPS + 5][::-1])
    np.testing.assert_array_equal(model.predict(3).mean, expected)
    assert model.predict(3).index[0] == series.index[STEPS + 5]
    # A few business days alone look like days; the calendar of the fit knows better.
    weekdays = pd.Series(VALUES, INDEXES["business days"])
    model.fit(weekdays[:STEPS]).restart(weekdays[-5:])
    assert model.predict(1).index[0] == pd.Timestamp("2024-03-25")


def test_a_stream_of_dated_steps(tmp_path):
    series = pd.Series(VALUES, INDEXES["business days"])
    stream = forecaster(online=Online(chunk=12))
    stream.partial_fit(series[:1]).partial_fit(series[1:6][::-1])
    with pytest.raises(AuritaError, match="starts at 2024-01-08 and the model ended at 2024-01-08"):
        stream.partial_fit(series[5:7])
    with pytest.raises(AuritaError, match="no row for 2024-01-09"):
        stream.partial_fit(series[7:12])
    stream.save(tmp_path / "opening")
    stream = load(tmp_path / "opening").partial_fit(series[6:20])
    assert stream.predict(2).index.tolist() == series.index[20:22].tolist()
    plain = forecaster(online=Online(chunk=12)).partial_fit(VALUES[:20])
    np.testing.assert_array_equal(plain.predict(2).mean, stream.predict(2).mean)
    with pytest.raises(AuritaError, match="expects 2024-01-29"):
        stream.partial_fit(series[22:])
    assert stream.partial_fit(series[20:30]).predict(1).index[0] == series.index[30]


KNOWN = pd.DataFrame({"k": np.cos(np.arange(STEPS + 12.0))}, INDEXES["days"])


def test_covariates_are_matched_by_their_index():
    series = pd.Series(VALUES, INDEXES["days"])
    model = forecaster().fit(series[:STEPS], KNOWN[:STEPS])
    expected = bytes_of(model.predict(3, KNOWN[STEPS : STEPS + 3]))
    places = arranged("shuffled", STEPS + 12)
    for y, x in (
        (series[:STEPS][::-1], KNOWN[:STEPS]),
        (series[:STEPS], KNOWN.iloc[places]),
        (series[:STEPS][::-1], KNOWN[:STEPS][::-1].to_numpy()),
        (series[:STEPS][::-1], KNOWN[:STEPS][::-1].reset_index(drop=True)),
        (VALUES[:STEPS], KNOWN[:STEPS]),
        (series[:STEPS], KNOWN[:STEPS].tz_localize(None)),
    ):
        again = forecaster().fit(y, x)
        assert bytes_of(again.predict(3, KNOWN.iloc[places])) == expected
        assert again.predict(3, KNOWN[-12:].to_numpy()[:3]).index[0] == series.index[STEPS]
    assert bytes_of(model.predict(3, KNOWN[STEPS : STEPS + 3].reset_index(drop=True))) == expected


@pytest.mark.parametrize(
    ("y", "x", "complaint"),
    [
        ("days", KNOWN[1 : STEPS + 1], "no row for 2024-03-20, a step of y"),
        ("days", KNOWN[:STEPS].shift(freq="365D"), "no row for 2024-03-20"),
        ("days", KNOWN[:STEPS].drop(KNOWN.index[7]), "no row for 2024-03-27"),
        ("days", pd.concat([KNOWN[:STEPS], KNOWN[:1]]), "2024-03-20 in its index 2 times"),
        ("days", KNOWN[:STEPS].tz_localize("UTC"), "have a time zone"),
        ("days", KNOWN[:STEPS].set_index(np.arange(5, STEPS + 5)), "holds numbers and that of y dates"),
        ("periods", KNOWN[:STEPS], "holds dates and that of y periods"),
        ("every second", KNOWN[:STEPS].reset_index(drop=True), "no row for 48"),
        ("a plain range", KNOWN[:STEPS][::-1], "not in rising order"),
        ("a plain range", KNOWN[:STEPS].drop(KNOWN.index[7]), "47 steps; expected 48"),
        ("a plain range", KNOWN.drop(KNOWN.index[7])[:STEPS], "no row for 2024-03-27"),
    ],
)
def test_covariates_of_other_steps_are_refused(y, x, complaint):
    with pytest.raises(AuritaError, match=complaint):
        forecaster().fit(pd.Series(VALUES[:STEPS], INDEXES[y][:STEPS]), x)


def test_covariates_ahead_have_to_be_ahead():
    model = forecaster().fit(pd.Series(VALUES[:STEPS], INDEXES["days"][:STEPS]), KNOWN[:STEPS])
    for x, complaint in (
        (KNOWN[:3], "no row for 2024-05-07, a step of the forecast"),
        (KNOWN[STEPS - 1 : STEPS + 2], "no row for 2024-05-09"),
        (KNOWN[STEPS + 1 : STEPS + 4], "no row for 2024-05-07"),
        (KNOWN[STEPS : STEPS + 3].drop(KNOWN.index[STEPS + 1]), "no row for 2024-05-08"),
        (KNOWN[STEPS : STEPS + 3].to_period("D"), "holds periods and that of the forecast dates"),
    ):
        with pytest.raises(AuritaError, match=complaint):
            model.predict(3, x)
    counted = KNOWN.reset_index(drop=True)
    model = forecaster().fit(pd.Series(VALUES[:STEPS]), counted[:STEPS])
    with pytest.raises(AuritaError, match="no row for 48"):
        model.predict(3, counted[:3])
    dated = pd.Series(VALUES, INDEXES["days"])
    beside = forecaster().fit(dated[:STEPS], counted[:STEPS])
    moved = beside.update(dated[STEPS : STEPS + 2], counted[STEPS : STEPS + 2]).predict(
        3, counted[STEPS + 2 : STEPS + 5]
    )
    assert moved.index[0] == dated.index[STEPS + 2]
    assert model.predict(3, counted).index[0] == STEPS


def panel(order=("a", "b")):
    level = {"a": 0.0, "b": 1000.0}
    parts = [
        pd.DataFrame({"shop": shop, "ds": INDEXES["days"][:STEPS], "y": VALUES[:STEPS] + level[shop]}) for shop in order
    ]
    return pd.concat(parts).set_index(["shop", "ds"])


def test_two_levels_are_many_series():
    frame = panel()
    separate = forecaster().fit([VALUES[:STEPS], VALUES[:STEPS] + 1000]).predict(3)
    swapped, shuffled = frame.swaplevel(), frame.iloc[np.random.default_rng(1).permutation(2 * STEPS)]
    for given_frame in (frame, frame["y"], swapped, shuffled.sort_index(level="shop", sort_remaining=False)):
        model = forecaster().fit(given_frame)
        forecasts = model.predict(3)
        assert [one.name for one in forecasts] == ["a", "b"]
        assert [one.index[0] for one in forecasts] == [INDEXES["days"][STEPS]] * 2
        for one, expected in zip(forecasts, separate, strict=True):
            np.testing.assert_array_equal(np.ravel(one.mean), expected.mean)
    known = pd.DataFrame(np.tile(VALUES[:STEPS, None], (2, 1)), frame.index, columns=["k"])
    model = forecaster().fit(frame, known)
    later = pd.MultiIndex.from_product([["b", "a"], INDEXES["days"][STEPS : STEPS + 3]])
    ahead = pd.DataFrame({"k": np.r_[VALUES[:3], VALUES[3:6]]}, later)
    by_hand = model.predict(3, [ahead.loc[["a"]].droplevel(0), ahead.loc[["b"]].droplevel(0)])
    for one, expected in zip(model.predict(3, ahead), by_hand, strict=True):
        np.testing.assert_array_equal(one.mean, expected.mean)
    model = forecaster().fit(frame)
    more = pd.DataFrame({"y": [1003.0, 3.0]}, pd.MultiIndex.from_tuples([(s, INDEXES["days"][STEPS]) for s in "ba"]))
    moved = model.update(more).predict(1)
    assert [one.name for one in moved] == ["a", "b"]
    assert abs(float(moved[0].mean[0, 0])) < 100 < float(moved[1].mean[0, 0])
    with pytest.raises(AuritaError, match="lacks series 'b'"):
        model.update(more.loc[["a"]])
    with pytest.raises(AuritaError, match="series 'b' of y has no row for 2024-03-27"):
        forecaster().fit(frame.drop(("b", INDEXES["days"][7])))


@pytest.mark.parametrize(
    "times", [INDEXES["days"][:8], INDEXES["periods"][:8], pd.RangeIndex(5, 13), INDEXES["text"][:8]]
)
def test_levels_of_time_are_found(times):
    shops = pd.MultiIndex.from_product([["b", "a"], times])
    frame = pd.Series(np.arange(16.0), shops)
    forms = [frame, frame[::-1].sort_index(level=0, sort_remaining=False)]
    forms += [] if times.dtype == object else [frame.swaplevel(), frame.sample(frac=1, random_state=0).swaplevel()]
    for form in forms:
        series, several = as_series(form, "y")
        assert several
        assert {one.key for one in series} == {"a", "b"}
        values = {one.key: one.values[:, 0].tolist() for one in series}
        assert values == {"b": list(range(8)), "a": list(range(8, 16))}


def test_missing_values_and_nothing_at_all():
    masked = np.ma.array(VALUES, mask=np.arange(len(VALUES)) == 3)
    for missing in (masked, [masked], masked[:, None], [1.0, np.ma.masked, 2.0], np.where(masked.mask, np.nan, VALUES)):
        with pytest.raises(AuritaError, match="NaN"):
            forecaster().fit(missing)
    with pytest.raises(AuritaError, match="NaN"):
        forecaster().fit(VALUES, masked[:, None])
    np.testing.assert_array_equal(as_series(np.ma.array(VALUES), "y")[0][0].values[:, 0], VALUES)
    for nothing in (None, float("nan"), "text", {}, [], [None], [1, [2]], [[1, [2]]], object(), pd.DataFrame()):
        with pytest.raises(AuritaError):
            forecaster().fit(nothing)


def test_dates_end_somewhere():
    model = forecaster().fit(pd.Series(VALUES[:STEPS], pd.date_range("2200", periods=STEPS, freq="YS")))
    assert model.predict(14).index[-1] == pd.Timestamp("2261-01-01")
    with pytest.raises(AuritaError, match="year 2262"):
        model.predict(16)


def test_newest_first_is_forecast_into_the_future():
    steps = np.arange(200)
    series = pd.Series(10 + 3 * np.sin(2 * np.pi * steps / 12) + 0.05 * steps, pd.date_range("2020-01-01", periods=200))
    for given_series in (series[::-1], series.sample(frac=1, random_state=0)):
        model = ReservoirForecaster(units=5, horizon=6, learning="frozen", difference=0).fit(given_series)
        forecast = model.predict(3)
        assert forecast.index[0] == pd.Timestamp("2020-07-19")
        assert abs(forecast.mean[0] - (20 + 3 * np.sin(2 * np.pi * 200 / 12))) < 0.5
    with pytest.raises(AuritaError, match=r"no row for 2020-02-20: .*40 of 200 steps are missing"):
        model.fit(series.drop(series.index[50:90]))


def test_two_shops_of_a_frame_have_a_forecast_each():
    steps = np.arange(60)
    parts = [
        pd.DataFrame({"shop": shop, "ds": pd.date_range("2024", periods=60), "y": level + np.sin(steps / 3)})
        for shop, level in (("a", 10), ("b", 1000))
    ]
    frame = pd.concat(parts).set_index(["shop", "ds"])
    found = ReservoirForecaster(units=4, horizon=3, learning="frozen", difference=0).fit(frame).predict(3)
    assert [one.name for one in found] == ["a", "b"]
    assert abs(found[0].mean - 10).max() < 3
    assert abs(found[1].mean - 1000).max() < 3
    assert found[1].index[0] == pd.Timestamp("2024-03-01")


@pytest.mark.parametrize("intervals", [[0.5, 0.9], "90%", 90, True, {}])
def test_levels_are_refused_before_anything_runs(intervals):
    model = forecaster().fit(VALUES[:STEPS])
    with pytest.raises(AuritaError, match="intervals is"):
        model.predict(3, intervals=intervals)
