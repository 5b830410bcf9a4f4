"""What a fitted forecaster does: forecast, follow what comes next, and start afresh on other series."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from aurita._typing import Float, Int
from aurita._words import counted
from aurita.data.alignment import ahead, places_of
from aurita.data.channels import Channels
from aurita.data.long_frames import kind_of, opened
from aurita.data.series import KeyedSeries, as_series
from aurita.errors import AuritaError
from aurita.estimators._constructors import ForecasterParameters
from aurita.estimators._intervals import checked_level, conformal_widths, mixed_bounds, student_widths
from aurita.estimators._plausible import check_first, check_sound
from aurita.estimators.carrying import end_of, joined, selected, walk
from aurita.estimators.forecast import Forecast
from aurita.estimators.forecasting import Plan, predictions, readout_weights, state_after
from aurita.estimators.levels import Levels, at_last_level, candidates, followed_levels
from aurita.estimators.online import StreamState
from aurita.estimators.planning import checked_horizon
from aurita.estimators.preprocessing import Frame
from aurita.experts import Committee
from aurita.readout import Readout
from aurita.reservoir import Reservoir, State


class PredictsSeries(ForecasterParameters, BaseEstimator):
    """`predict`, `predict_one_step`, `update` and `restart` of a forecaster."""

    seasons_: tuple[int, ...]
    shifted_at_: Int[np.ndarray, "series output"]
    doubtful_: Int[np.ndarray, "series output"]
    steps_: Int[np.ndarray, "series"]
    committee_: Committee | None
    reservoirs_: list[Reservoir]
    alphas_: list[float | None]
    readouts_: list[Readout]
    states_: list[State]
    channels_: Channels
    frame_: Frame
    plan_: Plan
    residuals_: Float[np.ndarray, "origin time output"]
    several_: bool
    frames_: str | None = None
    keys_: list[str | int | float | bool | None]
    left_out_: Sequence[int] = ()
    online_: StreamState

    def predict(self, horizon: int | None = None, X: object = None, *, intervals: float | None = 0.9) -> Any:
        """Forecast the steps after those of `fit` and `update`.

        Args:
            horizon: how many; that of the forecaster by default.
            X: `(horizon, C)` covariates of these steps, or a list of such for several series.
            intervals: share of the truth that the intervals are to cover at each step, in the long run and as far as
                the future errs like the held-out past; None: no intervals.

        Returns:
            A `Forecast`; a list of them for several series.

        Raises:
            AuritaError: not fitted, covariates that are missing or do not fit, a horizon beyond what `direct` has,
                a model that predicts NaN, infinity or absurdly large values.
        """
        check_is_fitted(self, "readouts_")
        steps, level = self._steps(horizon), checked_level(intervals)
        mean, reservoir = self._means(steps, np.stack(self._covariates_ahead(X, steps)))
        low, high = (None, None) if level is None else self._bounds(level, mean, reservoir)
        check_sound([mean, low, high])
        found = [
            self._forecast(i, one, None if low is None or high is None else (low[i], high[i]), level)
            for i, one in enumerate(mean)
        ]
        return self._in_place(found)

    def predict_one_step(self, y: object, X: object = None) -> Any:
        """Predict each step of what came next from all that came before it, and leave the model at its step.

        Args:
            y: what came after the steps of `fit` and `update`, as there.
            X: covariates of these steps.

        Returns:
            Predictions of the shape of `y`, the first made from what the model had received already; a list for several
            series.

        Raises:
            AuritaError: not fitted, or values that do not fit.
        """
        found, plan = [], self._fitted_plan()
        for number, (one, rows) in enumerate(self._next_rows(y, X)):
            predicted = []
            for reservoir, readout, state in self._members():
                weights, intercept = readout_weights(readout.coef_, readout.intercept_, plan)
                pieces = walk(reservoir, selected(state, [number]), rows[None], plan.features)
                seen = np.concatenate([piece.features[0] for piece in pieces])
                # A direct readout sees covariates of later steps too; they are not known here, and average.
                predicted.append(seen @ weights[: seen.shape[1], : plan.outputs] + intercept[: plan.outputs])
            mean = np.clip(np.mean(predicted, axis=0), -plan.bound, plan.bound)
            values = self.frame_.one_step(number, mean, one.values)
            if (committee := getattr(self, "committee_", None)) is not None:
                values = committee.one_step(number, one.values, values)
            values = plan.limits.kept(values)
            check_sound([values])
            found.append(values[:, 0] if self.channels_.flat else values)
        return self._in_place(found)

    def score(self, y: object, X: object = None) -> float:
        """How well the steps after those of `fit` and `update` are forecast: minus their mean absolute scaled error.

        All of `y` is forecast at once from the step that the model has reached, not taken in. The error is relative to
        that of the naive forecast within the series of the fit (the value a season ago, or a step ago without a
        season): 0 is perfect, and -1 as good as naive. So `cross_val_score(model, y, cv=TimeSeriesSplit())` works;
        covariates are its second argument.

        Args:
            y: what came after the steps of `fit` and `update`, as there.
            X: covariates of these steps.

        Returns:
            The mean over steps, channels and series.

        Raises:
            AuritaError: not fitted, values that do not fit or follow, more steps than `direct` has.

        Source: Hyndman and Koehler 2006, "Another look at measures of forecast accuracy".

        Example:
            >>> from aurita import ReservoirForecaster
            >>> wave = np.sin(np.arange(260) / 5)
            >>> ReservoirForecaster(units=8).fit(wave[:250]).score(wave[250:]) > -0.5
            True
        """
        upcoming, frame = self._next(y, X), self.frame_
        lengths = {len(one.values) for one, _ in upcoming}
        if len(lengths) > 1:
            raise AuritaError(f"the series of y have {sorted(lengths)} steps; expected as many in each to score them")
        found, _ = self._means(lengths.pop(), np.stack([known for _, known in upcoming]))
        unit = frame.spread if frame.naive is None else frame.naive
        truth = np.stack([one.values for one, _ in upcoming])
        return -float(np.mean(np.abs(found - truth) / unit[:, None]))

    def update(self, y: object, X: object = None) -> Self:
        """Take in what came next and move to its end; nothing is fitted anew.

        Without covariates, what the next records tell of the last level (`shifted_at_`, `doubtful_`) is taken in too.

        Args:
            y: what came after the steps of `fit` and `update`, as there.
            X: covariates of these steps.

        Raises:
            AuritaError: not fitted, or values that do not fit.
        """
        upcoming, frame, committee = self._next(y, X), self.frame_, getattr(self, "committee_", None)
        ends, afresh, levels = [one for one, _ in upcoming], [False] * len(upcoming), None
        whole = [replace(one, values=np.concatenate([frame.tails[i], one.values])) for i, one in enumerate(ends)]
        if committee is not None and not upcoming[0][1].shape[1]:
            whole, levels = followed_levels(self, committee, ends, self._levels())
            pairs = zip(whole, ends, committee.histories, strict=True)
            # Of a past that is another now the reservoirs see the whole.
            afresh = [not np.array_equal(one.values[: -len(end.values)], was) for one, end, was in pairs]
        rows = [
            frame.prepared(i, whole[i].values, np.zeros((len(whole[i].values), 0)), 0).rows
            if afresh[i]
            else frame.continued(i, whole[i].values[-len(one.values) :], known)
            for i, (one, known) in enumerate(upcoming)
        ]
        self.states_ = [
            joined(
                reservoir,
                [
                    state_after(reservoir, reservoir.initial_state(1) if new else selected(state, [i]), row, self.plan_)
                    for i, (row, new) in enumerate(zip(rows, afresh, strict=True))
                ],
            )
            for reservoir, _, state in self._members()
        ]
        self.frame_ = frame.ended(whole, frame.later(ends))
        if committee is not None and levels is not None:
            self._at_levels(levels)
            self.committee_ = levels.in_histories(committee.renewed([one.values for one in whole]))
        elif committee is not None:
            self.committee_ = committee.followed([one.values for one in ends])
        if levels is None and hasattr(self, "steps_"):
            self.steps_ = self.steps_ + [len(one.values) for one in ends]
        return self

    def restart(self, y: object, X: object = None, *, rescale: bool = False) -> Self:
        """Forget the series so far, take in `y` from a fresh start and move to its end; nothing is fitted anew.

        Args:
            y: one series or several, as in `fit`; not necessarily as many.
            X: covariates of the same steps.
            rescale: standardise by these series, not by those of the fit.

        Raises:
            AuritaError: not fitted, or values that do not fit; another number of series than the several of the fit,
                without `rescale`.
        """
        check_is_fitted(self, "readouts_")
        frames = kind_of(y)
        y, X = opened(y, X)
        calendars = [calendar for calendar in self.frame_.calendars if calendar is not None]
        given, several = as_series(y, "y", like=calendars[0] if calendars else None)
        self.channels_.check(given)
        self.plan_.limits.check(given)
        given, covariates = self.channels_.known(X, given)
        committee = getattr(self, "committee_", None)
        levels = Levels.of(given)
        if committee is not None:
            given, levels = at_last_level(self, given, covariates, committee.seasons)
        lengths = [len(one.values) for one in given]
        if min(lengths) <= len(self.frame_.taken):
            raise AuritaError(
                f"y has {counted(min(lengths), 'step')}; expected at least {len(self.frame_.taken) + 1} to start from"
            )
        if rescale:
            season = max(getattr(self, "seasons_", ()), default=None)
            frame = Frame.around(given, covariates, lengths, self.frame_.taken, scale=self.scale_inputs, season=season)
        elif len(self.frame_.mean) in (1, len(given)):
            frame = self.frame_.rescoped(len(given)).ended(given)
        else:
            raise AuritaError(
                f"y holds {len(given)} series and the model has {len(self.frame_.mean)}, each with a scale of "
                "its own; pass rescale=True"
            )
        rows = [frame.prepared(i, one.values, covariates[i], 0).rows for i, one in enumerate(given)]
        self.states_ = [
            joined(reservoir, [state_after(reservoir, reservoir.initial_state(1), row, self.plan_) for row in rows])
            for reservoir in self.reservoirs_
        ]
        self.several_, self.frame_, self.frames_ = several, frame, frames
        self._at_levels(levels)
        self.keys_, self.left_out_ = [one.key for one in given], []
        if committee is not None:
            self.committee_ = levels.in_histories(committee.restarted([one.values for one in given], rescale=rescale))
        return self

    def _bounds(
        self, level: float, mean: Float[np.ndarray, "series time output"], reservoir: np.ndarray
    ) -> tuple[Float[np.ndarray, "series time output"], Float[np.ndarray, "series time output"]]:
        """Bounds of intervals for each series, as it was given; where its last level is a guess, about both."""
        width, committee = self._widths(level, mean.shape[1]), getattr(self, "committee_", None)
        low, high = mean - width, mean + width
        if committee is not None and committee.given is not None:
            rows, centres, shares, known = candidates(committee, self._levels(), mean, reservoir)
            if len(rows):

                def widths(share: float) -> Sequence[np.ndarray]:
                    # A level that few records tell is known as well as these are.
                    usual = self._widths(share, mean.shape[1])[rows]
                    return usual, np.sqrt(usual**2 + usual[:, :1] ** 2 / known[:, None])

                found, guessed = mixed_bounds(centres, shares, widths, level), (shares > 0)[:, None]
                low[rows] = np.where(guessed, np.minimum(found[0], mean[rows]), low[rows])
                high[rows] = np.where(guessed, np.maximum(found[1], mean[rows]), high[rows])
        return low, high

    def _widths(self, level: float, steps: int) -> Float[np.ndarray, "series time output"]:
        """Half widths of intervals for each series, as it was given."""
        committee = getattr(self, "committee_", None)
        if committee is None:
            return self.frame_.spread[:, None] * conformal_widths(self.residuals_, level, steps)
        shares = committee.shares(len(self.residuals_))
        widths = student_widths(self.residuals_, level, steps, committee.independent(steps), shares)
        scaled: Float[np.ndarray, "series time output"] = committee.scale[:, None] * widths
        return scaled

    def _levels(self) -> Levels:
        """What is known of the levels of the series; files of older versions do not say all of it."""
        committee = getattr(self, "committee_", None)
        histories = [] if committee is None else committee.histories
        steps = getattr(self, "steps_", np.array([len(one) for one in histories], int))
        none = np.zeros((len(histories), self.channels_.outputs), int)
        first, doubtful = getattr(self, "shifted_at_", none), getattr(self, "doubtful_", none)
        given = None if committee is None else committee.given
        return Levels(steps, first, doubtful, [None] * len(histories) if given is None else given)

    def _at_levels(self, levels: Levels) -> None:
        """Hold what is known of the levels of the series."""
        self.steps_, self.shifted_at_, self.doubtful_ = levels.steps, levels.first, levels.doubtful

    def _means(
        self, steps: int, future: Float[np.ndarray, "series time covariate"]
    ) -> tuple[Float[np.ndarray, "series time output"], Float[np.ndarray, "series time output"]]:
        """Forecasts of the next steps, with the covariates of these steps as they were given; those of reservoirs."""
        steps, plan, frame = self._steps(steps), self.plan_, self.frame_
        count = len(frame.last)
        future = (future - frame.x_mean[:, None]) / frame.x_deviation[:, None]
        if plan.direct:
            missing = np.zeros((count, plan.horizon - steps, future.shape[2]))
            future = np.concatenate([future, missing], axis=1)
        row = np.concatenate([frame.last, future[:, 0]], axis=1)[:, None]
        predicted, loop = [], frame.loop(plan.limits, frame.tails, range(count))
        for reservoir, readout, state in self._members():
            (piece,) = walk(reservoir, state, row, plan.features)
            weights = readout_weights(readout.coef_, readout.intercept_, plan)
            check_first(piece.features[:, -1], weights, plan.bound)
            predicted.append(predictions(reservoir, end_of(piece), weights, future, plan, loop)[:, :steps])
        own = found = frame.restored(np.mean(predicted, axis=0), frame.tails, range(count))
        if (committee := getattr(self, "committee_", None)) is not None:
            found = committee.forecasts(own)
        return plan.limits.kept(found), own

    def _members(self) -> list[tuple[Reservoir, Readout, State]]:
        return list(zip(self.reservoirs_, self.readouts_, self.states_, strict=True))

    def _steps(self, horizon: int | None) -> int:
        steps = checked_horizon(self.horizon if horizon is None else horizon)
        if self.plan_.direct and steps > self.plan_.horizon:
            raise AuritaError(
                f"{counted(steps, 'step is', 'steps are')} asked for, and strategy='direct' was fitted for "
                f"{self.plan_.horizon}; fit with horizon={steps}, or use strategy='recursive'"
            )
        return steps

    def _fitted_plan(self) -> Plan:
        check_is_fitted(self, "readouts_")
        return self.plan_

    def _next(self, y: object, X: object) -> list[tuple[KeyedSeries, Float[np.ndarray, "time covariate"]]]:
        """Series that go on where the model is, with their covariates."""
        check_is_fitted(self, "readouts_")
        y, X = opened(y, X)
        given, _ = as_series(y, "y", regular=False)
        self.channels_.check(given)
        given, covariates = self.channels_.known(X, given, counted=True)
        self.plan_.limits.check(given)
        which = places_of(given, self._keys(), self.left_out_, "y")
        self.frame_.check_next([given[place] for place in which])
        return [(given[place], covariates[place]) for place in which]

    def _next_rows(self, y: object, X: object) -> list[tuple[KeyedSeries, Float[np.ndarray, "row input"]]]:
        """Series that go on where the model is, and what the reservoir receives before each of their steps."""
        return [(one, self.frame_.continued(i, one.values, x)) for i, (one, x) in enumerate(self._next(y, X))]

    def _covariates_ahead(self, X: object, steps: int) -> list[Float[np.ndarray, "time covariate"]]:
        """Covariates of the next steps of each series, of no channels where there are none."""
        calendars, tables = self.frame_.calendars, self.channels_.tables(opened(None, X)[1])
        if tables is None:
            return [np.zeros((steps, 0)) for _ in calendars]
        which = places_of(tables, self._keys(), self.left_out_, "X")
        return [ahead(tables[place], calendar, steps) for place, calendar in zip(which, calendars, strict=True)]

    def _keys(self) -> list[str | int | float | None]:
        """What tells the series apart that the model was given; files of older versions do not say it."""
        return getattr(self, "keys_", [None] * len(self.frame_.last))

    def _in_place(self, found: list[Any]) -> Any:
        """What there is of each series, None of those left out; the only one where one series was given."""
        if not self.several_:
            return found[0]
        rest = iter(found)
        return [None if place in self.left_out_ else next(rest) for place in range(len(self._keys()))]

    def _forecast(
        self, number: int, mean: np.ndarray, bounds: tuple[np.ndarray, np.ndarray] | None, level: float | None
    ) -> Forecast:
        calendar = self.frame_.calendars[number]
        kept, committee = self.plan_.limits.kept, getattr(self, "committee_", None)
        lower, upper = (None, None) if bounds is None else (kept(bounds[0]), kept(bounds[1]))
        if committee is not None and lower is not None and upper is not None:
            within = committee.lower[number], committee.upper[number]
            lower, upper = np.clip(lower, *within), np.clip(upper, *within)
        index = None if calendar is None else calendar.after(len(mean))
        flat = self.channels_.flat
        shown = [part if part is None or not flat else part[:, 0] for part in (lower, upper)]
        keys = [key for place, key in enumerate(self._keys()) if place not in self.left_out_]
        columns, name = self.channels_.columns, keys[number]
        return Forecast(mean[:, 0] if flat else mean, shown[0], shown[1], level, index, columns, name)
