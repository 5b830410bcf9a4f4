"""Environments of Gymnasium as worlds."""

import sys

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.worlds import Continuous, Discrete, GymnasiumWorld, as_world
from aurita.worlds.gymnasium_spaces import observed, size_of

gymnasium = pytest.importorskip("gymnasium")
SAME = gymnasium.vector.AutoresetMode.SAME_STEP


class Countdown(gymnasium.Env):
    """Ends after three steps and shows how many are left; the reward is the action."""

    def __init__(self, actions=None, shows=None, reward=None):
        self.action_space = actions or gymnasium.spaces.Discrete(3, start=-1)
        self.observation_space = shows or gymnasium.spaces.Discrete(4)
        self.reward = reward

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 3
        return self.left, {}

    def step(self, action):
        assert self.action_space.contains(action)
        self.left -= 1
        reward = self.reward if self.reward is not None else float(action)
        return self.left, reward, self.left == 0, False, {}


def test_copies_begin_anew_and_show_where_they_ended():
    world = as_world(Countdown, envs=2)
    assert (world.observation_size, world.actions) == (4, Discrete(3))
    seen = world.reset(0)
    for step, left in enumerate([3, 2, 1, 3, 2]):
        assert np.array_equal(seen, np.eye(4)[[left, left]])
        seen, reward, terminated, truncated = world.step([0, step % 3])
        assert np.array_equal(world.last_observation, np.eye(4)[[left - 1, left - 1]])
        assert reward.tolist() == [-1.0, step % 3 - 1]  # the space begins at -1
        assert terminated.all() == (left == 1)
        assert not truncated.any()


def _trace(world, actions):
    seen = [world.reset(5)]
    for action in actions:
        after, *rest = world.step(action)
        seen += [after, world.last_observation, *rest]
    return seen


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1"])
def test_every_way_to_name_an_environment_gives_the_same(name):
    worlds = [
        as_world(name, 3),
        as_world(lambda: gymnasium.make(name), 3),
        as_world(gymnasium.make_vec(name, 3, "sync")),
        as_world(gymnasium.make_vec(name, 3, "async", vector_kwargs={"autoreset_mode": SAME, "context": "spawn"})),
    ]
    rng = np.random.default_rng(0)
    shape = (220, 3) if isinstance(worlds[0].actions, Discrete) else (220, 3, 1)
    actions = rng.integers(0, 2, shape) if len(shape) == 2 else rng.uniform(-2, 2, shape)
    first, *others = [_trace(world, actions) for world in worlds]
    ends = [part.any() for part in first if part.dtype == bool]
    assert any(ends)
    for other in others:
        # After an end a copy that is reset goes on with its own randomness, the same in each.
        assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    for world in worlds[2:]:
        world._made_from.close()


def test_observations_of_many_parts_are_laid_side_by_side():
    s = gymnasium.spaces
    space = s.Dict(
        a=s.Tuple((s.Discrete(3, start=2), s.MultiBinary(2))), b=s.Box(-1, 1, (2, 2)), c=s.MultiDiscrete([2, 3])
    )
    assert size_of(space) == 3 + 2 + 4 + 5
    rng = np.random.default_rng(0)
    for _ in range(5):
        space.seed(int(rng.integers(1000)))
        one = space.sample()
        assert np.allclose(observed(space, one), gymnasium.spaces.flatten(space, one))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Countdown(actions=gymnasium.spaces.MultiDiscrete([2, 2])), "action space is MultiDiscrete"),
        (lambda: Countdown(actions=gymnasium.spaces.Box(0, 5, (2,), np.int32)), "Box of floating-point"),
        (lambda: Countdown(shows=gymnasium.spaces.Text(3)), "observation space is Text"),
        (lambda: "an environment", "made a str; expected an environment"),
        ("Nowhere-v3", "Gymnasium cannot make 'Nowhere-v3'"),
        (Countdown(), "the environment is a Countdown; expected an id"),
        (7, "the environment is a int; expected an id"),
    ],
)
def test_what_cannot_be_served_is_refused_when_it_is_made(make, message):
    with pytest.raises(AuritaError, match=message):
        as_world(make, 2)


def test_what_breaks_while_acting_is_named():
    world = as_world(lambda: Countdown(reward=float("nan")), 2)
    world.reset()
    with pytest.raises(AuritaError, match="copy 0 gave the reward nan"):
        world.step([0, 0])
    shows = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    with pytest.raises(AuritaError, match="NaN or infinity"):
        observed(shows, np.array([np.nan, 0]))
    with pytest.raises(AuritaError, match="shape"):
        observed(shows, np.zeros(3))
    with pytest.raises(AuritaError, match="call reset"):
        as_world(Countdown).step([0])
    with pytest.raises(AuritaError, match="value 3 of 3"):
        as_world(lambda: Countdown(shows=gymnasium.spaces.Discrete(3))).reset()


def test_vector_environments_keep_their_number_of_copies_and_need_to_begin_anew_at_once():
    world = as_world(gymnasium.make_vec("CartPole-v1", 3, "sync"), 8)
    assert world.envs == 3
    with pytest.raises(AuritaError, match="its own number of copies, 3"):
        world.copies(5)
    assert as_world("CartPole-v1", 2).copies(5).envs == 5
    with pytest.raises(AuritaError, match="SAME_STEP"):
        as_world(gymnasium.make_vec("CartPole-v1", 3, "vector_entry_point"))


def test_continuous_actions_are_cut_to_their_bounds():
    world = as_world("Pendulum-v1", 2)
    assert world.actions == Continuous((-2.0,), (2.0,))
    world.reset(0)
    far = world.step([[9.0], [-9.0]])
    world.reset(0)
    near = world.step([[2.0], [-2.0]])
    assert np.array_equal(far[0], near[0])


def test_without_gymnasium_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(AuritaError, match=r"aurita\[worlds\]"):
        GymnasiumWorld("CartPole-v1")
