"""Pictures as files for papers: PNG, SVG or PDF, drawn by matplotlib, which needs no browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aurita.errors import AuritaError, require
from aurita.io import check_writable
from aurita.io.writing import write_whole
from aurita.pictures._palette import LIGHT, SIGNED, VIRIDIS, class_style
from aurita.pictures.drawing import GREY, Axes, Band, Bars, Drawing, Heat, Labels, Line, Links, Mark, Points

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
_MARKERS = {"disc": "o", "square": "s", "triangle": "^", "diamond": "D"}
_MOST_IN_LEGEND = 24


def save_static(picture: object, path: str | Path, *, width: float = 7.0, height: float | None = None) -> None:
    """Write a picture to a file.

    Args:
        picture: a figure that a function of `aurita.pictures` returned, or a `Drawing`.
        path: ending in .png, .svg or .pdf.
        width: in inches.
        height: in inches; to the number of panels by default.

    Raises:
        AuritaError: another figure, another suffix, a path that cannot be written, or matplotlib is missing.

    Example:
        >>> import tempfile
        >>> from aurita.pictures.drawing import Axes
        >>> line = Drawing(title="a line", caption="", panels=[Axes(marks=[Line(x=[0, 1], y=[0, 1])])])
        >>> path = Path(tempfile.mkdtemp(), "line.svg")
        >>> save_static(line, path)
        >>> "<svg" in path.read_text()
        True
    """
    drawing = picture if isinstance(picture, Drawing) else getattr(picture, "_drawing", None)
    if not isinstance(drawing, Drawing):
        raise AuritaError(
            f"a {type(picture).__name__} was given; expected a figure as a function of aurita.pictures returned it, "
            "not a copy of it"
        )
    if Path(path).suffix.lower() not in SUFFIXES:
        raise AuritaError(f"cannot write a picture to {path}: its name must end in {', '.join(SUFFIXES)}")
    check_writable(path)
    canvas = to_matplotlib(drawing, width=width, height=height)
    # The same picture is the same file: no date in it, and names of parts by a seed.
    with require("matplotlib", "pictures", "a picture as a file").rc_context({"svg.hashsalt": "aurita"}):
        suffix = Path(path).suffix.lower()
        dated = {".svg": "Date", ".pdf": "CreationDate"}.get(suffix)
        metadata = {dated: None} if dated else None
        write_whole(path, lambda file: canvas.savefig(file, format=suffix[1:], dpi=200, metadata=metadata))


def to_matplotlib(drawing: Drawing, *, width: float = 7.0, height: float | None = None) -> "Figure":
    """The picture as a `matplotlib.figure.Figure`."""
    library = require("matplotlib.figure", "pictures", "a picture as a file")
    sizes = [panel.height for panel in drawing.panels]
    canvas = library.Figure(figsize=(width, height or 1.0 + 3.2 * sum(sizes) / max(sizes)), layout="constrained")
    grid = canvas.subplots(len(sizes), 1, height_ratios=sizes, squeeze=False)
    for axes, panel in zip(grid[:, 0], drawing.panels, strict=True):
        for mark in panel.marks:
            _draw(canvas, axes, mark)
        _dress(axes, panel)
    canvas.suptitle(drawing.title, fontsize=11)
    if drawing.notes:
        canvas.supxlabel("; ".join(drawing.notes), fontsize=7, color=LIGHT.quiet, wrap=True)
    return canvas


def _draw(canvas: "Figure", axes: "Panel", mark: Mark) -> None:
    if isinstance(mark, Points):
        _points(canvas, axes, mark)
    elif isinstance(mark, Line):
        (line,) = axes.plot(mark.x, mark.y, marker="o" if mark.marked else None, ms=3, label=mark.name or None)
        line.set(ls="--" if mark.dashed else "-", lw=1.3, color=_colour(mark.colour))
    elif isinstance(mark, Band):
        colour = _colour(mark.colour)
        axes.fill_between(mark.x, mark.low, mark.high, color=colour, alpha=0.2, lw=0, label=mark.name or None)
    elif isinstance(mark, Heat):
        _heat(canvas, axes, mark)
    elif isinstance(mark, Bars):
        axes.bar(mark.x, mark.heights, color=_colour(mark.colour), label=mark.name or None)
    elif isinstance(mark, Links):
        _links(axes, mark)
    else:
        assert isinstance(mark, Labels)
        for x, y, text in zip(np.asarray(mark.x), np.asarray(mark.y), mark.texts, strict=True):
            axes.text(x, y, text, ha=mark.align, va="center", fontsize=8)


def _points(canvas: "Figure", axes: "Panel", mark: Points) -> None:
    x, y, size = np.asarray(mark.x), np.asarray(mark.y), mark.size**2 / 2
    many = len(x) > 20_000
    if mark.categories is not None:
        codes = np.asarray(mark.codes)
        for code, name in [(-1, "not known"), *enumerate(mark.categories)]:
            rows = codes == code
            if rows.any():
                colour, shape = class_style(code) if code >= 0 else (LIGHT.faint, "disc")
                marker = _MARKERS[shape]
                axes.scatter(x[rows], y[rows], size, color=colour, marker=marker, lw=0, label=name, rasterized=many)
    elif mark.values is None:
        axes.scatter(x, y, size, color=_colour(mark.colour), lw=0, label=mark.name or None, rasterized=many)
    else:
        found = axes.scatter(x, y, size, c=np.asarray(mark.values), cmap=_map(VIRIDIS), lw=0, rasterized=many)
        canvas.colorbar(found, ax=axes, label=mark.scale)


def _heat(canvas: "Figure", axes: "Panel", mark: Heat) -> None:
    values = np.asarray(mark.values, float)
    finite = np.abs(values[np.isfinite(values)])
    most = float(finite.max(initial=0)) or 1.0
    least, largest = (-most, most) if mark.signed else (None, None)
    x, y = (
        np.arange(np.size(part)) if np.asarray(part).dtype.kind in "UO" else np.asarray(part)
        for part in (mark.x, mark.y)
    )
    colours = _map(SIGNED if mark.signed else VIRIDIS)
    many = values.size > 20_000
    found = axes.pcolormesh(x, y, values, vmin=least, vmax=largest, cmap=colours, shading="nearest", rasterized=many)
    canvas.colorbar(found, ax=axes, label=mark.scale)


def _links(axes: "Panel", mark: Links) -> None:
    collections = require("matplotlib.collections", "pictures", "a picture as a file")
    starts, ends = np.stack([mark.x0, mark.y0], axis=1), np.stack([mark.x1, mark.y1], axis=1)
    strength = np.ones(len(starts)) if mark.strength is None else np.clip(np.asarray(mark.strength, float), 0, 1)
    opacity = np.ones(len(starts)) if mark.strength is None else 0.15 + 0.85 * strength
    lines = np.stack([starts, ends], axis=1)
    label = mark.name or None
    axes.add_collection(
        collections.LineCollection(lines, colors=_colour(mark.colour), alpha=opacity, lw=mark.width, label=label)
    )
    axes.autoscale_view()


def _dress(axes: "Panel", panel: Axes) -> None:
    axes.set_title(panel.title, fontsize=9)
    axes.set_xlabel(panel.x)
    axes.set_ylabel(panel.y)
    for ticks, put in ((panel.x_ticks, axes.set_xticks), (panel.y_ticks, axes.set_yticks)):
        if ticks is not None:
            put(np.asarray(ticks[0]), list(ticks[1]), fontsize=7)
    if panel.log_y:
        axes.set_yscale("log")
    if panel.equal:
        axes.set_aspect("equal", adjustable="datalim")
    if panel.bare:
        axes.set_axis_off()
    else:
        axes.spines[["top", "right"]].set_visible(False)
    handles, names = axes.get_legend_handles_labels()
    if 0 < len(set(names)) <= _MOST_IN_LEGEND:
        axes.legend(handles, names, fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))


def _map(colours: tuple[str, ...]) -> "Colormap":
    return require("matplotlib.colors", "pictures", "a picture as a file").LinearSegmentedColormap.from_list(
        "", colours
    )


def _colour(number: int) -> str:
    return LIGHT.quiet if number == GREY else class_style(number)[0]
