"""What slots of many units receive over a whole record, in numpy."""

import numpy as np

from aurita._typing import Float, Int
from aurita.reservoir import Weights


def received(
    weights: Weights,
    afferents: Int[np.ndarray, "unit afferent"],
    sources: Float[np.ndarray, "source lane"],
    batch: int,
    units: slice = slice(None),
) -> Float[np.ndarray, "unit slot lane"]:
    """What slots receive over a whole record: passages applied to afferents, low-passed where slots leak.

    Args:
        afferents: of the units, rows of the sources.
        sources: what they were; lanes run over time, and over the batch within a step.
        units: whose; all by default.
    """
    values = sources[afferents]
    if weights.passage:
        matrix, bias = (np.asarray(weights.passage[name])[..., units] for name in ("matrix", "bias"))
        values = np.moveaxis(matrix, -1, 0) @ values + bias.T[..., None]
    if weights.rates is None:
        return values
    rates, held = np.asarray(weights.rates)[:, units].T[..., None], values.reshape(*values.shape[:2], -1, batch)
    held = np.array(held)
    held[:, :, 0] *= rates
    for step in range(1, held.shape[2]):
        held[:, :, step] = (1 - rates) * held[:, :, step - 1] + rates * held[:, :, step]
    return held.reshape(values.shape)
