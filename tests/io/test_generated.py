"""Files of all makes give finite series, or one clear refusal."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.io import prepare_labelled, prepare_series, read_table

_PATH = Path(__file__).with_name("generated.py")
_SPEC = importlib.util.spec_from_file_location("generated_files", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
generated = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generated)

LONGEST = 5.0


def outcomes(path: Path) -> list[str]:
    """What came of a file: a word for every way of reading it; anything but values or a refusal is raised."""
    try:
        table = read_table(path)
    except AuritaError:
        return ["refused"]
    assert len(table)
    assert len(table.columns)
    assert table.columns.is_unique
    found = ["read"]
    names = [str(name) for name in table.columns]
    ways = [{}, {"time": "none"}, {"id": names[0]}, {"id": names[-1], "missing": [-9999]}, {"target": names[-1]}]
    for options in ways:
        try:
            series = prepare_series(table, **options)
        except AuritaError:
            found.append("not prepared")
            continue
        assert series
        for one in series:
            assert np.isfinite(one.values).all()
            assert np.isfinite(one.future_covariates).all()
            assert len(one.values) == len(one.index)
        found.append("prepared")
    for options in ({"label": names[-1]}, {"label": names[-1], "id": names[0]}, {"label": None, "id": names[0]}):
        try:
            labelled = prepare_labelled(table, **options)
        except AuritaError:
            found.append("not labelled")
            continue
        assert all(np.isfinite(sequence).all() for sequence in labelled.sequences)
        assert labelled.labels is None or not pd.isna(labelled.labels).any()
        found.append("labelled")
    return found


@pytest.mark.parametrize("part", range(4))
def test_generated_files(tmp_path: Path, part: int) -> None:
    found = set()
    for seed in range(20 * part, 20 * (part + 1)):
        path = tmp_path / "file.csv"
        path.write_bytes(generated.random_file(seed))
        start = time.process_time()
        try:
            found |= set(outcomes(path))
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        assert time.process_time() - start < LONGEST, f"seed {seed}"
    assert {"refused", "read", "prepared"} <= found
