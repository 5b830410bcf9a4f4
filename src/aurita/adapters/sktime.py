"""Estimators for sktime: a forecaster, a classifier and a regressor with its interface.

sktime loops over the series of panels and hierarchies, one reservoir each. Its parameters are those of the estimators
of aurita that do the work, which are kept as `model_`.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Self

import numpy as np

from aurita.adapters._parameters import parameters_of
from aurita.errors import AuritaError, require
from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

require("sktime", "sktime", "aurita.adapters.sktime")

import pandas as pd  # noqa: E402
from sktime.classification.base import BaseClassifier  # noqa: E402
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon  # noqa: E402
from sktime.regression.base import BaseRegressor  # noqa: E402

_OF_SEQUENCES = {
    "authors": "aurita developers",
    "maintainers": "aurita developers",
    "X_inner_mtype": "df-list",
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:missing_values": False,
    "capability:categorical_in_X": False,
    "capability:random_state": True,
    "property:randomness": "derandomized",
}


_FORECASTS = (
    *("populations", "units", "horizon", "strategy", "predicts", "difference", "season", "learning", "features"),
    *("alphas", "selection", "noise", "washout", "clock", "calibration", "scale_inputs", "lower", "upper", "experts"),
    *("ensemble", "random_state", "verbose"),
)
_STATES = ("populations", "units", "learning", "features", "summary")
_READ_OUT = ("alphas", "selection", "washout", "clock", "scale_inputs", "ensemble", "random_state", "verbose")


@parameters_of(ReservoirForecaster, *_FORECASTS)
class AuritaForecaster(BaseForecaster):
    """Forecast by a reservoir, as `ReservoirForecaster` does, with sktime's interface.

    Several channels are forecast by one reservoir; exogenous data have to be known for the steps that are forecast.
    Intervals are calibrated on steps held out at the end of the series, over the horizon given to `fit` or else over
    `horizon`. In-sample predictions are made one step ahead; they are NaN at the first steps, where nothing is known
    yet. `update` receives the new steps and fits nothing anew, whatever `update_params` says; `UpdateRefitsEvery` of
    sktime fits anew.

    Args:
        horizon: steps that intervals are calibrated over where `fit` is given no horizon.
        populations, units, strategy, predicts, difference, season, learning, features: as of `ReservoirForecaster`.
        alphas, selection, noise, washout, clock, calibration, scale_inputs: as of `ReservoirForecaster`.
        lower, upper, experts, ensemble, random_state, verbose: as of `ReservoirForecaster`.

    Attributes:
        model_: the fitted `ReservoirForecaster`.

    Example:
        >>> import numpy as np
        >>> import pandas as pd
        >>> from aurita.adapters.sktime import AuritaForecaster
        >>> y = pd.Series(np.sin(np.arange(150) / 5))
        >>> AuritaForecaster(units=4).fit(y, fh=[1, 2]).predict().round(1).tolist()
        [-1.0, -0.9]
    """

    _tags = {  # noqa: RUF012
        "authors": "aurita developers",
        "maintainers": "aurita developers",
        "y_inner_mtype": "pd.DataFrame",
        "X_inner_mtype": "pd.DataFrame",
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": False,
        "capability:non_contiguous_X": False,
        "capability:update": True,
        "capability:categorical_in_X": False,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
    }
    # The model knows the end of its series, and what is needed of the rest is kept here.
    _config = {"remember_data": False}  # noqa: RUF012
    _y = _X = None

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon) -> Self:
        # Versions before 1.2 know the cutoff by the data that they remember alone.
        self._set_cutoff_from_y(y)
        model = ReservoirForecaster(**self.get_params(deep=False))
        if fh is not None:
            model.set_params(horizon=max(int(fh.to_relative(self.cutoff).to_numpy().max()), 1))
        self._past_y, self._past_X = y, X
        self.model_ = model.fit(_numbers(y), None if X is None else _numbers(X))
        return self

    def _update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True) -> Self:
        del update_params
        new = ~y.index.isin(self._past_y.index)
        if new.any():
            covariates = None if X is None else X.loc[y.index[new]]
            self.model_.update(_numbers(y[new]), None if covariates is None else _numbers(covariates))
            self._past_y = pd.concat([self._past_y, y[new]])
            self._set_cutoff_from_y(self._past_y)
            self._past_X = None if covariates is None else pd.concat([self._past_X, covariates])
        return self

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        steps = fh.to_relative(self.cutoff).to_numpy().astype(int)
        found = np.full((len(steps), self._past_y.shape[1]), np.nan)
        ahead = steps > 0
        if ahead.any():
            mean = self._ahead(int(steps.max()), X, None).mean
            found[ahead] = mean[steps[ahead] - 1]
        if not ahead.all():
            fitted = self._in_sample()
            rows = len(fitted) - 1 + steps[~ahead]
            if rows.min() < 0:
                raise AuritaError(f"fh goes {1 - steps.min()} steps back and the series has {len(fitted)}; go less far")
            found[~ahead] = fitted[rows]
        return pd.DataFrame(found, index=fh.to_absolute_index(self.cutoff), columns=self._past_y.columns)

    def _predict_interval(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, coverage: Sequence[float]
    ) -> pd.DataFrame:
        steps = fh.to_relative(self.cutoff).to_numpy().astype(int)
        names = self._get_varnames()
        columns = pd.MultiIndex.from_product([names, coverage, ["lower", "upper"]])
        found = pd.DataFrame(index=fh.to_absolute_index(self.cutoff), columns=columns, dtype=float)
        for share in coverage:
            # Intervals that cover nothing are the forecast: sktime asks for them as the median.
            one = self._ahead(int(steps.max()), X, share if share > 0 else None)
            bounds = {"lower": one.lower, "upper": one.upper}
            for side, bound in bounds.items():
                values = one.mean if bound is None else bound
                for number, name in enumerate(names):
                    found[(name, share, side)] = values[steps - 1, number]
        return found

    def _ahead(self, steps: int, X: pd.DataFrame | None, level: float | None) -> Any:
        """Forecasts of so many steps after the last."""
        known = None
        if X is not None and self._past_X is not None:
            known = _numbers(X[X.index > self.cutoff[0]])[:steps]
        return self.model_.predict(steps, known, intervals=level)

    def _in_sample(self) -> np.ndarray:
        """Predictions of all steps so far, each made one step before."""
        y, X = _numbers(self._past_y), None if self._past_X is None else _numbers(self._past_X)
        model = deepcopy(self.model_)
        first = len(model.frame_.taken) + 1
        model.restart(y[:first], None if X is None else X[:first])
        rest = model.predict_one_step(y[first:], None if X is None else X[first:])
        return np.concatenate([np.full((first, y.shape[1]), np.nan), rest])

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, object]]:
        """Settings for sktime's own checks, which fit many models."""
        del parameter_set
        recursive = {"difference": 1, "horizon": 3, "strategy": "recursive"}
        return [{"units": 4, "alphas": (1e-2,), **more} for more in ({"difference": 0}, recursive)]


class _OfSeries:
    """What classifier and regressor share."""

    _estimator: type[ReservoirClassifier | ReservoirRegressor]

    def _fit(self: Any, X: list[pd.DataFrame], y: np.ndarray) -> Any:
        model = self._estimator(**self.get_params(deep=False), layout="steps_first", per="sequence")
        self.model_ = model.fit([_numbers(one) for one in X], y)
        return self

    def _predict(self: Any, X: list[pd.DataFrame]) -> np.ndarray:
        return self.model_.predict([_numbers(one) for one in X])

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, object]]:
        """Settings for sktime's own checks."""
        del parameter_set
        return [{"units": 4}, {"units": 4, "summary": "mean_deviation", "random_state": 1}]


@parameters_of(ReservoirClassifier, *_STATES, "readout", *_READ_OUT, "class_weight")
class AuritaClassifier(_OfSeries, BaseClassifier):
    """Classify series by a reservoir, as `ReservoirClassifier` does, with sktime's interface.

    Args:
        populations, units, learning, features, summary, readout, alphas, selection: as of `ReservoirClassifier`.
        washout, clock, scale_inputs, ensemble, random_state, verbose, class_weight: as of `ReservoirClassifier`.

    Attributes:
        model_: the fitted `ReservoirClassifier`.

    Example:
        >>> import numpy as np
        >>> from aurita.adapters.sktime import AuritaClassifier
        >>> rng = np.random.default_rng(0)
        >>> X = np.stack([np.sin(np.arange(30) / (2 + n % 2) + rng.uniform(0, 6))[None] for n in range(30)])
        >>> y = np.array(["slow" if n % 2 else "fast" for n in range(30)])
        >>> model = AuritaClassifier(units=8, summary="mean_deviation").fit(X[:20], y[:20])
        >>> model.score(X[20:], y[20:])
        1.0
    """

    _tags = {**_OF_SEQUENCES, "capability:predict_proba": True, "capability:class_weight": True}  # noqa: RUF012

    _estimator = ReservoirClassifier

    def _predict_proba(self, X: list[pd.DataFrame]) -> np.ndarray:
        return self.model_.predict_proba([_numbers(one) for one in X])


@parameters_of(ReservoirRegressor, *_STATES, *_READ_OUT)
class AuritaRegressor(_OfSeries, BaseRegressor):
    """Predict a value for each series by a reservoir, as `ReservoirRegressor` does, with sktime's interface.

    Args:
        populations, units, learning, features, summary, alphas: as of `ReservoirRegressor`.
        selection, washout, clock, scale_inputs, ensemble, random_state, verbose: as of `ReservoirRegressor`.

    Attributes:
        model_: the fitted `ReservoirRegressor`.

    Example:
        >>> import numpy as np
        >>> from aurita.adapters.sktime import AuritaRegressor
        >>> rng = np.random.default_rng(0)
        >>> y = rng.uniform(1, 3, size=60)
        >>> X = np.stack([np.sin(np.arange(40) / one + rng.uniform(0, 6))[None] for one in y])
        >>> model = AuritaRegressor(units=8, summary="mean_deviation").fit(X[:40], y[:40])
        >>> float(np.abs(model.predict(X[40:]) - y[40:]).mean()) < 0.1
        True
    """

    _tags = dict(_OF_SEQUENCES)  # noqa: RUF012

    _estimator = ReservoirRegressor


def _numbers(frame: pd.DataFrame) -> np.ndarray:
    return frame.to_numpy(float)
