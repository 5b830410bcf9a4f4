"""A society of 1,000 units that learn, shared out among two workers of one machine: CPU, bytes moved, a lost worker.

    python benchmarks/spread.py dask            # also ray, loky; on quiet cores the wall seconds count too
    python benchmarks/spread.py dask --kill     # one of the workers is killed on the way
    python benchmarks/spread.py dask --only workers --steps 400 --parts 4    # and --only one: the halves of a long run

Prints CPU seconds of one process and of each worker, wall seconds, bytes over the loopback device (those of the whole
machine, so nobody else should use it), and whether the weights are the same bytes. Ray moves data by shared memory,
which is not counted; what is sent, pickled, is printed beside.
"""

import argparse
import contextlib
import pickle
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import psutil

from aurita import AttentionUnit, EchoUnit, Learning, Population, Reservoir, learn
from aurita.learning import learn_spread

UNIT = AttentionUnit(slots=4, memory=8)


def society(units: int, steps: int):
    """Units that receive a generation of echo neurons, what they learn from, and settings."""
    populations = [
        Population(unit=EchoUnit(slots=100), units=1, passage="mixed", afferents="all", receives="inputs"),
        Population(unit=UNIT, units=units, passage="learned", afferents=16, receives="earlier"),
    ]
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(64, 200, 4)), rng.normal(size=(64, 200, 2))
    reservoir = Reservoir.build(populations, inputs=4, targets=2, seed=0)
    return reservoir, inputs, targets, Learning(objective="target", steps=steps, batch=16)


def cpu_of_children() -> dict[int, float]:
    """CPU seconds of every process below this one."""
    found = {}
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            found[child.pid] = times.user + times.system
    return found


def loopback() -> int:
    """Bytes that went over the loopback device."""
    (line,) = [line for line in Path("/proc/net/dev").read_text().splitlines() if line.strip().startswith("lo:")]
    return int(line.split()[1])


@contextlib.contextmanager
def backend(name: str, workers: int):
    """Workers that are there, and the pid of the one that may be killed."""
    if name == "dask":
        from distributed import Client, LocalCluster

        cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        with cluster, Client(cluster) as client, joblib.parallel_config("dask"):
            pids = client.run(_warm)
            yield list(pids.values())[-1]
    elif name == "ray":
        import ray
        from ray.util.joblib import register_ray

        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
        register_ray()
        with joblib.parallel_config("ray"):
            yield joblib.Parallel(n_jobs=workers)(joblib.delayed(_warm)() for _ in range(workers))[-1]
        ray.shutdown()
    else:
        with joblib.parallel_config("loky"):
            yield joblib.Parallel(n_jobs=workers)(joblib.delayed(_warm)() for _ in range(workers))[-1]


def _warm() -> int:
    """The pid of a worker that has loaded the library."""
    import os

    from aurita.native import kernels

    kernels()
    return os.getpid()


def same(one: Reservoir, other: Reservoir) -> bool:
    """Whether all weights are the same bytes."""
    pairs = zip(one.weights, other.weights, strict=True)
    return all(
        np.array_equal(np.asarray(a[name]), np.asarray(b[name]))
        for left, right in pairs
        for a, b in ((left.unit, right.unit), (left.passage, right.passage))
        for name in a
    )


def main() -> None:
    """Print a row for one process and one for the workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backend", choices=["dask", "ray", "loky"])
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=300, help="of learning")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--kill", action="store_true", help="kill a worker after a quarter of one process's time")
    parser.add_argument("--only", choices=["one", "workers"], help="run one process alone, or the workers alone")
    given = parser.parse_args()
    if given.kill and given.only:
        parser.error("--kill takes its time from one process: leave --only out")
    reservoir, inputs, targets, settings = society(given.units, given.steps)
    expected, alone, wall = None, 0.0, 0.0
    if given.only != "workers":
        start, cpu = time.perf_counter(), time.process_time()
        expected, _ = learn(reservoir, inputs, settings, targets=targets)
        alone, wall = time.process_time() - cpu, time.perf_counter() - start
        print(f"one process: {alone:.1f} CPU s, {wall:.1f} s of wall")
    sent = len(pickle.dumps((reservoir, inputs, targets, settings)))
    back = len(pickle.dumps(tuple((reservoir if expected is None else expected).weights)))
    print(f"pickled: data and drawn units {sent / 1e6:.1f} MB, learnt weights {back / 1e6:.1f} MB")
    if given.only == "one":
        return
    with backend(given.backend, given.workers) as victim:
        if given.kill:
            killer = threading.Timer(wall / 4, lambda: psutil.Process(victim).kill())
            killer.start()
        before, moved = cpu_of_children(), loopback()
        start, cpu = time.perf_counter(), time.process_time()
        found, _ = learn_spread(reservoir, inputs, settings, targets=targets, jobs=given.workers, parts=given.parts)
        own, spread_wall = time.process_time() - cpu, time.perf_counter() - start
        moved = loopback() - moved
        spent = sorted((now - before.get(pid, 0.0) for pid, now in cpu_of_children().items()), reverse=True)
    workers = ", ".join(f"{one:.1f}" for one in spent if one > 0.05 * max(spent))
    print(f"{given.backend}, {given.workers} workers, {given.parts} parts{', one killed' if given.kill else ''}:")
    times = f" ({wall / spread_wall:.2f} times)" if expected is not None else ""
    print(f"  CPU s of processes {workers}; of this one {own:.1f}; {spread_wall:.1f} s of wall{times}")
    alike = "" if expected is None else "; the same bytes" if same(found, expected) else "; OTHER BYTES"
    print(f"  {moved / 1e6:.1f} MB over loopback{alike}")


if __name__ == "__main__":
    main()
