"""Fitted estimators from elsewhere: whether what a fit left fits together, so that predictions can be made of it."""

from collections.abc import Mapping
from functools import partial
from typing import get_args

import numpy as np

from aurita._kinds import saved
from aurita._typing import Document
from aurita.data.calendar import Calendar
from aurita.data.long_frames import KINDS
from aurita.errors import AuritaError
from aurita.estimators._limits import limits_of
from aurita.estimators._parameters import MOST_STEPS, whole
from aurita.estimators.base import SequenceStates
from aurita.estimators.classifier import ReservoirClassifier
from aurita.estimators.forecaster import ReservoirForecaster
from aurita.estimators.pooled_features import ReservoirFeatures
from aurita.estimators.regressor import ReservoirRegressor
from aurita.estimators.streaming import width_of
from aurita.experts.checks import check_committee
from aurita.readout import READOUTS, Readout, summary_named
from aurita.reservoir import Reservoir
from aurita.saving.conforming import conform_fitted
from aurita.saving.structure import MOST_CHANNELS, check_finite, check_state
from aurita.shapes import check_shapes

Estimator = ReservoirClassifier | ReservoirFeatures | ReservoirForecaster | ReservoirRegressor

_LARGEST = 1e140
_OPTIONAL = {
    *("feature_names_in_", "tabular_", "choices_", "shapes_", "summaries_", "online_", "committee_", "residuals_"),
    *("keys_", "seasons_", "alphas_", "shifted_at_", "doubtful_", "steps_"),
}
"""Attributes that not every fit leaves, or that files of older versions lack."""

_FORMER = {"settled_": "default_society_"}
_LARGEST_OF_KNOWN_SCALE = 1e15
"""Series are standardised and classes are ones and zeros, so that weights beyond this come of no fit."""


def check_fitted(model: Estimator) -> None:
    """Refuse an estimator whose fitted attributes do not fit each other; one that is not fitted has none.

    Raises:
        AuritaError: an attribute that is missing, of another type or shape, or not finite.
    """
    if not hasattr(model, "scale_mean_" if isinstance(model, ReservoirFeatures) else "readouts_"):
        return
    conform_fitted(model, _OPTIONAL)
    if not isinstance(getattr(model, "table_", {}), dict):
        raise AuritaError("table_ of the model is no table")
    if isinstance(model, ReservoirFeatures):
        _check_scale(model)
        _check_reservoir(model, model.reservoir_)
        summary_named(model.summary).width(_width(model, model.reservoir_))
        return
    members = len(model.readouts_)
    if not 0 < members == len(model.reservoirs_) == len(model.histories_):
        raise AuritaError(
            f"the model has {members} readouts, {len(model.reservoirs_)} reservoirs and {len(model.histories_)} "
            "histories; expected one or more, and as many of each"
        )
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


def _check_scale(model: SequenceStates) -> None:
    channels = model.n_features_in_
    if not 1 <= channels <= MOST_CHANNELS or len(model.scale_mean_) != channels:
        raise AuritaError(f"the model has {channels} channels, and means of {len(model.scale_mean_)}")
    check_finite("the scale of the model", [model.scale_mean_, model.scale_deviation_])
    if not (model.scale_deviation_ > 0).all():
        raise AuritaError("scale_deviation_ of the model holds zeros or less; expected numbers above zero")
    names = getattr(model, "feature_names_in_", None)
    if names is not None and (names.shape != (channels,) or names.dtype.kind not in "OU"):
        raise AuritaError(f"feature_names_in_ of the model is of shape {names.shape}; expected {channels} names")
    if not whole(0)(model.washout):
        raise AuritaError(f"washout of the model is {model.washout!r}; expected a whole number from 0")


def _check_reservoir(model: SequenceStates, reservoir: Reservoir | None) -> None:
    if reservoir is not None and reservoir.inputs != model.n_features_in_:
        raise AuritaError(f"a reservoir receives {reservoir.inputs} channels and the model {model.n_features_in_}")


def _width(model: SequenceStates, reservoir: Reservoir | None) -> int:
    return width_of(reservoir, model._kinds(reservoir), model.n_features_in_)


def _check_sequences(model: ReservoirClassifier | ReservoirRegressor) -> None:
    _check_scale(model)
    classifies, outputs = isinstance(model, ReservoirClassifier), model.outputs_
    if isinstance(model, ReservoirClassifier) and model.classes_.shape != (outputs,):
        raise AuritaError(f"the model has classes of shape {model.classes_.shape} and {outputs} outputs")
    if outputs < 1:
        raise AuritaError(f"the model has {outputs} outputs; expected one or more")
    asked: object = getattr(model, "readout", None)
    if asked is not None and not isinstance(asked, Readout):
        asked = READOUTS.find(asked)
    for name in ("shapes_", "summaries_"):
        if len(found := getattr(model, name, model.readouts_)) != len(model.readouts_):
            raise AuritaError(f"the model has {len(found)} {name[:-1]} and {len(model.readouts_)} readouts")
    for member, readout in zip(model._members(), model.readouts_, strict=True):
        if asked is not None and getattr(readout, "classes", None) != asked.classes:
            raise AuritaError(f"a readout is a {type(readout).__name__}, and the model asks for {model.readout!r}")
        _check_reservoir(model, member.reservoir)
        if member.shapes is not None:
            if model.per_step_ or member.reservoir is not None:
                raise AuritaError("the model has shape units where its readout sees a reservoir or steps")
            check_shapes(member.shapes, model.n_features_in_)
        width = _width(model, member.reservoir)
        if not model.per_step_:
            summary = summary_named(model.summary if member.summary is None else member.summary)
            width = summary.width(width) if member.shapes is None or member.summary is not None else 0
            width += 0 if member.shapes is None else member.shapes.width
        largest = _LARGEST_OF_KNOWN_SCALE if classifies else _LARGEST
        _check_readout(readout, (width, outputs), largest, classifies=classifies)
    _check_stream(model, model.n_features_in_, outputs)


def _check_forecaster(model: ReservoirForecaster) -> None:
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
    if not (whole(1, MOST_STEPS)(plan.horizon) and whole(1, MOST_STEPS)(model.horizon)):
        raise AuritaError(
            f"the model has the horizons {plan.horizon!r} and {model.horizon!r}; expected 1 to {MOST_STEPS}"
        )
    states = model.states_
    if len(states) != len(model.readouts_):
        raise AuritaError(f"the model has {len(states)} states and {len(model.readouts_)} members")
    for reservoir, readout, state in zip(model.reservoirs_, model.readouts_, states, strict=True):
        if reservoir.inputs != outputs + covariates:
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
        unknown = np.isnan(residuals)
        if (
            residuals.shape[2] != outputs
            or (residuals < 0).any()
            or np.isinf(residuals).any()
            or (unknown != unknown[..., :1]).any()
        ):
            raise AuritaError("residuals_ holds values that are no errors of held-out steps")
    for calendar in frame.calendars:
        _check_calendar(calendar)
    frames = getattr(model, "frames_", None)
    if frames is not None and not (frames in KINDS and model.several_ and None not in frame.calendars):
        raise AuritaError("the model says that its series came in a long frame of an unknown kind")
    for name in ("shifted_at_", "doubtful_"):
        if (steps := getattr(model, name, None)) is not None and (steps.shape != frame.mean.shape or (steps < 0).any()):
            raise AuritaError(f"{name} holds no step of each of {series} series with {outputs} outputs")
    if (known := getattr(model, "steps_", None)) is not None and (known.shape != (series,) or (known < 1).any()):
        raise AuritaError(f"steps_ holds no numbers of steps of {series} series")
    _check_places(model, series)
    if (committee := getattr(model, "committee_", None)) is not None:
        check_committee(committee, series, outputs)
        if residuals is not None and len(committee.shares(len(residuals))) != len(residuals):
            raise AuritaError("the committee counts other held-out origins than residuals_ holds errors of")
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


def _check_places(model: ReservoirForecaster, series: int) -> None:
    """Whether the series that there are, and those left out, are all that were given."""
    keys, out = getattr(model, "keys_", [None] * series), model.left_out_
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
