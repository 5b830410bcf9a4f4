"""A study from its start to its end: records, failures, additions, several workers."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import optuna
import pytest

import aurita
from aurita.errors import AuritaError
from aurita.studies import ModelPlan, Study, TaskPlan
from aurita.tasks import task_named

TOY = ModelPlan("toy", "toys:shift", {"offset": 0.25})


@pytest.fixture
def storage(tmp_path):
    return tmp_path / "s.sqlite"


def trials(storage, name="s/runs"):
    study = optuna.load_study(study_name=name, storage=f"sqlite:///{storage}")
    return study.get_trials(deepcopy=False)


def test_every_run_is_recorded_in_full(storage):
    study = Study("s", [TaskPlan("sincosnoise", {"noise": 0.2})], [TOY], 3, storage=storage)
    assert study.records().empty
    status = study.run(progress=False)
    assert (status.total, status.done, status.failed, status.running, status.left) == (3, 3, 0, 0, 0)

    records = study.records()
    assert records["seed"].tolist() == [0, 1, 2]
    row = records.iloc[1]
    task = task_named("sincosnoise", seed=1, noise=0.2)
    off = 0.25 + 0.01 * np.random.default_rng(1).random() + 0.001
    assert row["score"] == pytest.approx(off**2)
    assert row["validation_score"] == pytest.approx(off**2)
    assert (row["metric"], row["direction"], row["state"]) == ("mse", "lower", "complete")
    assert row["mse"] == pytest.approx(row["score"])
    assert row["rmse"] == pytest.approx(off)
    truth = task.test.at_scored(task.test.targets)
    assert row["nrmse"] == pytest.approx(np.sqrt(np.mean(off**2 / truth.var(axis=0))))
    parameters = json.loads(row["parameters"])
    assert parameters["offset"] == 0.25
    assert parameters["rate"] == 0.1  # a default is part of the configuration
    options = json.loads(row["task_options"])
    assert options["noise"] == 0.2
    assert options["score_from"] == 0
    assert (row["trained"], row["fixed"], row["loss_first"], row["loss_last"]) == (7, 5, 2.0, 1.0)
    assert json.loads(row["details"]) == {"offset": 0.25}
    assert row["version_aurita"] == aurita.__version__
    assert row["version_jax"] == "0.10.1"
    assert row["start"] < row["end"]
    assert row["seconds"] <= row["wall_seconds"] < 60
    assert row["memory_mb"] > 10
    assert row["host"]
    # The same in Optuna, for whatever reads its storages.
    assert [trial.value for trial in trials(storage)] == records["score"].tolist()


def test_the_repository_and_its_changes_are_recorded(storage, tmp_path, monkeypatch):
    from aurita.studies._records import environment

    def git(*words):
        named = ["-c", "user.name=n", "-c", "user.email=e@x"]
        return subprocess.run(["git", *named, *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    (tmp_path / "model.py").write_text("a = 1")
    git("add", "model.py")
    git("commit", "-qm", "one")
    environment.cache_clear()
    clean = environment()["git"]["folder"]
    assert clean == {"commit": git("rev-parse", "HEAD").strip(), "dirty": False}
    (tmp_path / "model.py").write_text("a = 2")
    environment.cache_clear()
    assert environment()["git"]["folder"]["dirty"] is True
    environment.cache_clear()


def test_what_is_done_is_not_done_again(storage, tmp_path):
    log = tmp_path / "log"
    toy = ModelPlan("toy", "toys:shift", {"log": str(log)})
    study = Study("s", ["sincosnoise"], [toy], 3, storage=storage)
    study.run(progress=False)
    assert len(log.read_text().splitlines()) == 3
    study.run(progress=False)
    assert len(log.read_text().splitlines()) == 3

    more = Study("s", ["sincosnoise", "anarchist/sine"], [toy, TOY.__class__("b", "toys:shift")], 4, storage=storage)
    with pytest.raises(AuritaError, match=r"\+ seeds = 0, 1, 2, 3"):
        more.run(progress=False)
    assert more.run(extend=True, progress=False).done == 2 * 2 * 4
    assert len(log.read_text().splitlines()) == 2 * 4
    with pytest.raises(AuritaError, match=r"- seeds = 0, 1, 2, 3"):
        study.run(extend=True, progress=False)
    # A look shows what was started.
    assert study.status().total == 16


def test_models_that_raise_are_records_and_are_tried_again_only_on_request(storage, tmp_path):
    repaired = tmp_path / "repaired"
    bad = ModelPlan("bad", "toys:unlucky", {"bad": [1, 3], "repaired": str(repaired)})
    study = Study("s", ["sincosnoise"], [TOY, bad], 4, storage=storage)
    status = study.run(progress=False)
    assert (status.done, status.failed, status.left, status.cut_off) == (6, 2, 0, 0)
    records = study.records().set_index(["model", "seed"])
    assert records.loc[("bad", 1), "error"] == "RuntimeError: no luck with 1"
    assert any("toys.py" in line for line in json.loads(records.loc[("bad", 1), "trace"]))
    assert np.isnan(records.loc[("bad", 3), "score"])
    table = study.table().table.set_index("model")
    assert table.loc["bad", "failed"] == 2

    assert study.run(progress=False).failed == 2
    repaired.touch()
    assert study.run(retry_failed=True, progress=False).failed == 0
    assert study.records().set_index(["model", "seed"])["error"].isna().all()
    assert [t.state.name for t in trials(storage)].count("FAIL") == 2


def test_scores_that_are_not_finite_are_failures(storage):
    study = Study("s", ["sincosnoise"], [ModelPlan("m", "toys:shift", {"blow": True})], 2, storage=storage)
    assert study.run(progress=False).failed == 2
    assert study.records()["error"].str.contains("not finite").all()


@pytest.mark.parametrize(
    ("tasks", "models", "says"),
    [
        (["sincosnois"], [TOY], "nearest: sincosnoise"),
        ([TaskPlan("sincosnoise", {"nois": 1})], [TOY], "no option 'nois'"),
        (["sincosnoise"], ["esnn"], "nearest: esn"),
        (["sincosnoise"], [ModelPlan("m", "toys:shift", {"ofset": 1})], "nearest: offset"),
        (["sincosnoise"], [ModelPlan("m", "toys:shift", search={"rat": {"low": 0, "high": 1}})], "nearest: rate"),
        (["sincosnoise"], [ModelPlan("m", "toys:shift", {}, {"sincosnoise": {"of": 1}})], "no parameter 'of'"),
        (["sincosnoise"], [ModelPlan("m", "toys:shove")], "cannot be loaded"),
        (["sincosnoise"], [ModelPlan("m", "no.such:thing")], "cannot be loaded"),
        (["sincosnoise"], [ModelPlan("m", "toys:")], "cannot be loaded"),
    ],
)
def test_unknown_names_are_refused_before_anything_is_made(storage, tasks, models, says):
    with pytest.raises(AuritaError, match=says):
        Study("s", tasks, models, 2, storage=storage).run(progress=False)
    assert not storage.exists()


def test_unknown_names_in_a_file_come_with_their_line(tmp_path):
    head = 'name = "s"\n[[task]]\nname = "{}"\noptions = {{ {} = 0.1 }}\n'
    text = head + '[[model]]\nname = "m"\nkind = "{}"\n{} = {{ {} = 1 }}\n'
    good = ["sincosnoise", "noise", "toys:shift", "parameters", "offset"]
    for place, wrong, line in ((0, "sincosnois", 3), (1, "nois", 4), (2, "toys:shove", 7), (4, "ofset", 8)):
        words = [*good[:place], wrong, *good[place + 1 :]]
        path = tmp_path / "s.toml"
        path.write_text(text.format(*words))
        with pytest.raises(AuritaError, match=rf"s\.toml, line {line}: "):
            Study.from_toml(path).run(progress=False)


def test_storages_that_cannot_be_used_are_complaints(tmp_path):
    text = tmp_path / "text.sqlite"
    text.write_text("no database " * 100)
    for path, says in ((text, "not a database"), (tmp_path / "no" / "s.sqlite", "no folder"), (tmp_path, "cannot be")):
        with pytest.raises(AuritaError, match=says):
            Study("s", ["sincosnoise"], [TOY], 1, storage=path).run(progress=False)


def test_a_start_killed_while_tables_were_made_is_no_obstacle(storage):
    """Optuna makes its tables one by one."""
    with sqlite3.connect(storage) as connection:
        connection.execute("CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512) UNIQUE)")
    connection.close()
    study = Study("s", ["sincosnoise"], [TOY], 2, storage=storage)
    assert study.status().left == 2
    assert study.run(progress=False).done == 2


def test_several_processes_share_the_work(storage, tmp_path):
    log = tmp_path / "log"
    toy = ModelPlan("toy", "toys:shift", {"log": str(log), "pause": 0.1})
    study = Study("s", ["sincosnoise"], [toy, ModelPlan("bad", "toys:unlucky")], 10, storage=storage)
    status = study.run(2, progress=False)
    assert (status.done, status.failed, status.left, status.cut_off) == (19, 1, 0, 0)
    lines = [line.split() for line in log.read_text().splitlines()]
    assert len({pid for pid, *_ in lines}) == 2
    assert sorted(int(seed) for _, _, seed, _ in lines) == list(range(10))


def test_two_commands_at_once_share_the_work(storage, tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from aurita.studies import Study, ModelPlan\n"
        f"toy = ModelPlan('toy', 'toys:shift', {{'pause': 0.05, 'log': {str(tmp_path / 'log')!r}}})\n"
        f"print(Study('s', ['sincosnoise'], [toy], 20, storage={str(storage)!r}).run(progress=False).done)"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [worker.communicate()[0].strip() for worker in workers] == ["20"] * 2
    assert len((tmp_path / "log").read_text().splitlines()) == 20
    assert [t.state.name for t in trials(storage)] == ["COMPLETE"] * 20


def test_an_interruption_leaves_the_job_to_the_next_start(storage, monkeypatch):
    import toys

    def interrupted(seconds):
        raise KeyboardInterrupt

    study = Study("s", ["sincosnoise"], [TOY], 3, storage=storage)
    with monkeypatch.context() as patch:
        patch.setattr(toys.time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            study.run(progress=False)
    assert (study.status().running, study.status().cut_off) == (0, 1)
    assert study.run(progress=False).done == 3


def test_two_studies_live_in_one_storage(storage):
    for name in ("one", "two"):
        assert Study(name, ["sincosnoise"], [TOY], 2, storage=storage).run(progress=False).done == 2
    assert len(Study("one", ["sincosnoise"], [TOY], 2, storage=storage).records()) == 2


def test_free_running_forecasts_are_timed_in_lyapunov_times(storage):
    lorenz = TaskPlan("lorenz", {"horizon": 1})
    study = Study(
        "s", [lorenz], [ModelPlan("truth", "toys:prophet"), ModelPlan("still", "toys:frozen")], 1, storage=storage
    )
    study.run(progress=False)
    records = study.records().set_index("model")
    task = task_named("lorenz", seed=0, horizon=1)
    steps = records.loc["truth", "free_run_steps"]
    assert records.loc["truth", "valid_prediction_time"] == pytest.approx(steps * task.lyapunov)
    assert 0 < records.loc["still", "valid_prediction_time"] < 1
    table = study.table(metric="valid_prediction_time").table.set_index("model")
    assert table.loc["truth", "mean"] > table.loc["still", "mean"]
    assert table["metric"].unique().tolist() == ["valid_prediction_time (higher)"]


def test_the_package_is_light():
    code = (
        "import sys, aurita.studies\n"
        "heavy = {'jax', 'optuna', 'pandas', 'scipy', 'sqlalchemy', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert 'Study' in dir(aurita.studies) and aurita.studies.Study.__name__ == 'Study'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(ImportError, match="nothing"):
        from aurita.studies import nothing  # noqa: F401


def test_workers_that_died_before_they_began_cost_no_job(storage):
    """One died between naming its job and taking it, one before it named any."""
    made = optuna.create_study(study_name="s/runs", storage=f"sqlite:///{storage}")
    made.ask()
    made.enqueue_trial({}, user_attrs={"job": ["toy", "sincosnoise", 0]})
    status = Study("s", ["sincosnoise"], [TOY], 3, storage=storage).run(progress=False)
    assert (status.done, status.left, status.cut_off) == (3, 0, 2)
    finished = [t.user_attrs["job"][2] for t in trials(storage) if t.state.name == "COMPLETE"]
    assert sorted(finished) == [0, 1, 2]
