"""Workers: the same bytes wherever chunks are evaluated, and a lost one costs its chunks only."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import Genes, Genome, Scores, Scoring, TrialSource, Workers

GENOME = Genome(neurons=5)
TRIALS = TrialSource("decision", fitted=40, scored=20, seeds=1).draw([0])


def population(count=11):
    return GENOME.start(np.random.default_rng(0), count, 8)


def bytes_of(scores):
    return [getattr(scores, name).tobytes() for name in ("fitness", "score", "behaviour")]


@pytest.mark.parametrize("workers", [Workers(count=2, chunk=4), Workers(backend="threading", count=2, chunk=4)])
def test_chunks_on_workers_give_the_bytes_of_one_call(workers):
    with Workers(chunk=4).running() as engine:
        alone = engine.scores(GENOME, population(), TRIALS, Scoring())
    with workers.running() as engine:
        spread = engine.scores(GENOME, population(), TRIALS, Scoring())
    assert len(alone.fitness) == 11
    assert bytes_of(alone) == bytes_of(spread)


@dataclass(frozen=True)
class Deadly:
    """A genome whose evaluation kills its process, once or always; it notes what it evaluated."""

    folder: str
    always: bool = False

    def scores(self, genes: Genes, trials, reading) -> Scores:
        first = float(genes.bias[0, 0])
        flag = Path(self.folder, "killed")
        if first == 2.0 and (self.always or not flag.exists()):
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        Path(self.folder, f"{first}-{os.urandom(4).hex()}.done").touch()
        return Scores(genes.bias[:, 0], genes.bias[:, 0], np.zeros((genes.count, 1)))


def numbered():
    genes = population(8)
    genes.bias[:, 0] = np.arange(8)
    return genes


@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_a_lost_worker_costs_only_the_chunks_that_were_out(tmp_path):
    with Workers(count=2, chunk=2).running() as engine:
        scores = engine.scores(Deadly(str(tmp_path)), numbered(), TRIALS, Scoring())
    assert scores.fitness.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert Path(tmp_path, "killed").exists()
    assert len(list(tmp_path.glob("2.0-*.done"))) == 1


@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_workers_that_die_again_and_again_are_given_up_with_a_reason(tmp_path):
    with Workers(count=2, chunk=2, retries=1).running() as engine, pytest.raises(AuritaError, match="lost 2 times"):
        engine.scores(Deadly(str(tmp_path), always=True), numbered(), TRIALS, Scoring())


@pytest.mark.parametrize(
    "options",
    [{"backend": "mpi"}, {"count": 0}, {"chunk": 1}, {"backend": "loky", "address": "tcp://here:1"}],
)
def test_workers_that_cannot_be_are_refused(options):
    with pytest.raises(AuritaError):
        Workers(**options)
