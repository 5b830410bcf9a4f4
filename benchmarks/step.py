"""Time of a step: nanoseconds per unit and step, its growth, and the ratio to ESNs of others with as many states.

python benchmarks/step.py            (ReservoirPy is in the extra `peers`; rclib: pip install rclib, left out without)
python benchmarks/step.py --peers    # these ratios alone
"""

import timing  # isort: skip
import sys

import jax
import numpy as np
from reservoirpy.nodes import Reservoir as Peer

from aurita import AttentionUnit, Population, Reservoir
from aurita.engine.scanning import compiled_scan
from aurita.native import kernels
from aurita.native.running import native_scan
from aurita.native.threads import set_threads
from plain_step import compiled, plain_run

UNIT = AttentionUnit(slots=4, memory=8, heads=2, hidden=16)
INPUTS = 3


def one_run(units: int, batch: int, steps: int):
    """A run that keeps the outputs of all units, as the peer keeps its states."""
    reservoir = Reservoir.build([Population(unit=UNIT, units=units)], inputs=INPUTS, seed=0)
    inputs = jax.random.normal(jax.random.key(0), (steps, INPUTS, batch))
    state = reservoir.initial_state(batch)
    return lambda: jax.block_until_ready(compiled_scan(reservoir, state, inputs, features=("output",)).features)


def native_run(units: int, batch: int, steps: int):
    """The same run by the native kernels, on one thread."""
    reservoir = Reservoir.build([Population(unit=UNIT, units=units)], inputs=INPUTS, seed=0)
    inputs = np.random.default_rng(0).normal(size=(steps, INPUTS, batch)).astype(np.float32)
    state = reservoir.initial_state(batch)

    def one() -> np.ndarray:
        with set_threads(1):
            return native_scan(reservoir, state, inputs, None, None, ("output",))[0]

    return one


def c_run(loop, units: int, batch: int, steps: int):
    """The same run by the plain C loop."""
    reservoir = Reservoir.build([Population(unit=UNIT, units=units)], inputs=INPUTS, seed=0)
    return plain_run(loop, reservoir, np.random.default_rng(0).normal(size=(steps, INPUTS, batch)))


def nanoseconds(units: int, batch: int, steps: int) -> float:
    """Median nanoseconds per unit and step of one sequence."""
    return timing.in_turn(one_run(units, batch, steps))[0] / (units * batch * steps) * 1e9


def main() -> None:
    """Print the tables."""
    if "--peers" in sys.argv:
        peers()
        return
    print("step: default form, M=8, D=4, H=2, 16 hidden, float32, one core; ns per unit and step of one sequence")
    for units, batch in ((16, 1), (100, 1), (100, 32), (1000, 1)):
        print(f"  U={units:<5} B={batch:<3} {nanoseconds(units, batch, max(500, 2_000_000 // (units * batch))):6.1f}")
    if kernels() is not None:
        print(
            "native: the same by the native kernels; a plain C loop for this one size; native over it; JAX over native"
        )
        loop = compiled()
        for units, batch in ((16, 1), (100, 1), (100, 32), (1000, 1)):
            steps = max(500, 2_000_000 // (units * batch))
            calls = (native_run(units, batch, steps), c_run(loop, units, batch, steps), one_run(units, batch, steps))
            own, plain, jaxs = timing.in_turn(*calls)
            each = units * batch * steps / 1e9
            found = f"{own / each:6.1f} {plain / each:6.1f}  {own / plain:.2f}x  {jaxs / own:.1f}x"
            print(f"  U={units:<5} B={batch:<3} {found}")
    print("growth: time of the second over the first, linear would be 2.00")
    for name, small, large in (
        ("T 2000 -> 4000 (U=100, B=8)", (100, 8, 2000), (100, 8, 4000)),
        ("U 200 -> 400 (T=1000, B=8)", (200, 8, 1000), (400, 8, 1000)),
        ("B 16 -> 32 (U=100, T=1000)", (100, 16, 1000), (100, 32, 1000)),
    ):
        first, second = timing.in_turn(one_run(*small), one_run(*large))
        print(f"  {name:<30} {second / first:.2f}")
    peers()


def peers() -> None:
    """Print the time of others over ours."""
    try:
        import rclib
    except ImportError:
        rclib = None
    print("ESNs with as many states (4 a unit, 10 % of weights not zero), B=1, in turn: their time a step over ours")
    for units in (16, 100, 1000):
        steps = 2000 if units < 1000 else 300
        inputs = np.random.default_rng(0).normal(size=(steps, INPUTS))
        peer = Peer(4 * units, sr=0.9, lr=0.3, seed=0)
        calls = {"ReservoirPy": lambda p=peer, x=inputs: p.run(x)}
        if rclib is not None:
            # It runs all steps only with a readout, of one output here, which costs little beside the states.
            model = rclib.ESN()
            model.add_reservoir(rclib.reservoirs.RandomSparse(4 * units, 0.9, 0.1, 0.3))
            model.set_readout(rclib.readouts.Ridge(1e-3, include_bias=True))
            model.fit(inputs, inputs[:, :1])
            calls["rclib"] = lambda p=model, x=inputs: p.predict(x)
        own = {"JAX": one_run(units, 1, steps)}
        if kernels() is not None:
            own["native"] = native_run(units, 1, steps)
        seconds = dict(zip([*own, *calls], timing.in_turn(*own.values(), *calls.values(), repeats=5), strict=True))
        for name in calls:
            row = ", ".join(f"{engine} {seconds[name] / seconds[engine]:.1f}x" for engine in own)
            print(f"  U={units:<5} states={4 * units:<5} {name:<12} {row}")


if __name__ == "__main__":
    main()
