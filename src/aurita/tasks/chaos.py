"""Chaotic and nonlinear series: Mackey-Glass, Lorenz, NARMA-10 and the flows of the dysts collection."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import numpy as np

from aurita.errors import AuritaError, require
from aurita.tasks.forecasting import forecasting_task
from aurita.tasks.task import Split, Task, family

STEPS = (2000, 500, 1500)
WASHOUT = 100


@family("mackey_glass")
def mackey_glass(
    *,
    seed: int = 0,
    horizon: int = 1,
    tau: float = 17.0,
    steps: tuple[int, int, int] = STEPS,
    washout: int = WASHOUT,
    metric: str = "nrmse",
    standardise: bool = True,
) -> Task:
    """The Mackey-Glass delay equation, sampled once a time unit.

    `dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t)` (Mackey and Glass 1977, "Oscillation and chaos in
    physiological control systems"), see `mackey_glass_series`. At tau 17 the attractor is mildly chaotic.

    Args:
        seed: of the constant history before time 0.
        horizon: steps ahead; 1, 10 to 15 and 84 are usual.
        tau: delay, a multiple of 0.1.
        steps: length of train, validation and test.
        washout: lead-in before each.
        metric: a name in `METRICS`.
        standardise: zero mean and unit deviation over the training part.

    Returns:
        A forecast task of one channel. Its Lyapunov exponent is given at tau 17: 0.0051 a time unit, from the growth of
        a tangent vector over 2 million time units.

    Raises:
        AuritaError: sizes that do not fit.

    Example:
        >>> task = mackey_glass(seed=0, horizon=84)
        >>> task.channels, task.horizon, task.test.scored[0].sum()
        (1, 84, np.int64(1416))
    """
    series = mackey_glass_series(washout + sum(steps), seed=seed, tau=tau)
    return forecasting_task(
        "mackey_glass",
        seed,
        series,
        horizon=horizon,
        steps=steps,
        washout=washout,
        metric=metric,
        standardise=standardise,
        lyapunov=MACKEY_GLASS_LYAPUNOV if tau == 17.0 else None,
        source="Mackey and Glass 1977",
    )


@family("lorenz")
def lorenz(
    *,
    seed: int = 0,
    horizon: int = 1,
    interval: float = 0.02,
    steps: tuple[int, int, int] = STEPS,
    washout: int = WASHOUT,
    metric: str = "nrmse",
    standardise: bool = True,
) -> Task:
    """The Lorenz system with its classical parameters 10, 28, 8/3, all three coordinates (Lorenz 1963).

    Args:
        seed: of the starting point, which is carried onto the attractor before the series starts.
        interval: time between two steps.
        horizon, steps, washout, metric, standardise: as of `mackey_glass`.

    Returns:
        A forecast task of three channels; Lyapunov exponent 0.9056 per time unit (Sprott 2003, "Chaos and time-series
        analysis").

    Raises:
        AuritaError: sizes that do not fit.

    Example:
        >>> task = lorenz(seed=0, horizon=10)
        >>> task.channels, round(task.lyapunov, 4)
        (3, 0.0181)
    """
    series = lorenz_series(washout + sum(steps), seed=seed, interval=interval)
    return forecasting_task(
        "lorenz",
        seed,
        series,
        horizon=horizon,
        steps=steps,
        washout=washout,
        metric=metric,
        standardise=standardise,
        lyapunov=LORENZ_LYAPUNOV * interval,
        target_names=("x", "y", "z"),
        source="Lorenz 1963",
    )


@family("dysts")
def dysts(
    system: str = "Rossler",
    *,
    seed: int = 0,
    horizon: int = 1,
    points_per_period: int = 30,
    steps: tuple[int, int, int] = STEPS,
    washout: int = WASHOUT,
    metric: str = "nrmse",
    standardise: bool = True,
) -> Task:
    """Any continuous flow of the dysts collection (Gilpin 2021, "Chaos as an interpretable benchmark for forecasting").

    The collection gives the equations, a point near the attractor, the dominant period and the Lyapunov exponent; the
    integration is scipy's LSODA at a relative tolerance of 1e-9, and global random state is left alone.

    Args:
        system: name of the flow, such as "Rossler" or "Lorenz96".
        seed: of the starting point, a hundredth of the collection's beside it, ten periods before the series starts.
        points_per_period: sampling.
        horizon, steps, washout, metric, standardise: as of `mackey_glass`.

    Returns:
        A forecast task of all coordinates.

    Raises:
        AuritaError: dysts is not installed, an unknown or delayed system, an integration that failed.

    Example:
        >>> task = dysts("Rossler", seed=0, steps=(200, 100, 100))
        >>> task.name, task.channels
        ('dysts/Rossler', 3)
    """
    flow = _flow(system)
    rng = np.random.default_rng(seed)
    start = flow.ic * (1 + 0.01 * rng.standard_normal(flow.ic.shape))
    interval = flow.period / points_per_period
    transient = 10 * points_per_period
    count = transient + washout + sum(steps)
    points = _integrate(lambda t, y: np.array(flow(y, t), dtype=np.float64), start, interval, count, "LSODA", system)
    if hasattr(flow, "_postprocessing"):
        points = np.stack([np.asarray(column) for column in flow._postprocessing(*points.T)], axis=1)
    exponent = getattr(flow, "maximum_lyapunov_estimated", None)
    return forecasting_task(
        f"dysts/{system}",
        seed,
        points[transient:],
        horizon=horizon,
        steps=steps,
        washout=washout,
        metric=metric,
        standardise=standardise,
        lyapunov=None if exponent is None else float(exponent) * interval,
        source="Gilpin 2021, dysts",
    )


@family("narma10")
def narma10(
    *, seed: int = 0, steps: tuple[int, int, int] = STEPS, washout: int = WASHOUT, metric: str = "nrmse"
) -> Task:
    """The tenth-order nonlinear moving average: follow a system from its input alone.

    `y(t+1) = 0.3 y(t) + 0.05 y(t) sum_{i=0..9} y(t-i) + 1.5 u(t-9) u(t) + 0.1`, `u` uniform in 0 to 0.5 (Atiya and
    Parlos 2000, "New results on recurrent network training"). At step t the input is `u(t)`, the target `y(t+1)`. The
    system diverges for rare inputs; such a draw is thrown away and the next one taken.

    Args:
        seed: any integer from 0.
        steps, washout, metric: as of `mackey_glass`.

    Returns:
        A regression task, one channel in and one out; each split is a series of its own.

    Raises:
        AuritaError: a segment without steps.

    Example:
        >>> task = narma10(seed=0)
        >>> task.category, task.train.inputs[0].shape
        ('regression', (2100, 1))
    """
    if min(steps) < 2 or washout < 0:
        raise AuritaError(f"segments of {steps} steps and a washout of {washout}; take at least 2 and 0")
    rng = np.random.default_rng(seed)

    def draw(count: int) -> Split:
        u, y = narma10_series(washout + count, rng)
        return Split([u[:, None]], [y[:, None]], [np.arange(len(u)) >= washout])

    train, validation, test = map(draw, steps)
    chance = 1.0
    if metric != "nrmse":
        chance = float(np.var(test.targets[0][washout:])) ** (0.5 if metric == "rmse" else 1.0)
    return Task(
        "narma10",
        seed,
        train,
        validation,
        test,
        category="regression",
        metric=metric,
        chance=chance,
        floor=0.0,
        source="Atiya and Parlos 2000",
    )


def mackey_glass_series(count: int, *, seed: int = 0, tau: float = 17.0, transient: int = 1000) -> np.ndarray:
    """Mackey-Glass by classical Runge-Kutta of fourth order with step 0.1.

    The delayed value at half steps is the cubic Hermite interpolant of the stored values and slopes, so the whole
    scheme is of fourth order. The history is one constant drawn from 0.5 to 1.5.

    Args:
        count: samples, one a time unit.
        seed: of the history.
        tau: delay, a positive multiple of 0.1.
        transient: time units thrown away first.

    Returns:
        (count, 1), about 0.2 to 1.4.

    Raises:
        AuritaError: a delay that is no multiple of the step.

    Example:
        >>> mackey_glass_series(100, seed=0).shape
        (100, 1)
    """
    lag = round(tau * SUBSTEPS)
    if lag < 1 or abs(lag / SUBSTEPS - tau) > 1e-9:
        raise AuritaError(f"tau {tau} is no positive multiple of {1 / SUBSTEPS}; take one that is")
    step = 1 / SUBSTEPS
    first = float(np.random.default_rng(seed).uniform(0.5, 1.5))
    values, slopes = [first] * (lag + 1), [0.0] * (lag + 1)
    slopes[-1] = _mackey_glass_slope(first, first)
    for now in range(lag, lag + (transient + count - 1) * SUBSTEPS):
        x, before, after = values[now], values[now - lag], values[now - lag + 1]
        # At time 0 the slope jumps; the last piece of the constant history ends flat.
        right = 0.0 if now == 2 * lag - 1 else slopes[now - lag + 1]
        middle = (before + after) / 2 + step * (slopes[now - lag] - right) / 8
        k1 = slopes[now]
        k2 = _mackey_glass_slope(x + step / 2 * k1, middle)
        k3 = _mackey_glass_slope(x + step / 2 * k2, middle)
        k4 = _mackey_glass_slope(x + step * k3, after)
        x += step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        values.append(x)
        slopes.append(_mackey_glass_slope(x, after))
    return np.array(values[lag + transient * SUBSTEPS :: SUBSTEPS])[:, None]


def lorenz_series(count: int, *, seed: int = 0, interval: float = 0.02, transient: float = 20.0) -> np.ndarray:
    """The Lorenz system by an eighth-order Runge-Kutta method of scipy, relative tolerance 1e-10.

    Args:
        count: samples.
        seed: of the starting point.
        interval: time between two samples.
        transient: time thrown away first.

    Returns:
        (count, 3).

    Example:
        >>> lorenz_series(10, seed=0).shape
        (10, 3)
    """

    def flow(_: float, p: np.ndarray) -> list[float]:
        x, y, z = p.tolist()
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    start = np.random.default_rng(seed).uniform([-10, -10, 15], [10, 10, 35])
    skip = round(transient / interval)
    return _integrate(flow, start, interval, skip + count, "DOP853", "Lorenz")[skip:]


def narma10_series(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outputs of NARMA-10 after a transient of 50 steps, drawn again until they stay below 1.

    Args:
        rng: advanced by the draws.

    Returns:
        `u(t)` and `y(t+1)`, each (count,).

    Example:
        >>> u, y = narma10_series(20, np.random.default_rng(0))
        >>> u.shape, bool(y.max() < 1)
        ((20,), True)
    """
    total = count + 60
    while True:
        u = rng.uniform(0, 0.5, total)
        y = [0.0] * 10
        for t in range(9, total):
            y.append(0.3 * y[t] + 0.05 * y[t] * sum(y[t - 9 : t + 1]) + 1.5 * float(u[t - 9] * u[t]) + 0.1)
            if y[-1] > 1:
                break
        else:
            return u[60:], np.array(y[61:])


MACKEY_GLASS_LYAPUNOV = 0.0051
LORENZ_LYAPUNOV = 0.9056
SUBSTEPS = 10


def _mackey_glass_slope(x: float, delayed: float) -> float:
    return 0.2 * delayed / (1 + delayed**10) - 0.1 * x


def _flow(system: str) -> Any:
    flows = require("dysts.flows", "studies", "the dysts tasks")
    kind = getattr(flows, system, None)
    base = require("dysts.base", "studies", "the dysts tasks")
    if not (isinstance(kind, type) and issubclass(kind, base.DynSys) and kind is not base.DynSys):
        known = [name for name, member in vars(flows).items() if isinstance(member, type)]
        near = ", ".join(get_close_matches(system, known)) or "a name from dysts.flows, such as Rossler"
        raise AuritaError(f"dysts has no continuous flow {system!r} without delay; nearest: {near}")
    return kind()


def _integrate(
    slope: Callable[[float, np.ndarray], object], start: np.ndarray, interval: float, count: int, method: str, name: str
) -> np.ndarray:
    """Solve an ordinary differential equation at `count` evenly spaced times, (count, E)."""
    from scipy.integrate import solve_ivp  # a third of a second that only these tasks need

    times = np.arange(count) * interval
    tolerance = 1e-10 if method == "DOP853" else 1e-9
    solved = solve_ivp(slope, (0, times[-1]), start, method, t_eval=times, rtol=tolerance, atol=tolerance)
    if not solved.success or solved.y.shape[1] != count or not np.all(np.isfinite(solved.y)):
        raise AuritaError(f"the integration of {name} failed ({solved.message}); try another seed or fewer steps")
    return solved.y.T
