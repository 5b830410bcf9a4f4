"""Bootstrap intervals and permutation tests of many samples at once: samples of one length share what is drawn."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import stats

MOST_NUMBERS = 4_000_000
"""Of one array."""

Samples = Sequence[np.ndarray]


def mean_intervals(samples: Samples, *, confidence: float, resamples: int, seed: int) -> np.ndarray:
    """Bias-corrected and accelerated bootstrap intervals of means; percentile intervals where that gives none.

    Args:
        samples: any lengths.

    Returns:
        (sample, 2), low and high; NaN below two values or where one is not finite.

    Example:
        >>> mean_intervals([np.array([1.0, 1.0]), np.array([1.0])], confidence=0.9, resamples=100, seed=0).tolist()
        [[1.0, 1.0], [nan, nan]]
    """
    intervals = np.full((len(samples), 2), np.nan)
    for rows, block in _blocks(samples, resamples):
        # What differs by rounding is the same: its bootstrap would divide nothing by nothing.
        same = np.ptp(block, axis=1) <= 1e-12 * np.abs(block).max(axis=1)
        intervals[rows[same]] = block[same][:, :1]
        varied = ~same
        for method in ("BCa", "percentile"):
            todo = varied & ~np.isfinite(intervals[rows]).all(axis=1)
            if todo.any():
                intervals[rows[todo]] = _interval(block[todo], method, confidence, resamples, seed)
    return intervals


def sign_change_p(samples: Samples, *, draws: int, seed: int) -> np.ndarray:
    """Two-sided p of paired permutation tests on means: how often changes of signs give as large a mean.

    All 2^n changes are made where they are not more than `draws`, otherwise so many are drawn. (scipy's
    `permutation_test` draws anew for every pair, which takes minutes for a thousand pairs.)

    Args:
        samples: paired differences, any lengths.

    Returns:
        One p a sample; NaN below two values or where one is not finite.

    Example:
        >>> sign_change_p([np.array([1.0, 1.0, 1.0])], draws=100, seed=0).tolist()
        [0.25]
    """
    found = np.full(len(samples), np.nan)
    for rows, block in _blocks(samples, 1):
        count = block.shape[1]
        # Rounding in a sum must not decide on a tie.
        least = np.abs(block.mean(axis=1)) - 1e-10 * np.abs(block).mean(axis=1)
        exceeding = np.zeros(len(block))
        total = 0
        for signs in _sign_changes(count, draws, seed):
            exceeding += (np.abs(signs @ block.T / count) >= least).sum(axis=0)
            total += len(signs)
        if _all_of_them(count, draws):
            found[rows] = exceeding / total
        else:
            found[rows] = (exceeding + 1) / (total + 1)
    return found


def _blocks(samples: Samples, copies: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Samples of one length stacked, (sample, value), and their places."""
    lengths = np.array([len(s) if len(s) > 1 and np.all(np.isfinite(s)) else 0 for s in samples])
    for length in np.unique(lengths[lengths > 0]):
        rows = np.flatnonzero(lengths == length)
        for part in np.array_split(rows, -(-len(rows) * length * copies // MOST_NUMBERS)):
            if len(part):
                yield part, np.stack([samples[row] for row in part])


def _interval(block: np.ndarray, method: str, confidence: float, resamples: int, seed: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        low, high = stats.bootstrap(
            (block,), np.mean, axis=-1, confidence_level=confidence, n_resamples=resamples, method=method, rng=seed
        ).confidence_interval
    return np.stack([low, high], axis=-1)


def _all_of_them(count: int, draws: int) -> bool:
    return 2**count <= draws


def _sign_changes(count: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """(change, value) of ones and minus ones; of all changes one half, which the other mirrors."""
    batch = max(1, MOST_NUMBERS // count)
    if _all_of_them(count, draws):
        numbers = np.arange(2 ** (count - 1))
        yield 1.0 - 2.0 * ((numbers[:, None] >> np.arange(count)) & 1)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, draws, batch):
        yield 1.0 - 2.0 * rng.integers(0, 2, (min(batch, draws - start), count))
