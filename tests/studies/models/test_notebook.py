"""The notebook's models: the blocks' readout and rules, the anarchist unit's agreement and how its state fades."""

import numpy as np
import pytest

from aurita import AnarchistUnit, AuritaError, BlockUnit, Population, Reservoir, run
from aurita.readout import RidgeReadout
from aurita.studies.models import model_named
from aurita.studies.models.notebook import LIVES_ABOVE, RIGHT_BELOW, agreement, anarchist, aur, fading
from aurita.tasks import task_named

SIZES = {"sequences": (20, 4, 6), "steps": 20}


@pytest.fixture(scope="module")
def waves():
    return task_named("sincosnoise", seed=1, **SIZES)


def test_registered():
    assert model_named("aur") is aur
    assert model_named("anarchist") is anarchist


def test_blocks_as_drawn_are_read_out_from_their_outputs_alone(waves):
    """The ridge itself is tested elsewhere."""
    fitted = aur(waves, ["test"], seed=3, units=2, slots=4, normalisation="tanh", objective="frozen")
    unit = BlockUnit(slots=4, heads=1, hidden=16, normalisation="tanh")
    reservoir = Reservoir.build([Population(unit=unit, units=2)], inputs=3, seed=3)

    def rows(split):
        return run(reservoir, split.padded()[0], features=("output",))[0].reshape(-1, 8)

    readout = RidgeReadout().fit(rows(waves.train), np.concatenate(waves.train.targets))
    np.testing.assert_allclose(np.concatenate(fitted.predictions["test"]), readout.predict(rows(waves.test)), atol=1e-6)
    assert fitted.losses is None
    assert fitted.trained == 9 * 3
    assert fitted.fixed == reservoir.parameter_counts()["trained"]


@pytest.mark.parametrize(("rule", "taken"), [("round_robin", [2, 2, 2]), ("all", [6, 6, 6])])
def test_every_rule_has_the_same_number_of_batches(waves, rule, taken):
    fitted = aur(waves, units=3, rule=rule, steps=6, batch=4, memory=3)
    assert fitted.details["steps_taken"] == taken
    assert fitted.losses.shape == (6, 3)


def test_agreement_by_hand():
    """One dimension that is guessed, one that has collapsed, one that is not guessed."""
    rng = np.random.default_rng(0)
    noise = np.concatenate([np.zeros((1, 3)), rng.standard_normal((300, 3))])
    slow = np.zeros_like(noise)
    for t in range(1, len(slow)):
        slow[t] = 0.99 * slow[t - 1] + 0.1 * noise[t]
    received = [np.c_[slow[:, 0], slow[:, 1], noise[:, 2]] + 5.0, np.c_[slow[:, 2], slow[:, 1], noise[:, 0]]]
    drawn = np.diag([2.0, 1.0, 0.5])
    ws, wphi = np.diag([1.0, 0.01, 0.5]), np.diag([0.99, 0.99, 0.3])
    ws[0, 2] = 0.02
    found = agreement(received, ws, wphi, drawn=drawn)
    for d in range(3):
        states = [x @ ws[:, d] for x in received]
        missed = np.concatenate([wphi[d, d] * s[:-1] - s[1:] for s in states])
        after = np.concatenate([s[1:] for s in states])
        assert found["relative_error"][d] == pytest.approx(np.var(missed) / np.var(after))
        as_drawn = np.concatenate([x @ drawn[:, d] for x in received])
        assert found["kept"][d] == pytest.approx(np.std(np.concatenate(states)) / np.std(as_drawn))
    assert found["relative_error"][0] < RIGHT_BELOW < found["relative_error"][2]
    assert found["kept"][1] < LIVES_ABOVE < found["kept"][0]
    assert [found[f"dims_{kind}"] for kind in ("right", "collapsed", "wrong")] == [1, 1, 1]
    assert not found["converged"]
    strengths = np.linalg.eigvalsh(np.cov((np.concatenate(received) @ ws).T))
    assert found["directions"] == pytest.approx(strengths.sum() ** 2 / (strengths**2).sum())


def test_agreement_of_a_state_of_zeros_is_a_collapse():
    found = agreement([np.random.default_rng(0).standard_normal((50, 2))], np.zeros((2, 2)), np.eye(2), drawn=np.eye(2))
    assert found["dims_collapsed"] == 2
    assert np.isnan(found["directions"])
    assert np.isnan(found["relative_error"]).all()


def regressed(inputs, outputs, ridge):
    gram = inputs.T @ inputs
    penalty = ridge * np.trace(gram) / len(gram)
    return np.linalg.solve(gram + penalty * np.eye(len(gram)), inputs.T @ outputs)


def rounds_by_hand(received, ws, wphi, rounds, ridge):
    """Both regressions, made at once from the matrices as they were; and the size of the state after each round."""
    sizes = []
    before, after = (np.concatenate([x[part] for x in received]) for part in (slice(None, -1), slice(1, None)))
    for _ in range(rounds):
        guess, old, new = before @ ws @ wphi, before @ ws, after @ ws
        ws, wphi = regressed(after, guess, ridge), regressed(old, new, ridge)
        sizes.append(np.linalg.norm(np.concatenate(received) @ ws))
    return ws, wphi, sizes


@pytest.mark.parametrize(
    ("function", "seed", "ridge", "turns"),
    [("sine", 1, 1e-2, False), ("sine", 2, 1e-3, True), ("quadratic", 2, 1e-2, True), ("composition", 2, 1e-3, False)],
)
def test_fading_is_what_rounds_come_to_but_for_the_chase(function, seed, ridge, turns):
    """Over many rounds the state shrinks by the bound times the cosine between the proportions of successive rounds."""
    received = task_named(f"anarchist/{function}", seed=seed).train.inputs
    rng = np.random.default_rng(0)
    ws, wphi, _ = rounds_by_hand(received, rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), 400, ridge)
    later, _, sizes = rounds_by_hand(received, ws, wphi, 800, ridge)
    measured = (sizes[-1] / sizes[0]) ** (1 / (len(sizes) - 1))
    before = rounds_by_hand(received, ws, wphi, 799, ridge)[0]
    cosine = abs(np.linalg.svd(later)[2][0] @ np.linalg.svd(before)[2][0])
    bound = fading(received, ridge)
    assert bound * cosine == pytest.approx(measured, abs=1e-3 if turns else 1e-5)
    assert bound < 1
    assert fading(received, 0.0) > bound


@pytest.mark.parametrize("rounds", [0, 1, 4])
def test_anarchist_is_measured_after_its_rounds(rounds):
    task = task_named("anarchist/sine", seed=1)
    fitted = anarchist(task, ["test"], seed=5, rounds=rounds)
    population = Population(unit=AnarchistUnit(slots=3), units=1, receives="inputs", input_fraction=1.0)
    reservoir = Reservoir.build([population], inputs=3, seed=5)
    order = np.asarray(reservoir.wiring[0])[:, 0]
    drawn = {name: np.asarray(value, float)[..., 0] for name, value in reservoir.weights[0].unit.items()}
    seen, unseen = ([x[:, order] for x in split.inputs] for split in (task.train, task.test))
    ws, wphi, _ = rounds_by_hand(seen, drawn["ws"], drawn["wphi"], rounds, 1e-3)
    expected = agreement(unseen, ws, wphi, drawn=drawn["ws"])
    for name in ("relative_error", "kept"):
        np.testing.assert_allclose(fitted.details[name], expected[name], rtol=2e-3)


def test_the_cure_keeps_all_directions_and_the_unit_as_invented_none():
    task = task_named("anarchist/sine", seed=0)
    invented = anarchist(task, ["test"], rounds=300).details
    cured = anarchist(task, ["test"], rounds=60, constraint="whitened").details
    assert invented["dims_collapsed"] == 3
    assert invented["fade"] == pytest.approx(invented["fade_bound"], abs=2e-3)
    assert cured["dims_right"] == 3
    assert cured["directions"] > 2.9
    assert "fade" not in cured


def test_parameters_are_checked_at_the_door(waves):
    with pytest.raises(AuritaError, match="normalisation"):
        aur(waves, normalisation="batch")
    with pytest.raises(AuritaError, match="constraint"):
        anarchist(waves, constraint="zeros")
