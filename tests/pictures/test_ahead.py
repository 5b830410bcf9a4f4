"""What a page says of a forecaster and of shape units: what is saved with them."""

import numpy as np
import pytest

from aurita import AuritaError, ReservoirClassifier, ReservoirForecaster, load, save
from aurita.estimators.levels import LevelInDoubt
from aurita.pictures import expert_weights, forecast_ahead, model_view
from aurita.pictures._shaped import contributions
from aurita.pictures.drawing import Band, Line, Points
from aurita.shapes import pooled


@pytest.fixture(scope="module")
def series():
    steps = np.arange(84)
    return 20 + 5 * np.sin(steps * 2 * np.pi / 12) + np.random.default_rng(0).normal(size=84)


@pytest.fixture(scope="module")
def forecaster(series, tmp_path_factory):
    """As its file holds it."""
    path = tmp_path_factory.mktemp("models") / "model.aurita"
    save(ReservoirForecaster(units=4, horizon=6, experts=True).fit(series), path)
    return load(path)


def marks(drawing, kind):
    return [mark for panel in drawing.panels for mark in panel.marks if isinstance(mark, kind)]


def test_the_forecast_of_a_file_stands_beside_the_end_of_its_series(forecaster, series):
    expected, drawing = forecaster.predict(), forecast_ahead.drawing(forecaster)
    (band,) = marks(drawing, Band)
    np.testing.assert_array_equal(np.stack([band.low, band.high]), [expected.lower, expected.upper])
    lines = {line.name: np.asarray(line.y) for line in marks(drawing, Line)}
    np.testing.assert_array_equal(lines["forecast"], expected.mean)
    np.testing.assert_array_equal(lines["past"], series[-len(lines["past"]) :])


def test_the_caption_tells_that_a_past_before_a_shift_is_drawn_at_the_last_level(series):
    shifted = np.asarray(series, float) + 100.0 * (np.arange(len(series)) >= len(series) - 14).reshape(
        -1, *[1] * (np.ndim(series) - 1)
    )
    model = ReservoirForecaster(units=4, horizon=6, experts=True).fit(shifted)
    drawing = forecast_ahead.drawing(model)
    (past,) = (np.asarray(line.y) for line in marks(drawing, Line) if line.name == "past")
    assert np.abs(past - shifted.ravel()[-len(past) :]).max() > 50
    assert "at the last one" in drawing.caption


def test_the_caption_names_a_last_record_that_is_drawn_nearer(series, forecaster):
    wrong = np.r_[series[:-1], 90.0]
    with pytest.warns(LevelInDoubt, match="[Tt]he last record is far"):
        model = ReservoirForecaster(units=4, horizon=6, experts=True).fit(wrong)
    drawing = forecast_ahead.drawing(model)
    (past,) = (np.asarray(line.y) for line in marks(drawing, Line) if line.name == "past")
    assert past[-1] < 60
    assert "are drawn nearer" in drawing.caption
    assert "drawn" not in forecast_ahead.drawing(forecaster).caption


def test_the_weights_are_those_of_the_committee(forecaster):
    drawing, committee = expert_weights.drawing(forecaster), forecaster.committee_
    (points,) = marks(drawing, Points)
    names = drawing.panels[0].y_ticks[1]
    known = dict(zip(committee.names, committee.weights, strict=True))
    assert [known[name] for name in names] == points.x.tolist() == sorted(points.x)
    assert points.x.sum() > 0.95
    assert f"Weights: {names[-1]} {points.x[-1]:.0%}" in drawing.caption


def test_a_page_says_who_forecasts(forecaster, series):
    shown = model_view(forecaster, series)
    assert [drawing.title for drawing in shown.charts[:2]] == ["Forecast of what comes next", "Who forecasts"]
    assert any("a committee forecasts" in note for note in shown.states.notes)


def test_reservoirs_alone_and_covariates_have_what_there_is(series):
    alone = ReservoirForecaster(units=4, horizon=6).fit([series, series[::-1]])
    drawing = forecast_ahead.drawing(alone)
    assert len(drawing.panels) == 2
    assert [line.name for line in marks(drawing, Line)] == ["forecast"] * 2
    with pytest.raises(AuritaError, match="no experts"):
        expert_weights(alone)
    driven = ReservoirForecaster(units=4, horizon=6).fit(series, X=np.arange(84.0))
    with pytest.raises(AuritaError, match="covariates"):
        forecast_ahead(driven)


def test_shape_units_show_what_they_say_and_what_the_readout_makes_of_it(sequences):
    X, y = sequences
    model = ReservoirClassifier(shapes="only").fit(X, y)
    shown = model_view(model, X, y)
    assert shown.states.units
    charts = {drawing.title: drawing for drawing in shown.charts}
    (points,) = marks(charts["Outputs of shape units for sequences"], Points)
    assert [points.categories[code] for code in points.codes] == y.tolist()
    (ends,) = marks(charts["Shape units that the readout uses"], Points)
    shapes, readout = model.shapes_[0], model.readouts_[0]
    rows = pooled(shapes, model._scaled(X))
    # Without the pooled values of a unit the readout says something else: by how much is what is drawn.
    weights, _ = readout.linear_weights()
    unit = int(np.argmax(contributions(weights, rows, shapes)))
    less = weights.copy()
    own = shapes.units * shapes.unit.pooled
    for start in range(unit * shapes.unit.pooled, shapes.width - 1, own):
        less[start : start + shapes.unit.pooled] = 0
    moved = (rows @ weights[: shapes.width] - rows @ less[: shapes.width]).std(axis=0)
    np.testing.assert_allclose(max(ends.x), np.sqrt((moved**2).sum()))
