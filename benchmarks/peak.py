"""A learning step of 32 units on the ragged vowels, as a share of what the core can multiply and add at most.

    python benchmarks/peak.py           # wants a C compiler, and a core that nobody else uses

The peak is measured in the same run, in turn, in CPU seconds. Counted are the multiplications and additions that the
equations of the unit need at the steps that are scored, for the steps that it has lived: once forward, twice backward;
an exponential counts as one. What a kernel computes beyond that, such as polynomials, or again, does not count.
"""

import timing  # isort: skip
import ctypes
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.native.threads import set_threads
from aurita.tasks import task_named

UNITS, STEPS, ROUNDS = 32, 200, 2_000_000
UNIT = AttentionUnit(slots=6, memory=8, heads=2, hidden=8)
_FLAGS = ("-O3", "-march=native", "-mprefer-vector-width=512", "-ffp-contract=fast", "-Wno-psabi", "-shared", "-fPIC")


def peak() -> ctypes.CDLL:
    """The loop that does nothing but multiply and add."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "peak.so"
        subprocess.run(["cc", *_FLAGS, str(Path(__file__).with_suffix(".c")), "-o", str(library)], check=True)
        loop = ctypes.CDLL(str(library))
    for function in (loop.work, loop.operations):
        function.argtypes, function.restype = [ctypes.c_long], ctypes.c_double
    return loop


def operations(unit: AttentionUnit, afferents: int, outputs: int, lived: float) -> float:
    """Multiplications and additions of one unit at one scored step, forward, with so many steps in its memory."""
    slots, heads, width = unit.slots, unit.heads, unit.head_width
    keys = slots * (2 if unit.shifted_keys else 1)
    passage = 2 * afferents * slots
    query = 2 * heads * width * (slots + keys)
    scores = heads * lived * (2 * keys + 1 + 2 * slots)
    values = 2 * heads * width * slots
    seen = slots + heads * width
    return passage + query + scores + values + (2 * seen + 1) * unit.hidden + 2 * (seen + unit.hidden) * outputs


def main() -> None:
    """Print the share."""
    task = task_named("japanese_vowels")
    values = [np.asarray(one) for one in task.development.inputs]
    lengths = np.array([len(one) for one in values])
    inputs = np.zeros((len(values), lengths.max(), values[0].shape[1]))
    for row, one in enumerate(values):
        inputs[row, : len(one)] = one
    classes = np.unique(task.development.targets, return_inverse=True)[1]
    targets = np.repeat(np.eye(classes.max() + 1)[classes][:, None], inputs.shape[1], axis=1)
    scored = np.arange(inputs.shape[1]) < lengths[:, None]
    population = Population(unit=UNIT, units=UNITS, passage="learned", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=inputs.shape[2], targets=targets.shape[2], seed=0)
    settings = Learning(objective="target", loss="cross_entropy", steps=STEPS, batch=50)
    loop = peak()

    def step() -> None:
        with set_threads(1):
            learn(reservoir, inputs, settings, lengths=lengths, targets=targets, scored=scored)

    ours, most = timing.in_turn(step, lambda: loop.work(ROUNDS), repeats=5, clock=time.process_time)
    fastest = loop.operations(ROUNDS) / most
    lived = np.minimum(np.arange(inputs.shape[1]) + 1, UNIT.memory)
    each = operations(
        UNIT, inputs.shape[2], targets.shape[2], float(np.broadcast_to(lived, scored.shape)[scored].mean())
    )
    needed = 3 * each * UNITS * STEPS * settings.batch * lengths.mean()
    print(f"the core does {fastest / 1e9:.0f} thousand million operations a second at most")
    print(
        f"a learning step of {UNITS} units: {1e3 * ours / STEPS:.2f} ms, {each:.0f} operations a unit and step forward"
    )
    print(f"{needed / ours / 1e9:.1f} thousand million a second, {100 * needed / ours / fastest:.0f} % of the peak")


if __name__ == "__main__":
    main()
