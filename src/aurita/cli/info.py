"""`aurita info`: what a saved model is, or what this installation is."""

import os
import platform
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from aurita import __version__
from aurita._jax import in_double, installed, jax
from aurita._words import counted
from aurita.cli._compiled import CACHE, cache_folder, keep_compiled
from aurita.cli._models import open_model
from aurita.cli._terminal import show_table, stages
from aurita.estimators.counting import sizes
from aurita.native.library import VARIABLE, engine, engine_used, kernels
from aurita.native.threads import thread_count

if TYPE_CHECKING:
    from aurita._typing import Document
    from aurita.estimators import ReservoirForecaster
    from aurita.learning import History
    from aurita.reservoir import Reservoir
    from aurita.shapes import Shapes

_LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "scikit-learn", "pandas", "safetensors")
_OPTIONAL = ("pyarrow", "aeon", "statsmodels", "matplotlib", "plotly", "optuna")


_KERNELS = {4: "AVX-512", 3: "AVX2", 0: "any processor of this kind"}


def info(
    model: Annotated[Path | None, typer.Argument(help="File of a model.", show_default=False)] = None,
    engine: Annotated[bool, typer.Option("--engine", help="Only which engine runs units here.")] = False,
) -> None:
    """Describe a saved model; without one: versions, devices, engine and the cache."""
    if engine:
        typer.echo(_engine_line())
    elif model is None:
        _installation()
    else:
        _model(model)


def _installation() -> None:
    """Versions, devices and the cache of compiled programs."""
    keep_compiled()
    devices = "the CPU; others need the extra jax"
    if installed():
        with stages() as progress:
            progress.now("starting")
            devices = ", ".join(f"{device.platform} ({device.device_kind})" for device in jax.devices())
    folder = os.environ.get(CACHE)
    lines = [["aurita", __version__], ["Python", f"{platform.python_version()} on {platform.platform()}"]]
    lines += [[name, _version(name)] for name in _LIBRARIES]
    lines += [["optional", ", ".join(f"{name} {_version(name)}" for name in _OPTIONAL)], ["devices", devices]]
    kept = _kept(Path(folder)) if folder else f"off: {cache_folder()} cannot be written"
    lines.append(["compiled programs", kept])
    lines.append(["engine", _engine_line()])
    show_table("aurita", ["", ""], lines, left=2)


def _engine_line() -> str:
    """Which engine runs built-in units here, and why.

    Raises:
        AuritaError: the engine that the environment asks for is not there.
    """
    found = kernels()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        used = engine_used()
    if used == "native":
        assert found is not None
        return f"native, kernels for {_KERNELS[found.level]}, {thread_count()} threads at most"
    if found is None:
        return "jax: the native library was not built; install a C compiler and install aurita again"
    if engine() == "jax":
        return f"jax, as {VARIABLE} asks"
    return "jax, in double precision, as JAX is set to" if in_double() else "jax, on another device than the CPU"


def _model(path: Path) -> None:
    """What a saved model is, what it was fitted on, and how large it is.

    Raises:
        AuritaError: no such file, a damaged one, or something else in it.
    """
    keep_compiled()
    with stages() as progress:
        progress.now("reading the model")
        model = open_model(path)
    lines: list[list[str]] = [["model", type(model).__name__]]
    lines += _of_table(getattr(model, "table_", {}))
    for number, reservoir in enumerate(model.reservoirs_):
        member = "" if len(model.reservoirs_) == 1 else f" {number + 1}"
        shapes = getattr(model, "shapes_", [None] * len(model.reservoirs_))[number]
        lines += _of_reservoir(reservoir, member) if shapes is None else _of_shapes(shapes, member)
    history = next((one for one in model.histories_ if one is not None), None)
    alone = any(shapes is not None and shapes.learnt for shapes in getattr(model, "shapes_", []))
    how = "each shape unit alone, by a label head of its own" if alone else "none: units as drawn"
    lines.append(["learning", how if history is None else _learning(model, history)])
    trained, fixed = sizes(model)
    lines.append(["numbers", f"{trained} trained (readout included), {fixed} as drawn"])
    features = getattr(getattr(model, "plan_", None), "features", None) or model.features
    if hasattr(model.readouts_[0], "coef_"):
        lines.append(["readout sees", f"{counted(model.readouts_[0].coef_.shape[0], 'feature')}{_listed(features)}"])
    if hasattr(model, "residuals_"):
        lines += _of_forecaster(model)
    if hasattr(model, "classes_"):
        lines.append(["classes", _few([str(name) for name in model.classes_])])
    lines.append(["file", f"{path.stat().st_size / 1e6:.2f} MB"])
    show_table(str(path), ["", ""], lines, left=2)


def _of_table(table: "Document") -> list[list[str]]:
    if not table:
        return [["fitted", "in Python, to no table"]]
    lines = [["fitted", f"{table['fitted']} by aurita {table['version']}"], ["task", str(table["task"])]]
    for key in ("targets", "covariates", "inputs", "channels", "series"):
        if table.get(key):
            lines.append([key, _few([str(name) for name in table[key]])])
    for key in ("label", "id", "time", "frequency", "step", "sequences"):
        if table.get(key):
            lines.append([key, str(table[key])])
    if table.get("steps"):
        lines.append(["steps", _few([str(count) for count in table["steps"]])])
    return lines


def _of_reservoir(reservoir: "Reservoir", member: str) -> list[list[str]]:
    if reservoir is None:
        return [[f"reservoir{member}", "none: the readout sees the bare inputs"]]
    lines = [[f"reservoir{member}", f"{counted(reservoir.units, 'unit')}, {counted(reservoir.inputs, 'input')}"]]
    for population, wiring in zip(reservoir.populations, reservoir.wiring, strict=True):
        unit = population.unit
        memory = f", memory {unit.reach}" if unit.reach > 1 else ""
        afferents = np.asarray(wiring)
        outside = float((afferents < reservoir.inputs).mean())
        lines.append(
            [
                f"  {population.units} x {type(unit).__name__}",
                f"{unit.slots} slots{memory}, {population.passage} passage of {afferents.shape[0]} afferents, "
                f"{outside:.0%} of them inputs",
            ]
        )
    return lines


def _of_shapes(shapes: "Shapes", member: str) -> list[list[str]]:
    unit, dilations = shapes.unit, shapes.dilations
    each = f"{shapes.units // 2 if shapes.twice else shapes.units} shape units of {unit.hidden} filters"
    twice = ", as drawn and after learning" if shapes.twice else ""
    return [
        [f"units{member}", f"{each}{twice}, pooled over whole sequences"],
        ["  window", f"{counted(unit.window, 'step')}, {dilations.min()} to {dilations.max()} apart"],
        ["  receive", ", ".join(shapes.views)],
    ]


def _of_forecaster(model: "ReservoirForecaster") -> list[list[str]]:
    lags = len(model.frame_.taken) - 1
    lines = [["horizon", f"{counted(model.horizon, 'step')}, {model.strategy}"]]
    lines.append(["differences", "none" if lags == 0 else f"reach back {counted(lags, 'step')}"])
    error = np.nanmean(model.residuals_) if np.isfinite(model.residuals_).any() else np.nan
    if np.isfinite(error):
        lines.append(["error where held out", f"{error:.3g} deviations of a series, on average over the horizon"])
    return lines


def _learning(model: Any, history: "History") -> str:
    objective = getattr(model.learning, "objective", model.learning)
    first, last = (float(np.nanmean(losses)) for losses in (history.losses[0], history.losses[-1]))
    return f"{objective}, {counted(len(history.losses), 'step')}, mean local loss {first:.3g} to {last:.3g}"


def _listed(features: Sequence[str] | None) -> str:
    if features is None:
        return ""
    return f": {features if isinstance(features, str) else ', '.join(features)}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f", ... ({len(names)})" if len(names) > 10 else "")


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def _kept(folder: Path) -> str:
    files = [entry for entry in os.scandir(folder) if entry.is_file()] if folder.is_dir() else []
    size = sum(entry.stat().st_size for entry in files) / 1e6
    return f"{size:.1f} MB in {folder}"
