"""Fitted estimators from elsewhere: whether what a fit left fits together, so that predictions can be made of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, get_args

import numpy as np

from aurita._kinds import saved
from aurita._typing import Array, Document
from aurita.data.calendar import Calendar
from aurita.data.channels import Channels
from aurita.data.long_frames import KINDS
from aurita.errors import AuritaError
from aurita.estimators.classifier import ReservoirClassifier
from aurita.estimators.forecaster import ReservoirForecaster
from aurita.estimators.forecasting import Plan
from aurita.estimators.limits import limits_of
from aurita.estimators.online import StreamState
from aurita.estimators.planning import MOST_STEPS
from aurita.estimators.pooled_features import ReservoirFeatures
from aurita.estimators.preprocessing import Frame
from aurita.estimators.regressor import ReservoirRegressor
from aurita.estimators.streaming import width_of
from aurita.experts import Committee
from aurita.experts.checks import check_committee
from aurita.learning import History
from aurita.readout import READOUTS, Readout, summary_named
from aurita.reservoir import Reservoir, State
from aurita.saving.structure import MOST_CHANNELS, check_finite, check_state
from aurita.shapes import Shapes, check_shapes
from aurita.society import ChosenUnits

Estimator = ReservoirClassifier | ReservoirFeatures | ReservoirForecaster | ReservoirRegressor

_LARGEST = 1e140
_FORMER = {"settled_": "default_society_"}
_LARGEST_OF_KNOWN_SCALE = 1e15
"""Series are standardised and classes are ones and zeros, so that weights beyond this come of no fit."""


def check_fitted(model: Estimator) -> None:
    """Refuse an estimator whose fitted attributes do not fit each other; one that is not fitted has none.

    Raises:
        AuritaError: an attribute that is missing, of another type or shape, or not finite.
    """
    if isinstance(model, ReservoirFeatures):
        _check_features(model)
        return
    if not hasattr(model, "readouts_"):
        return
    reservoirs, readouts = _list(model, "reservoirs_", Reservoir), _list(model, "readouts_", object, None)
    _list(model, "histories_", History)
    if not 0 < len(readouts) == len(reservoirs) == len(model.histories_):
        raise AuritaError(
            f"the model has {len(readouts)} readouts, {len(reservoirs)} reservoirs and {len(model.histories_)} "
            "histories; expected one or more, and as many of each"
        )
    _has(model, "online_", StreamState, optional=True)
    _has(model, "table_", dict, optional=True)
    if isinstance(model, ReservoirForecaster):
        _check_forecaster(model)
    else:
        _check_sequences(model)


def _estimator_parts(given: Estimator) -> dict[str, object]:
    check_fitted(given)
    parameters = given.get_params(deep=False)
    parameters = {name: _plain(given, name, value) for name, value in parameters.items()}
    fitted = {name: value for name, value in vars(given).items() if name.endswith("_") and name not in parameters}
    return {"parameters": parameters, "fitted": fitted}


def _plain(given: object, name: str, value: object) -> object:
    if name == "readout" and isinstance(value, type):
        return READOUTS.name_of(value)
    if name == "verbose" and callable(value):
        return None
    if isinstance(value, np.random.RandomState | np.random.Generator):
        # What a fit drew of it gives the same fit again.
        if name == "random_state" and hasattr(given, "seed_"):
            return given.seed_
        raise AuritaError(
            f"{name} is a {type(value).__name__}, which cannot be saved; fit first, or give a whole number"
        )
    return value


def _estimator(kind: type[Estimator], parts: dict[str, object]) -> Estimator:
    parameters = _dictionary(parts, "parameters")
    for name, find in (("readout", READOUTS.find), ("summary", summary_named)):
        # Here, where code of strangers is not imported, and not when the model is used.
        if isinstance(parameters.get(name), str):
            find(parameters[name])
    made = kind(**parameters)
    for name, value in _dictionary(parts, "fitted").items():
        name = _FORMER.get(name, name)
        if not name.endswith("_") or name.startswith("_") or callable(getattr(made, name, None)):
            raise AuritaError(f"the file sets {name!r}, which is nothing that a fit leaves")
        setattr(made, name, value)
    check_fitted(made)
    return made


def _dictionary(parts: Mapping[str, object], name: str) -> Document:
    found = parts.get(name)
    if not isinstance(found, dict):
        raise AuritaError(f"the file holds a {type(found).__name__} where a dict is expected")
    return found


for _kind in get_args(Estimator):
    saved(_estimator_parts, partial(_estimator, _kind))(_kind)


def _check_sequences(model: ReservoirClassifier | ReservoirRegressor) -> None:
    for name, kind in (("per_step_", bool), ("outputs_", int), ("default_society_", bool), ("n_features_in_", int)):
        _has(model, name, kind)
    channels, outputs = model.n_features_in_, model.outputs_
    if not (1 <= channels <= MOST_CHANNELS and outputs >= 1):
        raise AuritaError(f"the model has {channels} channels and {outputs} outputs; expected one or more of each")
    _array(model, "scale_mean_", (channels,))
    _array(model, "scale_deviation_", (channels,), positive=True)
    if hasattr(model, "choices_"):
        _list(model, "choices_", ChosenUnits)
    if hasattr(model, "feature_names_in_"):
        _array(model, "feature_names_in_", (channels,), kinds="OU")
    _whole("washout", model.washout, least=0)
    if isinstance(model, ReservoirClassifier):
        _array(model, "classes_", (outputs,), kinds="biufOU")
    else:
        _has(model, "flat_", bool)
    classifies = isinstance(model, ReservoirClassifier)
    largest = _LARGEST_OF_KNOWN_SCALE if classifies else _LARGEST
    asked: object = getattr(model, "readout", None)
    if asked is not None and not isinstance(asked, Readout):
        asked = READOUTS.find(asked)
    shapes = _shapes_of(model, channels)
    summaries = getattr(model, "summaries_", [None] * len(model.readouts_))
    if not isinstance(summaries, list) or len(summaries) != len(model.readouts_):
        raise AuritaError(f"the model has summaries of another number than its {len(model.readouts_)} readouts")
    for reservoir, own, name, readout in zip(model.reservoirs_, shapes, summaries, model.readouts_, strict=True):
        if asked is not None and getattr(readout, "classes", None) != asked.classes:
            raise AuritaError(f"a readout is a {type(readout).__name__}, and the model asks for {model.readout!r}")
        if reservoir is not None and reservoir.inputs != channels:
            raise AuritaError(f"a reservoir receives {reservoir.inputs} channels and the model {channels}")
        width = width_of(reservoir, model._kinds(reservoir), channels)
        if not model.per_step_:
            summary = summary_named(model.summary if name is None else name)
            width = summary.width(width) if own is None else own.width
        _check_readout(readout, (width, outputs), largest, classifies=classifies)
    _check_stream(model, channels, outputs)


def _check_features(model: ReservoirFeatures) -> None:
    if not hasattr(model, "scale_mean_"):
        return
    _has(model, "n_features_in_", int)
    _has(model, "tabular_", bool)
    _has(model, "reservoir_", Reservoir, optional=True)
    _has(model, "history_", History, optional=True)
    channels, reservoir = model.n_features_in_, model.reservoir_
    if not 1 <= channels <= MOST_CHANNELS or (reservoir is not None and reservoir.inputs != channels):
        raise AuritaError(f"the model has {channels} channels, or a reservoir of others")
    _array(model, "scale_mean_", (channels,))
    _array(model, "scale_deviation_", (channels,), positive=True)
    if hasattr(model, "feature_names_in_"):
        _array(model, "feature_names_in_", (channels,), kinds="OU")
    _whole("washout", model.washout, least=0)
    summary_named(model.summary).width(width_of(reservoir, model._kinds(reservoir), channels))


def _shapes_of(model: ReservoirClassifier | ReservoirRegressor, channels: int) -> Sequence[Shapes | None]:
    """Shape units of each member; files of older versions have none."""
    if not hasattr(model, "shapes_"):
        return [None] * len(model.readouts_)
    found = _list(model, "shapes_", Shapes)
    if len(found) != len(model.readouts_):
        raise AuritaError(f"the model has shape units of {len(found)} members and {len(model.readouts_)} readouts")
    for shapes, reservoir in zip(found, model.reservoirs_, strict=True):
        if shapes is None:
            continue
        if model.per_step_ or reservoir is not None:
            raise AuritaError("the model has shape units where its readout sees a reservoir or steps")
        check_shapes(shapes, channels)
    return found


def _check_forecaster(model: ReservoirForecaster) -> None:
    for name, kind in (("channels_", Channels), ("plan_", Plan), ("frame_", Frame), ("several_", bool)):
        _has(model, name, kind)
    channels, plan, frame = model.channels_, model.plan_, model.frame_
    outputs, covariates, series = channels.outputs, channels.covariates, len(frame.mean)
    if not (0 < outputs <= MOST_CHANNELS and 0 <= covariates <= MOST_CHANNELS and series):
        raise AuritaError(f"the model has {outputs} outputs, {covariates} covariates and {series} series")
    for names, count in ((channels.columns, outputs), (channels.covariate_columns, covariates)):
        if names is not None and len(names) != count:
            raise AuritaError(f"the model has {count} channels of the names {names[:5]}")
    if frame.mean.shape[1] != outputs or frame.x_mean.shape[1] != covariates:
        raise AuritaError("the scales of the series are of other channels than the model's")
    if len(frame.calendars) != series or frame.tails.shape[1] != len(frame.taken) - 1:
        raise AuritaError("the ends of the series do not fit their number or their differences")
    scales = (frame.deviation, frame.x_deviation, frame.spread)
    check_finite("the frame of the series", [frame.taken, frame.mean, frame.x_mean, frame.tails, frame.last, *scales])
    if not all((scale > 0).all() for scale in scales):
        raise AuritaError("a deviation of the series is zero or less")
    if frame.naive is not None:
        check_finite("the unit of scores", [frame.naive])
        if frame.naive.shape != frame.mean.shape or not (frame.naive > 0).all():
            raise AuritaError("the unit of scores is of other series, or zero or less")
    limits_of(plan)
    if plan.outputs != outputs or plan.washout < 0 or not 0 < plan.bound < np.inf:
        raise AuritaError(f"the plan of the forecasts is {plan}, which does not fit {outputs} outputs")
    _whole("horizon", plan.horizon, least=1)
    _whole("horizon", model.horizon, least=1)
    states = _list(model, "states_", State, None)
    if len(states) != len(model.readouts_):
        raise AuritaError(f"the model has {len(states)} states and {len(model.readouts_)} members")
    for reservoir, readout, state in zip(model.reservoirs_, model.readouts_, states, strict=True):
        if not isinstance(reservoir, Reservoir) or reservoir.inputs != outputs + covariates:
            raise AuritaError(f"a reservoir does not receive the {outputs + covariates} channels of the model")
        width = width_of(reservoir, plan.features, reservoir.inputs)
        width += covariates * (plan.horizon - 1) if plan.direct else 0
        _check_readout(readout, (width, outputs * plan.reach), _LARGEST_OF_KNOWN_SCALE, classifies=False)
        if not hasattr(readout, "coef_"):
            raise AuritaError(f"a readout is a {type(readout).__name__}, which has no weights to forecast by")
        if plan.increments and "input" not in plan.features:
            raise AuritaError("the plan adds to the last value and its readout does not see it")
        check_state(reservoir, state, series)
    residuals = getattr(model, "residuals_", None)
    if residuals is not None:
        _array(model, "residuals_", (None, None, outputs), finite=False)
        unknown = np.isnan(residuals)
        if (residuals < 0).any() or np.isinf(residuals).any() or (unknown != unknown[..., :1]).any():
            raise AuritaError("residuals_ holds values that are no errors of held-out steps")
    if plan.horizon > MOST_STEPS or model.horizon > MOST_STEPS:
        raise AuritaError(f"the horizon of the model is {max(plan.horizon, model.horizon)}, beyond {MOST_STEPS}")
    for calendar in frame.calendars:
        _check_calendar(calendar)
    frames = getattr(model, "frames_", None)
    if frames is not None and not (frames in KINDS and model.several_ and None not in frame.calendars):
        raise AuritaError("the model says that its series came in a long frame of an unknown kind")
    _check_places(model, series)
    _has(model, "committee_", Committee, optional=True)
    if (committee := getattr(model, "committee_", None)) is not None:
        check_committee(committee, series, outputs)
    _check_stream(model, outputs + covariates, outputs)


def _check_calendar(calendar: Calendar | None) -> None:
    """Whether a calendar goes on; what steps beyond its end mean it says itself."""
    if calendar is None:
        return
    try:
        if calendar.kind in ("range", "dates", "periods", "durations") and len(calendar.after(1)) == 1:
            return
    except Exception as error:
        # Libraries of dates and zones say in many ways that a text names none.
        raise AuritaError(f"a series ends at {calendar}, which is no step: {error}") from None
    raise AuritaError(f"a series ends at {calendar}, which is no step")


def _check_places(model: object, series: int) -> None:
    """Whether the series that there are, and those left out, are all that were given."""
    keys, out = getattr(model, "keys_", [None] * series), getattr(model, "left_out_", [])
    plain = all(key is None or isinstance(key, str | int | float) for key in keys) if isinstance(keys, list) else False
    if not plain or not isinstance(out, list | tuple) or not all(type(place) is int for place in out):
        raise AuritaError("the model names its series in an unknown way")
    if len(keys) != series + len(out) or not set(out) <= set(range(len(keys))) or len(set(out)) != len(out):
        raise AuritaError(f"the model has {series} series, {len(out)} left out, and was given {len(keys)}")


def _check_readout(readout: object, shape: tuple[int, int], largest: float, *, classifies: bool) -> None:
    if not isinstance(readout, Readout) or (readout.classes and not classifies):
        raise AuritaError(f"a readout is a {type(readout).__name__}, which this model does not have")
    readout.check(shape, largest)


def _check_stream(model: Estimator, inputs: int, outputs: int) -> None:
    stream = getattr(model, "online_", None)
    if stream is None:
        return
    if stream.rows.shape[1] != inputs or stream.targets.shape[1] != outputs:
        raise AuritaError("what waits to be learnt is of other channels than the model's")
    if len(stream.learners) != len(model.readouts_) and stream.learners:
        raise AuritaError(f"the stream has {len(stream.learners)} members, the model {len(model.readouts_)}")
    for learner, reservoir in zip(stream.learners, model.reservoirs_, strict=False):
        if (learner is None) != (reservoir is None):
            raise AuritaError("the stream has a state where there is no reservoir")
        if learner is not None:
            check_state(reservoir, learner.state, 1)


def _has(model: object, name: str, kind: type, *, optional: bool = False) -> None:
    value = getattr(model, name, None)
    if value is None and optional:
        return
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise AuritaError(f"{name} of the model is a {type(value).__name__}; expected a {kind.__name__}")


def _list(model: object, name: str, kind: type, *others: object) -> Sequence[Any]:
    """A list of one kind; None may be in it, unless something else is named."""
    value = getattr(model, name, None)
    allowed = (kind,) if others else (kind, type(None))
    if not isinstance(value, list) or not all(isinstance(item, allowed) for item in value):
        raise AuritaError(f"{name} of the model is no list of {kind.__name__}")
    return value


def _array(
    model: object,
    name: str,
    shape: tuple[int | None, ...],
    *,
    kinds: str = "f",
    positive: bool = False,
    finite: bool = True,
) -> None:
    value: Array = getattr(model, name, None)
    fits = isinstance(value, np.ndarray) and value.ndim == len(shape) and value.dtype.kind in kinds
    if not fits or any(want not in (None, have) for have, want in zip(value.shape, shape, strict=True)):
        raise AuritaError(
            f"{name} of the model is of shape {getattr(value, 'shape', ())}; expected an array of shape {shape}"
        )
    if finite:
        check_finite(f"{name} of the model", [value])
    if positive and not (value > 0).all():
        raise AuritaError(f"{name} of the model holds zeros or less; expected numbers above zero")


def _whole(name: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise AuritaError(f"{name} of the model is {value!r}; expected a whole number from {least}")
