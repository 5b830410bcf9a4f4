"""ReservoirPy's reservoir as a model, against its update rule written out in numpy."""

import sys

import numpy as np
import pytest
from scipy.sparse import csr_array

from aurita.errors import AuritaError
from aurita.readout import RidgeReadout
from aurita.studies.models.peers import reservoirpy
from aurita.tasks import task_named

nodes = pytest.importorskip("reservoirpy.nodes")


@pytest.fixture(scope="module")
def task():
    return task_named("lorenz", seed=0, steps=(300, 100, 100))


def states(x, *, units, spectral_radius, leak, input_scaling, connectivity, seed):
    """x(t+1) = (1 - a) x(t) + a tanh(Win u(t+1) + W x(t)), with the weights that ReservoirPy draws."""
    drawn = nodes.Reservoir(
        units, lr=leak, sr=spectral_radius, input_scaling=input_scaling, rc_connectivity=connectivity, seed=seed
    )
    drawn.initialize(x)
    recurrent, afferent = (csr_array(weights).toarray() for weights in (drawn.W, drawn.Win))
    assert np.abs(np.linalg.eigvals(recurrent)).max() == pytest.approx(spectral_radius)
    state, seen = np.zeros(units), []
    for row in x:
        state = (1 - leak) * state + leak * np.tanh(afferent @ row + recurrent @ state)
        seen.append(state)
    return np.stack(seen), np.count_nonzero(recurrent) + np.count_nonzero(afferent)


def test_features_are_the_states_of_a_leaky_reservoir_at_rest_before_each_sequence(task):
    parameters = {"units": 20, "spectral_radius": 0.7, "leak": 0.4, "input_scaling": 0.5, "connectivity": 0.3}
    fitted = reservoirpy(task, ["validation", "test"], seed=5, **parameters)
    train, count = states(task.train.inputs[0], seed=5, **parameters)
    test, _ = states(task.test.inputs[0], seed=5, **parameters)
    mask = task.train.scored[0]
    by_hand = RidgeReadout().fit(train[mask], task.train.targets[0][mask]).predict(test)
    np.testing.assert_allclose(fitted.predictions["test"][0], by_hand, atol=1e-8)
    assert (fitted.trained, fitted.fixed) == (3 * 21, count)


def test_the_same_seed_gives_the_same_bytes_and_another_other_ones(task):
    first, same, other = (reservoirpy(task, ["test"], seed=s, units=30).predictions["test"][0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)


@pytest.mark.parametrize("inputs", [False, True])
def test_a_free_run_is_the_one_step_prediction_fed_back(task, inputs):
    fitted = reservoirpy(task, ["test"], units=40, inputs=inputs)
    context = task.test.inputs[0][:50]
    forecast = fitted.continue_series([context[:20], context], 4)[1]
    np.testing.assert_allclose(forecast[0], fitted.predictions["test"][0][49], atol=1e-10)
    longer = fitted.continue_series([np.concatenate([context, forecast[:3]])], 1)[0]
    np.testing.assert_allclose(longer[0], forecast[3], atol=1e-10)


def test_the_readout_may_see_the_inputs_too(task):
    assert reservoirpy(task, units=30, inputs=True).trained - reservoirpy(task, units=30).trained == 3 * 3


def test_labels_are_read_from_a_summary():
    task = task_named("decision", seed=0, trials=(200, 10, 100))
    fitted = reservoirpy(task, ["test"], units=40, input_connectivity=1.0, summary="times:4")
    assert fitted.trained == 4 * (4 * 40 + 1)
    assert task.score(fitted.predictions["test"]) > 0.35


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"units": 2}, "units 2"), ({"leak": 0.0}, "leak is 0.0"), ({"connectivity": 1.5}, "connectivity is 1.5")],
)
def test_parameters_that_do_not_fit_are_refused(task, parameters, message):
    with pytest.raises(AuritaError, match=message):
        reservoirpy(task, **parameters)


def test_without_the_library_the_extra_is_named(task, monkeypatch):
    monkeypatch.setitem(sys.modules, "reservoirpy.nodes", None)
    monkeypatch.setitem(sys.modules, "reservoirpy", None)
    with pytest.raises(AuritaError, match=r"aurita\[peers\]"):
        reservoirpy(task)
