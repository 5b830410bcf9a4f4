"""Alignment: passages follow the units that they receive, so that receivers keep receiving the language they learnt.

A unit that learns changes its output. Least squares map its new outputs back to its old ones, over what it received
before it learnt: `old = A new + c`. A receiver that receives `P old + b` then receives the same through `P A` and `P c
+ b`. The map is a unit's own affair, and nothing but the map reaches its receivers. Beside it the drift: how far what
units receive has moved.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.engine.running import recorded, run
from aurita.errors import AuritaError
from aurita.learning._received import received
from aurita.learning.passage import Masks
from aurita.reservoir import Reservoir
from aurita.reservoir.checks import checked_inputs


class OutputMoments(NamedTuple):
    """What all units of one population say before and after they learn, over what they received before.

    Attributes:
        before: means of the outputs.
        after: means of the new outputs.
        gram: covariance of the new outputs.
        cross: covariance of new and old outputs, new ones first.
        moved: largest difference of an output.
    """

    before: Float[np.ndarray, "unit slot"]
    after: Float[np.ndarray, "unit slot"]
    gram: Float[np.ndarray, "unit slot slot"]
    cross: Float[np.ndarray, "unit slot slot"]
    moved: Float[np.ndarray, "unit"]


def drift(
    before: Reservoir,
    after: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
) -> Float[np.ndarray, "unit"]:
    """How far what each unit receives has moved: the mean square difference over the variance that it had.

    One minus this is the share R^2 of what a unit receives now that it would have known from what it received before.

    Args:
        before: a reservoir.
        after: the same reservoir later; other passages and other numbers of afferents are allowed.
        inputs: sequences that both receive, padded at their ends. Feedback is silent.
        lengths: steps of each sequence.

    Returns:
        One number a unit: 0 where nothing moved, about 2 for something unrelated of the same variance. Infinite where
        a unit received a constant and now does not.

    Raises:
        AuritaError: inputs that do not fit, or two reservoirs that do not have the same units.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=2), units=3)], inputs=1)
        >>> drift(reservoir, reservoir, np.ones((1, 20, 1))).tolist()
        [0.0, 0.0, 0.0]
    """
    inputs, lengths = _both(before, after, inputs, lengths)
    counted = _counted(inputs, lengths).ravel()
    found = []
    for parts in zip(*(_all_received(reservoir, inputs) for reservoir in (before, after)), strict=True):
        old, new = (part[:, :, counted].astype(np.float64) for part in parts)
        moved = np.square(new - old).sum((1, 2))
        size = np.square(old - old.mean(2, keepdims=True)).sum((1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(np.where(moved == 0, 0.0, moved / size))
    return np.concatenate(found)


def aligned(
    before: Reservoir,
    after: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
    ridge: float = 1e-6,
) -> Reservoir:
    """The reservoir `after`, with passages through which units receive what they received `before`, as far as can be.

    Args:
        before: the reservoir before its units learnt.
        after: the same one when they have.
        inputs: sequences over which new outputs are mapped to old ones. Feedback is silent.
        lengths: steps of each sequence.
        ridge: penalty of the maps, relative to the mean variance of the new outputs.

    Raises:
        AuritaError: inputs that do not fit, two reservoirs that do not have the same units, or wired units that receive
            units that learn.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Learning, Population, Reservoir, learn
        >>> units = Population(unit=AttentionUnit(slots=2), units=4, passage="mixed", afferents="all")
        >>> before, wave = Reservoir.build([units], inputs=1), np.sin(np.arange(200) / 4)[None, :, None]
        >>> after, _ = learn(before, wave, Learning(steps=3))
        >>> followed = aligned(before, after, wave)
        >>> bool(drift(before, followed, wave).mean() < drift(before, after, wave).mean() / 2)
        True
    """
    inputs, lengths = _both(before, after, inputs, lengths)
    refuse_wired_listeners(after)
    return realigned(before, after, recorded(before, inputs), _counted(inputs, lengths), ridge=ridge)


def realigned(
    before: Reservoir,
    after: Reservoir,
    sources: Float[np.ndarray, "source time batch"],
    counted: Bool[np.ndarray, "time batch"],
    *,
    masks: Masks | None = None,
    ridge: float = 1e-6,
) -> Reservoir:
    """`aligned` over what all sources of the reservoir before were; pruned passages change where masks are true."""
    found = _moments(before, after, sources, counted)
    if not any(m is not None and m.moved.any() for m in found):
        return after
    owner, slot = after.sources.owner(), _slots(after)
    moments_of = [(m, unit) for m, p in zip(found, after.populations, strict=True) for unit in range(p.units)]
    weights = []
    for number, (wiring, own) in enumerate(zip(after.wiring, after.weights, strict=True)):
        if not own.passage:
            weights.append(own)
            continue
        matrix, bias = (np.array(own.passage[name], np.float64) for name in ("matrix", "bias"))
        mask = None if masks is None else masks[number]
        for unit, afferents in enumerate(np.asarray(wiring).T):
            senders = owner[afferents] if mask is None else np.where(mask[:, unit], owner[afferents], -1)
            for sender in np.unique(senders[senders >= 0]):
                moments, place = moments_of[sender]
                if moments is None or not moments.moved[place]:
                    continue
                from_sender = np.flatnonzero(senders == sender)
                back, shift = _map_back(moments, place, slot[afferents[from_sender]], ridge)
                bias[:, unit] += matrix[:, from_sender, unit] @ shift
                matrix[:, from_sender, unit] = matrix[:, from_sender, unit] @ back
        passage = {"matrix": matrix.astype(np.float32), "bias": bias.astype(np.float32)}
        weights.append(own.replace(passage=passage))
    return after.replace(weights=tuple(weights))


def refuse_wired_listeners(reservoir: Reservoir) -> None:
    """Raise `AuritaError` where a unit that learns is received by one that has no passage to follow it with."""
    learns = [p.learns_by == "gradient" for p in reservoir.populations for _ in range(p.units)]
    owner = reservoir.sources.owner()
    for number, (population, wiring) in enumerate(zip(reservoir.populations, reservoir.wiring, strict=True)):
        recording = np.unique(owner[np.asarray(wiring)])
        if population.passage == "wired" and any(learns[unit] for unit in recording if unit >= 0):
            raise AuritaError(
                f"the units of population {number} are wired to units that learn, and have no passage that could be "
                "aligned; use passage='mixed' or 'learned', or aligned=False"
            )


def _map_back(
    moments: OutputMoments, unit: int, slots: Int[np.ndarray, "received"], ridge: float
) -> tuple[Float[np.ndarray, "received received"], Float[np.ndarray, "received"]]:
    """`old = back @ new + shift` for those outputs of a unit that its receiver receives."""
    gram, cross = (np.asarray(m[unit][np.ix_(slots, slots)], np.float64) for m in (moments.gram, moments.cross))
    variance = np.trace(gram) / len(slots)
    # Float32 has nothing to say of what varies by less than a millionth of its size.
    size = variance + np.square(np.float64(moments.after[unit][slots])).mean()
    penalty = ridge * variance + 1e-12 * size or 1.0
    back = np.linalg.solve(gram + penalty * np.eye(len(slots)), cross).T
    return back, moments.before[unit][slots] - back @ moments.after[unit][slots]


def _slots(reservoir: Reservoir) -> Int[np.ndarray, "source"]:
    """Which output of its unit each source is; 0 for others."""
    found = np.zeros(reservoir.sources.total, int)
    for number, (_, slots) in enumerate(reservoir.sources.populations):
        found[reservoir.sources.outputs_of(number)] = np.arange(slots)[:, None]
    return found


def _both(before: Reservoir, after: Reservoir, inputs: object, lengths: object) -> tuple[np.ndarray, np.ndarray]:
    if before.sources != after.sources:
        raise AuritaError(
            f"the reservoirs have sources {before.sources} and {after.sources}; expected the same reservoir twice, "
            "before and after it learnt"
        )
    return checked_inputs(before, inputs, lengths)


def _counted(inputs: np.ndarray, lengths: np.ndarray) -> Bool[np.ndarray, "time batch"]:
    return np.arange(inputs.shape[1])[:, None] < lengths


def _all_received(reservoir: Reservoir, inputs: np.ndarray) -> list[Float[np.ndarray, "unit slot lane"]]:
    sources = recorded(reservoir, inputs).reshape(reservoir.sources.total, -1)
    parts = zip(reservoir.weights, reservoir.wiring, strict=True)
    return [received(weights, np.asarray(wiring).T, sources, len(inputs)) for weights, wiring in parts]


def _moments(
    before: Reservoir,
    after: Reservoir,
    sources: Float[np.ndarray, "source time batch"],
    counted: Bool[np.ndarray, "time batch"],
) -> list[OutputMoments | None]:
    learn = [
        p.learns_by == "gradient" and received
        for p, received in zip(before.populations, before.connected, strict=False)
    ]
    if not any(learn):
        return [None] * len(learn)
    outputs = zip(*(_outputs(reservoir, sources, counted) for reservoir in (before, after)), strict=True)
    return [_compared(*pair) if learns else None for learns, pair in zip(learn, outputs, strict=True)]


def _outputs(
    reservoir: Reservoir, sources: Float[np.ndarray, "source time batch"], counted: Bool[np.ndarray, "time batch"]
) -> list[Float[np.ndarray, "unit slot lane"]]:
    """What the units of each population say where all sources are given."""
    populations = tuple(replace(population, features=None) for population in reservoir.populations)
    given = reservoir.replace(
        inputs=len(sources), populations=populations, clock=(), feedback=0, connected=(False,) * (len(populations) + 1)
    )
    seen, _ = run(given, sources.transpose(2, 1, 0), features=("output",))
    rows = seen.transpose(2, 1, 0)[:, counted].astype(np.float64)
    ends = np.cumsum([p.unit.slots * p.units for p in populations])[:-1]
    return [
        part.reshape(p.unit.slots, p.units, -1).swapaxes(0, 1)
        for p, part in zip(populations, np.split(rows, ends), strict=True)
    ]


def _compared(old: Float[np.ndarray, "unit slot lane"], new: Float[np.ndarray, "unit slot lane"]) -> OutputMoments:
    size = max(old.shape[2], 1)
    old_mean, new_mean = old.sum(2) / size, new.sum(2) / size
    centred = (new - new_mean[:, :, None]).swapaxes(1, 2)
    gram = centred.swapaxes(1, 2) @ centred / size
    cross = centred.swapaxes(1, 2) @ (old - old_mean[:, :, None]).swapaxes(1, 2) / size
    return OutputMoments(old_mean, new_mean, gram, cross, np.abs(new - old).max((1, 2), initial=0.0))
