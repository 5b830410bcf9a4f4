"""A newcomer's walk: an empty environment, the README from top to bottom, each command pasted, and with a mistake too.

    make newcomer                            # or: python tests/newcomer/walk.py
    python tests/newcomer/walk.py WHEEL      # what `pip install .` installs, built before

Everything is run in a temporary folder, as a newcomer would. What succeeds is timed; a mistake has to end with one
short message that names it, and no traceback of ours. It is a script and no part of the tests: it takes minutes.
"""

import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = """
import numpy as np
import pandas as pd
rng = np.random.default_rng(0)
days = pd.date_range("2023-01-01", periods=300)
sales = 50 + 9 * np.sin(np.arange(300) / 7) + rng.normal(size=300)
pd.DataFrame({"date": days, "y": sales}).to_csv("sales.csv", index=False)
rows = [(n, t, np.sin(t / (2 + n % 2)) + 0.1 * rng.normal(), n % 2) for n in range(40) for t in range(30)]
pd.DataFrame(rows, columns=["sequence", "step", "value", "class"]).to_csv("train.csv", index=False)
"""
MISTAKES = {
    "ReservoirForecaster(units=10": ("wave[:350]", "['a', 'b']"),
    "ReservoirClassifier(units=20)": ("labels[:40])", "labels[:30])"),
    "Reservoir.build(populations": ('passage="mixed"', 'passage="mixt"'),
    "pip install .": ("install .", "install aurita-that-is-nowhere-here"),
    "aurita forecast sales.csv": ("--target y", "--target sales"),
    "aurita classify train.csv": ("--label class", "--label clas"),
    "aurita info --engine": ("--engine", "--engin"),
    "aurita view model.aurita": ("data.csv", "date.csv"),
    "aurita act": ("repeat_previous", "repeat_previus"),
    "aurita evolve decision": ("decision", "decisions"),
    "aurita reproduce notebook|cogscale|memory": ("notebook|cogscale|memory", "notebok"),
}
LONG = ("make run", "make test", "aurita reproduce", "aurita evolve", "aurita view")
"""Left to a mistake alone: they take minutes, or need an extra that the README names elsewhere."""
MOST_LINES = 12


@dataclass
class Step:
    """What became of one command."""

    text: str
    seconds: float
    code: int
    output: str

    @property
    def lines(self) -> int:
        return len(self.output.strip().splitlines())


def examples() -> list[tuple[str, str]]:
    """Kind (python or shell) and text of everything that the README shows, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pattern = r"```python\n(?P<python>.*?)```|^    (?P<line>(?:pip|aurita|make) .*?)$|`(?P<inline>aurita [a-z]+ [^`]+)`"
    found, seen = [], set()
    for match in re.finditer(pattern, text, re.DOTALL | re.MULTILINE):
        kind, given = ("python", match["python"]) if match["python"] else ("shell", match["line"] or match["inline"])
        given = given.strip() if kind == "python" else given.split("  ")[0].strip()
        if given not in seen:
            seen.add(given)
            found.append((kind, given))
    return found


def mistaken(kind: str, given: str) -> str:
    """The same with its mistake: its own, or an option that no command has."""
    for part, (right, wrong) in MISTAKES.items():
        if part in given:
            if right not in given:
                raise SystemExit(f"the mistake of {part!r} replaces {right!r}, which is not in:\n{given}")
            return given.replace(right, wrong, 1)
    if kind == "shell":
        return f"{given} --nonsense"
    raise SystemExit(f"no mistake is known for what the README shows; add one to MISTAKES:\n{given}")


def run(kind: str, given: str, folder: Path, program: Path) -> Step:
    """One command in the newcomer's folder."""
    command = [str(program / "python"), "-c", given] if kind == "python" else ["bash", "-c", given]
    path = {"PATH": f"{program}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "100"}
    where = ROOT if given.startswith("pip install .") else folder
    start = time.perf_counter()
    done = subprocess.run(command, cwd=where, env=path, capture_output=True, text=True, check=False)
    return Step(given, time.perf_counter() - start, done.returncode, done.stdout + done.stderr)


def judged(step: Step, kind: str) -> str | None:
    """What is wrong with how a mistake ended."""
    if step.code == 0:
        return "succeeded"
    last = step.output.strip().splitlines()[-1] if step.output.strip() else ""
    if kind == "python":
        return None if "AuritaError" in last else f"ended with {last[:120]!r} and not with an AuritaError"
    if "Traceback" in step.output:
        return "ended with a traceback"
    return None if step.lines <= MOST_LINES else f"took {step.lines} lines to say so"


def main() -> int:
    begun, problems, lines = time.perf_counter(), [], 0
    wheel = Path(sys.argv[1]).resolve() if sys.argv[1:] else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
        program = folder / "env" / "bin"
        for kind, given in examples():
            lines += given.count("\n") + 1
            title = given.splitlines()[-1] if kind == "python" else given
            if given.startswith(LONG):
                print(f"  not run   {title[:80]}")
            else:
                typed = given.replace("install .", f"install {wheel}", 1) if wheel else given
                step = run(kind, typed, folder, program)
                print(f"{step.seconds:7.1f} s {'  ' if step.code == 0 else 'NO'} {title[:80]}", flush=True)
                if step.code:
                    problems.append(f"{given}\n{step.output[-1500:]}")
            if given.startswith("pip install ."):
                subprocess.run([program / "python", "-c", DATA], cwd=folder, check=True)
            if given.startswith("make"):
                continue
            step = run(kind, mistaken(kind, given), folder, program)
            wrong = judged(step, kind)
            printed = [line for line in step.output.splitlines() if re.search(r"[a-z]", line) and "notice" not in line]
            print(f"{step.seconds:7.1f} s    its mistake: {(printed or ['nothing'])[-1][:110]}", flush=True)
            if wrong:
                problems.append(f"the mistake in {title!r} {wrong}:\n{step.output[-1500:]}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes = (time.perf_counter() - begun) / 60, (used.ru_utime + used.ru_stime) / 60
    print(f"{lines} lines pasted, {minutes[0]:.1f} minutes, {minutes[1]:.1f} of the CPU, {len(problems)} problems")
    print(*problems, sep="\n\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
