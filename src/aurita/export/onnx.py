"""Fitted models as ONNX: over whole sequences, or one step at a time with the states going in and out.

| model | form | inputs | outputs |
|---|---|---|---|
| classifier | `fixed` | `X` `(B, T, E)` | `probabilities`, `label` (an index into the `classes` of the metadata) |
| regressor | `fixed` | `X` `(B, T, E)` | `prediction` |
| these | `step` | `x` `(B, E)`, states | the same of the step, or of the sequence so far; states after it |
| forecaster | `step` | `value` `(B, O)`, `covariates` `(B, C)`, states | `forecast` `(B, O)` of the next step, states |
| with `strategy="direct"` | `step` | `value`, `covariates` `(B, H, C)`, states | `forecast` `(B, H, O)`, states |
| one with experts | `fixed` | `window` `(T, O)`, `covariates` `(T + H, C)` | `forecast` `(H, O)` of the next steps |

Inputs are as the model was fitted on, float64, and are scaled within. States have defaults for one sequence: where it
begins, or, of a forecaster, where the series ended, its last value still to come. Experts look at a window of values
each time anew: the graph forecasts what `restart(window)` and `predict` do.

A label or value of a whole sequence is, step by step, what `predict` says of the sequence so far; before the washout is
over it means nothing. Means, deviations, shares and maxima go on in states of fixed size. Models that need all steps so
far (`summary="times:K"`, shape units that standardise a sequence by itself) have the state `past`, which grows.
"""

import json

from aurita.export._sequence_graph import sequence_graph
from aurita.export._step_graph import step_graph
from aurita.export._window_graph import window_graph
from aurita.export.described import Described, check_form, described
from aurita.export.graph import checked
from aurita.io.writing import StrPath, write_whole

FORMS = ("auto", "fixed", "step")


def to_onnx(model: object, path: StrPath, *, form: str = "auto", series: int = 0, window: int | None = None) -> None:
    """Write a fitted model as ONNX.

    Args:
        model: a classifier, regressor or forecaster of built-in units.
        path: of the file.
        form: `fixed`, over whole sequences of one length, or over the window of a forecaster with experts; `step`;
            `auto`: `step` of forecasters of reservoirs alone, else `fixed`.
        series: which of the series of a forecaster.
        window: steps that a forecaster with experts receives; None: as many as it keeps of the series.

    Raises:
        AuritaError: a model or a form that cannot be exported, or a path that cannot be written to.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> import onnxruntime
        >>> from aurita import ReservoirRegressor
        >>> x = np.random.default_rng(0).uniform(size=(100, 1))
        >>> model = ReservoirRegressor(units=4).fit([x], [x**2])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     to_onnx(model, Path(folder, "model.onnx"))
        ...     session = onnxruntime.InferenceSession(Path(folder, "model.onnx"))
        >>> found = session.run(["prediction"], {"X": x[None]})[0]
        >>> bool(np.abs(found[0] - model.predict([x])[0]).max() < 1e-5)
        True
    """
    given = described(model, series, window)
    check_form(given, form, FORMS)
    forecasts, expert = given.task == "forecast", given.committee is not None
    if form == "auto":
        form = "step" if forecasts and not expert else "fixed"
    made = step_graph if form == "step" else window_graph if expert else sequence_graph
    write_whole(path, checked(*made(given), _about(given)))


def _about(given: Described) -> dict[str, str]:
    """Metadata: the task, labels of classes, the last value of a series."""
    from aurita import __version__

    about = {"task": given.task, "version": __version__}
    if given.classes is not None:
        about["classes"] = json.dumps(given.classes.tolist())
    if given.last is not None:
        about["last"] = json.dumps(given.last.tolist())
    return about
