"""Forecasts after a shift of level, and after one wrong record: the default beside statsforecast's ETS and Theta.

    pip install statsforecast
    python benchmarks/shifts.py                     # months and days, 20 series each
    python benchmarks/shifts.py --plain --count 40  # without the mixed society, which takes most of the time

Months (60 to 120, a year) and days (120 to 240, a week): a season, a slow trend, and noise, white or with a memory of
0.6. The level changes by 6 to 15 deviations of the noise so many steps before the end, by a term or by a factor; or the
last record alone is that far off. Errors are mean absolute ones over the horizon against the noiseless future with its
noise, divided by the error of the seasonal naive within the series without the shift, as are widths. Coverage and
width are those of intervals of 90 %.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd

from aurita import ReservoirForecaster
from aurita.estimators import _fitting
from printed import figure

KINDS = {"months": ("MS", 12, 12, (60, 121)), "days": ("D", 7, 14, (120, 241))}
AGES = (1, 2, 3, 4, 5, 6, 9, 15)
CASES = ("none", *(f"shift {age}" for age in AGES), "wrong 1", "wrong 2")


def drawn(kind, seed):
    """A series without a shift and what follows it, the size of a shift, and whether it is a factor."""
    _, season, horizon, lengths = KINDS[kind]
    rng = np.random.default_rng([seed, season])
    steps = int(rng.integers(*lengths))
    whole = steps + horizon
    noise = rng.normal(size=whole)
    if rng.uniform() < 0.5:
        for step in range(1, whole):
            noise[step] = 0.6 * noise[step - 1] + 0.8 * noise[step]
    shape = rng.normal(size=season)
    level = 60 + rng.normal() * 0.02 * np.arange(whole)
    values = level + (shape - shape.mean())[np.arange(whole) % season] * rng.uniform(1, 4) + noise
    size = rng.uniform(6, 15) * rng.choice([-1, 1])
    return values, steps, size, bool(rng.uniform() < 0.5)


def shifted(kind, seed, case):
    """The known part and what follows it; the last level is that of the series as drawn, unless records are wrong."""
    values, steps, size, factor = drawn(kind, seed)
    known, future = values[:steps].copy(), values[steps:]
    unit = np.abs(known[KINDS[kind][1] :] - known[: -KINDS[kind][1]]).mean()
    name, _, age = case.partition(" ")
    if name == "wrong":
        known[-int(age) :] += size
    elif name == "shift":
        before = known[: -int(age)]
        known[: -int(age)] = before * (60 - size) / 60 if factor else before - size
    return known, future, unit


def default(known, kind):
    frequency, _, horizon, _ = KINDS[kind]
    series = pd.Series(known, index=pd.date_range("2015-01-01", periods=len(known), freq=frequency))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ReservoirForecaster(horizon=horizon, random_state=0).fit(series).predict()
    return found.mean.ravel(), found.lower.ravel(), found.upper.ravel()


def peers(known, kind):
    from statsforecast import models

    _, season, horizon, _ = KINDS[kind]
    for name in ("AutoETS", "AutoTheta"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = getattr(models, name)(season_length=season).forecast(y=known, h=horizon, level=[90])
        yield name, (found["mean"], found["lo-90"], found["hi-90"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20, help="series of a kind")
    parser.add_argument("--seed", type=int, default=1000, help="of the first series")
    parser.add_argument("--plain", action="store_true", help="without the mixed society")
    parser.add_argument("--only", nargs="*", default=list(CASES), choices=CASES)
    parser.add_argument("--alone", action="store_true", help="without statsforecast")
    asked = parser.parse_args()
    if asked.plain:
        _fitting._society = lambda *given: None
    start = time.process_time()
    for kind in KINDS:
        print(f"{kind}: error, coverage of 90 % (width)")
        for case in asked.only:
            errors, inside, wide = {}, {}, {}
            for seed in range(asked.seed, asked.seed + asked.count):
                known, future, unit = shifted(kind, seed, case)
                arms = [("aurita", default(known, kind)), *([] if asked.alone else peers(known, kind))]
                for name, (mean, low, high) in arms:
                    errors.setdefault(name, []).append(np.abs(mean - future).mean() / unit)
                    inside.setdefault(name, []).append(np.mean((low <= future) & (future <= high)))
                    wide.setdefault(name, []).append(np.mean(high - low) / unit)
            held = {name: f"{100 * np.mean(each):.0f} ({np.mean(wide[name]):.1f})" for name, each in inside.items()}
            cells = [f"{name} {np.mean(each):.2f}, {held[name]}" for name, each in errors.items()]
            print(f"  {case:9s} " + "  ".join(cells), flush=True)
            figure(kind, case, held["aurita"])
    print(f"{time.process_time() - start:.0f} CPU s")


if __name__ == "__main__":
    main()
