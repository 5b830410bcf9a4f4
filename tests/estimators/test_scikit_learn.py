"""scikit-learn's own checks of an estimator, on tables: sequences of one step."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from aurita.estimators import ReservoirClassifier, ReservoirRegressor

WEIGHTS = "check_sample_weight_equivalence_on_dense_data"
EXPECTED = {
    "check_dtype_object": "wants a TypeError for objects that are no numbers; every bad input is an AuritaError, which "
    "is a ValueError",
    WEIGHTS: "penalties, and the errors that scale probabilities, are of rows left out with all their weight, where "
    "repeated rows leave copies in; a regressor of one penalty passes",
    "check_array_api_input": "arrays are numpy's outside and jax's inside, whatever library they came from",
}


def _expected(estimator):
    chooses = estimator.alphas is None or isinstance(estimator, ReservoirClassifier)
    return EXPECTED if chooses else {name: why for name, why in EXPECTED.items() if name != WEIGHTS}


@parametrize_with_checks(
    [
        ReservoirClassifier(units=3),
        ReservoirClassifier(units=2, readout="logistic", alphas=[0.1]),
        ReservoirClassifier(units=2, class_weight="balanced"),
        ReservoirRegressor(units=3),
        ReservoirRegressor(units=2, alphas=[0.1], per="sequence"),
    ],
    expected_failed_checks=_expected,
)
def test_estimator(estimator, check):
    check(estimator)
