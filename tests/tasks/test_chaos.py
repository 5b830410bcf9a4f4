"""Mackey-Glass, Lorenz, NARMA-10 and dysts flows against closed forms, other solvers and known invariants."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from aurita.errors import AuritaError
from aurita.tasks import chaos, task_named


def test_mackey_glass_follows_the_method_of_steps():
    """Closed form on the first delay interval, an ordinary differential equation on the second."""
    series = chaos.mackey_glass_series(35, seed=4, transient=0)[:, 0]
    history = series[0]
    gain = 0.2 * history / (1 + history**10)
    first = lambda t: 10 * gain + (history - 10 * gain) * np.exp(-0.1 * t)  # noqa: E731
    np.testing.assert_allclose(series[:18], first(np.arange(18.0)), rtol=1e-8)

    def slope(t, x):
        delayed = first(t - 17)
        return 0.2 * delayed / (1 + delayed**10) - 0.1 * x

    second = solve_ivp(slope, (17, 34), [first(17.0)], t_eval=np.arange(17.0, 35.0), rtol=1e-11, atol=1e-12).y[0]
    np.testing.assert_allclose(series[17:35], second, rtol=1e-7)


def test_mackey_glass_lives_on_the_known_attractor():
    series = chaos.mackey_glass_series(4000, seed=0)
    assert 0.2 < series.min() < 0.45
    assert 1.25 < series.max() < 1.4
    assert series.mean() == pytest.approx(0.93, abs=0.03)


def test_mackey_glass_exponent_from_tangent_dynamics():
    """Growth of a small perturbation along the delay equation, by Heun steps of its own linearisation."""
    step, lag = 0.1, 170
    x, v = [1.2] * (lag + 1), [lag**-0.5] * (lag + 1)

    def slopes(state, delayed, tangent, tangent_delayed):
        p = delayed**10
        return 0.2 * delayed / (1 + p) - 0.1 * state, 0.2 * (1 - 9 * p) / (1 + p) ** 2 * tangent_delayed - 0.1 * tangent

    growth, measured = 0.0, 0
    for n in range(300_000):
        f0, g0 = slopes(x[-1], x[-lag - 1], v[-1], v[-lag - 1])
        f1, g1 = slopes(x[-1] + step * f0, x[-lag], v[-1] + step * g0, v[-lag])
        x.append(x[-1] + step * (f0 + f1) / 2)
        v.append(v[-1] + step * (g0 + g1) / 2)
        if n % 1000 == 999:
            x, v = x[-lag - 1 :], v[-lag - 1 :]
            size = float(np.linalg.norm(v))
            v = [value / size for value in v]
            if n > 20_000:
                growth, measured = growth + np.log(size), measured + 1000
    assert growth / (measured * step) == pytest.approx(chaos.MACKEY_GLASS_LYAPUNOV, rel=0.15)


def test_lorenz_agrees_with_another_solver_until_chaos_parts_them():
    series = chaos.lorenz_series(100, seed=1)

    def flow(_, p):
        return [10 * (p[1] - p[0]), p[0] * (28 - p[2]) - p[1], p[0] * p[1] - 8 / 3 * p[2]]

    other = solve_ivp(flow, (0, 1.98), series[0], "Radau", t_eval=np.arange(100) * 0.02, rtol=1e-9, atol=1e-10).y.T
    np.testing.assert_allclose(series, other, atol=1e-4)


def test_lorenz_visits_both_wings():
    x = chaos.lorenz_series(3000, seed=0)[:, 0]
    assert x.min() < -12
    assert x.max() > 12


def test_narma_satisfies_its_recurrence():
    u, following = chaos.narma10_series(300, np.random.default_rng(0))
    y = following  # y[t] is the system's output one step after u[t]
    for t in range(20, 299):
        expected = 0.3 * y[t - 1] + 0.05 * y[t - 1] * y[t - 10 : t].sum() + 1.5 * u[t - 9] * u[t] + 0.1
        assert y[t] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["mackey_glass", "lorenz", "narma10"])
def test_seed_decides_the_bytes_and_global_random_state_is_left_alone(name):
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    a, b, c = (task_named(name, seed=s, steps=(300, 100, 100)) for s in (7, 7, 8))
    assert a.test.inputs[0].tobytes() == b.test.inputs[0].tobytes()
    assert a.test.targets[0].tobytes() == b.test.targets[0].tobytes()
    assert a.test.inputs[0].tobytes() != c.test.inputs[0].tobytes()
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_lyapunov_exponents_are_per_step():
    short = (200, 100, 100)
    assert chaos.lorenz(steps=short).lyapunov == pytest.approx(0.9056 * 0.02)
    assert chaos.lorenz(steps=short, interval=0.05).lyapunov == pytest.approx(0.9056 * 0.05)
    assert chaos.mackey_glass(steps=short, tau=20.0).lyapunov is None


def test_dysts_flow_satisfies_its_own_equation_and_leaves_global_random_state_alone():
    flows = pytest.importorskip("dysts.flows")
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    task = chaos.dysts("Rossler", seed=1, points_per_period=200, steps=(400, 100, 100), standardise=False)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    flow = flows.Rossler()
    interval = flow.period / 200
    x = task.train.series[0]
    slope = (x[2:] - x[:-2]) / (2 * interval)
    expected = np.array([flow(point, 0.0) for point in x[1:-1]])
    assert np.abs(slope - expected).max() < 0.02 * np.abs(expected).max()
    assert task.lyapunov == pytest.approx(flow.maximum_lyapunov_estimated * interval)


@pytest.mark.parametrize("system", ["Lorens", "MackeyGlass", "DynSys", "np"])
def test_what_is_no_flow_is_refused(system):
    pytest.importorskip("dysts")
    with pytest.raises(AuritaError, match="nearest"):
        chaos.dysts(system)


def test_delay_off_the_grid_is_refused():
    with pytest.raises(AuritaError, match="multiple"):
        chaos.mackey_glass_series(10, tau=17.03)
