"""One Optuna study as a list of jobs, each of which is to be finished once, by whoever comes first.

A job has no queue: it is free while no trial of it is finished and none is at work. Workers choose in an exclusive
context, where a trial that is at work for nobody is seen to be cut off and failed, so that its job is free again.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from aurita.studies.declaration import SearchPlan
from aurita.studies.search import Space, decoded, distributions, grid, sampler
from aurita.studies.storage import Store

Job = Any
"""Hashable, and plain for JSON: (model, task, seed) or a place in a budget."""
STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


@dataclass(frozen=True, eq=False)
class Claim:
    """A job that is ours.

    Attributes:
        stage: to tell its end to.
        job: which.
        trial: number of the trial in the database.
        parameters: that the search suggests; empty for runs.
        asked: Optuna's trial, for what the pruner judges; None for runs.
    """

    stage: "Stage"
    job: Job
    trial: int
    parameters: dict[str, Any] = field(default_factory=dict)
    asked: optuna.Trial | None = None

    def gives_up(self, step: int, value: float) -> bool:
        """Report a value on the way; whether the search should not go on with this one."""
        return isinstance(self.stage, Search) and self.stage.gives_up(self, step, value)


class Stage:
    """Jobs and their trials.

    Attributes:
        name: of the Optuna study.
        jobs: all of them, in the order in which they are taken.
        done: the trial that settled a job, whether it succeeded, was pruned, or failed by an error.
        running: the trial that is at work on a job.
        cut_off: how many trials had a worker that died.
    """

    def __init__(self, store: Store, name: str, jobs: Sequence[Job], direction: str = "lower") -> None:
        self.name = name
        self.jobs = list(jobs)
        self.done: dict[Job, FrozenTrial] = {}
        self.running: dict[Job, FrozenTrial] = {}
        self.cut_off = 0
        self._store = store
        self._direction = direction
        self._wanted = frozenset(jobs)
        self._seen: set[int] = set()
        self._study = store.find(name)
        self._forgiven = 0 if self._study is None else store.notes(self._study).get("forgiven", 0)

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
        if self.finished or self._found() is None:
            return
        if settle:
            self._store.presence.bury(self._handle)
        self.running = {}
        for trial in self._store.storage.get_all_trials(self._found(), deepcopy=False):
            if trial.number in self._seen:
                continue
            if trial.state is TrialState.RUNNING:
                self._see_running(trial, settle)
            elif trial.state.is_finished():
                self._see_finished(trial)

    def claim(self, job: Job) -> Claim:
        """Take a free job; only in the exclusive context."""
        return self._taken(self._store.storage.create_new_trial(self._made(), _template({})), job)

    def finish(self, claim: Claim, record: dict[str, Any]) -> bool:
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
                self._store.storage.set_trial_user_attr(claim.trial, "record", record)
                self._close(claim.trial, record)
        except RuntimeError:
            return False
        finally:
            self._store.presence.release(claim.trial)
        return True

    def abandon(self, claim: Claim) -> None:
        """Leave a job to others, without a record."""
        with self._store.presence.exclusive():
            self._cut(claim.trial)
        self._store.presence.release(claim.trial)

    def forgive(self) -> None:
        """Free the jobs that failed; only in the exclusive context."""
        study = self._found()
        if study is None:
            return
        self._forgiven = len(self._store.storage.get_all_trials(study, deepcopy=False))
        self._store.note(study, "forgiven", self._forgiven)
        self.done = {job: trial for job, trial in self.done.items() if not _failed(trial)}

    def _see_running(self, trial: FrozenTrial, settle: bool) -> None:
        deserted = "job" not in trial.user_attrs or not self._store.presence.alive(trial._trial_id)
        if settle and "record" in trial.user_attrs:
            self._close(trial._trial_id, trial.user_attrs["record"])
            self._see_finished(self._store.storage.get_trial(trial._trial_id))
        elif settle and deserted:
            self._cut(trial._trial_id)
            self.cut_off += 1
            self._seen.add(trial.number)
        elif not deserted and _job(trial) in self._wanted:
            self.running[_job(trial)] = trial

    def _see_finished(self, trial: FrozenTrial) -> None:
        self._seen.add(trial.number)
        if "record" not in trial.user_attrs:
            self.cut_off += 1
        elif _job(trial) in self._wanted and not (_failed(trial) and trial.number < self._forgiven):
            self.done[_job(trial)] = trial

    def _taken(self, trial: int, job: Job, **asked: Any) -> Claim:
        # In this order: a trial without a job is one whose worker died before it showed to be alive.
        self._store.presence.hold(trial)
        self._store.storage.set_trial_user_attr(trial, "job", job)
        return Claim(self, job, trial, **asked)

    def _close(self, trial: int, record: dict[str, Any]) -> None:
        values = None if record["value"] is None else [record["value"]]
        self._store.storage.set_trial_state_values(trial, STATES[record["state"]], values)

    def _cut(self, trial: int) -> None:
        self._store.storage.set_trial_user_attr(trial, "note", "cut off")
        self._store.storage.set_trial_state_values(trial, TrialState.FAIL)

    def _found(self) -> int | None:
        if self._study is None:
            self._study = self._store.find(self.name)
        return self._study

    def _made(self) -> int:
        if self._study is None:
            self._study = self._store.made(self.name, self._direction)
        return self._study

    def _handle(self) -> optuna.Study:
        pruner = optuna.pruners.MedianPruner()
        return optuna.load_study(study_name=self.name, storage=self._store.storage, pruner=pruner)


class Search(Stage):
    """Trials of one hyper-parameter search; its jobs are the places in its budget."""

    def __init__(self, store: Store, name: str, plan: SearchPlan, space: Space, slots: int, direction: str) -> None:
        super().__init__(store, name, range(slots), direction)
        self._plan = plan
        self._space = space
        self._optuna: optuna.Study | None = None

    def claim(self, job: Job) -> Claim:
        number = self._made()
        study = self._optuna = self._optuna or self._handle()
        study.sampler = sampler(self._plan, self.name, job)
        spans = distributions(self._space)
        if self._plan.sampler == "grid":
            point = grid(self._plan, self._space)[job]
            asked = optuna.Trial(study, self._store.storage.create_new_trial(number, _template(point, spans)))
        else:
            with warnings.catch_warnings():
                # Heartbeats are kept here, without Optuna's own loop.
                warnings.simplefilter("ignore")
                asked = study.ask(spans)
        return self._taken(asked._trial_id, job, asked=asked, parameters=decoded(asked.params, self._space))

    @property
    def best(self) -> FrozenTrial | None:
        """The trial with the best validation score so far, the earliest of equals; None where none succeeded."""
        sign = 1 if self._direction == "lower" else -1
        good = {job: trial.value for job, trial in self.done.items() if trial.state is TrialState.COMPLETE}
        scored = [(sign * value, job) for job, value in good.items() if value is not None]
        return self.done[min(scored)[1]] if scored else None

    def gives_up(self, claim: Claim, step: int, value: float) -> bool:
        """Report a value on the way; whether the median of other trials at this step is better (after five of them)."""
        if not self._plan.pruning or claim.asked is None:
            return False
        with self._store.presence.exclusive():
            claim.asked.report(value, step)
        return claim.asked.should_prune()

    def parameters(self, trial: FrozenTrial) -> dict[str, Any]:
        """What a trial tried, as the model takes it."""
        return decoded(trial.params, self._space)


def _job(trial: FrozenTrial) -> Job:
    job = trial.user_attrs["job"]
    return tuple(job) if isinstance(job, list) else job


def _failed(trial: FrozenTrial) -> bool:
    return trial.state is TrialState.FAIL


def _template(point: dict[str, Any], spans: dict[str, Any] | None = None) -> FrozenTrial:
    return create_trial(state=TrialState.RUNNING, params=point, distributions=spans or {})
