"""What an evolved reservoir has to beat: random ones, tuned with as many evaluations.

Two ways to spend them. `tuned_random` looks for the best hyper-parameters; the reservoirs that it answers for are
drawn anew. `RandomSearch` keeps the best single reservoir of all that were drawn, which is the stronger one.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita.errors import AuritaError
from aurita.evolution._protocols import GenesLike, GenomeLike
from aurita.evolution._search import Search, State, finite, storing
from aurita.evolution.engine import Engine, Workers
from aurita.evolution.evaluation import Scores, Scoring
from aurita.evolution.evolving import scored_unseen
from aurita.evolution.trials import Source, Trials, TrialSource
from aurita.progress import at, stage


@dataclass(frozen=True, kw_only=True)
class RandomSearch(Search[GenomeLike, GenesLike]):
    """Reservoirs drawn anew in every generation, as those at the start; the elite of `evolve` keeps the best.

    Attributes:
        propose: draw hyper-parameters anew as well, one set a generation.
    """

    propose: bool = True

    name: ClassVar[str] = "random"

    def init(self, genome: GenomeLike, start: GenesLike, scores: Scores, rng: np.random.Generator) -> State:
        best = np.argsort(-finite(scores.fitness), kind="stable")[: self.population]
        return {**storing(start.take(best)), "inputs": np.array(genome.channels_of(start))}

    def ask(self, genome: GenomeLike, state: State, rng: np.random.Generator) -> tuple[GenesLike, State]:
        drawn = genome.proposal(rng) if self.propose else genome
        return drawn.start(rng, self.population, int(state["inputs"])), state

    def tell(
        self, genome: GenomeLike, state: State, genes: GenesLike, scores: Scores, rng: np.random.Generator
    ) -> State:
        best = np.argsort(-finite(scores.fitness), kind="stable")
        return {**state, **storing(genes.take(best))}


@dataclass(frozen=True, eq=False)
class Tuned:
    """Hyper-parameters of random reservoirs.

    Attributes:
        genome: with the best hyper-parameters found.
        reading: with the best penalty found.
        score: mean score of random reservoirs with these, over the last round.
        evaluations: reservoirs evaluated.
        drawing: where trials came from.
    """

    genome: GenomeLike
    reading: Scoring
    score: float
    evaluations: int
    drawing: TrialSource

    def test(self, seed: int, count: int = 1, sequences: int = 2000) -> np.ndarray:
        """Scores of newly drawn random reservoirs on sequences that tuning never saw, see `TrialSource.unseen`.

        Args:
            seed: of the reservoirs and of the task.
            count: reservoirs.
            sequences: how many, where the task draws them.
        """
        fitted, unseen = self.drawing.unseen(seed, sequences)
        genes = self.genome.start(np.random.default_rng([0x72616E, seed]), count, fitted.channels)
        return scored_unseen(self.genome, genes, fitted, unseen, self.reading).score


def tuned_random(
    task: Source,
    genome: GenomeLike,
    *,
    evaluations: int = 6400,
    candidates: int = 64,
    seed: int = 0,
    trials: tuple[int, int] = (500, 250),
    task_seeds: int = 2,
    workers: Workers | None = None,
) -> Tuned:
    """Tune the hyper-parameters of random reservoirs by successive halving.

    Every round draws new reservoirs and new trials for the candidates that are left and keeps the better half, by the
    mean score; every round costs as much. Source: Jamieson and Talwalkar 2016, "Non-stochastic best arm identification
    and hyperparameter optimization".

    Args:
        task: as for `evolve`.
        genome: its neurons and kind; its `proposal` draws hyper-parameters.
        evaluations: reservoirs to evaluate in all, about.
        candidates: sets of hyper-parameters to begin with, a power of two.
        seed: of all that is random.
        trials, task_seeds: as for `evolve`.
        workers: as for `evolve`.

    Raises:
        AuritaError: candidates that are no power of two, or fewer evaluations than the rounds need.

    Example:
        >>> from aurita.evolution import Genome
        >>> tuned = tuned_random("decision", Genome(neurons=4), evaluations=16, candidates=4, trials=(50, 20))
        >>> tuned.evaluations, tuned.test(seed=1, count=3, sequences=50).shape
        (16, (3,))
    """
    rounds = candidates.bit_length() - 1
    each = evaluations // max(rounds * candidates, 1)
    if candidates < 2 or candidates & (candidates - 1) or each < 1:
        raise AuritaError(
            f"{candidates} candidates and {evaluations} evaluations; expected a power of two from 2, and at least "
            f"{max(rounds, 1) * candidates} evaluations"
        )
    drawing, rng = TrialSource(task, *trials, task_seeds), np.random.default_rng([0x74756E, seed])
    left = [(genome.proposal(rng), Scoring(penalty=float(10 ** rng.uniform(-5, 0)))) for _ in range(candidates)]
    used, score = 0, np.zeros(candidates)
    total = rounds * candidates * each
    stage("halving candidates", total)
    with (workers or Workers()).running() as engine:
        for number in range(rounds):
            drawn = drawing.draw([seed, number])
            draws = each * candidates // len(left)
            score = np.zeros(len(left))
            for place, candidate in enumerate(left):
                score[place] = _mean(engine, *candidate, draws, drawn, rng)
                used += draws
                at(used, total)
            kept = np.argsort(-score, kind="stable")[: len(left) // 2]
            left, score = [left[i] for i in kept], score[kept]
    return Tuned(*left[0], float(score[0]), used, drawing)


def _mean(
    engine: Engine, genome: GenomeLike, reading: Scoring, draws: int, trials: Trials, rng: np.random.Generator
) -> float:
    genes = genome.start(rng, draws, trials.inputs.shape[2])
    return float(finite(engine.scores(genome, genes, trials, reading).score).mean())
