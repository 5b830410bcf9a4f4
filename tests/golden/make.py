"""Golden outputs: what reservoirs and models predict, and a saved file of each, so that no change goes unnoticed.

    python tests/golden/make.py                    # add the cases that have no golden output yet
    python tests/golden/make.py --again NAME...    # a deliberate change: what these cases give today is golden

A case has a file saved by the version that first had it, `saved/NAME.aurita`, and what that file predicts, in
`kept.npz`; neither is ever written again: old files stay readable. `fresh.npz` holds what the case predicts when it is
made anew. The values are those of inputs that are written down as formulas, with penalties that are given, so that
rounding chooses nothing.
"""

import argparse
import sys
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from unittest import mock

import numpy as np

from aurita import (
    AnarchistUnit,
    AttentionUnit,
    BlockUnit,
    EchoUnit,
    Learning,
    Online,
    PhaseUnit,
    Population,
    Reservoir,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
    attention_only_unit,
    feed_forward_unit,
    learn,
    learn_globally,
    load,
    run,
    save,
)
from aurita.learning import Passages, Proportional
from aurita.society import mixed_society, series_society
from aurita.units import GivenEchoUnit

HERE = Path(__file__).parent
FRESH, KEPT, SAVED = HERE / "fresh.npz", HERE / "kept.npz", HERE / "saved"

Answers = dict[str, np.ndarray]

PLACES = np.arange(4 * 14 * 2).reshape(4, 14, 2)
INPUTS = np.sin(PLACES**1.3 / 7)
LENGTHS = np.array([14, 9, 12, 14])
TARGETS = np.sign(np.sin(PLACES[..., :1] / 5))

SMALL = {"slots": 3, "memory": 4, "hidden": 3}
EVERYTHING = ("input", "output", "hidden", "context", "sum", "error")
ALL_INPUTS = {"passage": "mixed", "afferents": "all", "receives": "inputs"}
FEW = {"steps": 4, "batch": 3, "learning_rate": 3e-3}


def attention(**changes) -> AttentionUnit:
    return AttentionUnit(**{**SMALL, **changes})


def block(**changes) -> BlockUnit:
    return BlockUnit(**{**SMALL, "slots": 4, "heads": 2, **changes})


def group(unit, units=3, **changes) -> Population:
    return Population(unit=unit, units=units, **changes)


RICH = {"shifted_keys": True, "heads": 2, "head_dim": 2, "age_bias": "mixed", "before_start": "masked"}
GIVEN = GivenEchoUnit(
    slots=2,
    inputs=((0.5, -1.0), (0.25, 1.0)),
    recurrent=((0.1, -0.6), (0.7, 0.2)),
    bias=(0.1, -0.2),
    leaks=(1, 0.4),
    output_mask=(1, 0),
)
COUNTERS = [
    group(PhaseUnit(), 2, passage="mixed", receives="each"),
    group(attention(), 2, passage="learned", receives="partner"),
]
PASSAGES = [
    group(attention(), input_fraction=0.8),
    group(attention(), passage="mixed", afferents=5, passage_scale=1.5, passage_bias=0.3),
    group(attention(), 2, passage="learned", afferents="all", receives="earlier", clock=False),
]
RECURRENT = [group(attention(), self_loops=False), group(EchoUnit(slots=5), 1, passage="mixed", afferents="all")]

RESERVOIRS: dict[str, dict] = {
    "attention": {"populations": [group(attention())]},
    "attention_shifted_keys": {"populations": [group(attention(**RICH))]},
    "attention_dilated": {"populations": [group(attention(dilation=2, memory=3))]},
    "attention_horizons": {"populations": [group(attention(horizons=(1, 3)), input_fraction=1.0)]},
    "leaky": {"populations": [group(attention(), time_constant=6.0), group(EchoUnit(slots=3), 2, time_constant=3.0)]},
    "passages": {"populations": PASSAGES, "clock": [5.0]},
    "block_layer": {"populations": [group(block())]},
    "block_rms": {"populations": [group(block(normalisation="rms", activation="gelu", shifted_keys=True))]},
    "block_tanh": {"populations": [group(block(normalisation="tanh", activation="tanh", before_start="zeros"))]},
    "block_none": {"populations": [group(block(normalisation="none", gain=0.5))]},
    "feed_forward": {"populations": [group(feed_forward_unit(slots=3)), group(feed_forward_unit("block", slots=4), 2)]},
    "attention_only": {
        "populations": [
            group(attention_only_unit(slots=3, memory=4)),
            group(attention_only_unit("block", slots=4, memory=4), 2),
        ]
    },
    "anarchist": {"populations": [group(AnarchistUnit(slots=3, constraint="unit_variance"))]},
    "echo": {"populations": [group(EchoUnit(slots=6, leak=(0.2, 1.0)), 2, passage="mixed", afferents=4)]},
    "echo_sparse": {"populations": [group(EchoUnit(slots=70, connections=3), 1, **ALL_INPUTS)]},
    "given_echo": {"populations": [group(GIVEN, 1, **ALL_INPUTS)]},
    "counters": {"populations": COUNTERS, "clock": [2.0, 4.0]},
    "recurrent": {"populations": RECURRENT, "seed": 3},
    "feedback": {"populations": [group(attention(), input_fraction=0.3)], "feedback": 1},
}

LEARNT: dict[str, Learning] = {
    "attention_shifted_keys": Learning(objective="self", **FEW),
    "attention_horizons": Learning(objective="mixed", segment=6, washout=1, **FEW),
    "passages": Learning(objective="self", rule="largest", **FEW, passages=Passages(aligned=True, every=2)),
    "block_layer": Learning(objective="target", optimiser="rmsprop", **FEW),
    "recurrent": Learning(objective="self", rule="spaced", l2=0.1, **FEW),
    "anarchist": Learning(objective="self", **FEW),
    "feedback": Learning(objective="target", loss="cross_entropy", optimiser="sgd", **FEW),
    "counters": Learning(objective="mixed", alpha=0.5, rule=Proportional(by="progress"), **FEW),
}


def drawn(name: str) -> Reservoir:
    given = RESERVOIRS[name]
    learns = LEARNT.get(name)
    return Reservoir.build(**given, inputs=2, targets=1 if learns is not None and learns.needs_targets else 0)


def taught(name: str) -> Reservoir:
    reservoir, settings = drawn(name), LEARNT[name]
    wanted = (TARGETS + 1) / 2 if settings.loss == "cross_entropy" else TARGETS
    given = {"targets": wanted} if settings.needs_targets else {}
    return learn(reservoir, INPUTS, settings, lengths=LENGTHS, **given, seed=1)[0]


def taught_globally() -> Reservoir:
    settings = Learning(**{**FEW, "segment": 7})
    return learn_globally(drawn("attention"), INPUTS, TARGETS, settings, lengths=LENGTHS, truncation=5)[0]


def states(reservoir: Reservoir) -> Answers:
    """Features of some steps, and the last outputs."""
    teacher = TARGETS if reservoir.feedback else None
    gradient = [p.unit for p in reservoir.populations if p.unit.learns_by == "gradient"]
    more = ("target",) if reservoir.targets else ()
    more += ("ahead",) if any(len(unit.horizons) > 1 for unit in gradient) else ()
    seen, state = run(reservoir, INPUTS, lengths=LENGTHS, features=EVERYTHING + more, teacher=teacher)
    return {"features": seen[::2, 1::4], "outputs": np.concatenate([np.ravel(each) for each in state.outputs])}


SEQUENCES = [INPUTS[i % 4, : 7 + i % 5] * (1 + i % 3) for i in range(24)]
LABELS = np.array(["one", "three", "two"])[np.arange(24) % 3]
VALUES = np.array([x[-1].sum() for x in SEQUENCES])
PER_STEP = [np.cumsum(x[:, 0]) for x in SEQUENCES]
SERIES = np.sin(np.arange(90) / 3) + np.sin(np.arange(90) ** 1.2 / 2) / 3
LOGISTIC_MAP = np.array(list(accumulate(range(90), lambda x, _: 3.7 * x * (1 - x), initial=0.4)))
GROUPS = [group(attention()), group(EchoUnit(slots=6), 1, **ALL_INPUTS)]
ONE = {"populations": GROUPS, "alphas": [0.03]}
AHEAD = {**ONE, "horizon": 4, "difference": 0}
STREAM = {"online": Online(chunk=20, memories=[50.0])}


def mixed(objective: str) -> Learning:
    return Learning(objective=objective, **{**FEW, "batch": 8})


def society(model, *given):
    """A model fitted without populations: the mixed society, with few tiny units."""

    def few(batch, segment, **_):
        longest = min(int(batch.lengths.max()), segment)
        if batch.many:
            return mixed_society(1, longest=longest, hidden=2, neurons=4)
        return series_society(1, longest=longest, hidden=2, neurons=12)

    with mock.patch("aurita.estimators.default_society.society_for", few):
        return model.fit(*given)


def streamed(model, X, y, **more):
    for start in range(0, len(X), len(X) // 3):
        part = slice(start, start + len(X) // 3)
        model.partial_fit(X[part], y[part], **more) if y is not None else model.partial_fit(X[part])
    return model


def streamed_steps(model):
    for start in (0, 30, 70):
        part = slice(start, start + 40)
        model.partial_fit([SERIES[part, None]], [np.roll(SERIES, 1)[part]])
    return model


MODELS: dict[str, Callable] = {
    "classifier": lambda: ReservoirClassifier(**ONE, ensemble=2).fit(SEQUENCES, LABELS),
    "classifier_self": lambda: ReservoirClassifier(**ONE, learning=mixed("self")).fit(SEQUENCES, LABELS),
    "classifier_target": lambda: ReservoirClassifier(
        **ONE, summary="mean_deviation", learning=mixed("target"), clock=[4.0]
    ).fit(SEQUENCES, LABELS),
    "classifier_committee": lambda: ReservoirClassifier(**ONE, readout="committee").fit(SEQUENCES, LABELS),
    "classifier_logistic": lambda: ReservoirClassifier(**ONE, readout="logistic", summary="last").fit(
        SEQUENCES, LABELS
    ),
    "classifier_society": lambda: society(ReservoirClassifier(learning=mixed("target")), SEQUENCES * 2, [*LABELS] * 2),
    "classifier_stream": lambda: streamed(
        ReservoirClassifier(**ONE, **STREAM, learning="target", summary="last"),
        SEQUENCES,
        LABELS,
        classes=["one", "two", "three"],
    ),
    "regressor": lambda: ReservoirRegressor(**ONE, summary="mean").fit(SEQUENCES, VALUES),
    "regressor_steps_self": lambda: ReservoirRegressor(**ONE, learning=mixed("self"), washout=2).fit(
        SEQUENCES, PER_STEP
    ),
    "regressor_target": lambda: ReservoirRegressor(**ONE, learning=mixed("mixed")).fit(SEQUENCES, VALUES),
    "regressor_society": lambda: society(ReservoirRegressor(learning=mixed("target")), SEQUENCES, PER_STEP),
    "regressor_stream": lambda: streamed_steps(ReservoirRegressor(**ONE, **STREAM, learning="self")),
    "forecaster": lambda: ReservoirForecaster(**AHEAD).fit(SERIES),
    "forecaster_self": lambda: ReservoirForecaster(
        **{**AHEAD, "difference": 1, "predicts": "increments"}, learning=mixed("self")
    ).fit(SERIES),
    "forecaster_target": lambda: ReservoirForecaster(**AHEAD, strategy="direct", learning=mixed("target")).fit(
        [SERIES, SERIES[::-1]]
    ),
    "forecaster_covariates": lambda: ReservoirForecaster(**AHEAD, ensemble=2).fit(
        np.stack([SERIES, SERIES**2], axis=1), np.arange(90) % 7
    ),
    "forecaster_society": lambda: society(
        ReservoirForecaster(horizon=4, difference=0, learning=mixed("target")), LOGISTIC_MAP
    ),
    "forecaster_stream": lambda: streamed(ReservoirForecaster(**AHEAD, **STREAM, learning="self"), SERIES, None),
}


def predictions(model) -> Answers:
    """What a fitted model predicts, all of it."""
    if isinstance(model, ReservoirForecaster):
        covariates = np.arange(6) if model.channels_.covariates else None
        steps = None if covariates is None else 6
        found = model.predict(steps, covariates)
        found = found if isinstance(found, list) else [found]
        return {part: np.stack([getattr(one, part) for one in found]) for part in ("mean", "lower", "upper")}
    if not model.per_step_:
        asked = SEQUENCES[:12]
    else:
        asked = [SERIES[:20, None]] if model.n_features_in_ == 1 else SEQUENCES[:4]
    if isinstance(model, ReservoirClassifier):
        return {"probabilities": model.predict_proba(asked)}
    return {"values": np.concatenate([np.atleast_1d(one) for one in model.predict(asked)])}


CASES: dict[str, Callable] = {
    **{name: lambda name=name: drawn(name) for name in RESERVOIRS},
    **{f"{name}_learnt": lambda name=name: taught(name) for name in LEARNT},
    "attention_learnt_globally": taught_globally,
    **MODELS,
}


def answers(model) -> Answers:
    """What a reservoir or a model says, as float32."""
    found = states(model) if isinstance(model, Reservoir) else predictions(model)
    return {part: np.asarray(value, np.float32) for part, value in found.items()}


def read(path: Path) -> dict[str, Answers]:
    """The answers of every case in a file of golden outputs."""
    found: dict[str, Answers] = {}
    if path.exists():
        with np.load(path) as arrays:
            for name in arrays.files:
                case, part = name.split("/")
                found.setdefault(case, {})[part] = arrays[name]
    return found


def write(path: Path, found: dict[str, Answers]) -> None:
    named = {f"{case}/{part}": array for case, parts in found.items() for part, array in parts.items()}
    np.savez_compressed(path, **dict(sorted(named.items())))


def main(again: list[str]) -> None:
    unknown = set(again) - set(CASES)
    if unknown:
        sys.exit(f"there is no case {', '.join(sorted(unknown))}; expected some of {', '.join(CASES)}")
    SAVED.mkdir(exist_ok=True)
    fresh, kept = read(FRESH), read(KEPT)
    for name in [name for name in CASES if name not in fresh or name in again]:
        model = CASES[name]()
        found = answers(model)
        if name in fresh:
            moved = {part: float(np.abs(found[part] - fresh[name][part]).max()) for part in found}
            print(f"{name}: moved by at most {moved}")
        else:
            print(f"{name}: new")
        fresh[name] = found
        if name not in kept:
            save(model, SAVED / f"{name}.aurita")
            kept[name] = answers(load(SAVED / f"{name}.aurita"))
    write(FRESH, fresh)
    write(KEPT, kept)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Add golden outputs, or make some again.")
    parser.add_argument("--again", nargs="+", default=[], metavar="NAME", help="cases whose results may change")
    main(parser.parse_args().again)
