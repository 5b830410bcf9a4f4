"""Published figures: the means that are known of them, and their form."""

from importlib.resources import files

import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.studies._published import BUDGETS, published_cogscale
from aurita.studies.statistics import compare
from aurita.tasks.cogscale import COGSCALE_TASKS


def test_means_over_the_tasks_are_the_known_ones():
    means = published_cogscale().groupby("model").value.mean()
    assert means["ESN 100 neurons (published)"] == pytest.approx(0.230, abs=5e-4)
    assert means["ESN 1,000 neurons (published)"] == pytest.approx(0.128, abs=5e-4)
    assert means.idxmin() == "transformer decoder 100k parameters (published)"
    assert means.min() == pytest.approx(0.117, abs=5e-4)


def test_single_scores_are_those_of_the_benchmark():
    scores = published_cogscale().set_index(["model", "task", "seed"])
    esn = scores.xs("adding_problem", level="task").loc["ESN 100 neurons (published)"]
    assert esn.value.tolist() == [0.46, 0.63, 0.47, 0.44, 0.46, 0.36, 0.43, 0.44, 0.64, 0.38]
    assert set(esn.parameters) == {500}
    assert esn.learning_rate.isna().all()
    gru = scores.loc["GRU 1k parameters (published)", "adding_problem", 5]
    assert (gru.value, gru.parameters, gru.learning_rate) == (0.16, 957, 0.01)


def test_every_model_has_ten_seeds_of_every_task_and_one_size_each():
    scores = published_cogscale()
    assert scores.groupby(["model", "task"]).seed.agg(list).map(lambda seeds: seeds == list(range(10))).all()
    assert scores.groupby("model").task.nunique().eq(len(COGSCALE_TASKS)).all()
    assert set(scores.task) == set(COGSCALE_TASKS)
    assert scores.groupby(["model", "task"]).parameters.nunique().eq(1).all()
    assert not scores.value.isna().any()


def test_a_budget_gives_its_models_alone():
    parts = [published_cogscale(budget) for budget in BUDGETS]
    assert [part.model.nunique() for part in parts] == [7, 7, 6]
    assert len(pd.concat(parts)) == len(published_cogscale()) == 2800
    assert parts[2].parameters.between(90_000, 105_000).all()
    with pytest.raises(AuritaError, match="budget of 500"):
        published_cogscale(500)


def test_they_can_be_compared_as_any_records_can():
    scores = published_cogscale(1000)
    scores = scores[scores.task == "adding_problem"]
    found = compare(scores, higher_is_better=False, resamples=100)
    assert (found.summary.seeds == 10).all()


def test_the_table_is_small():
    assert len((files("aurita.studies") / "data" / "cogscale_small.csv").read_bytes()) < 100_000
