"""What keeping a study costs: milliseconds a trial, and seconds of `aurita study status` and `table` for 1,000 trials.

Run: python benchmarks/study_storage.py [trials]
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from aurita.studies import ModelPlan, SearchPlan, Study, _evaluation
from aurita.studies._board import Board
from aurita.studies._records import environment
from aurita.studies._running import facts_of, prepare
from aurita.studies.models import Fitted
from aurita.studies.storage import Storage
from aurita.tasks import Task

TASKS = 5
MODELS = 10
PROGRAM = [sys.executable, "-c", "from aurita.cli import main; main()"]


def nothing(task: Task, splits: list[str], *, seed: int, rate: float = 0.1, offset: float = 0.0) -> Fitted:
    """The truth and some noise, with as much to record as a trained reservoir has."""
    noise = np.random.default_rng(seed)
    reported = {s: [y + offset + noise.standard_normal(y.shape) for y in getattr(task, s).targets] for s in splits}
    return Fitted(
        reported, trained=7000, fixed=300, losses=noise.random((300, 12)), details={"units": 12, "ridge": 0.1}
    )


def timed(board: Board, store: Storage) -> tuple[list[float], float]:
    """Milliseconds for choosing and keeping, of each trial until nothing is left; those of the processor on average."""
    plan, task = board.declaration.model_plans[0], board.declaration.task_plans[0]
    costs = []
    worked = 0.0
    while True:
        begun, processor = time.perf_counter(), time.process_time()
        with store.choosing():
            claim = board.claim()
        cost = time.perf_counter() - begun
        worked += time.process_time() - processor
        if claim is None:
            return costs, 1e3 * worked / len(costs)
        if claim.stage is board.runs:
            model, label, seed = claim.job
            plan, task = board.declaration.model(model), board.declaration.task(label)
            record = _evaluation.run(plan, task, seed, plan.fixed(label))
        else:
            record = _evaluation.trial(plan, task, [1000], claim.stage.parameters(claim), lambda step, score: False)
        begun, processor = time.perf_counter(), time.process_time()
        claim.stage.finish(claim, {**record, **environment()})
        costs.append(1e3 * (cost + time.perf_counter() - begun))
        worked += time.process_time() - processor


def children() -> float:
    """Seconds of the processor that processes started here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def summary(costs: list[float]) -> str:
    """Mean and spread."""
    late = np.mean(costs[-len(costs) // 10 :])
    return f"{np.mean(costs):.1f} ms a trial (median {np.median(costs):.1f}, of the last tenth {late:.1f})"


def main(trials: int = 1000) -> None:
    """Print the costs."""
    tasks = [f"anarchist/{name}" for name in ("sine", "cosine", "quadratic")] + ["sincosnoise", "memory_capacity"]
    with tempfile.TemporaryDirectory() as folder:
        models = [ModelPlan(f"m{n}", "study_storage:nothing", {"offset": n / 20}) for n in range(MODELS)]
        runs = Study("runs", tasks, models, trials // TASKS // MODELS, storage=f"{folder}/runs.sqlite")
        space = {"rate": {"low": 1e-3, "high": 1.0, "log": True}, "offset": {"low": 0.0, "high": 1.0}}
        searched = [ModelPlan("m", "study_storage:nothing", search=space)]
        studies = {"runs": runs}
        for name in ("random", "tpe"):
            plan = SearchPlan(name, trials // 4, (1000,))
            studies[f"search by {name}"] = Study(name, tasks[:1], searched, 1, plan, f"{folder}/{name}.sqlite")
        for name, study in studies.items():
            facts = facts_of(study, {}, study._complaint)
            with Storage(study.url) as store:
                prepare(store, study, facts, extend=False, retry_failed=False)
                costs, processor = timed(Board(store, study, facts), store)
            print(f"{name}: {len(costs)} trials, {summary(costs)}, {processor:.1f} ms of the processor")
        file = Path(folder, "runs.toml")
        declared = [f'name = "runs"\nseeds = {trials // TASKS // MODELS}', *(f'[[task]]\nname = "{t}"' for t in tasks)]
        declared += [
            f'[[model]]\nname = "{m.name}"\nkind = "{m.kind}"\nparameters.offset = {m.parameters["offset"]}'
            for m in models
        ]
        file.write_text("\n".join(declared))
        print(f"{Path(folder, 'runs.sqlite').stat().st_size / trials / 1e3:.1f} kB a trial")
        for command in ("status", "table", "--help"):
            words = ["--help"] if command == "--help" else ["study", command, str(file)]
            walls, processor = [], children()
            for _ in range(7):
                begun = time.perf_counter()
                subprocess.run([*PROGRAM, *words], check=True, capture_output=True)
                walls.append(time.perf_counter() - begun)
            print(
                f"aurita {command}: {np.median(walls):.2f} s (fastest of {len(walls)} {min(walls):.2f}), "
                f"{(children() - processor) / len(walls):.2f} s of the processor"
            )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main(*map(int, sys.argv[1:]))
