"""Break saved models in every way that comes to mind, with a right checksum, and tally what loading and predicting do.

What may come of it: a model that predicts finite numbers, or an `AuritaError`. Anything else is printed: another
exception, a prediction that is not finite, more than 5 seconds, or more than 400 MB.

Run: python benchmarks/fuzz_models.py [cases] [seed]
"""

import copy
import hashlib
import json
import resource
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

from aurita import (
    AnarchistUnit,
    AttentionUnit,
    AuritaError,
    BlockUnit,
    EchoUnit,
    Learning,
    Online,
    Population,
    Reservoir,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
    load,
    run,
    save,
)
from aurita.units import PhaseUnit

SECONDS, MEGABYTES = 5.0, 400.0
RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in (9, 8, 9, 8, 9, 8)]
WAVE = np.sin(np.arange(60) / 3)
DATED = pd.Series(WAVE, index=pd.date_range("2024-01-31", periods=60, freq="ME"))

ODD = [
    *(None, True, False, -1, 0, 1, 2, 3, 7, 10**6, 10**9, 10**20, -(10**20), 0.5, 1e30, -1e300, 1e-300),
    *("", "x", "nan", "auto", "\ud800", "a" * 5000, "times:1000000000", "{{SCRIPT}}", "__class__", "a0", "a1"),
    *([], [[]], {}, [0], [None], ["x"], {"a": 1}, {"tuple": []}, {"tuple": [1, 2]}, {"float": "nan"}),
    *({"float": "x"}, {"float": []}, {"array": "a0"}, {"array": 3}, {"dict": {}}, {"State": {}}, {"eval": "1"}),
    *({"texts": {"values": ["a"], "dtype": "<U500000000", "shape": [1]}},),
    *({"texts": {"values": ["a"], "dtype": "|O", "shape": [10**9]}},),
    *({"texts": {"values": [1], "dtype": "<U1", "shape": [1]}},),
    *({"texts": {"values": [], "dtype": "<U1", "shape": [0, 10**12]}},),
]
DTYPES = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "uint64", "bool"]


def models() -> Iterator[tuple[str, Any, Callable[[Any], list[Any]]]]:
    """Small models of every kind, and a question to each."""

    def classes(model: Any) -> list[Any]:
        return [model.predict_proba(X[:2])]

    def values(model: Any) -> list[Any]:
        return list(model.predict(X[:2]))

    def forecasts(model: Any) -> list[Any]:
        found = model.predict(2)
        return [part for one in (found if isinstance(found, list) else [found]) for part in (one.mean, one.lower)]

    labels = ["a", "b", "a", "b", "c", "c"]
    learning = Learning(objective="mixed", steps=1, batch=3)
    echo = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    yield "classifier", ReservoirClassifier(units=2, learning=learning, summary="mean").fit(X, labels), classes
    logistic = ReservoirClassifier(units=0, readout="logistic", alphas=[0.1], summary="last")
    yield "logistic", logistic.fit(X, labels), classes
    committee = ReservoirClassifier(echo, readout="committee", summary="mean_deviation")
    yield "committee", committee.fit(X, [0, 1, 0, 1, 0, 1]), classes
    block = Population(unit=BlockUnit(slots=2, heads=1, hidden=2, memory=3), units=2, time_constant=4.0)
    yield "steps", ReservoirRegressor(block, clock=[4]).fit(X, [x[:, 0] for x in X]), values
    yield "values", ReservoirRegressor(units=0).fit(X, [x.sum() for x in X]), values
    yield "forecaster", ReservoirForecaster(units=2, horizon=2, difference=1).fit(DATED), forecasts
    direct = ReservoirForecaster(echo, horizon=2, strategy="direct", features=("input", "output"))
    table = np.stack([WAVE, WAVE**2], axis=1)
    yield "direct", direct.fit([table, table[:50]]), forecasts
    stream = ReservoirForecaster(echo, features=("input", "output"), online=Online(chunk=10))
    yield "stream", stream.partial_fit(WAVE), forecasts
    populations = [
        Population(unit=PhaseUnit(slots=2), units=1, passage="mixed", afferents="all", receives="inputs"),
        Population(unit=AnarchistUnit(slots=2), units=2),
        Population(unit=AttentionUnit(slots=2, memory=3, dilation=2, shifted_keys=True, horizons=(1, 2)), units=2),
    ]
    reservoir = Reservoir.build(populations, inputs=2, clock=[5.0], feedback=1, targets=1)
    yield "reservoir", reservoir, lambda model: [run(model, np.stack([x[:5] for x in X[:2]]))[0]]
    state = run(reservoir, np.stack([x[:5] for x in X[:2]]))[1]
    yield "state", state, lambda model: [run(reservoir, np.stack([x[:5] for x in X[:2]]), state=model)[0]]
    yield (
        "not fitted",
        ReservoirForecaster(populations, learning=learning, online=Online()),
        lambda model: [repr(model)],
    )


def opened(content: bytes) -> tuple[dict[str, Any], Any, dict[str, np.ndarray]]:
    """Our header, the description, and the arrays of a file."""
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["aurita"])
    return header, json.loads(header["object"]), parse(content)


def closed(header: dict[str, Any], described: Any, arrays: dict[str, np.ndarray]) -> bytes:
    """A file with a right checksum, whatever it says."""
    text = described if isinstance(described, str) else json.dumps(described)
    arrays = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    digest = hashlib.sha256(json.dumps([header["format"], header["version"]]).encode())
    digest.update(text.encode("utf-8", "surrogatepass"))
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode("utf-8", "surrogatepass"))
        digest.update(arrays[name].tobytes())
    header = {**header, "object": text, "checksum": digest.hexdigest()}
    return serialise(arrays, {"aurita": json.dumps(header)})


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of something in a description."""
    yield path
    for key, item in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(item, (*path, key))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    """What is there."""
    for key in path:
        node = node[key]
    return node


def broken_bytes(rng: np.random.Generator, content: bytes) -> bytes:
    """Bytes changed, cut, repeated or added anywhere."""
    (size,) = struct.unpack("<Q", content[:8])
    broken, place = bytearray(content), int(rng.integers(len(content)))
    how = rng.integers(6)
    if how == 0:
        return bytes(broken[:place])
    if how == 1:
        return bytes(broken) + rng.bytes(int(rng.integers(1, 40)))
    if how == 2:
        broken[place:place] = rng.bytes(int(rng.integers(1, 9)))
    elif how == 3:
        broken[:8] = struct.pack("<Q", int(rng.choice([0, 1, size - 1, size + 1, 2**27, 2**40, 2**63])))
    else:
        for _ in range(int(rng.integers(1, 5))):
            end = len(content) if how == 4 else 8 + size
            broken[int(rng.integers(end))] = int(rng.integers(256))
    return bytes(broken)


def broken_container(rng: np.random.Generator, content: bytes) -> bytes:
    """Offsets, types and shapes of arrays, or metadata, that are none."""
    (size,) = struct.unpack("<Q", content[:8])
    described = json.loads(content[8 : 8 + size])
    names = [name for name in described if name != "__metadata__"]
    if names and rng.random() < 0.8:
        name = names[rng.integers(len(names))]
        key = ("data_offsets", "dtype", "shape")[rng.integers(3)]
        odd = [[0], [0, 1, 2], [-8, 0], [0, 10**15], "F8", "BF16", [10**9, 10**9], [-1], [2**63], [[]], None, "x", []]
        described[name][key] = odd[rng.integers(len(odd))]
    else:
        described["__metadata__"] = [None, [], "x", {}, {"aurita": 3}, {"aurita": "[" * 5000}, {"aurita": "{}"}][
            rng.integers(7)
        ]
    text = json.dumps(described)
    if rng.random() < 0.1:
        text = '{"__metadata__": {}, ' + text[1:]
    return struct.pack("<Q", len(text)) + text.encode() + content[8 + size :]


def broken_description(rng: np.random.Generator, content: bytes) -> bytes:
    """Something else in place of something in the description."""
    header, described, arrays = opened(content)
    described = {"root": described}
    for _ in range(int(rng.integers(1, 3))):
        every = list(places(described))[1:]
        path = every[rng.integers(len(every))]
        parent, how = at(described, path[:-1]), rng.integers(8)
        if how == 0 and isinstance(parent, dict) and len(path) > 1:
            del parent[path[-1]]
        elif how == 1 and isinstance(parent, dict):
            parent[str(ODD[rng.integers(17, 28)])] = ODD[rng.integers(len(ODD))]
        elif how == 2:
            parent[path[-1]] = copy.deepcopy(at(described, every[rng.integers(len(every))]))
        elif how == 3 and isinstance(parent[path[-1]], int | float):
            parent[path[-1]] *= (-1, 2, 0.5, 10**6, 10**12)[rng.integers(5)]
        elif how == 4 and isinstance(parent[path[-1]], list):
            parent[path[-1]] = parent[path[-1]] * int(rng.integers(0, 4))
        else:
            parent[path[-1]] = copy.deepcopy(ODD[rng.integers(len(ODD))])
    if rng.random() < 0.05:
        nested = "[" * 2000 + "]" * 2000
        return closed(header, nested if rng.random() < 0.5 else f'{{"tuple": {nested}}}', arrays)
    return closed(header, described["root"], arrays)


def broken_array(rng: np.random.Generator, content: bytes) -> bytes:
    """Other values, shapes or types of an array."""
    header, described, arrays = opened(content)
    if not arrays:
        return closed(header, described, {"a0": np.zeros(3)})
    name = sorted(arrays)[rng.integers(len(arrays))]
    array = np.array(arrays[name])
    how = rng.integers(9)
    with np.errstate(all="ignore"):
        if how == 0 and array.size:
            odd = (np.nan, np.inf, -np.inf, 1e30, -1e30, 1e12, 1e5, 0.0, -1.0)[rng.integers(9)]
            kind = array.dtype if array.dtype.kind == "f" else np.dtype(float)
            array = array.astype(kind)
            array.flat[rng.integers(array.size)] = odd
        elif how == 1:
            array = np.full(array.shape, [0, 1, 255, 10**9][rng.integers(4)]).astype(array.dtype)
        elif how == 2:
            array = array.astype(DTYPES[rng.integers(len(DTYPES))])
        elif how == 3:
            array = array.T
        elif how == 4:
            array = array.ravel()
        elif how == 5:
            array = array[None]
        elif how == 6 and array.ndim:
            array = np.concatenate([array, array], axis=int(rng.integers(array.ndim)))
        elif how == 7 and array.ndim:
            array = array[: len(array) // 2]
        else:
            del arrays[name]
            return closed(header, described, arrays)
    return closed(header, described, {**arrays, name: array})


def broken_header(rng: np.random.Generator, content: bytes) -> bytes:
    """Another format or version, or a header with more or less in it."""
    header, described, arrays = opened(content)
    key = list(header)[rng.integers(len(header))]
    changed = {**header, key: copy.deepcopy(ODD[rng.integers(len(ODD))])}
    if rng.random() < 0.3:
        del changed[key]
    try:
        return closed({**header, **changed}, described, arrays) if rng.random() < 0.5 else _raw(changed, arrays)
    except (KeyError, TypeError, ValueError, UnicodeError):
        return _raw(changed, arrays)


def _raw(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    return serialise(arrays, {"aurita": json.dumps(header)})


BREAKS: list[Callable[[np.random.Generator, bytes], bytes]] = [
    broken_bytes,
    broken_container,
    *[broken_description] * 5,
    *[broken_array] * 3,
    broken_header,
]


def outcome(path: Path, ask: Callable[[Any], list[Any]], kind: type) -> str:
    """What loading a file and asking its model came to; what starts with `!` should not be."""
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        model = load(path)
        if type(model) is not kind:
            verdict = "another object"
        else:
            numbers = [part for part in ask(model) if not isinstance(part, str)]
            verdict = "predicts" if all(np.isfinite(part).all() for part in numbers) else "! not finite"
    except AuritaError:
        verdict = "AuritaError"
    except Exception as error:
        # scikit-learn's own word for what is not fitted.
        unfitted = type(error).__name__ == "NotFittedError"
        verdict = "not fitted" if unfitted else f"! {type(error).__name__}: {str(error)[:200]}"
    spent = time.process_time() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if spent > SECONDS:
        return f"! {spent:.1f} s, {verdict}"
    return f"! {grown:.0f} MB more, {verdict}" if grown > MEGABYTES else verdict


def fuzz(folder: Path, cases: int, seed: int = 0, only: tuple[str, ...] = ()) -> tuple[Counter[str], list[str]]:
    """Break so many files.

    Args:
        folder: for the files; those that should not be are kept there.
        cases: how many.
        seed: the same seed breaks the same files in the same way.
        only: names of models; all by default.

    Returns:
        Counts of what came of them, and a line on each case that should not be.
    """
    bases = []
    for name, model, ask in models():
        if only and name not in only:
            continue
        path = folder / f"{name}.aurita"
        save(model, path)
        assert outcome(path, ask, type(model)) in ("predicts", "not fitted"), name
        bases.append((name, path.read_bytes(), ask, type(model)))
    tally: Counter[str] = Counter()
    wrong = []
    for case in range(cases):
        rng = np.random.default_rng([seed, case])
        name, content, ask, kind = bases[rng.integers(len(bases))]
        how = BREAKS[rng.integers(len(BREAKS))]
        path = folder / "case.aurita"
        path.write_bytes(how(rng, content))
        verdict = outcome(path, ask, kind)
        tally[verdict if not verdict.startswith("!") else "! " + how.__name__] += 1
        if verdict.startswith("!"):
            path.rename(folder / f"case-{seed}-{case}.aurita")
            wrong.append(f"case {case}, {name}, {how.__name__}: {verdict}")
            print(wrong[-1], flush=True)
        if case % 100 == 99:
            import jax

            jax.clear_caches()
            print(case + 1, dict(tally), flush=True)
    return tally, wrong


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    count, first = (int(value) for value in [*sys.argv[1:], *("2000", "0")[len(sys.argv) - 1 :]][:2])
    with (
        tempfile.TemporaryDirectory(delete=False) if sys.version_info >= (3, 12) else tempfile.TemporaryDirectory() as f
    ):
        counts, problems = fuzz(Path(f), count, first)
    for line in [*(f"{number:6d}  {what}" for what, number in sorted(counts.items())), *problems]:
        print(line)
    sys.exit(1 if problems else 0)
