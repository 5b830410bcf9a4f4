"""How much of the truth prediction intervals hold, at 50, 80 and 90 %, step by step, on 201 series.

    OPENBLAS_NUM_THREADS=1 python benchmarks/interval_coverage.py [OF_EACH_KIND]

Each series has 180 steps: the forecaster of `aurita forecast --units 40` (units as drawn) sees the first 168, and the
last 12 are forecast. 144 series are generated, 18 of each of eight kinds (or as many as are asked for); 57 are real:
windows of data sets that statsmodels and aeon ship, none overlapping, at most twelve of one series. Seasons are those
that dates would suggest: 12 for months (all that is generated), 4 for quarters, none elsewhere.
"""

import sys
import warnings
from collections.abc import Iterator

import numpy as np

import timing  # noqa: F401
from aurita import ReservoirForecaster

SEEN, AHEAD = 168, 12
LEVELS = (0.5, 0.8, 0.9)
KINDS = ("autoregression", "cycle", "season", "random walk", "noise", "level shift", "counts", "intermittent")


def generated(kind: str, seed: int) -> np.ndarray:
    """One series of a kind, `(180,)`."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    steps = SEEN + AHEAD
    when, shocks = np.arange(steps), rng.standard_normal(steps + 100)
    if kind in ("autoregression", "cycle"):
        first, second = (rng.uniform(0.3, 0.9), 0.0) if kind == "autoregression" else (1.6, -0.8)
        values = [0.0, 0.0]
        for shock in shocks:
            values.append(first * values[-1] + second * values[-2] + shock)
        return np.array(values[-steps:])
    noise = shocks[:steps]
    if kind == "season":
        wave = 5 * np.sin(2 * np.pi * (when + rng.uniform(0, 12)) / 12)
        return rng.uniform(-0.1, 0.1) * when + wave + rng.uniform(0.5, 2) * noise
    if kind == "random walk":
        return np.cumsum(noise)
    if kind == "noise":
        return noise
    if kind == "level shift":
        return noise + rng.uniform(3, 8) * (when > rng.integers(40, 150))
    if kind == "counts":
        return rng.poisson(4 + 3 * np.sin(2 * np.pi * when / 12)).astype(float)
    return rng.poisson(5, steps) * (rng.random(steps) < 0.3).astype(float)


def windows(values: np.ndarray, most: int) -> list[np.ndarray]:
    """Pieces of 180 steps, the last one at the end."""
    size = SEEN + AHEAD
    count = min(len(values) // size, most)
    last = len(values)
    return [values[last - size * (n + 1) : last - size * n] for n in range(count)]


def real() -> Iterator[tuple[str, int | None, np.ndarray]]:
    """Data set, season and window."""
    from aeon import datasets as shipped
    from statsmodels import datasets

    macro = datasets.macrodata.load_pandas().data.drop(columns=["year", "quarter"])
    tables = {
        "macrodata": (4, [macro[name].to_numpy() for name in macro], 1),
        "uschange": (4, list(shipped.load_uschange()), 1),
        "PBS": (12, [shipped.load_PBS_dataset()], 1),
        "El Nino": (12, [datasets.elnino.load_pandas().data.iloc[:, 1:].to_numpy().ravel()], 4),
        "CO2, weekly": (None, [datasets.co2.load_pandas().data["co2"].interpolate().to_numpy()], 12),
        "sunspots": (None, [datasets.sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()], 1),
        "solar": (None, [shipped.load_solar()], 1),
        "KDD 135": (None, [shipped.load_kdd_tsad_135()[0]], 12),
        "Daphnet": (None, list(np.asarray(shipped.load_daphnet_s06r02e0()[0], float).T), 1),
    }
    for name, (season, series, most) in tables.items():
        for values in series:
            for window in windows(np.ravel(values).astype(float), most):
                yield name, season, window


def main() -> None:
    each = int(sys.argv[1]) if len(sys.argv) > 1 else 18
    cases = [(kind, 12, generated(kind, seed)) for kind in KINDS for seed in range(each)]
    cases += list(real())
    names, inside, widths = [], [], []
    for name, season, values in cases:
        model = ReservoirForecaster(units=40, horizon=AHEAD, season=season, learning="frozen").fit(values[:SEEN])
        truth = values[SEEN:]
        found = [model.predict(AHEAD, intervals=level) for level in LEVELS]
        inside.append([(one.lower <= truth) & (truth <= one.upper) for one in found])
        widths.append((found[-1].upper - found[-1].lower) / max(np.std(values[:SEEN]), 1e-12))
        names.append(name)
        if len(names) % 20 == 0:
            print(f"{len(names)} series", file=sys.stderr, flush=True)
    show(names, np.array(inside, float), np.array(widths))


def show(names: list[str], inside: np.ndarray, widths: np.ndarray) -> None:
    """Tables of the share held, `inside` being `(series, level, step)`."""
    heads = "".join(f"{level:>8.0%}" for level in LEVELS)
    print(f"{len(names)} series, {AHEAD} steps ahead: share of the truth inside\n\n{'step':24}{heads}{'width':>8}")
    for step in range(AHEAD):
        shares = "".join(f"{share:8.3f}" for share in inside[:, :, step].mean(axis=0))
        print(f"{step + 1:<24}{shares}{np.median(widths[:, step]):8.2f}")
    shares = inside.mean(axis=2)
    error = shares.std(axis=0, ddof=1) / np.sqrt(len(shares))
    print(f"{'all':24}{''.join(f'{share:8.3f}' for share in shares.mean(axis=0))}{np.median(widths):8.2f}")
    print(f"{'standard error':24}{''.join(f'{one:8.3f}' for one in error)}\n")
    made = np.isin(names, KINDS)
    for name, which in (("generated", made), ("real", ~made)):
        if which.any():
            parts = "".join(f"{share:8.3f}" for share in shares[which].mean(axis=0))
            print(f"{f'{name} ({which.sum()})':24}{parts}{np.median(widths[which]):8.2f}")
    for name in dict.fromkeys(names):
        which = np.array([one == name for one in names])
        shares = "".join(f"{share:8.3f}" for share in inside[which].mean(axis=(0, 2)))
        print(f"{f'{name} ({which.sum()})':24}{shares}{np.median(widths[which]):8.2f}")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
