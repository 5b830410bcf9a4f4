"""`aurita study`: a study from its file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from aurita._words import counted
from aurita.cli import _terminal as terminal
from aurita.cli._compiled import keep_compiled
from aurita.cli._models import check_new
from aurita.cli._options import Force, Log
from aurita.errors import AuritaError
from aurita.io.writing import check_distinct
from aurita.pictures.progress import ProgressLog
from aurita.studies import Status, Study
from aurita.studies.storage import file_of

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Models on tasks over many seeds: run what a TOML file declares, look at it, compare, export.",
)

File = Annotated[Path, typer.Argument(help="TOML file that declares the study.", show_default=False)]
Storage = Annotated[
    str | None, typer.Option(help="SQLite file or postgresql:// URL; as in the file, or its name with .sqlite.")
]


@app.command()
def run(
    file: File,
    processes: Annotated[int, typer.Option(min=1, help="Interpreters that work at once.")] = 1,
    storage: Storage = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run again what failed.")] = False,
    extend: Annotated[bool, typer.Option("--extend", help="Allow seeds, models and tasks that are new.")] = False,
    log: Log = None,
) -> None:
    """Run what is left of a study. Stop it as you like: started again, it goes on.

    Several may run at once on one study; with PostgreSQL, on several machines.

    Example: aurita study run study.toml --processes 4
    """
    # Models, tasks and units of one's own are beside the study.
    sys.path.insert(0, str(file.resolve().parent))
    study = Study.from_toml(file, storage=storage)
    check_distinct({"--log": log}, _read(file, study))
    if study.url.startswith("sqlite"):
        check_distinct({"--storage": file_of(study.url)}, {"the file of the study": file})
    keep_compiled()
    watch = None if log is None else _Changes(ProgressLog(log, f"study {study.name}"))
    status = study.run(processes, retry_failed=retry_failed, extend=extend, watch=watch)
    if watch is not None:
        watch.log.end(f"{status.done} done, {status.failed} failed")
    if status.failed:
        terminal.notes(_failures(status))
        terminal.note(f"--retry-failed runs what failed again; aurita study export {file} runs.csv has all of it")


@app.command()
def status(file: File, storage: Storage = None) -> None:
    """Say what is done, at work, failed and left, and how long it will take."""
    from aurita.studies.progress import in_words

    study = Study.from_toml(file, storage=storage)
    status = study.status()
    searches = {(count.model, count.task): count for count in status.searches}
    rows = []
    for count in status.runs:
        search = searches.get((count.model, count.task))
        best = "" if search is None or search.best is None else f"{search.best:.4g}"
        searched = "" if search is None else f"{search.total - search.left} of {search.total}"
        failed = count.failed + (search.failed if search else 0)
        running = count.running + (search.running if search else 0)
        rows.append([count.model, count.task, searched, best, f"{count.done} of {count.total}", failed, running])
    columns = ["model", "task", "searched", "best on validation", "runs", "failed", "running"]
    if not searches:
        columns, rows = [columns[n] for n in (0, 1, 4, 5, 6)], [[row[n] for n in (0, 1, 4, 5, 6)] for row in rows]
    terminal.show_table(f"Study {status.name}", columns, rows, left=2)
    terminal.say(in_words(status))
    if status.cut_off:
        terminal.say(f"{counted(status.cut_off, 'trial was', 'trials were')} cut off; what was cut off is made again.")
    terminal.notes(_failures(status))


@app.command()
def table(
    file: File,
    reference: Annotated[str | None, typer.Option(help="Model to compare with; the first one if left out.")] = None,
    metric: Annotated[str, typer.Option(help="Column of the records; score is each task's own metric.")] = "score",
    form: Annotated[Literal["markdown", "latex", "csv"], typer.Option(help="How it is printed.")] = "markdown",
    ranks: Annotated[
        Path | None, typer.Option(help="Draw the critical-difference diagram: .svg, .pdf or .png file.")
    ] = None,
    force: Force = False,
    storage: Storage = None,
) -> None:
    """Print means, deviations, intervals, and which model is better, worse or inconclusive.

    Example: aurita study table study.toml --reference esn --form latex --ranks ranks.pdf
    """
    study = Study.from_toml(file, storage=storage)
    check_distinct({"--ranks": ranks}, _read(file, study))
    check_new({"--ranks": ranks}, force=force)
    found = study.table(reference, metric)
    terminal.say(found.render(form).rstrip("\n"))
    if ranks is not None:
        from aurita.pictures.compared import critical_difference
        from aurita.pictures.static import save_static

        save_static(critical_difference.drawing(found.comparison), ranks)


@app.command()
def export(
    file: File,
    output: Annotated[Path, typer.Argument(help=".csv, .parquet, .tex or .md file to write.", show_default=False)],
    search: Annotated[bool, typer.Option("--search", help="Trials of the searches instead of runs.")] = False,
    force: Force = False,
    storage: Storage = None,
) -> None:
    """Write everything that is recorded, one row a run.

    Example: aurita study export study.toml runs.parquet
    """
    from aurita.studies import write

    study = Study.from_toml(file, storage=storage)
    check_distinct({"the export": output}, _read(file, study))
    check_new({"the export": output}, force=force)
    records = study.records(search=search)
    if records.empty:
        raise AuritaError(f"nothing that {file} declares has been {'searched' if search else 'run'} yet; run it first")
    write(records, output)
    terminal.note(f"{counted(len(records), 'record')} in {output}")


def _read(file: Path, study: Study) -> dict[str, Path | None]:
    """What a study is kept in, by a name for it."""
    return {
        "the file of the study": file,
        "its storage": file_of(study.url) if study.url.startswith("sqlite") else None,
    }


class _Changes:
    """Writes to a log what has changed in a study: how far it is, and the best of each search."""

    def __init__(self, log: ProgressLog) -> None:
        self.log, self._before = log, dict[str, tuple[int, float]]()

    def __call__(self, status: Status) -> None:
        self.log(status.done + status.failed, status.total)
        for count in status.searches:
            name = f"{count.model} on {count.task}: best on validation"
            if count.best is not None and self._before.get(name) != (count.done, count.best):
                self._before[name] = (count.done, count.best)
                self.log.score(name, count.done, count.best)


def _failures(status: Status) -> Iterator[str]:
    """What failed, and the first reason of each model and task."""
    for count in (*status.searches, *status.runs):
        if count.failed:
            yield f"{count.model} on {count.task}: {count.failed} failed, the first with {count.error}"
