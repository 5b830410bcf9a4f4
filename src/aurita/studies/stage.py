"""One Optuna study as a list of jobs, each of which is to be finished once, by whoever comes first.

A job has no queue: it is free while no trial of it is finished and none is at work. Workers choose in an exclusive
context, where a trial that is at work for nobody is seen to be cut off and failed, so that its job is free again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aurita.studies.declaration import Document, SearchPlan
from aurita.studies.space import Space, decoded
from aurita.studies.storage import Look, Store
from aurita.studies.trials import Trial

Job = Any
"""Hashable, and plain for JSON: (model, task, seed) or a place in a budget."""


@dataclass(frozen=True, eq=False)
class Claim:
    """A job that is ours.

    Attributes:
        stage: to tell its end to.
        job: which.
        trial: number of the trial in the database.
        parameters: that the search suggests; empty for runs.
    """

    stage: "Stage"
    job: Job
    trial: int
    parameters: dict[str, Any] = field(default_factory=dict)


class Stage:
    """Jobs and their trials.

    Attributes:
        name: of the Optuna study.
        jobs: all of them, in the order in which they are taken.
        done: the trial that settled a job, whether it succeeded, was pruned, or failed by an error.
        running: the trial that is at work on a job.
        cut_off: how many trials had a worker that died.
    """

    def __init__(self, look: Look, name: str, jobs: Sequence[Job], direction: str = "lower") -> None:
        self.name = name
        self.jobs = list(jobs)
        self.done: dict[Job, Trial] = {}
        self.running: dict[Job, Trial] = {}
        self.cut_off = 0
        self._look = look
        self._direction = direction
        self._wanted = frozenset(jobs)
        self._last = -1
        self._open: set[int] = set()
        self._study = look.tables.study(name)
        self._forgiven = 0 if self._study is None else look.tables.notes(self._study).get("forgiven", 0)

    @property
    def finished(self) -> bool:
        """Whether no job is left."""
        return len(self.done) == len(self.jobs)

    @property
    def free(self) -> list[Job]:
        """Jobs that nobody has settled or works on."""
        return [job for job in self.jobs if job not in self.done and job not in self.running]

    def refresh(self, *, settle: bool = False) -> None:
        """See what has happened.

        Args:
            settle: fail what was cut off, too; only in the exclusive context.
        """
        self._study = self._look.tables.study(self.name) if self._study is None else self._study
        if self.finished or self._study is None:
            return
        if settle:
            self._look.presence.bury(self.name, self._open)
        self.running = {}
        for trial in self._look.tables.trials(self._study, self._last, self._open):
            self._last = max(self._last, trial.id)
            self._open.add(trial.id)
            if trial.state == "RUNNING":
                self._see_running(trial, settle)
            else:
                self._see_finished(trial)

    def claim(self, job: Job) -> Claim:
        """Take a free job; only in the exclusive context."""
        return Claim(self, job, self._store.create(self._made(), job))

    def finish(self, claim: Claim, record: Document) -> bool:
        """Keep the record of a job, and free it never again.

        Args:
            claim: whose job it is.
            record: plain values; "state" is "complete", "pruned" or "failed", "value" what Optuna is told.

        Returns:
            False where the trial was taken for deserted in the meantime, so that the job is another's.
        """
        try:
            # Whoever sees a record on a trial at work, in the exclusive context, knows that its writer died.
            with self._store.presence.exclusive():
                self._store.record(claim.trial, record)
                self._store.end(claim.trial, record["state"], record["value"])
        except RuntimeError:
            return False
        finally:
            self._store.presence.release(claim.trial)
        return True

    def abandon(self, claim: Claim) -> None:
        """Leave a job to others, without a record."""
        with self._store.presence.exclusive():
            self._store.end(claim.trial, "failed", None)
        self._store.presence.release(claim.trial)

    def forgive(self) -> None:
        """Free the jobs that failed; only in the exclusive context."""
        if self._study is None:
            return
        trials = self._look.tables.trials(self._study)
        self._forgiven = max((trial.number + 1 for trial in trials), default=0)
        self._store.note(self._study, "forgiven", self._forgiven)
        self.done = {job: trial for job, trial in self.done.items() if trial.state != "FAIL"}

    def _see_running(self, trial: Trial, settle: bool) -> None:
        alive = trial.job is not None and self._look.presence.alive(trial.id)
        if settle and trial.record is not None:
            state = self._store.end(trial.id, trial.record["state"], trial.record["value"])
            self._see_finished(Trial(trial.id, trial.number, state, trial.job, trial.record))
        elif settle and not alive:
            self._store.end(trial.id, "failed", None)
            self._see_finished(Trial(trial.id, trial.number, "FAIL", trial.job))
        elif alive and trial.job in self._wanted:
            self.running[trial.job] = trial

    def _see_finished(self, trial: Trial) -> None:
        self._open.discard(trial.id)
        if trial.record is None:
            self.cut_off += 1
        elif trial.job in self._wanted and not (trial.state == "FAIL" and trial.number < self._forgiven):
            self.done[trial.job] = trial

    @property
    def _store(self) -> Store:
        assert isinstance(self._look, Store), "this study is only looked at"
        return self._look

    def _made(self) -> int:
        if self._study is None:
            self._study = self._store.made(self.name, self._direction)
        return self._study


class Search(Stage):
    """Trials of one hyper-parameter search; its jobs are the places in its budget."""

    def __init__(self, look: Look, name: str, plan: SearchPlan, space: Space, slots: int, direction: str) -> None:
        super().__init__(look, name, range(slots), direction)
        self._plan = plan
        self._space = space
        self._optuna: Any = None

    def claim(self, job: Job) -> Claim:
        from aurita.studies.search import distributions, suggested

        number = self._made()
        self._optuna = self._optuna or self._store.optuna_study(self.name)
        point = suggested(self._plan, self._space, self._optuna, job)
        trial = self._store.create(number, job, point, distributions(self._space))
        return Claim(self, job, trial, decoded(point, self._space))

    def gives_up(self, claim: Claim, step: int, value: float) -> bool:
        """Report a value on the way; whether the search should not go on with this trial."""
        from aurita.studies.search import prunes

        if not self._plan.pruning:
            return False
        with self._store.presence.exclusive():
            self._store.report(claim.trial, step, value)
        return prunes(self._optuna, claim.trial)

    @property
    def best(self) -> Document | None:
        """The record with the best validation score so far, the earliest of equals; None where none succeeded."""
        sign = 1 if self._direction == "lower" else -1
        scored = [
            (sign * trial.record["value"], job)
            for job, trial in self.done.items()
            if trial.record is not None and trial.state == "COMPLETE"
        ]
        return self.done[min(scored)[1]].record if scored else None
