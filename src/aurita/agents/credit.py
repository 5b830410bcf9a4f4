"""Credit assignment: the error that each unit receives for the scores of all of them.

With sums one error, by the summed logits, is the whole policy gradient for every unit. With votes each unit draws an
action of its own by its own logits, and the world's is drawn from a softmax over the counted votes; each unit then
learns from its own vote, either by the advantage that is common to all, or by what its vote added to it.
"""

from typing import NamedTuple

import numpy as np

from aurita._typing import Float, Int
from aurita.agents.acting import Acting, Settings, drawn_by, log_softmax, ppo_slope, softmax, towards_even

CREDITS = ("common", "difference", "own")
DECISIONS = ("sum", "votes")
CONVICTION = 1.0
"""What a vote adds to the logit of its action."""


class Taken(NamedTuple):
    """What was done over some lanes, and what came of it; the last axis of all is the lane.

    Attributes:
        actions: taken.
        votes: of each unit; None where units do not vote.
        before: log-probabilities of the actions or, by unit, of the votes.
        advantages: of the actions; by unit where each has a critic of its own.
        returns: what the values should have been; likewise.
    """

    actions: np.ndarray
    votes: Int[np.ndarray, "unit lane"] | None
    before: np.ndarray
    advantages: np.ndarray
    returns: np.ndarray

    def at(self, lanes: Int[np.ndarray, "lane"]) -> "Taken":
        """Only some lanes."""
        return Taken(
            self.actions[..., lanes],
            None if self.votes is None else self.votes[..., lanes],
            self.before[..., lanes],
            self.advantages[..., lanes],
            self.returns[..., lanes],
        )


class Errors(NamedTuple):
    """What is broadcast, to all or to each, and the slope of log-deviations.

    Attributes:
        error: by the outputs, the last of which is the value.
        entropy: mean of the lanes.
        deviation: slope of the loss by the log-deviations.
    """

    error: np.ndarray
    entropy: float
    deviation: Float[np.ndarray, "number"]


def errors(acting: Acting, scores: Float[np.ndarray, "unit output lane"], taken: Taken, how: Settings) -> Errors:
    """What is to be broadcast for what the units say now.

    Args:
        acting: how sums become actions.
        scores: logits or means of each unit, and its value.
        taken: what was done.
        how: weights of the loss.
    """
    own = taken.returns.ndim == 2
    values = scores[:, -1] if own else scores[:, -1].sum(0)
    value_error = how.value * (values - taken.returns)
    if taken.votes is None:
        error, entropy, deviation = acting.judge(
            scores[:, :-1].sum(0), taken.actions, taken.before, taken.advantages, how
        )
    else:
        error, entropy = _of_votes(scores[:, :-1], taken, how)
        deviation = np.zeros(0)
    if error.ndim == 2 and value_error.ndim == 2:
        error = np.broadcast_to(error, (len(scores), *error.shape))
    if error.ndim == 3:
        value_error = np.broadcast_to(value_error, (len(scores), value_error.shape[-1]))
    return Errors(np.concatenate([error, value_error[..., None, :]], axis=-2).astype(np.float32), entropy, deviation)


def counted(votes: Int[np.ndarray, "unit lane"], outputs: int) -> Float[np.ndarray, "output lane"]:
    """Logits of the actions for some votes."""
    return CONVICTION * (votes[:, None, :] == np.arange(outputs)[:, None]).sum(0)


def vote(
    logits: Float[np.ndarray, "unit output lane"], rng: np.random.Generator, silent: np.ndarray
) -> tuple[Int[np.ndarray, "unit lane"], Float[np.ndarray, "output lane"]]:
    """Draw a vote of each unit; votes, and the logits of the actions. Silent units cast none, and have vote -1."""
    votes = drawn_by(softmax(logits), rng)
    votes[silent] = -1
    return votes, counted(votes, logits.shape[1])


def vote_chances(
    logits: Float[np.ndarray, "unit output lane"], votes: Int[np.ndarray, "unit lane"]
) -> Float[np.ndarray, "unit lane"]:
    """Log-probabilities of the votes."""
    found = np.take_along_axis(log_softmax(logits), np.maximum(votes, 0)[:, None], axis=1)[:, 0]
    return np.where(votes < 0, 0.0, found)


def difference(
    logits: Float[np.ndarray, "unit output lane"],
    votes: Int[np.ndarray, "unit lane"],
    actions: Int[np.ndarray, "lane"],
    advantages: Float[np.ndarray, "lane"],
) -> Float[np.ndarray, "unit lane"]:
    """Advantage of each unit's vote over one that it would have drawn anew, the others' being what they were.

        A (1 - sum_m p_u(m) pi(a | votes of others, m) / pi(a | votes))

    Source: after Foerster et al. 2018, "Counterfactual multi-agent policy gradients", in closed form.
    """
    units, outputs, _ = logits.shape
    counts, chances = counted(votes, outputs), softmax(logits)
    taken = np.eye(outputs)[actions].T
    now = (softmax(counts) * taken).sum(0)
    found = np.empty(votes.shape)
    for unit in range(units):
        others = counts - counted(votes[unit : unit + 1], outputs)
        # (vote, output, lane)
        instead = softmax(others + CONVICTION * np.eye(outputs)[..., None])
        expected = (chances[unit] * (instead * taken).sum(1)).sum(0)
        found[unit] = advantages * (1 - expected / now)
    return found


def _of_votes(
    logits: Float[np.ndarray, "unit output lane"], taken: Taken, how: Settings
) -> tuple[Float[np.ndarray, "unit output lane"], float]:
    assert taken.votes is not None
    logs = log_softmax(logits)
    chances = np.exp(logs)
    cast = (taken.votes[:, None, :] == np.arange(logits.shape[1])[:, None]).astype(float)
    change = (logs * cast).sum(1) - taken.before
    slope = ppo_slope(change, np.broadcast_to(taken.advantages, change.shape), how.clip)
    error = slope[:, None] * (cast - chances) + towards_even(logs, how)
    return error, float(-(chances * logs).sum(1).mean())
