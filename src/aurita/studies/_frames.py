"""Records as a table, one row a run."""

import json
from collections.abc import Iterable, Mapping

import pandas as pd

from aurita._typing import Document, DocumentView


def frame(records: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Records as a table, one row each; what has parts is spread over columns, lists and settings are JSON text.

    Example:
        >>> table = frame([{"model": "esn", "metrics": {"mse": 0.5}, "parameters": {"units": 3}}])
        >>> table.columns.tolist(), table.loc[0, "parameters"]
        (['model', 'mse', 'parameters'], '{"units": 3}')
    """
    table = pd.DataFrame([_row(record) for record in records])
    # Without this they were fractions as soon as one run, that failed, has none.
    counts = [name for name in ("trained", "fixed") if name in table]
    return table.astype(dict.fromkeys(counts, "Int64"))


def _row(record: DocumentView) -> Document:
    row: dict[str, object] = {}
    for key, value in record.items():
        if key == "metrics":
            row |= value
        elif key == "versions":
            row |= {f"version_{name}": number for name, number in value.items()}
        elif key == "git":
            for place, commit in value.items():
                row |= {f"git_{place}": (commit or {}).get("commit"), f"git_{place}_dirty": (commit or {}).get("dirty")}
        elif key == "losses":
            row |= {f"loss_{name}": (value or {}).get(name) for name in ("first", "last")}
            row["loss_curve"] = None if value is None else json.dumps(value)
        elif key != "value":  # that is for Optuna, and is the score
            row[key] = json.dumps(value) if isinstance(value, dict | list) else value
    return row
