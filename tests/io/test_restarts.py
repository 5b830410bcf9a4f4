"""Tables of several series that no option tells apart."""

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.io import prepare_series
from aurita.io._restarts import find_restart


def sequences(step: str = "t", keys: list | None = None, times: np.ndarray | None = None) -> pd.DataFrame:
    keys = [f"pump {k}" for k in range(6)] if keys is None else keys
    times = np.arange(9) if times is None else times
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": np.repeat(keys, len(times)),
            step: np.tile(times, len(keys)),
            "x": rng.normal(size=len(keys) * len(times)),
        }
    )


@pytest.mark.parametrize("options", [{}, {"target": "x"}])
@pytest.mark.parametrize("step", ["t", "step", "n"])
@pytest.mark.parametrize("keys", [None, [3, 1, 2], ["b", "a"]])
@pytest.mark.parametrize("times", [None, np.arange(1, 6), np.arange(8) * 0.25])
def test_a_count_that_begins_anew_asks_for_the_id(step: str, options: dict, keys: list, times: np.ndarray) -> None:
    table = sequences(step, keys, times)
    for rows in (table, table.sample(frac=1, random_state=0), table.sort_values(step, kind="stable")):
        with pytest.raises(AuritaError, match=f"'{step}' begins anew with every value of 'id'.*give it as id"):
            prepare_series(rows, **options)
    assert len(prepare_series(table, id="id", target="x")) == table["id"].nunique()
    assert len(prepare_series(table, time="none", target="x")) == 1


def test_sequences_of_different_length_are_found() -> None:
    table = sequences().drop(index=[8, 16, 17])
    with pytest.raises(AuritaError, match="holds 6 series"):
        prepare_series(table)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"date": pd.date_range("2024-01-01", periods=40).astype(str), "t": np.tile(np.arange(10), 4)}),
        pd.DataFrame({"year": np.repeat([2020, 2021, 2022], 12), "month": np.tile(np.arange(1, 13), 3)}),
        pd.DataFrame({"state": ["on"] * 20 + ["off"] * 20, "t": np.arange(40)}),
        pd.DataFrame({"state": ["on", "off"] * 20, "load": np.arange(40) % 7}),
    ],
)
def test_other_counts_are_no_series(table: pd.DataFrame) -> None:
    table = table.assign(y=np.random.default_rng(1).normal(size=len(table)))
    assert find_restart(table.drop(columns="date", errors="ignore")) is None
    assert len(prepare_series(table, target="y")) == 1
