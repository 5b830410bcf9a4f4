"""Models of the command line: what a saved one knows of the table it was fitted on, and its size."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from os.path import isdir, lexists
from pathlib import Path
from typing import TYPE_CHECKING

from aurita import __version__
from aurita.cli._options import Options
from aurita.errors import AuritaError
from aurita.io import check_writable
from aurita.io.writing import check_distinct
from aurita.pictures.progress import check_log

if TYPE_CHECKING:
    from aurita._typing import Document
    from aurita.cli._saved_in_python import Named
    from aurita.estimators.saved import Estimator
    from aurita.reservoir import Population

_UNITS = 40
_NAME = (str, type(None))
_COMMON: dict[str, tuple[type, ...]] = {"id": _NAME, "time": _NAME, "decimal": _NAME}
_SERIES: dict[str, tuple[type, ...]] = {**_COMMON, "targets": (list,), "frequency": _NAME}
_FIELDS: dict[tuple[str, str | None], dict[str, tuple[type, ...]]] = {
    ("forecast", None): {**_SERIES, "covariates": (list,), "series": (list,), "step": _NAME},
    ("classify", "sequence"): {**_COMMON, "label": (str,), "channels": (list, type(None))},
    ("regress", "sequence"): {**_COMMON, "label": (str,), "channels": (list, type(None))},
    ("regress", "step"): {**_SERIES, "inputs": (list,)},
}


def remember(model: "Estimator", **table: object) -> None:
    """Keep beside a fitted model what has to be known of its table, to be saved with it.

    Args:
        table: plain values: names of columns, frequency.
    """
    fitted = datetime.now(UTC).isoformat(timespec="seconds")
    model.table_ = {"fitted": fitted, "version": __version__, **table}


def open_model(path: Path) -> "Estimator":
    """A fitted estimator, saved by this program.

    Raises:
        AuritaError: no such file, a damaged one, or something else in it.
    """
    from aurita.saving import load

    if isdir(path):
        raise AuritaError(f"{path} is a folder; give the file of a model")
    model = load(path)
    if not hasattr(model, "readouts_"):
        raise AuritaError(
            f"{path} holds a {type(model).__name__} that is not fitted to a task; give a model saved by `aurita fit`"
        )
    return model


def described_table(model: object, path: Path, named: "Named", id: str | None = None) -> "Document":
    """What the model knows of its table.

    Args:
        named: columns for a model that was saved from Python.
        id: the column of the table that tells series or sequences apart, where one is named.

    Raises:
        AuritaError: it was saved from Python, and its columns have no names, or what it knows of them does not fit.
    """
    table = getattr(model, "table_", None)
    if not isinstance(table, dict):
        from aurita.cli._saved_in_python import described

        return described(model, path, named, id)
    named.refuse(path)
    try:
        _check_remembered(model, table)
    except AuritaError as error:
        raise AuritaError(f"{path}: {error}") from None
    return table


def save_model(model: object, path: Path) -> None:
    """Save it, whole or not at all."""
    from aurita.saving import save

    save(model, path)


def check_outputs(
    reads: Mapping[str, Path | None],
    *,
    table: Path | None = None,
    save: Path | None = None,
    log: Path | None = None,
    force: bool = False,
) -> None:
    """Refuse paths that cannot be written, that are what is read, or that exist, before any work.

    Args:
        table: the `--output` of rows.
        save: the `--save` of a model.
        log: the `--log` of a run, which goes on where it exists.
        force: whether files that exist are replaced.

    Raises:
        AuritaError: a path that cannot be written, two that are one file, or a file that exists.
    """
    check_distinct({"--output": table, "--save": save, "--log": log}, reads)
    if table is not None:
        check_writable(table, table=True)
    if save is not None:
        check_writable(save)
    if log is not None:
        check_log(log)
    check_new({"--output": table, "--save": save}, force=force)


def check_new(writes: Mapping[str, Path | None], *, force: bool) -> None:
    """Refuse to replace files, unless that is asked for.

    Args:
        writes: what will be written, by the name of its option; None where it is not asked for.
        force: whether files that exist are replaced.

    Raises:
        AuritaError: a file that exists.

    Example:
        >>> check_new({"--output": Path(__file__)}, force=True)
    """
    for name, path in writes.items():
        if path is not None and not force and lexists(path):
            raise AuritaError(f"{name} {path} exists already; give another name, or --force to replace it")


def parameters_of(options: Options, *, classes: bool = False) -> "Document":
    """The parameters of an estimator that the options ask for; those left out are as in Python.

    Args:
        classes: whether the target is a class.

    Raises:
        AuritaError: a society of a number, or of a type, of units, or a rule for units that do not learn.
    """
    from aurita.learning import Learning

    from_here()
    found: dict[str, object] = {"random_state": options.seed}
    if options.readout is not None:
        found["readout"] = options.readout
    units, unit, learning = options.units, options.unit, options.learning
    if options.rule is not None and learning in (None, "none", "society"):
        raise AuritaError(f"--rule is {options.rule}, which is for units that learn; add --learning self, or target")
    if options.rule is not None and units is unit is None:
        raise AuritaError(
            f"--rule is {options.rule}, which units of the default need not follow; add --units or --unit"
        )
    if units is unit is None and learning in (None, "society"):
        return found
    if learning == "society":
        if unit is not None:
            raise AuritaError(f"--unit is {unit} and --learning society, which has units of its own; leave one out")
        raise AuritaError(
            f"--units is {units} and --learning society, whose units the data choose; leave one of the two out"
        )
    loss = "cross_entropy" if classes else "squares"
    if unit is not None:
        found["populations"] = _populations(unit, _UNITS if units is None else units)
    elif units is not None:
        found["units"] = units
    if learning in (None, "none"):
        return found | {"learning": "frozen"}
    settings = Learning(objective=learning, loss=loss)
    return found | {"learning": settings if options.rule is None else replace(settings, rule=options.rule)}


def _populations(unit: str, units: int) -> "Population":
    """Units of one type, which receive all inputs through a passage."""
    from aurita.reservoir import Population
    from aurita.units import unit_named

    return Population(unit=unit_named(unit), units=units, passage="mixed", afferents="all", receives="inputs")


def from_here() -> None:
    """Let modules of the current folder be named, as `python -m` does."""
    if "" not in sys.path:
        sys.path.insert(0, "")


def _check_remembered(model: object, table: dict[str, object]) -> None:
    """Refuse what a model claims to know of its table, where it does not fit the model.

    Args:
        model: fitted, and loaded from a file.
        table: what `remember` left with it.

    Raises:
        AuritaError: a task that there is not or that the model is not for, or columns that are missing, no names, or of
            another number than the model's.
    """
    task, per = table.get("task"), table.get("per")
    found = _FIELDS.get((task, per)) if isinstance(task, str) and isinstance(per, _NAME) else None
    if found is None:
        raise AuritaError(f"the model names the task {task!r}, of each {per!r}, which does not exist")
    for name, kinds in found.items():
        value = table.get(name)
        texts = not isinstance(value, list) or all(isinstance(item, str) for item in value) or name == "series"
        if not isinstance(value, kinds) or not texts:
            raise AuritaError(f"the model names a table whose {name} is {value!r}, which is no name of a column")
    missing, left_out, times = (table.get(name, []) for name in ("missing", "left_out", "times"))
    named = isinstance(times, list) and all(isinstance(name, str) for name in times)
    if not (named and isinstance(missing, list) and isinstance(left_out, list)):
        raise AuritaError("the model names missing values, series or columns of times in an unknown form")
    if not _fits(model, table):
        raise AuritaError(
            f"the model is a {type(model).__name__} and names the task {task!r} with other columns than it "
            "has; fit it by `aurita fit`"
        )


def _fits(model: object, table: "Document") -> bool:
    """Whether the model is of the task, and has as many channels as columns are named."""
    from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

    if table["task"] == "forecast":
        if not isinstance(model, ReservoirForecaster):
            return False
        own = model.channels_
        return not own.flat and (own.outputs, own.covariates) == (len(table["targets"]), len(table["covariates"]))
    kind = ReservoirClassifier if table["task"] == "classify" else ReservoirRegressor
    if not isinstance(model, kind) or model.per_step_ != (table["per"] == "step"):
        return False
    if table["per"] == "step":
        named = (len(table["inputs"]), len(table["targets"]))
        return not model.flat_ and (model.n_features_in_, model.outputs_) == named
    if model.n_features_in_ != (1 if table["channels"] is None else len(table["channels"])):
        return False
    return kind is ReservoirClassifier or model.flat_
