"""Learning shared out among workers gives the bytes of one process."""

import pickle

import joblib
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, EchoUnit, Learning, Population, Reservoir, learn
from aurita.learning import EarlyStopping, learn_spread

RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.normal(size=(6, 30, 2)), RNG.normal(size=(6, 30, 1))
SETTINGS = Learning(objective="target", steps=12, batch=3, segment=20, input_noise=0.1)


def society(hears="earlier"):
    populations = [
        Population(unit=EchoUnit(slots=10), units=1, passage="mixed", afferents="all", hears="inputs"),
        Population(unit=AttentionUnit(slots=3, memory=4, hidden=4), units=5, passage="learned", hears=hears),
        Population(unit=AttentionUnit(slots=2, memory=4), units=4, hears="inputs"),
    ]
    return Reservoir.build(populations, inputs=2, targets=1, seed=3)


def arrays(reservoir):
    return [value for each in reservoir.weights for group in (each.unit, each.passage) for value in group.values()]


@pytest.mark.parametrize("parts", [1, 2, 7])
@pytest.mark.parametrize("only", [None, np.arange(10) % 3 != 0])
def test_the_bytes_are_those_of_one_process(parts, only):
    given = {"targets": TARGETS, "only": only, "seed": 5}
    expected, history = learn(society(), INPUTS, SETTINGS, **given)
    with joblib.parallel_config(backend="threading"):
        found, spread = learn_spread(society(), INPUTS, SETTINGS, jobs=2, parts=parts, **given)
    for one, other in zip(arrays(found), arrays(expected), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(spread.losses, history.losses)
    np.testing.assert_array_equal(spread.selected, history.selected)


def test_what_workers_receive_and_send_can_be_sent():
    learnt, _ = learn(pickle.loads(pickle.dumps(society())), INPUTS, SETTINGS, targets=TARGETS)
    again = pickle.loads(pickle.dumps(tuple(learnt.weights)))
    np.testing.assert_array_equal(again[1].unit["wq"], learnt.weights[1].unit["wq"])


def test_nobody_may_learn():
    found, history = learn_spread(society(), INPUTS, SETTINGS, targets=TARGETS, only=np.zeros(10, bool))
    np.testing.assert_array_equal(arrays(found)[0], arrays(society())[0])
    assert history.losses.shape == (0, 10)


@pytest.mark.parametrize(
    ("reservoir", "changes"),
    [(society("all"), {}), (society(), {"rule": "largest"}), (society(), {"stopping": EarlyStopping()})],
)
def test_what_needs_all_units_in_one_process_is_refused(reservoir, changes):
    settings = Learning(objective="target", steps=3, **changes)
    with pytest.raises(AuritaError, match="in one process"):
        learn_spread(reservoir, INPUTS, settings, targets=TARGETS)
