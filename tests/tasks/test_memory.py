"""Memory capacity and information processing capacity of systems whose capacities are known."""

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.tasks.memory import legendre_terms, memory_capacity, processing_capacity
from aurita.tasks.metrics import capacities


def fit_and_predict(task, features):
    """Least squares from `features(u) -> (T, F)` to the targets."""
    train, test = task.train, task.test
    a = train.at_scored([features(x[:, 0]) for x in train.inputs])
    weights = np.linalg.lstsq(a, train.at_scored(train.targets), rcond=None)[0]
    return [features(x[:, 0]) @ weights for x in test.inputs]


def delay_line(u, lags):
    padded = np.concatenate([np.zeros(lags - 1), u])
    return np.lib.stride_tricks.sliding_window_view(padded, lags)[:, ::-1]


@pytest.mark.parametrize("taps", [1, 5, 9])
def test_a_delay_line_remembers_as_many_steps_as_it_has_taps(taps):
    """Taps hold u(t) to u(t - taps + 1), of which the first is no memory."""
    task = memory_capacity(seed=0, delays=20, steps=(2000, 10, 2000), washout=0)
    score = task.score(fit_and_predict(task, lambda u: delay_line(u, taps)))
    assert score == pytest.approx(taps - 1, abs=0.1)


def test_a_leaky_integrator_has_one_step_of_memory_in_all():
    """Linear theory: one linear state holds a capacity of one, u(t) included; without it, the square of the leak."""
    leak = 0.8

    def state(u):
        x = np.zeros((len(u), 1))
        for t in range(len(u)):
            x[t] = leak * (x[t - 1] if t else 0) + u[t]
        return x

    task = memory_capacity(seed=1, delays=60, steps=(6000, 10, 6000))
    assert task.score(fit_and_predict(task, state)) == pytest.approx(leak**2, abs=0.1)


def test_delays_are_steps_back_in_the_input():
    task = memory_capacity(seed=2, delays=4, steps=(50, 50, 50), washout=7)
    x, y, mask = task.test.inputs[0], task.test.targets[0], task.test.scored[0]
    for k in range(1, 5):
        np.testing.assert_array_equal(y[k:, k - 1], x[:-k, 0])
    assert mask.sum() == 50
    assert not mask[:7].any()


def test_washout_covers_the_longest_delay():
    assert not memory_capacity(delays=30, washout=3).train.scored[0][:30].any()


def test_terms_are_counted_as_combinations():
    terms = legendre_terms((30, 10, 5))
    assert [sum(sum(t.values()) == d for t in terms) for d in (1, 2, 3)] == [30, 55, 35]
    assert len({tuple(t.items()) for t in terms}) == len(terms)


def test_targets_are_orthonormal():
    task = processing_capacity(seed=0, delays=(4, 3, 2), steps=(40_000, 10, 10), washout=5)
    y = task.train.at_scored(task.train.targets)
    np.testing.assert_allclose(y.T @ y / len(y), np.eye(y.shape[1]), atol=0.08)


def test_targets_are_the_named_polynomials():
    task = processing_capacity(seed=1, delays=(3, 3), steps=(30, 10, 10), washout=4, amplitude=0.2)
    u = task.train.inputs[0][:, 0] / 0.2
    y = dict(zip(task.target_names, task.train.targets[0].T, strict=True))
    np.testing.assert_allclose(y["P1(t-2)"][2:], np.sqrt(3) * u[:-2])
    np.testing.assert_allclose(y["P2(t-1)"][1:], np.sqrt(5) * (3 * u[:-1] ** 2 - 1) / 2)
    np.testing.assert_allclose(y["P1(t-0) P1(t-2)"][2:], 3 * u[2:] * u[:-2])


def test_a_delay_line_has_linear_capacity_only_and_a_product_the_degree_it_has():
    task = processing_capacity(seed=3, delays=(6, 4), steps=(3000, 10, 3000))
    degree = np.array([sum(t.values()) for t in legendre_terms((6, 4))])

    def by_degree(features):
        test = task.test
        found = capacities(test.at_scored(test.targets), test.at_scored(fit_and_predict(task, features)))
        return [found[degree == d].sum() for d in (1, 2)]

    assert by_degree(lambda u: delay_line(u, 3)) == pytest.approx([3, 0], abs=0.02)
    product = lambda u: delay_line(u, 2).prod(axis=1, keepdims=True)  # noqa: E731
    assert by_degree(product) == pytest.approx([0, 1], abs=0.02)
    square = lambda u: np.stack([u**2, np.ones_like(u)], axis=1)  # noqa: E731
    assert by_degree(square) == pytest.approx([0, 1], abs=0.02)


@pytest.mark.parametrize("options", [{"delays": 0}, {"steps": (0, 1, 1)}, {"washout": -1}, {"amplitude": 0.0}])
def test_sizes_that_cannot_be_are_refused(options):
    with pytest.raises(AuritaError, match="at least 1 delay"):
        memory_capacity(**options)
    if isinstance(options.get("delays"), int):
        options = {"delays": (3, 0)}
    with pytest.raises(AuritaError, match="at least 1 delay"):
        processing_capacity(**options)
