"""Who receives whom: afferents drawn at random, and the distances between units that follow.

A wiring is data: for every population an integer array `(K, U)` of the sources that each unit receives. Sources are
numbered: first the external inputs, then the outputs of all units, population by population (within one, the first
slots of all its units, then the second ones), then the feedback channels.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from aurita._typing import Int
from aurita._words import counted
from aurita.errors import AuritaError

# Several of different sizes stand in one tuple, so that their axes are not bound.
Afferents = Int[np.ndarray, "_afferent _unit"]


RECEIVES = ("all", "inputs", "earlier", "each", "partner")
NOT_DRAWN = ("each", "partner")


@dataclass(frozen=True)
class Sources:
    """How the sources of a reservoir are numbered.

    Attributes:
        inputs: external inputs, a clock included.
        populations: `(units, slots)` of each population.
        feedback: feedback channels.
        clock: how many of the inputs, the last ones, are a clock.
    """

    inputs: int
    populations: tuple[tuple[int, int], ...]
    feedback: int = 0
    clock: int = 0

    @property
    def total(self) -> int:
        """Number of sources."""
        return self.inputs + self.outputs + self.feedback

    def external(self, *, clock: bool = True) -> int:
        """Number of external inputs, with or without the clock."""
        return self.inputs if clock else self.inputs - self.clock

    @property
    def outputs(self) -> int:
        """Number of unit outputs."""
        return sum(units * slots for units, slots in self.populations)

    @property
    def units(self) -> int:
        """Number of units of all populations."""
        return sum(units for units, _ in self.populations)

    def outputs_of(self, population: int) -> Int[np.ndarray, "slot unit"]:
        """The sources that are the outputs of one population."""
        start = self.inputs + sum(units * slots for units, slots in self.populations[:population])
        units, slots = self.populations[population]
        return start + np.arange(units * slots).reshape(slots, units)

    def owner(self) -> Int[np.ndarray, "source"]:
        """The unit that each source belongs to, counted over all populations; -1 for inputs, -2 for feedback."""
        owners, first = [np.full(self.inputs, -1)], 0
        for units, slots in self.populations:
            owners.append(np.tile(first + np.arange(units), slots))
            first += units
        return np.concatenate([*owners, np.full(self.feedback, -2)])


def random_wiring(
    rng: np.random.Generator,
    sources: Sources,
    afferents: tuple[int, ...],
    *,
    input_fraction: tuple[float, ...] = (0.5,),
    self_loops: tuple[bool, ...] = (True,),
    receives: tuple[str, ...] = ("all",),
    clock: tuple[bool, ...] | None = None,
) -> tuple[Afferents, ...]:
    """Draw the afferents of every unit at random, without receiving a source twice while there are others.

    Every external input is received by some unit: losing a channel by bad luck is the worst that a random wiring can
        do.

    Args:
        sources: how the sources are numbered.
        afferents: how many sources a unit of each population receives.
        input_fraction: probability that an afferent is an external input, per population.
        self_loops: whether a unit may receive itself, per population.
        receives: per population `all`, `inputs` (no recurrence at all) or `earlier` (inputs and earlier populations);
            `each` and `partner` are not drawn, see `dense_wiring`.
        clock: whether a population may receive the clock; all may by default.

    Returns:
        One array `(K, U)` per population.

    Raises:
        AuritaError: a unit would need more afferents than there are sources to receive.

    Example:
        >>> import numpy as np
        >>> wiring = random_wiring(np.random.default_rng(0), Sources(2, ((5, 4),)), (4,))
        >>> wiring[0].shape, set(range(2)) <= set(wiring[0].ravel().tolist())
        ((4, 5), True)
    """
    owner = sources.owner()
    clock = clock or (True,) * len(afferents)
    drawn, first_unit = [], 0
    for number, (units, _) in enumerate(sources.populations):
        if receives[number] in NOT_DRAWN:
            turn = sum(
                count for (count, _), how in zip(sources.populations[:number], receives, strict=False) if how == "each"
            )
            drawn.append(dense_wiring(sources, number, receives[number], clock=clock[number], turn=turn))
            first_unit += units
            continue
        external = sources.external(clock=clock[number])
        others = _allowed_sources(sources, number, receives[number])
        columns = []
        for unit in range(first_unit, first_unit + units):
            recurrent = others if self_loops[number] else others[owner[others] != unit]
            columns.append(_draw(rng, external, recurrent, afferents[number], input_fraction[number]))
        drawn.append(np.stack(columns, axis=1).astype(np.int32))
        first_unit += units
    free = [number for number, how in enumerate(receives) if how not in NOT_DRAWN]
    _cover_inputs(rng, sources.external(clock=any(clock)), sources.total, drawn, free)
    return tuple(drawn)


def dense_wiring(
    sources: Sources, population: int, receives: str, *, self_loops: bool = True, clock: bool = True, turn: int = 0
) -> Afferents:
    """Every unit of a population receives every source it may receive, in order.

    With `each` it receives one external input only, the units taking turns from input number `turn` on; with `partner`
    all external inputs and the unit of its number in the population before.
    """
    count, external = sources.populations[population][0], np.arange(sources.external(clock=clock))
    if receives == "each":
        return ((turn + np.arange(count)) % sources.external(clock=False))[None].astype(np.int32)
    if receives == "partner":
        if not population or sources.populations[population - 1][0] != count:
            raise AuritaError(
                "a population whose units receive a partner each needs a population of as many units before it"
            )
        partners = sources.outputs_of(population - 1)
        return np.concatenate([np.tile(external[:, None], count), partners]).astype(np.int32)
    allowed = np.concatenate([external, _allowed_sources(sources, population, receives)])
    own = sources.owner()[allowed]
    first = sum(units for units, _ in sources.populations[:population])
    units = range(first, first + count)
    return np.stack([allowed if self_loops else allowed[own != unit] for unit in units], axis=1).astype(np.int32)


def distances(sources: Sources, wiring: tuple[Afferents, ...]) -> np.ndarray:
    """Shortest paths between units over connections in either direction; infinite where there is none.

    Returns:
        `(U, U)` over the units of all populations.

    Example:
        >>> import numpy as np
        >>> chain = np.array([[0, 1, 2]])  # unit 0 receives the input, 1 receives 0, 2 receives 1
        >>> distances(Sources(1, ((3, 1),)), (chain,))[0].tolist()
        [0.0, 1.0, 2.0]
    """
    owner = sources.owner()
    receivers, senders, first = [], [], 0
    for array, (units, _) in zip(wiring, sources.populations, strict=True):
        who = owner[array]
        receiver = np.broadcast_to(first + np.arange(units), array.shape)
        internal = who >= 0
        receivers.append(receiver[internal])
        senders.append(who[internal])
        first += units
    rows, columns = np.concatenate(receivers), np.concatenate(senders)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(sources.units, sources.units)).tocsr()
    return shortest_path(graph, directed=False, unweighted=True)


def connected_parts(sources: Sources, wiring: tuple[Afferents, ...]) -> tuple[bool, ...]:
    """Whether any unit receives each population and, last, the feedback."""
    afferents = np.concatenate([np.ravel(array) for array in wiring])
    bounds = np.cumsum([sources.inputs, *(units * slots for units, slots in sources.populations), sources.feedback])
    return tuple(bool(((afferents >= first) & (afferents < stop)).any()) for first, stop in pairwise(bounds))


def check_wiring(sources: Sources, wiring: tuple[Afferents, ...], afferents: tuple[int, ...]) -> None:
    """Raise `AuritaError` for a wiring that does not fit the reservoir."""
    expected = [(k, units) for k, (units, _) in zip(afferents, sources.populations, strict=True)]
    given = [tuple(array.shape) for array in wiring]
    if given != expected:
        raise AuritaError(f"the wiring has arrays of shapes {given}; expected (afferents, units) of {expected}")
    for array in wiring:
        if not np.issubdtype(array.dtype, np.integer):
            raise AuritaError(f"the wiring holds {array.dtype} numbers; expected integers, the numbers of sources")
        if array.size and not (array.min() >= 0 and array.max() < sources.total):
            raise AuritaError(
                f"the wiring names sources {array.min()} to {array.max()}; this reservoir has 0 to {sources.total - 1}"
            )


def _allowed_sources(sources: Sources, population: int, receives: str) -> Int[np.ndarray, "source"]:
    """The sources other than external inputs that a population may receive."""
    if receives == "inputs":
        return np.zeros(0, int)
    if receives == "earlier":
        return np.concatenate([np.zeros(0, int), *(sources.outputs_of(p).ravel() for p in range(population))])
    if receives == "all":
        return np.arange(sources.inputs, sources.total)
    raise AuritaError(f"receives is {receives!r}; expected one of {', '.join(RECEIVES)}")


def _draw(
    rng: np.random.Generator, inputs: int, recurrent: np.ndarray, count: int, fraction: float
) -> Int[np.ndarray, "afferent"]:
    if count > inputs + len(recurrent):
        raise AuritaError(
            f"a unit has {counted(count, 'slot')} and only {counted(inputs + len(recurrent), 'source')} to receive "
            f"({inputs} external, {len(recurrent)} others); "
            "use fewer slots, more units, or passage='mixed' with afferents='all'"
        )
    wanted = int(rng.binomial(count, fraction))
    external = int(np.clip(wanted, count - len(recurrent), min(inputs, count)))
    picked = [rng.choice(inputs, external, replace=False), rng.choice(recurrent, count - external, replace=False)]
    return np.concatenate(picked)


def _cover_inputs(rng: np.random.Generator, inputs: int, total: int, wiring: list[Afferents], free: list[int]) -> None:
    """Give every unused external input a slot: of a unit whose own input others receive too, or of any."""
    for missing in range(inputs):
        counts = np.bincount(np.concatenate([array.ravel() for array in wiring]), minlength=total)[:inputs]
        if counts[missing]:
            continue
        places = [(p, k, u) for p in free for k, u in np.argwhere(wiring[p] >= inputs)]
        spare = [(p, k, u) for p in free for k, u in np.argwhere(wiring[p] < inputs)]
        spare = [(p, k, u) for p, k, u in spare if counts[wiring[p][k, u]] > 1]
        choices = spare or places
        if not choices:
            slots = sum(array.size for array in wiring)
            raise AuritaError(
                f"{counted(inputs, 'external input')} and only {counted(slots, 'afferent')}: some input would be "
                "received by nobody; use more units, more slots, or passage='mixed' with more afferents"
            )
        p, k, u = choices[rng.integers(len(choices))]
        wiring[p][k, u] = missing
