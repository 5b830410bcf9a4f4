"""`aurita demo`: the demonstration, its progress and its tables."""

from pathlib import Path
from statistics import mean, stdev

from aurita.cli.compiled import keep_compiled
from aurita.cli.terminal import note, show_table, stages
from aurita.io import check_writable


def demonstrate(output: Path, *, seeds: int, quick: bool) -> None:
    """Run the demonstration, show its tables, and say where its page is.

    Raises:
        AuritaError: a page that cannot be written, or an optional library that is missing.
    """
    check_writable(output)
    keep_compiled()
    with stages() as progress:
        progress.now("starting JAX")
        from aurita.demo.demo import run

        result = run(output, seeds=seeds, quick=quick, progress=progress.now)
    for title, rows in result.tables.items():
        lines = []
        for row in rows:
            spread = f" ± {stdev(row.scores):.4f}" if len(row.scores) > 1 else ""
            lines.append([row.model, f"{mean(row.scores):.4f}{spread}", f"{row.seconds:.1f}", row.trained, row.fixed])
        show_table(title, ["model", "mean ± deviation", "seconds", "trained", "as drawn"], lines)
    note(f"the page was written to {output}")
