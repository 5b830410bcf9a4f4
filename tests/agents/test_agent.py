"""Agents in small worlds: they learn, go on, are kept, act, and say what they cannot do."""

import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, EchoUnit, Population, ReservoirAgent, load, save
from aurita._kinds import kinds
from aurita.learning.partners import Partners
from aurita.native import kernels
from aurita.worlds import Continuous, Discrete, RepeatPrevious, Simulated, WithNoise

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

SMALL = {"units": 4, "memory": 4, "discount": 0.5, "trace": 0.5, "random_state": 0}


class Reach(Simulated):
    """Name the number that is shown, with some noise; an episode is five steps long, cut off or ended."""

    observation_size = 1
    actions = Continuous((-2.0,), (2.0,))
    truncates = False

    def _begin(self, which):
        if which.all():
            self.shown, self.step_number = np.zeros(self.envs), np.zeros(self.envs, int)
        self.shown[which] = self.rng.uniform(-1.5, 1.5, int(which.sum()))
        self.step_number[which] = 0

    def _advance(self, actions):
        reward = -((actions[:, 0] - self.shown) ** 2)
        self.shown = self.rng.uniform(-1.5, 1.5, self.envs)
        self.step_number += 1
        over = self.step_number == 5
        return reward, over & (not self.truncates), over & self.truncates

    def _observe(self):
        return self.shown[:, None].astype(np.float32)


class Odd(Reach):
    """Rewards of NaN, or episodes without an end."""

    def __init__(self, envs=1, kind="nan"):
        super().__init__(envs)
        self.kind = kind

    def _advance(self, actions):
        reward, over, cut = super()._advance(actions)
        if self.kind == "nan":
            return reward * np.nan, over, cut
        return reward, over & False, cut & False


@pytest.fixture(scope="module")
def agent():
    return ReservoirAgent(steps=16_384, **SMALL).fit("repeat_previous/easy")


def test_it_learns_what_no_memoryless_policy_can(agent):
    greedy, drawn = (agent.score("repeat_previous/easy", episodes=40, greedy=greedy) for greedy in (True, False))
    assert greedy > 0.9
    assert 0.6 < drawn < greedy
    with pytest.raises(AuritaError, match="episodes is 0"):
        agent.score("repeat_previous/easy", episodes=0)
    assert agent.steps_ == 16_384 == agent.history_["step"][-1]
    assert agent.history_["help"].shape == (16, 4)


def test_numbers_are_learnt():
    for truncates in (False, True):
        world = type("World", (Reach,), {"truncates": truncates})
        kept = ReservoirAgent(steps=12_000, **SMALL).fit(world)
        assert kept.score(world, episodes=50) > -0.5
        assert kept.log_deviation_.shape == (1,)


@pytest.mark.parametrize("how", [{"decide": "votes"}, {"decide": "votes", "credit": "difference"}, {"credit": "own"}])
def test_other_ways_to_act_and_to_be_credited(how):
    learnt = ReservoirAgent(steps=8_192, **SMALL, **how).fit("repeat_previous/easy")
    assert learnt.score("repeat_previous/easy", episodes=10) > -0.4
    assert np.nanmean(learnt.history_["return"][-2:]) > np.nanmean(learnt.history_["return"][:2]) + 0.1


def test_the_same_seed_gives_the_same_agent():
    one, other = (ReservoirAgent(steps=2_048, **SMALL).fit("repeat_previous/easy") for _ in range(2))
    np.testing.assert_array_equal(one.history_["return"], other.history_["return"])


def test_files_of_older_versions_name_what_units_receive_otherwise(agent):
    parts = kinds()["ReservoirAgent"].parts(agent)
    parts["parameters"]["hears"] = parts["parameters"].pop("receives")
    assert kinds()["ReservoirAgent"].made(parts).receives == agent.receives == "inputs"
    assert kinds()["Partners"].former == {"ears": "afferents"}


def test_it_is_kept_and_goes_on(agent, tmp_path):
    save(agent, tmp_path / "agent.aurita")
    kept = load(tmp_path / "agent.aurita")
    assert kept.score("repeat_previous/easy", episodes=10) == agent.score("repeat_previous/easy", episodes=10)
    for one in (kept, kept.without([0])):
        before = one.reservoir_.weights[0].unit["target_w"]
        one.partial_fit("repeat_previous/easy", steps=2_048)
        assert one.steps_ == 16_384 + 2_048
        moved = np.abs(one.reservoir_.weights[0].unit["target_w"] - before).max((0, 1))
        assert (moved > 0).tolist() == [one is kept, True, True, True]
    assert len(kept.history_["step"]) == 18


def test_silent_units_say_nothing(agent):
    lame = agent.without([0, 2])
    assert not lame.watch("repeat_previous/easy", steps=5)["scores"][:, [0, 2]].any()
    assert agent.watch("repeat_previous/easy", steps=5)["scores"][:, 0].any()
    with pytest.raises(AuritaError, match="numbers from 0 to 3"):
        agent.without([4])
    with pytest.raises(AuritaError, match="leave one"):
        agent.without([0, 1, 2, 3])


def test_step_by_step_it_does_what_it_does_in_score(agent):
    world = RepeatPrevious("easy", envs=3)
    agent.reset(3)
    seen, total, reward = world.reset(5), np.zeros(3), np.zeros(3)
    for _ in range(51):
        seen, reward, _, _ = world.step(agent.act(seen, reward))
        total += reward
    np.testing.assert_allclose(
        np.sort(total), np.sort(agent.returns(RepeatPrevious("easy", envs=3), episodes=3, seed=5))
    )
    agent.reset(3)
    first = agent.act(seen)
    agent.act(seen[::-1], reward)
    answers = agent.act(seen, 0.0, begins=[True, False, True])
    assert answers[[0, 2]].tolist() == first[[0, 2]].tolist()
    agent.reset()
    assert isinstance(agent.act(seen[0]), int)
    with pytest.raises(AuritaError, match=r"shape \(5,\)"):
        agent.act(np.zeros(5))
    with pytest.raises(AuritaError, match="expected numbers"):
        agent.act("east")


def test_it_stops_early():
    seen = []
    early = ReservoirAgent(steps=50_000, stop_at=-0.45, callback=seen.append, **SMALL).fit("repeat_previous/easy")
    assert early.steps_ < 20_000
    assert seen[-1].mean_return >= -0.45 > seen[-2].mean_return
    called = ReservoirAgent(steps=50_000, callback=lambda now: now.step >= 2_048, **SMALL).fit("repeat_previous/easy")
    assert called.steps_ == 2_048


@pytest.mark.parametrize(
    ("settings", "world", "message"),
    [
        ({"credit": "difference"}, "repeat_previous/easy", "decide='votes'"),
        ({"decide": "votes"}, Reach, "nobody can vote"),
        ({"epochs": 0}, Reach, "whole number from 1"),
        ({"learns": "none"}, Reach, "'heads'"),
        ({}, lambda: Odd(4), "reward of NaN"),
        ({"longest_episode": 50}, lambda: Odd(4, kind="endless"), "limit of time"),
        ({}, "no_such_world", "unknown"),
        ({}, lambda number: Odd(number), "called without arguments"),
        ({"populations": Population(unit=EchoUnit(slots=4), units=2)}, Reach, "no heads"),
        ({"aligned": True}, Reach, "receives='all'"),
        ({"aligned": True, "receives": "all", "learns": "heads"}, Reach, "no unit receives another that learns"),
        ({"receives": "some"}, Reach, "'all'"),
    ],
)
def test_what_cannot_be_served_is_named(settings, world, message):
    with pytest.raises(AuritaError, match=message):
        ReservoirAgent(steps=2_048, **{**SMALL, **settings}).fit(world)


def test_another_world_and_no_fit_are_named(agent):
    with pytest.raises(AuritaError, match="same kind"):
        agent.score("cartpole")
    with pytest.raises(AuritaError, match="call fit"):
        ReservoirAgent().score("cartpole")
    assert agent.actions_ == Discrete(4)


def test_partners_are_chosen_by_reward(tmp_path):
    how = {"partners": Partners(afferents=3, every=8), **SMALL}
    found = ReservoirAgent(steps=10_240, **how).fit(WithNoise(RepeatPrevious("easy", envs=16), 20))
    passages = np.asarray(found.reservoir_.weights[0].passage["matrix"])
    received = (passages != 0).any(0)
    assert (received.sum(0) == 3).all()
    changed = found.partners_[found.partners_[:, 0] > 0]
    assert len(changed) > 4
    # The first four inputs are the suits; the last of the log are open.
    assert received[:4].sum() > 4
    save(found, tmp_path / "agent.aurita")
    again = load(tmp_path / "agent.aurita").partial_fit(WithNoise(RepeatPrevious("easy", envs=16), 20), steps=2_048)
    assert again.partners_[: len(found.partners_)].tolist() == found.partners_.tolist()
    populations = Population(unit=AttentionUnit(slots=3), units=4, receives="inputs")
    with pytest.raises(AuritaError, match="afferents='all'"):
        ReservoirAgent(populations, steps=2_048, **how).fit("repeat_previous/easy")


def test_a_copy_that_goes_on_leaves_the_agent_as_it_was(agent):
    before = {name: np.array(part["squares"]) for name, part in agent.senses_.items()}
    agent.without(0).partial_fit("repeat_previous/easy", steps=1_024)
    for name, squares in before.items():
        np.testing.assert_array_equal(agent.senses_[name]["squares"], squares)


def test_drawn_actions_are_not_the_same_in_every_episode_and_depend_on_the_seed():
    def drawn(seed, episodes=2):
        agent = ReservoirAgent(steps=1, **{**SMALL, "random_state": seed}).fit("repeat_previous/easy")
        shown = np.eye(agent.observation_size_)[0]
        return [
            [agent.reset().act(shown, greedy=False)] + [agent.act(shown, greedy=False) for _ in range(19)]
            for _ in range(episodes)
        ]

    first, second = drawn(0)
    assert first != second
    assert drawn(0) == [first, second]


def test_a_fit_that_breaks_off_leaves_what_there_was(agent):
    def breaks(now):
        raise KeyboardInterrupt

    fresh = ReservoirAgent(steps=2_048, callback=breaks, **SMALL)
    with pytest.raises(KeyboardInterrupt):
        fresh.fit("repeat_previous/easy")
    with pytest.raises(AuritaError, match="call fit"):
        fresh.score("repeat_previous/easy")
    going = agent.without([])
    going.callback, score = breaks, agent.score("repeat_previous/easy", episodes=5)
    for again in (going.partial_fit, going.fit):
        with pytest.raises(KeyboardInterrupt):
            again("repeat_previous/easy")
        assert going.steps_ == 16_384
        assert going.score("repeat_previous/easy", episodes=5) == score


def test_one_that_is_fitted_anew_acts_with_its_new_units():
    seen, agent = np.zeros(4), ReservoirAgent(steps=2_048, **SMALL)
    agent.fit("repeat_previous/easy").act(seen)
    agent.set_params(random_state=1).fit("repeat_previous/easy").act(seen)
    assert agent._alive.stream.reservoir is agent.reservoir_


def test_traces_and_even_chances_solve_a_maze_that_is_longer_than_the_window():
    kept = ReservoirAgent(memory=2, traces=6, uniform=0.04, entropy=0.0, discount=0.97, envs=32, steps=30_000)
    kept.fit("tmaze/6/passive")
    assert kept.score("tmaze/6/passive", episodes=40) == 1.0
    assert [p.unit.slots for p in kept.reservoir_.populations] == [6, 6]
    assert kept.reservoir_.populations[0].units == 8
    with pytest.raises(AuritaError, match="no even chances"):
        ReservoirAgent(uniform=0.1, **SMALL).fit(Reach)


def test_without_feedback_units_do_not_receive_what_was_done():
    agent = ReservoirAgent(steps=2_048, feedback=False, **SMALL).fit("repeat_previous/easy")
    (inputs,) = [agent._mind(1, None).senses.inputs(np.ones((1, 4)), np.ones((1, 4)), np.ones(1), np.zeros(1, bool))]
    assert inputs[0, :4].any()
    assert not inputs[0, 4:].any()
    seen = np.eye(4)
    answers = [[agent.reset().act(seen[0]), agent.act(seen[1], reward)] for reward in (1.0, -1.0)]
    assert answers[0] == answers[1]


def test_units_may_receive_the_last_reward_and_not_the_last_action():
    agent = ReservoirAgent(steps=2_048, feedback="reward", **SMALL).fit("repeat_previous/easy")
    inputs = agent._mind(1, None).senses.inputs(np.ones((1, 4)), np.ones((1, 4)), np.ones(1), np.zeros(1, bool))
    assert (inputs[0, 4:8] == 0).all()
    assert inputs[0, 8] == 1
    with pytest.raises(AuritaError, match="feedback is 'action'; expected true, false or 'reward'"):
        ReservoirAgent(feedback="action", **SMALL).fit("repeat_previous/easy")


def test_aligned_units_pass_on_what_no_window_of_theirs_reaches():
    """The card of two steps before, windows of one step and slots too few to learn to relay without alignment."""
    how = {**SMALL, "units": 6, "memory": 1, "receives": "all", "steps": 24_000}
    talk, alone = (
        ReservoirAgent(**{**how, **more}).fit("repeat_previous/2")
        for more in ({"aligned": True}, {"receives": "inputs"})
    )
    scores = [agent.score("repeat_previous/2", episodes=20) for agent in (talk, alone)]
    print(scores)
    assert scores[0] > 0.5 > scores[1] + 0.5


def test_a_fit_shows_its_progress_as_its_verbosity_says(capsys, tmp_path):
    found = []
    agent = ReservoirAgent(steps=2_048, verbose=found.append, **SMALL).fit("repeat_previous/easy")
    assert {one.stage for one in found} == {"learning from reward"}
    assert [one.done for one in found] == sorted(one.done for one in found)
    assert found[-1].done == found[-1].total >= 2_048
    assert capsys.readouterr() == ("", "")
    save(agent, tmp_path / "agent")
    assert load(tmp_path / "agent").verbose is None
    ReservoirAgent(steps=2_048, verbose=True, **SMALL).fit("repeat_previous/easy")
    assert "mean return" in capsys.readouterr().out
    with pytest.raises(AuritaError, match="verbose is 'much'; expected True, False, None or a callback"):
        ReservoirAgent(verbose="much").fit("repeat_previous/easy")
