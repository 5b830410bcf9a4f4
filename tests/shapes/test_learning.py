"""Shape units learn alone: gradients beside finite differences, the compiled kernels beside numpy."""

from dataclasses import replace

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.native.library import kernels, set_engine
from aurita.native.threads import set_threads
from aurita.shapes import ShapeLearning, draw_shapes, learn_shapes, pooled
from aurita.shapes.learning import loss_and_gradients
from aurita.shapes.shapes import slopes_of


def sequences(count=24, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(steps, channels)) for steps in rng.integers(12, 40, size=count)]


def examples_of(shapes, values, classes, seed=0):
    rng = np.random.default_rng(seed)
    count, outputs = len(values), 3
    targets = np.eye(3)[rng.integers(3, size=count)] if classes else rng.normal(size=(count, outputs))
    return {
        "targets": targets.astype(np.float32),
        "cross_entropy": classes,
        "every": 1,
        "rows": np.tile(np.arange(count, dtype=np.int32), (shapes.units, 1, 1)),
        "means": rng.normal(size=(shapes.units, shapes.unit.pooled)).astype(np.float32) * 0.1,
        "scales": rng.uniform(0.5, 2, size=(shapes.units, shapes.unit.pooled)).astype(np.float32),
        "heads": rng.normal(size=(shapes.units, outputs, shapes.unit.pooled + 1)).astype(np.float32) * 0.3,
    }


@pytest.mark.parametrize("classes", [True, False])
def test_gradients_are_finite_differences(classes):
    values = sequences()
    shapes = draw_shapes(values, units=2, views=("values", "differences"))
    # In double precision, as differences of single precision say nothing of a gradient.
    shapes = replace(shapes, filters=shapes.filters.astype(float), levels=shapes.levels.astype(float))
    padded, slopes = shapes.padded(values), slopes_of(shapes, np.full(2, 2.0)).astype(float)
    examples = examples_of(shapes, values, classes)
    examples["heads"] = examples["heads"].astype(float)
    rng, size = np.random.default_rng(1), 1e-7
    for unit in range(2):
        _, gradients = loss_and_gradients(shapes, padded, slopes, unit, examples, 0)
        for array, gradient in zip(
            (shapes.filters[unit], shapes.levels[unit], examples["heads"][unit]), gradients, strict=True
        ):
            for place in rng.integers(array.size, size=12):
                at = np.unravel_index(place, array.shape)
                kept = array[at]
                sides = []
                for side in (kept + size, kept - size):
                    array[at] = side
                    sides.append(loss_and_gradients(shapes, padded, slopes, unit, examples, 0)[0])
                array[at] = kept
                assert gradient[at] == pytest.approx((sides[0] - sides[1]) / (2 * size), rel=1e-4, abs=1e-6)


@pytest.mark.skipif(kernels() is None, reason="nothing was compiled")
@pytest.mark.parametrize(("classes", "every"), [(True, 1), (False, 1), (True, 2), (False, 3)])
def test_compiled_gradients_are_those_of_numpy(classes, every):
    values = sequences(channels=3)
    y = np.eye(3)[np.arange(24) % 5 % 3] if classes else np.random.default_rng(0).normal(size=(24, 3))
    shapes = draw_shapes(values, units=6, views=("values", "own"))
    settings = ShapeLearning(steps=3, size=24, every=every, rate=1e-3)
    one = learn_shapes(shapes, values, y, settings, classes=classes)
    with set_engine("jax"):
        other = learn_shapes(shapes, values, y, settings, classes=classes)
    assert np.abs(one.gradients).max() > 1e-3
    np.testing.assert_allclose(one.losses, other.losses, atol=1e-5)
    np.testing.assert_allclose(one.gradients, other.gradients, atol=1e-4)


def waves(count, seed=0):
    rng = np.random.default_rng(seed)
    speeds = np.arange(count) % 2
    X = [np.sin(np.arange(40) * (0.5 + 0.05 * speed) + rng.uniform(0, 6))[:, None] for speed in speeds]
    return [x + 0.3 * rng.normal(size=x.shape) for x in X], np.eye(2)[speeds]


def test_every_unit_learns():
    X, y = waves(60)
    taught = learn_shapes(draw_shapes(X, units=8), X, y, classes=True)
    assert taught.shapes.learnt
    assert (taught.losses[:, -10:].mean(axis=1) < taught.losses[:, 0]).all()


def test_units_learn_alone():
    X, y = waves(40)
    shapes = draw_shapes(X, units=6)
    all_of_them = learn_shapes(shapes, X, y, classes=True).shapes
    fields = ("channels", "dilations", "whole", "filters", "levels", "deviations", "widths")
    first = replace(shapes, **{name: getattr(shapes, name)[:1] for name in fields})
    first = replace(first, low=shapes.low[: shapes.unit.pooled], high=shapes.high[: shapes.unit.pooled])
    alone = learn_shapes(first, X, y, classes=True).shapes
    np.testing.assert_array_equal(alone.filters[0], all_of_them.filters[0])


def test_threads_change_no_byte():
    X, y = waves(30)
    shapes = draw_shapes(X, units=7)
    with set_threads(1):
        one = learn_shapes(shapes, X, y, classes=True).shapes
    with set_threads(3):
        other = learn_shapes(shapes, X, y, classes=True).shapes
    np.testing.assert_array_equal(one.filters, other.filters)
    np.testing.assert_array_equal(pooled(one, X), pooled(other, X))


def test_shuffled_labels_teach_nothing():
    X, y = waves(120)
    rng = np.random.default_rng(5)
    labels = y[rng.permutation(120)]
    shapes = learn_shapes(draw_shapes(X[:60], units=16), X[:60], labels[:60], classes=True).shapes
    from aurita.readout import RidgeReadout

    readout = RidgeReadout(floor=0.1).fit(pooled(shapes, X[:60]), labels[:60])
    predicted = readout.predict(pooled(shapes, X[60:])).argmax(axis=1)
    assert 0.25 < (predicted == labels[60:].argmax(axis=1)).mean() < 0.75


def test_targets_have_a_row_for_each_sequence():
    X, y = waves(10)
    with pytest.raises(AuritaError, match="a row for each of 10"):
        learn_shapes(draw_shapes(X, units=2), X, y[:9], classes=True)


def test_some_units_stay_as_drawn():
    X, y = waves(40)
    shapes = draw_shapes(X, units=6)
    only = np.array([True, False, True, True, False, False])
    taught = learn_shapes(shapes, X, y, classes=True, only=only)
    moved = np.abs(taught.shapes.filters - shapes.filters).max(axis=(1, 2, 3)) > 0
    np.testing.assert_array_equal(moved, only)
    assert len(taught.losses) == 3
    assert taught.shapes.low.shape == (shapes.width,)
    assert learn_shapes(shapes, X, y, classes=True, only=~(only | ~only)).shapes is shapes
