"""What a fit is doing and how long its stage will take: for a callback, or on a terminal once it has taken two seconds.

The code that works says `stage("choosing units")` and `at(done, total)`; without anybody who follows, both do nothing.
"""

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, TypeVar

from aurita._words import counted

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn, TaskID

SECONDS_BEFORE_SHOWN = 2.0

Fit = TypeVar("Fit", bound=Callable[..., object])


@dataclass(frozen=True)
class Progress:
    """How far a fit is.

    Attributes:
        stage: what it is doing.
        done: steps of this stage.
        total: of how many; None where that is not known.
        seconds: since the fit began.
        left: seconds that the stage will take still, by its pace so far; None where that is not known.
    """

    stage: str
    done: int
    total: int | None
    seconds: float
    left: float | None


class _Report:
    """Of one fit: keeps the time, and passes on messages."""

    def __init__(self, follow: Callable[[Progress], None]) -> None:
        self._follow, self._began = follow, time.monotonic()
        self._stage, self._since = "fitting", self._began

    def stage(self, name: str, total: int | None) -> None:
        self._stage, self._since = name, time.monotonic()
        self.at(0, total)

    def at(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        left = (now - self._since) * (total - done) / done if total is not None and done else None
        self._follow(Progress(self._stage, done, total, now - self._began, left))


_STARTING: "list[Display]" = []
# Of the whole process: members of an ensemble may learn in threads of their own.
_REPORTS: list[_Report] = []


def stage(name: str, total: int | None = None) -> None:
    """Say what comes next, and of how many steps it is, if that is known."""
    if _REPORTS:
        _REPORTS[-1].stage(name, total)


def at(done: int, total: int | None = None) -> None:
    """Say how many steps of the stage are done."""
    if _REPORTS:
        _REPORTS[-1].at(done, total)


def counting(name: str, also: Callable[[int, int], None] | None) -> Callable[[int, int], None] | None:
    """A callback for `(done, total)` of a stage of this name, which calls another one too."""
    if not _REPORTS:
        return also
    stage(name)

    def both(done: int, total: int) -> None:
        at(done, total)
        if also is not None:
            also(done, total)

    return both


@contextmanager
def following_fits(follow: Callable[[Progress], None]) -> Iterator[None]:
    """Within this context fits report to this callback, and show nothing themselves.

    Example:
        >>> import numpy as np
        >>> from aurita import ReservoirRegressor
        >>> X, y, stages = np.random.default_rng(0).normal(size=(6, 8, 2)), np.arange(6.0), []
        >>> with following_fits(lambda progress: stages.append(progress.stage)):
        ...     _ = ReservoirRegressor(units=2, learning="self").fit(X, y)
        >>> list(dict.fromkeys(stages))
        ['units learn', 'reading out']
    """
    _REPORTS.append(_Report(follow))
    try:
        yield
    finally:
        _REPORTS.pop()


@contextmanager
def shown(verbose: object) -> Iterator[None]:
    """Within this context the progress of a fit is shown, unless it is part of another one that is.

    Args:
        verbose: a callback for `Progress`; True: a line for each stage where standard error is no terminal; None: only
            on a terminal; False: never.
    """
    if _REPORTS or verbose is False or (verbose is None and not _on_terminal()):
        yield
        return
    if callable(verbose):
        with following_fits(verbose):
            yield
        return
    display: Display | _Lines = Display() if _on_terminal() else _Lines()
    try:
        with following_fits(display):
            yield
    finally:
        display.close()


@contextmanager
def starting() -> Iterator[None]:
    """A line on a terminal where a program takes more than two seconds to load what it needs, until it says more."""
    if _on_terminal():
        _STARTING.append(Display("starting"))
    try:
        yield
    finally:
        started()


def started() -> None:
    """Take that line away: something else is shown now."""
    while _STARTING:
        _STARTING.pop().close()


def reports(fit: Fit) -> Fit:
    """A method `fit` whose progress is shown as the parameter `verbose` of its estimator says."""

    @functools.wraps(fit)
    def inner(self: object, *given: object, **named: object) -> object:
        with shown(getattr(self, "verbose", None)):
            return fit(self, *given, **named)

    return inner  # type: ignore[return-value]


def _on_terminal() -> bool:
    """Whether somebody looks: workers of other processes share the terminal, and show nothing."""
    # A process of which this module is not loaded is no worker, and loading it takes a fifth of what `--help` takes.
    workers = sys.modules.get("multiprocessing.process")
    apart = workers is not None and workers.current_process().name != "MainProcess"
    return not apart and threading.current_thread() is threading.main_thread() and sys.stderr.isatty()


class _Lines:
    """A line for each stage."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        if progress.stage != self._last:
            self._last = progress.stage
            steps = "" if progress.total is None else f", {counted(progress.total, 'step')}"
            print(f"{progress.seconds:.0f} s: {progress.stage}{steps}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is left over."""


class Display:
    """A bar of rich, which appears when the fit has taken a while and disappears at its end.

    Args:
        stage: what is being done until the next stage.
    """

    def __init__(self, stage: str = "fitting") -> None:
        self._lock, self._last = threading.Lock(), Progress(stage, 0, None, 0.0, None)
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._closed = False
        self._timer = threading.Timer(SECONDS_BEFORE_SHOWN, self._open)
        self._timer.daemon = True
        self._timer.start()

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            self._last = progress
            self._update()

    def close(self) -> None:
        """Take the bar away."""
        self._timer.cancel()
        with self._lock:
            bar, self._bar, self._closed = self._bar, None, True
            if bar is not None:
                bar.stop()

    def _open(self) -> None:
        from rich.progress import TimeElapsedColumn

        with self._lock:
            if self._closed:
                return
            self._bar = bar(TimeElapsedColumn(), stream=sys.stderr)
            self._task = self._bar.add_task(self._last.stage, total=None)
            self._bar.start()
            self._update()

    def _update(self) -> None:
        if self._bar is not None and self._task is not None:
            last = self._last
            self._bar.update(self._task, description=in_words(last), completed=last.done, total=last.total)


def bar(*columns: "ProgressColumn", stream: TextIO) -> "Bar":
    """A bar of rich that disappears at its end: what is done, how much of it, and what the columns show."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    first = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24))
    return Progress(*first, *columns, console=Console(file=stream), transient=True)


def in_words(progress: Progress) -> str:
    """The stage, and how long it will take still.

    Example:
        >>> in_words(Progress("units learn", 150, 600, 4.0, 12.3))
        'units learn, about 12 s to go'
    """
    left = left_in_words(progress.left)
    return f"{progress.stage}, {left}" if left else progress.stage


def left_in_words(seconds: float | None) -> str:
    """What is left to do; nothing where that is not known, or less than a second.

    Example:
        >>> left_in_words(12.3), left_in_words(600.0), left_in_words(None)
        ('about 12 s to go', '10 min to go', '')
    """
    if seconds is None or seconds < 1:
        return ""
    return f"about {seconds:.0f} s to go" if seconds < 100 else f"{seconds / 60:.0f} min to go"
