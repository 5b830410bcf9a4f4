"""`aurita reproduce`: published experiments, run again and shown beside what was published."""

from math import isnan
from typing import Any

from aurita.cli.compiled import keep_compiled
from aurita.cli.terminal import note, say, show_table


def reproduce(
    name: str, *, features: int | None, seeds: int | None, processes: int | None, storage: str | None
) -> None:
    """Run what is left of a reproduction, and show its tables.

    Raises:
        AuritaError: an unknown reproduction or size, a storage that cannot be used, a missing extra.
    """
    keep_compiled()
    from aurita.studies import reproduce as published
    from aurita.studies.progress import duration

    parts = published.parts(name, features=features, seeds=seeds, storage=storage)
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


def _is_number(kind: Any) -> bool:
    return kind.kind in "iuf"


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
