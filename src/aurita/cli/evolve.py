"""`aurita evolve`: searches on several seeds, each resumable, tested on sequences that none of them saw."""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from aurita.cli._compiled import keep_compiled
from aurita.cli._models import check_new
from aurita.cli._options import Force, Log, takes
from aurita.cli._terminal import Stages, note, say, show_table, stages
from aurita.errors import AuritaError
from aurita.io import check_writable
from aurita.io.writing import check_distinct
from aurita.pictures.progress import ProgressLog, check_log

if TYPE_CHECKING:
    from aurita.evolution import Evolution, Genome, Workers

TEST_SEED = 1_000_000
Backends = Literal["loky", "threading", "dask", "ray"]
Searches = Literal["weights", "topology", "diversity", "pareto"]


@dataclass(frozen=True, kw_only=True)
class _Options:
    """What is searched for, where and how."""

    task: Annotated[str, typer.Argument(help="Name of a task, such as decision.", show_default=False)]
    neurons: Annotated[int, typer.Option(min=1, help="Neurons of a reservoir at the start.")] = 14
    most: Annotated[int | None, typer.Option(min=1, help="Neurons that it may grow to; as many if left out.")] = None
    values: Annotated[Literal["continuous", "ternary"], typer.Option(help="Values of the weights.")] = "continuous"
    search: Annotated[
        Searches | None,
        typer.Option(help="Weights, or topology where sizes or signs are to be found, if left out."),
    ] = None
    generations: Annotated[int, typer.Option(min=1, help="Generations of a search.")] = 100
    population: Annotated[int | None, typer.Option(min=4, help="Reservoirs of a generation.")] = 64
    seeds: Annotated[int, typer.Option(min=1, help="Searches, each from another seed.")] = 5
    first_seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the first search.")] = 0
    folder: Annotated[Path | None, typer.Option(help="Of checkpoints and the result; named by the task.")] = None
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the searches in the folder.")] = False
    backend: Annotated[Backends, typer.Option(help="Where populations are evaluated.")] = "loky"
    workers: Annotated[int, typer.Option(min=1, help="How many of them; 1: this process.")] = 1
    address: Annotated[str | None, typer.Option(help="Of a Dask scheduler or a Ray cluster.")] = None
    report: Annotated[Path | None, typer.Option(help="HTML page with pictures of the best search.")] = None
    force: Force = False
    log: Log = None
    baseline: Annotated[bool, typer.Option(help="Tune random reservoirs with as many evaluations.")] = True

    @property
    def place(self) -> Path:
        """Folder of checkpoints and results."""
        return self.folder or Path(f"evolved-{self.task.replace('/', '-')}-{self.neurons}")

    @property
    def strategy(self) -> str:
        """The search asked for; by default evolution strategies where only weights are to be found."""
        fixed = self.most in (None, self.neurons) and self.values == "continuous"
        return self.search or ("weights" if fixed else "topology")


@takes(_Options)
def evolve(options: _Options) -> None:
    """Evolve small reservoirs on a task, on several seeds, and test them on sequences that no search saw.

    Example: aurita evolve decision --neurons 14 --generations 100 --seeds 20
    """
    _check_places(options)
    log = None if options.log is None else ProgressLog(options.log, f"evolution on {options.task}", options.generations)
    with stages() as progress:
        progress.now("starting")
        keep_compiled()
        from aurita.evolution import EvolvedReservoir, Genome, Workers
        from aurita.evolution import evolve as search

        genome = Genome(neurons=options.neurons, most=options.most, values=options.values)
        workers = Workers(backend=options.backend, count=options.workers, address=options.address)
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        files = {seed: options.place / f"seed-{seed}.evolution" for seed in seeds}
        there = [path.name for path in files.values() if path.exists()]
        if there and not options.resume:
            raise AuritaError(
                f"{options.place} holds searches already ({', '.join(there[:3])}{', ...' if there[3:] else ''}); "
                "add --resume to go on with them, or give another --folder"
            )
        found, scores = {}, {}
        with workers.running() as engine:
            for seed, path in files.items():
                progress.now(f"seed {seed}", options.generations)
                done = _Steps(progress, log, seed)
                one = search(
                    options.task,
                    genome,
                    search=options.strategy,
                    generations=options.generations,
                    population=options.population,
                    seed=seed,
                    workers=engine,
                    checkpoint=path,
                    resume=options.resume,
                    progress=done,
                )
                found[seed], scores[seed] = one, one.test(TEST_SEED + seed)
        best = max(seeds, key=lambda seed: found[seed].score)
        EvolvedReservoir(found[best].champion, found[best].reading).save(options.place / "best.evolved")
        random = (
            _baseline(options, genome, workers, progress, found[best].evaluations, seeds) if options.baseline else None
        )
        if options.report is not None:
            progress.now("drawing the report")
            _report(options.report, options, found[best], scores[best])
    if log is not None:
        log.end(f"best on unseen sequences {max(scores.values()):.4f}")
    _show(options, found, scores, random)
    note(f"the best by its own score (seed {best}) was saved to {options.place / 'best.evolved'}")


def _check_places(options: _Options) -> None:
    """Refuse paths that cannot be written, and two that are one file, before any search."""
    folder = options.place
    if folder.exists() and not folder.is_dir():
        raise AuritaError(f"--folder {folder} is no folder; give another name")
    kept = {f"the search {path.name} of the folder": path for path in sorted(folder.glob("*.evol*"))}
    best = {"the result of the search": folder / "best.evolved"}
    check_distinct({"--report": options.report, "--log": options.log}, {**best, **kept})
    if options.report is not None:
        check_writable(options.report)
        check_new({"--report": options.report}, force=options.force or options.resume)
    if options.log is not None:
        check_log(options.log)


def _report(path: Path, options: _Options, found: "Evolution", score: float) -> None:
    """A page of pictures of one search."""
    from aurita.evolution import motifs, removed_one_by_one
    from aurita.pictures import evolved as pictures
    from aurita.pictures.paging import write_page

    fitted, unseen = found.drawing.unseen(TEST_SEED)
    drawings = [pictures.fitness.drawing(found), pictures.sizes.drawing(found), pictures.connectivity.drawing(found)]
    if (found.history["species"][:, 1] >= 0).any():
        drawings.append(pictures.species.drawing(found))
    drawings.append(pictures.topology.drawing(found.champion))
    if found.champion.sizes[0] >= 3:
        drawings.append(pictures.motif_counts.drawing(motifs(found.champion)))
    removed = removed_one_by_one(found.champion, fitted, unseen, found.reading)
    drawings.append(pictures.removals.drawing(removed))
    title = f"Evolved on {options.task}: {int(found.champion.sizes[0])} neurons, {score:.3f} on unseen sequences"
    write_page(path, title=title, drawings=drawings)
    note(f"the report was written to {path}")


def _baseline(
    options: _Options, genome: "Genome", workers: "Workers", progress: Stages, evaluations: int, seeds: range
) -> list[float]:
    from aurita.evolution import tuned_random

    progress.now(f"tuning random reservoirs of {options.neurons} with as many evaluations")
    tuned = tuned_random(options.task, genome, evaluations=max(evaluations, 384), workers=workers)
    return [float(tuned.test(TEST_SEED + seed)[0]) for seed in seeds]


def _show(
    options: _Options, found: "dict[int, Evolution]", scores: dict[int, float], random: list[float] | None
) -> None:
    rows = [
        [
            f"seed {seed}",
            f"{scores[seed]:.4f}",
            f"{one.score:.4f}",
            int(one.champion.sizes[0]),
            int(one.champion.connections[0]),
            one.evaluations,
        ]
        for seed, one in found.items()
    ]
    columns = ["search", "unseen", "own score", "neurons", "connections", "evaluations"]
    show_table(f"{options.task}, {options.strategy}, {options.generations} generations", columns, rows)
    say(_line("evolved, unseen sequences", list(scores.values())))
    if random is not None:
        say(_line(f"random {options.neurons}, tuned with as many evaluations", random))


def _line(name: str, values: list[float]) -> str:
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{name}: median {median(values):.4f}, mean {mean(values):.4f}{spread}, worst {min(values):.4f}"


class _Steps:
    """Moves a bar on by the generations done since it was last moved: a resumed search begins in the middle."""

    def __init__(self, progress: Stages, log: ProgressLog | None, seed: int) -> None:
        self._progress, self._before, self._log, self._seed = progress, 0, log, seed

    def __call__(self, generation: int, generations: int, score: float) -> None:
        self._progress.done(generation - self._before)
        self._before = generation
        if self._log is not None:
            self._log(generation, generations)
            self._log.score(f"seed {self._seed}: best of the elite", generation, score)
