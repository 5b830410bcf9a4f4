"""A fitted agent that acts, step by step, outside its fit."""

from typing import Self

import numpy as np

from aurita._typing import Bool, Document, Float
from aurita.agents._acting import acting_in
from aurita.agents._checks import checked_world
from aurita.agents._mind import Mind
from aurita.agents._rollouts import Visitor
from aurita.agents._senses import RunningMoments, Senses
from aurita.agents._stream import Stream
from aurita.errors import AuritaError
from aurita.reservoir import Reservoir
from aurita.worlds import Discrete, World
from aurita.worlds.spaces import Actions


class Living:
    """What an agent does once it is fitted."""

    actions_: Actions
    log_deviation_: Float[np.ndarray, "action"]
    observation_size_: int
    reservoir_: Reservoir
    seed_: int
    senses_: Document
    silent_: Bool[np.ndarray, "unit"]
    decide: str
    feedback: bool | str
    uniform: float
    discount: float
    longest_episode: int

    def reset(self, envs: int = 1) -> Self:
        """Forget everything before the next `act`."""
        self._check_fitted()
        if not hasattr(self, "_rng_now"):
            self._rng_now = np.random.default_rng([0x6C76, self.seed_])
        self._alive = self._mind(envs, self._rng_now)
        return self

    def act(
        self, observation: object, reward: object = 0.0, *, begins: object = False, greedy: bool = True
    ) -> float | np.ndarray:
        """The next action.

        Args:
            observation: of one world (external), or of several (env, external), as many as `reset` was given.
            reward: for the last action; nothing at the first.
            begins: whether an episode begins with this observation, of each of several worlds; at the first all do.
            greedy: the likeliest action, otherwise one drawn by its chance.

        Returns:
            A whole number or numbers for one world, an array for several.

        Raises:
            AuritaError: another shape.
        """
        self._check_fitted()
        try:
            given = np.atleast_1d(np.asarray(observation, np.float64))
        except (TypeError, ValueError):
            raise AuritaError(f"the observation is a {type(observation).__name__}; expected numbers") from None
        if not hasattr(self, "_alive"):
            self.reset(1 if given.ndim == 1 else len(given))
        mind, rows = self._alive, np.atleast_2d(given)
        envs = mind.stream.envs
        if rows.shape != (envs, self.observation_size_):
            raise AuritaError(
                f"the observation has shape {given.shape}; expected ({self.observation_size_},), or "
                f"({envs}, {self.observation_size_}) for as many worlds as reset was given"
            )
        rewards, anew = np.zeros(envs) + np.asarray(reward, np.float64), np.zeros(envs, bool) | np.asarray(begins, bool)
        mind.got(rewards, anew | mind.new)
        actions = mind.acting.to_world(mind.decide(rows, greedy=greedy).actions)
        if given.ndim > 1:
            return actions
        return int(actions[0]) if isinstance(self.actions_, Discrete) else actions[0]

    def watch(self, environment: object, *, steps: int = 200, seed: int = 0) -> dict[str, object]:
        """What one agent sees, says and does in one world, for pictures.

        Args:
            environment: as of `fit`.
            steps: how many, over as many episodes as they hold.
            seed: of the world.

        Returns:
            By step: `observation` (step, external), `action`, `reward`, `ended`, `value` (the discounted rewards that
            are expected), and `scores`, the logit of each unit for each action (step, unit, action). `chance` is that
            of each of several actions, or the means of numbers.
        """
        self._check_fitted()
        visitor = self._visitor(self._world(environment, 1), seed)
        found, scale = visitor.run(steps, greedy=True, learns=False), visitor.mind.senses.reward_scale
        scores = np.moveaxis(found.scores[..., 0], 2, 0)
        total = scores[:, :, :-1].sum(1)
        chance = np.exp(total - total.max(1, keepdims=True))
        return {
            "observation": found.observations[:, 0],
            "action": np.moveaxis(found.actions[..., 0], -1, 0),
            "reward": found.rewards[:, 0] * scale,
            "ended": found.ended[:, 0],
            "value": scores[:, :, -1].sum(1) * scale,
            "scores": scores[:, :, :-1],
            "chance": chance / chance.sum(1, keepdims=True) if isinstance(self.actions_, Discrete) else total,
        }

    def _check_fitted(self) -> None:
        if not hasattr(self, "reservoir_"):
            raise AuritaError("this agent has not learnt anything yet; call fit(environment) first")

    def _mind(self, envs: int, rng: np.random.Generator, history: int = 0) -> Mind:
        observed, returned = (RunningMoments.of(self.senses_[name]) for name in ("observed", "returned"))
        return Mind(
            Stream(self.reservoir_, envs, history),
            Senses(self.observation_size_, self.actions_, (observed, returned), feedback=self.feedback),
            acting_in(self.actions_, np.array(self.log_deviation_)),
            rng,
            votes=self.decide == "votes",
            silent=self.silent_,
        )

    def _world(self, environment: object, envs: int) -> World:
        """A world of the kind that the agent knows.

        Raises:
            AuritaError: another number of observations, or other actions.
        """
        world = checked_world(environment, envs, self)
        if world.observation_size != self.observation_size_ or world.actions != self.actions_:
            raise AuritaError(
                f"the world shows {world.observation_size} numbers and takes {world.actions}, the agent was fitted on "
                f"{self.observation_size_} and {self.actions_}; use a world of the same kind"
            )
        return world

    def _visitor(self, world: World, seed: int, history: int = 0) -> Visitor:
        mind = self._mind(world.envs, np.random.default_rng([0x616374, seed]), history)
        return Visitor(world, mind, seed=seed, discount=self.discount, longest=int(self.longest_episode))
