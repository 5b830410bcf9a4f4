"""Evolution: how scores, sizes and species went, the best topology, what it is made of and which neurons it needs."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aurita.errors import AuritaError, require
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import GREY, Axes, Band, Bars, Drawing, Labels, Line, Links, Mark, Points

if TYPE_CHECKING:
    from aurita.evolution import Evolution, Genes, Motifs, Removals


@picture
def fitness(found: "Evolution") -> Drawing:
    """Scores over generations: the best and the mean of each, and the best of the elite.

    Args:
        found: an `Evolution`, what `aurita.evolution.evolve` returned.
    """
    history, title = found.history, "Scores over generations"
    x = np.arange(len(history["best"]))
    marks = [
        Line(x=x, y=_scores(history["best"]), name="best of the generation", colour=0),
        Line(x=x, y=_scores(history["mean"]), name="mean of the generation", colour=GREY),
        Line(x=x, y=_scores(history["elite"]), name="best of the elite, mean of all its scores", colour=1),
    ]
    caption = f"Over {len(x) - 1} generations the best of the elite went from {history['elite'][0]:.3f} to "
    caption += f"{history['elite'][-1]:.3f}; on trials of its own the champion scored {found.score:.3f}."
    return Drawing(title=title, caption=caption, panels=[Axes(marks=marks, x="generation", y="score")])


@picture
def sizes(found: "Evolution") -> Drawing:
    """Neurons or units of the reservoirs over generations: mean, smallest, largest.

    Args:
        found: an `Evolution`.
    """
    history = found.history
    x = np.arange(len(history["size"]))
    marks: list[Mark] = [
        Band(x=x, low=history["smallest"], high=history["largest"], name="smallest to largest", colour=0),
        Line(x=x, y=history["size"], name="mean", colour=0),
    ]
    caption = f"Mean size went from {history['size'][0]:.1f} to {history['size'][-1]:.1f}; in the end sizes were "
    caption += f"{history['smallest'][-1]:.0f} to {history['largest'][-1]:.0f}."
    panel = Axes(marks=marks, x="generation", y="neurons")
    return Drawing(title="Sizes over generations", caption=caption, panels=[panel])


@picture
def connectivity(found: "Evolution") -> Drawing:
    """Share of the possible recurrent connections that reservoirs have, over generations.

    Args:
        found: an `Evolution`.
    """
    share = found.history["connectivity"]
    line = Line(x=np.arange(len(share)), y=share, name="mean", colour=0)
    caption = f"Mean connectivity went from {share[0]:.2f} to {share[-1]:.2f}."
    panel = Axes(marks=[line], x="generation", y="share of connections")
    return Drawing(title="Connectivity over generations", caption=caption, panels=[panel])


@picture
def species(found: "Evolution") -> Drawing:
    """Species as bands over generations, as wide as they have reservoirs.

    Args:
        found: an `Evolution` of the search `topology`.

    Raises:
        AuritaError: a search without species.
    """
    rows = found.history["species"]
    rows = rows[rows[:, 1] >= 0]
    if not len(rows):
        raise AuritaError("this search has no species to draw; the search 'topology' has")
    numbers, generations = np.unique(rows[:, 1]), int(found.history["species"][:, 0].max()) + 1
    counts = np.zeros((len(numbers), generations))
    counts[np.searchsorted(numbers, rows[:, 1]), rows[:, 0]] = rows[:, 2]
    top, x = np.cumsum(counts, axis=0), np.arange(generations)
    marks = [
        Band(x=x, low=high - own, high=high, name=f"species {number}", colour=i)
        for i, (number, own, high) in enumerate(zip(numbers, counts, top, strict=True))
    ]
    alive = int((counts[:, -1] > 0).sum())
    caption = f"{len(numbers)} species appeared in {generations - 1} generations; {alive} were alive in the end."
    panel = Axes(marks=marks, x="generation", y="reservoirs")
    return Drawing(title="Species over generations", caption=caption, panels=[panel])


@picture
def topology(genes: "Genes", *, least: float = 0.2) -> Drawing:
    """One evolved echo reservoir as a graph: inputs, neurons, readout, links by sign and weight.

    Args:
        genes: one echo reservoir, such as the champion of a search.
        least: links weaker than this share of the strongest of their kind are not drawn.

    Raises:
        AuritaError: several reservoirs, or attention units; networkx is not installed.
    """
    from aurita.evolution.evolved import EvolvedReservoir
    from aurita.evolution.motifs import counted

    networkx = require("networkx", "evolution", "the picture of a topology")
    numbers = EvolvedReservoir(genes).numbers
    recurrent, weights = numbers["recurrent"], numbers["inputs"]
    neurons, channels = weights.shape
    shown, entering = counted(recurrent, least), counted(weights, least)
    graph = networkx.from_numpy_array(shown | shown.T)
    around = networkx.circular_layout(graph) if neurons > 1 else {0: np.zeros(2)}
    if neurons > 2 and networkx.is_connected(graph):
        around = networkx.kamada_kawai_layout(graph, pos=around)
    inside = np.array([around[i] for i in range(neurons)])
    left = np.stack([np.full(channels, -1.9), np.linspace(1, -1, channels) if channels > 1 else np.zeros(1)], axis=1)
    readout = np.array([1.9, 0.0])
    read = np.flatnonzero(numbers["output_mask"] > 0)
    marks: list[Mark] = [_between(inside[read], np.broadcast_to(readout, (len(read), 2)), None, GREY, "to readout")]
    for sign, colour, name in ((1, 0, "positive weight"), (-1, 1, "negative weight")):
        links = []
        for matrix, here, senders in ((weights, entering, left), (recurrent, shown, inside)):
            receiver, sender = np.nonzero(here & (np.sign(matrix) == sign))
            if len(receiver):
                strength = np.abs(matrix[receiver, sender]) / np.abs(matrix).max()
                links.append((senders[sender], inside[receiver], strength))
        if links:
            starts, ends, strengths = (np.concatenate(part) for part in zip(*links, strict=True))
            marks.append(_between(starts, ends, strengths, colour, name))
    places = np.concatenate([left, inside, readout[None]])
    names = [f"input {i}" for i in range(channels)] + [f"neuron {i}" for i in range(neurons)] + ["readout"]
    kinds = ["input", "neuron", "readout"]
    codes = np.repeat([0, 1, 2], [channels, neurons, 1])
    time = np.full(len(names), np.nan)
    time[channels : channels + neurons] = 1 / numbers["leak"]
    receives = np.zeros(len(names), int)
    receives[channels : channels + neurons] = shown.sum(axis=1) + entering.sum(axis=1)
    hover = {"node": np.array(names, object), "time constant": time.round(1), "receives": receives}
    marks.append(Points(x=places[:, 0], y=places[:, 1], codes=codes, categories=kinds, size=11, hover=hover))
    words = [name.split()[-1] for name in names]
    marks.append(Labels(x=places[:, 0], y=places[:, 1] + 0.11, texts=words))
    loops = int(shown.diagonal().sum())
    title = f"Topology: {neurons} neurons, {int(shown.sum())} recurrent links of at least {least:.0%} of the strongest"
    caption = f"{title}; {loops} neurons receive themselves; {int(entering.sum())} links come from {channels} inputs; "
    caption += f"the readout sees {len(read)} neurons; the slowest neuron has a time constant of "
    caption += f"{1 / numbers['leak'].min():.1f} steps."
    return Drawing(title=title, caption=caption, panels=[Axes(marks=marks, equal=True, bare=True)])


@picture
def motif_counts(found: "Motifs") -> Drawing:
    """Kinds of three neurons in a topology beside random graphs of the same size.

    Args:
        found: what `aurita.evolution.motifs` returned.
    """
    triads = found.triads
    x, mean, spread = np.arange(len(triads)), triads["random"].to_numpy(), 2 * triads["deviation"].to_numpy()
    marks: list[Mark] = [
        Links(x0=x, y0=np.maximum(mean - spread, 0), x1=x, y1=mean + spread, colour=GREY, width=4,
              name="random graphs, two deviations"),
        Points(x=x, y=triads["count"].to_numpy(), colour=1, size=9, name="this topology",
               hover={"triad": triads["triad"].to_numpy(object), "deviations": triads["z"].to_numpy().round(2)}),
    ]  # fmt: skip
    unusual = triads[triads["z"].abs() >= 2].sort_values("z", ascending=False)
    caption = (
        f"{found.neurons} neurons, {found.connections} connections, {found.self_loops} self-loops; the hub sends to "
    )
    caption += f"{found.hub:.0%} of the others (random graphs {found.hub_random:.0%}), {found.in_rings:.0%} of the "
    caption += f"neurons are in rings (random graphs {found.in_rings_random:.0%}). "
    caption += "Unusual triads: " + (", ".join(f"{r.triad} ({r.z:+.1f})" for r in unusual.itertuples()) or "none") + "."
    panel = Axes(marks=marks, x="kind of triad", y="count", x_ticks=(x, triads["triad"].tolist()))
    return Drawing(title="Three neurons at a time, beside random graphs", caption=caption, panels=[panel])


@picture
def removals(found: "Removals") -> Drawing:
    """Scores without one neuron each, the readout fitted anew or left as it is.

    Args:
        found: what `aurita.evolution.removed_one_by_one` returned.
    """
    order = np.argsort(found.refitted, kind="stable")
    x, words = np.arange(len(order)), [str(found.neurons[i]) for i in order]
    ends = [-0.5, len(order) - 0.5]
    marks: list[Mark] = [
        Bars(x=x, heights=found.refitted[order], name="readout fitted anew", colour=0),
        Points(x=x, y=found.kept[order], name="readout left as it is", colour=1, size=9),
        Line(x=ends, y=[found.whole] * 2, name="whole reservoir", colour=GREY, dashed=True),
    ]
    worst = order[0]
    caption = (
        f"The whole reservoir scores {found.whole:.3f}. Without neuron {found.neurons[worst]}, which is missed most, "
    )
    caption += (
        f"{found.refitted[worst]:.3f} with the readout fitted anew and {found.kept[worst]:.3f} with it left as it is."
    )
    panel = Axes(marks=marks, x="neuron removed", y="score", x_ticks=(x, words))
    return Drawing(title="Neurons removed one by one", caption=caption, panels=[panel])


def _between(start: np.ndarray, end: np.ndarray, strength: ArrayLike | None, colour: int, name: str) -> Links:
    """Links that end before the node that they go to, so that both directions are seen."""
    away = end - start
    length = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    aside = np.stack([-away[:, 1], away[:, 0]], axis=1) / length * 0.015
    cut = end - away / length * 0.06
    return Links.between(start + aside, cut + aside, strength=strength, colour=colour, name=name, width=1.5)


def _scores(values: np.ndarray) -> np.ndarray:
    """A generation without one finite score has none."""
    return np.where(values == -1, np.nan, values)
