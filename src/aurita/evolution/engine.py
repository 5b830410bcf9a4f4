"""Spreading a population over processes and machines: chunks of a fixed size through joblib's backends.

A chunk is evaluated by the same compiled program wherever it runs, so the same seed gives the same bytes whatever the
backend and however many workers there are. Chunks come back one by one: a worker that dies costs the chunks that were
out, and they are sent again.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from aurita.errors import AuritaError, require
from aurita.evolution._protocols import GenomeLike, Pool
from aurita.evolution.evaluation import Scores, Scoring
from aurita.evolution.trials import Trials

BACKENDS = ("loky", "threading", "dask", "ray")


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Where populations are evaluated.

    Attributes:
        backend: `loky` (processes of this machine), `threading`, `dask` or `ray`.
        count: workers; with 1 and no address, everything is evaluated in this process. For Dask and Ray without an
            address it is how many are started here.
        address: of a running Dask scheduler (`tcp://host:8786`) or Ray cluster (`auto`, `ray://host:10001`).
        chunk: reservoirs that a worker is sent at a time.
        retries: how often chunks are sent again after workers were lost.

    Example:
        >>> Workers(backend="dask", address="tcp://10.0.0.1:8786").remote
        True
    """

    backend: str = "loky"
    count: int = 1
    address: str | None = None
    chunk: int = 16
    retries: int = 3

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise AuritaError(f"backend is {self.backend!r}; expected one of {', '.join(BACKENDS)}")
        if self.count < 1 or self.chunk < 2 or self.retries < 0:
            raise AuritaError(
                f"{self.count} workers, chunks of {self.chunk}, {self.retries} retries; expected at least 1, 2, 0"
            )
        if self.address is not None and self.backend in ("loky", "threading"):
            raise AuritaError(f"an address was given, and {self.backend} runs on this machine; use dask or ray")

    @property
    def remote(self) -> bool:
        """Whether anything is sent anywhere."""
        return self.count > 1 or self.backend in ("dask", "ray")

    @contextmanager
    def running(self) -> Iterator["Engine"]:
        """The engine of these workers, connected for as long as the context lasts.

        Raises:
            AuritaError: the library of the backend is not installed, or the address does not answer.
        """
        with _CONNECTED.get(self.backend, nullcontext)(self):
            yield Engine(self)


class Engine:
    """Evaluates populations on workers; made by `Workers.running`."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers

    def scores(self, genome: GenomeLike[Pool], genes: Pool, trials: Trials, reading: Scoring) -> Scores:
        """Scores of a population, whose chunks may be anywhere.

        Raises:
            AuritaError: workers were lost more often than `retries`.
        """
        size = self.workers.chunk
        count = genes.count
        padded = genes.take(np.minimum(np.arange(-(-count // size) * size), count - 1))
        if not self.workers.remote:
            return genome.scores(padded, trials, reading).take(slice(count))
        chunks = [padded.take(slice(first, first + size)) for first in range(0, count, size)]
        found = self._gathered(genome, chunks, trials, reading)
        names = Scores.__dataclass_fields__
        together = Scores(**{name: np.concatenate([getattr(part, name) for part in found]) for name in names})
        return together.take(slice(count))

    def _gathered(self, genome: GenomeLike[Pool], chunks: list[Pool], trials: Trials, reading: Scoring) -> list[Scores]:
        done: dict[int, Scores] = {}
        for _ in range(self.workers.retries + 1):
            left = [number for number in range(len(chunks)) if number not in done]
            if not left:
                break
            try:
                for number, scores in self._sent(genome, {n: chunks[n] for n in left}, trials, reading):
                    done[number] = scores
            except _lost_worker() as error:
                last: BaseException = error
        else:
            if len(done) < len(chunks):
                raise AuritaError(
                    f"workers were lost {self.workers.retries + 1} times ({type(last).__name__}); give them more "
                    "memory, use fewer workers, or a smaller chunk"
                )
        return [done[number] for number in range(len(chunks))]

    def _sent(
        self, genome: GenomeLike[Pool], chunks: dict[int, Pool], trials: Trials, reading: Scoring
    ) -> Iterator[tuple[int, Scores]]:
        from joblib import Parallel, delayed, parallel_config

        jobs = [delayed(_chunk_scores)(number, genome, chunk, trials, reading) for number, chunk in chunks.items()]
        # Ray's joblib backend is a pool of processes, which returns all results at once.
        form = "list" if self.workers.backend == "ray" else "generator_unordered"
        with parallel_config(backend=self.workers.backend, n_jobs=self.workers.count):
            yield from Parallel(return_as=form, batch_size=1, pre_dispatch="all")(jobs)


def _chunk_scores(
    number: int, genome: GenomeLike[Pool], genes: Pool, trials: Trials, reading: Scoring
) -> tuple[int, Scores]:
    return number, genome.scores(genes, trials, reading)


def _lost_worker() -> tuple[type[BaseException], ...]:
    import sys
    from concurrent.futures.process import BrokenProcessPool

    from joblib.externals.loky.process_executor import TerminatedWorkerError

    kinds: list[type[BaseException]] = [BrokenProcessPool, TerminatedWorkerError]
    if "distributed" in sys.modules:
        kinds.append(sys.modules["distributed"].scheduler.KilledWorker)
    if "ray" in sys.modules:
        exceptions = sys.modules["ray"].exceptions
        kinds += [exceptions.WorkerCrashedError, exceptions.ActorDiedError]
    return tuple(kinds)


@contextmanager
def _dask(workers: Workers) -> Iterator[None]:
    distributed = require("distributed", "dask", "spreading over Dask workers")
    with ExitStack() as stack:
        if workers.address is None:
            cluster = stack.enter_context(
                distributed.LocalCluster(n_workers=workers.count, threads_per_worker=1, dashboard_address=None)
            )
            client = distributed.Client(cluster)
        else:
            try:
                client = distributed.Client(workers.address, timeout=20)
            except (OSError, ValueError) as error:
                raise AuritaError(f"no Dask scheduler answers at {workers.address} ({error}); start one, or leave "
                                  "--address out") from None  # fmt: skip
        stack.enter_context(client)
        yield


@contextmanager
def _ray(workers: Workers) -> Iterator[None]:
    ray = require("ray", "ray", "spreading over Ray workers")
    register = require("ray.util.joblib", "ray", "spreading over Ray workers").register_ray
    options: dict[str, object] = (
        {"num_cpus": workers.count} if workers.address is None else {"address": workers.address}
    )
    try:
        ray.init(**options, include_dashboard=False if workers.address is None else None, log_to_driver=False)
    except (ConnectionError, ValueError) as error:
        raise AuritaError(f"no Ray answers at {workers.address} ({error}); start one, or leave --address out") from None
    register()
    try:
        yield
    finally:
        ray.shutdown()


_CONNECTED: dict[str, Callable[[Workers], AbstractContextManager[None]]] = {"dask": _dask, "ray": _ray}
