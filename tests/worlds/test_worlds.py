"""Worlds against the libraries and papers that define them, step by step."""

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.worlds import (
    LENGTHS,
    CartPole,
    Continuous,
    MemoryLength,
    Pendulum,
    RepeatPrevious,
    TMaze,
    WithNoise,
    memory_solved,
    world_named,
)

_ALL = [RepeatPrevious(), CartPole(), Pendulum(), MemoryLength(3), TMaze(3), TMaze(3, passive=True)]


def _acts(world, steps, seed=0):
    rng = np.random.default_rng(seed)
    if isinstance(world.actions, Continuous):
        return rng.uniform(-3, 3, (steps, world.envs, world.actions.size))
    return rng.integers(0, world.actions.count, (steps, world.envs))


def _played(world, actions, seed=0):
    world.reset(seed)
    return [np.concatenate([np.ravel(part) for part in world.step(action)]) for action in actions]


@pytest.mark.parametrize("world", [*_ALL, WithNoise(CartPole(), 2)], ids=lambda w: type(w).__name__)
def test_the_contract_of_a_world(world):
    world = world.copies(5)
    actions = _acts(world, 230)
    assert np.array_equal(_played(world, actions), _played(world.copies(5), actions))
    assert not np.array_equal(_played(world, actions, 1), _played(world, actions))
    seen, ends = world.reset(0), 0
    assert seen.shape == (5, world.observation_size)
    for action in actions:
        kept = seen.copy()
        after, reward, terminated, truncated = world.step(action)
        assert np.array_equal(seen, kept)  # what was handed out is not written over
        seen = after
        assert seen.shape == world.last_observation.shape == (5, world.observation_size)
        assert seen.dtype == world.last_observation.dtype == np.float32
        assert reward.shape == terminated.shape == truncated.shape == (5,)
        assert terminated.dtype == truncated.dtype == bool
        ended = terminated | truncated
        assert np.array_equal(seen[~ended], world.last_observation[~ended])
        ends += ended.sum()
    assert ends > 0


@pytest.mark.parametrize("difficulty", ["Easy", "Medium", "Hard"])
def test_repeat_previous_is_popgyms(difficulty):
    envs = pytest.importorskip("popgym.envs.repeat_previous")
    theirs = [getattr(envs, f"RepeatPrevious{difficulty}")() for _ in range(3)]
    ours = RepeatPrevious(difficulty.lower(), envs=3)
    seen = ours.reset(0)
    for episode in range(2):
        for env, suits in zip(theirs, ours._suits, strict=True):
            env.reset(seed=0)
            # Cards of these suits, in the order in which ours are dealt; popgym deals from the end.
            order = np.empty(env.deck.num_cards, dtype=int)
            for suit in range(4):
                order[suits == suit] = np.flatnonzero(env.deck.suits_idx == suit)
            env.deck.idx = order[::-1].copy()
            env.deck.discard_all()
            env.deck.deck_len = env.deck.num_cards
            env.deck.deal("player", 1)
        assert np.array_equal(seen.argmax(1), [env.deck.show("player", ["suits_idx"])[0, -1] for env in theirs])
        for action in _acts(ours, ours.cards - 1, seed=episode):
            seen, reward, terminated, truncated = ours.step(action)
            suit, expected, end, cut, _ = zip(
                *[env.step(a) for env, a in zip(theirs, action, strict=True)], strict=True
            )
            assert np.array_equal(ours.last_observation, np.eye(4)[list(suit)])
            assert np.allclose(reward, expected, atol=0, rtol=1e-12)
            assert (*terminated, *truncated) == (*end, *cut)
        assert terminated.all()


def test_a_perfect_memory_gets_one_and_a_forgetful_one_less_than_nothing():
    world = RepeatPrevious("easy", envs=200)
    seen, returns, wrong = [world.reset(1)], 0.0, 0.0
    for _ in range(51):
        answer = seen[max(len(seen) - world.back, 0)].argmax(1)
        after, reward, *_ = world.step(answer)
        seen.append(after)
        returns = returns + reward
    for action in _acts(world, 51):
        wrong = wrong + world.step(action)[1]
    assert np.allclose(returns, 1.0)
    assert abs(wrong.mean() + 0.5) < 0.02


@pytest.mark.parametrize("velocities", [True, False])
def test_the_cart_pole_is_gymnasiums(velocities):
    gymnasium = pytest.importorskip("gymnasium")
    ours = CartPole(velocities=velocities, envs=4)
    theirs = [gymnasium.make("CartPole-v1") for _ in range(4)]
    ours.reset(3)
    for env, state in zip(theirs, ours._state, strict=True):
        env.reset(seed=0)
        env.unwrapped.state = state.copy()
    shown = slice(None) if velocities else slice(None, None, 2)
    for action in _acts(ours, 200, seed=2):
        _, reward, terminated, truncated = ours.step(action)
        for copy, env in enumerate(theirs):
            expected = env.step(int(action[copy]))
            assert np.allclose(ours.last_observation[copy], expected[0][shown], rtol=1e-6, atol=1e-7)
            assert (reward[copy], terminated[copy], truncated[copy]) == expected[1:4]
            if terminated[copy]:
                env.reset()
                env.unwrapped.state = ours._state[copy].copy()


def test_a_pole_that_is_held_up_is_cut_off_at_the_limit():
    gymnasium = pytest.importorskip("gymnasium")
    ours, theirs = CartPole(velocities=True), gymnasium.make("CartPole-v1")
    seen = ours.reset(0)
    theirs.reset(seed=0)
    theirs.unwrapped.state = ours._state[0].copy()
    for _ in range(500):
        action = int(seen[0] @ [0.1, 0.3, 3.0, 1.0] > 0)
        seen, _, terminated, truncated = ours.step([action])
        expected = theirs.step(action)
        assert (terminated[0], truncated[0]) == expected[2:4]
    assert truncated[0]
    assert not terminated[0]


@pytest.mark.parametrize("velocities", [True, False])
def test_the_pendulum_is_gymnasiums(velocities):
    gymnasium = pytest.importorskip("gymnasium")
    ours = Pendulum(velocities=velocities, envs=3)
    theirs = [gymnasium.make("Pendulum-v1") for _ in range(3)]
    ours.reset(3)
    for env, state in zip(theirs, ours._state, strict=True):
        env.reset(seed=0)
        env.unwrapped.state = state.copy()
    for action in _acts(ours, 200, seed=2):
        _, reward, terminated, truncated = ours.step(action)
        for copy, env in enumerate(theirs):
            seen, expected, *ends, _ = env.step(action[copy])
            assert np.allclose(ours.last_observation[copy], seen[: ours.observation_size], atol=1e-6)
            assert reward[copy] == pytest.approx(expected, rel=1e-9)
            assert [terminated[copy], truncated[copy]] == ends
    assert truncated.all()


def _memory_chain(length, bit, actions):
    """bsuite's MemoryChain with one bit, as its source has it: (observation, reward, ended) after each action."""
    for time, action in enumerate(actions):
        shown = [1 - time / length, 0, 2 * bit - 1 if time == 0 else 0]
        ended = time == length
        yield shown, (1.0 if action == bit else -1.0) if ended else 0.0, ended


@pytest.mark.parametrize("length", [1, 2, 7])
def test_memory_length_is_bsuites(length):
    world = MemoryLength(length, envs=6)
    seen = world.reset(0)
    actions = _acts(world, length + 1)
    chains = [list(_memory_chain(length, int(first[2] > 0), actions[:, copy])) for copy, first in enumerate(seen)]
    for step, action in enumerate(actions):
        _, reward, terminated, truncated = world.step(action)
        expected = [chain[step] for chain in chains]
        assert np.allclose(world.last_observation, [e[0] for e in expected])
        assert np.array_equal(reward, [e[1] for e in expected])
        assert np.array_equal(terminated, [e[2] for e in expected])
        assert not truncated.any()
    assert terminated.all()
    assert len(LENGTHS) == 23
    assert LENGTHS[-1] == 100


def test_the_rule_of_memory_length_counts_the_mistakes_of_learning():
    rng = np.random.default_rng(0)
    guessed = rng.choice([-1.0, 1.0], 8000)
    assert not memory_solved(np.concatenate([guessed, np.ones(2000)]))  # 40 % wrong
    assert memory_solved(np.concatenate([guessed[:6000], np.ones(4000)]))  # 30 % wrong
    assert not memory_solved(np.concatenate([guessed, guessed[:2000], np.ones(9000)]))  # learnt too late
    with pytest.raises(AuritaError, match="at least one"):
        memory_solved(np.array([]))


def _passive_maze(corridor, goal, actions):
    """The passive T-maze of Ni et al. in the notation of the paper's code, one copy."""
    floor = {(x, 0) for x in range(corridor + 1)} | {(corridor, 1), (corridor, -1)}
    moves = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    x, y = 0, 0
    for t, action in enumerate(actions, start=1):
        ahead = (x + moves[action][0], y + moves[action][1])
        x, y = ahead if ahead in floor else (x, y)
        done = t >= corridor + 1
        reward = float(y == goal) if done else float(x < t) * (-1 / corridor)
        yield [0, 0] if x < corridor else [1, y], reward, done


@pytest.mark.parametrize("corridor", [1, 3])
def test_the_passive_maze_is_that_of_ni_and_others(corridor):
    world = TMaze(corridor, passive=True, envs=300)
    seen = world.reset(0)
    assert np.array_equal(np.abs(seen), np.tile([0, 1], (300, 1)))
    actions = np.where(np.random.default_rng(1).random((corridor + 1, 300)) < 0.6, 0, _acts(world, corridor + 1))
    mazes = [list(_passive_maze(corridor, int(first[1]), actions[:, copy])) for copy, first in enumerate(seen)]
    for step, action in enumerate(actions):
        _, reward, terminated, _ = world.step(action)
        assert np.array_equal(world.last_observation, [maze[step][0] for maze in mazes])
        assert np.allclose(reward, [maze[step][1] for maze in mazes])
        assert np.array_equal(terminated, [maze[step][2] for maze in mazes])


def test_the_maze_of_bakker():
    """The values of Bakker (2002), section 4.1: 011 or 110 at the start, 101, 010; 4, -0.1, -0.1 for standing still."""
    world = TMaze(2, limit=6, envs=2)
    world.reset(0)
    world._goal[:] = [1, -1]
    assert world._observe().tolist() == [[0, 1, 1], [1, 1, 0]]
    course = [
        # east, north, west, south
        ([1, 2], [-0.1, -0.1], [[0, 1, 1], [1, 1, 0]], False),
        ([0, 0], [0, 0], [[1, 0, 1], [1, 0, 1]], False),
        ([3, 2], [-0.1, 0], [[1, 0, 1], [1, 1, 0]], False),
        ([0, 0], [0, 0], [[0, 1, 0], [1, 0, 1]], False),
        ([0, 0], [-0.1, 0], [[0, 1, 0], [0, 1, 0]], False),
        ([1, 1], [4.0, -0.1], [[0, 1, 0], [0, 1, 0]], True),
    ]
    for actions, rewards, seen, ends in course:
        _, reward, terminated, truncated = world.step(actions)
        assert reward.tolist() == rewards
        assert world.last_observation.tolist() == seen
        assert terminated.tolist() == [ends, ends]
        assert not truncated.any()
    for _ in range(6):
        truncated = world.step([2, 2])[3]
    assert truncated.all()
    assert world.best_return == 4.0


def test_noise_comes_beside_and_changes_nothing():
    plain, noisy = CartPole(envs=50), WithNoise(CartPole(envs=50), 3)
    first, beside = plain.reset(4), noisy.reset(4)
    assert np.array_equal(first, beside[:, :2])
    channels = [beside[:, 2:]]
    for action in _acts(plain, 60):
        one, other = plain.step(action), noisy.step(action)
        assert np.array_equal(one[0], other[0][:, :2])
        assert np.array_equal(one[3], other[3])
        channels.append(other[0][:, 2:])
    noise = np.concatenate(channels)
    assert abs(noise.mean()) < 0.03
    assert np.allclose(np.cov(noise.T), np.eye(3), atol=0.06)


def test_what_a_world_refuses():
    for make, message in [
        (lambda: RepeatPrevious("extreme"), "expected one of easy, medium, hard"),
        (lambda: RepeatPrevious(52), "a whole number from 1 to 51"),
        (lambda: CartPole(limit=0), "limit is 0; expected an integer from 1"),
        (lambda: TMaze(True), "corridor is True"),
        (lambda: CartPole(envs=2.5), "envs is 2.5"),
        (lambda: WithNoise("cartpole", 3), "the world is a str"),
        (lambda: Continuous((1.0,), (1.0,)), "each low below its high"),
        (lambda: CartPole().step([0]), "call reset"),
        (lambda: CartPole().reset(-1), "seed is -1"),
        (lambda: world_named("cartpool"), "did you mean 'cartpole'"),
        (lambda: world_named("tmaze/3/4/5/6"), "after slashes"),
    ]:
        with pytest.raises(AuritaError, match=message):
            make()
    world = CartPole(envs=2)
    world.reset()
    for actions in ([0], [0, 2], [0.5, 0.5], [-1, 0]):
        with pytest.raises(AuritaError, match="expected"):
            world.step(actions)
    swing = Pendulum(envs=2)
    swing.reset()
    for actions in ([0.0, 1.0], [[np.nan], [0.0]], "up"):
        with pytest.raises(AuritaError, match="expected"):
            swing.step(actions)
