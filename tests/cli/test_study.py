"""`aurita study` as a user meets it."""

import io
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita.cli.app import app

MINE = '''
import os, time
import numpy as np
from aurita.studies.models import Fitted

def mine(task, splits, *, seed, off=0.1, pause=0.0, fails=False):
    """The truth and a little."""
    with open("log", "a") as log:
        log.write(f"{os.getpid()} {seed}\\n")
    time.sleep(pause)
    if fails:
        raise RuntimeError("as asked")
    noise = np.random.default_rng(seed).random() / 100
    return Fitted({s: [y + off + noise for y in getattr(task, s).targets] for s in splits}, trained=7, fixed=1)
'''
STUDY = """
name = "first"
seeds = 8

[[task]]
name = "sincosnoise"

[[model]]
name = "near"
kind = "mine:mine"

[[model]]
name = "far"
kind = "mine:mine"
parameters = { off = 0.5 }
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (tmp_path / "mine.py").write_text(MINE)
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def call(*arguments):
    return CliRunner().invoke(app, ["study", *map(str, arguments)], env={"COLUMNS": "200"})


def logged(study):
    return (study.parent / "log").read_text().split("\n")[:-1]


def test_run_status_table_export(study):
    before = call("status", study)
    assert before.exit_code == 0
    assert "first: 0 of 16 done, 16 left" in before.output
    assert not (study.parent / "study.sqlite").exists()
    for command in (["table", study], ["export", study, "runs.csv"]):
        early = call(*command)
        assert early.exit_code == 2
        assert "run it first" in early.output

    run = call("run", study)
    assert run.exit_code == 0, run.output
    assert "first: 16 of 16 done" in run.output
    assert "16 of 16 done" in call("status", study).output

    table = call("table", study, "--reference", "far", "--ranks", "ranks.svg")
    assert table.exit_code == 0, table.output
    assert "| sincosnoise | near | mse (lower) |" in table.stdout
    assert "| 8 | 0 | better |" in table.stdout
    assert "<svg" in (study.parent / "ranks.svg").read_text()
    numbers = pd.read_csv(io.StringIO(call("table", study, "--form", "csv", "--metric", "rmse").stdout))
    assert numbers["mean"].tolist() == pytest.approx([0.1, 0.5], abs=0.01)

    for suffix in ("csv", "parquet", "tex", "md"):
        assert call("export", study, f"runs.{suffix}").exit_code == 0
    written, parquet = pd.read_csv("runs.csv"), pd.read_parquet("runs.parquet")
    assert len(written) == len(parquet) == 16
    assert written["score"].tolist() == pytest.approx(parquet["score"].tolist())
    assert len(logged(study)) == 16


def test_a_killed_study_goes_on_where_it_was(study):
    study.write_text(STUDY.replace("off = 0.5", "off = 0.5, pause = 0.3"))
    words = [sys.executable, "-c", "from aurita.command import main; main()", "study", "run", str(study)]
    worker = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (study.parent / "log").exists() or len(logged(study)) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert " 1 running" not in call("status", study).output
    assert call("run", study).exit_code == 0
    assert "16 of 16 done" in call("status", study).output
    assert " cut off; what was cut off is made again." in call("status", study).output
    # Only what was cut off is made twice.
    assert 16 <= len(logged(study)) <= 17


def test_a_changed_study_is_refused_and_shown(study):
    assert call("run", study).exit_code == 0
    study.write_text(STUDY.replace("off = 0.5", "off = 0.6"))
    changed = call("run", study)
    assert changed.exit_code == 2
    assert "- model far parameters off = 0.5\n  + model far parameters off = 0.6" in changed.output
    assert "--extend" not in changed.output
    study.write_text(STUDY.replace("seeds = 8", "seeds = 9"))
    more = call("run", study)
    assert more.exit_code == 2
    assert "--extend" in more.output
    assert "18 of 18 done" in call("run", study, "--extend").output
    assert len(logged(study)) == 18


def test_what_failed_says_why_and_is_made_again_on_request(study):
    study.write_text(STUDY.replace("off = 0.5", "fails = true"))
    run = call("run", study)
    assert run.exit_code == 0
    reason = "far on sincosnoise: 8 failed, the first with RuntimeError: as asked"
    assert reason in run.output
    assert "--retry-failed" in run.output
    assert reason in call("status", study).output
    assert len(logged(study)) == 16
    call("run", study)
    assert len(logged(study)) == 16
    call("run", study, "--retry-failed")
    assert len(logged(study)) == 24


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sincosnoise", "sincosnoize", "line 6: task 'sincosnoize' is unknown; nearest: sincosnoise"),
        ("mine:mine", "esnn", "line 10: model 'esnn' is unknown; nearest: esn"),
        ("mine:mine", "mine:yours", "line 10: model 'mine:yours' cannot be loaded"),
        ("off = 0.5", "of = 0.5", "line 15: model 'mine:mine' has no parameter 'of'; nearest: off"),
        (
            'kind = "mine:mine"\nparameters = { off = 0.5 }',
            'kind = "reservoir"\nparameters.learning = { objectiv = "self" }',
            "line 15: learning has no setting 'objectiv'; nearest: objective",
        ),
        ("seeds = 8", "seed = 8", "line 3: key 'seed' is unknown in a study; nearest: seeds"),
        (
            "[[task]]",
            "[task]",
            "line 5: task = {'name': 'sincosnoise'} in a study is not at least one table in double brackets",
        ),
        ("seeds = 8", "seeds = ", "no TOML file"),
        ('"sincosnoise"', '"lorenz"\noptions = { horizon = "x" }', "line 7: task 'lorenz' cannot be made (TypeError"),
    ],
)
def test_what_cannot_be_is_one_message_and_exit_code_2(study, old, new, says):
    study.write_text(STUDY.replace(old, new))
    result = call("run", study)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output
    assert not (study.parent / "study.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["table", "--reference", "nobody"], "choose one of near, far"),
        (["table", "--metric", "nothing"], "choose score"),
        (["table", "--ranks", "ranks.gif"], ".svg"),
        (["export", "runs.xlsx"], ".parquet"),
        (["export", "nowhere/runs.csv"], "there is no folder"),
        (["export", "runs.csv", "--search"], "searched"),
    ],
)
def test_questions_that_have_no_answer(study, arguments, says):
    study.write_text(STUDY.replace("seeds = 8", "seeds = 2"))
    call("run", study)
    result = call(arguments[0], study, *arguments[1:])
    assert result.exit_code == 2
    assert says in result.output


def test_a_missing_file_is_a_complaint(study):
    result = call("run", study.with_name("none.toml"))
    assert result.exit_code == 2
    assert "name a TOML file that declares a study" in result.output


def test_a_missing_library_names_its_extra(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    result = call("status", study, "--storage", "postgresql://me:secret@localhost/studies")
    assert result.exit_code == 2
    assert "pip install 'aurita[postgres]'" in result.output
    monkeypatch.setitem(sys.modules, "optuna", None)
    result = call("run", study)
    assert result.exit_code == 2
    assert "pip install 'aurita[studies]'" in result.output
