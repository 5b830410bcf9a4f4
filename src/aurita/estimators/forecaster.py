"""Forecasts of time series: the readout predicts the next value, which is the next input."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from aurita.blas import one_thread
from aurita.data.channels import Channels
from aurita.data.long_frames import kind_of, opened
from aurita.data.series import as_series
from aurita.estimators._fitting import fit_members
from aurita.estimators._limits import limits_of
from aurita.estimators._online_series import follow_series
from aurita.estimators._parameters import check_parameters
from aurita.estimators._predicting import PredictsSeries
from aurita.estimators._saveable import Saveable
from aurita.estimators.building import checked_learning, seeds
from aurita.estimators.committees import (
    committee_of,
    flow_of,
    has_years,
    joined_by_experts,
    named_seasons,
    seasons_of,
    settings_for,
)
from aurita.estimators.levels import Levels, at_last_level, warn_of_levels
from aurita.estimators.long_forecasts import long_forecast
from aurita.estimators.planning import candidates_of, filters_of, long_enough, warn_of_short
from aurita.estimators.series_in_pieces import SeriesForecasts, check_series, drawn_series, forecasts, read_out_all
from aurita.io.dataset import SequenceDataset
from aurita.learning import History
from aurita.progress import reports


class ReservoirForecaster(Saveable, PredictsSeries):
    """Forecast one series or many, of one channel or several, with covariates known in advance.

    By default a committee forecasts: methods that are known to work (seasonal naive, Theta, exponential smoothing,
    autoregression and others, of the series and of its logarithms), one readout of random units that receive windows of
    all series, and the reservoirs. Forecasts from held-out origins weigh them.

    At each step a reservoir receives the value of now and the covariates of the next step, and a ridge readout predicts
    the next value. Many steps ahead it is run closed on itself (`recursive`), or there is an output for every step
    ahead (`direct`). A prediction uses no value from after the step at which it is made, covariates aside.

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
        season: steps of a season, or of several such as (24, 168); reservoirs receive the series differenced by it.
            None: found by the experts, from the dates and the autocorrelation; without experts, no season.
        learning: how the units learn before the readout is fitted: `Learning(...)`, the name of an objective for its
            defaults; `frozen`: they stay as drawn; `default`: the society learns by the target, others stay as drawn.
            They learn on the part that is not held out.
        features: kinds of features that the readout sees, of `aurita.reservoir.FEATURES`; None: inputs, outputs and
            hidden activations.
        readout: None for `ridge`, or another `Readout` that is fitted on moments: its class, or `module:Name`.
        alphas: penalties to choose from; None: a grid.
        selection: of the penalty: `rollout` (errors of forecasts over the horizon from held-out origins), `valid_time`
            (steps that these stay valid, for chaotic series and a long horizon), `validation` (one step ahead on the
            held-out part) or `gcv`.
        noise: deviation of noise on the inputs while the readout is fitted, in deviations of the series; steadies long
            closed runs.
        washout: first steps of a series that are not fitted on; None: a tenth, at most 50.
        clock: periods in steps of a clock that the units receive, such as the season.
        calibration: share of every series held out to choose the penalty and to calibrate intervals, in two blocks:
            errors in each are those of what the other has chosen. The readout is fitted once more on everything
            afterwards. 0: no intervals.
        scale_inputs: each series and covariate by its own mean and deviation over the part that is not held out.
        lower, upper: limits of the series, such as `lower=0` for sales: forecasts, their intervals and what they feed
            back stay within. A series that does not is refused. Where both are None, experts find them: a series of
            ten values or more, none of them below zero, is not forecast below zero; if none is above one, nor above.
        experts: whether the committee forecasts, or the reservoirs alone; None: the committee, where neither
            populations nor units are named.
        ensemble: number of reservoirs, of different seeds, whose forecasts are averaged.
        online: settings of `partial_fit`; None: `Online()`.
        random_state: the same whole number gives the same bytes on the same machine.
        verbose: a callback for `aurita.progress.Progress`; None: a fit of more than two seconds shows its progress on a
            terminal; True: elsewhere too, a line for each stage; False: never.

    Attributes:
        reservoirs_, histories_, readouts_, states_: of each member of the ensemble; the states are those of all series.
        alphas_: the penalty of each member.
        committee_: the experts and their weights; None where reservoirs forecast alone.
        seasons_: the seasons named or found, in steps.
        steps_: `(S,)`, how many steps of each series are known.
        shifted_at_: `(S, O)`, the first step of each series at its last level, to which experts receive what was before
            brought; 0: the level never shifted.
        doubtful_: `(S, O)`, how many last records of each series, one or two, are so far from all before that they may
            be wrong or the first at another level; experts receive them brought nearer. 0: none.
        residuals_: `(origin, step, channel)`, over the horizon or as far as steps are held out: absolute errors from
            held-out origins, NaN where the truth is not known: in deviations of their series, or in units of
            `committee_.scale`.

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
        >>> group = Population(unit=EchoUnit(slots=50), units=1, passage="mixed", afferents="all", receives="inputs")
        >>> esn = ReservoirForecaster(group, horizon=20, features=("input", "output")).fit(wave[:250])
        >>> float(np.abs(esn.predict(20).mean - wave[250:270]).max()) < 0.1
        True
    """

    histories_: list[History | None]

    @reports
    @one_thread()
    def fit(self, y: object, X: object = None) -> Self:
        """Fit on one series or several.

        Args:
            y: `(T,)` or `(T, E)` values, an array, pandas series or data frame; or a list of these, or a frame with two
                index levels, which is a series for each value of the one that holds no dates. Rows are brought into
                the order of their index, if they have one. Or a long frame of pandas or polars with the columns
                `unique_id`, `ds` and `y`; its other columns are covariates. Or an
                `aurita.io.open_dataset(..., target=..., channels=())` of files larger than memory: units and committee
                are fitted on some of its series, the readout on all; `forecast_pieces` forecasts them.
            X: `(T, C)` covariates of the same steps, known in advance where forecasts are asked for; matched by their
                index, if they have one, and row by row otherwise.

        Warns:
            UserWarning: of several series some are too short; they are left out, and their forecasts are None. Last
                records, fewer than six, are far from all before: whether they stay is a guess.

        Raises:
            AuritaError: values or parameters that do not fit; an index that has a step twice or lacks one; covariates
                of other steps; no series that is long enough.
        """
        check_parameters(self)
        learning = checked_learning(self.learning)
        filters_of(self)
        data = None
        if isinstance(y, SequenceDataset):
            check_series(y, X)
            data = y
            y, complete = drawn_series(data, self.random_state)
            data = None if complete else data
        frames = kind_of(y)
        y, X = opened(y, X)
        given, several = as_series(y, "y")
        limits_of(self).check(given)
        channels = Channels.of(given[0], X)
        given, covariates = channels.known(X, given)
        numbers = seeds(self.random_state, self.ensemble)
        self.seed_ = numbers[0]
        keys, kept = [one.key for one in given], list(range(len(given)))
        experts = joined_by_experts(self)
        seasons = seasons_of(self, given) if experts else named_seasons(self.season)
        levels = Levels.of(given)
        if experts:
            given, levels = at_last_level(self, given, covariates, seasons)
            warn_of_levels(given, levels)
        settings = settings_for(self, seasons, [len(one.values) for one in given])
        filters = filters_of(settings)
        if several:
            kept, why = long_enough(settings, [len(one.values) for one in given], filters)
            if why is not None:
                warn_of_short(given, kept, why)
            given, covariates = [given[place] for place in kept], [covariates[place] for place in kept]
        candidates = candidates_of(settings, given, covariates, filters)
        flow = flow_of(self, given, covariates) if experts else None
        # Beside a flow map that serves, what the society learns is not used.
        candidate, members = fit_members(settings, candidates, learning, numbers, society=flow is None)
        about: dict[str, Any] = {"seasons": seasons, "horizon": int(self.horizon), "seed": numbers[0]}
        about["yearly"] = has_years(self, given)
        found = committee_of(given, members, candidate.frame, flow=flow, **about) if experts else None
        if flow is not None and found is not None and found[0].flow is None:
            candidate, members = fit_members(settings, candidates, learning, numbers)
            found = committee_of(given, members, candidate.frame, flow=None, **about)
        self.several_, self.channels_, self.frames_ = several, channels, frames
        self.keys_, self.left_out_ = keys, [place for place in range(len(keys)) if place not in kept]
        self.frame_, self.plan_ = candidate.frame, candidate.plan
        self.reservoirs_ = [member.trial.reservoir for member in members]
        self.histories_ = [member.trial.history for member in members]
        self.readouts_ = [member.readout for member in members]
        self.states_ = [member.trial.collected.state for member in members]
        self.alphas_ = [member.trial.alphas[0] for member in members]
        self.seasons_, self.committee_ = seasons, None
        self._at_levels(levels.kept(kept))
        self.residuals_ = np.abs(np.mean([member.errors for member in members], axis=0))
        if found is not None:
            self.committee_, self.residuals_ = levels.kept(kept).in_histories(found[0]), found[1]
        if data is not None:
            read_out_all(self, settings, data)
        return self

    def partial_fit(self, y: object, X: object = None) -> Self:
        """Go on learning from the next steps of one series, in memory that does not grow.

        The units take local steps and the readout learns after every chunk of `online.chunk` steps, wherever the calls
        cut the series: chunks of one call or of many give the same bytes. Steps that are no whole chunk yet wait, and
        are learnt later. `predict` and `predict_one_step` forecast from the last step on; to predict each step
        before it is learnt (prequentially), call `predict_one_step(y)` first and `partial_fit(y)` then.

        The first chunk draws the reservoir and sets the scale; it is complete one step after `online.chunk` (and as
        many more as differences reach back), and until then the forecaster counts as not fitted. On a forecaster that
        was fitted, on one series, the stream goes on after the last step: with its scale, its units, and its readout
        as what the new one starts from and is drawn to. After `update` or `restart` it goes on from there; steps that
        waited to be learnt are dropped.

        `difference='auto'` takes none, as nothing is held out to choose by. Intervals are made of the last errors one
        step ahead; they grow with the root of the horizon. `calibration` and `selection` do not apply.

        Args:
            y: `(T,)` or `(T, E)`, what came next.
            X: `(T, C)` covariates of these steps.

        Raises:
            AuritaError: several series, `strategy='direct'` or `noise`, which streams do not have; values that do not
                fit.

        Example:
            >>> wave = np.sin(np.arange(3000) / 5)
            >>> wave[1500:] = np.sin(np.arange(1500) / 3)
            >>> model, errors = ReservoirForecaster(units=4).partial_fit(wave[:150]), []
            >>> for start in range(150, 3000, 50):
            ...     chunk = wave[start : start + 50]
            ...     errors.append(np.abs(model.predict_one_step(chunk) - chunk).max())
            ...     _ = model.partial_fit(chunk)
            >>> bool(max(errors[20:27]) < 0.01 < errors[27]), bool(max(errors[-5:]) < 0.01)
            (True, True)
        """
        follow_series(self, y, X)
        return self

    def forecast_pieces(
        self, data: SequenceDataset, horizon: int | None = None, *, intervals: float | None = 0.9
    ) -> Iterator[SeriesForecasts]:
        """Forecast what follows the series of a dataset, piece by piece; the forecaster stays as it is.

        Args:
            data: `aurita.io.open_dataset(..., target=..., channels=())`, of the columns that were fitted on;
                other series too, each in its own scale.
            horizon, intervals: as of `predict`.

        Yields:
            Ids and forecasts of some series, in the order of the files; None of a series too short to start from.

        Raises:
            AuritaError: not fitted, fitted with covariates, another dataset, and as `predict`.

        Example:
            >>> import tempfile, pandas as pd
            >>> from pathlib import Path
            >>> from aurita.io import open_dataset
            >>> step = np.arange(120)
            >>> rows = [pd.DataFrame({"shop": shop, "sold": np.sin(step / 5 + shop)}) for shop in range(3)]
            >>> pd.concat(rows).to_parquet(path := Path(tempfile.mkdtemp()) / "shops.parquet")
            >>> shops = open_dataset(path, id="shop", target="sold", channels=(), rows=150)
            >>> model = ReservoirForecaster(units=4, horizon=3).fit(shops)
            >>> [(part.ids.tolist(), part.forecasts[0].mean.shape) for part in model.forecast_pieces(shops)]
            [([0], (3, 1)), ([1], (3, 1)), ([2], (3, 1))]
        """
        check_is_fitted(self, "readouts_")
        return forecasts(self, data, horizon, intervals)

    def forecast(self, h: int | None = None, X_df: object = None, *, level: Sequence[float] | None = None) -> Any:
        """Forecast the steps after those of `fit` and `update`, as a long frame.

        Args:
            h: steps ahead; the forecaster's horizon by default.
            X_df: a long frame of covariates of these steps, where the model was fitted with covariates.
            level: shares of the truth, in percent, that intervals are to cover, such as `[80, 90]`; None: no intervals.

        Returns:
            A frame of the library that the series came in, with the columns `unique_id`, `ds`, `ReservoirForecaster`
            and, for each level, `ReservoirForecaster-lo-90` and `ReservoirForecaster-hi-90`. Series that were left out
            as too short are not in it.

        Raises:
            AuritaError: not fitted on a long frame; a level that is no percentage; and as `predict`.

        Example:
            >>> import pandas as pd
            >>> from aurita import ReservoirForecaster
            >>> days = pd.date_range("2024-01-01", periods=200)
            >>> frame = pd.DataFrame({"unique_id": "a", "ds": days, "y": np.sin(np.arange(200) / 5)})
            >>> forecast = ReservoirForecaster(units=4, horizon=3).fit(frame).forecast(level=[80])
            >>> forecast.columns.tolist()[:2], forecast.columns.tolist()[3:]
            (['unique_id', 'ds'], ['ReservoirForecaster-lo-80', 'ReservoirForecaster-hi-80'])
        """
        return long_forecast(self, h, X_df, level)
