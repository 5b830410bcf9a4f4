"""Outputs of shape units, beside numpy by hand."""

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.native.library import kernels, set_engine
from aurita.native.threads import set_threads
from aurita.shapes import check_shapes, draw_shapes, pooled
from aurita.shapes.padding import scale_of, stacked_views
from aurita.units.shape import ShapeUnit


def ragged(count=12, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(steps, channels)).cumsum(axis=0) for steps in rng.integers(5, 70, size=count)]


def by_hand(shapes, values):
    """One sequence, unit, filter and step at a time."""
    rows = []
    for value in values:
        x = (stacked_views(value, shapes.views) - shapes.mean) / shapes.deviation
        predicted = []
        for unit in range(shapes.units):
            dilation = int(shapes.dilations[unit])
            field = (shapes.unit.window - 1) * dilation
            start = field if shapes.whole[unit] and len(x) > 1.5 * field else 0
            for k in range(shapes.unit.hidden):
                h = []
                for t in range(start, len(x)):
                    total = 0.0
                    for slot, channel in enumerate(shapes.channels[unit]):
                        for j in range(shapes.unit.window):
                            if channel >= 0 and t - j * dilation >= 0:
                                total += shapes.filters[unit, k, slot, j] * x[t - j * dilation, channel]
                    h.append(total)
                for level, slope in zip(shapes.levels[unit, k], shapes.slopes[unit, k], strict=True):
                    predicted.append(np.mean(np.clip((np.array(h) - level) * slope + 0.5, 0, 1)))
                predicted.append(max(h))
        row = np.array(predicted)
        if shapes.ragged:
            row = np.concatenate([row, row * len(x) / shapes.longest, [np.log(len(x))]])
        rows.append(np.clip(row, shapes.low, shapes.high))
    return np.array(rows)


@pytest.mark.parametrize("engine", ["auto", "jax"])
def test_pooled_values_are_those_by_hand(engine):
    values = ragged()
    shapes = draw_shapes(values, units=5, views=("values", "own differences"), width=0.5)
    with set_engine(engine):
        predicted = pooled(shapes, values)
    np.testing.assert_allclose(predicted, by_hand(shapes, values), atol=1e-4)


@pytest.mark.skipif(kernels() is None, reason="nothing was compiled")
def test_compiled_and_numpy_agree():
    values = ragged(count=20, channels=3)
    shapes = draw_shapes(values, units=8, views=("values", "differences"))
    predicted = pooled(shapes, values)
    with set_engine("jax"):
        np.testing.assert_allclose(predicted, pooled(shapes, values), atol=1e-5)


def test_threads_change_no_byte():
    values = ragged()
    with set_threads(1):
        one = pooled(draw_shapes(values, units=7), values)
    with set_threads(3):
        np.testing.assert_array_equal(one, pooled(draw_shapes(values, units=7), values))


def test_what_follows_a_sequence_in_a_batch_changes_nothing():
    values = ragged()
    shapes = draw_shapes(values, units=4)
    together = pooled(shapes, values)
    for row, value in zip(together, values, strict=True):
        np.testing.assert_allclose(pooled(shapes, [value])[0], row, atol=1e-6)


def test_a_shape_counts_wherever_it_is():
    rng = np.random.default_rng(1)
    bump = np.sin(np.arange(16) / 2.5)
    early, late = np.zeros((120, 1)), np.zeros((120, 1))
    early[30:46, 0], late[80:96, 0] = bump, bump
    others = [rng.normal(size=(120, 1)) for _ in range(20)]
    shapes = draw_shapes(others, units=6)
    short = shapes.dilations <= 2
    per_unit = pooled(shapes, [early, late]).reshape(2, shapes.units, -1)[:, short]
    np.testing.assert_allclose(per_unit[0], per_unit[1], atol=1e-6)


def test_views():
    value = np.array([[1.0, 10.0], [3.0, 10.0], [8.0, 10.0]])
    np.testing.assert_allclose(stacked_views(value, ("differences",)), [[0, 0], [2, 0], [5, 0]])
    own = stacked_views(value, ("own",))
    np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(own[:, 0].std(), 1)
    np.testing.assert_allclose(own[:, 1], 0)
    mean, deviation = scale_of([value], ("values",))
    np.testing.assert_allclose(mean, [4, 10])
    assert deviation[1] == 1


def test_filters_receive_shapes_and_not_levels():
    values = ragged(channels=1)
    shapes = draw_shapes(values, units=6)
    np.testing.assert_allclose(shapes.filters.sum(axis=3), 0, atol=1e-5)
    np.testing.assert_allclose((shapes.filters**2).sum(axis=(2, 3)), 1, atol=1e-5)


def test_dilations_reach_over_the_sequence_and_no_further():
    values = [np.random.default_rng(n).normal(size=(200, 1)) for n in range(5)]
    shapes = draw_shapes(values, units=64)
    assert shapes.dilations.min() == 1
    assert 16 < shapes.dilations.max() * 8 <= 200


@pytest.mark.parametrize(
    ("given", "match"),
    [({"units": 0}, "at least 1"), ({"views": ("squares",)}, "expected some of"), ({"views": ()}, "expected some of")],
)
def test_bad_requests(given, match):
    with pytest.raises(AuritaError, match=match):
        draw_shapes(ragged(), **given)


@pytest.mark.parametrize(
    ("given", "match"), [({"levels": 17}, "1 to 16"), ({"window": 0}, "1 to"), ({"width": 0}, "width")]
)
def test_bad_units(given, match):
    with pytest.raises(AuritaError, match=match):
        ShapeUnit(**given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channels", lambda given: given + 9),
        ("dilations", lambda given: given * 0),
        ("filters", lambda given: given[:, :4]),
        ("levels", lambda given: given * np.float32(np.nan)),
        ("low", lambda given: given[:-1]),
        ("deviations", lambda given: -given),
        ("views", lambda given: ("squares",)),
    ],
)
def test_damaged_units_are_refused(name, value):
    from dataclasses import replace

    shapes = draw_shapes(ragged(), units=3)
    check_shapes(shapes, 2)
    with pytest.raises(AuritaError):
        check_shapes(replace(shapes, **{name: value(getattr(shapes, name))}), 2)
