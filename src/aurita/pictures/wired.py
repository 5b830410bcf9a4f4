"""The wiring of a reservoir: who receives whom, how far units are apart, and sets of units that are apart."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import Axes, Drawing, Heat, Labels, Links, Mark, Points
from aurita.pictures.visiting import unit_names
from aurita.reservoir import Reservoir


class WiringGraph(NamedTuple):
    """A wiring as nodes and links: inputs first, then units, then feedback.

    Attributes:
        names: of the nodes.
        kinds: `input`, `unit` or `feedback`.
        places: `(nodes, 2)`, units on a circle, inputs to its left, feedback below.
        sender, receiver: `(links,)`, nodes.
        slots: `(links,)`, how many afferents of the receiver the link is.
    """

    names: list[str]
    kinds: list[str]
    places: np.ndarray
    sender: np.ndarray
    receiver: np.ndarray
    slots: np.ndarray


def graph_of(reservoir: Reservoir) -> WiringGraph:
    """The wiring of a reservoir as nodes and links.

    Example:
        >>> from aurita import AttentionUnit, Population
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=2), units=3)], inputs=1)
        >>> graph_of(reservoir).names
        ['input 0', 'unit 0', 'unit 1', 'unit 2']
    """
    sources, owner = _checked(reservoir).sources, reservoir.sources.owner()
    external, units, feedback = sources.inputs, sources.units, sources.feedback
    node = np.where(owner >= 0, owner + external, np.arange(len(owner)))
    node[owner == -2] = external + units + np.arange(feedback)
    pairs, first = [], external
    for array, (count, _) in zip(reservoir.wiring, sources.populations, strict=True):
        senders = node[np.asarray(array)]
        pairs.append(
            np.stack([senders.ravel(), np.broadcast_to(first + np.arange(count), senders.shape).ravel()], axis=1)
        )
        first += count
    links, slots = np.unique(np.concatenate(pairs), axis=0, return_counts=True)
    clock = external - reservoir.inputs
    names = [f"input {i}" for i in range(reservoir.inputs)] + [f"clock {i}" for i in range(clock)]
    names += unit_names(reservoir) + [f"feedback {i}" for i in range(feedback)]
    angle = math.pi - 2 * math.pi * (np.arange(units) + 0.5) / max(units, 1)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    left = np.stack(
        [np.full(external, -1.7), np.linspace(1, -1, external) if external > 1 else np.zeros(external)], axis=1
    )
    below = np.stack(
        [np.linspace(-0.8, 0.8, feedback) if feedback > 1 else np.zeros(feedback), np.full(feedback, -1.6)], 1
    )
    kinds = ["input"] * external + ["unit"] * units + ["feedback"] * feedback
    return WiringGraph(names, kinds, np.concatenate([left, around, below]), links[:, 0], links[:, 1], slots)


@picture
def wiring_graph(reservoir: Reservoir, activity: ArrayLike | None = None, *, unit: int | None = None) -> Drawing:
    """Who receives from whom.

    Args:
        reservoir: whose wiring.
        activity: `(inputs + units,)`, how active each sender is; links are as strong as what goes through them.
        unit: show only what this unit receives and who receives from it.

    Raises:
        AuritaError: no such unit, or activity of another number of senders.

    Example:
        >>> from aurita import AttentionUnit, Population
        >>> figure = wiring_graph(Reservoir.build([Population(unit=AttentionUnit(), units=6)], inputs=2))
        >>> figure.layout.title.text
        'Wiring: 6 units, 2 inputs'
    """
    graph = graph_of(reservoir)
    strength = graph.slots / graph.slots.max()
    if activity is not None:
        given = np.abs(np.asarray(activity, float))
        senders = len(graph.names) - reservoir.feedback
        if given.shape != (senders,):
            raise AuritaError(f"activity has shape {given.shape}; expected ({senders},): inputs, clock, then units")
        size = np.append(given, np.zeros(reservoir.feedback))
        strength = size[graph.sender] / (size.max() or 1.0)
    shown = np.ones(len(graph.sender), bool)
    if unit is not None:
        if not 0 <= unit < reservoir.units:
            raise AuritaError(f"unit is {unit} and the reservoir has {reservoir.units}; count from 0")
        own = unit + reservoir.sources.inputs
        shown = (graph.sender == own) | (graph.receiver == own)
    from_inputs = np.array(graph.kinds)[graph.sender] == "input"
    marks: list[Mark] = []
    for rows, colour, name in ((shown & from_inputs, 0, "from inputs"), (shown & ~from_inputs, 1, "from units")):
        ends = (graph.places[graph.sender[rows]], graph.places[graph.receiver[rows]])
        if rows.any():
            marks.append(Links.between(*ends, strength=strength[rows], colour=colour, name=name))
    kinds = ["input", "unit", "feedback"]
    codes = np.array([kinds.index(kind) for kind in graph.kinds])
    hover = {"node": np.array(graph.names, dtype=object), "receives": np.bincount(graph.receiver, minlength=len(codes))}
    hover["sends to"] = np.bincount(graph.sender, minlength=len(codes))
    places = graph.places
    marks.append(Points(x=places[:, 0], y=places[:, 1], codes=codes, categories=kinds, size=10, hover=hover))
    if len(codes) <= 60:
        words = [name.split()[-1] for name in graph.names]
        away = 1 + 0.1 / np.maximum(np.linalg.norm(places, axis=1), 0.5)
        marks.append(Labels(x=places[:, 0] * away, y=places[:, 1] * away, texts=words))
    title = f"Wiring: {counted(reservoir.units, 'unit')}, {counted(reservoir.inputs, 'input')}"
    caption = f"{title}, {len(graph.sender)} links; {int(from_inputs.sum())} of them come from inputs."
    return Drawing(title=title, caption=caption, panels=[Axes(marks=marks, equal=True, bare=True)])


@picture
def distance_matrix(reservoir: Reservoir) -> Drawing:
    """Shortest paths between all units, connections taken in either direction; empty where there is none."""
    found = _checked(reservoir).distances()
    shown = np.where(np.isfinite(found), found, np.nan)
    units = np.arange(len(shown))
    far = float(np.nanmax(shown))
    caption = f"Graph distances between {counted(len(units), 'unit')}, {far:.0f} links at most."
    heat = Heat(values=shown, x=units, y=units, scale="links")
    panel = Axes(marks=[heat], x="unit", y="unit", equal=True)
    return Drawing(title="Graph distance of units", caption=caption, panels=[panel])


def _checked(reservoir: Reservoir) -> Reservoir:
    if not isinstance(reservoir, Reservoir):
        raise AuritaError(f"a {type(reservoir).__name__} has no wiring; pass a Reservoir, or reservoirs_[0] of a model")
    return reservoir


def spaced(reservoir: Reservoir, losses: ArrayLike, spacing: int = 2) -> list[int]:
    """The units that the rule `spaced` takes: largest losses first, each further one far enough from those taken.

    Args:
        reservoir: whose units.
        losses: `(U,)`.
        spacing: least graph distance.

    Raises:
        AuritaError: losses of another number of units.

    Example:
        >>> from aurita import EchoUnit, Population
        >>> alone = Reservoir.build([Population(unit=EchoUnit(slots=1), units=3, receives="inputs")], inputs=1)
        >>> spaced(alone, [1.0, 3.0, 2.0])
        [1, 2, 0]
    """
    given = np.asarray(losses, float)
    if given.shape != (reservoir.units,):
        raise AuritaError(f"losses have shape {given.shape}; expected one for each of the {reservoir.units} units")
    apart = reservoir.distances() >= spacing
    taken: list[int] = []
    for unit in np.argsort(-np.nan_to_num(given, nan=-np.inf), kind="stable").tolist():
        if np.isfinite(given[unit]) and all(apart[unit, other] for other in taken):
            taken.append(unit)
    return taken


@picture
def spaced_set(reservoir: Reservoir, losses: ArrayLike, spacing: int = 2) -> Drawing:
    """Units that the rule `spaced` takes for these losses, in the wiring.

    Raises:
        AuritaError: losses of another number of units.
    """
    taken = spaced(reservoir, losses, spacing)
    graph = graph_of(reservoir)
    first = reservoir.sources.inputs
    inside = (graph.sender >= first) & (graph.sender < first + reservoir.units)
    ends = graph.places[graph.sender[inside]], graph.places[graph.receiver[inside]]
    links = Links.between(*ends, width=0.5)
    places = graph.places[first : first + reservoir.units]
    codes = np.isin(np.arange(reservoir.units), taken).astype(int)
    hover = {"unit": np.arange(reservoir.units), "local loss": np.round(np.asarray(losses, float), 5)}
    names = ["left alone", "taken"]
    points = Points(x=places[:, 0], y=places[:, 1], codes=codes, categories=names, size=11, hover=hover)
    title = f"Units at least {spacing} links apart, largest losses first"
    caption = f"{len(taken)} of {reservoir.units} units are taken: {', '.join(map(str, taken[:30]))}."
    return Drawing(title=title, caption=caption, panels=[Axes(marks=[links, points], equal=True, bare=True)])
