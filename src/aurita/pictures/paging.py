"""One self-contained HTML file with everything there is to see of a model: no network, no library, no second file."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from aurita import __version__
from aurita.errors import AuritaError
from aurita.io import check_writable, write_text
from aurita.pictures._blobs import Blob
from aurita.pictures._palette import DARK, LIGHT, SHAPES, SIGNED, VIRIDIS
from aurita.pictures.contents import BUDGET, ModelView, packed
from aurita.pictures.drawing import Drawing

_SCRIPTS = ("data", "scatter", "chart", "panels", "wiring", "selection", "live", "app")


def write_page(
    path: str | Path,
    models: ModelView | Sequence[ModelView] = (),
    *,
    title: str = "aurita",
    drawings: Sequence[Drawing] = (),
) -> None:
    """Write a page of one model, or of two side by side, or of drawings alone.

    Args:
        path: of the HTML file.
        models: from `aurita.pictures.contents.model_view`; two are linked step by step.
        title: of the page.
        drawings: pictures to show below, `Drawing` or figures that functions of `aurita.pictures` returned.

    Raises:
        AuritaError: more than two models, neither a model nor a drawing, something that is no drawing, or a path that
            cannot be written.

    Example:
        >>> import tempfile, numpy as np
        >>> from aurita.pictures import model_view, states_from
        >>> path = Path(tempfile.mkdtemp(), "page.html")
        >>> write_page(path, model_view(states_from(np.random.default_rng(0).normal(size=(30, 4)))))
        >>> "http" in path.read_text().replace("http://www.w3.org", "")
        False
    """
    check_writable(path)
    write_text(path, page(models, title=title, drawings=drawings))


def page(
    models: ModelView | Sequence[ModelView] = (),
    *,
    title: str = "aurita",
    live: bool = False,
    drawings: Sequence[Drawing] = (),
) -> str:
    """The HTML of a page; with `live` it also follows the log of a run from where it is served."""
    shown = [models] if isinstance(models, ModelView) else list(models)
    drawn = [one if isinstance(one, Drawing) else getattr(one, "_drawing", None) for one in drawings]
    if not all(isinstance(one, Drawing) for one in drawn):
        raise AuritaError(
            "a drawing is none; expected figures as functions of aurita.pictures returned them, or Drawing"
        )
    if len(shown) > 2 or not (shown or live or drawn):
        raise AuritaError(f"{len(shown)} models were given; a page shows one, or two side by side")
    first, rest = Blob("first"), Blob("rest")
    contents: dict[str, object] = {
        "title": title,
        "version": __version__,
        "themes": {"light": asdict(LIGHT), "dark": asdict(DARK)},
        "shapes": SHAPES,
        "viridis": VIRIDIS,
        "signed": SIGNED,
        "live": live,
        "drawings": [one.plain() for one in drawn if one is not None],
        "models": [packed(one, first, rest, BUDGET * (i + 1) // len(shown)) for i, one in enumerate(shown)],
    }
    web = files("aurita.pictures") / "web"
    script = "\n".join((web / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    parts = {
        "TITLE": _escaped(title),
        "STYLE": (web / "style.css").read_text(encoding="utf-8"),
        # A closing tag inside a string would end the script.
        "CONTENTS": json.dumps(contents, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
        "FIRST": first.text(),
        "REST": rest.text(),
        "SCRIPT": script,
    }
    html = (web / "page.html").read_text(encoding="utf-8")
    # One pass: what is put in may hold anything, marks of places included.
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda found: parts[found[1]], html)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
