"""Learning from what is broadcast on JAX: gradients as the native kernels have them, and any unit with heads."""

import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, BlockUnit, Population, Reservoir, ReservoirAgent
from aurita.agents._compiled_learner import CompiledLearner
from aurita.agents._native_learner import NativeLearner
from aurita.agents._stream import Stream
from aurita.learning.partners import Partners
from aurita.native import kernels
from aurita.units import DiagonalMemoryUnit

ENVS, STEPS, INPUTS, OUTPUTS = 4, 6, 3, 3


UNITS = {
    "attention": AttentionUnit(slots=3, memory=4, heads=1, hidden=3, gain=1.0, before_start="masked"),
    "block": BlockUnit(slots=4, memory=3, heads=2, hidden=5, activation="gelu"),
    **{kind: DiagonalMemoryUnit(slots=3, kind=kind, states=4, hidden=3) for kind in ("ungated", "gated", "turned")},
}

native = pytest.mark.skipif(kernels() is None, reason="the native library was not built")


@native
@pytest.mark.parametrize("name", UNITS)
def test_gradients_and_steps_are_those_of_the_kernels(name):
    """Windows from the start of a stream; later the kernels let passages explain what the memory holds, too."""
    unit = UNITS[name]
    population = Population(unit=unit, units=2, passage="learned", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=INPUTS, targets=OUTPUTS, seed=0)
    rng = np.random.default_rng(0)
    heads = rng.normal(size=np.shape(reservoir.weights[0].unit["target_w"])).astype(np.float32)
    weights = reservoir.weights[0].replace(unit=reservoir.weights[0].unit | {"target_w": heads})
    reservoir = reservoir.replace(weights=(weights,))
    native, compiled = NativeLearner(reservoir, 0.5), CompiledLearner(reservoir, 0.5)
    stream = Stream(reservoir, ENVS, native.history)
    for stretch in range(2 if isinstance(unit, DiagonalMemoryUnit) else 1):
        for step in range(STEPS):
            begins = (rng.random(ENVS) < 0.2) | (step + stretch == 0)
            stream.step(rng.normal(size=(ENVS, INPUTS)).astype(np.float32), begins)
        recording = stream.recording()
    lanes, error = np.array([[2, 9], [15, 5]]), rng.normal(size=(OUTPUTS, 14)).astype(np.float32)
    for learner in (native, compiled):
        learner.give(recording)
    np.testing.assert_allclose(native.scores(lanes), compiled.scores(lanes), atol=2e-5)
    (ours,), (theirs,) = native.gradients(lanes, error), compiled.gradients(lanes, error)
    for name, slope in theirs.items():
        largest = max(np.abs(part).max() for part in theirs.values())
        np.testing.assert_allclose(ours[name], np.moveaxis(slope, -1, 0), atol=5e-5 * max(largest, 0.4), err_msg=name)
    for _ in range(3):
        for learner in (native, compiled):
            learner.learn(lanes, error, 0.01)
    for name, value in native.reservoir.weights[0].unit.items():
        np.testing.assert_allclose(value, compiled.reservoir.weights[0].unit[name], atol=2e-4, err_msg=name)


@pytest.mark.skipif(kernels() is None, reason="the native library was not built")
def test_a_file_of_moments_by_name_is_gone_on_with():
    """Agents whose units had no kernel yet kept their moments as JAX's learner does."""
    population = Population(unit=UNITS["gated"], units=2, passage="learned", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=INPUTS, targets=OUTPUTS, seed=0)
    native, compiled = NativeLearner(reservoir, 0.5), CompiledLearner(reservoir, 0.5)
    stream = Stream(reservoir, ENVS, 0)
    stream.step(np.ones((ENVS, INPUTS), np.float32), np.ones(ENVS, bool))
    recording, lanes, error = stream.recording(), np.array([[0, ENVS]]), np.ones((OUTPUTS, ENVS), np.float32)
    for learner in (native, compiled):
        learner.give(recording)
        learner.learn(lanes, error, 0.01)
    again = NativeLearner(reservoir, 0.5)
    again.go_on(compiled.state())
    for name in ("first", "second", "taken"):
        np.testing.assert_allclose(again.state()[name][0], native.state()[name][0], atol=1e-6)


@native
def test_moments_in_rows_are_gone_on_with():
    """What the kernels keep of an agent serves where they are not built."""
    how = {"passage": "learned", "afferents": "all", "receives": "inputs"}
    populations = [Population(unit=UNITS[name], units=units, **how) for name, units in (("attention", 2), ("block", 3))]
    reservoir = Reservoir.build(populations, inputs=INPUTS, targets=OUTPUTS, seed=0)
    learner = NativeLearner(reservoir, 0.5)
    stream = Stream(reservoir, ENVS, learner.history)
    for _ in range(STEPS):
        stream.step(np.ones((ENVS, INPUTS), np.float32), np.zeros(ENVS, bool))
    learner.give(stream.recording())
    learner.learn(np.array([[0, ENVS]]), np.ones((OUTPUTS, ENVS), np.float32), 0.01)
    rows = learner.state()
    assert rows["first"][0].any()
    compiled, again = CompiledLearner(reservoir, 0.5), NativeLearner(reservoir, 0.5)
    compiled.go_on(rows)
    again.go_on(compiled.state())
    for name, parts in again.state().items():
        for part, expected in zip(parts, rows[name], strict=True):
            np.testing.assert_array_equal(part, expected)
    for wrong in ({**rows, "first": rows["first"] * 2}, {**rows, "first": (rows["first"][0][:, 1:],)}):
        with pytest.raises(AuritaError, match="of other units"):
            CompiledLearner(reservoir, 0.5).go_on(wrong)


def test_a_state_that_never_ends_learns_to_remember():
    """One number is shown at the start and asked for at the end of an episode: no window, a learnt decay."""
    unit = DiagonalMemoryUnit(slots=3, hidden=4)
    population = Population(unit=unit, units=3, passage="learned", afferents="all", receives="inputs")
    how = {"steps": 5_760, "envs": 16, "rollout": 30, "discount": 0.9, "random_state": 0}
    agent = ReservoirAgent(population, **how).fit("memory_length/4")
    assert agent.score("memory_length/4", episodes=40) > 0.5
    again = agent.partial_fit("memory_length/4", steps=480)
    assert again.steps_ == 5_760 + 480


@native
def test_partners_are_chosen_as_the_kernels_choose_them():
    """Window units learn on both; where gradients and draws are the same, so are the changes."""
    unit = AttentionUnit(slots=2, memory=2, heads=1, hidden=2, gain=1.0, before_start="masked")
    population = Population(unit=unit, units=2, passage="learned", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=INPUTS, targets=OUTPUTS, seed=0)
    rng = np.random.default_rng(0)
    heads = rng.normal(size=np.shape(reservoir.weights[0].unit["target_w"])).astype(np.float32)
    weights = reservoir.weights[0].replace(unit=reservoir.weights[0].unit | {"target_w": heads})
    reservoir = reservoir.replace(weights=(weights,))
    partners = Partners(afferents=1, every=2, by="random")
    learners = [
        make(reservoir, 0.5, partners=partners, rng=np.random.default_rng(3))
        for make in (NativeLearner, CompiledLearner)
    ]
    stream = Stream(reservoir, ENVS, learners[0].history)
    for step in range(STEPS):
        stream.step(rng.normal(size=(ENVS, INPUTS)).astype(np.float32), np.full(ENVS, step == 0))
    recording = stream.recording()
    lanes, error = np.array([[0, ENVS * STEPS]]), rng.normal(size=(OUTPUTS, ENVS * STEPS)).astype(np.float32)
    for learner in learners:
        learner.give(recording)
        for number in range(7):
            learner.learn(lanes, error, 0.01)
            learner.rewire(number)
    logs = [learner.log(np.zeros((0, 4), np.int64)) for learner in learners]
    assert len(logs[0]) > 4
    np.testing.assert_array_equal(*logs)
    ours, theirs = (np.asarray(learner.reservoir.weights[0].passage["matrix"]) for learner in learners)
    assert ((ours != 0).any(0).sum(0) == 1).all()
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


@native
@pytest.mark.parametrize("partners", [None, Partners(afferents=4, every=100)])
def test_passages_follow_what_is_received_on_either_engine(partners):
    """After large steps units receive nearly what they received before them, and what is closed stays closed."""
    population = Population(unit=UNITS["attention"], units=3, passage="learned", afferents="all", receives="all")
    reservoir = Reservoir.build([population], inputs=INPUTS, targets=OUTPUTS, seed=0)
    rng = np.random.default_rng(0)
    error = rng.normal(size=(OUTPUTS, ENVS * 40)).astype(np.float32)
    inputs = rng.normal(size=(40, ENVS, INPUTS)).astype(np.float32)
    for kind in (NativeLearner, CompiledLearner):
        learner = kind(reservoir, 1e9, partners=partners, rng=np.random.default_rng(1))
        before, stream = learner.reservoir, Stream(learner.reservoir, ENVS, learner.history)
        for step, seen in enumerate(inputs):
            stream.step(seen, np.full(ENVS, step == 0))
        recording = stream.recording()
        learner.give(recording)
        for _ in range(8):
            learner.learn(np.array([[0, ENVS * 40]]), error, 0.02)
        after = learner.reservoir
        learner.follow(before, recording)
        now = learner.reservoir
        matrix = np.asarray(now.weights[0].passage["matrix"])
        assert ((matrix != 0) == (np.asarray(before.weights[0].passage["matrix"]) != 0)).all()
        lost = [_lost(before, one, inputs) for one in (after, now)]
        assert lost[1] < 0.5 * lost[0]


def _lost(before, after, inputs):
    """How far what units receive of others has moved: their own outputs, through the passages that others have."""
    width, rows = inputs.shape[2], []
    for reservoir in (before, after):
        states, stream = [], Stream(reservoir, ENVS, 0)
        for step, seen in enumerate(inputs):
            stream.step(seen, np.full(ENVS, step == 0))
            states.append(np.asarray(stream.state.outputs[0]).reshape(-1, ENVS))
        rows.append(np.stack(states))
    parts = [
        np.einsum("dku,tkb->tdub", np.asarray(r.weights[0].passage["matrix"])[:, width:], outputs)
        + np.asarray(r.weights[0].passage["bias"])[:, :, None]
        for r, outputs in zip((before, after), rows, strict=True)
    ]
    return ((parts[0] - parts[1]) ** 2).mean()


def test_partners_of_what_does_not_learn_are_refused():
    population = Population(unit=DiagonalMemoryUnit(slots=3), units=3, passage="learned", afferents="all")
    with pytest.raises(AuritaError, match="learns='all'"):
        ReservoirAgent(population, partners=Partners(afferents=2), learns="heads", steps=100).fit("memory_length/4")
    population = Population(unit=DiagonalMemoryUnit(slots=3), units=3, receives="inputs")
    with pytest.raises(AuritaError, match="passage='learned'"):
        ReservoirAgent(population, partners=Partners(afferents=2), steps=100).fit("memory_length/4")
