"""A fitted agent that acts, step by step, outside its fit."""

from typing import Self

import numpy as np

from aurita._typing import Bool, Document, Float
from aurita.agents.acting import Acting, acting_in
from aurita.agents.checks import checked_world
from aurita.agents.rollouts import Visitor, decided
from aurita.agents.senses import RunningMoments, Senses
from aurita.agents.stream import Stream
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
    feedback: bool
    uniform: float
    discount: float
    longest_episode: int

    def reset(self, envs: int = 1) -> Self:
        """Forget everything before the next `act`."""
        self._check_fitted()
        self._alive = Stream(self.reservoir_, envs, 0)
        self._senses_now, self._acting_now = self._senses(), self._acting()
        self._begins = np.ones(envs, bool)
        if not hasattr(self, "_rng_now"):
            self._rng_now = np.random.default_rng([0x6C76, self.seed_])
        scores = np.zeros((self._acting_now.outputs, envs))
        self._done = 0.0 * self._acting_now.encoded(self._acting_now.best(scores))
        return self

    def act(self, observation: object, reward: object = 0.0, *, greedy: bool = True) -> float | np.ndarray:
        """The next action.

        Args:
            observation: of one world (external), or of several (env, external), as many as `reset` was given.
            reward: for the last action; nothing at the first.
            greedy: the likeliest action, otherwise one drawn by its chance.

        Returns:
            A whole number or numbers for one world, an array for several.

        Raises:
            AuritaError: another shape.
        """
        self._check_fitted()
        given = np.asarray(observation, np.float64)
        if not hasattr(self, "_alive"):
            self.reset(1 if given.ndim == 1 else len(given))
        rows, envs = np.atleast_2d(given), self._alive.envs
        if rows.shape != (envs, self.observation_size_):
            raise AuritaError(
                f"the observation has shape {given.shape}; expected ({self.observation_size_},), or "
                f"({envs}, {self.observation_size_}) for as many worlds as reset was given"
            )
        rewards = np.broadcast_to(np.asarray(reward, np.float64), (envs,)) / self._senses_now.reward_scale
        scores = self._alive.step(self._senses_now.inputs(rows, self._done, rewards, self._begins), self._begins)
        scores[self.silent_] = 0
        votes = self.decide == "votes"
        chosen = decided(self._acting_now, scores, self._rng_now, greedy=greedy, votes=votes, silent=self.silent_)[0]
        self._done, self._begins = self._acting_now.encoded(chosen), np.zeros(envs, bool)
        actions = self._acting_now.to_world(chosen)
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
            By step: `observation` (step, external), `action`, `reward`, `ended`, `value`, and `scores`, what each unit
            says of each action (step, unit, action). `chance` is that of each of several actions, or the means of
            numbers.
        """
        self._check_fitted()
        world = self._world(environment, 1)
        stream, acting = Stream(self.reservoir_, world.envs, 0), self._acting()
        found = self._visitor(world, stream, self._senses(), acting, seed).run(steps, greedy=True)
        scores = np.moveaxis(found.scores[..., 0], 2, 0)
        total = scores[:, :, :-1].sum(1)
        chance = np.exp(total - total.max(1, keepdims=True))
        return {
            "observation": found.observations[:, 0],
            "action": np.moveaxis(found.actions[..., 0], -1, 0),
            "reward": found.rewards[:, 0] * self._senses().reward_scale,
            "ended": found.ended[:, 0],
            "value": scores[:, :, -1].sum(1),
            "scores": scores[:, :, :-1],
            "chance": chance / chance.sum(1, keepdims=True) if isinstance(self.actions_, Discrete) else total,
        }

    def _check_fitted(self) -> None:
        if not hasattr(self, "reservoir_"):
            raise AuritaError("this agent has not learnt anything yet; call fit(environment) first")

    def _acting(self) -> Acting:
        return acting_in(self.actions_, np.array(self.log_deviation_))

    def _senses(self) -> Senses:
        observed, returned = (RunningMoments.of(self.senses_[name]) for name in ("observed", "returned"))
        return Senses(self.observation_size_, self.actions_, (observed, returned), feedback=bool(self.feedback))

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

    def _visitor(self, world: World, stream: Stream, senses: Senses, acting: Acting, seed: int) -> Visitor:
        return Visitor(
            world,
            stream,
            senses,
            acting,
            votes=self.decide == "votes",
            silent=self.silent_,
            seed=seed,
            discount=self.discount,
            longest=int(self.longest_episode),
        )
