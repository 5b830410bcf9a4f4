"""A committee is the mean of its members, whatever way it is computed."""

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.readout import FLOOR, CommitteeReadout, RidgeReadout


def data(rows=40, features=12, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    return x, x[:, :2] + 0.3 * rng.normal(size=(rows, 2)), rng.normal(size=(15, features))


VIEWS = [np.array([0, 1, 2]), np.array([1, 5, 7, 11]), np.arange(12)]


def test_it_is_the_weighted_mean_of_ridge_readouts():
    x, y, new = data()
    weights = [1.0, 2.0, 5.0]
    found = CommitteeReadout().fit(x, y, VIEWS, weights)
    predicted = [RidgeReadout(floor=FLOOR).fit(x[:, view], y).predict(new[:, view]) for view in VIEWS]
    np.testing.assert_allclose(found.predict(new), np.average(predicted, axis=0, weights=weights), atol=1e-12)
    assert found.alphas_.shape == (3,)


def test_equal_weights_by_default_and_their_sum_does_not_matter():
    x, y, new = data()
    default = CommitteeReadout().fit(x, y, VIEWS).predict(new)
    np.testing.assert_allclose(CommitteeReadout().fit(x, y, VIEWS, [7, 7, 7]).predict(new), default)


def test_it_errs_no_more_than_its_members_do_in_the_mean():
    x, y, new = data(200)
    truth = new[:, :2]
    members = [RidgeReadout(floor=FLOOR).fit(x[:, view], y).predict(new[:, view]) for view in VIEWS]
    alone = np.mean([((member - truth) ** 2).mean() for member in members])
    assert ((CommitteeReadout().fit(x, y, VIEWS).predict(new) - truth) ** 2).mean() <= alone


def test_only_members_that_judge_say_how_large_errors_are():
    x, y, _ = data()
    found = CommitteeReadout().fit(x, y, VIEWS, [1.0, 2.0, 5.0], judges=[True, False, True])
    errors = [RidgeReadout(floor=FLOOR).fit(x[:, view], y).error_ for view in VIEWS]
    np.testing.assert_allclose(found.error_, (errors[0] + 5 * errors[2]) / 6)


def test_arrays_and_configuration_bring_it_back():
    x, y, new = data()
    found = CommitteeReadout([1e-3, 1.0], selection="gcv").fit(x, y, VIEWS)
    again = CommitteeReadout.from_arrays(found.to_arrays(), found.config())
    np.testing.assert_array_equal(again.predict(new), found.predict(new))
    assert again.config() == found.config()


@pytest.mark.parametrize(
    ("views", "weights", "complaint"),
    [
        ([], None, "views"),
        ([[0], []], None, "views"),
        ([[0, 12]], None, "0 to 11"),
        ([[0], [1]], [1.0], "2 positive numbers"),
        ([[0], [1]], [1.0, 0.0], "positive"),
    ],
)
def test_views_and_weights_that_cannot_be(views, weights, complaint):
    x, y, _ = data()
    with pytest.raises(AuritaError, match=complaint):
        CommitteeReadout().fit(x, y, views, weights)


def test_not_fitted():
    with pytest.raises(AuritaError, match="not fitted"):
        CommitteeReadout().predict(np.zeros((2, 3)))
