"""Units that live off each other: who helped and who harmed, who helps whom, and what is left without them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from aurita._typing import Float
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import GREY, Axes, Band, Bars, Drawing, Heat, Line, Links, Mark, Points
from aurita.worlds import World

if TYPE_CHECKING:
    from aurita.agents import ReservoirAgent


@picture
def returns(history: Mapping[str, np.ndarray]) -> Drawing:
    """Mean return of the episodes that ended, over the steps that an agent lived.

    Args:
        history: `history_` of an agent: arrays `step` and `return`, NaN where no episode ended.

    Raises:
        AuritaError: no history, or no episode ended in it.

    Example:
        >>> figure = returns({"step": np.arange(3), "return": np.array([np.nan, 1.0, 2.0])})
        >>> [trace.name for trace in figure.data if trace.name]
        ['mean return', 'smoothed']
    """
    if not isinstance(history, Mapping) or not {"step", "return"} <= set(history):
        raise AuritaError(f"a {type(history).__name__} has no steps and returns; pass history_ of a fitted agent")
    steps, found = np.asarray(history["step"]), np.asarray(history["return"], float)
    there = np.isfinite(found)
    if not there.any():
        raise AuritaError("no episode ended while the agent learnt; there are no returns to draw")
    steps, found = steps[there], found[there]
    window = min(10, max(1, len(found) // 10))
    smooth = np.array([found[max(0, i - window + 1) : i + 1].mean() for i in range(len(found))])
    lines: list[Mark] = [
        Line(x=steps, y=found, name="mean return", colour=GREY),
        Line(x=steps, y=smooth, name="smoothed", colour=0),
    ]
    caption = f"The return goes from {smooth[0]:.3g} to {smooth[-1]:.3g} in {int(steps[-1]):,} steps."
    return Drawing(title="Returns while learning", caption=caption, panels=[Axes(marks=lines, x="step", y="return")])


@picture
def mutualists(symbiosis: Mapping[str, object]) -> Drawing:
    """Parasites and mutualists: the help of each unit while it learnt, and the size of its output.

    Help above zero: what was done was worth more with the unit than without it (a mutualist); below zero, less (a
    parasite).

    Args:
        symbiosis: `symbiosis_` of an agent: `help`, `size` and `divergence` by unit.
    """
    helps, size = (_measured(symbiosis, name) for name in ("help", "size"))
    order = np.argsort(-helps)
    places, names = np.arange(len(helps)), [str(unit) for unit in order]
    good = helps[order] >= 0
    bars: list[Mark] = []
    if good.any():
        bars.append(Bars(x=places[good], heights=helps[order][good], name="mutualists", colour=0))
    if not good.all():
        bars.append(Bars(x=places[~good], heights=helps[order][~good], name="parasites", colour=1))
    caption = f"{int(good.sum())} of {counted(len(helps), 'unit')} helped while they learnt, unit {order[0]} most"
    caption += f"; unit {order[-1]} least ({helps[order[-1]]:.2g})."
    points = Points(
        x=size,
        y=helps,
        codes=(helps < 0).astype(int),
        categories=("mutualist", "parasite"),
        size=8,
        hover={"unit": np.arange(len(helps))},
    )
    panels = [
        Axes(marks=bars, y="help", x="unit, most helpful first", x_ticks=(places, names)),
        Axes(marks=[points], x="size of the output: root mean square", y="help"),
    ]
    return Drawing(title="Parasites and mutualists", caption=caption, panels=panels)


@picture
def pairs(symbiosis: Mapping[str, object]) -> Drawing:
    """Who helps whom: what a unit added where another did harm, and which two stand in for each other.

    Args:
        symbiosis: `symbiosis_` of an agent: `helps` by helper and helped, if it was measured, and `pairs`, symmetric.
    """
    both = _measured(symbiosis, "pairs")
    places, panels, captions = np.arange(len(both)), [], []
    if "helps" in symbiosis:
        helps = _measured(symbiosis, "helps")
        helps = helps - np.diag(np.diag(helps))
        helper, helped = np.unravel_index(helps.argmax(), helps.shape)
        most = f"Unit {helper} helps most, where unit {helped} does harm ({helps[helper, helped]:.2g})."
        captions.append(most if helper != helped else "No unit helps where another does harm.")
        heat = Heat(values=helps, x=places, y=places, scale="help where the other does harm", signed=True)
        panels.append(Axes(marks=[heat], x="unit that does harm", y="unit that helps", equal=True))
    best = np.unravel_index(np.abs(both).argmax(), both.shape)
    kind = "stand in for" if both[best] > 0 else "need"
    most = f"Units {best[0]} and {best[1]} {kind} each other most ({both[best]:.2g})."
    captions.append(most if both.any() else "No two units stand in for each other or need each other.")
    scale = "cost of both silent, less that of each"
    panels.append(
        Axes(marks=[Heat(values=both, x=places, y=places, scale=scale, signed=True)], x="unit", y="unit", equal=True)
    )
    return Drawing(title="Who helps whom", caption=" ".join(captions), panels=panels)


def lesion_curves(
    agent: "ReservoirAgent",
    environment: World | str,
    *,
    orders: Mapping[str, Sequence[int]] | None = None,
    random: int = 5,
    episodes: int = 50,
    seed: int = 0,
) -> dict[str, Float[np.ndarray, "order removed"]]:
    """What is left of the return when units are silenced one after the other.

    Args:
        agent: a fitted `ReservoirAgent`.
        environment: where it acts.
        orders: who is silenced first, by name; the least helpful first and the most helpful first by default.
        random: how many random orders there are besides.
        episodes: for each point.
        seed: of the random orders, and of the world: the same episodes at every point.

    Returns:
        Returns by name of the order, a row an order, from nobody silenced to all but one.
    """
    units, rng = agent.reservoir_.units, np.random.default_rng(seed)
    if orders is None:
        least = np.argsort(agent.symbiosis_["help"], kind="stable").tolist()
        orders = {"least helpful first": least, "most helpful first": least[::-1]}
    wanted = {name: [np.asarray(order)] for name, order in orders.items()}
    if random:
        wanted["at random"] = [rng.permutation(units) for _ in range(random)]
    whole = float(agent.score(environment, episodes=episodes, seed=seed))

    def left(silent: np.ndarray) -> float:
        return float(agent.without(silent).score(environment, episodes=episodes, seed=seed))

    def course(order: np.ndarray) -> list[float]:
        return [whole, *(left(order[:count]) for count in range(1, min(len(order), units - 1) + 1))]

    return {name: np.array([course(order) for order in several]) for name, several in wanted.items()}


@picture
def lesions(curves: Mapping[str, Float[np.ndarray, "order removed"]]) -> Drawing:
    """What is left of the return when units are silenced one after the other; a band where there are several orders.

    Args:
        curves: from `lesion_curves`.

    Example:
        >>> lesions({"least first": np.array([[1.0, 0.9]])}).data[0].name
        'least first'
    """
    marks: list[Mark] = []
    caption = []
    for number, (name, several) in enumerate(curves.items()):
        rows = np.atleast_2d(np.asarray(several, float))
        x, mean = np.arange(rows.shape[1]), rows.mean(0)
        if len(rows) > 1:
            marks.append(Band(x=x, low=rows.min(0), high=rows.max(0), name="", colour=number))
        marks.append(Line(x=x, y=mean, name=name, colour=number, marked=True))
        half = len(mean) // 2
        caption.append(
            f"{name}: {mean[0]:.3g}, {mean[half]:.3g} without {half}, {mean[-1]:.3g} without {len(mean) - 1}"
        )
    panel = Axes(marks=marks, x="units silenced", y="return")
    return Drawing(title="Without some of the units", caption="; ".join(caption) + ".", panels=[panel])


@picture
def rewirings(changes: Sequence[tuple[int, int, int, int]] | np.ndarray, steps: int | None = None) -> Drawing:
    """The wiring over time: which source each unit added, and which it dropped.

    Args:
        changes: rows of (step, unit, source dropped, source opened), in the order in which they happened; -1 for none.
        steps: how long it went on; to the last change by default.

    Raises:
        AuritaError: no change, or rows of another shape.

    Example:
        >>> figure = rewirings([(10, 0, 3, 5), (20, 0, 5, 7)])
        >>> [trace.name for trace in figure.data if trace.name]
        ['open', 'unit 0']
    """
    rows = np.asarray(changes, int).reshape(-1, 4) if np.size(changes) % 4 == 0 else np.zeros((0, 4), int)
    if not len(rows):
        raise AuritaError(f"changes have the shape {np.shape(changes)}; expected rows (step, unit, dropped, opened)")
    last = int(rows[:, 0].max() if steps is None else steps)
    begun: dict[tuple[int, int], int] = {}
    spans: list[tuple[int, int, int, int]] = []
    for step, unit, dropped, opened in rows.tolist():
        if dropped >= 0:
            spans.append((unit, dropped, begun.pop((unit, dropped), 0), step))
        if opened >= 0:
            begun[unit, opened] = step
    spans += [(unit, source, step, last) for (unit, source), step in begun.items()]
    table = np.array(spans)
    opened_rows = rows[rows[:, 3] >= 0]
    who, codes = np.unique(opened_rows[:, 1], return_inverse=True)
    names = [f"unit {unit}" for unit in who]
    marks: list[Mark] = [
        Links(x0=table[:, 2], x1=table[:, 3], y0=table[:, 1], y1=table[:, 1], name="open", colour=GREY, width=2.0),
        Points(x=opened_rows[:, 0], y=opened_rows[:, 3], codes=codes, categories=names, size=6),
    ]
    kept = len(begun)
    caption = (
        f"{len(rows)} changes by {len(np.unique(rows[:, 1]))} units; {kept} of the inputs that were opened stay open."
    )
    panel = Axes(marks=marks, x="step", y="source")
    return Drawing(title="The wiring over time", caption=caption, panels=[panel])


def _measured(symbiosis: object, name: str) -> np.ndarray:
    if not isinstance(symbiosis, Mapping) or name not in symbiosis:
        raise AuritaError(f"a {type(symbiosis).__name__} has no {name!r} of units; pass symbiosis_ of a fitted agent")
    return np.asarray(symbiosis[name], float)
