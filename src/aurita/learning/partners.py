"""Partners: units with few afferents choose while they learn which sources to receive.

Passages stay as wide as they are; which of their afferents are open is a mask. A change of partners therefore changes
data and compiles nothing. A closed afferent has weight zero, and its gradient tells what it would bring.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aurita._former import former_keywords
from aurita._kinds import saved
from aurita._typing import Bool, Float, Int
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.units.unit import at_least, one_of

if TYPE_CHECKING:
    from aurita.native.learn_kernel import Learners

WAYS = ("probe", "popularity", "random")
_KEEPS = 0.97
_FIRST = 0.1
_LARGE = 2.5


@saved(former={"ears": "afferents"})
@former_keywords(ears="afferents")
@dataclass(frozen=True, kw_only=True)
class Partners:
    """How units with few afferents choose partners. The afferent that a unit uses least is dropped, and another source
    is opened.

    Attributes:
        afferents: sources that each unit receives.
        every: steps of learning between two changes.
        share: of the units, that change an afferent each time.
        by: which source is opened: `probe`, the one whose running gradient at this unit is largest, if it is large
            (2.5 times the median of those that are closed); `popularity`, drawn by how many units receive it; `random`.

    Raises:
        AuritaError: values out of bounds.

    Example:
        >>> Partners(afferents=3).by
        'probe'
    """

    afferents: int = 3
    every: int = 16
    share: float = 1.0
    by: str = "probe"

    def __post_init__(self) -> None:
        check_fields(self)
        at_least("afferents", self.afferents, 1)
        at_least("every", self.every, 1)
        at_least("share", self.share, 0)
        one_of("by", self.by, WAYS)


class OpenSources:
    """Which sources the units of a population receive, and how that changes.

    A source that some unit receives does not lose its last receiver, unless there are fewer afferents than sources:
    then not all can be received.

    Args:
        how: partners are chosen.
        units: of the population.
        sources: that each could receive.
        rng: of the first partners, and of what is drawn.
        open: the first partners, where they are known.

    Attributes:
        open: which sources each unit receives, as many for all.
        log: changes, rows of (step, unit, source dropped, source opened); -1 for none.
    """

    def __init__(
        self,
        how: Partners,
        units: int,
        sources: int,
        rng: np.random.Generator,
        open: Bool[np.ndarray, "unit source"] | None = None,
    ) -> None:
        self.how, self._rng = how, rng
        count = min(how.afferents, sources)
        self.open = first_partners(units, sources, count, rng) if open is None else open.copy()
        begun = np.argwhere(self.open) if open is None else np.zeros((0, 2), int)
        self.log = [(0, int(unit), -1, int(source)) for unit, source in begun]
        self._scarce = units * count < sources
        self._running: Float[np.ndarray, "unit slot source"] | None = None
        self._steps, self._since = 0, np.full((units, sources), -(2**30))

    @classmethod
    def of(
        cls,
        how: Partners,
        passage: str,
        afferents: Int[np.ndarray, "unit source"],
        matrix: Float[np.ndarray, "unit slot source"],
        rng: np.random.Generator,
    ) -> tuple["OpenSources", Float[np.ndarray, "unit slot source"]]:
        """First partners of a population, and its passages with the others closed.

        Partners are those that the passages have, where no unit has more than there are afferents; random ones
        otherwise, and for afferents that are free: a partner whose weights are all zero looks like none.

        Raises:
            AuritaError: units that could not all receive the same sources, or without passages that learn.
        """
        if passage != "learned" or (afferents != afferents[:1]).any():
            raise AuritaError(
                "partners are chosen by units that could receive the same sources, through passages that they learn; "
                "use Population(passage='learned', afferents='all')"
            )
        units, sources = afferents.shape
        used = (matrix != 0).any(1)
        if how.afferents < sources and (used.sum(1) <= how.afferents).all() and used.any():
            for unit in np.flatnonzero(used.sum(1) < how.afferents):
                closed = np.flatnonzero(~used[unit])
                used[unit, rng.choice(closed, how.afferents - used[unit].sum(), replace=False)] = True
            return cls(how, units, sources, rng, used), matrix
        chosen = cls(how, units, sources, rng)
        return chosen, chosen.mask(matrix)

    def mask(self, matrix: Float[np.ndarray, "unit slot source"]) -> Float[np.ndarray, "unit slot source"]:
        """A passage as drawn, its closed afferents at zero and the open ones scaled to the size of all together."""
        share = np.sqrt(matrix.shape[2] / self.open.sum(1))[:, None, None]
        return np.where(self.open[:, None], matrix * share, 0.0)

    def step(
        self,
        matrix: Float[np.ndarray, "unit slot source"],
        gradient: Float[np.ndarray, "unit slot source"],
        spread: Float[np.ndarray, "source"],
        number: int,
    ) -> list[tuple[int, int, int]]:
        """One step of learning has passed.

        Args:
            matrix: passages; that of a new partner is set, that of an old one is silenced.
            gradient: of the loss by the passages, also by the closed ones.

        Returns:
            Changes: unit, source dropped, source opened.
        """
        self._running = gradient if self._running is None else _KEEPS * self._running + (1 - _KEEPS) * gradient
        self._steps += 1
        if self._steps % self.how.every:
            return []
        use = np.linalg.norm(matrix, axis=1) * spread
        promise = np.linalg.norm(self._running, axis=1) * spread
        units = len(matrix)
        turn = self._rng.permutation(units)[: max(1, round(self.how.share * units))]
        changes = [change for unit in turn if (change := self._changed(int(unit), use, promise)) is not None]
        for unit, dropped, opened in changes:
            slope = self._running[unit, :, opened]
            size = np.linalg.norm(slope)
            matrix[unit, :, dropped] = 0
            matrix[unit, :, opened] = -_FIRST * slope / size if size else 0
            self.log.append((number, unit, dropped, opened))
        return changes

    def _changed(
        self, unit: int, use: Float[np.ndarray, "unit source"], promise: Float[np.ndarray, "unit source"]
    ) -> tuple[int, int, int] | None:
        receivers = self.open.sum(0)
        may = self.open[unit] & (self._steps - self._since[unit] >= 2 * self.how.every)
        if not self._scarce:
            may &= receivers > 1
        closed = ~self.open[unit]
        if not may.any() or not closed.any():
            return None
        dropped = int(np.where(may, use[unit], np.inf).argmin())
        if self.how.by == "probe":
            opened = int(np.where(closed, promise[unit], -1).argmax())
            if promise[unit, opened] < _LARGE * np.median(promise[unit, closed]):
                return None
        else:
            weights = closed * (receivers + 1e-3 if self.how.by == "popularity" else 1.0)
            opened = int(self._rng.choice(len(weights), p=weights / weights.sum()))
        self.open[unit, dropped], self.open[unit, opened] = False, True
        self._since[unit, opened] = self._steps
        return unit, dropped, opened


def first_partners(units: int, sources: int, count: int, rng: np.random.Generator) -> Bool[np.ndarray, "unit source"]:
    """Random partners, every source received where there are afferents enough.

    Example:
        >>> first_partners(4, 6, 2, np.random.default_rng(0)).sum(1).tolist()
        [2, 2, 2, 2]
    """
    order: Int[np.ndarray, place] = np.concatenate(
        [rng.permutation(sources) for _ in range(-(-units * count // sources) + 1)]
    )
    found = np.zeros((units, sources), bool)
    waiting = order.tolist()
    for unit in range(units):
        for _ in range(count):
            place = next(i for i, source in enumerate(waiting) if not found[unit, source])
            found[unit, waiting.pop(place)] = True
    return found


def logged(
    chosen: list[OpenSources], sources: list[Int[np.ndarray, "source"]], firsts: list[int]
) -> Int[np.ndarray, "change 4"]:
    """Changes of partners of several populations: step, unit, source dropped, source opened; -1 for none.

    Args:
        sources: what its afferents are, as the reservoir numbers sources.
    """
    rows = [np.zeros((0, 4), np.int64)]
    for one, numbers, first in zip(chosen, sources, firsts, strict=True):
        new, named = np.array(one.log, np.int64).reshape(-1, 4), np.append(numbers, -1)
        rows.append(np.stack([new[:, 0], new[:, 1] + first, named[new[:, 2]], named[new[:, 3]]], axis=1))
    found = np.concatenate(rows)
    return found[np.argsort(found[:, 0], kind="stable")]


def with_partners(learners: "Learners", partners: Partners, rng: np.random.Generator) -> OpenSources:
    """First partners of a population: those that its passages have, or random ones, and the others are closed.

    Raises:
        AuritaError: units that could not all receive the same sources, or without passages that learn.
    """
    matrix = learners.matrices(learners.rows)
    chosen, matrix[:] = OpenSources.of(partners, learners.population.passage, learners.afferents, matrix, rng)
    learners.open = chosen.open
    return chosen


def rewired(
    learners: "Learners",
    chosen: OpenSources,
    slopes: Float[np.ndarray, "unit weight"],
    spread: Float[np.ndarray, "source"],
    number: int,
) -> None:
    """Let units change partners after a step, where that is due.

    Args:
        slopes: of the step, as the kernels give gradients.
        spread: deviations of all sources that are recorded.
    """
    matrix, gradients = learners.matrices(learners.rows), learners.matrices(slopes).copy()
    # Momentum would open again what was dropped.
    for unit, dropped, opened in chosen.step(matrix, gradients, spread[learners.afferents[0]], number):
        for moments in (learners.first, learners.second):
            learners.matrices(moments)[unit, :, [dropped, opened]] = 0
