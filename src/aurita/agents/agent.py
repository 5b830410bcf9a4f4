"""An agent of small units that learn from reward alone."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from copy import copy, deepcopy
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import NamedTuple, Self
from warnings import warn

import numpy as np
from sklearn.base import BaseEstimator

from aurita._former import former_keywords
from aurita._typing import Document, Float
from aurita.agents._acting import acting_in
from aurita.agents._building import built, learner_of, recipe_of, restored_on_failure
from aurita.agents._checks import check_agent, check_finite, checked_world, scored_episodes
from aurita.agents._learner import Learner
from aurita.agents._living import Living
from aurita.agents._senses import Senses
from aurita.agents._training import improve
from aurita.agents.symbiosis import Symbiosis
from aurita.errors import AuritaError
from aurita.estimators.building import seeds
from aurita.fields import is_whole
from aurita.fields import shown as as_text
from aurita.learning.partners import Partners
from aurita.learning.stopping import units_from
from aurita.progress import at, shown, stage
from aurita.reservoir import Population
from aurita.saving import save
from aurita.worlds import World

_RECENT, _ENOUGH = 100, 20
_LONG = 1_000
_Entry = float | Float[np.ndarray, "unit"]
_ROWS = ("step", "return", "length", "entropy", "surprise", "help")


class RolloutProgress(NamedTuple):
    """How far a fit is, for `callback`.

    Attributes:
        step: of the world, all copies together.
        steps: that there will be.
        episodes: that have ended.
        mean_return: of the last hundred; NaN before the first.
    """

    step: int
    steps: int
    episodes: int
    mean_return: float


@dataclass(eq=False, repr=False)
class AgentParameters:
    """Every parameter of an agent, with its type and its default; `ReservoirAgent` says what they mean."""

    populations: Population | Sequence[Population] | None = None
    _: KW_ONLY
    units: int = 8
    memory: int = 16
    traces: int = 0
    feedback: bool | str = True
    receives: str = "inputs"
    aligned: bool = False
    envs: int = 16
    rollout: int = 64
    epochs: int = 4
    minibatches: int = 1
    learning_rate: float = 1e-2
    discount: float = 0.99
    trace: float = 0.95
    entropy: float = 0.01
    uniform: float = 0.0
    value_weight: float = 0.5
    clip: float = 0.2
    gradient_clip: float = 0.5
    decide: str = "sum"
    credit: str = "common"
    learns: str = "all"
    partners: Partners | None = None
    steps: int = 100_000
    stop_at: float | None = None
    longest_episode: int = 10_000
    random_state: object = 0
    callback: Callable[[RolloutProgress], object] | None = None
    verbose: object = None


AgentParameters.__init__.__qualname__ = "ReservoirAgent.__init__"
former_keywords(hears="receives")(AgentParameters)


class ReservoirAgent(Living, AgentParameters, BaseEstimator):
    """Units in symbiosis: each says something of every action, the sum acts, and reward alone tells how it went.

    The logits of actions (or the means of numbers) and the value are sums of what all units' own heads output. What is
    broadcast is the error of these sums, an action at a time; each unit descends its own loss, the product of what is
    broadcast with what it says. That is the policy gradient, exactly, and nothing else passes between units, nor
    through time beyond a unit's memory.

    Args:
        populations: what the units are; attention units of a `memory` by default.
        units: how many, where `populations` is None.
        memory: steps that each remembers, where `populations` is None.
        traces: of each input, forgotten over 20 to 300 steps, that units receive beside the inputs themselves, where
            `populations` is None; six reach what was seen once, long before.
        feedback: whether units receive the last action and reward beside the observation; `reward`: the reward alone.
            What slow traces keep of actions that were drawn differs from what they keep of the likeliest ones.
        receives: what units receive where `populations` is None: `inputs`, or `all`, the outputs of the others too.
            Then they can pass on what their windows do not reach, if they are aligned.
        aligned: whether passages follow, after each rollout, what the units that they receive have become: least
            squares map the new outputs of each to its old ones.
        envs: copies of the world that are lived in at once.
        rollout: steps of each between two times of learning.
        epochs: passes over what a rollout brought.
        minibatches: steps of learning a pass.
        learning_rate: at the start of a fit; it decays to zero along a line.
        discount: of later rewards.
        trace: how much of later surprises counts for an action, the lambda of advantages.
        entropy: weight of the entropy of the actions.
        uniform: weight of the divergence of even chances from those of the actions. It keeps an agent trying what it
            has given up, where an entropy has no pull any more: 0.04 where reward hangs on one choice of many.
        value_weight: weight of the value's error.
        clip: bound on the change of an action's probability in one rollout.
        gradient_clip: bound on the norm of each unit's gradient.
        decide: `sum`, or `votes`: each unit draws an action by its own logits, and the counts decide.
        credit: what each unit learns by: `common`, the advantage of all; `difference`, with votes, what its vote added;
            `own`, advantages by a critic of its own.
        learns: `all`, or `heads`: everything but the heads stays as drawn.
        partners: how units choose which sources to receive, `Partners(afferents=3)`; None: they receive all.
        steps: of the world, all copies together, in a fit.
        stop_at: mean return of the last hundred episodes at which a fit ends early.
        longest_episode: steps after which an episode that has not ended is an error.
        random_state: seed of the units, of the world and of what is drawn.
        callback: called with a `RolloutProgress` after each rollout; a fit ends where it returns True.
        verbose: True: print it, about ten times a fit; a callback for `aurita.progress.Progress`; None: a fit of more
            than two seconds shows its progress on a terminal; False: never.

    Attributes:
        reservoir_: the units, learnt.
        actions_: what may be done.
        history_: arrays by rollout: `step`, `return` and `length` (means of the episodes that ended, NaN for none),
            `entropy`, `surprise`, and `help` by unit.
        help_: of each unit, the mean while it learnt of what it added to the advantage of the actions.
        symbiosis_: `help`, `pairs`, `size`, `divergence`; see `aurita.agents.symbiosis`.
        partners_: changes of partners, rows of (step, unit, source dropped, source opened), -1 for none.
        steps_: that it has learnt from.

    Source: Schulman et al. 2017, "Proximal policy optimization algorithms".

    Example:
        >>> from aurita import ReservoirAgent
        >>> agent = ReservoirAgent(units=4, memory=4, steps=2048, discount=0.5, trace=0.5, random_state=0)
        >>> agent.fit("repeat_previous/easy").score("repeat_previous/easy", episodes=8) > -0.6
        True
    """

    def fit(self, environment: object, y: object = None) -> Self:
        """Learn from scratch.

        Args:
            environment: a world of `aurita.worlds` or its name, an id of Gymnasium, a vector environment, or a function
                that makes one environment.
            y: ignored.

        Raises:
            AuritaError: parameters or spaces that cannot be served, rewards or observations of NaN, episodes that do
                not end, units that diverge.

        Warns:
            UserWarning: no episode has ended.
        """
        check_agent(self)
        world = checked_world(environment, self.envs, self)
        with restored_on_failure(self), self._shown():
            self._draw(world)
            return self._learn(world, int(self.steps))

    def _draw(self, world: World) -> None:
        """Units as drawn, nothing known of the world yet."""
        (self.seed_,) = seeds(self.random_state, 1)
        self.actions_, self.observation_size_ = world.actions, world.observation_size
        senses, acting = Senses(world.observation_size, world.actions), acting_in(world.actions)
        self.reservoir_ = built(self, senses.size, acting.outputs + 1, self.seed_)
        self.senses_ = senses.arrays()
        self.log_deviation_ = acting.log_deviation
        self.silent_ = np.zeros(self.reservoir_.units, bool)
        self.symbiosis_ = Symbiosis(self.reservoir_.units).arrays()
        self.history_: dict[str, np.ndarray] = {}
        self.steps_ = 0
        self.optimiser_: Document | None = None
        self.partners_ = np.zeros((0, 4), np.int64)

    def partial_fit(self, environment: object, y: object = None, *, steps: int | None = None) -> Self:
        """Go on learning, or begin.

        Args:
            environment: as of `fit`, of the same observations and actions.
            y: ignored.
            steps: of the world; as many as a fit has by default.

        Raises:
            AuritaError: another kind of world.
        """
        if not hasattr(self, "reservoir_"):
            return self.fit(environment)
        check_agent(self)
        world = self._world(environment, self.envs)
        with restored_on_failure(self), self._shown():
            return self._learn(world, int(self.steps if steps is None else steps))

    def _learn(self, world: World, steps: int) -> Self:
        rng = np.random.default_rng([0x6C65, self.seed_, self.steps_])
        learner, recipe, symbiosis = self._learner(rng), recipe_of(self), Symbiosis.of(deepcopy(self.symbiosis_))
        visitor = self._visitor(world, int(rng.integers(2**31)), learner.history)
        stream, senses, acting = visitor.mind.stream, visitor.mind.senses, visitor.mind.acting
        each = world.envs * int(self.rollout)
        rollouts = max(1, -(-steps // each))
        recent, episodes = np.zeros(0), 0
        rows: list[tuple[_Entry, ...]] = []
        prints = self._prints()
        stage("learning from reward", rollouts * each)
        for number in range(rollouts):
            before, found, recording = learner.reservoir, visitor.run(self.rollout), stream.recording()
            learner.give(recording)
            rate = self.learning_rate * (1 - number / rollouts)
            step = improve(
                learner, acting, recipe, found, symbiosis, rate=rate, number=self.steps_, rng=rng, silent=self.silent_
            )
            check_finite(learner.reservoir, senses.reward_scale, self.steps_ + each)
            if self.aligned:
                learner.follow(before, recording)
            stream.reservoir = learner.reservoir
            self.steps_ += each
            recent, episodes = np.append(recent, found.returns)[-_RECENT:], episodes + len(found.returns)
            rows.append((float(self.steps_), _mean(found.returns), _mean(found.lengths), *step))
            now = RolloutProgress((number + 1) * each, rollouts * each, episodes, _mean(recent))
            at(now.step, now.steps)
            if prints and (number + 1) * 10 // rollouts > number * 10 // rollouts:
                print(f"step {now.step:>9,} of {now.steps:,}   mean return {now.mean_return:.3f}")
            stop = self.callback is not None and self.callback(now) is True
            if stop or (self.stop_at is not None and len(recent) >= _ENOUGH and now.mean_return >= self.stop_at):
                break
        if not episodes and self.steps_ >= _LONG * world.envs:
            warn(
                f"no episode has ended in {self.steps_ // world.envs} steps of each copy of the world; score and "
                "returns need episodes that end: give the world a limit of time",
                stacklevel=3,
            )
        self.reservoir_ = units_from(self.reservoir_, stream.reservoir, self.silent_)
        self.optimiser_ = learner.state()
        self.partners_ = learner.log(self.partners_)
        self.symbiosis_, self.senses_ = symbiosis.arrays(), senses.arrays()
        self.log_deviation_ = acting.log_deviation
        new = {name: np.array(column) for name, column in zip(_ROWS, zip(*rows, strict=True), strict=True)}
        self.history_ = {name: np.concatenate([self.history_.get(name, part[:0]), part]) for name, part in new.items()}
        return self

    def _shown(self) -> AbstractContextManager[None]:
        """Shows progress as `verbose` says, where that is not by lines of its own."""
        return shown(False if self._prints() else self.verbose)

    def _prints(self) -> bool:
        return isinstance(self.verbose, bool | np.bool_) and bool(self.verbose)

    def _learner(self, rng: np.random.Generator) -> Learner:
        learner = learner_of(
            self.reservoir_, self.gradient_clip, frozen=self.learns == "heads", partners=self.partners, rng=rng
        )
        if self.optimiser_ is not None:
            learner.go_on(self.optimiser_)
        return learner

    @property
    def help_(self) -> Float[np.ndarray, "unit"]:
        """Mean while learning of what each unit added to the advantage of the actions; below zero a unit did harm."""
        self._check_fitted()
        found: np.ndarray = self.symbiosis_["help"]
        return found

    def save(self, path: str | Path) -> None:
        """Write the agent to one file, for `aurita.load` to read.

        Raises:
            AuritaError: it has not learnt yet, or the folder is missing or cannot be written to.
        """
        save(self, path)

    def without(self, units: Sequence[int] | np.ndarray | int) -> Self:
        """The same agent with some units silent; it acts, and does not learn of them.

        Args:
            units: their numbers.

        Raises:
            AuritaError: no such unit, or none left.
        """
        self._check_fitted()
        count, named = self.reservoir_.units, np.atleast_1d(np.asarray(units))
        if named.size and (named.dtype.kind not in "iu" or named.min() < 0 or named.max() >= count):
            raise AuritaError(f"units are {named.tolist()}; expected numbers from 0 to {count - 1}")
        silent = self.silent_.copy()
        silent[named.astype(int)] = True
        if silent.all():
            raise AuritaError(f"all {count} units would be silent; leave one at least")
        other = copy(self)
        other.__dict__.pop("_alive", None)
        other.silent_ = silent
        return other

    def score(
        self,
        environment: object,
        y: object = None,
        *,
        episodes: int = 100,
        seed: int | None = None,
        greedy: bool = True,
    ) -> float:
        """Mean return of whole episodes.

        Args:
            environment: as of `fit`.
            y: ignored.
            episodes: how many.
            seed: of the world; one of its own by default, never that of the fit.
            greedy: by the likeliest actions, otherwise by actions drawn as a fit draws them.

        Raises:
            AuritaError: another kind of world, or no episode.
        """
        return float(np.mean(self.returns(environment, episodes=episodes, seed=seed, greedy=greedy)))

    def returns(
        self, environment: object, *, episodes: int = 100, seed: int | None = None, greedy: bool = True
    ) -> Float[np.ndarray, "episode"]:
        """Returns of whole episodes, as `score` has the mean of; as many of every copy of the world."""
        self._check_fitted()
        if not is_whole(episodes) or episodes < 1:
            raise AuritaError(f"episodes is {as_text(episodes)}; expected a whole number from 1")
        world = self._world(environment, min(int(episodes), 50))
        visitor = self._visitor(world, self.seed_ + 7919 if seed is None else seed)
        return scored_episodes(visitor, world.envs, int(episodes), greedy)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    """NaN where there are none."""
    return float(np.mean(values)) if len(values) else np.nan
