"""The default forecaster on 27 real series that packages ship, beside what statisticians use.

    python benchmarks/real_series.py             # two origins a series, a horizon apart, at its end
    python benchmarks/real_series.py --origins 1 --only nile airline
    python benchmarks/real_series.py --hourly    # generated hours with a day and a week instead, five seeds
    python benchmarks/real_series.py --daily     # generated days with a week and a year, five seeds

Series come of statsmodels, aeon, sktime and matplotlib, with the dates that they have; every arm is fitted on what is
known at an origin. The default finds the season itself; the others are told it (of days, the week), and where it is
longer than 24 steps, or there is a year of days, AutoARIMA forecasts what MSTL leaves. Errors are MASE (in units of the
mean change over a season within what is known); `relative` is the geometric mean over series of the error over that of
the seasonal naive, both 0.01 or more. `chosen` is the expert of the committee with the least error over five earlier
origins within what is known, `hindsight` the best on the truth, which nobody can know. Tests are Wilcoxon's, paired
over series, of logarithms of errors, without a correction for their number. Set OMP_NUM_THREADS=1 to compare CPU
seconds.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon
from sklearn.linear_model import RidgeCV

from aurita import ReservoirForecaster
from aurita.experts import EXPERTS, ForecastTask, Panel
from printed import figure

LEVELS = (0.5, 0.8, 0.9)
AHEAD = {"Y": 6, "Q": 8, "M": 12, "W": 13, "B": 10, "30min": 48, "h": 48, "D": 28}
LONG, LEAST = 24, 0.01
TABLE = "forecasts: "


def series():
    """Name, frequency of the steps, season and values."""
    from importlib import import_module

    import matplotlib
    import sktime
    from aeon import datasets as shipped

    def of(name):
        return import_module(f"statsmodels.datasets.{name}").load_pandas().data

    macro, co2, rates = of("macrodata"), of("co2")["co2"], of("interest_inflation")
    pieces = {
        "airline": ("M", 12, shipped.load_airline()),
        "PBS": ("M", 12, shipped.load_PBS_dataset()),
        "shampoo": ("M", 12, shipped.load_shampoo_sales()),
        "lynx": ("Y", 1, shipped.load_lynx()),
    }
    names = ("consumption", "income", "production", "savings", "unemployment")
    pieces |= {f"uschange, {name}": ("Q", 4, one) for name, one in zip(names, shipped.load_uschange(), strict=True)}
    pieces |= {f"US {name}": ("Q", 4, macro[name]) for name in ("realgdp", "cpi", "m1", "tbilrate", "unemp", "infl")}
    pieces |= {f"Germany, {name}": ("Q", 4, rates[name]) for name in ("R", "Dp")}
    pieces |= {
        "CO2, months": ("M", 12, co2.resample("MS").mean().interpolate()),
        "CO2, weeks": ("W", 52, co2.interpolate()[-520:]),
        "sunspots": ("Y", 1, of("sunspots")["SUNACTIVITY"]),
        "nile": ("Y", 1, of("nile")["volume"]),
        "El Nino": ("M", 12, of("elnino").iloc[:, 1:].to_numpy().ravel()),
        "equipment": ("M", 12, of("elec_equip").iloc[:, 0]),
        "copper": ("Y", 1, of("copper")["COPPERPRICE"]),
    }
    tables = Path(sktime.__file__).parent / "datasets" / "data"
    pieces["seatbelts"] = ("M", 12, pd.read_csv(tables / "seatbelts" / "seatbelts.csv")["KSI"])
    pieces["solar"] = ("30min", 48, pd.read_csv(tables / "solar" / "solar.csv")["solar_gen"])
    stocks = Path(matplotlib.get_data_path()) / "sample_data"
    pieces["IBM"] = ("M", 12, pd.read_csv(stocks / "Stocks.csv", comment="#")["IBM"].dropna())
    pieces["S&P 500"] = ("M", 12, pd.read_csv(stocks / "Stocks.csv", comment="#")["^GSPC"].dropna())
    for name, (step, season, values) in pieces.items():
        yield name, step, season, np.asarray(values, float).ravel()


def hours():
    """Generated hours with a day, a week, weekends, correlated noise of a share of the level."""
    steps = np.arange(24 * 7 * 7)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        noise = [0.0]
        for shock in rng.normal(size=len(steps) - 1):
            noise.append(0.8 * noise[-1] + 0.02 * shock)
        day = 1 + 0.3 * np.sin((steps - 8) * np.pi / 12) + 0.1 * np.sin(steps * np.pi / 6)
        yield f"hours {seed}", "h", 168, 1000 * day * np.where(steps // 24 % 7 > 4, 0.75, 1) * np.exp(noise)


def days():
    """Four generated years of days: a week, a year of two harmonics, correlated noise of a share of the level."""
    steps = np.arange(4 * 365 + 1)
    for seed in range(5):
        rng = np.random.default_rng([365, seed])
        noise = [0.0]
        for shock in rng.normal(size=len(steps) - 1):
            noise.append(0.7 * noise[-1] + 0.04 * shock)
        first, second = rng.uniform(0, 2 * np.pi, 2)
        angle = 2 * np.pi * steps / 365.25
        year = 1 + 0.25 * np.sin(angle + first) + 0.08 * np.sin(2 * angle + second)
        yield f"days {seed}", "D", 7, 200 * year * np.where(steps % 7 > 4, 0.8, 1) * np.exp(noise)


def dated(values, step):
    """The values with an index, as a table with dates has."""
    return pd.Series(
        values, pd.date_range("1950-01-02", periods=len(values), freq={"Y": "YS", "Q": "QS", "M": "MS"}.get(step, step))
    )


def autoregression(known, season, ahead):
    """Ridge regression on the last values, its penalty by leave-one-out, run closed."""
    order = min(2 * season + 2, len(known) // 4)
    mean, spread = known.mean(), known.std() or 1.0
    values = (known - mean) / spread
    rows = np.lib.stride_tricks.sliding_window_view(values, order)
    model = RidgeCV(np.logspace(-4, 3, 15)).fit(rows[:-1], values[order:])
    for _ in range(ahead):
        values = np.append(values, np.clip(values[-order:] @ model.coef_ + model.intercept_, -10, 10))
    return values[-ahead:] * spread + mean


def automatic(name):
    """A model of statsforecast."""

    def forecast(known, season, ahead):
        from statsforecast import models

        try:
            model = getattr(models, name)(season_length=season)
            years = season == 7 and len(known) > 3 * 365
            if (season > LONG or years) and name == "AutoARIMA":
                seasons = [7, 365] if years else [24, 168] if season == 168 else season
                model = models.MSTL(season_length=seasons, trend_forecaster=models.AutoARIMA())
            return model.forecast(y=known, h=ahead)["mean"]
        except Exception:
            return np.repeat(known[-1], ahead)

    return forecast


def experts(known, season, ahead):
    """Forecasts of each expert of the committee."""
    task = ForecastTask(Panel.of([known]), (season,) if season > 1 else (), ahead)
    with np.errstate(all="ignore"):
        return np.stack([one.forecasts(task)[0] for one in EXPERTS.values()])


def chosen(known, season, ahead):
    """The expert with the least error over earlier origins."""
    step = max(1, min(ahead, len(known) // 10))
    errors = np.zeros(len(EXPERTS))
    for back in range(ahead, ahead + 5 * step, step):
        if len(known) - back > max(8, season):
            errors += np.abs(experts(known[:-back], season, ahead) - known[-back:][:ahead]).mean(axis=1)
    return experts(known, season, ahead)[int(np.argmin(errors))]


PEERS = {
    "AutoARIMA": automatic("AutoARIMA"),
    "AutoETS": automatic("AutoETS"),
    "AutoTheta": automatic("AutoTheta"),
    "ridge autoregression": autoregression,
    "seasonal naive": lambda known, season, ahead: np.resize(known[-season:], ahead),
    "chosen": chosen,
}


def default(known, step, ahead, seed):
    """The default's forecast, and whether intervals hold."""
    model = ReservoirForecaster(horizon=ahead, random_state=seed).fit(dated(known, step))
    return [model.predict(intervals=level) for level in LEVELS]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--origins", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--hourly", action="store_true")
    parser.add_argument("--daily", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arms", nargs="*", default=list(PEERS), choices=list(PEERS))
    asked = parser.parse_args()
    errors, seconds, inside, names = [], [], [], []
    kind = "hours" if asked.hourly else "days" if asked.daily else "real series"
    for name, step, season, values in {"hours": hours, "days": days, "real series": series}[kind]():
        if asked.only and name not in asked.only:
            continue
        ahead, rows, taken = AHEAD[step], [], {}
        for back in range(asked.origins, 0, -1):
            known = values[: len(values) - back * ahead]
            truth = values[len(known) :][:ahead]
            if len(known) < max(2 * season, 12):
                continue
            unit = np.abs(known[season:] - known[:-season]).mean()
            start = time.process_time()
            found = default(known, step, ahead, asked.seed)
            taken["aurita"] = taken.get("aurita", 0.0) + time.process_time() - start
            inside.append([((one.lower <= truth) & (truth <= one.upper)).mean() for one in found])
            row = {"aurita": found[0].mean}
            for arm in asked.arms:
                start = time.process_time()
                row[arm] = PEERS[arm](known, season, ahead)
                taken[arm] = taken.get(arm, 0.0) + time.process_time() - start
            scores = {arm: np.abs(one - truth).mean() / unit for arm, one in row.items()}
            every = np.abs(experts(known, season, ahead) - truth).mean(axis=1) / unit
            rows.append(scores | {"hindsight": every.min()})
        errors.append(pd.DataFrame(rows).mean())
        seconds.append(pd.Series(taken))
        names.append(name)
        print(f"{name:24s}", " ".join(f"{arm} {one:.3f}" for arm, one in errors[-1].items()), flush=True)
    show(pd.DataFrame(errors, names), pd.DataFrame(seconds).sum(), np.array(inside), TABLE + kind)


def show(errors, seconds, inside, table):
    """A line an arm."""
    floored = errors.clip(lower=LEAST)
    relative = floored.div(floored["seasonal naive"], axis=0) if "seasonal naive" in errors else floored
    ranks = errors.drop(columns="hindsight").rank(axis=1)
    for arm in errors:
        apart = np.log(floored["aurita"] / floored[arm])
        sign = wilcoxon(apart).pvalue if arm != "aurita" and len(errors) > 5 else np.nan
        cells = {
            "relative MASE": f"{np.exp(np.log(relative[arm]).mean()):.3f}",
            "MASE": f"{errors[arm].mean():.3f}",
            "mean rank": f"{ranks[arm].mean():.2f}" if arm in ranks else "",
            "aurita worse on": "" if arm == "aurita" else f"{(apart > 0).sum()} of {len(apart)}",
            "p": "" if np.isnan(sign) else f"{sign:.2g}",
            "CPU s": f"{seconds[arm]:.1f}" if arm in seconds else "",
        }
        print(f"{arm:24s}", cells)
        for column, cell in cells.items():
            figure(arm, column, cell, table=table)
    shares = ", ".join(
        f"{100 * share:.1f} of {level:.0%}" for share, level in zip(inside.mean(axis=0), LEVELS, strict=True)
    )
    print(f"intervals cover {shares}; {len(inside)} fits")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
