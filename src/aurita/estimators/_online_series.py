"""A forecaster that learns from a stream."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aurita._typing import Float
from aurita.data.calendar import Calendar, calendar_of
from aurita.data.channels import Channels
from aurita.data.differences import difference_filter
from aurita.data.series import KeyedSeries, as_series
from aurita.data.stamps import grown, stamped
from aurita.errors import AuritaError
from aurita.estimators._limits import limits_of
from aurita.estimators._parameters import check_parameters
from aurita.estimators.building import checked_learning, drawn_for_series, seeds
from aurita.estimators.committees import named_seasons, refuse_streams
from aurita.estimators.online import EnsembleStream, StreamState, all_follow, online_settings, started
from aurita.estimators.planning import filters_of, plan_of
from aurita.estimators.preprocessing import Frame

if TYPE_CHECKING:
    from aurita.estimators.forecaster import ReservoirForecaster

# Units of the default society remember a few steps; a stream is longer than any memory.
_ENDLESS = 1 << 20


def follow_series(model: "ReservoirForecaster", y: object, X: object) -> None:
    """`partial_fit` of a forecaster.

    Raises:
        AuritaError: as `partial_fit`.
    """
    _check(model)
    refuse_streams(model)
    given, several = as_series(y, "y", regular=False)
    if several:
        raise AuritaError(
            f"y holds {len(given)} series, and partial_fit follows one stream; pass one series, with a forecaster for "
            "each, or call fit on all of them"
        )
    series = given[0]
    limits_of(model).check(given)
    if not hasattr(model, "readouts_"):
        _open(model, series, X)
        return
    if not model.readouts_[0].follows:
        _go_on(model)
    _next(model, series, X)


def _check(model: "ReservoirForecaster") -> None:
    """Complain about settings that a stream does not have."""
    check_parameters(model)
    filters_of(model)
    if model.strategy == "direct":
        raise AuritaError(
            "strategy is 'direct', whose targets lie a horizon ahead, and partial_fit learns each step as it comes; "
            "use strategy='recursive', or fit"
        )
    if model.noise:
        raise AuritaError(f"noise is {model.noise}, and partial_fit receives the stream as it is; use noise=0, or fit")


def _stream(model: "ReservoirForecaster") -> EnsembleStream:
    """The stream that a model learns from."""
    plan, readouts = model.plan_, model.readouts_
    assert all_follow(readouts)
    return EnsembleStream(
        model.online_,
        list(model.reservoirs_),
        readouts,
        [plan.features] * len(model.reservoirs_),
        online_settings(model.online),
        checked_learning(model.learning),
        plan.washout,
        plan.increments,
    )


def _open(model: "ReservoirForecaster", series: KeyedSeries, X: object) -> None:
    """Wait for the first chunk; with it, draw the reservoir and set the scale."""
    opened = getattr(model, "online_", None)
    if opened is None:
        channels = Channels.of(series, X)
    else:
        channels = model.channels_
        channels.check([series])
    (series,), (known,) = channels.known(X, [series], counted=True)
    index = grown(getattr(model, "opening_", None), opened is None, series)
    calendar = None if index is None else calendar_of(index, "y")
    model.channels_ = channels
    outputs = series.values.shape[1]
    if opened is None:
        opened = StreamState.opening(outputs + known.shape[1], outputs)
    rows = np.hstack([series.values, known])
    opened = opened.joined(rows, np.zeros((len(rows), outputs)))
    online, learning = online_settings(model.online), checked_learning(model.learning)
    difference = 0 if model.difference == "auto" else model.difference
    season = max(named_seasons(model.season), default=None)
    taken = difference_filter(difference, season)
    first = online.chunk + len(taken)
    if len(opened.rows) < first:
        model.online_, model.opening_ = opened, None if index is None else stamped(index)
        return
    values, x = opened.rows[:, :outputs], opened.rows[:, outputs:]
    head = replace(series, values=values[:first])
    frame = Frame.around([head], [x[:first]], [online.chunk + 1], taken, scale=model.scale_inputs, season=season)
    prepared = frame.prepared(0, values[:first], x[:first], online.chunk + 1)
    inputs = prepared.rows.shape[1]
    numbers = seeds(model.random_state, model.ensemble)
    model.seed_ = numbers[0]
    reservoirs = [
        drawn_for_series(model, learning, inputs=inputs, outputs=outputs, longest=_ENDLESS, seed=number)
        for number in numbers
    ]
    plan = plan_of(model, [prepared])
    model.several_, model.frame_, model.plan_ = False, frame, plan
    model.keys_, model.left_out_, model.opening_ = [None], [], None
    model.reservoirs_, model.histories_ = reservoirs, [None] * len(reservoirs)
    model.readouts_ = [online.readout(model.alphas) for _ in reservoirs]
    state = StreamState.opening(inputs, outputs)
    learners = started(reservoirs, learning)
    state = replace(state, learners=learners, scale=_as_it_is(outputs), last=frame.last[0])
    model.online_ = state.joined(prepared.rows, prepared.y[1:])
    model.states_ = [learner.state for learner in learners if learner is not None]
    _take(model, replace(series, values=values[first:]), x[first:], calendar)


def _go_on(model: "ReservoirForecaster") -> None:
    """From a forecaster that was fitted: its readouts become what the new ones are drawn to."""
    if len(model.frame_.last) != 1:
        raise AuritaError(
            f"the model was fitted on {len(model.frame_.last)} series, and partial_fit follows one stream; fit one "
            "forecaster for each, or go on with update"
        )
    online, learning = online_settings(model.online), checked_learning(model.learning)
    model.readouts_ = [online.readout(model.alphas, readout) for readout in model.readouts_]
    model.plan_ = replace(model.plan_, washout=0)
    outputs, inputs = model.plan_.outputs, model.reservoirs_[0].inputs
    model.online_ = replace(
        StreamState.opening(inputs, outputs),
        learners=started(model.reservoirs_, learning, model.states_),
        scale=_as_it_is(outputs),
        last=model.frame_.last[0],
    )


def _next(model: "ReservoirForecaster", series: KeyedSeries, X: object) -> None:
    model.channels_.check([series])
    (series,), (known,) = model.channels_.known(X, [series], counted=True)
    model.frame_.check_next([series])
    (calendar,) = model.frame_.later([series])
    state = model.online_
    followed = [learner for learner in state.learners if learner is not None]
    steps = [int(learner.state.steps[0]) + len(state.rows) for learner in followed]
    moved = steps != [int(one.steps[0]) for one in model.states_]
    if moved or not np.array_equal(state.last, model.frame_.last[0]):
        # `update` or `restart` in between: the past that was kept is no longer the past.
        fresh = started(model.reservoirs_, checked_learning(model.learning), model.states_)
        learners = [
            None if new is None else replace(new, optimiser=old.optimiser, steps=old.steps)
            for new, old in zip(fresh, followed, strict=True)
        ]
        empty = StreamState.opening(state.rows.shape[1], state.targets.shape[1])
        model.online_ = replace(state, learners=learners, rows=empty.rows, targets=empty.targets)
    _take(model, series, known, calendar)


def _take(
    model: "ReservoirForecaster",
    series: KeyedSeries,
    known: Float[np.ndarray, "time covariate"],
    calendar: Calendar | None,
) -> None:
    """Rows of the next steps, their chunks learnt, and everything that predictions start from."""
    frame, state, plan = model.frame_, model.online_, model.plan_
    values, new, wanted = series.values, state.rows[:0], state.targets[:0]
    if len(values) == 0:
        frame = model.frame_ = replace(frame, calendars=[calendar])
    else:
        new = frame.continued(0, values, known)
        whole = np.concatenate([frame.tails[0], values])
        moved = frame.ended([replace(series, values=whole)], [calendar])
        wanted = np.concatenate([new[1:, : plan.outputs], moved.last])
        model.frame_ = frame = moved
    largest = max(float(np.abs(part).max(initial=1.0)) for part in (state.targets, wanted))
    model.plan_ = replace(plan, bound=max(plan.bound, 5 * largest))
    stream = _stream(model)
    stream.learn(new, wanted)
    state, model.states_ = stream.state, stream.states()
    model.reservoirs_ = [one for one in stream.reservoirs if one is not None]
    model.online_ = replace(state, last=frame.last[0])
    model.alphas_ = [readout.alpha_ for readout in stream.readouts]
    if len(state.errors):
        scale = frame.deviation[0] / frame.spread[0]
        model.residuals_ = np.abs(state.errors * scale)[:, None]


def _as_it_is(outputs: int) -> Float[np.ndarray, "two output"]:
    """Series are broadcast to the units as the reservoir receives them."""
    return np.stack([np.zeros(outputs), np.ones(outputs)])
