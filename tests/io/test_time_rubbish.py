"""Columns of rubbish with names of time: a series, or one clear refusal."""

import random

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.io import prepare_series

NAMES = [
    "date",
    "hour",
    "y",
    "x",
    "Monat",
    "time",
    "year",
    "month",
    "day",
    "period",
    "none",
    "t",
    "data",
    "Stunde",
    "week",
]
CELLS = [
    "2024-01-01", "1.2.2024", "13/1/24", "Mai 2024", "", "nan", "24:00", "25:00", "0", "25", "Q1 2020", "KW 99/2020",
    "99999999", "12:61", "ı", "İ 2020", "2024-02-30 24:30", "-", "[", "((", "[]", "1 - 2", "00-01", "a" * 200, "٣",
    "2024-01-01T00:00:00+99:99", "I/2020", "1e5", "Jan", "12 AM", "31 de de 2020", "'", "*", "(p)", "Z", "+00", "\0",
]  # fmt: skip


def column(draw: random.Random, rows: int) -> list:
    letters = "0123456789-/.: TZapmQWkw年é"
    start, turn = draw.choice([0, 1, 2000, 45000, 20240101, 1704067200]), draw.choice([3, 24, 25, 48, 10**9])
    return draw.choice(
        [
            [draw.choice(CELLS) for _ in range(rows)],
            [draw.choice(CELLS)] * rows,
            ["".join(draw.choice(letters) for _ in range(draw.randint(0, 14))) for _ in range(rows)],
            [draw.randint(-5, 10 ** draw.randint(1, 18)) for _ in range(rows)],
            [draw.random() * 10 ** draw.randint(-3, 18) for _ in range(rows)],
            list(pd.date_range("2024-01-01", periods=rows, freq=draw.choice(["h", "D", "MS"])).astype(str)),
            [draw.choice([None, float("inf"), True, 5, "2024-01-01", pd.Timestamp("2024-01-01")]) for _ in range(rows)],
            list(np.arange(rows) % turn + start),
        ]
    )


@pytest.mark.parametrize("seed", range(8))
def test_rubbish_is_refused_in_words(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        rows = draw.choice([1, 4, 8, 30])
        table = pd.DataFrame({name: column(draw, rows) for name in draw.sample(NAMES, draw.randint(1, 4))})
        time = draw.choice([None, None, "none", table.columns[0]])
        try:
            series = prepare_series(table, time=time)
        except AuritaError:
            continue
        assert all(np.isfinite(one.values).all() for one in series)
