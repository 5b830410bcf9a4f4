"""The whole of a search: trials newly drawn for every generation, ask, evaluate, tell, an elite, a checkpoint.

Each generation's population is scored together with the elite of those before, on the same new trials. A reservoir's
score is the mean of all its scores, less what luck may have added, so one that was lucky once does not stay. In the end
the elite is scored once more, on trials that had no say in who belongs to it.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic

import numpy as np

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.evolution import _checkpoint as checkpoints
from aurita.evolution._protocols import GenesLike, GenomeLike, Kind, Pool
from aurita.evolution._search import Search, State, stored, storing
from aurita.evolution.diversity import DiversitySearch
from aurita.evolution.engine import Engine, Workers
from aurita.evolution.evaluation import Scores, Scoring
from aurita.evolution.genes import joined
from aurita.evolution.genome import Genome
from aurita.evolution.mutation import MutationSearch
from aurita.evolution.pareto import ParetoSearch
from aurita.evolution.topology import TopologySearch
from aurita.evolution.trials import Source, TrialSource, trials_between
from aurita.evolution.weights import WeightSearch
from aurita.tasks import Split

SEARCHES: dict[str, type[Search]] = {
    kind.name: kind for kind in (WeightSearch, TopologySearch, DiversitySearch, ParetoSearch, MutationSearch)
}
"""Searches by name: `weights`, `topology`, `diversity`, `pareto`, and `mutation` for attention units."""

_ECHO = {"topology", "diversity", "pareto"}
STARTS = 64
_LUCK = 0.02
FINAL_TRIALS = 8
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, eq=False)
class Evolution(Generic[Kind, Pool]):
    """What a search found.

    Attributes:
        genome: what genomes may be.
        champion: the best of the elite, one in number, by its mean score on trials that no generation was scored on.
        score: that mean.
        elite: the best reservoirs, the champion first.
        population: what the search stood on in the end.
        history: by generation, the first draw included: `best` and `mean` score of the population, `elite` (mean score
            of the best of the elite), mean `size`, `smallest`, `largest`, `connectivity`; and `species`, rows of
            generation, species and how many reservoirs it has (species -1 where the search has none).
        evaluations: reservoirs evaluated.
        reading: how readouts were fitted.
        drawing: where trials came from.
        state: of the search, for those who want to go on.
    """

    genome: Kind
    champion: Pool
    score: float
    elite: Pool
    population: Pool
    history: dict[str, np.ndarray]
    evaluations: int
    reading: Scoring
    drawing: TrialSource
    state: State

    def test(self, seed: int = 0, sequences: int = 2000) -> float:
        """The champion's score on sequences that no generation saw, see `TrialSource.unseen`.

        Args:
            seed: of the task.
            sequences: how many, where the task draws them.

        Example:
            >>> found = evolve("decision", Genome(neurons=4), generations=2, trials=(60, 30), seed=1)
            >>> 0 <= found.test(sequences=100) <= 1
            True
        """
        fitted, unseen = self.drawing.unseen(seed, sequences)
        return float(scored_unseen(self.genome, self.champion, fitted, unseen, self.reading).score[0])


@dataclass
class _SearchState:
    """Everything that a generation leaves to the next."""

    generation: int
    state: State
    elite: GenesLike
    sums: np.ndarray
    counts: np.ndarray
    history: dict[str, np.ndarray]
    evaluations: int

    def arrays(self) -> dict[str, np.ndarray]:
        parts = {f"state.{name}": np.asarray(value) for name, value in self.state.items()}
        parts |= storing(self.elite, "elite.") | {f"history.{name}": value for name, value in self.history.items()}
        return {**parts, "sums": self.sums, "counts": self.counts}

    @staticmethod
    def of(description: Document, arrays: dict[str, np.ndarray], genome: GenomeLike) -> "_SearchState":
        parts = {
            kind: {name[len(kind) + 1 :]: value for name, value in arrays.items() if name.startswith(kind + ".")}
            for kind in ("state", "history")
        }
        return _SearchState(
            description["generation"],
            parts["state"],
            stored(genome, arrays, "elite."),
            arrays["sums"],
            arrays["counts"],
            parts["history"],
            description["evaluations"],
        )


def evolve(
    task: Source,
    genome: GenomeLike | None = None,
    *,
    search: Search | str = "weights",
    generations: int = 100,
    population: int | None = None,
    seed: int = 0,
    trials: tuple[int, int] = (500, 250),
    task_seeds: int = 2,
    reading: Scoring | None = None,
    elite: int = 8,
    workers: Workers | Engine | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Evolution:
    """Evolve reservoirs on a task.

    Args:
        task: its name, a function that makes it of a seed, or one task; see `TrialSource`.
        genome: what reservoirs may be; `Genome()`, 14 echo neurons, by default.
        search: a search, or its name: `weights`, `topology`, `diversity`, `pareto`.
        generations: how many after the first draw.
        population: reservoirs a generation, where `search` is a name; the search's own number by default.
        seed: the same seed gives the same bytes on the same machine, whatever the workers.
        trials: sequences that a readout is fitted on and scored on, per task seed and generation, newly drawn.
        task_seeds: over which a generation's scores are averaged.
        reading: how readouts are fitted and what fitness is.
        elite: reservoirs that are scored again in every generation.
        workers: where populations are evaluated; this process by default.
        checkpoint: file that is written after every generation.
        resume: go on from that file, if it is there.
        progress: called after every generation with generations done, generations, and the elite's score.

    Returns:
        The champion, the elite, the final population and the history.

    Raises:
        AuritaError: an unknown search or task, a task without one label or value a sequence, a checkpoint of other
            settings, an optional library that is missing.

    Example:
        >>> found = evolve("decision", Genome(neurons=4), search="topology", generations=3, trials=(60, 30))
        >>> found.champion.sizes.tolist(), len(found.history["best"])
        ([4], 4)
    """
    genome = Genome() if genome is None else genome
    search = search_named(search, population)
    if search.name in _ECHO and not isinstance(genome, Genome):
        raise AuritaError(
            f"the search {search.name!r} was given a {type(genome).__name__}; it changes echo neurons (Genome), "
            "attention units have 'weights' and 'mutation'"
        )
    reading, drawing = reading or Scoring(), TrialSource(task, *trials, task_seeds)
    if generations < 1 or elite < 1 or isinstance(seed, bool) or seed < 0:
        raise AuritaError(f"{generations} generations, elite {elite}, seed {seed}; expected at least 1, 1, 0")
    settings = _described(genome, search, drawing, reading, elite, seed)
    running = nullcontext(workers) if isinstance(workers, Engine) else (workers or Workers()).running()
    with running as engine:

        def scores(genes: GenesLike, generation: int, last: int = 0) -> Scores:
            return engine.scores(genome, genes, drawing.draw([seed, generation, last]), reading)

        if resume and checkpoint is not None and Path(checkpoint).is_file():
            run = _resumed(checkpoint, settings, genome, generations)
        else:
            run = _begun(genome, search, scores, drawing, seed, elite)
            _keep(checkpoint, run, settings)
        while run.generation < generations:
            run = _next(run, genome, search, scores, seed, elite)
            _keep(checkpoint, run, settings)
            if progress is not None:
                progress(run.generation, generations, float(run.history["elite"][-1]))
        final = np.mean([scores(run.elite, generations, last).score for last in range(1, FINAL_TRIALS + 1)], axis=0)
        order = np.argsort(-final, kind="stable")
    return Evolution(
        genome=genome,
        champion=run.elite.take(order[:1]),
        score=float(final[order[0]]),
        elite=run.elite.take(order),
        population=search.current(genome, run.state),
        history=run.history,
        evaluations=run.evaluations + FINAL_TRIALS * run.elite.count,
        reading=reading,
        drawing=drawing,
        state=run.state,
    )


def search_named(search: Search | str, population: int | None = None) -> Search:
    """The search of this name, with its defaults; a search that is one already is returned as it is.

    Raises:
        AuritaError: an unknown name.
    """
    if isinstance(search, Search):
        return search
    if search not in SEARCHES:
        raise AuritaError(f"search is {search!r}; expected one of {', '.join(SEARCHES)}")
    return SEARCHES[search]() if population is None else SEARCHES[search](population=population)


def scored_unseen(
    genome: GenomeLike[Pool], genes: Pool, fitted: Split, unseen: Split, reading: Scoring | None = None
) -> Scores:
    """Scores of reservoirs whose readouts are fitted on one split and scored on another."""
    return genome.scores(genes, trials_between(fitted, unseen), reading or Scoring())


def _begun(
    genome: GenomeLike, search: Search, scores: Callable[..., Scores], drawing: TrialSource, seed: int, elite: int
) -> _SearchState:
    rng = _generator(seed, 0)
    channels = drawing.draw([seed, 0, 0]).inputs.shape[2]
    start = genome.start(rng, max(STARTS, search.population), channels)
    found = scores(start, 0)
    state = search.init(genome, start, found, rng)
    chosen = np.argsort(-found.score, kind="stable")[:elite]
    run = _SearchState(0, state, start.take(chosen), found.score[chosen], np.ones(len(chosen)), {}, start.count)
    run.history = _recorded({}, 0, start, found, state, float(run.sums[0]))
    return run


def _next(
    run: _SearchState, genome: object, search: Search, scores: Callable[..., Scores], seed: int, elite: int
) -> _SearchState:
    generation = run.generation + 1
    rng = _generator(seed, generation)
    asked, state = search.ask(genome, run.state, rng)
    favourite = search.favourite(genome, run.state)
    new = asked if favourite is None else joined(asked, favourite)
    found = scores(joined(new, run.elite), generation)
    split = new.count
    state = search.tell(genome, state, asked, found.take(slice(0, asked.count)), rng)
    # The favourite and the best newcomer join the elite, whose members have one score more each.
    best = int(np.argmax(found.score[: asked.count]))
    joining = sorted({best, *range(asked.count, split)})
    candidates = joined(run.elite, new.take(joining))
    sums = np.concatenate([run.sums + found.score[split:], found.score[joining]])
    counts = np.concatenate([run.counts + 1, np.ones(len(joining))])
    order = _by_score(sums, counts)[:elite]
    sums, counts = sums[order], counts[order]
    history = _recorded(
        run.history, generation, asked, found.take(slice(0, asked.count)), state, float(sums[0] / counts[0])
    )
    return _SearchState(
        generation, state, candidates.take(order), sums, counts, history, run.evaluations + split + run.elite.count
    )


def _by_score(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The order of reservoirs by their mean scores less their likely luck, the best first.

    A reservoir scored once is the best of many by luck of about two standard errors, one percent each; luck falls with
    the root of the number of scores.
    """
    with np.errstate(invalid="ignore"):
        score = np.nan_to_num(sums / counts - _LUCK / np.sqrt(counts), nan=-np.inf, neginf=-np.inf)
    return np.argsort(-score, kind="stable")


def _recorded(
    history: dict[str, np.ndarray], generation: int, genes: GenesLike, found: Scores, state: State, elite: float
) -> dict[str, np.ndarray]:
    good = found.score[np.isfinite(found.score)]
    sizes = genes.sizes
    row = {
        "best": good.max(initial=-1.0),
        "mean": good.mean() if len(good) else -1.0,
        "elite": elite,
        "size": sizes.mean(),
        "smallest": sizes.min(),
        "largest": sizes.max(),
        "connectivity": genes.connectivity.mean(),
    }
    numbers, counts = np.unique(state.get("species", np.array([-1])), return_counts=True)
    species = np.stack([np.full(len(numbers), generation), numbers, counts], axis=1)
    after = {name: np.append(history.get(name, np.zeros(0)), float(value)) for name, value in row.items()}
    before = history.get("species", np.zeros((0, 3), np.int64))
    return {**after, "species": np.concatenate([before, species]).astype(np.int64)}


def _generator(seed: int, generation: int) -> np.random.Generator:
    return np.random.default_rng([0x65766F, seed, generation])


def _described(
    genome: GenomeLike, search: Search, drawing: TrialSource, reading: Scoring, elite: int, seed: int
) -> Document:
    """All that decides what a search finds, as plain values; how many generations it goes on for does not."""
    trials = {name: getattr(drawing, name) for name in ("name", "fitted", "scored", "seeds", "held_out")}
    described = {
        "genome": {"type": type(genome).__name__, **asdict(genome)},
        "search": {"type": search.name, **asdict(search)},
        "trials": trials,
        "reading": asdict(reading),
        "elite": elite,
        "seed": seed,
    }
    return json.loads(json.dumps(described))


def _keep(path: str | Path | None, run: _SearchState, settings: dict[str, object]) -> None:
    if path is not None:
        description = {"settings": settings, "generation": run.generation, "evaluations": run.evaluations}
        checkpoints.write(path, description, run.arrays())


def _resumed(path: str | Path, settings: Document, genome: GenomeLike, generations: int) -> _SearchState:
    description, arrays = checkpoints.read(path)
    theirs = description["settings"]
    changed = [
        f"{part}.{name}: {theirs.get(part, {}).get(name)!r} there, {value!r} here"
        for part in ("genome", "search", "trials", "reading")
        for name, value in settings[part].items()
        if theirs.get(part, {}).get(name) != value
    ]
    changed += [f"{name}: {theirs.get(name)!r} there, {settings[name]!r} here"
                for name in ("elite", "seed") if theirs.get(name) != settings[name]]  # fmt: skip
    if changed:
        raise AuritaError(
            f"{path} is of a search with other settings ({'; '.join(changed)}); resume with those, or take another file"
        )
    if description["generation"] > generations:
        raise AuritaError(
            f"{path} has {description['generation']} generations, {generations} were asked for; ask for as many or more"
        )
    return _SearchState.of(description, arrays, genome)
