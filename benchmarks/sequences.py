"""Whole sequences of UCR and UEA as aeon ships them, official splits: accuracy and CPU time of a fit, ranks and tests.

    python benchmarks/sequences.py [--seeds 10] [--sets GunPoint,...] [--arms default,...] [--results FILE]

Nothing is chosen on a test part: every arm is as its library has it by default, and what ours chooses it chooses inside
the training part. Arms: our default, the same with its units as drawn, MiniRocket, MultiRocket and HYDRA (aeon; HYDRA
needs torch), the nearest neighbour by dynamic time warping (aeon), an echo state network, and the bare inputs at four
times. Sequences of different lengths are padded with zeros for aeon's. `mnist1d` is made by the package of that name
(extra `data`); `--regression` runs sets of values instead. Results are kept in a file as lines of JSON, and what is
there is not run again.
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

from aurita import EchoUnit, Population, ReservoirClassifier, ReservoirRegressor  # noqa: E402

CLASSES = (
    "ACSF1",
    "ArrowHead",
    "BasicMotions",
    "GunPoint",
    "ItalyPowerDemand",
    "JapaneseVowels",
    "OSULeaf",
    "PickupGestureWiimoteZ",
    "UnitTest",
    "Covid3Month_disc",
)
VALUES = ("CardanoSentiment", "Covid3Month", "sunspots", "elnino", "macrodata")
Data = tuple[list[np.ndarray], np.ndarray, list[np.ndarray], np.ndarray]


def main() -> None:
    """Run what is missing, then print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", default="")
    parser.add_argument("--arms", default="")
    parser.add_argument("--results", type=Path, default=Path("sequences.jsonl"))
    parser.add_argument("--regression", action="store_true")
    asked = parser.parse_args()
    arms = REGRESSORS if asked.regression else CLASSIFIERS
    sets = asked.sets.split(",") if asked.sets else VALUES if asked.regression else CLASSES
    arms = {name: arm for name, arm in arms.items() if not asked.arms or name in asked.arms.split(",")}
    found = read(asked.results)
    for name in sets:
        data: Data | None = None
        for arm, make in arms.items():
            for seed in range(1 if arm in FIXED else asked.seeds):
                if (name, arm, seed) in found:
                    continue
                data = load(name) if data is None else data
                scored = measured(make, data, seed, values=asked.regression)
                if scored is None:
                    break
                found[name, arm, seed] = scored
                with asked.results.open("a") as file:
                    file.write(json.dumps([name, arm, seed, *scored]) + "\n")
    tell(found, sets, arms, values=asked.regression)


def read(path: Path) -> dict[tuple[str, str, int], tuple[float, float]]:
    """Results of earlier runs."""
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {(name, arm, seed): (score, seconds) for name, arm, seed, score, seconds in lines}


def load(name: str) -> Data:
    """Training and test part of a data set, sequences of shape (steps, channels)."""
    if name == "mnist1d":
        from mnist1d.data import get_dataset_args, make_dataset

        made = make_dataset(get_dataset_args())
        return [x[:, None] for x in made["x"]], made["y"], [x[:, None] for x in made["x_test"]], made["y_test"]
    if name in ("sunspots", "elnino", "macrodata"):
        return windows(name)
    import aeon
    from aeon.datasets import load_from_ts_file

    parts: list[Any] = []
    folder = Path(aeon.__file__).parent / "datasets" / "data" / name
    for part in ("TRAIN", "TEST"):
        X, y = load_from_ts_file(str(folder / f"{name}_{part}.ts"))
        parts += [[np.asarray(x, float).T for x in X], np.asarray(y)]
    return parts[0], parts[1], parts[2], parts[3]


def windows(name: str) -> Data:
    """Windows of a series of statsmodels and the value after each; the last quarter is the test part."""
    from statsmodels import datasets

    if name == "sunspots":
        series = datasets.sunspots.load_pandas().data[["SUNACTIVITY"]].to_numpy()
        steps, target = 30, series[:, 0]
    elif name == "elnino":
        table = datasets.elnino.load_pandas().data.iloc[:, 1:].to_numpy(float)
        series = table.reshape(-1, 1)
        steps, target = 24, series[:, 0]
    else:
        table = datasets.macrodata.load_pandas().data
        series = table[["infl", "unemp", "tbilrate"]].to_numpy(float)
        steps, target = 20, table["infl"].to_numpy(float)
    X = [series[start : start + steps] for start in range(len(series) - steps)]
    y, first = target[steps:], 3 * (len(series) - steps) // 4
    return X[:first], y[:first], X[first:], y[first:]


def cube(X: list[np.ndarray], steps: int) -> np.ndarray:
    """Sequences as aeon has them, (cases, channels, steps), zeros after their ends."""
    return np.stack([np.pad(x.T, ((0, 0), (0, steps - len(x)))) for x in X])


def ours(**parameters: Any) -> Callable[[int], Any]:
    """One of our classifiers."""
    return lambda seed: ReservoirClassifier(**parameters, random_state=seed)


def aeons(module: str, name: str, **parameters: Any) -> Callable[[int], Any]:
    """One of aeon's."""

    def make(seed: int) -> Any:
        from importlib import import_module

        kind = getattr(import_module(f"aeon.{module}"), name)
        return kind(**parameters) if "distance" in module else kind(**parameters, random_state=seed)

    make.__doc__ = "aeon"
    return make


def ridge(seed: int) -> Any:
    """Ridge regression on all values of a sequence."""
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    del seed
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 25)))


def mean(seed: int) -> Any:
    """The mean of the training part."""
    from sklearn.dummy import DummyRegressor

    del seed
    return DummyRegressor()


_ECHO = Population(
    unit=EchoUnit(slots=300, spectral_radius=0.9, leak=(0.1, 1.0)),
    units=1,
    passage="mixed",
    afferents="all",
    receives="inputs",
)
FIXED = ("1-NN DTW", "bare inputs", "ridge", "mean")
CLASSIFIERS: dict[str, Callable[[int], Any]] = {
    "default": ours(),
    "frozen": ours(learning="frozen"),
    "MiniRocket": aeons("classification.convolution_based", "MiniRocketClassifier"),
    "MultiRocket": aeons("classification.convolution_based", "MultiRocketClassifier"),
    "HYDRA": aeons("classification.convolution_based", "HydraClassifier"),
    "1-NN DTW": aeons("classification.distance_based", "KNeighborsTimeSeriesClassifier", distance="dtw"),
    "ESN": ours(populations=_ECHO, features=("output",), summary="mean_deviation"),
    "bare inputs": ours(units=0),
}
REGRESSORS: dict[str, Callable[[int], Any]] = {
    "default": lambda seed: ReservoirRegressor(random_state=seed, per="sequence"),
    "frozen": lambda seed: ReservoirRegressor(random_state=seed, per="sequence", learning="frozen"),
    "MiniRocket": aeons("regression.convolution_based", "MiniRocketRegressor"),
    "ridge": ridge,
    "mean": mean,
}


def measured(make: Callable[[int], Any], data: Data, seed: int, *, values: bool) -> tuple[float, float] | None:
    """Accuracy, or root mean square error, and CPU seconds of the fit; None where a library is missing."""
    X, y, unseen, truth = data
    if make.__doc__ == "aeon":
        steps = max(len(x) for x in [*X, *unseen])
        X, unseen = cube(X, steps), cube(unseen, steps)
    elif make in (ridge, mean):
        X, unseen = ([x.ravel() for x in part] for part in (X, unseen))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = make(seed)
        except ModuleNotFoundError as error:
            print(f"left out: {error}")
            return None
        start = time.process_time()
        model.fit(X, y)
        seconds = time.process_time() - start
        predicted = model.predict(unseen)
    if values:
        return float(np.sqrt(np.mean((np.asarray(predicted) - truth) ** 2))), seconds
    return float(np.mean(predicted == truth)), seconds


def tell(found: dict, sets: Any, arms: Any, *, values: bool) -> None:
    """Tables in Markdown: scores with CPU seconds of a fit, mean ranks, learnt against frozen."""
    arms = [arm for arm in arms if all(any(key[:2] == (name, arm) for key in found) for name in sets)]

    def of(name: str, arm: str) -> np.ndarray:
        return np.array([value for key, value in sorted(found.items()) if key[:2] == (name, arm)])

    print(f"| {'RMSE' if values else 'accuracy'}, CPU seconds of a fit | {' | '.join(arms)} |")
    print("|---" * (len(arms) + 1) + "|")
    means = np.array([[of(name, arm)[:, 0].mean() for arm in arms] for name in sets])
    for name, row in zip(sets, means, strict=True):
        cells = [f"{score:.3f} ({np.median(of(name, arm)[:, 1]):.2f})" for arm, score in zip(arms, row, strict=True)]
        print(f"| {name} | {' | '.join(cells)} |")
    ranks = np.array([stats.rankdata(row if values else -row) for row in means.round(6)])
    print(f"| mean rank | {' | '.join(f'{rank:.2f}' for rank in ranks.mean(axis=0))} |")
    if not {"default", "frozen"} <= set(arms):
        return
    gains = []
    for name in sets:
        learnt, frozen = of(name, "default")[:, 0], of(name, "frozen")[:, 0]
        count = min(len(learnt), len(frozen))
        gains.append((frozen[:count] - learnt[:count]) * (1 if values else -1))
        print(f"{name}: learning changes {'RMSE' if values else 'accuracy'} for the better by {gains[-1].mean():+.4f}")
    every = np.concatenate(gains)
    if np.any(every):
        test = stats.wilcoxon(every, alternative="two-sided")
        print(f"learnt against frozen: {every.mean():+.4f} in {len(every)} pairs, Wilcoxon p = {test.pvalue:.2g}")


if __name__ == "__main__":
    main()
