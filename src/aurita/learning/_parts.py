"""Each unit on its own part of the data: sequences, or where there are few blocks of time, drawn once for each unit.

Units that learn from different data err differently, and a readout of them all averages that out. What a unit does not
learn from shows how it fares on data that are new to it.

Source: Breiman 1996, "Bagging predictors"; 1996, "Out-of-bag estimation"; parts drawn without replacement: Bühlmann and
Yu 2002, "Analyzing bagging".
"""

import math

import numpy as np

from aurita._typing import Bool
from aurita.data.batch import Batch
from aurita.errors import AuritaError

_FEW = 10
_ASIDE = 0x70617274


def with_parts(data: Batch, share: float, units: int, seed: int) -> Batch:
    """The same data, of which every unit learns from a random part.

    Args:
        share: size of a part; 1 leaves the data as they are.

    Raises:
        AuritaError: a single sequence of a single step, of which nothing can be held back.
    """
    if share >= 1:
        return data
    count, steps, _ = data.inputs.shape
    if count >= _FEW:
        return data.replace(parts=drawn_parts(count, share, units, seed)[:, None])
    blocks = min(math.ceil(2 * _FEW / count), steps)
    if count * blocks < 2:
        raise AuritaError(
            "there is one step in all, of which units cannot hold back a part; give alpha a number, or longer sequences"
        )
    lived = np.minimum(np.arange(steps) * blocks // steps, blocks - 1)
    of_blocks = drawn_parts(count * blocks, share, units, seed).reshape(count, blocks, units)
    return data.replace(parts=of_blocks[:, lived])


def drawn_parts(pieces: int, share: float, units: int, seed: int) -> Bool[np.ndarray, "piece unit"]:
    """Which pieces each unit learns from: as many for each, one at least, and one at least that it does not.

    Example:
        >>> drawn_parts(8, 0.5, 3, seed=0).sum(0).tolist()
        [4, 4, 4]
    """
    size = min(max(1, round(share * pieces)), pieces - 1)
    rng = np.random.default_rng([_ASIDE, seed])
    return np.stack([rng.permutation(pieces) < size for _ in range(units)], axis=1)
