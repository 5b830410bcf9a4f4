"""The scikit-learn face: sequences or series in, a fitted model out."""

from typing import TYPE_CHECKING

from aurita._lazy import lazy
from aurita.closeness import valid_prediction_time as valid_prediction_time

if TYPE_CHECKING:
    from aurita.estimators.classifier import ReservoirClassifier as ReservoirClassifier
    from aurita.estimators.forecast import Forecast as Forecast
    from aurita.estimators.forecaster import ReservoirForecaster as ReservoirForecaster
    from aurita.estimators.online import Online as Online
    from aurita.estimators.pooled_features import ReservoirFeatures as ReservoirFeatures
    from aurita.estimators.regressor import ReservoirRegressor as ReservoirRegressor
    from aurita.estimators.saved import check_fitted as check_fitted

__getattr__, __dir__, _names = lazy(
    __name__,
    {
        "classifier": ["ReservoirClassifier"],
        "forecast": ["Forecast"],
        "forecaster": ["ReservoirForecaster"],
        "online": ["Online"],
        "pooled_features": ["ReservoirFeatures"],
        "regressor": ["ReservoirRegressor"],
        "saved": ["check_fitted"],
    },
)

__all__ = [*_names, "valid_prediction_time"]
