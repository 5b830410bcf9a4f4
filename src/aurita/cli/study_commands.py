"""Commands and options of `aurita study`; what each does is in a module that is loaded when it is called."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """How a table is printed."""

    markdown = "markdown"
    latex = "latex"
    csv = "csv"


study = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Models on tasks over many seeds: run what a TOML file declares, look at it, compare, export.",
)

File = Annotated[Path, typer.Argument(help="TOML file that declares the study.", show_default=False)]
Storage = Annotated[
    str | None, typer.Option(help="SQLite file or postgresql:// URL; as in the file, or its name with .sqlite.")
]


@study.command()
def run(
    file: File,
    processes: Annotated[int, typer.Option(min=1, help="Interpreters that work at once.")] = 1,
    storage: Storage = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run again what failed.")] = False,
    extend: Annotated[bool, typer.Option("--extend", help="Allow seeds, models and tasks that are new.")] = False,
    log: Annotated[Path | None, typer.Option(help="Log that aurita view --serve follows.")] = None,
) -> None:
    """Run what is left of a study. Stop it as you like: started again, it goes on.

    Several may run at once on one study; with PostgreSQL, on several machines.

    Example: aurita study run study.toml --processes 4
    """
    from aurita.cli import studying

    studying.run(file, processes=processes, storage=storage, retry_failed=retry_failed, extend=extend, log=log)


@study.command()
def status(file: File, storage: Storage = None) -> None:
    """Say what is done, at work, failed and left, and how long it will take."""
    from aurita.cli import studying

    studying.show_status(file, storage=storage)


@study.command()
def table(
    file: File,
    reference: Annotated[str | None, typer.Option(help="Model to compare with; the first one if left out.")] = None,
    metric: Annotated[str, typer.Option(help="Column of the records; score is each task's own metric.")] = "score",
    form: Annotated[Form, typer.Option(help="How it is printed.")] = Form.markdown,
    ranks: Annotated[
        Path | None, typer.Option(help="Draw the critical-difference diagram: .svg, .pdf or .png file.")
    ] = None,
    storage: Storage = None,
) -> None:
    """Print means, deviations, intervals, and which model is better, worse or inconclusive.

    Example: aurita study table study.toml --reference esn --form latex --ranks ranks.pdf
    """
    from aurita.cli import studying

    studying.show_table(file, reference=reference, metric=metric, form=form.value, ranks=ranks, storage=storage)


@study.command()
def export(
    file: File,
    output: Annotated[Path, typer.Argument(help=".csv, .parquet, .tex or .md file to write.", show_default=False)],
    search: Annotated[bool, typer.Option("--search", help="Trials of the searches instead of runs.")] = False,
    storage: Storage = None,
) -> None:
    """Write everything that is recorded, one row a run.

    Example: aurita study export study.toml runs.parquet
    """
    from aurita.cli import studying

    studying.export(file, output, search=search, storage=storage)
