"""`aurita reproduce`: published experiments, run again and shown beside what was published."""

from math import isnan
from typing import TYPE_CHECKING, Annotated

import typer

from aurita.cli._compiled import keep_compiled
from aurita.cli._terminal import note, say, show_table
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import numpy as np


def reproduce(
    name: Annotated[str, typer.Argument(help="notebook, cogscale or memory.", show_default=False)],
    features: Annotated[
        int | None, typer.Option(min=1, help="Readout features at most, where there are several sizes: 100 or 1000.")
    ] = None,
    difficulty: Annotated[
        str | None,
        typer.Option(help="small, medium or large: CogScale's tasks of that difficulty, by the default society."),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(min=1, help="Numbers that units that stay and readout may train together, with --difficulty."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Data and model seeds.")] = None,
    first: Annotated[int, typer.Option(min=0, help="The first of them, with --seeds.")] = 0,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if left out.")] = None,
    storage: Annotated[str | None, typer.Option(help="SQLite file or postgresql:// URL of the records.")] = None,
) -> None:
    """Run published experiments again over many seeds, and show published and measured side by side.

    Example: aurita reproduce notebook --seeds 20
    """
    keep_compiled()
    from aurita.studies import reproduce as published
    from aurita.studies.progress import duration

    if first and seeds is None:
        raise AuritaError(f"first = {first} goes with a number of seeds; give one, such as seeds = 5")
    which = range(first, first + seeds) if first and seeds else seeds
    parts = published.parts(name, features=features, difficulty=difficulty, budget=budget, seeds=which, storage=storage)
    at_once = processes or published.processes_for_here()
    for part in parts:
        status = part.study.status()
        made = f"{part.study.name}: {status.done + status.failed} of {status.total} runs are in {part.study.storage}"
        left = f"about {duration(part.seconds_left(at_once))} to go, with {at_once} at a time"
        note(f"{made}; {left}" if status.left else made)
    note("interrupted at any moment, the same command goes on where it was")
    for part in parts:
        part.study.run(at_once)
    for part in parts:
        for title, table in part.report():
            cells = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
            text = [not _is_number(kind) for kind in table.dtypes]
            show_table(title, [str(column) for column in table.columns], cells, left=[*text, False].index(False))
            say()


def _is_number(kind: "np.dtype") -> bool:
    return kind.kind in "iuf"


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
