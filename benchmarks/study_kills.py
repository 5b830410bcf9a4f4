"""Kill a study of 200 short trials 50 times at random moments and count what is left: 200 trials, each once, none lost.

Run: python benchmarks/study_kills.py [kills] [trials]
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import optuna

from aurita.studies import ModelPlan, Study
from aurita.studies.models import Fitted
from aurita.tasks import Task

HERE = Path(__file__).parent
MODELS = 4


def short(task: Task, splits: list[str], *, seed: int, pause: float = 0.1) -> Fitted:
    """The truth and some noise, after a pause."""
    time.sleep(pause * np.random.default_rng(seed).random() * 2)
    noise = np.random.default_rng(seed)
    return Fitted(
        {s: [y + noise.standard_normal(y.shape) for y in getattr(task, s).targets] for s in splits}, trained=1
    )


def finished(storage: str) -> dict[tuple, list[tuple[int, float]]]:
    """(number, score) of the finished trials of each job."""
    found: dict[tuple, list[tuple[int, float]]] = {}
    if not Path(storage).exists():
        return found
    try:
        study = optuna.load_study(study_name="kills/runs", storage=f"sqlite:///{storage}")
    except KeyError:
        return found
    for trial in study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE]):
        found.setdefault(tuple(trial.user_attrs["job"]), []).append((trial.number, trial.value))
    return found


def main(kills: int = 50, trials: int = 200) -> None:
    """Print what became of every job."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    draw = random.Random(0)
    lost = changed = restarts = 0
    with tempfile.TemporaryDirectory() as folder:
        storage = f"{folder}/kills.sqlite"
        code = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from aurita.studies import Study, ModelPlan\n"
            "models = [ModelPlan(f'm{n}', 'study_kills:short') for n in range(int(sys.argv[3]))]\n"
            "Study('kills', ['sincosnoise'], models, int(sys.argv[4]), storage=sys.argv[2]).run(progress=False)\n"
        )
        command = [sys.executable, "-c", code, str(HERE), storage, str(MODELS), str(trials // MODELS)]
        before: dict = {}
        begun = time.time()
        first = subprocess.Popen(command)
        while not finished(storage):
            time.sleep(0.1)
        first.kill()
        first.wait()
        start_up = time.time() - begun
        while restarts < kills:
            process = subprocess.Popen(command)
            restarts += 1
            # From the first imports to some trials into the work.
            time.sleep(draw.uniform(0, start_up + 1.0))
            process.send_signal(signal.SIGKILL)
            if process.wait() == 0:
                print(f"the study was done before kill {restarts}")
                break
            after = finished(storage)
            lost += sum(job not in after for job in before)
            changed += sum(after.get(job) != entry for job, entry in before.items())
            before = after
        subprocess.run(command, check=True)
        after = finished(storage)
        counts = Counter(len(entries) for entries in after.values())
        changed += sum(after.get(job) != entry for job, entry in before.items())
        status = Study(
            "kills",
            ["sincosnoise"],
            [ModelPlan(f"m{n}", "study_kills:short") for n in range(MODELS)],
            trials // MODELS,
            storage=storage,
        ).status()
    print(f"kills {restarts}, trials cut off and made again {status.cut_off}, seconds {time.time() - begun:.0f}")
    print(f"jobs {status.total}, done {status.done}, finished trials a job: {dict(counts)}")
    print(f"finished trials lost {lost}, changed {changed}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
