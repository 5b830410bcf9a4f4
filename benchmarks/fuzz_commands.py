"""Give the program command lines of every kind, sensible and absurd, and tally how it ends.

What may come of a command line: exit code 0, or another with one message on standard error and no traceback; the files
that were there before it are as they were, bit for bit, unless they were named as an output; and no temporary file is
left. Where nothing is fitted it takes less than 5 seconds of the processor.

Run: python benchmarks/fuzz_commands.py [command lines] [seed]
"""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from aurita import ReservoirForecaster, save
from aurita.cli import app
from aurita.cli._models import remember
from aurita.io.writing import same_file

# ruff: noqa: E501
SECONDS, FITTED_SECONDS = 5.0, 60.0
PROCESSES = 0.04
"""Share of the command lines that are run as processes of their own."""

TEXTS = [
    "",
    " ",
    "y",
    "date",
    "nothing",
    "\u00e4\u00f6",
    "{{SCRIPT}}",
    "</script>",
    "-",
    "--",
    "a" * 3000,
    "nan",
    "\t",
    "*",
    "%s%n",
]
NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "7.5",
    "nan",
    "inf",
    "1e9",
    "1000000000",
    "9" * 400,
    "",
    "x",
    "0x10",
    "\u0663",
    "٣",
]
SHARES = ["0", "0.5", "0.9", "1", "90", "-0.1", "nan", "inf", "1e-300", "x", ""]
WORDS = [
    "none",
    "self",
    "target",
    "society",
    "ridge",
    "logistic",
    "committee",
    "forecast",
    "classify",
    "regress",
    "x",
    "",
]


@cache
def models() -> dict[str, bytes]:
    """Saved models: one that knows its table, a part of it, and one that is not fitted."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        model = ReservoirForecaster(units=2, horizon=2, difference=0).fit(
            pd.DataFrame({"y": np.sin(np.arange(40) / 3)})
        )
        known = {"targets": ["y"], "covariates": [], "time": "date", "id": None, "frequency": None, "decimal": None}
        remember(model, task="forecast", **known, series=["y"], steps=[40], step="D")
        for name, one in (("model.aurita", model), ("unfitted.aurita", ReservoirForecaster())):
            save(one, path)
            found[name] = path.read_bytes()
    return {**found, "cut.aurita": found["model.aurita"][:-9]}


def workshop(folder: Path) -> None:
    """Files to read: good ones, odd ones, and what are no files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    days = pd.date_range("2024-01-01", periods=40).strftime("%Y-%m-%d")
    table = pd.DataFrame({"date": days, "y": np.sin(np.arange(40) / 3).round(4), "x": np.arange(40)})
    table.to_csv(folder / "table.csv", index=False)
    table.assign(shop=["a", "b"] * 20).to_csv(folder / "shops.csv", index=False)
    labelled = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 4)).round(3)).add_prefix("t")
    labelled.assign(kind=["a", "b", "c"] * 4, value=np.arange(12)).to_csv(folder / "labelled.csv", index=False)
    for name, content in models().items():
        (folder / name).write_bytes(content)
    np.save(folder / "states.npy", np.random.default_rng(0).normal(size=(20, 3)))
    study = 'name = "s"\nseeds = 1\n[[task]]\nname = "sincosnoise"\n[[model]]\nname = "bare_inputs"\n'
    (folder / "study.toml").write_text(study)
    (folder / "empty.csv").touch()
    (folder / "header.csv").write_text("date,y\n")
    (folder / "bytes.csv").write_bytes(bytes(range(256)) * 8)
    (folder / "nested.toml").write_text("a = " + "[" * 3000)
    (folder / "n\u00e4me \u2603.csv").write_text("date,y\n2024-01-01,1\n2024-01-02,2\n")
    (folder / "folder").mkdir()
    os.symlink("table.csv", folder / "soft.csv")
    os.link(folder / "table.csv", folder / "hard.csv")
    os.symlink("loop.csv", folder / "loop.csv")
    os.symlink("nowhere.csv", folder / "dangling.csv")
    os.mkfifo(folder / "pipe")


READ = [
    *["table.csv"] * 4, "shops.csv", "labelled.csv", "labelled.csv", "model.aurita", "cut.aurita", "unfitted.aurita",
    "states.npy", "study.toml", "empty.csv", "header.csv", "bytes.csv", "nested.toml", "n\u00e4me \u2603.csv", "folder",
    "soft.csv", "hard.csv", "loop.csv", "dangling.csv", "pipe", "missing.csv", "", ".", "..", "/", "/dev/null", "/dev/zero",
    "/dev/full", "/proc/self/mem", "n" * 300, "missing/table.csv", "table.csv/x", "\udcff.csv", "./table.csv",
]  # fmt: skip
WRITE = [*["new.csv", "new.parquet", "new.html", "new.aurita", "folder/new.csv"] * 2, "new.xlsx", "new.md", *READ]

OPTIONS: dict[str, dict[str, list[str]]] = {
    "forecast": {
        "--target": TEXTS, "--horizon": NUMBERS, "--time": TEXTS, "--id": ["shop", *TEXTS], "--covariate": ["x", *TEXTS],
        "--interval": SHARES, "--season": NUMBERS, "--frequency": ["D", "h", "W", "rows", *TEXTS], "--decimal": [".", ",", *TEXTS],
        "--check": [], "--learning": WORDS, "--seed": NUMBERS, "--output": WRITE, "-o": WRITE,
        "--save": WRITE, "--rows": NUMBERS, "--missing": NUMBERS, "--lower": NUMBERS,
    },
    "classify": {
        "--label": ["kind", "kind", "value", *TEXTS], "--id": TEXTS, "--time": TEXTS, "--test": READ, "--folds": NUMBERS,
        "--readout": WORDS, "--learning": WORDS, "--seed": NUMBERS, "--output": WRITE, "--save": WRITE,
    },
    "fit": {
        "--task": WORDS, "--save": WRITE, "--target": TEXTS, "--label": ["kind", "value", *TEXTS], "--horizon": NUMBERS,
        "--covariate": ["x", *TEXTS], "--season": NUMBERS, "--log": WRITE, "--seed": NUMBERS, "--id": ["shop", *TEXTS],
    },
    "predict": {
        "--horizon": NUMBERS, "--interval": SHARES, "--time": TEXTS, "--id": TEXTS, "--label": TEXTS, "--decimal": TEXTS,
        "--output": WRITE, "--rows": NUMBERS,
    },
    "view": {"--output": WRITE, "--beside": READ, "--plane": ["pca", "classes", *WORDS], "--most": NUMBERS, "--log": READ,
             "--port": NUMBERS},
    "info": {},
    "study status": {"--storage": ["new.sqlite", *READ]},
    "study table": {"--reference": TEXTS, "--metric": TEXTS, "--form": ["latex", "csv", *WORDS], "--ranks": WRITE,
                    "--storage": ["new.sqlite", *READ]},
    "study export": {"--search": [], "--storage": ["new.sqlite", *READ]},
    "study run": {"--processes": ["0", "-1", "x", ""], "--log": WRITE, "--storage": READ},
    "evolve": {"--neurons": ["0", "-1", "x", ""], "--values": ["binary", ""], "--report": WRITE, "--log": READ, "--folder": READ},
    "reproduce": {"--features": ["0", "-1", "x"], "--seeds": ["0", "-1", "x"]},
    "demo": {"--seeds": ["0", "-1", "x"], "--output": READ[5:]},
}  # fmt: skip
_WRITTEN = ("--output", "-o", "--save", "--log", "--report", "--ranks", "--storage")
ARGUMENTS = {
    "predict": [["model.aurita", *READ], READ],
    "view": [["states.npy", "model.aurita", *READ], READ],
    "info": [["model.aurita", *READ]],
    "study export": [["study.toml", *READ], WRITE],
    "evolve": [["nothing", *TEXTS]],
    "reproduce": [["nothing", *TEXTS]],
    "demo": [],
}
for _name in ("study status", "study table", "study run"):
    ARGUMENTS[_name] = [["study.toml", "study.toml", *READ]]


def command_line(rng: np.random.Generator) -> list[str]:
    """A command with arguments and options, most of them of the right kind."""

    def one(of: list[str]) -> str:
        return of[rng.integers(len(of))]

    names = list(OPTIONS)
    weights = np.array([6, 4, 5, 5, 4, 2, 1, 1, 1, 1, 1, 1, 1], float)
    name = names[rng.choice(len(names), p=weights / weights.sum())]
    words = name.split()
    for of in ARGUMENTS.get(name, [READ]):
        if rng.random() < 0.95:
            words.append(one(of[:5] if rng.random() < 0.5 else of))
    options = OPTIONS[name]
    # Small enough to take no time.
    quick = {"forecast": ["--units", "2", "--no-check"], "classify": ["--units", "2"], "fit": ["--units", "2"]}
    words += quick.get(name, [])
    must = {"forecast": ["--horizon", "2"], "classify": ["--label", "kind"]}
    must["fit"] = ["--task", one(["forecast", "classify", "regress"]), "--save", one(WRITE)]
    if name in must and rng.random() < 0.9:
        words += must[name]
    for option in (
        rng.choice(list(options), min(len(options), int(rng.integers(0, 4))), replace=False) if options else ()
    ):
        words.append(str(option))
        if options[option] and rng.random() < 0.97:
            words.append(one(options[option]))
    if rng.random() < 0.05:
        words.insert(
            int(rng.integers(len(words) + 1)),
            one(["--unknown", "-Z", "--", "x", "", "--help", "--version", "\U0001f600"]),
        )
    # These would run for minutes.
    words += {"evolve": ["--generations", "0"], "demo": ["--seeds", "0"]}.get(name, [])
    return words


def outputs(words: list[str]) -> list[str]:
    """What a command line names as an output."""
    found = [after for before, after in pairwise(words) if before in _WRITTEN]
    return [*found, *words[3:4]] if words[:2] == ["study", "export"] else found


def fingerprint(folder: Path) -> dict[str, str]:
    """What each entry is, and a hash of its content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            output = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            output = os.readlink(path) if stat.S_ISLNK(mode) else str(stat.S_IFMT(mode))
        found[str(path.relative_to(folder))] = output
    return found


def ended(words: list[str], rng: np.random.Generator) -> tuple[int, str, BaseException | None]:
    """Exit code, standard error, and an exception that came through, in this process or in one of its own."""
    if rng.random() < PROCESSES and not any("\0" in word for word in words):
        done = subprocess.run(
            [sys.executable, "-m", "aurita", *(word.encode("utf-8", "surrogateescape") for word in words)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr.decode("utf-8", "replace"), None
    found = CliRunner().invoke(app, words)
    return found.exit_code, found.stderr, None if isinstance(found.exception, SystemExit) else found.exception


def problem(words: list[str], before: dict[str, str], after: dict[str, str], code: int, output: str, error: Any) -> str:
    """What should not be; nothing where all is well."""
    if error is not None:
        return f"{type(error).__name__}: {str(error)[:150]}"
    if "Traceback" in output:
        return "a traceback: " + output.strip().splitlines()[-1][:150]
    complaints = sum(line.startswith("error: ") for line in output.splitlines()) + output.count("\u2500 Error ")
    if code != 0 and complaints != 1:
        return f"code {code} and {complaints} messages"
    for name, content in before.items():
        if after.get(name) != content and not any(same_file(name, path) for path in outputs(words)):
            return f"{name} was {'changed' if name in after else 'removed'}"
    for word in words:
        kept = str(Path(word)) if word and "\0" not in word else word
        if word not in outputs(words) and kept in before and after.get(kept) != before[kept]:
            return f"{word} was read and written"
    left = [name for name in after if "aurita-" in Path(name).name and name.endswith(".tmp")]
    return f"left behind: {left}" if left else ""


def fuzz(folder: Path, cases: int, seed: int = 0) -> tuple[Counter[str], list[str]]:
    """Run so many command lines in a folder.

    Returns:
        Counts of exit codes by command, and a line on each that ended as it should not.
    """
    workshop(folder)
    home, tally, wrong = Path.cwd(), Counter[str](), []
    os.chdir(folder)
    try:
        for case in range(cases):
            rng = np.random.default_rng([seed, case])
            words = command_line(rng)
            before, started = fingerprint(folder), time.process_time()
            code, output, error = ended(words, rng)
            spent = time.process_time() - started
            why = problem(words, before, fingerprint(folder), code, output, error)
            fits = code == 0 or "note: " in output
            if not why and spent > (FITTED_SECONDS if fits else SECONDS):
                why = f"{spent:.1f} s"
            tally[f"{words[0] if words else 'none'} {code}"] += 1
            if why:
                wrong.append(f"case {case}: {words}: {why}")
                print(wrong[-1].encode("utf-8", "backslashreplace").decode(), flush=True)
            if case % 50 == 49:
                print(f"{case + 1} of {cases}, {len(wrong)} wrong", flush=True)
            if fingerprint(folder) != before:
                os.chdir(home)
                workshop(folder)
                os.chdir(folder)
    finally:
        os.chdir(home)
    return tally, wrong


if __name__ == "__main__":
    count, first = (int(value) for value in [*sys.argv[1:], *("500", "0")[len(sys.argv) - 1 :]][:2])
    with tempfile.TemporaryDirectory() as place:
        counts, problems = fuzz(Path(place, "work"), count, first)
    for what, number in sorted(counts.items()):
        print(f"{number:6d}  {what}")
    print(f"{len(problems)} of {count} ended as they should not")
    sys.exit(1 if problems else 0)
