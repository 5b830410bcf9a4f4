"""An agent from step to step: what it receives, decides, and remembers of what it has just done and got."""

from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.agents._acting import Acting, softmax
from aurita.agents._credit import vote
from aurita.agents._senses import Senses
from aurita.agents._stream import Stream


class Decision(NamedTuple):
    """What copies of an agent do at a step.

    Attributes:
        scores: of each unit, the value last; 0 where a unit is silent.
        actions: as they were drawn.
        votes: of each unit; None where units do not vote.
        chances: log-probabilities of the actions or, by unit, of the votes.
    """

    scores: Float[np.ndarray, "unit output env"]
    actions: np.ndarray
    votes: Int[np.ndarray, "unit env"] | None
    chances: np.ndarray


class Mind:
    """Copies of an agent, each of which begins an episode.

    Args:
        stream: of the units.
        senses: of the agent.
        acting: how sums become actions.
        rng: of what is drawn.
        votes: whether units vote.
        silent: units whose heads do not count.

    Attributes:
        new: whether nothing was decided yet.
    """

    def __init__(
        self,
        stream: Stream,
        senses: Senses,
        acting: Acting,
        rng: np.random.Generator,
        *,
        votes: bool,
        silent: Bool[np.ndarray, "unit"],
    ) -> None:
        self.stream, self.senses, self.acting = stream, senses, acting
        self.new = True
        self._rng, self._votes, self._silent = rng, votes, silent
        self._done = 0.0 * acting.encoded(acting.best(np.zeros((acting.outputs, stream.envs))))
        self.got(np.zeros(stream.envs), np.ones(stream.envs, bool))

    def got(self, reward: Float[np.ndarray, "env"], over: Bool[np.ndarray, "env"]) -> None:
        """Take in what came of the last decision, and where an episode ended with it."""
        self._reward, self._begins = reward / self.senses.reward_scale, over

    def decide(self, seen: Float[np.ndarray, "env external"], *, greedy: bool) -> Decision:
        """An action for every copy.

        Args:
            seen: of each world.
            greedy: the likeliest action; of votes, the one that most are expected for.
        """
        scores = self.stream.step(self._inputs(seen, self._begins), self._begins)
        scores[self._silent] = 0
        parts, cast = scores[:, :-1], None
        total = parts.sum(0)
        if self._votes and greedy:
            chosen, chances = softmax(parts[~self._silent]).sum(0).argmax(0), np.zeros(self.stream.envs)
        elif self._votes:
            cast, total = vote(parts, self._rng, self._silent)
            chosen, chances = self.acting.draw(total, self._rng), self.acting.log_probability(parts, cast)
        else:
            chosen = self.acting.best(total) if greedy else self.acting.draw(total, self._rng)
            chances = self.acting.log_probability(total, chosen)
        self._done, self.new = self.acting.encoded(chosen), False
        return Decision(scores, chosen, cast, chances)

    def values(
        self, seen: Float[np.ndarray, "env external"], *, goes_on: bool = False
    ) -> Float[np.ndarray, "unit env"]:
        """What each unit expects of what is seen, without a step; `goes_on` as if no episode had ended."""
        begins = self._begins & (not goes_on)
        found = self.stream.peek(self._inputs(seen, begins), begins)[:, -1]
        found[self._silent] = 0
        return found

    def _inputs(
        self, seen: Float[np.ndarray, "env external"], begins: Bool[np.ndarray, "env"]
    ) -> Float[np.ndarray, "env input"]:
        return self.senses.inputs(seen, self._done, self._reward, begins)
