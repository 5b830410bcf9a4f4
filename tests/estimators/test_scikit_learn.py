"""scikit-learn's own checks of an estimator, on tables: sequences of one step."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from aurita.estimators import ReservoirClassifier, ReservoirRegressor

EXPECTED = {
    "check_dtype_object": "wants a TypeError for objects that are no numbers; every bad input is an AuritaError, which "
    "is a ValueError",
    "check_sample_weight_equivalence_on_dense_data": "states are float32, and penalties are chosen on rows left out "
    "with all their weight, where repeated rows leave copies behind; test_weighting holds it at one penalty",
    "check_array_api_input": "arrays are numpy's outside and jax's inside, whatever library they came from",
}


@parametrize_with_checks(
    [
        ReservoirClassifier(units=3),
        ReservoirClassifier(units=2, readout="logistic", alphas=[0.1]),
        ReservoirClassifier(units=2, class_weight="balanced"),
        ReservoirRegressor(units=3),
    ],
    expected_failed_checks=lambda estimator: EXPECTED,
)
def test_estimator(estimator, check):
    check(estimator)
