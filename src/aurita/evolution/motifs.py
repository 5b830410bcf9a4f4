"""What an evolved wiring is made of, beside random graphs of the same size: triads, a hub, recurrence, slow leaks."""

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from aurita._typing import Bool, Float
from aurita.errors import AuritaError, require
from aurita.evolution.evolved import EvolvedReservoir
from aurita.evolution.genes import Genes

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, eq=False)
class Motifs:
    """What a wiring is made of. A connection counts if its weight is large enough, see `motifs`.

    Attributes:
        neurons: of the reservoir.
        connections: from neuron to another neuron.
        self_loops: neurons that receive themselves.
        triads: a row for each of the sixteen kinds of three neurons: `triad` (its name in the census of Holland and
            Leinhardt, such as `030T`, the feed-forward loop, and `030C`, the ring), `count`, mean `random` count and
            its `deviation` over random graphs of as many neurons and connections, and `z`, how many deviations the
            count is above them (NaN where random graphs do not vary).
        hub: share of the other neurons that receive the one that most receive.
        hub_random: the same in random graphs, mean.
        in_rings: share of neurons whose signal can come back to them through others; 0 for a feed-forward reservoir.
        in_rings_random: the same in random graphs, mean.
        time_constants: of the neurons, in steps, the slowest first: 1 / leak rate.
    """

    neurons: int
    connections: int
    self_loops: int
    triads: pd.DataFrame
    hub: float
    hub_random: float
    in_rings: float
    in_rings_random: float
    time_constants: Float[np.ndarray, "neuron"]

    @property
    def feed_forward(self) -> bool:
        """Whether no signal comes back to a neuron, through others or by itself."""
        return self.in_rings == 0 and self.self_loops == 0


def motifs(genes: Genes, *, least: float = 0.2, graphs: int = 200, seed: int = 0) -> Motifs:
    """Count what a reservoir is wired of, and the same in random graphs of as many neurons and connections.

    Args:
        genes: one echo reservoir, such as the champion of a search.
        least: a connection counts if its weight is at least this share of the largest recurrent one. A search over
            weights alone leaves every connection in place, most of them weak.
        graphs: random graphs to compare with.
        seed: of those.

    Raises:
        AuritaError: several reservoirs, or attention units; fewer than three neurons; networkx is not installed.

    Source: Milo et al. 2002, "Network motifs: simple building blocks of complex networks"; the census of triads of
    Holland and Leinhardt 1976.

    Example:
        >>> from aurita.evolution import Genome
        >>> found = motifs(Genome(neurons=6).start(np.random.default_rng(0), 1, 8), graphs=20)
        >>> found.neurons, int(found.triads["count"].sum())
        (6, 20)
    """
    networkx = require("networkx", "evolution", "the motifs of a wiring")
    numbers = EvolvedReservoir(genes).numbers
    neurons = len(numbers["bias"])
    if neurons < 3 or graphs < 2 or not 0 <= least < 1:
        raise AuritaError(
            f"{neurons} neurons, {graphs} random graphs, least {least}; expected at least 3, at least 2, a share "
            "from 0 and below 1"
        )
    linked = counted(numbers["recurrent"], least)
    apart = linked & ~np.eye(neurons, dtype=bool)
    # `linked[i, j]`: i receives j, so the edge goes from j to i.
    graph = networkx.from_numpy_array(apart.T.astype(int), create_using=networkx.DiGraph)
    rng = np.random.default_rng([0x6D6F74, seed])
    drawn = [
        networkx.gnm_random_graph(neurons, int(apart.sum()), seed=int(rng.integers(2**31 - 1)), directed=True)
        for _ in range(graphs)
    ]
    census = networkx.triadic_census(graph)
    random = pd.DataFrame([networkx.triadic_census(one) for one in drawn])[list(census)]
    mean, deviation = random.mean().to_numpy(), random.std().to_numpy()
    count = np.array(list(census.values()))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(deviation > 0, (count - mean) / deviation, np.nan)
    triads = pd.DataFrame({"triad": list(census), "count": count, "random": mean, "deviation": deviation, "z": z})
    return Motifs(
        neurons=neurons,
        connections=int(apart.sum()),
        self_loops=int(linked.diagonal().sum()),
        triads=triads,
        hub=_hub(graph),
        hub_random=float(np.mean([_hub(one) for one in drawn])),
        in_rings=_in_rings(networkx, graph),
        in_rings_random=float(np.mean([_in_rings(networkx, one) for one in drawn])),
        time_constants=np.sort(1 / numbers["leak"].astype(float))[::-1],
    )


def counted(recurrent: Float[np.ndarray, "neuron neuron"], least: float) -> Bool[np.ndarray, "neuron neuron"]:
    """Which connections are there: not zero, and at least `least` of the largest.

    Example:
        >>> counted(np.array([[0.0, 1.0], [-0.1, -0.3]]), 0.2).tolist()
        [[False, True], [False, True]]
    """
    size = np.abs(recurrent)
    return (size > 0) & (size >= least * size.max(initial=0.0))


def _hub(graph: "networkx.DiGraph") -> float:
    return float(max(degree for _, degree in graph.out_degree())) / (len(graph) - 1)


def _in_rings(library: ModuleType, graph: "networkx.DiGraph") -> float:
    parts = library.strongly_connected_components(graph)
    return sum(len(part) for part in parts if len(part) > 1) / len(graph)
