"""Descriptions of pictures as Plotly figures, for notebooks."""

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, ParamSpec, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Array, Bool, Document
from aurita.errors import require
from aurita.pictures._palette import LIGHT, SIGNED, VIRIDIS, class_style
from aurita.pictures.drawing import GREY, Axes, Band, Bars, Drawing, Heat, Labels, Line, Links, Mark, Points

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from plotly.basedatatypes import BaseTraceType

_SYMBOLS = {"disc": "circle", "square": "square", "triangle": "triangle-up", "diamond": "diamond"}
_BANDS = 5
_FAST = 2_000


P = ParamSpec("P")


class Picture(Protocol[P]):
    """A function that returns a Plotly figure; its `drawing` returns the description instead."""

    drawing: Callable[P, Drawing]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "go.Figure": ...


def picture(describe: Callable[P, Drawing]) -> Picture[P]:
    """A function that describes a picture, as one that returns it as a Plotly figure."""

    @wraps(describe)
    def draw(*args: P.args, **kwargs: P.kwargs) -> "go.Figure":
        return to_plotly(describe(*args, **kwargs))

    draw.drawing = describe  # type: ignore[attr-defined]
    return cast(Picture[P], draw)


def to_plotly(drawing: Drawing) -> "go.Figure":
    """The picture as a `plotly.graph_objects.Figure`, which remembers its description for `save_static`.

    Raises:
        AuritaError: Plotly is not installed.
    """
    go = require("plotly.graph_objects", "pictures", "a picture in a notebook")
    subplots = require("plotly.subplots", "pictures", "a picture in a notebook")
    panels = drawing.panels
    figure = subplots.make_subplots(
        rows=len(panels),
        cols=1,
        subplot_titles=[panel.title for panel in panels] if len(panels) > 1 else None,
        row_heights=[panel.height for panel in panels],
        vertical_spacing=0.28 / len(panels),
    )
    seen: set[str] = set()
    for row, panel in enumerate(panels, 1):
        for mark in panel.marks:
            for trace in _traces(go, mark):
                trace.showlegend = bool(trace.name) and trace.name not in seen
                seen.add(trace.name or "")
                figure.add_trace(trace, row=row, col=1)
        _axes(figure, panel, row)
    note = "<br>".join(drawing.notes)
    figure.update_layout(
        title={"text": drawing.title + (f"<br><sub>{note}</sub>" if note else "")},
        template="plotly_white",
        colorway=list(LIGHT.classes),
        height=max(420, 300 * len(panels)),
        legend={"itemsizing": "constant"},
        meta={"caption": drawing.caption},
    )
    _play(go, figure, drawing)
    figure._drawing = drawing
    return figure


def _traces(plotly: ModuleType, mark: Mark) -> list["BaseTraceType"]:
    if isinstance(mark, Points):
        return _points(plotly, mark)
    if isinstance(mark, Line):
        style = {"color": _colour(mark.colour), "dash": "dash" if mark.dashed else "solid"}
        mode = "lines+markers" if mark.marked else "lines"
        return [plotly.Scatter(x=_list(mark.x), y=_list(mark.y), mode=mode, line=style, name=mark.name)]
    if isinstance(mark, Band):
        x = [*_list(mark.x), *_list(mark.x)[::-1]]
        y = [*_list(mark.low), *_list(mark.high)[::-1]]
        fill = _faded(_colour(mark.colour), 0.2)
        return [
            plotly.Scatter(x=x, y=y, fill="toself", fillcolor=fill, line={"width": 0}, name=mark.name, hoverinfo="skip")
        ]
    if isinstance(mark, Heat):
        colours = SIGNED if mark.signed else VIRIDIS
        scale = [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]
        middle = {"zmid": 0} if mark.signed else {}
        bar = {"title": {"text": mark.scale}}
        heat = plotly.Heatmap(
            z=np.asarray(mark.values), x=_list(mark.x), y=_list(mark.y), colorscale=scale, colorbar=bar
        )
        return [heat.update(middle)]
    if isinstance(mark, Bars):
        return [
            plotly.Bar(x=_list(mark.x), y=_list(mark.heights), name=mark.name, marker={"color": _colour(mark.colour)})
        ]
    if isinstance(mark, Links):
        return _links(plotly, mark)
    assert isinstance(mark, Labels)
    where = {"left": "middle right", "right": "middle left"}.get(mark.align, "middle center")
    texts = list(mark.texts)
    return [
        plotly.Scatter(x=_list(mark.x), y=_list(mark.y), mode="text", text=texts, textposition=where, hoverinfo="skip")
    ]


def _points(plotly: ModuleType, mark: Points) -> list["BaseTraceType"]:
    kind = plotly.Scattergl if np.size(mark.x) > _FAST else plotly.Scatter
    x, y = np.asarray(mark.x), np.asarray(mark.y)
    data = np.array([np.asarray(values, dtype=object) for values in mark.hover.values()], dtype=object).T
    template = "<br>".join(f"{name}: %{{customdata[{i}]}}" for i, name in enumerate(mark.hover)) + "<extra></extra>"

    def trace(rows: Bool[np.ndarray, "point"] | slice, name: str, marker: Document) -> "BaseTraceType":
        hover = {"customdata": data[rows], "hovertemplate": template} if mark.hover else {}
        return kind(x=x[rows], y=y[rows], mode="markers", name=name, marker={"size": mark.size, **marker}, **hover)

    if mark.categories is not None:
        traces = []
        for code, name in enumerate(mark.categories):
            colour, shape = class_style(code)
            rows = np.asarray(mark.codes) == code
            if rows.any():
                traces.append(trace(rows, name, {"color": colour, "symbol": _SYMBOLS[shape]}))
        unknown = np.asarray(mark.codes) < 0
        return [*traces, *([trace(unknown, "not known", {"color": LIGHT.faint})] if unknown.any() else [])]
    everything = slice(None)
    if mark.values is None:
        return [trace(everything, mark.name, {"color": _colour(mark.colour)})]
    scale = [[i / (len(VIRIDIS) - 1), colour] for i, colour in enumerate(VIRIDIS)]
    bar = {"title": {"text": mark.scale}}
    return [trace(everything, mark.name, {"color": np.asarray(mark.values), "colorscale": scale, "colorbar": bar})]


def _links(plotly: ModuleType, mark: Links) -> list["BaseTraceType"]:
    """Links in a few bands of strength: a trace has one colour."""
    ends = [np.asarray(part, float) for part in (mark.x0, mark.x1, mark.y0, mark.y1)]
    strength = np.ones(len(ends[0])) if mark.strength is None else np.clip(np.asarray(mark.strength, float), 0, 1)
    band = np.minimum((strength * _BANDS).astype(int), _BANDS - 1)
    traces = []
    for level in np.unique(band):
        rows = band == level
        gap = np.full(int(rows.sum()), np.nan)
        x = np.stack([ends[0][rows], ends[1][rows], gap], axis=1).ravel()
        y = np.stack([ends[2][rows], ends[3][rows], gap], axis=1).ravel()
        opacity = 1.0 if mark.strength is None else 0.15 + 0.85 * (level + 0.5) / _BANDS
        line = {"color": _faded(_colour(mark.colour), opacity), "width": mark.width}
        traces.append(plotly.Scatter(x=x, y=y, mode="lines", line=line, name=mark.name, hoverinfo="skip"))
    return traces


def _axes(figure: "go.Figure", panel: Axes, row: int) -> None:
    figure.update_xaxes(title_text=panel.x, row=row, col=1, visible=not panel.bare)
    figure.update_yaxes(title_text=panel.y, row=row, col=1, visible=not panel.bare)
    for ticks, update in ((panel.x_ticks, figure.update_xaxes), (panel.y_ticks, figure.update_yaxes)):
        if ticks is not None:
            update(tickvals=_list(ticks[0]), ticktext=list(ticks[1]), row=row, col=1)
    if panel.log_y:
        figure.update_yaxes(type="log", row=row, col=1)
    if panel.equal:
        anchor = "x" if row == 1 else f"x{row}"
        figure.update_yaxes(scaleanchor=anchor, scaleratio=1, row=row, col=1)


def _play(plotly: ModuleType, figure: "go.Figure", drawing: Drawing) -> None:
    """Frames in which played lines appear point by point, and the buttons for them."""
    marks = [mark for panel in drawing.panels for mark in panel.marks]
    # Played lines are one trace each; no picture of ours has marks of several traces before them.
    places, played = [], []
    number = 0
    for mark in marks:
        count = len(_traces(plotly, mark))
        if isinstance(mark, Line) and mark.played:
            places.append(number)
            played.append(mark)
        number += count
    if not played:
        return
    longest = max(np.size(mark.x) for mark in played)
    figure.frames = [
        plotly.Frame(
            name=str(step),
            traces=places,
            data=[plotly.Scatter(x=_list(m.x)[: step + 1], y=_list(m.y)[: step + 1]) for m in played],
        )
        for step in range(longest)
    ]
    steps = [
        {"label": str(s), "method": "animate", "args": [[str(s)], {"mode": "immediate", "frame": {"duration": 0}}]}
        for s in range(longest)
    ]
    run = {"frame": {"duration": 120, "redraw": False}, "fromcurrent": True, "transition": {"duration": 0}}
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    buttons = [
        {"label": "play", "method": "animate", "args": [None, run]},
        {"label": "pause", "method": "animate", "args": [[None], stop]},
    ]
    figure.update_layout(
        updatemenus=[
            {"type": "buttons", "direction": "left", "x": 0, "y": -0.12, "xanchor": "left", "buttons": buttons}
        ],
        sliders=[{"steps": steps, "x": 0.2, "len": 0.8, "currentvalue": {"prefix": "step "}}],
    )


def _colour(number: int) -> str:
    return LIGHT.quiet if number == GREY else class_style(number)[0]


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:.3g})"


def _list(given: ArrayLike | range) -> Array:
    return np.asarray(given).tolist()
