"""States in a plane: fitted once, kept as arrays, applied to states to come.

| method | what it shows | new states |
|---|---|---|
| `pca` | the directions in which states vary most | projected |
| `classes` | the directions that tell classes apart best (Fisher's criterion, pairwise: Loog et al. 2001) | projected |
| `umap` | who is near whom (McInnes, Healy and Melville 2018) | placed among their nearest neighbours |

The rule for new states under `umap`: the mean of the places of the five nearest states that it was fitted on, weighed
by the inverse of their distance; a state that it was fitted on keeps its place. Nothing but arrays is kept, so an
embedding is saved like any model (`aurita.save`, `aurita.load`).

RSSViz (Variengien and Hinaut 2020, "A journey in ESN and LSTM visualisations on a language task") is such an embedding
of the states that a reservoir visits.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigh
from scipy.special import erf

from aurita._kinds import saved
from aurita._typing import Float
from aurita.errors import AuritaError, require

METHODS = ("pca", "classes", "umap")
NEIGHBOURS = 5
_MOST_FITTED = 20_000
_WIDE = 2_000
_KEPT_WIDTH = 50


@saved()
@dataclass(frozen=True, eq=False)
class Embedding:
    """A fitted map from states to a plane.

    Attributes:
        method: of `METHODS`.
        mean: `(F,)`, taken from every state first.
        axes: `(F, K)`; the plane itself where the map is linear, else what neighbours are looked for in.
        shares: `(2,)`, parts of the states' variance that the two axes show; NaN under `umap`.
        known: `(n, K)`, states it was fitted on, where the map goes by neighbours; none otherwise.
        places: `(n, 2)`, where those are.

    Example:
        >>> states = np.random.default_rng(0).normal(size=(100, 8)) * [9, 5, 1, 1, 1, 1, 1, 1]
        >>> fit_embedding(states).apply(states[:3]).shape
        (3, 2)
    """

    method: str
    mean: Float[np.ndarray, "feature"]
    axes: Float[np.ndarray, "feature axis"]
    shares: Float[np.ndarray, "2"]
    known: Float[np.ndarray, "state axis"]
    places: Float[np.ndarray, "state 2"]

    def apply(self, states: Float[np.ndarray, "state feature"]) -> Float[np.ndarray, "state 2"]:
        """Where states are in the plane.

        Raises:
            AuritaError: states of another width, or with values that are not finite.
        """
        given = _checked(states)
        if given.shape[1] != len(self.mean):
            raise AuritaError(
                f"states have {given.shape[1]} features and the embedding was fitted on {len(self.mean)}; "
                "give the same features"
            )
        projected = given @ self.axes.astype(np.float32) - (self.mean @ self.axes).astype(np.float32)
        if self.method != "umap":
            return projected
        return _among_neighbours(projected, self.known, self.places)

    def axis_titles(self) -> tuple[str, str]:
        """What the two axes are."""
        if self.method == "umap":
            return "UMAP 1", "UMAP 2"
        kind = "direction of variance" if self.method == "pca" else "direction between classes"
        one, two = (f"{kind} {i + 1} ({share:.1%} of the variance)" for i, share in enumerate(self.shares))
        return one, two


def fit_embedding(
    states: Float[np.ndarray, "state feature"],
    method: str = "pca",
    *,
    labels: ArrayLike | None = None,
    seed: int = 0,
) -> Embedding:
    """Fit the map from states to a plane.

    Args:
        states: `(N, F)`.
        method: `pca`, `classes` or `umap` (extra `umap`; its first use takes half a minute).
        labels: `(N,)`, the class of each state, for `classes`; states labelled None or -1 count for none.
        seed: of what is random in `umap`, and of the sample of 20,000 states that it is fitted on where there are more.

    Raises:
        AuritaError: an unknown method, no states, values that are not finite, `classes` without two classes, or a
            library that is missing.

    Example:
        >>> line = np.outer(np.arange(50.0), [3.0, 4.0])
        >>> fit_embedding(line).shares.round(3).tolist()
        [1.0, 0.0]
    """
    if method not in METHODS:
        raise AuritaError(f"method is {method!r}; expected one of {', '.join(map(repr, METHODS))}")
    given = _checked(states)
    mean = _mean(given)
    if method == "umap":
        return _umap(given, mean, seed)
    if given.shape[1] > _WIDE and method == "pca":
        axes, variances, total = _randomised(given, mean, seed)
    else:
        covariance = _covariance(given, mean)
        total = float(np.trace(covariance))
        if method == "pca":
            variances, axes = _largest(covariance, 2)
        else:
            axes = _between_classes(given, mean, covariance, labels)
            variances = np.einsum("fa,fg,ga->a", axes, covariance, axes)
    shares = variances / total if total > 0 else np.zeros(2)
    nothing = np.zeros((0, 2))
    return Embedding(method, mean, _signed(axes), shares, nothing, nothing)


def _checked(states: ArrayLike) -> Float[np.ndarray, "state feature"]:
    given = np.asarray(states)
    if given.ndim != 2 or given.shape[1] == 0:
        raise AuritaError(f"states have shape {given.shape}; expected (states, features)")
    if len(given) == 0:
        raise AuritaError("there are no states to draw; give at least one")
    if given.dtype.kind not in "biuf":
        raise AuritaError(f"states are {given.dtype}; expected numbers")
    given = given.astype(np.float32, copy=False)
    if not np.isfinite(given.sum(dtype=np.float64)) and not np.isfinite(given).all():
        raise AuritaError("states hold NaN or infinite values; `states_from` drops such steps and says so")
    return given


def _mean(states: np.ndarray) -> Float[np.ndarray, "feature"]:
    return np.ones(len(states), np.float32) @ states / np.float64(len(states))


def _covariance(states: np.ndarray, mean: np.ndarray) -> Float[np.ndarray, "feature feature"]:
    """Products in float32, block by block, summed in float64."""
    total = np.zeros((states.shape[1],) * 2)
    shift = mean.astype(np.float32)
    for start in range(0, len(states), 8192):
        part = states[start : start + 8192] - shift
        total += part.T @ part
    return total / len(states)


def _largest(covariance: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues and their vectors; of no weight where there are fewer features than asked for."""
    size = len(covariance)
    found = min(count, size)
    values, vectors = eigh(covariance, subset_by_index=(size - found, size - 1))
    variances, axes = np.zeros(count), np.zeros((size, count))
    variances[:found], axes[:, :found] = np.maximum(values[::-1], 0), vectors[:, ::-1]
    return variances, axes


def _randomised(states: np.ndarray, mean: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Axes of very wide states (Halko, Martinsson and Tropp 2011), without their covariance."""
    from sklearn.utils.extmath import randomized_svd

    centred = states - mean.astype(np.float32)
    _, sizes, axes = randomized_svd(centred, 2, random_state=seed) if min(states.shape) > 2 else _thin(centred)
    variances = np.zeros(2)
    variances[: len(sizes)] = np.square(sizes, dtype=np.float64) / len(states)
    found = np.zeros((states.shape[1], 2))
    found[:, : len(axes)] = axes.T
    return found, variances, float(np.square(centred, dtype=np.float64).sum() / len(states))


def _thin(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.linalg.svd(centred, full_matrices=False)


def _between_classes(
    states: np.ndarray, mean: np.ndarray, covariance: np.ndarray, labels: ArrayLike | None
) -> Float[np.ndarray, "feature 2"]:
    """Axes of the weighted pairwise Fisher criterion: classes that are far apart anyhow do not rule the picture.

    Loog, Duin and Haeb-Umbach 2001, "Multiclass linear dimension reduction by weighted pairwise Fisher criteria". With
    two classes the second axis is the direction of most other variance.
    """
    if labels is None or len(np.asarray(labels)) != len(states):
        raise AuritaError("method='classes' needs labels, one for each state; give them, or use method='pca'")
    plain = np.asarray(labels)
    counted = np.array([label is not None for label in plain]) if plain.dtype.kind == "O" else plain != -1
    kinds, codes = np.unique(plain[counted].astype(str), return_inverse=True)
    if len(kinds) < 2:
        raise AuritaError(f"method='classes' needs states of two classes or more, here {len(kinds)}; use method='pca'")
    counts = np.bincount(codes).astype(np.float64)
    sums = np.stack([states[counted][codes == code].sum(axis=0, dtype=np.float64) for code in range(len(kinds))])
    means, parts = sums / counts[:, None], counts / counts.sum()
    apart = (means - mean) * np.sqrt(parts)[:, None]
    within = covariance - apart.T @ apart
    scale = max(float(np.trace(covariance)) / len(covariance), float(np.finfo(np.float32).tiny))
    within += 1e-3 * scale * np.eye(len(within))
    one, other = np.triu_indices(len(kinds), 1)
    pairs = means[one] - means[other]
    far = np.sqrt(np.maximum(np.einsum("pf,fp->p", pairs, np.linalg.solve(within, pairs.T)), 1e-12))
    weights = parts[one] * parts[other] * erf(far / (2 * np.sqrt(2))) / (2 * far**2)
    between = (pairs * weights[:, None]).T @ pairs
    wanted = min(2, len(kinds) - 1, len(mean))
    _, axes = eigh(between, within, subset_by_index=(len(mean) - wanted, len(mean) - 1))
    axes = axes[:, ::-1] / np.linalg.norm(axes[:, ::-1], axis=0)
    if wanted < 2:
        left = np.eye(len(mean)) - axes @ axes.T
        axes = np.hstack([axes, _largest(left @ covariance @ left, 1)[1]])
    return axes


def _signed(axes: np.ndarray) -> np.ndarray:
    """Axes whose largest part is positive, so that the same states always make the same picture."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return axes * np.where(largest < 0, -1.0, 1.0)


def _umap(states: np.ndarray, mean: np.ndarray, seed: int) -> Embedding:
    library = require("umap", "umap", "the embedding by UMAP")
    rng = np.random.default_rng(seed)
    chosen = states
    if len(states) > _MOST_FITTED:
        chosen = states[np.sort(rng.choice(len(states), _MOST_FITTED, replace=False))]
    if len(chosen) < 4:
        raise AuritaError(f"UMAP needs at least 4 states and {len(chosen)} were given; use method='pca'")
    _, axes = _largest(_covariance(chosen, mean), min(_KEPT_WIDTH, len(mean)))
    axes = _signed(axes)
    known = (chosen - mean.astype(np.float32)) @ axes.astype(np.float32)
    with warnings.catch_warnings():
        # Of its threads, which a seed forbids, and of graphs in several parts.
        warnings.simplefilter("ignore")
        places = library.UMAP(
            n_components=2, n_neighbors=min(15, len(known) - 1), random_state=seed, init="pca"
        ).fit_transform(known)
    return Embedding("umap", mean, axes, np.full(2, np.nan), known, np.asarray(places, np.float32))


def _among_neighbours(given: np.ndarray, known: np.ndarray, places: np.ndarray) -> Float[np.ndarray, "state 2"]:
    from sklearn.neighbors import NearestNeighbors

    finder = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(known))).fit(known)
    distances, who = finder.kneighbors(given)
    # Rounding of the projection must not move a state that is known.
    same = distances <= 1e-5 * np.maximum(np.abs(given).max(axis=1, keepdims=True), np.abs(known).max())
    weights = np.where(same.any(axis=1, keepdims=True), same, 1 / np.where(same, 1.0, distances))
    return np.einsum("nk,nkd->nd", weights / weights.sum(axis=1, keepdims=True), places[who])
