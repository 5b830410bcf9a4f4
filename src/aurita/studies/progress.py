"""What is shown while a study runs: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from aurita.progress import bar, started
from aurita.studies.status import Status

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SECONDS_BETWEEN_LINES = 30.0
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_WATCHES = 1.0


class Display:
    """A context, to be called often with a function that tells the status; it asks when it is time to show, or to
    tell `watch`, about once a second.
    """

    def __init__(self, stream: TextIO | None = None, watch: Callable[[Status], None] | None = None) -> None:
        self._watch, self._watched = watch, -1e9
        self._stream = sys.stderr if stream is None else stream
        self._bar: Progress | None = None
        self._row: TaskID | None = None
        self._shown = -1e9
        self._line = ""
        self._last: Callable[[], Status] | None = None

    def __enter__(self) -> "Display":
        started()
        if self._stream.isatty():
            from rich.progress import MofNCompleteColumn, TextColumn, TimeElapsedColumn

            words = TextColumn("{task.fields[words]}")
            self._bar = bar(MofNCompleteColumn(), words, TimeElapsedColumn(), stream=self._stream)
            self._bar.start()
        return self

    def __call__(self, status: Callable[[], Status]) -> None:
        self._last = status
        if self._watch is not None and time.monotonic() - self._watched >= SECONDS_BETWEEN_WATCHES:
            self._watched = time.monotonic()
            self._watch(status())
        pause = SECONDS_BETWEEN_LINES if self._bar is None else SECONDS_BETWEEN_LOOKS
        if time.monotonic() - self._shown >= pause:
            self._show(status())

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        if self._last is not None and self._watch is not None:
            self._watch(self._last())
        if self._last is not None and error[0] is None:
            self._say(in_words(self._last()))

    def _show(self, status: Status) -> None:
        self._shown = time.monotonic()
        if self._bar is None:
            self._say(in_words(status))
            return
        if self._row is None:
            self._row = self._bar.add_task(status.name, total=status.total, words="")
        words = ", ".join(_words(status)[1:])  # the bar itself says what is done
        self._bar.update(self._row, completed=status.done + status.failed, total=status.total, words=words)

    def _say(self, line: str) -> None:
        if line != self._line:
            print(line, file=self._stream, flush=True)
        self._line = line


def in_words(status: Status) -> str:
    """One line on how far a study is.

    Example:
        >>> in_words(Status("s", [], [], 0, None))
        's: 0 of 0 done'
    """
    return f"{status.name}: " + ", ".join(_words(status))


def duration(seconds: float) -> str:
    """A time in words.

    Example:
        >>> duration(40), duration(300), duration(9000), duration(300000)
        ('40 s', '5 min', '2.5 h', '3.5 days')
    """
    for limit, unit, name in ((100, 1, "s"), (5400, 60, "min")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _words(status: Status) -> list[str]:
    words = [f"{status.done} of {status.total} done"]
    for number, what in ((status.failed, "failed"), (status.running, "running"), (status.left, "left")):
        if number:
            words.append(f"{number} {what}")
    if status.left and status.seconds_left is not None:
        words.append(f"about {duration(status.seconds_left)} to go")
    return words
