"""The table of a study: every mean with its interval, its failures and a verdict."""

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.studies.tables import study_table

FACTS = {"x": {"metric": "mse", "direction": "lower"}, "y": {"metric": "accuracy", "direction": "higher"}}
SEEDS = 10


def runs(model, task, scores, **columns):
    state = ["complete" if np.isfinite(score) else "failed" for score in scores]
    rows = {"model": model, "task": task, "seed": range(len(scores)), "score": scores, "state": state}
    return pd.DataFrame({**rows, "mse": scores, "trained": 7, "fixed": 3, **columns})


@pytest.fixture
def records():
    noise = np.random.default_rng(0).random((2, 3, SEEDS)) / 100
    return pd.concat(
        [runs(m, t, 1 + 2 * i * (t == "x") + noise[n, i]) for n, t in enumerate("xy") for i, m in enumerate("abc")],
        ignore_index=True,
    )


def table_of(records, **options):
    found = study_table(records, FACTS, ["c", "a", "b"], **options)
    return found, found.table.set_index(["task", "model"])


def test_verdicts_are_on_the_models_beside_the_reference_in_the_order_declared(records):
    found, table = table_of(records)
    assert found.reference == "c"
    assert table.index.tolist() == [(t, m) for t in "xy" for m in "cab"]
    assert table.loc["x", "verdict"].tolist() == ["reference", "better", "better"]
    assert table.loc["y", "verdict"].tolist() == ["reference", "inconclusive", "inconclusive"]
    assert table["metric"].unique().tolist() == ["mse (lower)", "accuracy (higher)"]
    mine = records.query("model == 'a' and task == 'x'")["score"]
    assert table.loc[("x", "a"), "mean"] == pytest.approx(mine.mean())
    assert table.loc[("x", "a"), "deviation"] == pytest.approx(mine.std())
    assert table.loc[("x", "a"), "low"] < mine.mean() < table.loc[("x", "a"), "high"]
    assert table.loc[("x", "a"), "trained"] == 7
    assert pd.isna(table.loc[("x", "a"), "further_seeds"])
    assert table.loc[("y", "a"), "further_seeds"] > 0


def test_verdicts_turn_with_the_reference_and_are_the_same_among_all_pairs(records):
    _, table = table_of(records, reference="a")
    assert table.loc["x", "verdict"].tolist() == ["worse", "reference", "worse"]
    for reference in "abc":
        one, all_pairs = (table_of(records, reference=reference, all_pairs=wide)[1] for wide in (False, True))
        assert one["verdict"].tolist() == all_pairs["verdict"].tolist()


def test_a_model_that_always_failed_has_no_mean_and_is_not_better(records):
    records.loc[(records["model"] == "b") & (records["task"] == "x"), ["score", "mse"]] = np.nan
    found, table = table_of(records, reference="a")
    row = table.loc[("x", "b")]
    assert np.isnan([row["mean"], row["deviation"], row["low"], row["high"]]).all()
    assert (row["failed"], row["verdict"]) == (SEEDS, "worse")
    assert any("b failed on 10 seeds" in note for note in found.notes)
    assert "| b | mse (lower) | - | - | - | - | 10 | 10 | worse |" in found.render()


def test_the_text_has_ranks_and_notes_below(records):
    found, _ = table_of(records)
    assert "against c" in found.render()
    assert "| a | 1" in found.render()
    assert "- mean ranks are over 2 tasks" in found.render()
    assert "% mean ranks are over 2 tasks" in found.render("latex")
    assert (
        found.render("csv").splitlines()[0].startswith("task,model,metric,mean,deviation,low,high,seeds,failed,verdict")
    )


def test_other_metrics_know_their_direction_and_where_they_are_missing(records):
    records["valid_prediction_time"] = np.where(records["task"] == "x", records["score"], np.nan)
    found, table = table_of(records, metric="valid_prediction_time")
    assert table.index.tolist() == [("x", m) for m in "cab"]
    assert table["verdict"].tolist() == ["reference", "worse", "worse"]
    assert "valid_prediction_time is not measured on y" in found.notes
    with pytest.raises(AuritaError, match=r"metric 'msee' is not in the records; choose score, .*mse"):
        table_of(records, metric="msee")
    with pytest.raises(AuritaError, match="choose one of c, a, b"):
        table_of(records, reference="d")
