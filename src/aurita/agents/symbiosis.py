"""Symbiosis: how much worse what was done would have been likely without a unit, and without two of them.

The help of a unit is the mean, while it learns, of `A (1 - pi_without(a) / pi(a))`: what an action was worth, times how
much less likely it would have been had the unit been silent. Units with help above zero are mutualists, those below it
parasites. A unit helps another by what it adds where that one does harm, which has a direction. Two units need each
other where silencing either costs what silencing both does, and stand in for each other where only both cost.
"""

import numpy as np

from aurita._typing import Float
from aurita.agents._acting import Acting

_LANES = 512
_RATIO = np.log(10.0)


class Symbiosis:
    """Means over all that was done while learning.

    Attributes:
        help: of each unit.
        pairs: what silencing both costs, less what silencing each costs; symmetric, zeros on the diagonal. Above zero
            two units stand in for each other, below it they need each other.
        helps: what a unit (row) added in those lanes in which another (column) did harm; on the diagonal its own harm.
        size: root mean square of what each unit outputs, the mean over the actions left out.
        divergence: of the actions' chances with the unit from those without it (Kullback-Leibler), by what was drawn.
        count: lanes that the means are of.
    """

    def __init__(self, units: int) -> None:
        self.count = 0.0
        self.help, self.size, self.divergence = (np.zeros(units) for _ in range(3))
        self.pairs, self.helps = np.zeros((units, units)), np.zeros((units, units))

    def add(
        self,
        acting: Acting,
        scores: Float[np.ndarray, "unit output lane"],
        actions: np.ndarray,
        advantages: Float[np.ndarray, "lane"],
    ) -> Float[np.ndarray, "unit"]:
        """Take in the units' scores, value left out, and what came of them; the helps of these lanes alone."""
        lanes = np.linspace(0, scores.shape[2] - 1, min(scores.shape[2], _LANES)).astype(int)
        scores, actions, advantages = scores[..., lanes], actions[..., lanes], advantages[lanes]
        total = scores.sum(0)
        now = acting.log_probability(total, actions)

        def without(parts: Float[np.ndarray, "*some output lane"]) -> Float[np.ndarray, "*some lane"]:
            return np.clip(acting.log_probability(total - parts, actions) - now, -_RATIO, _RATIO)

        alone = without(scores)
        lane_helps = advantages * (1 - np.exp(alone))
        found = lane_helps.mean(1)
        both = np.stack([(advantages * (1 - np.exp(without(scores + one)))).mean(1) for one in scores])
        pairs = both - found[:, None] - found[None, :]
        np.fill_diagonal(pairs, 0)
        own = scores - scores.mean(1, keepdims=True) if scores.shape[1] > 1 else scores
        self.count += len(lanes)
        share = len(lanes) / self.count
        for name, new in {
            "help": found,
            "pairs": pairs,
            "helps": lane_helps @ (lane_helps < 0).T / len(lanes),
            "size": (own**2).mean((1, 2)) ** 0.5,
            "divergence": -alone.mean(1),
        }.items():
            setattr(self, name, getattr(self, name) + share * (new - getattr(self, name)))
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """As plain arrays, to be saved."""
        return {name: getattr(self, name) for name in ("count", "help", "pairs", "helps", "size", "divergence")}

    @staticmethod
    def of(arrays: dict[str, np.ndarray]) -> "Symbiosis":
        """What `arrays` gave."""
        made = Symbiosis(len(arrays["help"]))
        for name, value in arrays.items():
            setattr(made, name, value)
        return made
