"""All jobs of a study: which come next, what is done, how long the rest will take."""

from collections import defaultdict

from aurita._typing import Document
from aurita.studies._changes import Facts, runs_name
from aurita.studies._declaration import Declaration
from aurita.studies._documents import Labels
from aurita.studies._search import budget
from aurita.studies._stage import Claim, Job, SearchStage, Stage
from aurita.studies.status import Count, Status
from aurita.studies.storage import Storage


class Board:
    """The stages of a study in one storage.

    Attributes:
        declaration: of the study.
        facts: what tables need to know of each task.
        runs: evaluations of every model, task and seed.
        searches: by model and task.
    """

    def __init__(self, storage: Storage, declaration: Declaration, facts: Facts) -> None:
        self.declaration = declaration
        self.facts = facts
        self.runs = Stage(storage, runs_name(declaration.name), declaration.jobs)
        self.searches = {
            (model, task): SearchStage(
                storage,
                f"{declaration.name}/search/{model}/{task}",
                declaration.search,
                space := declaration.model(model).space(task),
                budget(declaration.search, space),
                facts.get(task, {}).get("direction", "lower"),
            )
            for model, task in declaration.searched
        }

    @property
    def finished(self) -> bool:
        """Whether no job is left."""
        return self.runs.finished and all(search.finished for search in self.searches.values())

    def refresh(self, *, settle: bool = False) -> None:
        """See what has happened in every stage; see `Stage.refresh`."""
        for stage in (*self.searches.values(), self.runs):
            stage.refresh(settle=settle)

    def claim(self) -> Claim | None:
        """Take the next job, searches first; None where nothing is free now. Only in the exclusive context."""
        for search in self.searches.values():
            search.refresh(settle=True)
            for job in search.free[:1]:
                return search.claim(job)
        self.runs.refresh(settle=True)
        ready = {pair for pair, search in self.searches.items() if search.finished}
        for job in self.runs.free:
            pair = _pair(job)
            if pair not in self.searches or pair in ready:
                return self.runs.claim(job)
        return None

    def forgive(self) -> None:
        """Free the jobs that failed. Only in the exclusive context.

        A search of which runs have been made stays as it is, so that all of these have the same parameters.
        """
        self.refresh(settle=True)
        self.runs.forgive()
        used = {_pair(job) for job in self.runs.done}
        for pair, search in self.searches.items():
            if pair not in used:
                search.forgive()

    def chosen(self, model: str, task: str) -> tuple[Document, Document | None] | None:
        """Parameters for the runs of a model on a task.

        Returns:
            All parameters, and what those that were searched were chosen on (None where none were); None where every
            trial of the search failed.
        """
        fixed = self.declaration.model(model).fixed(task)
        search = self.searches.get((model, task))
        if search is None:
            return fixed, None
        best = search.best
        if best is None:
            return None
        plan = self.declaration.search
        found = {name: best["parameters"][name] for name in self.declaration.model(model).space(task)}
        chosen_on = {
            "parameters": sorted(found),
            "split": "validation",
            "score": best["value"],
            "search": search.name,
            "slot": best["slot"],
            "trials": len(search.jobs),
            "sampler": plan.sampler,
            "pruning": plan.pruning,
            "seeds": list(plan.seeds),
        }
        return {**fixed, **found}, chosen_on

    def status(self) -> Status:
        """What `refresh` last saw."""
        searches = [_count(pair, s, s.jobs, s.best["value"] if s.best else None) for pair, s in self.searches.items()]
        by_pair: dict[Labels, list[Job]] = {}
        for job in self.runs.jobs:
            by_pair.setdefault(_pair(job), []).append(job)
        runs = [_count(pair, self.runs, jobs) for pair, jobs in by_pair.items()]
        cut_off = self.runs.cut_off + sum(search.cut_off for search in self.searches.values())
        return Status(self.declaration.name, searches, runs, cut_off, self._seconds_left(searches, runs))

    def records(self, *, search: bool = False) -> list[Document]:
        """What `refresh` last saw finished, of runs or of searches, in the order of the jobs."""
        stages = list(self.searches.values()) if search else [self.runs]
        return [stage.done[job] for stage in stages for job in stage.jobs if job in stage.done]

    def _seconds_left(self, searches: list[Count], runs: list[Count]) -> float | None:
        """Of each job what the same model took on the same task, otherwise on any, otherwise what any model took."""
        known: dict[tuple[str, ...], list[float]] = defaultdict(list)
        kinds = (("search", self.records(search=True)), ("run", self.records()))
        for kind, record in ((kind, record) for kind, records in kinds for record in records):
            for group in ((kind, record["model"], record["task"]), (kind, record["model"]), (kind,), ()):
                known[group].append(record["wall_seconds"])
        if not known:
            return None
        total = 0.0
        for kind, counts in (("search", searches), ("run", runs)):
            for count in counts:
                groups = ((kind, count.model, count.task), (kind, count.model), (kind,), ())
                times = next(known[group] for group in groups if group in known)
                total += count.left * sum(times) / len(times)
        return total / max(1, sum(count.running for count in (*searches, *runs)))


def _pair(job: Job) -> Labels:
    assert isinstance(job, tuple)
    return job[0], job[1]


def _count(pair: Labels, stage: Stage, jobs: list[Job], best: float | None = None) -> Count:
    finished = [stage.done[job] for job in jobs if job in stage.done]
    errors = [str(record["error"]) for record in finished if record["state"] == "failed"]
    running = sum(job in stage.running for job in jobs)
    first = errors[0] if errors else None
    return Count(*pair, len(jobs), len(finished) - len(errors), len(errors), running, best, first)
