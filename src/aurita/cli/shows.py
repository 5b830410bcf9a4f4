"""`aurita demo`, `predict` and `info`."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from aurita.cli import screen
from aurita.errors import AuritaError


def demo(output: Path, seeds: int, quick: bool) -> None:
    """Run the demonstration and print its tables."""
    screen.check_outputs(None, output)
    screen.keep_compiled()
    from aurita.demo import run
    from aurita.demo_page import cells

    with screen.steps(8) as begin:
        result = run(output, seeds=seeds, quick=quick, progress=begin)
    for title, rows in result.tables.items():
        screen.table(title, ["model", "mean", "deviation", "seconds", "trained", "fixed"], map(cells, rows))
    screen.out.print(f"{seeds} seeds; the pictures are in {output}")


def predict(
    path: Path,
    data: Path,
    horizon: int | None,
    names: tuple[str | None, str | None, str | None],
    interval: float,
    frequency: str | None,
    decimal: str | None,
    output: Path | None,
) -> None:
    """Predict with any saved estimator; `names` are the columns of time, identifier and label."""
    screen.check_outputs(output, None)
    from aurita.estimators import ReservoirForecaster
    from aurita.saving import load

    model = load(path)
    time, id, label = names
    if isinstance(model, ReservoirForecaster):
        from aurita.cli import forecasts

        columns = model.channels_
        targets, known = tuple(columns.columns or ()), tuple(columns.covariate_columns or ())
        table = forecasts.Columns(time, targets, id, known, frequency, decimal)
        forecasts.predict(model, data, table, horizon, interval, output)
        return
    if not hasattr(model, "predict"):
        raise AuritaError(f"{path} holds a {type(model).__name__}, which predicts nothing; save an estimator")
    from aurita.cli import labels

    labels.predict(model, data, labels.Columns(label, id, time, decimal), output)


def info(path: Path | None) -> None:
    """What a model is, or what aurita runs on."""
    if path is None:
        screen.table("aurita", ["", "version"], [[name, found] for name, found in _versions()])
        import jax

        screen.out.print(f"devices: {', '.join(str(device) for device in jax.devices())}")
        return
    from aurita.reservoir import Reservoir
    from aurita.saving import load

    model = load(path)
    rows = [["what it is", type(model).__name__]]
    if hasattr(model, "get_params"):
        changed = {k: v for k, v in model.get_params(deep=False).items() if v is not None and k != "populations"}
        rows += [[name, str(value)] for name, value in changed.items()]
    reservoirs = [model] if isinstance(model, Reservoir) else list(getattr(model, "reservoirs_", []))
    for number, reservoir in enumerate(reservoirs):
        rows += _described(reservoir, f"reservoir {number}" if len(reservoirs) > 1 else "reservoir")
    screen.table(str(path), ["", ""], rows)


def _described(reservoir: Any, name: str) -> list[list[str]]:
    if reservoir is None:
        return [[name, "none: the readout sees the bare inputs"]]
    counts = reservoir.parameter_counts()
    populations = [f"{p.units} x {type(p.unit).__name__} of {p.unit.slots}, {p.passage}" for p in reservoir.populations]
    return [
        [name, "; ".join(populations)],
        [f"{name}: external inputs", str(reservoir.inputs)],
        [f"{name}: can learn / fixed", f"{counts['trained']:,} / {counts['fixed']:,} numbers"],
        [f"{name}: recurrent", "yes" if reservoir.recurrent else "no"],
    ]


def _versions() -> list[tuple[str, str]]:
    names = ("aurita", "jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "scikit-learn", "pandas")
    found = [("python", platform.python_version())]
    for name in names:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "-"))
    return found
