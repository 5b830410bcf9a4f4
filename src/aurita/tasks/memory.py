"""How much of its past input a reservoir holds: memory capacity, and information processing capacity."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations_with_replacement

import numpy as np
from scipy.special import eval_legendre

from aurita.errors import AuritaError
from aurita.tasks.task import Split, Task, family

STEPS = (4000, 1000, 4000)


@family("memory_capacity")
def memory_capacity(
    *, seed: int = 0, delays: int = 60, steps: tuple[int, int, int] = STEPS, washout: int = 100, amplitude: float = 0.5
) -> Task:
    """Recall white noise: output k at step t is the input of step `t - k`, k from 1 to `delays`.

    Jaeger 2001, "Short term memory in echo state networks": the input is uniform and independent, the score is the sum
    of the squared correlations, at most the number of delays and, for a linear readout, at most that of its features.
    An ESN of 96 neurons reaches about 18.5 over 60 delays.

    Args:
        seed: any integer from 0.
        delays: K, at least 1.
        steps: scored steps of train, validation and test, each a series of its own.
        washout: lead-in before each, raised to `delays` so that every target has been received.
        amplitude: the input is uniform within plus and minus this.

    Returns:
        A regression task, one channel in and K out; metric memory capacity, `floor` (the best possible) K.

    Raises:
        AuritaError: sizes below 1.

    Example:
        >>> task = memory_capacity(seed=0, delays=3)
        >>> task.target_names, round(task.score(task.test.targets), 6)
        (('u(t-1)', 'u(t-2)', 'u(t-3)'), 3.0)
    """
    _check(min(delays, *steps), washout, amplitude)

    def recall(past: np.ndarray) -> np.ndarray:
        return amplitude * past[:, 1:]

    train, validation, test = _noise_splits(seed, steps, max(washout, delays), delays + 1, amplitude, recall)
    return Task(
        "memory_capacity",
        seed,
        train,
        validation,
        test,
        category="regression",
        metric="memory capacity",
        chance=0.0,
        floor=float(delays),
        target_names=tuple(f"u(t-{k})" for k in range(1, delays + 1)),
        source="Jaeger 2001",
    )


@family("processing_capacity")
def processing_capacity(
    *,
    seed: int = 0,
    delays: tuple[int, ...] = (30, 10, 5),
    steps: tuple[int, int, int] = STEPS,
    washout: int = 100,
    amplitude: float = 1.0,
) -> Task:
    """Compute orthogonal functions of past inputs: which ones, and how many, can be read from the state.

    Dambre, Verstraeten, Schrauwen and Massar 2012, "Information processing capacity of dynamical systems". The input is
    uniform and independent; the targets are all products of normalised Legendre polynomials of delayed inputs
    (`legendre_terms`), which are orthogonal and of unit variance, so that the capacities of all of them sum to at most
    the number of linearly independent features.

    Args:
        seed: any integer from 0.
        delays: for total degree 1, 2, 3, ...: over how many delays, from 0 up, products of that degree are formed.
        steps: scored steps of train, validation and test, each a series of its own.
        washout: lead-in before each, raised to the largest delay.
        amplitude: the input is uniform within plus and minus this; the polynomials see it divided by it.

    Returns:
        A regression task, one channel in and one column out for each term; metric information processing capacity,
        `floor` (the best possible) the number of terms.

    Raises:
        AuritaError: sizes below 1.

    Example:
        >>> task = processing_capacity(seed=0, delays=(2, 2))
        >>> task.target_names
        ('P1(t-0)', 'P1(t-1)', 'P2(t-0)', 'P1(t-0) P1(t-1)', 'P2(t-1)')
    """
    _check(min(*delays, *steps), washout, amplitude)
    terms = legendre_terms(delays)

    def products(past: np.ndarray) -> np.ndarray:
        polynomials = [np.sqrt(2 * d + 1) * eval_legendre(d, past) for d in range(len(delays) + 1)]
        columns = [np.prod([polynomials[d][:, k] for k, d in term.items()], axis=0) for term in terms]
        return np.stack(columns, axis=1)

    lags = max(delays)
    train, validation, test = _noise_splits(seed, steps, max(washout, lags), lags, amplitude, products)
    return Task(
        "processing_capacity",
        seed,
        train,
        validation,
        test,
        category="regression",
        metric="information processing capacity",
        chance=0.0,
        floor=float(len(terms)),
        target_names=tuple(" ".join(f"P{d}(t-{k})" for k, d in term.items()) for term in terms),
        source="Dambre et al. 2012",
    )


def legendre_terms(delays: tuple[int, ...]) -> list[dict[int, int]]:
    """The target functions of `processing_capacity`: degree by delay of each factor.

    Args:
        delays: number of delays used at total degree 1, 2, 3, ...

    Returns:
        One dictionary a term, from delay to polynomial degree; the sum of its values is the term's total degree.

    Example:
        >>> legendre_terms((1, 2))
        [{0: 1}, {0: 2}, {0: 1, 1: 1}, {1: 2}]
    """
    return [
        dict(Counter(chosen))
        for degree, count in enumerate(delays, start=1)
        for chosen in combinations_with_replacement(range(count), degree)
    ]


def _check(smallest: int, washout: int, amplitude: float) -> None:
    if smallest < 1 or washout < 0 or not amplitude > 0:
        raise AuritaError(
            f"delays and steps down to {smallest}, washout {washout}, amplitude {amplitude}; "
            "take at least 1 delay and step, a washout from 0 and an amplitude above 0"
        )


def _noise_splits(
    seed: int,
    steps: tuple[int, int, int],
    washout: int,
    lags: int,
    amplitude: float,
    targets: Callable[[np.ndarray], np.ndarray],
) -> list[Split]:
    """Uniform noise and what `targets` makes of its last `lags` values, (T, lags) with the present first."""
    rng = np.random.default_rng(seed)
    splits = []
    for count in steps:
        # Values before the first step are never received; they only fill targets that the washout leaves unscored.
        u = rng.uniform(-1, 1, lags - 1 + washout + count)
        past = np.lib.stride_tricks.sliding_window_view(u, lags)[:, ::-1]
        scored = np.arange(len(past)) >= washout
        splits.append(Split([amplitude * past[:, :1]], [targets(past)], [scored]))
    return splits
