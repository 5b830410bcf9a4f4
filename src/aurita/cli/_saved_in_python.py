"""Models that were saved from Python: which columns of a table they take, and their values as they were fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aurita.errors import AuritaError

if TYPE_CHECKING:
    from aurita._typing import Document

_FROM_PYTHON = "a model saved from Python was fitted on, in its order; needed where it had no names; may be repeated."
ColumnNames = Annotated[list[str] | None, typer.Option("--column", help=f"Input column that {_FROM_PYTHON}")]
TargetNames = Annotated[list[str] | None, typer.Option("--target", help=f"Target column that {_FROM_PYTHON}")]
CovariateNames = Annotated[list[str] | None, typer.Option("--covariate", help=f"Covariate that {_FROM_PYTHON}")]


@dataclass(frozen=True)
class Named:
    """Columns that the command line names, in the order of the fit.

    Attributes:
        columns: inputs of a classifier or regressor.
        targets: series of a forecaster, or what a regressor predicts at every step.
        covariates: what a forecaster knows in advance.
    """

    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()

    def refuse(self, path: Path) -> None:
        """Refuse names for a model that knows those of its table.

        Raises:
            AuritaError: there are some.
        """
        given = {"--column": self.columns, "--target": self.targets, "--covariate": self.covariates}
        for option, names in given.items():
            if names:
                raise AuritaError(
                    f"{option} is for models saved from Python, and {path} knows the columns of its table; leave it "
                    "out, and rename columns of the table that have other names"
                )


def described(model: Any, path: Path, named: Named, id: str | None) -> "Document":
    """What a model that was saved from Python takes of a table, in the form of what the command remembers.

    Args:
        model: a fitted estimator.
        named: columns of the table; where they have other names than in the fit, they are taken for them in its order.
        id: the column that tells series or sequences apart.

    Returns:
        As `described_table`, and as `own` the names that the fit had for each role (None: it had none).

    Raises:
        AuritaError: names that are missing, or too few or too many of them, or a model that no table fits.
    """
    from aurita.estimators import ReservoirClassifier, ReservoirForecaster

    common = {"id": None, "time": None, "decimal": None, "label": "label"}
    if isinstance(model, ReservoirForecaster):
        return common | _of_forecaster(model, path, named)
    if getattr(model, "tabular_", False):
        raise AuritaError(
            f"{path} was fitted on a table of samples, not on sequences; use it in Python: "
            "aurita.load(path).predict(table)"
        )
    task = "classify" if isinstance(model, ReservoirClassifier) else "regress"
    if task == "regress" and model.per_step_:
        return common | _of_steps(model, path, named)
    if task == "regress" and not model.flat_:
        raise AuritaError(f"{path} predicts {model.outputs_} values of a sequence; use it in Python: aurita.load(path)")
    _unused(path, {"--target": named.targets, "--covariate": named.covariates})
    found = common | {"task": task, "per": "sequence", "missing": []}
    own, wide = _names_of(model), id is None and model.n_features_in_ == 1 and not named.columns
    if wide:
        # Each row is a sequence.
        return found | {"channels": None, "own": {}}
    channels = _matched(path, named.columns, own, model.n_features_in_, "channels", "--column")
    if id is None:
        raise AuritaError(f"{path} takes sequences with a row for every step; name their column with --id")
    return found | {"channels": channels, "own": {"channels": own}}


def as_fitted(frames: Sequence[Any], known: "Document", role: str, *, flat: bool = False) -> list[Any]:
    """Data frames (T, E) of a table as the fit had them: under its names, or without any.

    Args:
        role: `channels`, `targets`, `covariates` or `inputs`.
        flat: whether the one column is to be a pandas series.
    """
    import pandas as pd

    own = known.get("own", {})
    if role not in own:
        return list(frames)
    names = own[role]
    if flat:
        return [frame.iloc[:, 0].rename(None if names is None else names[0]) for frame in frames]
    if names is None and all(isinstance(frame.index, pd.RangeIndex) for frame in frames):
        return [frame.to_numpy() for frame in frames]
    return [frame.set_axis(range(frame.shape[1]) if names is None else names, axis=1) for frame in frames]


def _of_forecaster(model: Any, path: Path, named: Named) -> "Document":
    own = model.channels_
    _unused(path, {"--column": named.columns})
    targets = _matched(path, named.targets, own.columns, own.outputs, "series", "--target")
    covariates = _matched(path, named.covariates, own.covariate_columns, own.covariates, "covariates", "--covariate")
    calendar = next((one for one in model.frame_.calendars if one is not None), None)
    one = len(model.frame_.mean) == 1 and own.columns == targets
    return {
        "task": "forecast",
        "per": None,
        "targets": targets,
        "covariates": covariates,
        "frequency": None,
        "missing": [],
        "series": [", ".join(targets)] if one else [],
        "step": calendar.step if calendar is not None and calendar.kind == "dates" else None,
        "own": {"targets": own.columns, "covariates": own.covariate_columns},
    }


def _of_steps(model: Any, path: Path, named: Named) -> "Document":
    own, count = _names_of(model), model.outputs_
    _unused(path, {"--covariate": named.covariates})
    usual = ["predicted"] if count == 1 else [f"predicted {number + 1}" for number in range(count)]
    return {
        "task": "regress",
        "per": "step",
        "inputs": _matched(path, named.columns, own, model.n_features_in_, "inputs", "--column"),
        "targets": _matched(path, named.targets, usual, count, "targets", "--target"),
        "frequency": None,
        "missing": [],
        "own": {"inputs": own},
    }


def _names_of(model: Any) -> list[str] | None:
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _matched(
    path: Path, given: tuple[str, ...], own: Sequence[str] | None, count: int, what: str, option: str
) -> list[str]:
    """The columns of a role: those that are named, or those of the fit."""
    if not given and (own is not None or not count):
        return [str(name) for name in own or ()]
    if len(given) == count and len(set(given)) == count:
        return list(given)
    fitted = f"{path} was saved from Python, fitted on {count} {what} {_called(own)}"
    if not count:
        raise AuritaError(f"{fitted}; {option} names {', '.join(given)}: leave it out")
    wanted = " ".join([f"{option} NAME"] * min(count, 3)) + (" ..." if count > 3 else "")
    wrong = f"{option} names {', '.join(given)}; " if given else ""
    raise AuritaError(
        f"{fitted}; {wrong}name the columns of the table that they are, in the order of the fit: {wanted}"
    )


def _called(own: Sequence[str] | None) -> str:
    return "without names" if own is None else f"({', '.join(map(str, own))})"


def _unused(path: Path, given: dict[str, tuple[str, ...]]) -> None:
    for option, names in given.items():
        if names:
            raise AuritaError(f"{option} names {', '.join(names)}, of which {path} has no use; leave it out")
