"""Symbiosis against its definition, lane by lane, in plain numpy."""

import numpy as np

from aurita.agents._acting import Choice
from aurita.agents.symbiosis import Symbiosis
from aurita.worlds import Discrete

ACTING = Choice(Discrete(2))


def _chance(logits, action):
    return np.exp(logits[action]) / np.exp(logits).sum()


def test_help_pairs_and_who_helps_whom_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    scores, actions = 0.4 * rng.normal(size=(3, 2, 40)), rng.integers(0, 2, 40)
    advantages = rng.normal(size=40)
    found = Symbiosis(3)
    for half in (slice(0, 20), slice(20, 40)):
        found.add(ACTING, scores[..., half], actions[half], advantages[half])

    def cost(silent, lane):
        loud = [unit for unit in range(3) if unit not in silent]
        now, without = (_chance(scores[who, :, lane].sum(0), actions[lane]) for who in ([0, 1, 2], loud))
        return advantages[lane] * (1 - without / now)

    each = np.array([[cost([unit], lane) for lane in range(40)] for unit in range(3)])
    np.testing.assert_allclose(found.help, each.mean(1))
    for one in range(3):
        for other in range(3):
            np.testing.assert_allclose(found.helps[one, other], np.where(each[other] < 0, each[one], 0).mean())
            if one != other:
                both = np.mean([cost([one, other], lane) for lane in range(40)])
                np.testing.assert_allclose(found.pairs[one, other], both - found.help[one] - found.help[other])


def test_help_has_a_direction():
    """Unit 0 speaks for what was good, unit 1 against it; unit 2 is silent."""
    scores = np.array([[[3.0], [0.0]], [[0.0], [1.0]], [[0.0], [0.0]]])
    found = Symbiosis(3)
    found.add(ACTING, scores, np.array([0]), np.array([1.0]))
    assert found.helps[0, 1] > 0
    assert not found.helps[:, [0, 2]].any()
    assert found.helps[1, 1] < 0


def test_what_was_kept_without_directions_is_made_again():
    kept = Symbiosis(2).arrays()
    del kept["helps"]
    assert not Symbiosis.of(kept).helps.any()
