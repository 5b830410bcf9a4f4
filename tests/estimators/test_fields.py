"""Parameters that are dataclasses: their fields are set by name, as searches do."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from aurita import Learning, ReservoirClassifier, ReservoirForecaster


def test_fields_of_a_parameter_are_set_and_searched_by_name():
    model = ReservoirClassifier(units=4, learning=Learning(steps=9, loss="squares"))
    kept = model.learning
    model.set_params(learning__steps=2, units=5)
    assert (model.learning.steps, model.learning.loss, model.units) == (2, "squares", 5)
    assert kept.steps == 9
    assert ReservoirForecaster(learning=Learning()).set_params(learning__steps=4).learning.steps == 4
    assert ReservoirClassifier().set_params(learning=Learning(), learning__steps=4).learning.steps == 4
    X = [np.sin(np.arange(12.0)[:, None] / (1 + k % 2)) for k in range(12)]
    search = GridSearchCV(model, {"learning__steps": [1, 3]}, cv=2).fit(X, np.arange(12) % 2)
    assert search.best_params_["learning__steps"] in (1, 3)
    assert [each["learning__steps"] for each in search.cv_results_["params"]] == [1, 3]


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ({"learning__stepz": 2}, "learning has no field 'stepz'; did you mean 'steps'"),
        ({"readout__alpha": 2}, "readout__alpha sets a field of readout, which is None and has no fields"),
        ({"learnin__steps": 2}, "Invalid parameter 'learnin'"),
        ({"unit": 2}, "Invalid parameter 'unit'"),
    ],
)
def test_fields_that_there_are_not_are_named(given, printed):
    with pytest.raises(ValueError, match=printed):
        ReservoirClassifier(learning=Learning()).set_params(**given)
