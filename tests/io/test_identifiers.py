"""Identifiers of several columns, and tables of several series that are taken for one."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError
from aurita.io import prepare_labelled, prepare_series
from aurita.io.identifiers import joined, split_again


def sales(days=8, stores=("n", "s"), products=(1, 2)):
    """Days by store and product, each series at a level of its own, rows shuffled."""
    rows = [
        {"day": day, "store": store, "product": product, "sold": 100 * place + 10 * product + step}
        for place, store in enumerate(stores)
        for product in products
        for step, day in enumerate(pd.date_range("2024-01-01", periods=days))
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0, ignore_index=True)


@pytest.mark.parametrize("id", [["store", "product"], "store+product"])
def test_several_columns_tell_series_apart_together(id):
    series = prepare_series(sales(), id=id)
    assert [one.name for one in series] == ["n / 1", "n / 2", "s / 1", "s / 2"]
    assert series[0].target_columns == ("sold",)
    assert [one.values.ravel().tolist() for one in series] == [
        [start + step for step in range(8)] for start in (10.0, 20.0, 110.0, 120.0)
    ]


def test_a_column_of_that_very_name_is_taken():
    series = prepare_series(
        sales().assign(**{"store+product": lambda t: t["store"]}).drop(columns="product")[::2], id="store+product"
    )
    assert [one.name for one in series] == ["n", "s"]


def test_rows_that_lack_a_part_are_of_no_series():
    table = sales()
    table.loc[table["store"].eq("s") & table["product"].eq(2), "product"] = None
    series = prepare_series(table, id=["store", "product"])
    assert [one.name for one in series] == ["n / 1", "n / 2", "s / 1"]
    assert "8 rows have no 'store+product' and were left out" in series[0].notes


@pytest.mark.parametrize(
    ("id", "printed"),
    [
        (["store", "produce"], r"id column 'produce' is not in the table; did you mean 'product'\?"),
        (["store", "store"], "name one twice"),
        (None, r"32 of 32 rows share their time.*'store' and 'product'.*give id='store\+product'"),
        ("store", r"differ in 'product'.*give id='store\+product'"),
    ],
)
def test_what_does_not_tell_series_apart_is_refused(id, printed):
    with pytest.raises(AuritaError, match=printed):
        prepare_series(sales(), id=id, target="sold")


def test_the_sign_between_identifiers_is_in_none():
    with pytest.raises(AuritaError, match="the id column 'store' holds ' / '"):
        prepare_series(sales(stores=("a / b", "c")), id=["store", "product"])


def test_a_few_rows_of_one_time_are_averaged_with_a_word():
    table = sales(12, ("n",), (1,)).sort_values("day").drop(columns=["store", "product"]).assign(state="final")
    table = pd.concat([table, table.iloc[[3]].assign(state="draft", sold=99.0)])
    notes = prepare_series(table, target="sold")[0].notes
    assert "rows of one time differ in 'state' and were averaged; give id='state' to keep them apart" in notes
    assert "1 row shared its time with another row and was averaged with it (2024-01-04)" in notes


def test_rows_of_one_time_without_a_column_that_tells_them_apart_are_averaged():
    table = sales(12, ("n",), (1,)).drop(columns=["store", "product"])
    series = prepare_series(pd.concat([table, table.assign(sold=table["sold"] + 2)]))[0]
    assert series.values.ravel().tolist() == [11.0 + step for step in range(12)]


def test_copies_are_distinguished_from_other_values():
    table = sales(12, ("n",), (1,)).drop(columns=["store", "product"]).sort_values("day")
    notes = prepare_series(pd.concat([table, table.iloc[[1]]]))[0].notes
    assert "1 row is a copy of another" in notes
    assert not any("averaged" in note for note in notes)


def test_sequences_of_several_columns():
    found = prepare_labelled(
        sales().assign(kind=lambda t: t["store"]), label="kind", id=["store", "product"], time="day"
    )
    assert found.ids.tolist() == ["n / 1", "n / 2", "s / 1", "s / 2"]
    assert found.labels is not None
    assert found.labels.tolist() == ["n", "n", "s", "s"]
    assert found.channels == ("sold",)


def test_steps_of_sequences_are_not_taken_for_sequences():
    table = pd.DataFrame({"who": np.repeat([3, 4, 5], 6), "t": np.tile(np.arange(6), 3), "x": np.arange(18.0)})
    table["kind"] = np.repeat(["a", "b", "a"], 6)
    with pytest.raises(
        AuritaError, match="rows seem to be steps of 3 sequences; 'who' tells them apart, give it as id"
    ):
        prepare_labelled(table, label="kind")
    assert len(prepare_labelled(table.drop(columns="who"), label="kind").sequences) == 18


def test_written_identifiers_are_in_their_columns_again():
    table = joined(sales(4), "store+product")
    again = split_again(table, "store+product", ("store", "product"))
    assert again.columns.tolist() == ["store", "product", "day", "sold"]
    assert again["store"].tolist() == sales(4)["store"].tolist()
    assert split_again(table, "store+product", ()) is table
