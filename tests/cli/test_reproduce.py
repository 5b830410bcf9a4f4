"""`aurita reproduce` as a user meets it: what it says first, that it goes on, its tables, its complaints."""

import json
import sys
from types import ModuleType

import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita.cli.app import app
from aurita.studies import ModelPlan, Study, TaskPlan, reproduce


def a_reproduction(name, study):
    """A module that reproduces something in no time."""
    module = ModuleType(f"aurita.studies.reproduce.{name}")
    module.study = study
    module.report = lambda done: [("Means", done.records().groupby("model", as_index=False)["score"].mean())]
    module.seconds_expected = lambda done, features=1: 60.0 * features
    return module


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    task = TaskPlan("sincosnoise", {"sequences": [10, 4, 4], "steps": 20})

    def one_size(*, seeds=2, storage=tmp_path / "tiny.sqlite"):
        return Study("tiny", [task], ["constant", "bare_inputs"], seeds=seeds, storage=storage)

    def sizes(features=5, *, seeds=2, storage=tmp_path / "sized.sqlite"):
        models = [ModelPlan("autoregression", parameters={"memory": features})]
        return Study("sized", [task], models, seeds=seeds, storage=storage)

    for name, study in (("tiny", one_size), ("sized", sizes)):
        monkeypatch.setitem(sys.modules, f"aurita.studies.reproduce.{name}", a_reproduction(name, study))
        monkeypatch.setitem(reproduce.REPRODUCTIONS, name, (name,))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def called(*words):
    return CliRunner().invoke(app, ["reproduce", *words])


def test_says_how_long_runs_and_prints(tiny):
    found = called("tiny", "--processes", "1", "--seeds", "3")
    assert found.exit_code == 0, found.output
    first = found.stderr.splitlines()[0]
    assert "0 of 6 runs" in first
    assert "about" in first
    lines = [line.split() for line in found.stdout.splitlines()]
    means = {
        words[0]: float(words[1]) for words in lines if len(words) == 2 and words[0] in ("constant", "bare_inputs")
    }
    records = reproduce.parts("tiny", seeds=3)[0].study.records()
    expected = records.groupby("model")["score"].mean()
    assert means == pytest.approx(expected.to_dict(), rel=1e-3)


def test_a_second_call_runs_nothing(tiny):
    called("tiny", "--processes", "1")
    before = reproduce.parts("tiny")[0].study.records()
    found = called("tiny", "--processes", "1")
    assert found.exit_code == 0
    assert "4 of 4 runs" in found.stderr
    pd.testing.assert_frame_equal(reproduce.parts("tiny")[0].study.records(), before)


def test_seeds_may_begin_later(tiny):
    found = called("tiny", "--processes", "1", "--first", "10", "--seeds", "2")
    assert found.exit_code == 0, found.output
    assert set(reproduce.parts("tiny", seeds=range(10, 12))[0].study.records()["seed"]) == {10, 11}


def test_storage_and_size_reach_the_study(tiny):
    place = tiny / "elsewhere.sqlite"
    found = called("sized", "--processes", "1", "--features", "2", "--storage", str(place))
    assert found.exit_code == 0, found.output
    assert place.exists()
    records = reproduce.parts("sized", features=2, storage=place)[0].study.records()
    assert {json.loads(text)["memory"] for text in records["parameters"]} == {2}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["notebok"], "nearest: notebook"),
        (["notebook", "--features", "100"], "one size only"),
        (["tiny", "--first", "10"], "goes with a number of seeds"),
        (["tiny", "--storage", "/nowhere/at/all.sqlite"], "no folder /nowhere/at"),
    ],
)
def test_complaints_are_one_message(tiny, words, complaint):
    found = called(*words)
    assert found.exit_code == 2
    assert complaint in found.stderr
    assert "Traceback" not in found.output


def test_time_left_is_estimated_then_measured(tiny, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    part = reproduce.parts("sized", features=3)[0]
    assert part.seconds_left(1) == pytest.approx(60 * 3 * 2)
    assert part.seconds_left(2) == pytest.approx(60 * 3)
    assert part.seconds_left(100) == pytest.approx(60 * 3 / 2), "no faster than there are cores"
    part.study.run(progress=False)
    assert part.seconds_left(2) == 0
    more = Study("sized", list(part.study.tasks), list(part.study.models), seeds=2, storage=part.study.storage)
    status = more.status()
    monkeypatch.setattr(Study, "status", lambda self: type(status)(status.name, [], [half(status.runs[0])], 0, None))
    each = more.records()["wall_seconds"].mean()
    assert part.seconds_left(1) == pytest.approx(each)


def half(count):
    """As if one of two runs were left."""
    return type(count)(count.model, count.task, 2, 1, 0, 0)
