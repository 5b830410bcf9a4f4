"""What the commands say: results to standard output; notes, progress and complaints to standard error."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from aurita.progress import Progress as FitProgress
from aurita.progress import bar, following_fits, in_words, left_in_words, started

if TYPE_CHECKING:
    from rich.progress import Progress, Task, TaskID

MOST_NOTES = 12
_FORCED = ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS")


def draws() -> bool:
    """Whether help is drawn, with boxes and colours: on a terminal, or where the environment asks for colours."""
    return sys.stdout.isatty() or any(os.environ.get(name) for name in _FORCED)


def complain(message: str) -> None:
    """One message on what is wrong."""
    typer.echo(typer.style("error: ", fg="red", bold=True) + message, err=True)


def note(message: str) -> None:
    """One sentence on what was done."""
    typer.echo(typer.style("note: ", dim=True) + message, err=True)


def notes(messages: Iterable[str]) -> None:
    """Sentences on what was done, each once, a dozen at most."""
    distinct = list(dict.fromkeys(messages))
    for message in distinct[:MOST_NOTES]:
        note(message)
    if len(distinct) > MOST_NOTES:
        note(f"{len(distinct) - MOST_NOTES} more notes like these")


def say(message: str = "") -> None:
    """A line of the result."""
    typer.echo(message)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, left: int = 1) -> None:
    """A table on standard output.

    Args:
        rows: cells; they are shown as `str` shows them.
        left: how many columns are text, flush left; others are flush right.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(columns))
    for number, column in enumerate(columns):
        table.add_column(Text(column), justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    # A pipe has no width; tables there are as wide as they need to be.
    width = None if sys.stdout.isatty() else 200
    console = Console(file=sys.stdout, width=width, highlight=False)
    console.print(Text(title, style="bold"))
    console.print(table)


class Stages:
    """What is being done now, with a bar where it is known how much of it there is."""

    def __init__(self, progress: "Progress | None") -> None:
        self._progress, self._what = progress, ""
        self._task: TaskID | None = None
        self._total: int | None = None
        self._done = 0

    def now(self, what: str, total: int | None = None) -> None:
        """Say what comes next, and of how many steps it is."""
        if self._progress is None:
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._what, self._total, self._done = what, total, 0
        self._task = self._progress.add_task(what, total=total)

    def follow(self, fit: FitProgress) -> None:
        """Show how far a fit is, where no step of the stage itself tells how long it will take."""
        if self._progress is not None and self._task is not None and not (self._total and self._done):
            self._progress.update(self._task, description=f"{self._what}: {in_words(fit)}")

    def done(self, steps: int = 1) -> None:
        """Some steps more are done."""
        if self._progress is not None and self._task is not None:
            self._done += steps
            self._progress.update(self._task, description=self._what, advance=steps)


@contextmanager
def stages() -> Iterator[Stages]:
    """A line on a terminal that says what is being done, for how long and how long still; nothing elsewhere."""
    started()
    if not sys.stderr.isatty():
        yield Stages(None)
        return
    from rich.progress import MofNCompleteColumn, ProgressColumn, TimeElapsedColumn
    from rich.text import Text

    class Counted(MofNCompleteColumn):
        """Steps done, where their number is known."""

        def render(self, task: "Task") -> Text:
            return super().render(task) if task.total is not None else Text()

    class Left(ProgressColumn):
        """How long the rest of the steps will take, by all of those done."""

        def render(self, task: "Task") -> Text:
            if task.total is None or task.elapsed is None or not task.completed:
                return Text()
            return Text(left_in_words(task.elapsed * (task.total - task.completed) / task.completed))

    with bar(Counted(), TimeElapsedColumn(), Left(), stream=sys.stderr) as progress:
        found = Stages(progress)
        with following_fits(found.follow):
            yield found


def name_files(output: Path | None, save: Path | None) -> None:
    """Say what was written."""
    if output is not None:
        note(f"the table was written to {output}")
    if save is not None:
        note(f"the model was saved to {save}; use it with: aurita predict {save} TABLE")
