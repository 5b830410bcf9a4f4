"""What commands have in common on screen: tables on standard output, notes and progress on standard error."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aurita.tables import check_writable

out = Console(soft_wrap=False)
err = Console(stderr=True, soft_wrap=True)


def note(text: str) -> None:
    """A sentence on what was done, on standard error."""
    err.print(f"[dim]note:[/] {escape(text)}", highlight=False)


def notes(texts: Iterable[str]) -> None:
    """Several, each once."""
    for text in dict.fromkeys(texts):
        note(text)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; all columns but the first stand to the right."""
    grid = Table(title=title, title_justify="left")
    for i, name in enumerate(head):
        grid.add_column(escape(name), justify="right" if i else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    out.print(grid)


@contextmanager
def steps(count: int) -> Iterator[Callable[[str], None]]:
    """A progress bar over some steps, shown on a terminal only; call what it gives with the name of each."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("", total=count)
        begun = False

        def begin(what: str) -> None:
            nonlocal begun
            progress.update(bar, description=escape(what), advance=1 if begun else 0)
            begun = True

        yield begin


def check_outputs(output: Path | None, save: Path | None) -> None:
    """Raise `AuritaError` before any work if a result could not be written."""
    if output is not None:
        check_writable(output, table=True)
    if save is not None:
        check_writable(save)


def keep_compiled() -> None:
    """Keep what jax compiles between calls, where the user's cache folder can be written to."""
    import jax

    root = os.environ.get("AURITA_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(root) / "aurita" / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if not os.access(folder, os.W_OK):
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
