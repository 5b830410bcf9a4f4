"""RepeatPrevious of POPGym (Morad et al. 2023): name the suit of a card that was dealt some steps ago."""

import numpy as np
from jaxtyping import Bool, Float32

from aurita.errors import AuritaError
from aurita.fields import is_whole
from aurita.worlds.registry import WORLDS
from aurita.worlds.simulated import Simulated
from aurita.worlds.spaces import Discrete

_SUITS, _CARDS = 4, 52
#: Per difficulty, which card is asked for, counted from the last one dealt (1), and how many decks there are.
DIFFICULTIES = {"easy": (4, 1), "medium": (32, 2), "hard": (64, 3)}


@WORLDS.register("repeat_previous")
class RepeatPrevious(Simulated):
    """Cards are dealt one a step; once `k` have been, the action names the suit of the k-th last, the newest included.

    An episode deals every card: 51, 103 or 155 steps. A right answer gives 1 / (cards - k), a wrong one as much less,
    so a perfect episode is 1, and guessing is -0.5. Before `k` cards the reward is 0. An observation is the suit, one
    of four.

    Args:
        difficulty: "easy" (k 4, one deck), "medium" (32, two) or "hard" (64, three); or another k of one deck, 1 to 51.
        envs: how many copies run side by side.

    Raises:
        AuritaError: an unknown difficulty, a `k` out of range, or `envs` no integer from 1.

    Example:
        >>> world = RepeatPrevious("easy", envs=2)
        >>> world.reset(0).shape, world.actions
        ((2, 4), Discrete(count=4))
    """

    observation_size = _SUITS
    actions = Discrete(_SUITS)

    def __init__(self, difficulty: str | int = "easy", envs: int = 1) -> None:
        super().__init__(envs)
        if difficulty not in DIFFICULTIES and not (is_whole(difficulty) and 0 < int(difficulty) < _CARDS):
            raise AuritaError(
                f"difficulty is {difficulty!r}; expected one of {', '.join(DIFFICULTIES)}, or a whole number from 1 to "
                f"{_CARDS - 1}"
            )
        self.back, decks = DIFFICULTIES.get(str(difficulty)) or (int(difficulty), 1)
        self.cards = _CARDS * decks

    def _begin(self, which: Bool[np.ndarray, "env"]) -> None:
        if which.all():
            self._suits = np.empty((self.envs, self.cards), dtype=np.int64)
            self._dealt = np.empty(self.envs, dtype=np.int64)
        deck = np.tile(np.arange(self.cards) % _SUITS, (int(which.sum()), 1))
        self._suits[which] = self.rng.permuted(deck, axis=1)
        self._dealt[which] = 1

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        copies, asked = np.arange(self.envs), self._dealt - self.back
        right = actions == self._suits[copies, np.maximum(asked, 0)]
        reward = np.where(asked < 0, 0.0, np.where(right, 1.0, -1.0) / (self.cards - self.back))
        self._dealt += 1
        return reward, self._dealt == self.cards, np.zeros(self.envs, dtype=bool)

    def _observe(self) -> Float32[np.ndarray, "env external"]:
        suits = self._suits[np.arange(self.envs), self._dealt - 1]
        return np.eye(_SUITS, dtype=np.float32)[suits]
