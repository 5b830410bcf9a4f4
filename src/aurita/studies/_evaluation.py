"""One trial: a model fitted on a task's training data and scored, with everything that a record keeps."""

import json
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from inspect import Parameter, signature

import numpy as np

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.rounding import deviations
from aurita.studies._records import forget_peak, losses_kept, now, peak_megabytes, plain
from aurita.studies.models.fitted import Fitted
from aurita.studies.models.registry import model_named
from aurita.studies.plans import ModelPlan, TaskPlan
from aurita.tasks import METRICS, Task, family_of, rollouts, task_named, valid_prediction_time

FREE_RUNS = 10
FREE_STEPS = 500
FREE_CONTEXT = 100
LEAST_STEPS = 50
NUMERIC = ("regression", "forecast", "values")

_fits = 0


def function_of(kind: str) -> Callable[..., Fitted]:
    """The function of a model, one of ours by its name or any by `module:function`.

    Raises:
        AuritaError: there is none.
    """
    try:
        return model_named(kind)
    except (ImportError, AttributeError, ValueError) as error:
        if isinstance(error, AuritaError):
            raise
        raise AuritaError(
            f"model {kind!r} cannot be loaded ({error}); write module:function of what can be imported"
        ) from None


def data_of(plan: TaskPlan, seed: int) -> Task:
    """The task with its data; the last few are kept, because neighbouring jobs share them."""
    return _data(plan.name, json.dumps(plan.options, sort_keys=True), seed)


@lru_cache(maxsize=4)
def _data(name: str, options: str, seed: int) -> Task:
    return task_named(name, seed=seed, **json.loads(options))


def run(plan: ModelPlan, task: TaskPlan, seed: int, parameters: Mapping[str, object]) -> Document:
    """Fit with one seed and score on validation and test data.

    Args:
        plan: the model.
        task: what on.
        seed: of data and model.
        parameters: all that the model is given.

    Returns:
        A record; where the model raised, or its test score is not finite, its state is "failed" and it says why.
    """

    def evaluate(record: Document) -> None:
        data = data_of(task, seed)
        record["metric"], record["direction"] = data.metric, data.direction
        fitted = _fitted(record, plan, data, ["validation", "test"], seed, parameters)
        record["score"] = data.score(fitted.predictions["test"], "test")
        record["validation_score"] = data.score(fitted.predictions["validation"], "validation")
        record["metrics"] = _further(data, fitted, record)
        record["value"] = float(record["score"])

    return _recorded(evaluate, "score", **_labels(plan, task, parameters), seed=seed)


def trial(
    plan: ModelPlan,
    task: TaskPlan,
    seeds: Sequence[int],
    parameters: Mapping[str, object],
    gives_up: Callable[[int, float], bool],
) -> Document:
    """Fit with some seeds and score on validation data alone; a model of a search gets no test data to see.

    Args:
        gives_up: `(fits done, mean score so far) -> bool`, asked before each further fit.

    Returns:
        A record whose value is the mean validation score.
    """

    def evaluate(record: Document) -> None:
        scores: list[float] = []
        record["scores"] = scores
        for seed in seeds:
            data = data_of(task, seed)
            record["metric"], record["direction"] = data.metric, data.direction
            blind = replace(data, test=data.validation)
            fitted = _fitted(record, plan, blind, ["validation"], seed, parameters)
            scores.append(blind.score(fitted.predictions["validation"], "validation"))
            record["validation_score"] = record["value"] = float(np.mean(scores))
            if not np.isfinite(scores[-1]):
                return
            if len(scores) < len(seeds) and gives_up(len(scores), record["value"]):
                record["state"] = "pruned"
                return

    return _recorded(evaluate, "validation score", **_labels(plan, task, parameters), seeds=list(seeds))


def failed(plan: ModelPlan, task: TaskPlan, seed: int, reason: str) -> Document:
    """The record of a run that cannot be made."""

    def evaluate(record: Document) -> None:
        raise AuritaError(reason)

    return _recorded(evaluate, "score", **_labels(plan, task, {}), seed=seed)


def _labels(plan: ModelPlan, task: TaskPlan, parameters: Mapping[str, object]) -> Document:
    """What is evaluated, with everything that it was left to choose itself."""
    model = signature(function_of(plan.kind)).parameters.values()
    settings = [one for one in model if one.kind is Parameter.KEYWORD_ONLY]
    family = signature(family_of(task.name)).parameters.values()
    members = task.name.count("/")
    return {
        "model": plan.name,
        "kind": plan.kind,
        "task": task.label,
        "task_name": task.name,
        "task_options": _defaults(list(family)[members:]) | dict(task.options),
        "parameters": _defaults(settings) | dict(parameters),
    }


def _defaults(arguments: Iterable[Parameter]) -> Document:
    return {one.name: one.default for one in arguments if one.default is not one.empty and one.name != "seed"}


def _recorded(evaluate: Callable[[Document], None], what: str, **labels: object) -> Document:
    """The record of an evaluation, whatever becomes of it."""
    record: Document = {
        **labels,
        "state": "complete",
        "value": None,
        "error": None,
        "seconds": 0.0,
        "start": now(),
    }
    forget_peak()
    begun = time.perf_counter()
    try:
        evaluate(record)
        if record["value"] is None or not np.isfinite(record["value"]):
            raise AuritaError(f"the {what} is {record['value']}: predictions that count are not finite")
    except Exception as error:
        lines = traceback.format_exc().strip().splitlines()
        record |= {"state": "failed", "value": None, "error": f"{type(error).__name__}: {error}", "trace": lines[-12:]}
    if record["state"] == "pruned":
        record["value"] = None
    record |= {"wall_seconds": time.perf_counter() - begun, "memory_mb": peak_megabytes(), "end": now()}
    return plain(record)


def _fitted(
    record: Document, plan: ModelPlan, data: Task, splits: list[str], seed: int, parameters: Mapping[str, object]
) -> Fitted:
    """A fit, timed, with what it says of itself."""
    global _fits
    record["fits_before"] = _fits
    _fits += 1
    begun, worked = time.perf_counter(), time.process_time()
    try:
        fitted = function_of(plan.kind)(data, splits, seed=seed, **parameters)
    finally:
        record["seconds"] += time.perf_counter() - begun
        record["cpu_seconds"] = record.get("cpu_seconds", 0.0) + time.process_time() - worked
    record |= {
        "trained": fitted.trained,
        "fixed": fitted.fixed,
        "losses": losses_kept(fitted.losses),
        "details": fitted.details,
    }
    return fitted


def _further(data: Task, fitted: Fitted, record: Document) -> Document:
    """Metrics beside the task's own."""
    found: Document = {data.metric: record["score"]}
    if data.category in NUMERIC:
        part = data.test
        stacked = (lambda values: np.asarray(values)) if data.category == "values" else part.at_scored
        truth, predicted = stacked(part.targets), stacked(fitted.predictions["test"])
        found |= {name: METRICS[name].function(truth, predicted) for name in ("mse", "rmse", "nrmse")}
    if data.category == "forecast" and fitted.continue_series is not None:
        try:
            found |= _free_running(data, fitted)
        except Exception as error:
            record["free_running_error"] = f"{type(error).__name__}: {error}"
    return found


def _free_running(data: Task, fitted: Fitted) -> dict[str, float]:
    """How long free runs stay valid, on average over the test series; nothing where the series are too short."""
    assert data.test.series is not None
    assert data.train.series is not None
    assert fitted.continue_series is not None
    steps = min(FREE_STEPS, min(map(len, data.test.series)) - FREE_CONTEXT)
    if steps < LEAST_STEPS:
        return {}
    runs = rollouts(data, count=FREE_RUNS, context=FREE_CONTEXT, steps=steps)
    forecasts = fitted.continue_series([one.context for one in runs], steps)
    scale = deviations(np.concatenate(data.train.series))
    name, per_step = (
        ("valid_prediction_steps", 1.0) if data.lyapunov is None else ("valid_prediction_time", data.lyapunov)
    )
    times = [
        valid_prediction_time(one.future, np.asarray(forecast), lyapunov=per_step, scale=scale)
        for one, forecast in zip(runs, forecasts, strict=True)
    ]
    return {name: float(np.mean(times)), "free_run_steps": steps}
