"""After a fork with JAX at work: an error at once, not a wait without end."""

import os
import subprocess
import sys

import pytest

from aurita import AuritaError
from aurita.native.library import engine_used

SCRIPT = """
import os, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
from aurita import AuritaError, ReservoirClassifier, load
X = [np.random.default_rng(0).normal(size=(6, 2)) for _ in range(4)]
model = ReservoirClassifier(units=2, summary="last").fit(X, [0, 1, 0, 1])
model.save(sys.argv[1])
asks = [lambda: model.predict(X), lambda: load(sys.argv[1]), lambda: ReservoirClassifier(units=2).fit(X, [0, 1, 0, 1])]
for ask in asks:
    child = os.fork()
    if not child:
        try:
            ask()
        except AuritaError as error:
            os._exit(7 if "spawn" in str(error) and "loky" in str(error) else 8)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(len(model.predict(X)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("engine", "children"), [("jax", "707"), ("auto", "000")])
def test_a_fork_of_a_process_with_jax_is_refused_and_one_without_goes_on(tmp_path, engine, children):
    if engine == "auto" and engine_used() != "native":
        pytest.skip("the native library was not built")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "model")],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "AURITA_ENGINE": engine},
    )
    assert done.stdout.split() == [*children, "4"], done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.timeout(300)
def test_a_fork_before_jax_is_at_work_is_fine():
    script = """
import os
import aurita.engine.running
child = os.fork()
from aurita.forking import check_process
check_process()
if not child:
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.split() == ["0"], done.stderr


SPAWNED = """
import multiprocessing, sys
import numpy as np
from aurita import ReservoirClassifier, load
X = [np.random.default_rng(0).normal(size=(6, 2)) for _ in range(4)]

def predicted(path):
    return load(path).predict(X).tolist()

if __name__ == "__main__":
    model = ReservoirClassifier(units=2, summary="last").fit(X, [0, 1, 0, 1])
    model.save(sys.argv[1])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(predicted, (sys.argv[1],)) == model.predict(X).tolist())
"""


@pytest.mark.timeout(300)
def test_spawned_processes_predict(tmp_path):
    (tmp_path / "script.py").write_text(SPAWNED)
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.split() == ["True"], done.stderr


def test_the_word_of_it(monkeypatch):
    from aurita import forking

    monkeypatch.setattr(forking, "_started", os.getpid() + 1)
    with pytest.raises(AuritaError, match=r"'spawn'.*'loky'"):
        forking.check_process()
