"""A fitted model as an export needs it: layers of units with their numbers, readouts, scales, where a series ends."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from aurita._typing import Float, Int
from aurita._words import counted
from aurita.engine.double import runs_in_double
from aurita.errors import AuritaError
from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from aurita.estimators.carrying import selected
from aurita.estimators.default_society import Member
from aurita.estimators.forecasting import readout_weights
from aurita.estimators.preprocessing import Frame
from aurita.experts import Committee
from aurita.experts.finding import LEAST
from aurita.experts.histories import most_kept
from aurita.readout import Summary, summary_named
from aurita.readout.summaries import Last, Mean, MeanDeviation
from aurita.reservoir import Reservoir, State
from aurita.reservoir.features import feature_kinds
from aurita.shapes import Shapes


@dataclass(frozen=True, eq=False)
class Layer:
    """One population.

    Attributes:
        unit: description of its units.
        units: how many.
        wiring: sources of each.
        passage, bias: from sources to slots; None where each slot receives one source.
        rates: of leaky slots; None where none leaks.
        weights: of the units; attention with its queries folded, echo units with dense weights.
        kinds: what the readout sees, and how many numbers a unit has of each, in order.
        outputs, leaky, memory, before: the state of the population at the start: outputs, leaky slots,
            its memory (the newest first), and for shifted keys its last inputs; echo units have their neurons in
            `memory`, memory units and traces their states, phase units both parts of their phases.
    """

    unit: Any
    units: int
    wiring: Int[np.ndarray, "afferent unit"]
    passage: Float[np.ndarray, "slot afferent unit"] | None
    bias: Float[np.ndarray, "slot unit"] | None
    rates: Float[np.ndarray, "slot unit"] | None
    weights: dict[str, Float[np.ndarray, "..."]]
    kinds: list[tuple[str, int]]
    outputs: Float[np.ndarray, "slot unit"]
    leaky: Float[np.ndarray, "slot unit"]
    memory: Float[np.ndarray, "..."]
    before: Float[np.ndarray, "slot unit"]

    @property
    def clips(self) -> bool:
        """Whether outputs are bounded."""
        return hasattr(self.unit, "clip")


@dataclass(frozen=True, eq=False)
class ExportedMember:
    """One reservoir and its readout.

    Attributes:
        inputs: external channels, without the clock.
        clock: periods in steps.
        layers: populations, in order.
        shows_inputs: whether the readout sees the inputs.
        coef, intercept: of the readout.
        summary: of the states of a sequence; None where there is an answer at every step.
        shapes: shape units that are read out instead of states.
    """

    inputs: int
    clock: tuple[float, ...]
    layers: list[Layer]
    shows_inputs: bool
    coef: Float[np.ndarray, "feature output"]
    intercept: Float[np.ndarray, "output"]
    summary: Summary | None = None
    shapes: Shapes | None = None

    @property
    def features(self) -> int:
        """Features of a step."""
        own = sum(layer.units * size for layer in self.layers for _, size in layer.kinds)
        return own + (self.inputs if self.shows_inputs else 0)

    @property
    def row(self) -> int:
        """What the readout sees at once."""
        return len(self.coef)


@dataclass(frozen=True, eq=False)
class Described:
    """A fitted model.

    Attributes:
        task: `classify`, `regress` or `forecast`.
        members: of the ensemble.
        real: number format of the units, float32 or float64.
        outputs: of the readout.
        mean, deviation: of the inputs.
        per_step: whether there is an answer at every step.
        washout: steps of a sequence that its summary does not see.
        logistic, spread: how scores become probabilities.
        classes: labels; None but for classifiers.
        taken: filter of differences; for forecasts, as are the next ones.
        tail: `(lag, output)` values before the last one of the series.
        last: `(output,)` the last value.
        bound, lower, upper: limits of predictions in deviations, and of forecasts.
        lived: steps that the reservoir has lived at the start.
        committee: experts that forecast beside the reservoirs, or None; then forecasts are of a whole `window` of
            values, and reservoirs start with it.
        window, horizon: steps that are received, and that are forecast.
        direct: whether the readout forecasts all of them at once, from features and later covariates.
    """

    task: str
    members: list[ExportedMember]
    real: type
    outputs: int
    mean: Float[np.ndarray, "input"]
    deviation: Float[np.ndarray, "input"]
    per_step: bool = True
    washout: int = 0
    logistic: bool = False
    spread: float = 1.0
    classes: np.ndarray | None = None
    taken: Float[np.ndarray, "lag"] | None = None
    tail: Float[np.ndarray, "lag output"] | None = None
    last: Float[np.ndarray, "output"] | None = None
    bound: float = np.inf
    lower: float | None = None
    upper: float | None = None
    lived: int = 0
    committee: Committee | None = None
    window: int = 0
    horizon: int = 0
    direct: bool = False

    @property
    def inputs(self) -> int:
        """Channels that come in at a step."""
        return len(self.mean)


def described(model: object, series: int = 0, window: int | None = None) -> Described:
    """What an export needs of a fitted model.

    Args:
        model: a classifier, regressor or forecaster.
        series: which of the series of a forecaster.
        window: steps that a forecaster with experts receives; None: as many as it keeps of the series.

    Raises:
        AuritaError: something else, a model that is not fitted, or one with parts that cannot be exported.
    """
    if not isinstance(model, ReservoirClassifier | ReservoirForecaster | ReservoirRegressor):
        raise AuritaError(
            f"a {type(model).__name__} cannot be exported; expected a fitted ReservoirClassifier, ReservoirRegressor "
            "or ReservoirForecaster"
        )
    check_is_fitted(model, "readouts_")
    if isinstance(model, ReservoirForecaster):
        return _forecaster(model, series, window)
    members = []
    given = [
        part
        for one, readout in zip(model._members(), model.readouts_, strict=True)
        for part in _voters(one, *readout.linear_weights())
    ]
    # What is read out is the mean over members, of which some are taken apart.
    share = len(given) / len(model.readouts_)
    for one, coefficients, intercept in given:
        weights = coefficients * share, intercept * share
        member = _member(one.reservoir, model.n_features_in_, model._kinds(one.reservoir), weights, None)
        summary = None if model.per_step_ else summary_named(one.summary or model.summary)
        members.append(replace(member, summary=summary, shapes=one.shapes))
    double = [one is not None and runs_in_double(one, model._kinds(one)) for one in model.reservoirs_]
    classifies = isinstance(model, ReservoirClassifier)
    logistic = classifies and model.readouts_[0].probabilities
    spread = 1.0
    if classifies and not logistic:
        spread = max(float(np.mean([np.mean(readout.error_) for readout in model.readouts_])), 1e-6)
    return Described(
        task="classify" if classifies else "regress",
        members=members,
        real=np.float64 if all(double) else np.float32,
        outputs=model.outputs_,
        mean=model.scale_mean_,
        deviation=model.scale_deviation_,
        per_step=model.per_step_,
        washout=0 if model.per_step_ else model.washout,
        logistic=logistic,
        spread=spread,
        classes=np.asarray(model.classes_) if isinstance(model, ReservoirClassifier) else None,
    )


def check_form(given: Described, form: str, forms: tuple[str, ...]) -> None:
    """Complain of a form that there is not, or that the model does not have."""
    if form not in forms:
        raise AuritaError(f"form is {form!r}; expected one of {', '.join(forms)}")
    if given.task == "forecast" and given.committee is None and form == "fixed":
        raise AuritaError("a forecaster without experts goes on step by step; expected form='step'")
    if given.committee is not None and form == "step":
        raise AuritaError(
            "the experts of the model forecast a whole window anew, and no step; expected form='fixed', or a model "
            "with experts=False"
        )


def keeps_steps(given: Described) -> bool:
    """Whether the answer for a sequence so far needs all of its steps: no sums of them are enough.

    Units that receive sequences standardised each by itself do, and states at evenly spaced times.
    """
    if given.per_step or given.task == "forecast":
        return False
    return not all(
        isinstance(one.summary, Last | Mean | MeanDeviation)
        if one.shapes is None
        else not any(view.startswith("own") for view in one.shapes.views)
        for one in given.members
    )


def _voters(
    one: Member, coefficients: np.ndarray, intercept: np.ndarray
) -> list[tuple[Member, np.ndarray, np.ndarray]]:
    """Shape units and the bare inputs that vote beside them as members of their own; any other member as it is."""
    if one.shapes is None or one.summary is None:
        return [(one, coefficients, intercept)]
    width = one.shapes.width
    return [
        (one._replace(summary=None), coefficients[:width], intercept),
        (one._replace(shapes=None), coefficients[width:], np.zeros_like(intercept)),
    ]


def _of_demand(committee: Committee, series: int) -> Committee:
    """The committee with the weights that it has for one series.

    Raises:
        AuritaError: outputs of which some are intermittent demand, and others not.
    """
    if committee.demand is None or committee.demand_weights is None or not committee.demand[series].any():
        return committee
    if not committee.demand[series].all():
        raise AuritaError(
            "some channels of the series are intermittent demand and others not, and each kind has weights of its own; "
            "fit one model for each channel to export them"
        )
    return replace(committee, weights=committee.demand_weights, demand=None, demand_weights=None)


def _forecaster(model: ReservoirForecaster, series: int, window: int | None) -> Described:
    plan, frame = model.plan_, model.frame_
    committee = getattr(model, "committee_", None)
    if not 0 <= series < len(frame.mean):
        raise AuritaError(f"series is {series}; expected a number from 0 to {len(frame.mean) - 1}")
    committee = None if committee is None else _of_demand(committee, series)
    steps = _window(committee, frame, series, window)
    members, lived = [], 0
    for reservoir, readout, state in zip(model.reservoirs_, model.readouts_, model.states_, strict=True):
        weights = readout_weights(*readout.linear_weights(), plan)
        own = selected(state, [series]) if committee is None else reservoir.initial_state(1)
        lived = int(np.asarray(own.steps)[0])
        if committee is None or committee.weights[-1]:
            members.append(_member(reservoir, reservoir.inputs, plan.features, weights, own))
    taken, lags = frame.taken, len(frame.taken) - 1
    known, difference = frame.tails[series], frame.last[series] * frame.deviation[series] + frame.mean[series]
    tail, last = np.zeros((lags, plan.outputs)), difference
    if lags:
        # The value before those that the frame keeps follows from the last difference.
        last = known[-1]
        rest = difference - sum(taken[lag] * known[-1 - lag] for lag in range(lags))
        tail = np.concatenate([rest[None] / taken[lags], known[:-1]])
    return Described(
        task="forecast",
        members=members,
        real=np.float32,
        outputs=plan.outputs,
        mean=np.concatenate([frame.mean[series], frame.x_mean[series]]),
        deviation=np.concatenate([frame.deviation[series], frame.x_deviation[series]]),
        taken=taken,
        tail=tail,
        last=last,
        bound=plan.bound,
        lower=plan.lower,
        upper=plan.upper,
        lived=lived,
        committee=committee,
        window=steps,
        horizon=plan.horizon if plan.direct else model.horizon,
        direct=plan.direct,
    )


def _window(committee: Committee | None, frame: Frame, series: int, window: int | None) -> int:
    """Steps that a forecaster with experts receives."""
    if committee is None:
        if window is not None:
            raise AuritaError(
                f"window is {window}, and the model forecasts step by step, without experts; leave window out"
            )
        return 0
    kept, least = len(committee.histories[series]), max(len(frame.taken) + 1, LEAST)
    steps = kept if window is None else window
    most = most_kept(committee.seasons, committee.names)
    if not least <= steps <= most:
        raise AuritaError(f"window is {counted(steps, 'step')}; expected {least} to {most}, of which experts make use")
    return steps


def _member(
    reservoir: Reservoir | None,
    channels: int,
    kinds: tuple[str, ...],
    weights: tuple[np.ndarray, np.ndarray],
    state: State | None,
) -> ExportedMember:
    coef, intercept = weights
    if reservoir is None:
        return ExportedMember(channels, (), [], True, coef, intercept)
    if reservoir.feedback:
        raise AuritaError("the reservoir receives feedback, which cannot be exported; build it with feedback=0")
    start = reservoir.initial_state(1) if state is None else state
    seen = feature_kinds(reservoir, kinds)
    layers = [_layer(reservoir, number, seen[number], start) for number in range(len(reservoir.populations))]
    return ExportedMember(reservoir.inputs, reservoir.clock, layers, "input" in kinds, coef, intercept)


def _layer(reservoir: Reservoir, number: int, kinds: list[tuple[str, int]], state: State) -> Layer:
    population, weights = reservoir.populations[number], reservoir.weights[number]
    unit = population.unit
    own = {name: np.asarray(array) for name, array in weights.unit.items()}
    passage = {name: np.asarray(array) for name, array in weights.passage.items()}
    found = unit.exported(own, state.units[number], int(state.time))
    leaky = state.leaky[number]
    return Layer(
        unit=unit,
        units=population.units,
        wiring=np.asarray(reservoir.wiring[number]),
        passage=passage.get("matrix"),
        bias=passage.get("bias"),
        rates=None if weights.rates is None else np.asarray(weights.rates),
        weights=found.weights,
        kinds=kinds,
        outputs=np.asarray(state.outputs[number])[..., 0],
        leaky=np.zeros(0, np.float32) if leaky is None else np.asarray(leaky)[..., 0],
        memory=found.memory,
        before=found.before,
    )
