"""Forecasts of time series: the readout says the next value, and hears it as the next input."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from aurita.errors import AuritaError
from aurita.estimators.base import Saveable
from aurita.estimators.carrying import joined, selected, walk
from aurita.estimators.channels import Channels
from aurita.estimators.differences import difference_filter
from aurita.estimators.fitting import Prospect, best_prospect, fit_member
from aurita.estimators.forecast import Forecast
from aurita.estimators.forecasting import (
    Plan,
    Prepared,
    behind,
    predictions,
    readout_weights,
)
from aurita.estimators.frame import Frame, head_of
from aurita.estimators.held_out import SELECTIONS, conformal_widths
from aurita.estimators.online import Online
from aurita.estimators.online_series import LearnsSeries
from aurita.estimators.series import Series, as_series
from aurita.estimators.society import checked_learning, seeds
from aurita.learning import History, Learning
from aurita.readout import RidgeReadout
from aurita.reservoir import Population, Reservoir, State
from aurita.units.unit import at_least, one_of

FEATURES = ("input", "output", "hidden")


class ReservoirForecaster(LearnsSeries, Saveable, BaseEstimator):
    """Forecast one series or many, of one channel or several, with covariates known in advance.

    At each step the reservoir hears the value of now and the covariates of the next step, and a ridge readout predicts
    the next value. Many steps ahead it is run closed on itself (`recursive`), or there is an output for every step
    ahead (`direct`). Nothing that a prediction sees lies behind the step that it is made at, covariates aside.

    Args:
        populations: of the reservoir, one or a list; None: the mixed society, units of many kinds that learn, of which
            those stay that help on held-out steps, or a plain reservoir of 40 units where that forecasts better.
        units: instead of the society, so many units of four outputs, half of them attention units, half echo neurons.
        horizon: steps ahead to forecast by default, to calibrate intervals for, and all that `direct` can do.
        strategy: `recursive` or `direct`.
        predicts: `values`, or `increments`: what is added to the last value, so that a strong penalty means
            persistence.
        difference: how often the series is differenced first, 0 to 2; `auto`: not at all or once, and by the season or
            not, whichever forecasts the held-out steps best (not at all where none are held out).
        season: steps of a season, by which the series is differenced first; None: it is not.
        learning: how the units learn before the readout is fitted: `Learning(...)`, the name of an objective for its
            defaults; `frozen`: they stay as drawn. None: the society learns by the target, others stay as drawn. They
            learn on the part that is not held out.
        features: kinds of features that the readout sees, of `aurita.running.FEATURES`; None: inputs, outputs and
            hidden activations.
        alphas: penalties to choose from; None: a grid.
        selection: of the penalty: `rollout` (forecasts over the horizon from held-out origins), `validation` (one step
            ahead on the held-out part) or `gcv`.
        noise: deviation of noise on the inputs while the readout is fitted, in deviations of the series; steadies long
            closed runs.
        washout: first steps of a series that are not fitted on; None: a tenth, at most 50.
        clock: periods in steps of a clock that the units hear, such as the season.
        calibration: share of every series held out to choose the penalty and to calibrate intervals; the readout is
            fitted once more on everything afterwards. 0: no intervals.
        scale_inputs: each series and covariate by its own mean and deviation over the part that is not held out.
        ensemble: number of reservoirs, of different seeds, whose forecasts are averaged.
        online: settings of `partial_fit`; None: `Online()`.
        random_state: the same whole number gives the same bytes on the same machine.

    Attributes:
        reservoirs_, histories_, readouts_, states_: of each member of the ensemble; the states are those of all series.
        alphas_: the penalty of each member.
        residuals_: `(origin, horizon, channel)`, absolute errors from held-out origins in deviations of their series,
            NaN where the truth is not known.

    Raises:
        AuritaError: parameters or data that cannot be worked with.

    Example:
        >>> wave = np.sin(np.arange(300) / 5)
        >>> model = ReservoirForecaster(units=8, horizon=20).fit(wave[:250])
        >>> forecast = model.predict(50)
        >>> float(np.abs(forecast.mean - wave[250:]).max()) < 0.1
        True

        An echo state network is the same estimator with echo units:

        >>> from aurita import EchoUnit, Population
        >>> group = Population(unit=EchoUnit(slots=50), units=1, passage="mixed", afferents="all", hears="inputs")
        >>> esn = ReservoirForecaster(group, horizon=20, features=("input", "output")).fit(wave[:250])
        >>> float(np.abs(esn.predict(20).mean - wave[250:270]).max()) < 0.1
        True
    """

    reservoirs_: list[Reservoir]
    histories_: list[History | None]
    readouts_: list[RidgeReadout]
    states_: list[State]

    def __init__(
        self,
        populations: Population | Iterable[Population] | None = None,
        *,
        units: int | None = None,
        horizon: int = 10,
        strategy: str = "recursive",
        predicts: str = "values",
        difference: int | str = "auto",
        season: int | None = None,
        learning: Learning | str | None = None,
        features: Sequence[str] | None = None,
        alphas: Sequence[float] | None = None,
        selection: str = "rollout",
        noise: float = 0.0,
        washout: int | None = None,
        clock: Sequence[float] = (),
        calibration: float = 0.3,
        scale_inputs: bool = True,
        ensemble: int = 1,
        online: Online | None = None,
        random_state: Any = 0,
    ) -> None:
        self.populations = populations
        self.units = units
        self.horizon = horizon
        self.strategy = strategy
        self.predicts = predicts
        self.difference = difference
        self.season = season
        self.learning = learning
        self.features = features
        self.alphas = alphas
        self.selection = selection
        self.noise = noise
        self.washout = washout
        self.clock = clock
        self.calibration = calibration
        self.scale_inputs = scale_inputs
        self.ensemble = ensemble
        self.online = online
        self.random_state = random_state

    def fit(self, y: Any, X: Any = None) -> Self:
        """Fit on one series or several.

        Args:
            y: `(T,)` or `(T, E)` values, an array, pandas series or data frame; or a list of these.
            X: `(T, C)` covariates of the same steps, known in advance where forecasts are asked for.

        Raises:
            AuritaError: values or parameters that do not fit, or a series too short for them.
        """
        learning = checked_learning(self.learning)
        filters = self._checked_filters()
        given, self.several_ = as_series(y, "y")
        self.channels_ = Channels.of(given[0], X)
        covariates = self.channels_.known(X, [len(one.values) for one in given])
        numbers = seeds(self.random_state, self.ensemble)
        prospect = best_prospect(self, self._prospects(given, covariates, filters), numbers[0])
        self.frame_, self.plan_ = prospect.frame, prospect.plan
        members = [fit_member(self, prospect, learning, seed) for seed in numbers]
        self.reservoirs_ = [member.reservoir for member in members]
        self.histories_ = [member.history for member in members]
        self.readouts_ = [member.readout for member in members]
        self.states_ = [member.state for member in members]
        self.alphas_ = [member.alpha for member in members]
        self.residuals_ = np.abs(np.mean([member.errors for member in members], axis=0))
        return self

    def predict(self, horizon: int | None = None, X: Any = None, *, intervals: float | None = 0.9) -> Any:
        """Forecast the steps behind those of `fit` and `update`.

        Args:
            horizon: how many; that of the forecaster by default.
            X: `(horizon, C)` covariates of these steps, or a list of such for several series.
            intervals: share of the truth that the intervals are to cover at each step, in the long run and as far as
                the future errs like the held-out past; None: no intervals.

        Returns:
            A `Forecast`; a list of them for several series.

        Raises:
            AuritaError: not fitted, covariates that are missing or do not fit, a horizon beyond what `direct` has.
        """
        check_is_fitted(self, "readouts_")
        steps, plan, frame = self._steps(horizon), self.plan_, self.frame_
        count = len(frame.last)
        future = np.stack(self.channels_.known(X, [steps] * count))
        future = (future - frame.x_mean[:, None]) / frame.x_deviation[:, None]
        if plan.direct:
            missing = np.zeros((count, plan.horizon - steps, future.shape[2]))
            future = np.concatenate([future, missing], axis=1)
        row = np.concatenate([frame.last, future[:, 0]], axis=1)[:, None]
        said = []
        for reservoir, readout, state in self._members():
            (piece,) = walk(reservoir, state, row, plan.features)
            weights = readout_weights(readout.coef_, readout.intercept_, plan)
            said.append(predictions(reservoir, piece.stand, weights, future, plan)[:, :steps])
        mean = frame.restored(np.mean(said, axis=0), frame.tails, range(count))
        width = None
        if intervals is not None:
            width = frame.spread[:, None] * conformal_widths(self.residuals_, intervals, steps)
        found = [self._forecast(i, mean[i], None if width is None else width[i], intervals) for i in range(count)]
        return found if self.several_ else found[0]

    def predict_one_step(self, y: Any, X: Any = None) -> Any:
        """Predict each step of what came next from all that came before it, and stay where the model stands.

        Args:
            y: what came behind the steps of `fit` and `update`, as there.
            X: covariates of these steps.

        Returns:
            Predictions of the shape of `y`, the first made from what the model had heard already; a list for several
            series.

        Raises:
            AuritaError: not fitted, or values that do not fit.
        """
        found, plan = [], self._fitted_plan()
        for number, (one, rows) in enumerate(self._next_rows(y, X)):
            said = []
            for reservoir, readout, state in self._members():
                weights, intercept = readout_weights(readout.coef_, readout.intercept_, plan)
                pieces = walk(reservoir, selected(state, [number]), rows[None], plan.features)
                seen = np.concatenate([piece.features[0] for piece in pieces])
                # A direct readout sees covariates of later steps too; they are not known here, and average.
                said.append(seen @ weights[: seen.shape[1], : plan.outputs] + intercept[: plan.outputs])
            mean = np.clip(np.mean(said, axis=0), -plan.bound, plan.bound)
            values = self.frame_.one_step(number, mean, one.values)
            found.append(values[:, 0] if self.channels_.flat else values)
        return found if self.several_ else found[0]

    def update(self, y: Any, X: Any = None) -> Self:
        """Hear what came next, and stand behind it; nothing is fitted anew.

        Args:
            y: what came behind the steps of `fit` and `update`, as there.
            X: covariates of these steps.

        Raises:
            AuritaError: not fitted, or values that do not fit.
        """
        heard, frame = self._next_rows(y, X), self.frame_
        self.states_ = [
            joined(
                reservoir,
                [
                    behind(reservoir, selected(state, [number]), rows, self.plan_)
                    for number, (_, rows) in enumerate(heard)
                ],
            )
            for reservoir, _, state in self._members()
        ]
        whole = [replace(one, values=np.concatenate([frame.tails[i], one.values])) for i, (one, _) in enumerate(heard)]
        calendars = [
            one.calendar or (old and old.moved(len(one.values)))
            for (one, _), old in zip(heard, frame.calendars, strict=True)
        ]
        self.frame_ = frame.ended(whole, calendars)
        return self

    def restart(self, y: Any, X: Any = None, *, rescale: bool = False) -> Self:
        """Forget where the model stands, hear `y` from a fresh start, and stand behind it; nothing is fitted anew.

        Args:
            y: one series or several, as in `fit`; not necessarily as many.
            X: covariates of the same steps.
            rescale: standardise by these series, not by those of the fit.

        Raises:
            AuritaError: not fitted, or values that do not fit; another number of series than the several of the fit,
                without `rescale`.
        """
        check_is_fitted(self, "readouts_")
        given, several = as_series(y, "y")
        self.channels_.check(given)
        lengths = [len(one.values) for one in given]
        if min(lengths) <= len(self.frame_.taken):
            raise AuritaError(
                f"y has {min(lengths)} steps; expected at least {len(self.frame_.taken) + 1} to start from"
            )
        covariates = self.channels_.known(X, lengths)
        if rescale:
            frame = Frame.around(given, covariates, lengths, self.frame_.taken, scale=self.scale_inputs)
        elif len(self.frame_.mean) in (1, len(given)):
            frame = self.frame_.rescoped(len(given)).ended(given)
        else:
            raise AuritaError(
                f"y holds {len(given)} series and the model stands at {len(self.frame_.mean)}, each with a scale of "
                "its own; pass rescale=True"
            )
        rows = [frame.prepared(i, one.values, covariates[i], 0).rows for i, one in enumerate(given)]
        self.states_ = [
            joined(reservoir, [behind(reservoir, reservoir.initial_state(1), row, self.plan_) for row in rows])
            for reservoir in self.reservoirs_
        ]
        self.several_, self.frame_ = several, frame
        return self

    def _members(self) -> list[tuple[Reservoir, RidgeReadout, State]]:
        return list(zip(self.reservoirs_, self.readouts_, self.states_, strict=True))

    def _prospects(
        self, given: list[Series], covariates: Sequence[np.ndarray], filters: Sequence[np.ndarray]
    ) -> list[Prospect]:
        """The series with each of some differences taken."""
        found = []
        for taken in filters:
            heads = [head_of(len(o.values), len(taken) - 1, self.calibration, self.horizon) for o in given]
            frame = Frame.around(given, covariates, heads, taken, scale=self.scale_inputs)
            triples = enumerate(zip(given, covariates, heads, strict=True))
            panel = [frame.prepared(number, one.values, x, head) for number, (one, x, head) in triples]
            found.append(Prospect(given, frame, self._plan(panel), panel))
        return found

    def _checked_filters(self) -> list[np.ndarray]:
        one_of("strategy", self.strategy, ("recursive", "direct"))
        one_of("predicts", self.predicts, ("values", "increments"))
        one_of("selection", self.selection, SELECTIONS)
        at_least("noise", self.noise, 0)
        if not 0 <= self.calibration < 1:
            raise AuritaError(f"calibration is {self.calibration!r}; expected a share from 0 to below 1")
        self._whole(self.horizon)
        if self.difference != "auto":
            return [difference_filter(self.difference, self.season)]
        if self.calibration == 0:
            return [difference_filter(0, self.season)]
        seasons = [None] if self.season is None else [None, self.season]
        return [difference_filter(order, season) for season in seasons for order in (0, 1)]

    def _plan(self, panel: Sequence[Prepared]) -> Plan:
        shortest = min(series.head for series in panel)
        kinds = FEATURES if self.features is None else self.features
        kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        washout = min(50, shortest // 10) if self.washout is None else self.washout
        at_least("washout", washout, 0)
        increments = self.predicts == "increments"
        if increments and "input" not in kinds:
            raise AuritaError(
                f"predicts='increments' adds to the last value and features are {kinds}; expected 'input' among them"
            )
        largest = max(float(np.abs(series.y).max()) for series in panel)
        plan = Plan(
            outputs=self.channels_.outputs,
            horizon=int(self.horizon),
            direct=self.strategy == "direct",
            increments=increments,
            features=kinds,
            washout=int(washout),
            bound=5 * max(largest, 1.0),
        )
        rows = sum(max(series.head - plan.reach - plan.washout, 0) for series in panel)
        if rows < 2:
            raise AuritaError(
                f"the shortest series leaves {shortest} steps to fit on, {plan.washout} of them washout, and the "
                f"readout looks {plan.reach} steps ahead: {rows} rows; expected 2 or more: give longer series, or "
                "use a shorter washout, horizon or calibration"
            )
        return plan

    def _whole(self, steps: Any) -> int:
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
            raise AuritaError(f"horizon is {steps!r}; expected a whole number of steps, 1 or more")
        return int(steps)

    def _steps(self, horizon: int | None) -> int:
        steps = self._whole(self.horizon if horizon is None else horizon)
        if self.plan_.direct and steps > self.plan_.horizon:
            raise AuritaError(
                f"{steps} steps are asked for, and strategy='direct' was fitted for {self.plan_.horizon}; fit with "
                f"horizon={steps}, or use strategy='recursive'"
            )
        return steps

    def _fitted_plan(self) -> Plan:
        check_is_fitted(self, "readouts_")
        return self.plan_

    def _next_rows(self, y: Any, X: Any) -> list[tuple[Series, Float[np.ndarray, "row input"]]]:
        """Series that go on where the model stands, and what the reservoir hears before each of their steps."""
        check_is_fitted(self, "readouts_")
        given, _ = as_series(y, "y")
        self.channels_.check(given)
        self.frame_.check_next(given)
        covariates = self.channels_.known(X, [len(one.values) for one in given])
        return [(one, self.frame_.continued(i, one.values, covariates[i])) for i, one in enumerate(given)]

    def _forecast(self, number: int, mean: np.ndarray, width: np.ndarray | None, level: float | None) -> Forecast:
        calendar = self.frame_.calendars[number]
        lower, upper = (None, None) if width is None else (mean - width, mean + width)
        index = None if calendar is None else calendar.after(len(mean))
        flat = self.channels_.flat
        shown = [part if part is None or not flat else part[:, 0] for part in (lower, upper)]
        return Forecast(mean[:, 0] if flat else mean, shown[0], shown[1], level, index, self.channels_.columns)
