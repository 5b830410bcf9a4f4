"""Work on a study: one process in place, or several interpreters; each takes jobs until none is left."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.learning import Learning
from aurita.studies import _evaluation
from aurita.studies._board import Board
from aurita.studies._changes import Facts, keep
from aurita.studies._compiled import let_programs_go
from aurita.studies._declaration import Declaration
from aurita.studies._documents import Place
from aurita.studies._records import environment, plain
from aurita.studies._stage import Claim, SearchStage
from aurita.studies.models.registry import check_parameters
from aurita.studies.status import Status
from aurita.studies.storage import Storage
from aurita.tasks import Task, task_names

WAIT_SECONDS = 0.3
LOOK_SECONDS = 1.0
Complaint = Callable[[Place, str], AuritaError]
OnStatus = Callable[[Callable[[], Status]], None]


def check_models(declaration: Declaration, complaint: Complaint) -> None:
    """Complain about models and parameters that there are not.

    Args:
        declaration: of the study.
        complaint: makes the error of a place in the document and a message.

    Raises:
        AuritaError: the nearest names are listed.
    """
    for number, model in enumerate(declaration.document()["model"]):
        place: Place = ("model", number)
        try:
            _evaluation.function_of(model["kind"])
        except AuritaError as error:
            raise complaint((*place, "kind" if model["kind"] != model["name"] else "name"), str(error)) from None
        given: list[tuple[str, ...]] = [
            *(("parameters", name) for name in model.get("parameters", {})),
            *(("search", name) for name in model.get("search", {})),
            *(("per_task", task, name) for task, values in model.get("per_task", {}).items() for name in values),
        ]
        for keys in given:
            try:
                check_parameters(model["kind"], [keys[-1]])
                if keys[0] == "parameters" and ":" not in model["kind"]:
                    _check_learning(keys[-1], model["parameters"][keys[-1]])
            except AuritaError as error:
                raise complaint((*place, *keys), str(error)) from None


def facts_of(declaration: Declaration, known: Facts, complaint: Complaint) -> Facts:
    """What tables need to know of the tasks; each that is not known is made once.

    Raises:
        AuritaError: an unknown task or option, a missing extra.
    """
    facts: Facts = {}
    for number, entry in enumerate(declaration.document()["task"]):
        plan = declaration.task(entry["label"])
        facts[plan.label] = known.get(plan.label) or _made(plan.label, declaration, ("task", number), complaint)
    return facts


def _check_learning(name: str, value: object) -> None:
    """Refuse settings of learning that there are not, before a run of an hour ends with them.

    Raises:
        AuritaError: a setting that `Learning` does not have, or that it refuses.
    """
    if name != "learning" or not isinstance(value, Mapping):
        return
    names = [field.name for field in fields(Learning)]
    for given in value:
        if given not in names:
            near = get_close_matches(given, names, 3) or names
            raise AuritaError(f"learning has no setting {given!r}; nearest: {', '.join(near)}")
    Learning(**value)


def prepare(storage: Storage, declaration: Declaration, facts: Facts, *, extend: bool, retry_failed: bool) -> None:
    """Keep the declaration with the study, or hold it against the one that is kept.

    Raises:
        AuritaError: it differs.
    """
    with storage.choosing():
        keep(storage, declaration, facts, extend=extend)
        if retry_failed:
            Board(storage, declaration, facts).forgive()


def work(storage: Storage, declaration: Declaration, facts: Facts, on_status: OnStatus | None = None) -> None:
    """Take jobs until none is left, waiting for those of others that may yet be cut off.

    Args:
        storage: that the study is kept in.
        on_status: called before each job with a function that tells the status.
    """
    board = Board(storage, declaration, facts)
    while True:
        with storage.choosing():
            claim = board.claim()
        if on_status is not None:
            on_status(board.status)
        if claim is not None:
            _perform(board, claim)
        elif board.finished:
            return
        else:
            time.sleep(WAIT_SECONDS)


def work_in_processes(
    storage: Storage, declaration: Declaration, facts: Facts, processes: int, on_status: OnStatus
) -> None:
    """Have interpreters of their own work, until all have ended.

    Args:
        storage: that the study is kept in.
        on_status: called every second with a function that tells the status.

    Raises:
        AuritaError: processes died before the work was done.
    """
    workers = [_worker(storage.url, declaration.name, processes) for _ in range(processes)]
    board = Board(storage, declaration, facts)
    try:
        while any(worker.poll() is None for worker in workers):
            board.refresh()
            on_status(board.status)
            _wait(workers)
        board.refresh()
        on_status(board.status)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
            if worker.stdin is not None:
                worker.stdin.close()
    if not board.finished:
        codes = ", ".join(str(worker.returncode) for worker in workers)
        raise AuritaError(
            f"all worker processes have ended (exit codes {codes}) with {board.status().left} jobs left; nothing that "
            "was finished is lost: start the study again, with fewer processes if memory was short"
        )


def _made(label: str, declaration: Declaration, place: Place, complaint: Complaint) -> Document:
    plan = declaration.task(label)
    try:
        assert not isinstance(declaration.seeds, int)
        task: Task = _evaluation.data_of(plan, declaration.seeds[0])
    except AuritaError as error:
        known = plan.name.split("/")[0] in {name.split("/")[0] for name in task_names()}
        raise complaint((*place, "options") if known and plan.options else (*place, "name"), str(error)) from None
    except Exception as error:
        # Options of a wrong kind, and files that are not what the task takes them for.
        message = f"task {plan.name!r} cannot be made ({type(error).__name__}: {error}); look at its options"
        raise complaint((*place, "options" if plan.options else "name"), message) from error
    keys = (
        "category",
        "metric",
        "direction",
        "chance",
        "floor",
        "horizon",
        "lyapunov",
        "channels",
        "outputs",
        "source",
    )
    return plain({key: getattr(task, key) for key in keys})


def _perform(board: Board, claim: Claim) -> None:
    """A job from its start to its record."""
    try:
        record = _trial(board, claim) if isinstance(claim.stage, SearchStage) else _run(board, claim)
    except BaseException:
        # An interruption; an error of a model is a record.
        claim.stage.abandon(claim)
        raise
    claim.stage.finish(claim, {**record, **environment()})
    let_programs_go()


def _run(board: Board, claim: Claim) -> Document:
    assert isinstance(claim.job, tuple)
    model, label, seed = claim.job
    plan, task = board.declaration.model(model), board.declaration.task(label)
    chosen = board.chosen(model, label)
    if chosen is None:
        trials = board.searches[model, label].done.values()
        reason = next(record["error"] for record in trials)
        return _evaluation.failed(plan, task, seed, f"all {len(trials)} trials of the search failed, one with {reason}")
    parameters, chosen_on = chosen
    return _evaluation.run(plan, task, seed, parameters) | {"chosen_on": plain(chosen_on)}


def _trial(board: Board, claim: Claim) -> Document:
    (model, label), search = next(found for found in board.searches.items() if found[1] is claim.stage)
    plan, task = board.declaration.model(model), board.declaration.task(label)
    parameters = {**plan.fixed(label), **search.parameters(claim)}

    def gives_up(step: int, score: float) -> bool:
        return search.gives_up(claim, step, score)

    record = _evaluation.trial(plan, task, board.declaration.search.seeds, parameters, gives_up)
    return record | {"slot": claim.job}


def _worker(url: str, name: str, processes: int) -> subprocess.Popen[bytes]:
    """An interpreter that works on the study; it ends when its standard input does, so it never outlives us."""
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    few = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    # What can be imported here can be there: a model of the user's own may be in any folder of the path.
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    worker = subprocess.Popen(
        [sys.executable, "-m", "aurita.studies._worker"],
        stdin=subprocess.PIPE,
        env={**few, **os.environ, "PYTHONPATH": paths},
    )
    assert worker.stdin is not None
    # A URL may hold a password, which everybody could read among the arguments.
    worker.stdin.write(f"{url}\n{name}\n".encode())
    worker.stdin.flush()
    return worker


def _wait(workers: list[subprocess.Popen[bytes]]) -> None:
    """A second, or until all have ended."""
    end = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < end and any(worker.poll() is None for worker in workers):
        time.sleep(0.05)
