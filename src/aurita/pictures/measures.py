"""Numbers behind the pictures: which classes states tell apart, when, and which units do it; the rank of states."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.pictures.states import Column, States
from aurita.rounding import deviations

BINS = 30
_NEIGHBOURS = 10
_MOST_LOOKED_AT = 4_000
_SMALL = 1e-3
_ROWS_A_FEATURE = 4


class Rank(NamedTuple):
    """How many directions states take.

    Attributes:
        variances: of the principal directions, the largest first.
        participation: `(sum v)^2 / sum v^2`, a number of directions: 1 where all variance is along one, `F` where it is
            the same along all (Gao et al. 2017, "A theory of multineuronal dimensionality").
        rank: directions of more than a millionth of the largest variance.
    """

    variances: Float[np.ndarray, "feature"]
    participation: float
    rank: int


def rank_of(values: Float[np.ndarray, "state feature"]) -> Rank:
    """Rank and participation ratio of states; zero for states that do not vary.

    Example:
        >>> rank_of(np.eye(2)[[0, 1, 0, 1]] * 2 - 1).rank
        1
    """
    given = np.asarray(values, np.float64)
    if given.ndim != 2 or not len(given):
        raise AuritaError(f"states have shape {given.shape}; expected (states, features)")
    centred = given - given.mean(axis=0)
    variances = np.maximum(np.linalg.eigvalsh(centred.T @ centred / len(centred))[::-1], 0)
    if variances[0] <= np.finfo(np.float32).eps ** 2 * max(float(np.square(given).mean()), 1e-300):
        return Rank(np.zeros_like(variances), 0.0, 0)
    spread = float(variances.sum() ** 2 / np.square(variances).sum())
    return Rank(variances, spread, int((variances > 1e-6 * variances[0]).sum()))


def explained_share(values: Float[np.ndarray, "state feature"], target: Column) -> float:
    """How much some features tell of a target: the part of the target that a linear map of them explains.

    For classes the target is one column for each, less the part that as many random features would explain; between 0
    and 1.
    """
    known = target.values >= 0 if target.categories is not None else np.isfinite(target.values)
    rows, wanted = np.asarray(values, np.float64)[known], target.values[known]
    if target.categories is not None:
        wanted = np.eye(len(target.categories))[wanted]
    wanted = np.asarray(wanted, np.float64).reshape(len(rows), -1)
    if len(rows) < 3:
        return float("nan")
    rows, wanted = rows - rows.mean(axis=0), wanted - wanted.mean(axis=0)
    total = float(np.square(wanted).sum())
    deviation = deviations(np.asarray(values)[known])
    used = deviation > 0
    if total == 0 or not used.any():
        return float("nan") if total == 0 else 0.0
    rows = rows[:, used] / deviation[used]
    gram = rows.T @ rows + _SMALL * len(rows) * np.eye(rows.shape[1])
    explained = float(np.sum((rows.T @ wanted) * np.linalg.solve(gram, rows.T @ wanted))) / total
    chance = min(rows.shape[1] / (len(rows) - 1), 1.0)
    return float(np.clip((explained - chance) / (1 - chance), 0, 1)) if chance < 1 else float("nan")


def explained_by_units(
    states: States, bins: int = BINS
) -> tuple[Float[np.ndarray, "unit bin"], Float[np.ndarray, "bin"]]:
    """How much of the target each unit explains, by step.

    Returns:
        `explained_share` of each unit's features in each stretch of steps (NaN where there are too few to tell), and
        the first step of each stretch.

    Raises:
        AuritaError: no target, or no units.
    """
    target = _known_target(states)
    if not states.units:
        raise AuritaError("these states have no units to compare; use a model with a reservoir")
    edges = stretches(states, bins)
    found = np.full((len(states.units), len(edges) - 1), np.nan)
    for place, (first, end) in enumerate(pairwise(edges)):
        rows = (states.step >= first) & (states.step < end)
        here = Column(target.name, target.group, target.values[rows], target.categories)
        for unit in range(len(states.units)):
            own = states.values[rows][:, states.owners == unit]
            if own.shape[1] and len(own) >= _ROWS_A_FEATURE * own.shape[1]:
                found[unit, place] = explained_share(own, here)
    return found, edges[:-1].astype(float)


def best_units(states: States) -> list[tuple[int, float]]:
    """Units in the order of how much they tell of the target over all steps, with that."""
    target = _known_target(states)
    explained = [explained_share(states.values[:, states.owners == unit], target) for unit in range(len(states.units))]
    return sorted(enumerate(np.nan_to_num(explained).tolist()), key=lambda pair: -pair[1])


def stretches(states: States, bins: int = BINS) -> np.ndarray:
    """Edges of stretches of steps, one step each where there are few."""
    last = int(states.step.max()) + 1
    return np.arange(last + 1) if last <= bins else np.unique(np.linspace(0, last, bins + 1).astype(int))


def course(states: States, column: Column, bins: int = 100) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of a column by step, over the sequences that have this step: steps, means, numbers of sequences."""
    edges = stretches(states, bins)
    place = np.searchsorted(edges, states.step, side="right") - 1
    values = np.asarray(column.values, np.float64)
    known = values >= 0 if column.categories is not None else np.isfinite(values)
    count = np.bincount(place[known], minlength=len(edges) - 1)
    total = np.bincount(place[known], values[known], minlength=len(edges) - 1)
    with np.errstate(invalid="ignore"):
        return edges[:-1], np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def kept_together(states: States) -> dict[str, float]:
    """How well states keep each class together: the part of a state's nearest neighbours that are of its class.

    Ten neighbours, of other sequences, among 4,000 states at most, in the space of all features. By chance it would be
    the class's share of the states.
    """
    from sklearn.neighbors import NearestNeighbors

    target = _known_target(states)
    if target.categories is None:
        raise AuritaError("the target is a number; only classes are kept together or not")
    rows = np.flatnonzero(target.values >= 0)
    rng = np.random.default_rng(0)
    if len(rows) > _MOST_LOOKED_AT:
        rows = np.sort(rng.choice(rows, _MOST_LOOKED_AT, replace=False))
    values = states.values[rows]
    deviation = deviations(values)
    values = values / np.where(deviation > 0, deviation, 1)
    wanted = min(len(rows), _NEIGHBOURS + int(np.bincount(states.sequence[rows]).max(initial=1)))
    near = NearestNeighbors(n_neighbors=wanted).fit(values).kneighbors(values, return_distance=False)
    other = states.sequence[rows][near] != states.sequence[rows][:, None]
    first = other & (np.cumsum(other, axis=1) <= _NEIGHBOURS)
    same = (target.values[rows][near] == target.values[rows][:, None]) & first
    share = same.sum(axis=1) / np.maximum(first.sum(axis=1), 1)
    found = {}
    for code, name in enumerate(target.categories):
        own = (target.values[rows] == code) & (first.sum(axis=1) > 0)
        if own.any():
            found[name] = float(share[own].mean())
    return found


def confusions(states: States) -> tuple[np.ndarray, list[str]] | None:
    """Truth in rows, last answers in columns, counted over sequences; None without classes on both sides."""
    target, answer = states.target, states.answer
    if target is None or answer is None or target.categories is None or answer.categories is None:
        return None
    last = np.append(states.sequence[1:] != states.sequence[:-1], True)
    truth, predicted = target.values[last], answer.values[last]
    known = (truth >= 0) & (predicted >= 0)
    counts = np.zeros((len(target.categories), len(answer.categories)), int)
    np.add.at(counts, (truth[known], predicted[known]), 1)
    return counts, list(target.categories)


def _known_target(states: States) -> Column:
    if states.target is None:
        raise AuritaError("nothing is known of what was wanted; give y, or labels")
    return states.target
