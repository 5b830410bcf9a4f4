"""One Optuna study as a list of jobs, each of which is to be finished once, by whoever comes first.

A job is free while no trial of it is finished and none is at work. Workers choose in an exclusive context, where a
trial that is at work for nobody is seen to be cut off and failed, so that its job is free again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aurita._typing import Document
from aurita.studies._locks import number_of
from aurita.studies._search import Space, decoded, distributions, grid, sampler
from aurita.studies.plans import SearchPlan
from aurita.studies.storage import Storage

if TYPE_CHECKING:
    import optuna

Job = tuple[str, str, int] | int
"""(model, task, seed), or a place in the budget of a search."""


@dataclass(frozen=True, eq=False)
class Claim:
    """A job that is ours.

    Attributes:
        stage: that it is of.
        job: which.
        trial: Optuna's.
    """

    stage: "Stage"
    job: Job
    trial: "optuna.Trial"


class Stage:
    """Jobs and their trials.

    Attributes:
        name: of the Optuna study.
        jobs: all of them, in the order in which they are taken.
        done: the record of each finished job, whether it succeeded, was pruned, or failed by an error.
        running: jobs at work.
        cut_off: how many trials had a worker that died.
    """

    def __init__(self, storage: Storage, name: str, jobs: Sequence[Job], direction: str = "lower") -> None:
        self.name = name
        self.jobs = list(jobs)
        self.done: dict[Job, Document] = {}
        self.running: set[Job] = set()
        self.cut_off = 0
        self._storage = storage
        self._direction = direction
        self._wanted = frozenset(jobs)
        self._seen: set[int] = set()
        self._study = storage.study(name)
        self._forgiven: int = 0 if self._study is None else self._study.user_attrs.get("forgiven", 0)

    @property
    def finished(self) -> bool:
        """Whether no job is left."""
        return len(self.done) == len(self.jobs)

    @property
    def free(self) -> list[Job]:
        """Jobs that nobody has finished or works on."""
        return [job for job in self.jobs if job not in self.done and job not in self.running]

    def refresh(self, *, settle: bool = False) -> None:
        """See what has happened.

        Args:
            settle: fail what was cut off, too; only in the exclusive context.
        """
        self._study = self._study or self._storage.study(self.name)
        if self.finished or self._study is None:
            return
        self.running = set()
        trials = self._study.get_trials(deepcopy=False)
        if settle and any(trial.state.name == "WAITING" for trial in trials):
            # Its worker died before it began.
            self._end(self._study.ask(), None)
            trials = self._study.get_trials(deepcopy=False)
        for trial in trials:
            if trial.number not in self._seen:
                self._see(trial, settle)

    def claim(self, job: Job) -> Claim:
        """Take a free job; only in the exclusive context."""
        return self._claimed(self._made(), job, {}, {})

    def finish(self, claim: Claim, record: Document) -> bool:
        """Keep the record of a job, and free it never again.

        Args:
            record: plain values; "state" is "complete", "pruned" or "failed", "value" what Optuna is given.

        Returns:
            False where the trial was taken for deserted in the meantime, so that the job is another's.
        """
        try:
            # Whoever sees a record on a trial at work, in the exclusive context, knows that its writer died.
            with self._storage.choosing():
                claim.trial.set_user_attr("record", record)
                self._end(claim.trial, record)
        except (RuntimeError, ValueError):
            return False
        finally:
            self._storage.locks.free(number_of(self.name, claim.trial.number))
        return True

    def abandon(self, claim: Claim) -> None:
        """Leave a job to others, without a record."""
        with self._storage.choosing():
            self._end(claim.trial, None)
        self._storage.locks.free(number_of(self.name, claim.trial.number))

    def forgive(self) -> None:
        """Free the jobs that failed; only in the exclusive context."""
        if self._study is None:
            return
        self._forgiven = len(self._study.get_trials(deepcopy=False))
        self._study.set_user_attr("forgiven", self._forgiven)
        self.done = {job: record for job, record in self.done.items() if record["state"] != "failed"}

    def _see(self, trial: "optuna.trial.FrozenTrial", settle: bool) -> None:
        listed = trial.user_attrs.get("job")
        job: Job = listed if isinstance(listed, int) else tuple(listed or ())
        record: Document | None = trial.user_attrs.get("record")
        if not trial.state.is_finished():
            taken = self._storage.locks.taken(number_of(self.name, trial.number))
            if not (settle and (record is not None or not taken)):
                if taken and job in self._wanted:
                    self.running.add(job)
                return
            self._end(trial.number, record)
        self._seen.add(trial.number)
        if record is None:
            self.cut_off += 1
        elif job in self._wanted and not (record["state"] == "failed" and trial.number < self._forgiven):
            self.done[job] = record

    def _claimed(
        self,
        study: "optuna.Study",
        job: Job,
        point: Document,
        spans: "dict[str, optuna.distributions.BaseDistribution]",
    ) -> Claim:
        study.enqueue_trial(point, user_attrs={"job": job})
        trial = study.ask(spans)
        self._storage.locks.take(number_of(self.name, trial.number))
        return Claim(self, job, trial)

    def _end(self, trial: "optuna.Trial | int", record: Document | None) -> None:
        from optuna.trial import TrialState

        assert self._study is not None
        states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
        state = states["failed" if record is None else record["state"]]
        self._study.tell(trial, record["value"] if record and state is TrialState.COMPLETE else None, state)

    def _made(self) -> "optuna.Study":
        if self._study is None:
            self._study = self._storage.made(self.name, self._direction)
        return self._study


class SearchStage(Stage):
    """Trials of one hyper-parameter search; its jobs are the places in its budget."""

    def __init__(self, storage: Storage, name: str, plan: SearchPlan, space: Space, slots: int, direction: str) -> None:
        super().__init__(storage, name, range(slots), direction)
        self._plan = plan
        self._space = space

    def claim(self, job: Job) -> Claim:
        study = self._made()
        assert isinstance(job, int)
        study.sampler = sampler(self._plan, f"{self.name} {job}")
        point = grid(self._plan, self._space)[job] if self._plan.sampler == "grid" else {}
        return self._claimed(study, job, point, distributions(self._space))

    def parameters(self, claim: Claim) -> Document:
        """What a trial is to try, as the model takes it."""
        return decoded(claim.trial.params, self._space)

    def gives_up(self, claim: Claim, step: int, value: float) -> bool:
        """Report a value on the way; whether the median of other trials at this step is better, once there are five."""
        if not self._plan.pruning:
            return False
        with self._storage.choosing():
            claim.trial.report(value, step)
        return claim.trial.should_prune()

    @property
    def best(self) -> Document | None:
        """The record with the best validation score so far, the earliest of equals; None where none succeeded."""
        sign = 1 if self._direction == "lower" else -1
        scored = [(sign * record["value"], job) for job, record in self.done.items() if record["state"] == "complete"]
        return self.done[min(scored)[1]] if scored else None
