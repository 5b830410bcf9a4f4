"""A forecaster as a model of Nixtla's `StatsForecast`, which fits one to each series of a long frame."""

from collections.abc import Sequence
from copy import copy, deepcopy
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from aurita._typing import Float
from aurita.estimators import ReservoirForecaster
from aurita.estimators.long_forecasts import bands


class NixtlaModel:
    """A `ReservoirForecaster` for `StatsForecast(models=[...])`: `forecast`, `fit` and `predict`, `cross_validation`.

    One reservoir is fitted to each series. For one reservoir over all series, which is faster and often better, fit a
    `ReservoirForecaster` on the long frame itself. Intervals are the forecaster's own, conformal ones;
    `prediction_intervals` of StatsForecast change nothing.

    Args:
        forecaster: settings; it is not changed. None: `ReservoirForecaster(units=20)`.
        alias: name of the column of forecasts.

    Example:
        >>> model = NixtlaModel(ReservoirForecaster(units=4))
        >>> found = model.forecast(y=np.sin(np.arange(150) / 5), h=3, level=[80])
        >>> list(found), found["mean"].shape
        (['mean', 'lo-80', 'hi-80'], (3,))
    """

    uses_exog = True

    def __init__(self, forecaster: ReservoirForecaster | None = None, alias: str = "Aurita") -> None:
        self.forecaster = forecaster
        self.alias = alias
        self.prediction_intervals: object = None

    def __repr__(self) -> str:
        return self.alias

    def new(self) -> Self:
        """A copy that shares nothing that a fit changes."""
        return copy(self)

    def fit(self, y: Float[np.ndarray, "time"], X: Float[np.ndarray, "time covariate"] | None = None) -> Self:
        """Fit on one series `(T,)`, with covariates `(T, C)`.

        Raises:
            AuritaError: a series that is too short, or values that do not fit.
        """
        self.model_ = self._fitted(y, X)
        self._past = y, X
        return self

    def predict(
        self, h: int, X: Float[np.ndarray, "time covariate"] | None = None, level: Sequence[float] | None = None
    ) -> dict[str, np.ndarray]:
        """Forecast `h` steps: `mean`, and `lo-90` and `hi-90` for each level in percent."""
        return _forecasts(self.model_, h, X, level)

    def predict_in_sample(self, level: Sequence[float] | None = None) -> dict[str, np.ndarray]:
        """One-step predictions of the fitted series, NaN where there is too little before them: `fitted`.

        For each level `fitted-lo-90` and `fitted-hi-90`, as far from them as one-step forecasts of held-out steps are.
        """
        covariates = self._past[1]
        found = _forecasts(self.model_, 1, None if covariates is None else covariates[-1:], level)
        return _in_sample(self.model_, *self._past, found)

    def forecast(
        self,
        y: Float[np.ndarray, "time"],
        h: int,
        X: Float[np.ndarray, "time covariate"] | None = None,
        X_future: Float[np.ndarray, "time covariate"] | None = None,
        level: Sequence[float] | None = None,
        fitted: bool = False,
    ) -> dict[str, np.ndarray]:
        """Fit and forecast at once; nothing is kept.

        Args:
            y: `(T,)`.
            h: steps ahead; intervals are calibrated over them.
            X: `(T, C)`, covariates of the same steps.
            X_future: `(h, C)`, of the steps ahead.
            level: in percent.
            fitted: add the one-step predictions of `y`.

        Raises:
            AuritaError: a series that is too short, or values that do not fit.
        """
        model = self._fitted(y, X, horizon=h)
        found = _forecasts(model, h, X_future, level)
        return {**found, **_in_sample(model, y, X, found)} if fitted else found

    def forward(
        self,
        y: Float[np.ndarray, "time"],
        h: int,
        X: Float[np.ndarray, "time covariate"] | None = None,
        X_future: Float[np.ndarray, "time covariate"] | None = None,
        level: Sequence[float] | None = None,
        fitted: bool = False,
    ) -> dict[str, np.ndarray]:
        """Forecast what comes after another series, without fitting anew; arguments as of `forecast`."""
        model = deepcopy(self.model_).restart(np.asarray(y, float), X)
        found = _forecasts(model, h, X_future, level)
        return {**found, **_in_sample(model, y, X, found)} if fitted else found

    def _fitted(self, y: object, X: object, **changes: object) -> ReservoirForecaster:
        template = ReservoirForecaster(units=20) if self.forecaster is None else self.forecaster
        return clone(template).set_params(**changes).fit(np.asarray(y, float), X)


def _forecasts(model: ReservoirForecaster, h: int, X: object, level: ArrayLike | None) -> dict[str, np.ndarray]:
    return bands(lambda share: [model.predict(h, X, intervals=share)], level)[1]


def _in_sample(
    model: ReservoirForecaster, y: ArrayLike, X: np.ndarray | None, found: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """One-step predictions, with intervals as wide as those of the first step of the forecasts `found`."""
    values = np.asarray(y, float)
    first = len(model.frame_.taken) + 1
    begun = deepcopy(model).restart(values[:first], None if X is None else X[:first])
    rest = begun.predict_one_step(values[first:], None if X is None else X[first:])
    mean = np.concatenate([np.full(first, np.nan), rest])
    bounds = {f"fitted-{name}": mean + (bound[0] - found["mean"][0]) for name, bound in found.items() if name != "mean"}
    return {"fitted": mean, **bounds}
