"""What a fit says of its progress: to a callback, in lines, on a terminal, and within commands."""

import io
import time

import numpy as np
import pytest
from sklearn.base import clone

from aurita import (
    AuritaError,
    Learning,
    ReservoirClassifier,
    ReservoirFeatures,
    ReservoirForecaster,
    ReservoirRegressor,
    load,
    progress,
)
from aurita.cli._terminal import Stages
from aurita.cli._terminal import stages as stages_of_a_command
from aurita.progress import Progress, at, following_fits, in_words, shown, stage

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(8, 10, 2)), [0, 1] * 4
LEARNING = Learning(steps=50, batch=4)


class Terminal(io.StringIO):
    """A stream that says that somebody looks."""

    def isatty(self):
        return True


def small(kind=ReservoirClassifier, **parts):
    return kind(units=2, learning=LEARNING, **parts)


def test_a_callback_follows_every_stage():
    found = []
    small(verbose=found.append).fit(X, LABELS)
    learning = [one for one in found if one.stage == "units learn"]
    assert [(one.done, one.total) for one in learning] == [(0, None), (25, 50), (50, 50)]
    assert found[-1].stage == "reading out"
    assert all(np.diff([one.seconds for one in found]) >= 0)


def test_regressors_and_forecasters_are_followed_too():
    for model, given in (
        (small(ReservoirRegressor), (X, np.arange(8.0))),
        (small(ReservoirForecaster, horizon=3), (np.sin(np.arange(80) / 3),)),
    ):
        found = []
        model.set_params(verbose=found.append).fit(*given)
        assert "units learn" in {one.stage for one in found}


def test_transformers_are_followed_too():
    found = []
    ReservoirFeatures(units=2, learning=Learning(objective="self", steps=5), verbose=found.append).fit(X)
    assert "units learn" in {one.stage for one in found}


def test_what_is_left_follows_from_the_pace_of_the_stage(monkeypatch):
    now, found = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with following_fits(found.append):
        now[0] = 110.0
        stage("first", 4)
        now[0] = 113.0
        at(1, 4)
    assert found == [Progress("first", 0, 4, 10.0, None), Progress("first", 1, 4, 13.0, 9.0)]
    assert in_words(Progress("first", 1, 4, 13.0, 600.0)) == "first, 10 min to go"


def test_nothing_is_written_where_nobody_looks(capsys):
    small().fit(X, LABELS)
    small(verbose=False).fit(X, LABELS)
    at(1, 2)
    assert capsys.readouterr() == ("", "")


def test_lines_where_they_are_asked_for(capsys):
    small(verbose=True).fit(X, LABELS)
    assert capsys.readouterr().err.splitlines() == ["0 s: units learn", "0 s: reading out"]


def test_a_terminal_shows_what_takes_long_and_not_what_does_not(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with shown(None):
        stage("soon done")
    assert terminal.getvalue() == ""
    monkeypatch.setattr(progress, "SECONDS_BEFORE_SHOWN", 0.0)
    with shown(None):
        stage("takes long", 10)
        for _ in range(200):
            at(5, 10)
            if "takes long" in terminal.getvalue():
                break
            time.sleep(0.02)
        with shown(None):
            stage("a fit within")
    assert "takes long" in terminal.getvalue()
    assert not progress._REPORTS


def test_an_error_ends_the_display():
    with pytest.raises(AuritaError), following_fits(lambda _: None):
        small().fit(X, [0] * 7)
    assert not progress._REPORTS


def test_a_callback_is_cloned_and_not_saved(tmp_path):
    model = small(verbose=print)
    assert clone(model).verbose is print
    model.set_params(verbose=lambda _: None).fit(X, LABELS).save(tmp_path / "model.aurita")
    assert load(tmp_path / "model.aurita").verbose is None


def test_something_else_is_refused():
    with pytest.raises(AuritaError, match="verbose is 'loud'; expected True, False, None or a callback"):
        small(verbose="loud").fit(X, LABELS)


def test_commands_show_the_stage_of_a_fit():
    class Bar:
        def add_task(self, what, total):
            self.what, self.total = what, total
            return 0

        def remove_task(self, task):
            del task

        def update(self, task, description, advance=0):
            del task, advance
            self.what = description

    bar = Bar()
    stages = Stages(bar)
    stages.follow(Progress("units learn", 1, 4, 1.0, 9.0))
    stages.now("fitting")
    stages.follow(Progress("units learn", 1, 4, 1.0, 9.0))
    assert bar.what == "fitting: units learn, about 9 s to go"
    stages.now("fold", 4)
    stages.follow(Progress("units learn", 1, 4, 1.0, 9.0))
    assert bar.what == "fold: units learn, about 9 s to go"
    stages.done()
    stages.follow(Progress("units learn", 1, 4, 1.0, 9.0))
    assert bar.what == "fold"


def test_a_command_that_takes_long_to_start_says_so_until_it_says_more(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "SECONDS_BEFORE_SHOWN", 0.0)
    with progress.starting():
        for _ in range(200):
            if "starting" in terminal.getvalue():
                break
            time.sleep(0.02)
        assert "starting" in terminal.getvalue()
        with stages_of_a_command() as stages:
            stages.now("fitting", 4)
            stages.done(2)
            assert not progress._STARTING
    assert "fitting" in terminal.getvalue()


def test_commands_write_nothing_of_their_progress_to_a_pipe(capsys):
    with progress.starting(), stages_of_a_command() as stages:
        stages.now("fitting", 4)
        stages.done(2)
    assert capsys.readouterr() == ("", "")
