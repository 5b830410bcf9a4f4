"""Learning from what is broadcast: gradients against finite differences, and windows against live outputs."""

import numpy as np
import pytest

from aurita import AttentionUnit, Population, Reservoir
from aurita.agents._acting import Choice, Settings
from aurita.agents._credit import Taken, errors
from aurita.agents._native_learner import NativeLearner
from aurita.agents._stream import Stream
from aurita.native import kernels
from aurita.worlds import Discrete

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

ENVS, STEPS, INPUTS, ACTIONS = 5, 7, 4, 3
CASES = {
    "forget at the start of an episode": {"before_start": "masked"},
    "go on into the next episode": {"before_start": "zeros"},
    "dilated, shifted keys": {"before_start": "masked", "dilation": 2, "shifted_keys": True},
}


def _reservoir(how: dict, receives: str = "inputs") -> Reservoir:
    unit = AttentionUnit(slots=3, memory=4, heads=2, head_dim=2, hidden=3, gain=1.0, **how)
    population = Population(unit=unit, units=3, passage="learned", afferents="all", receives=receives, passage_bias=0.3)
    reservoir = Reservoir.build([population], inputs=INPUTS, targets=ACTIONS + 1, seed=1)
    shape = np.shape(reservoir.weights[0].unit["target_w"])
    unit_weights = reservoir.weights[0].unit | {"target_w": np.random.default_rng(2).normal(size=shape)}
    return reservoir.replace(weights=(reservoir.weights[0].replace(unit=unit_weights),))


def _lived(reservoir: Reservoir, learner: NativeLearner, stretches: int = 2):
    rng = np.random.default_rng(0)
    stream = Stream(reservoir, ENVS, learner.history)
    for stretch in range(stretches):
        scores = []
        for step in range(STEPS):
            begins = (rng.random(ENVS) < 0.2) | (step + stretch == 0)
            scores.append(stream.step(rng.normal(size=(ENVS, INPUTS)), begins))
        recording = stream.recording()
        yield recording, np.stack(scores, axis=2).reshape(3, ACTIONS + 1, -1)


@pytest.mark.parametrize("receives", ["inputs", "all"])
@pytest.mark.parametrize("name", CASES)
def test_windows_give_the_outputs_of_live_steps(name, receives):
    reservoir = _reservoir(CASES[name], receives)
    learner = NativeLearner(reservoir, 0.5)
    for recording, scores in _lived(learner.reservoir, learner):
        learner.give(recording)
        np.testing.assert_allclose(learner.scores(np.array([[0, STEPS * ENVS]])), scores, atol=2e-5)
        np.testing.assert_allclose(
            learner.scores(np.array([[2, 3], [30, 4]])), scores[..., [2, 3, 4, 30, 31, 32, 33]], atol=2e-5
        )


def test_what_is_broadcast_is_the_policy_gradient():
    """By every weight of every unit, against finite differences of the whole loss in terms of all units together."""
    reservoir = _reservoir({"before_start": "masked"})
    learner = NativeLearner(reservoir, 0.5)
    (recording, scores), *_ = _lived(learner.reservoir, learner, 1)
    rng, lanes = np.random.default_rng(3), STEPS * ENVS
    acting = Choice(Discrete(ACTIONS))
    actions = rng.integers(0, ACTIONS, lanes)
    before = acting.log_probability(scores[:, :-1].sum(0), actions) + 0.3 * rng.normal(size=lanes)
    taken = Taken(actions, None, before, rng.normal(size=lanes), rng.normal(size=lanes))
    whole = np.array([[0, lanes]])

    def loss(learner: NativeLearner) -> float:
        learner.give(recording)
        now = learner.scores(whole).astype(np.float64)
        total, value = now[:, :-1].sum(0), now[:, -1].sum(0)
        logs = total - np.log(np.exp(total).sum(0))
        ratio = np.exp(logs[actions, np.arange(lanes)] - before)
        gain = np.minimum(ratio * taken.advantages, np.clip(ratio, 0.8, 1.2) * taken.advantages)
        entropy = -(np.exp(logs) * logs).sum(0)
        uneven = -logs.mean(0)
        return float((-gain - 0.1 * entropy + 0.3 * uneven + 0.25 * (value - taken.returns) ** 2).mean())

    learner.give(recording)
    error = errors(acting, learner.scores(whole), taken, Settings(0.2, 0.1, 0.5, 0.3)).error
    (found,) = learner.gradients(whole, error)
    weights = reservoir.weights[0]
    for name, gradient in found.items():
        if name in ("wo", "bo"):
            assert not gradient.any()
            continue
        group = "passage" if name in weights.passage else "unit"
        original = np.asarray(getattr(weights, group)[name])
        for _ in range(6):
            place = tuple(rng.integers(0, size) for size in original.shape)
            sides = []
            for sign in (1, -1):
                moved = original.copy()
                moved[place] += sign * 4e-3
                changed = weights.replace(**{group: getattr(weights, group) | {name: moved}})
                sides.append(loss(NativeLearner(reservoir.replace(weights=(changed,)), 0.5)))
            slope = (sides[0] - sides[1]) / 8e-3
            np.testing.assert_allclose(gradient[(place[-1], *place[:-1])], slope, atol=1.5e-3, rtol=0.02)


def test_frozen_units_keep_all_but_their_heads():
    learner = NativeLearner(_reservoir({}), 0.5, frozen=True)
    before = learner.reservoir.weights[0]
    (recording, _), *_ = _lived(learner.reservoir, learner, 1)
    learner.give(recording)
    learner.learn(np.array([[0, 35]]), np.random.default_rng(0).normal(size=(ACTIONS + 1, 35)), 0.1)
    after = learner.reservoir.weights[0]
    for name, value in (after.unit | after.passage).items():
        same = np.array_equal(value, (before.unit | before.passage)[name])
        assert same == (name not in ("target_w", "target_b")), name
