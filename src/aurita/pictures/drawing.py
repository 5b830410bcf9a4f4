"""What a picture is, before anybody draws it: panels of points, lines, bands, heat maps, bars and links.

A picture is described once; `aurita.pictures._plotting` draws it with Plotly, `aurita.pictures.static` with matplotlib,
and a page in the browser from the same description as JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Document, PyTree

GREY = -1
"""Number of the colour of the background; other numbers are those of `palette.class_style`."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Line:
    """A line, with marks at its points if it is `marked`; `played` lines appear point by point."""

    x: ArrayLike
    y: ArrayLike
    name: str = ""
    colour: int = 0
    dashed: bool = False
    marked: bool = False
    played: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Band:
    """What lies between two lines."""

    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    name: str = ""
    colour: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Points:
    """Points coloured by class (`codes` of `categories`), by `values`, or all alike; `hover` is shown of each."""

    x: ArrayLike
    y: ArrayLike
    name: str = ""
    codes: ArrayLike | None = None
    categories: Sequence[str] | None = None
    values: ArrayLike | None = None
    scale: str = ""
    colour: int = 0
    size: float = 4
    hover: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, kw_only=True)
class Heat:
    """A heat map; rows of `values` upwards along y; `signed` values are coloured around 0."""

    values: ArrayLike
    x: ArrayLike
    y: ArrayLike
    scale: str = ""
    signed: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Bars:
    """Upright bars at x."""

    x: ArrayLike
    heights: ArrayLike
    name: str = ""
    colour: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Links:
    """Straight links from (x0, y0) to (x1, y1), the stronger (0 to 1) the more visible."""

    x0: ArrayLike
    y0: ArrayLike
    x1: ArrayLike
    y1: ArrayLike
    strength: ArrayLike | None = None
    colour: int = GREY
    name: str = ""
    width: float = 1.0

    @classmethod
    def between(cls, start: np.ndarray, end: np.ndarray, **style: Any) -> "Links":
        """Links from places `(links, 2)` to places."""
        return cls(x0=start[:, 0], y0=start[:, 1], x1=end[:, 0], y1=end[:, 1], **style)


@dataclass(frozen=True, eq=False, kw_only=True)
class Labels:
    """Words at places."""

    x: ArrayLike
    y: ArrayLike
    texts: Sequence[str]
    align: str = "center"


Mark = Line | Band | Points | Heat | Bars | Links | Labels


@dataclass(frozen=True, eq=False, kw_only=True)
class Axes:
    """Marks in one pair of axes.

    Attributes:
        marks: what is drawn, the first at the back.
        title, x, y: of the panel and of its axes.
        x_ticks, y_ticks: places and words; numbers by default.
        equal: a step along x is as long as one along y.
        bare: no axes at all.
        log_y: logarithmic.
        height: share of the picture.
    """

    marks: Sequence[Mark]
    title: str = ""
    x: str = ""
    y: str = ""
    x_ticks: tuple[ArrayLike, Sequence[str]] | None = None
    y_ticks: tuple[ArrayLike, Sequence[str]] | None = None
    equal: bool = False
    bare: bool = False
    log_y: bool = False
    height: float = 1.0


def ranked(names: Sequence[str], values: ArrayLike, *, title: str = "", x: str = "") -> Axes:
    """Axes with a row for each name, the largest value above: long names have room there.

    Example:
        >>> ranked(["small", "large"], [1.0, 2.0]).y_ticks[1]
        ['small', 'large']
    """
    given = np.asarray(values, float)
    order = np.argsort(given, kind="stable")
    places, sizes = np.arange(len(given)), given[order]
    stems = Links(x0=np.zeros(len(given)), y0=places, x1=sizes, y1=places, colour=0, width=3.0)
    ends = Points(x=sizes, y=places, colour=0, size=7)
    return Axes(marks=[stems, ends], title=title, x=x, y_ticks=(places, [names[place] for place in order]))


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing:
    """A picture.

    Attributes:
        title: what it shows.
        caption: the same in words, for those who do not see it.
        panels: from above to below.
        notes: what a reader has to know.
    """

    title: str
    caption: str
    panels: Sequence[Axes]
    notes: Sequence[str] = ()

    def plain(self) -> Document:
        """The description as plain values, numbers to five digits, what is not finite as None.

        Example:
            >>> line = Line(x=[0, 1], y=[0.1234567, float("nan")])
            >>> Drawing(title="t", caption="a line", panels=[Axes(marks=[line])]).plain()["panels"][0]["marks"][0]["y"]
            [0.12346, None]
        """
        return _plain(self)


def _plain(given: PyTree) -> PyTree:
    if is_dataclass(given) and not isinstance(given, type):
        found = {one.name: _plain(getattr(given, one.name)) for one in fields(given)}
        return {"kind": type(given).__name__, **{name: value for name, value in found.items() if value is not None}}
    if isinstance(given, Mapping):
        return {str(name): _plain(value) for name, value in given.items()}
    if isinstance(given, str | bool | int) or given is None:
        return given
    if isinstance(given, float | np.generic):
        return _number(given.item() if isinstance(given, np.generic) else given)
    if isinstance(given, np.ndarray | range):
        return [_plain(item) for item in np.asarray(given).tolist()]
    return [_plain(item) for item in given]


def _number(value: float | int | str) -> float | int | str | None:
    if not isinstance(value, float):
        return value
    if not np.isfinite(value):
        return None
    return float(f"{value:.5g}")
