"""The scikit-learn face: sequences or series in, a fitted model out."""

from aurita.closeness import valid_prediction_time
from aurita.estimators.classifier import ReservoirClassifier
from aurita.estimators.forecast import Forecast
from aurita.estimators.forecaster import ReservoirForecaster
from aurita.estimators.online import Online
from aurita.estimators.pooled_features import ReservoirFeatures
from aurita.estimators.regressor import ReservoirRegressor
from aurita.estimators.saved import check_fitted

__all__ = [
    "Forecast",
    "Online",
    "ReservoirClassifier",
    "ReservoirFeatures",
    "ReservoirForecaster",
    "ReservoirRegressor",
    "check_fitted",
    "valid_prediction_time",
]
