"""Models by name keep one contract: keyword parameters with defaults, fitted on training data alone."""

from dataclasses import replace
from inspect import signature

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.studies.models import model_named, model_names
from aurita.studies.models.registry import check_parameters
from aurita.tasks import Split, task_named

LINEAR = {"autoregression": {}, "bare_inputs": {}, "seasonal_naive": {}, "constant": {}, "reservoirpy": {"units": 20}}
NETWORKS = {"transformer": {"width": 4, "layers": 1, "steps": 3}, "lstm": {"width": 4, "steps": 3}}


@pytest.fixture(scope="module")
def task():
    return task_named("sincosnoise", seed=0, sequences=(20, 6, 6), steps=20)


@pytest.mark.parametrize("name", model_names())
def test_a_model_takes_a_task_splits_and_keywords_with_defaults(name):
    task, splits, *others = signature(model_named(name)).parameters.values()
    assert (task.name, splits.name) == ("task", "splits")
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in others)
    assert "seed" in [p.name for p in others]


def spoilt(split):
    return Split([100 - 7 * x for x in split.inputs], [50 + y for y in split.targets], split.scored)


@pytest.mark.parametrize("name", [*LINEAR, *NETWORKS])
def test_the_test_split_is_not_learnt_from(task, name):
    parameters = {**LINEAR, **NETWORKS}[name]
    fitted = model_named(name)(task, ["validation"], seed=3, **parameters)
    other = model_named(name)(replace(task, test=spoilt(task.test)), ["validation"], seed=3, **parameters)
    np.testing.assert_array_equal(fitted.predictions["validation"], other.predictions["validation"])
    assert list(fitted.predictions) == ["validation"]
    assert np.isfinite(task.score(fitted.predictions["validation"], "validation"))


@pytest.mark.parametrize("name", LINEAR)
def test_validation_is_not_learnt_from(task, name):
    fitted = model_named(name)(task, ["test"], seed=3, **LINEAR[name])
    other = model_named(name)(replace(task, validation=spoilt(task.validation)), ["test"], seed=3, **LINEAR[name])
    np.testing.assert_array_equal(fitted.predictions["test"], other.predictions["test"])


@pytest.mark.parametrize("name", [*LINEAR, *NETWORKS])
def test_forecasts_of_free_runs_have_a_row_a_step(task, name):
    fitted = model_named(name)(task, [], seed=0, **{**LINEAR, **NETWORKS}[name])
    if fitted.continue_series is None:
        assert name in ("bare_inputs", "constant")
        return
    contexts = [task.test.series[0][:7], task.test.series[1][:12]]
    assert [f.shape for f in fitted.continue_series(contexts, 5)] == [(5, 3), (5, 3)]


def test_an_unknown_model_lists_the_nearest():
    with pytest.raises(AuritaError, match=r"'transfomer' is unknown; nearest: transformer"):
        model_named("transfomer")


def test_an_unknown_parameter_lists_the_nearest():
    check_parameters("autoregression", ["memory", "summary"])
    with pytest.raises(AuritaError, match=r"no parameter 'memroy'; nearest: memory"):
        check_parameters("autoregression", ["memroy"])
    with pytest.raises(AuritaError, match="no parameter 'seed'"):
        check_parameters("autoregression", ["seed"])
    with pytest.raises(AuritaError, match="no parameter 'task'"):
        check_parameters("constant", ["task"])
