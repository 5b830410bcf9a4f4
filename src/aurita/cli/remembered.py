"""What a saved model says of the table that it was fitted on, checked: a file may come from anywhere."""

from typing import Any

from aurita.errors import AuritaError

_NAME = (str, type(None))
_COMMON: dict[str, tuple[type, ...]] = {"id": _NAME, "time": _NAME, "decimal": _NAME}
_SERIES: dict[str, tuple[type, ...]] = {**_COMMON, "targets": (list,), "frequency": _NAME}
_FIELDS: dict[tuple[str, str | None], dict[str, tuple[type, ...]]] = {
    ("forecast", None): {**_SERIES, "covariates": (list,), "series": (list,), "step": _NAME},
    ("classify", "sequence"): {**_COMMON, "label": (str,), "channels": (list, type(None))},
    ("regress", "sequence"): {**_COMMON, "label": (str,), "channels": (list, type(None))},
    ("regress", "step"): {**_SERIES, "inputs": (list,)},
}


def check_remembered(model: Any, table: dict[str, Any]) -> None:
    """Refuse what a model is said to know of its table, where it does not fit the model.

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
        raise AuritaError(f"the model is said to be for the task {task!r}, of each {per!r}, which there is not")
    for name, kinds in found.items():
        value = table.get(name)
        texts = not isinstance(value, list) or all(isinstance(item, str) for item in value) or name == "series"
        if not isinstance(value, kinds) or not texts:
            raise AuritaError(f"the model is said to be of a table whose {name} is {value!r}, which names no column")
    if not isinstance(table.get("missing", []), list) or not isinstance(table.get("left_out", []), list):
        raise AuritaError("the model is said to be of a table with missing values or series in an unknown form")
    if not _fits(model, table):
        raise AuritaError(
            f"the model is a {type(model).__name__} and is said to be for the task {task!r} with other columns than it "
            "has; fit it by `aurita fit`"
        )


def _fits(model: Any, table: dict[str, Any]) -> bool:
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
