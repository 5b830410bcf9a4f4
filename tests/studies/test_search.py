"""Search for hyper-parameters: within its budget, on validation data alone, the same after an interruption."""

import json
import math

import optuna
import pytest

from aurita.studies import ModelPlan, SearchPlan, Study, TaskPlan

RATE = {"rate": {"low": 0.001, "high": 1.0, "log": True}}
SEEDS = (1000, 1001)


@pytest.fixture
def storage(tmp_path):
    return tmp_path / "s.sqlite"


def searched(storage, kind="toys:secretive", plan=None, space=RATE, **options):
    model = ModelPlan("m", kind, search=space, **options)
    return Study("s", ["sincosnoise"], [model], 2, plan or SearchPlan(trials=8, seeds=SEEDS), storage)


def test_the_best_on_validation_runs_and_no_test_data_are_seen(storage):
    """`secretive` raises where a search asks for test data, or is shown any."""
    study = searched(storage)
    status = study.run(progress=False)
    assert (status.failed, status.done) == (0, 8 + 2)

    trials = study.records(search=True)
    assert len(trials) == 8
    assert "score" not in trials
    complete = trials[trials["state"] == "complete"]
    best = complete.loc[complete["validation_score"].idxmin()]
    # The toy is off by the distance of its rate from 0.1, in decades.
    rates = [json.loads(parameters)["rate"] for parameters in complete["parameters"]]
    assert json.loads(best["parameters"])["rate"] == min(rates, key=lambda rate: abs(math.log10(rate) + 1))

    runs = study.records()
    assert runs["seed"].tolist() == [0, 1]
    assert {json.loads(p)["rate"] for p in runs["parameters"]} == {json.loads(best["parameters"])["rate"]}
    chosen = json.loads(runs["chosen_on"].iloc[0])
    assert (chosen["parameters"], chosen["split"], chosen["seeds"]) == (["rate"], "validation", [1000, 1001])
    assert (chosen["score"], chosen["trials"], chosen["slot"]) == (best["validation_score"], 8, best["slot"])
    assert any("rate chosen for each task by the validation score" in note for note in study.table().notes)


def test_where_higher_is_better_the_highest_is_chosen(storage):
    task = TaskPlan("memory_capacity", {"delays": 5, "steps": [300, 100, 100], "washout": 20})
    grid = {"rate": {"choices": [0.1, 1.0]}}
    model = ModelPlan("m", "toys:blurred", search=grid)
    study = Study("s", [task], [model], 1, SearchPlan("grid", seeds=SEEDS), storage)
    study.run(progress=False)
    trials = study.records(search=True)
    assert trials["direction"].unique().tolist() == ["higher"]
    best = trials["validation_score"].max()
    assert trials["validation_score"].min() < 4.5 < best
    assert json.loads(study.records()["chosen_on"].iloc[0])["score"] == best


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_an_interrupted_search_goes_on_as_if_it_had_not_been(storage, tmp_path, monkeypatch, sampler):
    import toys

    plan = SearchPlan(sampler, 14, SEEDS, pruning=False)
    study = searched(storage, plan=plan)
    calls = iter(range(1000))

    def interrupted(seconds):
        if next(calls) == 15:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(toys.time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            study.run(progress=False)
    assert study.status().searches[0].done == 7
    assert study.run(progress=False).cut_off == 1
    whole = searched(tmp_path / "whole.sqlite", plan=plan)
    whole.run(progress=False)
    columns = ["parameters", "validation_score", "slot"]
    assert study.records(search=True)[columns].equals(whole.records(search=True)[columns])
    # A search is no list of the same point.
    assert study.records(search=True)["parameters"].nunique() == 14


def test_a_grid_is_tried_whole_and_lists_may_be_chosen(storage):
    space = {
        "rate": {"low": 0.01, "high": 1.0, "log": True, "points": 3},
        "horizons": {"choices": [[1], [1, 2, 4]]},
    }
    study = searched(storage, "toys:shift", SearchPlan("grid", 30, SEEDS), space)
    assert study.status().total == 6 + 2
    study.run(progress=False)
    tried = [json.loads(parameters) for parameters in study.records(search=True)["parameters"]]
    assert {(round(p["rate"], 9), tuple(p["horizons"])) for p in tried} == {
        (rate, horizons) for rate in (0.01, 0.1, 1.0) for horizons in ((1,), (1, 2, 4))
    }
    assert study.status().total == 6 + 2
    chosen = json.loads(study.records()["parameters"].iloc[0])
    assert (round(chosen["rate"], 9), chosen["horizons"]) == (0.1, [1])


def test_what_is_worse_than_the_median_is_given_up(storage):
    study = searched(storage, plan=SearchPlan("random", 20, SEEDS))
    status = study.run(progress=False)
    trials = study.records(search=True)
    pruned = trials[trials["state"] == "pruned"]
    assert 0 < len(pruned) < 15
    assert {len(json.loads(scores)) for scores in pruned["scores"]} == {1}
    assert (status.searches[0].done, status.failed) == (20, 0)
    kept = trials.loc[trials["state"] == "complete", "validation_score"]
    assert pruned["validation_score"].min() > kept.min()
    states = [t.state.name for t in optuna.load_study(study_name="s/search/m/sincosnoise", storage=study.url).trials]
    assert states.count("PRUNED") == len(pruned)

    patient = searched(storage.with_name("p.sqlite"), plan=SearchPlan("random", 20, SEEDS, pruning=False))
    patient.run(progress=False)
    assert set(patient.records(search=True)["state"]) == {"complete"}


def test_a_search_in_which_all_failed_fails_its_runs_and_can_be_made_again(storage):
    study = searched(storage, "toys:picky", SearchPlan(trials=3, seeds=SEEDS))
    status = study.run(progress=False)
    assert (status.done, status.failed) == (0, 3 + 2)
    assert status.searches[0].error.startswith("ValueError: not with")
    assert study.records()["error"].str.contains("all 3 trials of the search failed, one with ValueError").all()


def test_what_is_given_for_a_task_is_not_searched_there(storage):
    per_task = {"sincosnoise": {"rate": 0.5}}
    study = searched(storage, per_task=per_task)
    status = study.run(progress=False)
    assert (status.searches, status.done) == ([], 2)
    assert json.loads(study.records()["parameters"].iloc[0])["rate"] == 0.5
    assert "chosen_on" not in study.records() or study.records()["chosen_on"].isna().all()
