"""Cells of tables of the documentation, printed so that `tools/figures.py again` reads them."""

import json


def figure(row: str, column: str, value: object, *, table: str | None = None) -> None:
    """Print one cell.

    Args:
        row: first cells of its row in the table, separated by ` | `.
        column: head of its column.
        value: as it is to be shown.
        table: whose cell it is, where a command measures several.
    """
    cell = {"row": row, "column": column, "value": f"{value}"} | ({"table": table} if table else {})
    print("figure " + json.dumps(cell, ensure_ascii=False), flush=True)
