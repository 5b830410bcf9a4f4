"""How far a study is, in numbers of jobs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """How far a group of jobs is.

    Attributes:
        model: its name.
        task: its label.
        total: number of jobs.
        done: those that succeeded, or were pruned.
        failed: those whose model raised, or scored what is not finite.
        running: those at work.
        best: validation score of the search so far; None for runs.
        error: what the first of those that failed says; None where none did.
    """

    model: str
    task: str
    total: int
    done: int
    failed: int
    running: int
    best: float | None = None
    error: str | None = None

    @property
    def left(self) -> int:
        """Jobs not finished, at work or not."""
        return self.total - self.done - self.failed


@dataclass(frozen=True)
class Status:
    """How far a study is.

    Attributes:
        name: of the study.
        searches: one count a search.
        runs: one count a model and task.
        cut_off: trials whose worker died, and which were or will be made again.
        seconds_left: expected time for what is left, with the workers of now; None before anything is known.
    """

    name: str
    searches: list[Count]
    runs: list[Count]
    cut_off: int
    seconds_left: float | None

    @property
    def total(self) -> int:
        """All jobs."""
        return sum(count.total for count in self._counts)

    @property
    def done(self) -> int:
        """Jobs that succeeded."""
        return sum(count.done for count in self._counts)

    @property
    def failed(self) -> int:
        """Jobs that failed."""
        return sum(count.failed for count in self._counts)

    @property
    def running(self) -> int:
        """Jobs at work."""
        return sum(count.running for count in self._counts)

    @property
    def left(self) -> int:
        """Jobs not finished."""
        return self.total - self.done - self.failed

    @property
    def _counts(self) -> list[Count]:
        return [*self.searches, *self.runs]
