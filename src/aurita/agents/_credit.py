"""Credit assignment: the error that each unit receives for the scores of all of them.

With sums one error, by the summed logits, is the whole policy gradient for every unit. With votes each unit draws an
action of its own by its own logits, and the world's is drawn from a softmax over the counted votes; each unit then
learns from its own vote, either by the advantage that is common to all, or by what its vote added to it.
"""

from typing import NamedTuple

import numpy as np

from aurita._typing import Float, Int
from aurita.agents._acting import Acting, PolicyLoss, Settings, drawn_by, softmax

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
        return Taken(*(None if part is None else part[..., lanes] for part in self))  # type: ignore[arg-type]


def errors(acting: Acting, scores: Float[np.ndarray, "unit output lane"], taken: Taken, how: Settings) -> PolicyLoss:
    """What is to be broadcast, to all or to each, for what the units output now; the last output is the value.

    Args:
        acting: how sums become actions.
        scores: logits or means of each unit, and its value.
        taken: what was done.
        how: weights of the loss.
    """
    own = taken.returns.ndim == 2
    values, parts = scores[:, -1], scores[:, :-1]
    sums, done = (parts.sum(0), taken.actions) if taken.votes is None else (parts, taken.votes)
    error, entropy, deviation = acting.policy_loss(sums, done, taken.before, taken.advantages, how)
    value_error = how.value * ((values if own else values.sum(0)) - taken.returns)[..., None, :]
    first = np.broadcast_shapes(error.shape[:-2], value_error.shape[:-2])
    both = [np.broadcast_to(part, (*first, *part.shape[-2:])) for part in (error, value_error)]
    return PolicyLoss(np.concatenate(both, axis=-2).astype(np.float32), entropy, deviation)


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
