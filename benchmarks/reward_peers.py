"""Recurrent PPO of sb3-contrib in the worlds of `benchmarks/reward.py`, at the same numbers of steps.

    python benchmarks/reward_peers.py WORLD [--steps 20000] [--seeds 200:203] [--set learning_rate=0.001]

It needs `pip install sb3-contrib`, which is no dependency of anything here. An LSTM of 64 cells for the policy and one
for the value, as many copies of the world and steps a rollout as our units have; rewards and observations scaled where
ours are. Returns are those of the greedy policy over 100 episodes of another seed.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
from gymnasium import spaces

from aurita.worlds import Discrete, World, world_named

COMMON = {"gamma": 0.5, "gae_lambda": 0.5, "n_steps": 64, "batch_size": 1024, "n_epochs": 8, "learning_rate": 1e-2}
SMOOTH = {
    **{"gamma": 0.99, "gae_lambda": 0.95, "n_steps": 128, "batch_size": 256, "n_epochs": 10, "learning_rate": 1e-3},
    "envs": 8,
}
SETTINGS: dict[str, dict[str, Any]] = {"repeat_previous": COMMON, "cartpole": SMOOTH, "pendulum": SMOOTH}
"""Chosen on seed 0, as ours were on seeds below 100."""


def vectorised(world: World, seed: int) -> Any:
    """A world as Stable-Baselines3 takes vectorised ones."""
    from stable_baselines3.common.vec_env import VecEnv

    class Ours(VecEnv):
        def __init__(self) -> None:
            size, actions = world.observation_size, world.actions
            box = spaces.Box(-np.inf, np.inf, (size,), np.float32)
            if isinstance(actions, Discrete):
                taken: Any = spaces.Discrete(actions.count)
            else:
                taken = spaces.Box(np.float32(actions.low), np.float32(actions.high))
            super().__init__(world.envs, box, taken)
            self.total = np.zeros(world.envs)

        def reset(self) -> np.ndarray:
            self.total[:] = 0
            return np.asarray(world.reset(seed))

        def step_async(self, actions: np.ndarray) -> None:
            self.given = actions

        def step_wait(self) -> Any:
            seen, reward, terminated, truncated = world.step(self.given)
            over = terminated | truncated
            infos: list[dict[str, Any]] = [{} for _ in over]
            self.total += reward
            for copy in np.flatnonzero(over):
                infos[copy] = {
                    "terminal_observation": world.last_observation[copy],
                    "TimeLimit.truncated": bool(truncated[copy] and not terminated[copy]),
                    "return": float(self.total[copy]),
                }
                self.total[copy] = 0
            return np.asarray(seen), np.asarray(reward, np.float32), over, infos

        def close(self) -> None: ...
        def get_attr(self, name: str, indices: Any = None) -> list[Any]:
            return [None] * world.envs

        def set_attr(self, name: str, value: Any, indices: Any = None) -> None: ...
        def env_method(self, name: str, *args: Any, indices: Any = None, **more: Any) -> list[Any]:
            return [None] * world.envs

        def env_is_wrapped(self, wrapper: Any, indices: Any = None) -> list[bool]:
            return [False] * world.envs

    return Ours()


def score(model: Any, venv: Any, envs: int, episodes: int) -> float:
    """Mean return of the greedy policy, as many episodes of every copy."""
    seen, state, begins = venv.reset(), None, np.ones(envs, bool)
    quota, found = np.full(envs, -(-episodes // envs)), []
    while quota.any():
        actions, state = model.predict(seen, state=state, episode_start=begins, deterministic=True)
        seen, _, begins, infos = venv.step(actions)
        for copy in np.flatnonzero(begins & (quota > 0)):
            quota[copy] -= 1
            found.append(infos[copy]["return"])
    return float(np.mean(found))


def main() -> None:
    """Print the return of every seed, and CPU seconds."""
    import torch
    from sb3_contrib import RecurrentPPO
    from stable_baselines3.common.vec_env import VecNormalize

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seeds", default="200:203")
    parser.add_argument("--set", action="append", default=[], help="a parameter of RecurrentPPO")
    given = parser.parse_args()
    torch.set_num_threads(1)
    how = {**SETTINGS[given.world.split("/")[0]], **{k: json.loads(v) for k, v in (s.split("=") for s in given.set)}}
    envs = int(how.pop("envs", 16))
    for seed in range(*map(int, given.seeds.split(":"))):
        begun = time.process_time()
        learnt = VecNormalize(vectorised(world_named(given.world).copies(envs), seed), gamma=how["gamma"])
        lstm = {"lstm_hidden_size": 64, "enable_critic_lstm": True}
        model = RecurrentPPO("MlpLstmPolicy", learnt, policy_kwargs=lstm, seed=seed, device="cpu", **how)
        model.learn(given.steps)
        seconds = time.process_time() - begun
        judged = VecNormalize(
            vectorised(world_named(given.world).copies(50), 10_000 + seed), training=False, norm_reward=False
        )
        judged.obs_rms = learnt.obs_rms
        size = sum(part.numel() for part in model.policy.parameters())
        value = score(model, judged, 50, 100)
        print(f"{given.world} seed {seed}: {value:.3f}, {size:,} numbers, CPU {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
