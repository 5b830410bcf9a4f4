"""Learning from a stream: memory over a million steps, and how soon a change of regime is followed.

    python benchmarks/online.py memory [STEPS]               the whole stream once, units learning; minutes
    python benchmarks/online.py recovery [SEEDS] [STREAM]    one change of regime, six ways of learning side by side
    python benchmarks/online.py limit [SEEDS] [STREAM]       what any ridge readout could say after so many steps
    python benchmarks/online.py ahead [SEEDS]                ten steps ahead: whether it pays that units learn

The stream alternates between two regimes, each stretch a fresh trajectory: Mackey-Glass with delays of 17 and 25 (with
observation noise of 0.05 deviations, or without), or two autoregressions of order 2, whose best predictor errs by 1.
Every step is predicted before it is learnt. `stationary` is the root mean square error long after the change (the last
3000 steps of the new regime); `steps` counts, from the change on, until the error over the last 200 steps, all of them
behind the change, is within 10 % of it.
"""

import resource
import sys
import time
from collections.abc import Iterator

import numpy as np

import timing  # noqa: F401
from aurita import EchoUnit, Online, Population, Reservoir, ReservoirForecaster, ReservoirRegressor, preset, run
from aurita.readout import RidgeReadout
from aurita.tasks.chaos import lorenz_series, mackey_glass_series

PIECE, WINDOW, LAST = 1000, 200, 3000
FOREVER = (np.inf,)
WAYS: dict[str, tuple[str | None, tuple[float, ...] | None]] = {
    "frozen units": (None, None),
    "units learn: self": ("self", None),
    "units learn: target": ("target", None),
    "frozen, one memory of 1000": (None, (1000.0,)),
    "frozen, no forgetting": (None, FOREVER),
    "units learn: self, no forgetting": ("self", FOREVER),
}


def stretch(kind: str, regime: int, steps: int, seed: int) -> np.ndarray:
    """One stay in one of two regimes."""
    rng = np.random.default_rng([seed, regime])
    if kind == "autoregression":
        first, second = ((1.6, -0.8), (0.3, 0.5))[regime]
        values = [0.0, 0.0]
        for shock in rng.standard_normal(steps + 100).tolist():
            values.append(first * values[-1] + second * values[-2] + shock)
        return np.array(values[102:])
    values = mackey_glass_series(steps, seed=seed, tau=(17.0, 25.0)[regime])[:, 0]
    noise = 0.05 if kind == "noisy Mackey-Glass" else 0.0
    return (values - 0.9) / 0.25 + noise * rng.standard_normal(steps)


def alternating(kind: str, steps: int, stay: int, seed: int) -> Iterator[np.ndarray]:
    """The stream in pieces; no more than one stay is ever in memory."""
    for number in range(steps // stay):
        values = stretch(kind, number % 2, stay, 1000 * seed + number)
        yield from np.split(values, stay // PIECE)


def society() -> list[Population]:
    """Twelve attention units and forty echo neurons."""
    echo = EchoUnit(slots=40, spectral_radius=0.9, leak=(0.1, 1.0))
    return [
        Population(unit=preset("forecast"), units=12),
        Population(unit=echo, units=1, passage="mixed", afferents="all", receives="inputs"),
    ]


def forecaster(way: str, seed: int) -> ReservoirForecaster:
    """One of the ways to learn."""
    learning, memories = WAYS[way]
    online = Online() if memories is None else Online(memories=memories)
    return ReservoirForecaster(society(), learning=learning, online=online, random_state=seed)


def followed(model: ReservoirForecaster, pieces: Iterator[np.ndarray]) -> np.ndarray:
    """Errors of all steps but the first 200, each piece predicted and learnt a chunk at a time."""
    errors = []
    for values in pieces:
        for start in range(0, len(values), 100):
            part = values[start : start + 100]
            if hasattr(model, "readouts_"):
                errors.append(model.predict_one_step(part) - part)
            model.partial_fit(part)
    return np.concatenate(errors)


def held(given: object) -> int:
    """Bytes of all arrays that an object holds."""
    if hasattr(given, "nbytes"):
        return int(given.nbytes)
    if isinstance(given, dict):
        return sum(map(held, given.values()))
    if isinstance(given, list | tuple):
        return sum(map(held, given))
    return held(vars(given)) if hasattr(given, "__dict__") else 0


def memory(steps: int) -> None:
    """Peak resident memory, and what the model holds, a tenth of the way and at the end."""
    model, begun, seen, errors = forecaster("units learn: self", 0), time.perf_counter(), 0, []
    print("| steps | peak resident MiB | bytes held by the model | error | minutes |\n|---|---|---|---|---|")
    marks = {steps // 10, steps // 2, steps}
    for values in alternating("noisy Mackey-Glass", steps, 10_000, 0):
        if hasattr(model, "readouts_"):
            errors = [*errors, model.predict_one_step(values) - values][-3:]
        model.partial_fit(values)
        seen += len(values)
        if seen in marks:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            error = np.sqrt(np.mean(np.concatenate(errors) ** 2))
            took = (time.perf_counter() - begun) / 60
            print(f"| {seen} | {peak:.0f} | {held(model)} | {error:.4f} | {took:.1f} |", flush=True)


STREAMS = ("noisy Mackey-Glass", "Mackey-Glass", "autoregression")


def recovery(seeds: int, streams: tuple[str, ...] = STREAMS, stay: int = 10_000) -> None:
    """Steps after one change of regime until the error is that of the new one."""
    print(
        "| stream | way | before | stationary | steps: median | largest | within 2000 |\n|---|---|---|---|---|---|---|"
    )
    for kind in streams:
        for way in WAYS:
            before, after, taken = [], [], []
            for seed in range(seeds):
                errors = followed(forecaster(way, seed), alternating(kind, 2 * stay, stay, seed)) ** 2
                new = errors[-stay:]
                before.append(np.sqrt(errors[-stay - LAST : -stay].mean()))
                after.append(np.sqrt(new[-LAST:].mean()))
                running = np.sqrt(np.convolve(new, np.full(WINDOW, 1 / WINDOW), "valid"))
                taken.append(WINDOW + int(np.argmax(running <= 1.1 * after[-1])))
            soon = sum(steps <= 2000 for steps in taken)
            print(
                f"| {kind} | {way} | {np.mean(before):.5f} | {np.mean(after):.5f} | {np.median(taken):.0f} | "
                f"{max(taken)} | {soon} of {seeds} |",
                flush=True,
            )


def limit(seeds: int, kind: str = "Mackey-Glass", stay: int = 10_000) -> None:
    """Error over the last 3000 steps of a regime of a readout of its first ones, the penalty chosen in hindsight."""
    counts = (1000, 1900, 3000, stay - LAST)
    print(f"{kind}: least error by steps of the regime that are read out, over that by {counts[-1]}")
    print("| seed | " + " | ".join(map(str, counts[:-1])) + " |\n|" + "---|" * len(counts))
    for seed in range(seeds):
        reservoir = Reservoir.build(society(), inputs=1, seed=seed)
        values = np.concatenate([*alternating(kind, 2 * stay, stay, seed)])[:, None]
        seen = run(reservoir, values[None], features=("input", "output", "hidden"))[0][0]
        x, y = seen[stay:-1], values[stay + 1 :]
        least = []
        for count in counts:
            readouts = [RidgeReadout(alphas=[alpha]).fit(x[:count], y[:count]) for alpha in 10.0 ** np.arange(-12, 0)]
            predicted = [readout.predict(x[-LAST:]) for readout in readouts]
            least.append(min(np.sqrt(np.mean((one - y[-LAST:]) ** 2)) for one in predicted))
        print(f"| {seed} | " + " | ".join(f"{error / least[-1]:.2f}" for error in least[:-1]) + " |", flush=True)


def ahead(seeds: int, steps: int = 30_000, horizon: int = 10) -> None:
    """Error ten steps ahead at the end of a stream of one regime, in deviations."""
    print("| stream | way | first 5000 | last 10000 |\n|---|---|---|---|")
    for kind in ("Lorenz", "Mackey-Glass"):
        for way in ("frozen units", "units learn: self", "units learn: target"):
            early, late = [], []
            for seed in range(seeds):
                make = lorenz_series if kind == "Lorenz" else mackey_glass_series
                values = make(steps + horizon, seed=seed)
                values = (values - values.mean(0)) / values.std(0)
                model = ReservoirRegressor(
                    society(),
                    learning=WAYS[way][0],
                    features=("input", "output", "hidden", "target"),
                    random_state=seed,
                )
                errors = []
                for start in range(0, steps, 100):
                    x, y = values[start : start + 100], values[start + horizon : start + horizon + 100]
                    if start:
                        errors.append(model.predict_next([x])[0] - y)
                    model.partial_fit([x], [y])
                squares = np.concatenate(errors) ** 2
                early.append(np.sqrt(squares[:5000].mean()))
                late.append(np.sqrt(squares[-10_000:].mean()))
            print(f"| {kind} | {way} | {np.mean(early):.4f} | {np.mean(late):.4f} |", flush=True)


if __name__ == "__main__":
    what, number, *streams = [*sys.argv[1:], *("recovery", "")[len(sys.argv) - 1 :]]
    if what == "memory":
        memory(int(number or 1_000_000))
    elif what == "ahead":
        ahead(int(number or 10))
    elif what == "limit":
        limit(int(number or 10), *streams)
    else:
        recovery(int(number or 10), tuple(streams) or STREAMS)
