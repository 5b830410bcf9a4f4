"""Learning shared out among workers gives the bytes of one process."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, EchoUnit, Learning, Population, Reservoir, learn
from aurita.learning import EarlyStopping, Partners, Passages, learn_spread, spread

RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.normal(size=(6, 30, 2)), RNG.normal(size=(6, 30, 1))
SETTINGS = Learning(objective="target", steps=12, batch=3, segment=20, input_noise=0.1)


def society(receives="earlier"):
    populations = [
        Population(unit=EchoUnit(slots=10), units=1, passage="mixed", afferents="all", receives="inputs"),
        Population(unit=AttentionUnit(slots=3, memory=4, hidden=4), units=5, passage="learned", receives=receives),
        Population(unit=AttentionUnit(slots=2, memory=4), units=4, receives="inputs"),
    ]
    return Reservoir.build(populations, inputs=2, targets=1, seed=3)


def arrays(reservoir):
    return [group[name] for each in reservoir.weights for group in (each.unit, each.passage) for name in sorted(group)]


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
    [
        (society("all"), {}),
        (society(), {"rule": "largest"}),
        (society(), {"stopping": EarlyStopping()}),
        (society(), {"passages": Passages(partners=Partners(afferents=2))}),
        (society(), {"passages": Passages(fan_in=2)}),
    ],
)
def test_what_needs_all_units_in_one_process_is_refused(reservoir, changes):
    settings = Learning(objective="target", steps=3, **changes)
    with pytest.raises(AuritaError, match="in one process"):
        learn_spread(reservoir, INPUTS, settings, targets=TARGETS)


@pytest.mark.parametrize("parts", [0, -1, 2.5, True])
def test_parts_that_cannot_be_are_refused(parts):
    with pytest.raises(AuritaError, match="expected a whole number from 1"):
        learn_spread(society(), INPUTS, SETTINGS, targets=TARGETS, jobs=1, parts=parts)


def test_what_comes_back_is_of_the_units_that_learnt_alone():
    share = np.array([3, 7, 8])
    taught = spread._taught((society(), INPUTS, SETTINGS, {"targets": TARGETS}), share)
    assert [unit["wq"].shape[-1] if unit else 0 for unit, _ in taught.weights] == [0, 1, 2]
    assert taught.history.losses.shape == (12, 3)


CLUSTER = """
import os, signal, threading, time
import joblib, numpy as np
from distributed import Client, LocalCluster
from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.learning import spread

def slowly(shared, share):
    time.sleep(0.3)
    return spread._taught(shared, share)

if __name__ == "__main__":
    unit = AttentionUnit(slots=2, memory=3, hidden=2)
    reservoir = Reservoir.build([Population(unit=unit, units=8, receives="inputs")], inputs=2, targets=1)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 20, 2)), rng.normal(size=(4, 20, 1))
    settings = Learning(objective="target", steps=3, batch=2)
    expected, _ = learn(reservoir, x, settings, targets=y)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        pids = client.run(os.getpid)
        threading.Timer(0.5, os.kill, (list(pids.values())[0], signal.SIGKILL)).start()
        with joblib.parallel_config("dask"):
            shared = (reservoir, x, settings, {"targets": y, "seed": 0})
            found = spread.on_workers(slowly, shared, list(np.arange(8)[:, None]), jobs=2)
    for name, value in expected.weights[0].unit.items():
        parts = np.concatenate([one.weights[0][0][name] for one in found], axis=-1)
        np.testing.assert_array_equal(parts, np.asarray(value))
    print("the same bytes")
"""


def test_a_lost_worker_of_dask_costs_its_units_alone(tmp_path):
    """Eight parts of a third of a second on two workers, of which one is killed after half a second."""
    pytest.importorskip("distributed")
    program = tmp_path / "cluster.py"
    program.write_text(CLUSTER)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120)
    assert "the same bytes" in done.stdout, done.stderr[-2000:]
