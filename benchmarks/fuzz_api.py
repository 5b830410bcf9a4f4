"""Calls of the estimators that no one should make: an answer or an `AuritaError`, and nothing else.

    python benchmarks/fuzz_api.py [--calls 2000] [--seed 0] [--only NUMBER]

Every call draws an estimator, parameters and data, each sensible or absurd, fits, and asks for all that the estimator
answers. It has failed where it raises anything but `AuritaError` (or scikit-learn's `NotFittedError`), answers with
NaN, warns of arithmetic, or takes more than 5 seconds of the processor twice. The same seed gives the same calls;
`--only` repeats one.
"""

import argparse
import contextlib
import datetime
import decimal
import fractions
import time
import traceback
import warnings
from collections import Counter
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import NotFittedError

from aurita import AuritaError, Learning, Online, Population, units
from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

SLOW = 5.0
COUNT, STEPS = 12, 8


class Evil:
    """An object that answers nothing."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __float__(self) -> float:
        raise RuntimeError("no number")

    __hash__ = None  # type: ignore[assignment]


class NoArray:
    """An object that fails to become an array."""

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise RuntimeError("no array")


def odd_values() -> list[Any]:
    """Values that are hardly what any parameter may be, and some that are."""
    return [
        *(None, True, False, 0, 1, -1, 3, 10**20, -(10**20), 10**400, 2.5, -0.5, 1e300, 1e-300, 1j, np.int64(-3)),
        *(float("nan"), float("inf"), -float("inf"), np.float64("nan"), np.float32(0.5), np.array(2), np.array("x")),
        *("", "x", "auto", "ridge", "times:0", "times:x", "times:" + "9" * 30, "é" * 200, "\0", b"x", bytearray(b"x")),
        *([], [1], [None], ["x"], [[]], [float("nan")], [-1.0], [0.1, 0.2], (), (1, "x"), {}, {"a": 1}, set(), {1}),
        *(object(), int, len, lambda: 1, Ellipsis, NotImplemented, slice(3), range(3), iter([1]), Evil(), NoArray()),
        *(np.zeros(3), np.zeros((2, 2)), np.array([np.nan]), np.array(["ridge"]), np.array([None]), np.ma.masked),
        *(pd.Series([1.0]), pd.DataFrame({"a": [1]}), pd.NaT, pd.NA, datetime.date(2024, 1, 1), np.datetime64("NaT")),
        *(decimal.Decimal("nan"), fractions.Fraction(1, 2), Exception("x"), Learning(steps=1), Online(chunk=4)),
        *(
            units.EchoUnit(),
            Population(unit=units.EchoUnit(slots=9), units=1),
            [Population(unit=units.EchoUnit(), units=1)],
        ),
    ]


def odd_data(rng: np.random.Generator) -> list[Any]:
    """Data that hardly anybody means, and some that can be read."""
    cycle: list[Any] = []
    cycle.append(cycle)
    three = rng.normal(size=(COUNT, STEPS, 2))
    gaps, ends = three.copy(), three.copy()
    gaps[3, 2, 1], ends[4, 5:] = np.nan, np.nan
    dates = pd.date_range("2024-01-01", periods=COUNT)
    levels = pd.concat({f"s{i}": pd.DataFrame(x, columns=["a", "b"]) for i, x in enumerate(three)})
    nested = pd.DataFrame({"a": [pd.Series(x[:, 0]) for x in three]})
    return [
        *odd_values(),
        *(
            cycle,
            [[1, 2, 3], [4, 5]],
            [[1, 2], [3, 4]],
            [[[1], [2]], [[3]]],
            [[], [1]],
            [three[0], None],
            [three[0], 1],
        ),
        *(
            [three[0], "x"],
            [three[0], three[0][:0]],
            [three[0], three[0][:1]],
            [three[0]],
            list(three[:, :1]),
            [x.T for x in three],
        ),
        *(three[0], three[:0], three[:, :0], three[:, :, :0], three[:1], three[None], three.transpose(0, 2, 1)),
        *(
            gaps,
            ends,
            np.full_like(three, np.nan),
            three * 1e200,
            three * 1e-200,
            three + 1e12,
            three * np.inf,
            three * 1j,
        ),
        *(
            three.astype("float16"),
            (three > 0),
            (three * 9).astype("uint8"),
            (three * 9).astype(object),
            three.astype(str),
        ),
        *(
            np.zeros((COUNT, STEPS, 2)),
            np.ones((COUNT, 1, 9)),
            np.zeros((COUNT, 2)),
            rng.normal(size=(COUNT, 2)),
            np.arange(9.0),
        ),
        *(np.ma.array(three, mask=three > 1), np.ma.array(three, mask=True), np.ma.array(three, mask=False)),
        *(
            sparse.csr_matrix(three[0]),
            sparse.csr_array(three[0]),
            (x for x in three),
            dict(enumerate(three)),
            map(list, []),
        ),
        *(pd.DataFrame(three[:, 0], dates), pd.DataFrame(three[0]), pd.DataFrame(three[0]).astype(str), pd.DataFrame()),
        *(
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            pd.DataFrame({"a": pd.Categorical(["x", "y"])}),
            pd.DataFrame({0: dates}),
        ),
        *(
            levels,
            levels.swaplevel(),
            levels.iloc[::-1],
            levels.iloc[:0],
            pd.concat([levels, levels]),
            levels["a"],
            nested,
        ),
        *(
            pd.concat({"x": levels}),
            levels.rename({0: np.nan}, level=1),
            levels.rename({"s0": np.nan}, level=0),
            nested["a"],
        ),
        *(
            nested.assign(b=1),
            nested.assign(b=list(three)),
            pd.DataFrame({"a": [[1, 2], "x"]}),
            np.array([three[0], None], object),
        ),
        *(
            np.array([(1, 2.0)], "i4,f4"),
            np.zeros((2, 2), "M8[D]"),
            np.array([[1, "a"]], object),
            np.array([[2**70]], object),
        ),
    ]


def odd_targets(rng: np.random.Generator) -> list[Any]:
    """Labels or targets that hardly anybody means, and some that can be read."""
    count, steps = np.arange(COUNT), rng.normal(size=(COUNT, STEPS))
    return [
        *odd_data(rng),
        *(
            count % 2,
            list(count % 2),
            count[:-1],
            count * 0,
            np.zeros(0),
            np.zeros((COUNT, 0)),
            np.zeros((COUNT, 2, 2, 2)),
        ),
        *(
            np.where(count > 5, np.nan, count),
            [1, "a"] * (COUNT // 2),
            ["a", None] * (COUNT // 2),
            ["a"] * COUNT,
            [1j] * COUNT,
        ),
        *(
            np.where(count > 5, "b", "a"),
            count / 3,
            count * 1e300,
            (count % 2).astype(bool),
            np.array(["a", "b"] * 6, "S1"),
        ),
        *(
            steps,
            list(steps),
            steps[:, :, None],
            list(steps[:, 1:]),
            list(steps.astype(str)),
            [steps[0]] * 3,
            [list(x) for x in steps],
        ),
        *(
            pd.Series(count % 2, [f"s{i}" for i in count]),
            pd.Series(count % 2, count[::-1]),
            pd.Series(count, dtype="Int64") % 2,
        ),
        *(
            pd.Series(["a", "b"] * 6, dtype="category"),
            pd.Series(["a", pd.NA] * 6, dtype="string"),
            [[i] for i in count],
        ),
        *(
            [None] * COUNT,
            [{}] * COUNT,
            [[]] * COUNT,
            np.ma.array(count, mask=count > 8),
            np.array(count, "M8[D]"),
            [10**30] * COUNT,
        ),
    ]


def sensible(rng: np.random.Generator, kind: type) -> tuple[Any, Any]:
    """Sequences and targets in one of the forms that they may have."""
    three = rng.normal(size=(COUNT, STEPS, 2))
    form = rng.integers(5)
    names = [f"s{i}" for i in range(COUNT)]
    X: Any = [three, list(three), [pd.DataFrame(x, columns=["a", "b"]) for x in three]][form] if form < 3 else three
    if form == 3:
        X = pd.concat(dict(zip(names, map(pd.DataFrame, three), strict=True)))
    if form == 4:
        X = three.copy()
        X[2, 6:] = np.nan
    labels = np.arange(COUNT) % 2
    y: Any = labels if kind is ReservoirClassifier else three.mean(axis=(1, 2))
    if form != 4 and rng.random() < 0.3:
        y = list(np.where(three[:, :, 0] > 0, 1, 0)) if kind is ReservoirClassifier else list(three[:, :, 0])
    return X, y


def sensible_series(rng: np.random.Generator) -> tuple[Any, Any]:
    """A series, or two, and covariates or none."""
    wave = np.sin(np.arange(60) / 4) + 0.1 * rng.normal(size=60)
    forms = [
        wave,
        pd.Series(wave, pd.date_range("2024-01-01", periods=60)),
        np.stack([wave, -wave], axis=1),
        [wave, wave + 1],
    ]
    return forms[rng.integers(4)], None


VALID: dict[str, list[Any]] = {
    "populations": [None, [], Population(unit=units.EchoUnit(slots=6), units=1, passage="mixed", afferents="all")],
    "units": [0, 3, np.int64(3)],
    "learning": [None, "frozen", Learning(objective="frozen")],
    "features": [None, "output", ("input", "output")],
    "summary": ["last", "mean", "mean_deviation", "times:2"],
    "readout": [None, "ridge", "committee", "logistic"],
    "alphas": [None, [0.1], (1e-3, 1.0), np.array([0.5])],
    "selection": ["gcv"],
    "washout": [0, 2],
    "clock": [(), (6.0,)],
    "scale_inputs": [True, False],
    "layout": ["auto", "steps_first", "channels_first", "univariate"],
    "per": ["auto", "sequence", "step"],
    "ensemble": [1, 2],
    "online": [None, Online(chunk=8)],
    "random_state": [0, 7, None, np.random.RandomState(0), np.random.default_rng(0)],
    "class_weight": [None, "balanced", {0: 2.0}],
    "horizon": [3],
    "strategy": ["recursive", "direct"],
    "predicts": ["values", "increments"],
    "difference": [0, 1, "auto"],
    "season": [None, 5],
    "noise": [0.0, 0.1],
    "calibration": [0.0, 0.3],
    "lower": [None, -3.0],
    "upper": [None, 3.0],
}


def parameters(rng: np.random.Generator, kind: type) -> dict[str, Any]:
    """Parameters of an estimator, of which a few are drawn."""
    found: dict[str, Any] = {"units": 3, "learning": "frozen"}
    if kind is ReservoirForecaster:
        found |= {"horizon": 3, "difference": 0}
    names = [name for name in kind().get_params() if name not in ("units", "learning") or rng.random() < 0.5]  # type: ignore[attr-defined]
    for name in rng.choice(names, rng.choice([0, 1, 2, 3], p=[0.35, 0.4, 0.15, 0.1]), replace=False):
        odd = rng.random() < 0.4
        pool = odd_values() if odd else VALID.get(name, [None])
        value = pool[rng.integers(len(pool))]
        # The society takes longer than all the others together.
        if not (name == "units" and value is None):
            found[name] = value
    return found


def call(number: int, seed: int) -> str:
    """One call: `answered` or `refused`.

    Raises:
        Exception: whatever the estimator raises that is no refusal.
    """
    rng = np.random.default_rng([seed, number])
    kind = [ReservoirClassifier, ReservoirRegressor, ReservoirForecaster, None][
        rng.choice(4, p=[0.35, 0.3, 0.23, 0.12])
    ]
    try:
        if kind is None:
            described(rng)
        elif kind is ReservoirForecaster:
            forecast(rng)
        else:
            classify_or_regress(rng, kind)
    except (AuritaError, NotFittedError) as error:
        if not str(error) or len(str(error)) > 2000:
            raise AssertionError("a complaint that says nothing, or too much") from error
        return "refused"
    return "answered"


def classify_or_regress(rng: np.random.Generator, kind: Any) -> None:
    """Fit on labelled sequences, and ask for everything."""
    model = kind(**parameters(rng, kind))
    (X, y), extra = sensible(rng, kind), {}
    asked: Any = X
    where = rng.random()
    if where < 0.15:
        X = asked = one_of(rng, odd_data(rng))
    elif where < 0.3:
        y = one_of(rng, odd_targets(rng))
    elif where < 0.45:
        asked = one_of(rng, odd_data(rng))
    elif where < 0.55:
        extra = {"sample_weight": one_of(rng, [*odd_targets(rng), np.arange(COUNT), np.ones(COUNT)])}
    if rng.random() < 0.1:
        with contextlib.suppress(AuritaError, NotFittedError):
            finite(model.predict(asked))
    if rng.random() < 0.2 and hasattr(model, "partial_fit"):
        known = (
            {"classes": one_of(rng, [None, [0, 1], [0, 1, 2], *odd_values()])} if kind is ReservoirClassifier else {}
        )
        model.partial_fit(X, y, **known)
        finite(model.predict(asked))
        return
    model.fit(X, y, **extra)
    finite(model.predict(asked))
    if kind is ReservoirClassifier:
        finite(model.predict_proba(asked))
        finite(model.decision_function(asked))
    if rng.random() < 0.5:
        finite(model.score(asked, y))
    if rng.random() < 0.1:
        with contextlib.suppress(AuritaError):
            finite(model.predict_next(asked))
        finite(model.predict(X))


def forecast(rng: np.random.Generator) -> None:
    """Fit on series, and ask for everything."""
    model = ReservoirForecaster(**parameters(rng, ReservoirForecaster))
    y, X = sensible_series(rng)
    where = rng.random()
    if where < 0.25:
        y = one_of(rng, odd_data(rng))
    elif where < 0.35:
        X = one_of(rng, odd_data(rng))
    model.fit(y, X)
    horizon, level = 3, 0.9
    if rng.random() < 0.3:
        horizon = one_of(rng, odd_values())
    if rng.random() < 0.3:
        level = one_of(rng, odd_values())
    found = model.predict(horizon, intervals=level)
    for one in found if isinstance(found, list) else [found]:
        if one is not None:  # too short, of which a warning tells
            finite(one.mean)
    if rng.random() < 0.3:
        after = one_of(rng, odd_data(rng))
        finite(model.predict_one_step(after))
        model.update(after)


def described(rng: np.random.Generator) -> None:
    """A unit, a population or settings, with one field or two that are odd."""
    kinds: list[Any] = [units.AttentionUnit, units.BlockUnit, units.EchoUnit, units.PhaseUnit, units.AnarchistUnit]
    kinds += [Population, Learning, Online]
    kind = kinds[rng.integers(len(kinds))]
    names = [field.name for field in fields(kind)]
    given: dict[str, Any] = {"unit": units.EchoUnit(), "units": 2} if kind is Population else {}
    for name in rng.choice(names, rng.integers(1, 3), replace=False):
        given[name] = one_of(rng, odd_values())
    made = kind(**given)
    repr(made)
    if kind is Population and made.units <= 9 and rng.random() < 0.3:
        X, y = sensible(rng, ReservoirClassifier)
        finite(ReservoirClassifier(made).fit(X, y).predict(X))


def one_of(rng: np.random.Generator, pool: list[Any]) -> Any:
    """One of some values, however odd they are."""
    return pool[int(rng.integers(len(pool)))]


def finite(answer: Any) -> None:
    """Complain about numbers that are none."""
    parts = answer if isinstance(answer, list) else [answer]
    for part in map(np.asarray, parts):
        if part.dtype.kind in "fc" and not np.isfinite(part).all():
            raise AssertionError(f"an answer that is not finite, of shape {part.shape}")


def tried(number: int, seed: int) -> tuple[str, str]:
    """What came of a call, and the traceback where it failed."""
    for again in (False, True):
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", RuntimeWarning)
                outcome = call(number, seed)
        except Exception as error:
            return f"failed: {type(error).__name__}", traceback.format_exc()
        if time.process_time() - start < SLOW:
            return outcome, ""
        # Programs may have been compiled; that happens once.
        if again:
            return "failed: slow", f"more than {SLOW} seconds, twice"
    raise AssertionError("unreachable")


def main() -> None:
    """Print the tally, and every failure with the call that repeats it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--calls", type=int, default=2000)
    options.add_argument("--first", type=int, default=0, help="number of the first call")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", type=int, default=None, help="number of one call to repeat")
    given = options.parse_args()
    numbers = range(given.first, given.first + given.calls) if given.only is None else [given.only]
    tally: Counter[str] = Counter()
    for number in numbers:
        outcome, how = tried(number, given.seed)
        tally[outcome] += 1
        if how:
            print(f"call {number} {outcome}\n{how}", flush=True)
    for outcome, count in sorted(tally.items()):
        print(f"{outcome:30} {count}")


if __name__ == "__main__":
    main()
