"""`aurita demo`: the demonstration, its progress and its tables."""

from pathlib import Path
from statistics import mean, stdev
from typing import Annotated

import typer

from aurita.cli._compiled import keep_compiled
from aurita.cli._models import check_new
from aurita.cli._options import Force
from aurita.cli._terminal import note, show_table, stages
from aurita.io import check_writable


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML page to write.")] = Path("aurita-demo.html"),
    force: Force = False,
    seeds: Annotated[int, typer.Option(min=1, help="Reservoirs of each kind.")] = 5,
    quick: Annotated[bool, typer.Option("--quick", help="A fraction of the learning, to see that all works.")] = False,
) -> None:
    """Show what reservoirs do on two real data sets, beside what they have to beat."""
    check_writable(output)
    check_new({"--output": output}, force=force)
    keep_compiled()
    with stages() as progress:
        progress.now("starting")
        from aurita.demo.demo import run

        result = run(output, seeds=seeds, quick=quick, progress=progress.now)
    for title, rows in result.tables.items():
        lines = []
        for row in rows:
            spread = f" ± {stdev(row.scores):.4f}" if len(row.scores) > 1 else ""
            lines.append([row.model, f"{mean(row.scores):.4f}{spread}", f"{row.seconds:.1f}", row.trained, row.fixed])
        show_table(title, ["model", "mean ± deviation", "seconds", "trained", "as drawn"], lines)
    note(f"the page was written to {output}")
