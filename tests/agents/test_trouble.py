"""Worlds that no agent can learn in, and agents in files."""

import numpy as np
import pytest

from aurita import AuritaError, ReservoirAgent, load
from aurita.worlds import Continuous, Simulated


class Line(Simulated):
    """Name a number; rewards are scaled, and an episode ends after `length` steps, if ever."""

    observation_size, actions = 1, Continuous((-1.0,), (1.0,))

    def __init__(self, envs: int = 4, *, scale: float = 1.0, length: int | None = None) -> None:
        self.scale, self.length, self.steps = scale, length, np.zeros(envs, int)
        super().__init__(envs)

    def _begin(self, which):
        self.steps[which] = 0

    def _advance(self, actions):
        self.steps += 1
        ended = self.steps == self.length
        return -self.scale * np.abs(actions[:, 0]), ended, np.zeros(self.envs, bool)

    def _observe(self):
        return np.ones((self.envs, 1), np.float32)


def agent(**changed) -> ReservoirAgent:
    return ReservoirAgent(**{"units": 2, "memory": 2, "envs": 4, "rollout": 32, "steps": 256, **changed})


def test_rewards_beyond_floating_numbers_are_named():
    with pytest.raises(AuritaError, match=r"rewards are too large|have diverged"):
        agent().fit(Line(scale=1e30, length=10))


def test_a_long_fit_without_the_end_of_an_episode_warns():
    with pytest.warns(UserWarning, match="no episode has ended in 1024 steps of each copy"):
        agent(steps=4096, rollout=256).fit(Line())


def test_an_agent_saves_itself(tmp_path):
    fitted = agent().fit(Line(length=10))
    fitted.save(tmp_path / "agent.aurita")
    seen = np.ones((1, 1), np.float32)
    acted = []
    for one in (fitted, load(tmp_path / "agent.aurita")):
        one.reset(1)
        acted.append(one.act(seen))
    assert np.array_equal(*acted)


def test_values_are_in_the_scale_of_rewards():
    seen = agent(steps=8192, discount=0.5).fit(Line(scale=100.0, length=10)).watch(Line(1, scale=100.0, length=10))
    missed = np.abs(seen["value"] - seen["reward"] / (1 - 0.5)).mean()
    assert missed < 0.5 * np.abs(seen["reward"] / (1 - 0.5)).mean() + 20


def test_a_wrong_parameter_is_complained_about_under_the_name_of_the_class():
    with pytest.raises(TypeError, match=r"ReservoirAgent\.__init__\(\) got an unexpected keyword argument 'unit'"):
        ReservoirAgent(unit=3)
