"""The page that the demonstration writes: one self-contained HTML file with its tables and pictures."""

import html
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from aurita import __version__
from aurita.pictures.drawing import Drawing
from aurita.pictures.static import to_matplotlib


def page(tables: Mapping[str, Sequence[object]], figure: Drawing, seeds: int, states: str) -> str:
    """The HTML of the page; `states` is that of the reservoir's own page, shown inside."""
    inside = "".join(f"<h2>{html.escape(title)}</h2>{_table(rows)}" for title, rows in tables.items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>aurita: demonstration</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ padding: .35rem .75rem; border-bottom: 1px solid #ddd; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
svg {{ width: 100%; height: auto; }}
figure {{ margin: 1.5rem 0; }}
iframe {{ width: min(96vw, 90rem); height: 60rem; border: 1px solid #ddd; margin-left: calc(50% - min(48vw, 45rem)); }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #16181d; color: #e8e8e8; }} th, td {{ border-color: #3a3d45; }} figure {{ background: #fff; }}
}}
</style></head><body>
<h1>aurita: reservoirs whose units learn on their own</h1>
<p>Mean and deviation over {seeds} seeds; rows with one score have nothing random in them. On the vowels every score is
that of three reservoirs whose answers are averaged.
The form of the models (series, window, strategy, passages) was chosen with earlier test scores in sight, so take the
comparison as an illustration. Seconds are those of one fit and its test on this machine, the time to compile it
included where it is the first of its shape.</p>
{inside}
<h2>Forecasts</h2>
<figure>{_drawn(figure)}<figcaption>{html.escape(figure.caption)}</figcaption></figure>
<h2>What the reservoir does with the vowels</h2>
<p>Nine speakers, one colour each; every point is the reservoir at one step of one test utterance. The first lines say
which speakers its states keep apart, from which step on, and which units tell them apart.</p>
<iframe title="State space, units and learning of the vowels' reservoir" srcdoc="{html.escape(states)}"></iframe>
<p>Written by aurita {__version__} on {date.today().isoformat()}.</p>
</body></html>
"""


def _table(rows: Sequence[object]) -> str:
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("Model", "Mean", "Deviation", "Seconds", "Trained", "Fixed")
    )
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells(row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cells(row: Any) -> list[str]:
    """A row of a table as text: model, mean, deviation, seconds, parameters trained and fixed."""
    deviation = f"{np.std(row.scores, ddof=1):.4f}" if len(row.scores) > 1 else "-"
    mean = f"{np.mean(row.scores):.4f}"
    return [row.model, mean, deviation, f"{row.seconds:.1f}", f"{row.trained:,}", f"{row.fixed:,}"]


def _drawn(figure: Drawing) -> str:
    """A picture as SVG."""
    buffer = io.StringIO()
    to_matplotlib(figure, width=10.0, height=7.0).savefig(buffer, format="svg")
    drawing = buffer.getvalue()
    return drawing[drawing.index("<svg") :].replace("<svg", '<svg role="img" aria-label="forecasts and errors"', 1)
