"""Our reservoirs as models of a study: no leakage, honest counts, features and targets where they are asked."""

import numpy as np
import pytest

from aurita import AuritaError, Learning, Population, Reservoir, learn, preset, run
from aurita.readout import RidgeReadout
from aurita.studies.models.reservoirs import esn, reservoir, trained_globally
from aurita.tasks import Split, Task, task_named


@pytest.fixture(scope="module")
def adding() -> Task:
    return task_named("cogscale/adding_problem", seed=3)


def test_it_is_what_a_user_would_write_by_hand(adding):
    learning = {"objective": "target", "steps": 4, "learning_rate": 0.02}
    fitted = reservoir(adding, ["test"], seed=5, units=2, unit={"memory": 12}, learning=learning)

    inputs, targets = np.stack(adding.train.inputs), np.stack(adding.train.targets)
    scored = np.stack(adding.train.scored)
    population = Population(
        unit=preset("memory", memory=12), units=2, passage="learned", afferents="all", receives="inputs"
    )
    built = Reservoir.build([population], inputs=5, targets=5, seed=5)
    learnt, history = learn(
        built,
        inputs,
        Learning(loss="cross_entropy", **learning),
        targets=targets * scored[..., None],
        scored=scored,
        seed=5,
    )
    states, _ = run(learnt, inputs, features=("hidden",))
    readout = RidgeReadout().fit(states[scored], targets[scored])
    asked = np.stack(adding.test.scored)
    predicted = readout.predict(run(learnt, np.stack(adding.test.inputs), features=("hidden",))[0][asked])
    np.testing.assert_allclose(adding.test.at_scored(fitted.predictions["test"]), predicted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(fitted.losses, history.losses)
    assert fitted.trained == built.parameter_counts()["trained"] + 5 * 16 + 5
    assert fitted.fixed == built.parameter_counts()["fixed"]


def test_frozen_units_count_as_fixed(adding):
    frozen = reservoir(adding, ["test"], units=2)
    assert frozen.trained == 5 * 16 + 5
    assert frozen.losses is None
    assert frozen.fixed > 500


def test_test_data_are_never_learnt_from(adding):
    other = Task(**{**_fields(adding), "test": _shuffled(adding.test), "validation": _shuffled(adding.validation)})
    settings = {"units": 2, "learning": {"objective": "target", "steps": 3}}
    one, two = (reservoir(task, ["train"], **settings) for task in (adding, other))
    for a, b in zip(one.predictions["train"], two.predictions["train"], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("settings", [{}, {"units": 2, "receives": "earlier"}])
def test_predictions_depend_on_the_past_alone(settings):
    task = task_named("sincosnoise", seed=0)
    later = [x.copy() for x in task.test.inputs]
    later[0][30:] += 1.0
    changed = Task(**{**_fields(task), "test": Split(later, task.test.targets, task.test.scored, task.test.series)})
    settings = {"units": 2, "kind": "forecast", "echo": 5, **settings}
    one, two = (reservoir(t, ["test"], **settings).predictions["test"][0] for t in (task, changed))
    np.testing.assert_array_equal(one[:30], two[:30])
    assert np.abs(one[30:] - two[30:]).max() > 1e-3


def test_labels_are_asked_at_the_last_step_of_each_sequence():
    task = task_named("decision", seed=0, trials=(40, 20, 20))
    fitted = reservoir(task, ["validation"], units=2, kind="classify", learning={"objective": "target", "steps": 10})
    assert fitted.losses[-1].mean() < fitted.losses[0].mean()
    assert set(fitted.predictions["validation"]) <= set(task.classes)
    assert fitted.details["readout_features"] == 4 * 16


def test_an_esn_is_the_textbook_recursion():
    task = task_named("sincosnoise", seed=0)
    fitted = esn(task, ["test"], seed=2, units=10, leak=0.5, inputs=False)
    from aurita import EchoUnit

    unit = EchoUnit(slots=10, spectral_radius=0.9, leak=0.5, bias_scale=0.2, connections=10)
    population = Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")
    weights = Reservoir.build([population], inputs=3, seed=2).weights[0]
    recurrent = np.asarray(weights.unit["weights"], np.float64)[..., 0]
    if recurrent.shape != (10, 10):
        pytest.fail("ten neurons are dense")

    def states(x: np.ndarray) -> np.ndarray:
        y, predicted = np.zeros(10), []
        for row in x:
            received = np.asarray(weights.passage["matrix"])[:, :, 0] @ row + np.asarray(weights.passage["bias"])[:, 0]
            y = 0.5 * y + 0.5 * np.tanh(received + recurrent @ y + np.asarray(weights.unit["bias"])[:, 0])
            predicted.append(y)
        return np.array(predicted)

    seen = [states(x) for x in task.train.inputs]
    readout = RidgeReadout().fit(task.train.at_scored(seen), task.train.at_scored(task.train.targets))
    expected = readout.predict(states(task.test.inputs[0]))
    np.testing.assert_allclose(fitted.predictions["test"][0], expected, rtol=1e-3, atol=1e-4)


def test_one_step_forecasts_run_on_freely():
    task = task_named("mackey_glass", seed=0, horizon=1)
    fitted = esn(task, ["test"], units=100, leak=0.5)
    assert fitted.continue_series is not None
    series = task.test.series[0]
    (forecast,) = fitted.continue_series([series[:300]], 5)
    assert forecast.shape == (5, 1)
    assert np.abs(forecast - series[300:305]).max() < 0.1


def test_global_training_lowers_its_loss(adding):
    fitted = trained_globally(adding, ["validation"], units=2, unit={"memory": 4}, learning={"steps": 10})
    assert fitted.details["loss_last"] < fitted.details["loss_first"]
    with pytest.raises(AuritaError, match="one target a sequence"):
        trained_globally(task_named("decision", seed=0))


def _fields(task: Task) -> dict:
    return {name: getattr(task, name) for name in task.__dataclass_fields__}


def _shuffled(split: Split) -> Split:
    order = np.random.default_rng(0).permutation(len(split))
    return Split([split.inputs[i] for i in order], [1 - split.targets[i] for i in range(len(split))], split.scored)
