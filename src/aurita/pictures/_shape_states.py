"""States of shape units: what each of them has found in a sequence so far, at every step."""

from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.pictures._shaped import contributions
from aurita.pictures.states import Column
from aurita.readout import Readout
from aurita.shapes import Shapes, pooled
from aurita.shapes.steps import found_at_steps

MOST_UNITS = 24
"""Units whose states are shown: those that the readout uses most."""


class ShapeStates(NamedTuple):
    """States of the kept steps.

    Attributes:
        values: `(N, F)`, of each filter the share of its levels that the steps of the sequence pass, where those still
            to come are taken as the average step of all sequences.
        names: of the filters.
        owners: `(F,)`, which of the units each is of.
        units: names of the units.
        columns: how much each unit finds at the step itself.
        notes: what is shown.
    """

    values: Float[np.ndarray, "state feature"]
    names: list[str]
    owners: Int[np.ndarray, "feature"]
    units: list[str]
    columns: list[Column]
    notes: list[str]


def shape_states(
    shapes: Shapes,
    readout: Readout,
    values: list[Float[np.ndarray, "time channel"]],
    keep: list[Bool[np.ndarray, "time"]],
    washout: int,
) -> ShapeStates:
    """What shape units have found up to each kept step; at the last step of a sequence that is what the readout sees.

    All sequences begin at one place, the average, and each step moves them by what is found there.

    Args:
        shapes: the units.
        readout: of a model, for which units it uses.
        values: sequences as the units receive them, scaled.
        keep: which steps of each sequence are shown.
        washout: steps at the start that are not looked at.
    """
    which = [number for number, one in enumerate(keep) if one.any()]
    looked_at = [np.asarray(value, float)[washout:] for value in values]
    given = [looked_at[number] for number in which]
    weights, _ = readout.linear_weights()
    rows = pooled(shapes, looked_at)
    units = np.sort(np.argsort(-contributions(weights, rows, shapes), kind="stable")[:MOST_UNITS])
    average = _average(rows, shapes)[units]
    parts, activity = [], []
    for number, found in found_at_steps(shapes, given, units.tolist()):
        mask = keep[which[number]]
        before = np.broadcast_to(average, (len(mask) - len(found), *average.shape))
        counts = np.cumsum(np.isfinite(found), axis=0)
        to_come = counts[-1] - counts
        states = (np.nancumsum(found, axis=0) + to_come * average) / np.maximum(counts[-1], 1)
        parts.append(np.concatenate([before, states])[mask].reshape(int(mask.sum()), -1))
        own = np.nan_to_num(found).mean(axis=2)
        activity.append(np.concatenate([np.zeros((len(before), len(units))), own])[mask])
    acted = np.concatenate(activity).astype(np.float32)
    names = [f"unit {unit}" for unit in units]
    hidden = shapes.unit.hidden
    shown = f"the {len(units)} of {shapes.units}" if len(units) < shapes.units else f"the {shapes.units}"
    return ShapeStates(
        np.concatenate(parts).astype(np.float32),
        [f"filter {number} of {name}" for name in names for number in range(hidden)],
        np.repeat(np.arange(len(units)), hidden),
        names,
        [Column(f"activity of {name}", "activity", acted[:, place]) for place, name in enumerate(names)],
        [
            f"states of {shown} shape units that the readout uses most: the share of its levels that each filter "
            "passes, steps to come taken as average ones"
        ],
    )


def _average(rows: Float[np.ndarray, "batch feature"], shapes: Shapes) -> Float[np.ndarray, "unit hidden"]:
    """The share of its levels that each filter passes, over all sequences."""
    own = rows[:, : shapes.units * shapes.unit.pooled].mean(axis=0)
    shares: Float[np.ndarray, "unit hidden"] = own.reshape(shapes.units, shapes.unit.hidden, -1)[..., :-1].mean(axis=2)
    return shares
