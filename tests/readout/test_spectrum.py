"""Ridge by the singular values of its rows: directions that second moments do not show."""

import numpy as np
import pytest

from aurita.readout import Moments, RidgeReadout


def nearly_the_same(seed=0, count=400, width=30, apart=1e-7):
    """Features that differ from one another by a hair, and a target that is in the differences."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 1)) + apart * rng.normal(size=(count, width))
    return x, (x - x.mean(axis=1, keepdims=True)) @ rng.normal(size=(width, 1)) / apart


@pytest.mark.parametrize("stream", [False, True])
def test_weak_penalties_see_directions_that_drown_in_second_moments(stream):
    x, y = nearly_the_same()
    readout = RidgeReadout((1e-17,))
    if stream:
        readout.fit_stream(lambda: ((x[i : i + 100], y[i : i + 100]) for i in range(0, 400, 100)))
    else:
        readout.fit(x, y)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    left, values, _ = np.linalg.svd(z, full_matrices=False)
    expected = y.mean() + left @ ((values**2 / (values**2 + 400 * 1e-17))[:, None] * (left.T @ (y - y.mean())))
    assert np.abs(readout.predict(x) - expected).max() < 1e-4 * y.std()
    by_moments = RidgeReadout((1e-17,), selection="gcv").fit_moments(Moments().add(x, y))
    assert np.abs(by_moments.predict(x) - expected).max() > 0.1 * y.std()


def test_a_stream_that_outgrows_what_is_decomposed_leaves_its_moments(monkeypatch):
    monkeypatch.setattr("aurita.readout.ridge.MOST_KEPT", 300 * 30)
    x, y = nearly_the_same()
    streamed = RidgeReadout((1e-17,), selection="gcv")
    streamed.fit_stream(lambda: ((x[i : i + 100], y[i : i + 100]) for i in range(0, 400, 100)))
    moments = Moments()
    for i in range(0, 400, 100):
        moments.add(x[i : i + 100], y[i : i + 100])
    np.testing.assert_array_equal(streamed.coef_, RidgeReadout((1e-17,), selection="gcv").fit_moments(moments).coef_)


@pytest.mark.parametrize("weighted", [False, True])
def test_rows_and_a_stream_of_them_are_decomposed_alike(weighted):
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=(60, 5)), rng.normal(size=(60, 2)), rng.uniform(0.5, 2, size=60)
    w[:20] = 1.0
    one = np.empty((20, 5))

    def chunks():
        for i in (0, 20, 40):
            one[:] = x[i : i + 20]
            yield one, y[i : i + 20], w[i : i + 20] if weighted and i else None

    streamed = RidgeReadout((1e-12, 1.0)).fit_stream(chunks)
    whole = RidgeReadout((1e-12, 1.0)).fit(x, y, w if weighted else None)
    np.testing.assert_allclose(streamed.coef_, whole.coef_, rtol=1e-10)
    np.testing.assert_allclose(streamed.error_, whole.error_, rtol=1e-10)
