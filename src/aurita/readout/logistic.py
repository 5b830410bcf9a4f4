"""Logistic readout: features to class probabilities, with the penalty chosen by cross-validation.

Multinomial logistic regression with a squared penalty, solved by scikit-learn's `LogisticRegression` (L-BFGS).
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, softmax

from aurita._typing import Document, Float, Int
from aurita._words import counted
from aurita.blas import one_thread
from aurita.errors import AuritaError
from aurita.readout.base import Readout, Table
from aurita.readout.checks import (
    column_scale,
    linear,
    matrix,
    setting,
    sorted_grid,
    stored,
    stored_weights,
    text_array,
)
from aurita.readout.moments import centred

# Natural logarithm of the probability given to a class that the fitted folds do not know.
UNKNOWN = float(np.log(1e-12))
STEPS = 1000

# Label types, as numpy's kinds: booleans, integers, whole floats, strings.
KINDS = "biufU"

STRENGTHS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


class LogisticReadout(Readout):
    """Multinomial logistic regression on standardised features, with a free intercept.

    It minimises `mean(log loss) + strength / 2 * |b|^2` over rows, with `b` the weights on features divided by their
    deviations; so strengths are free of the features' units and of the number of rows (scikit-learn's `C` is
    `1 / (strength * rows)`). Constant features get no weight.

    The strength is the one of smallest log loss over folds that hold every class in proportion; equal losses go to the
    larger strength. With one strength given there is no cross-validation.

    Args:
        strengths: positive numbers.
        folds: parts of the cross-validation, fewer if there are fewer groups.
        seed: seed of the division into folds.

    Attributes:
        classes_: `(class,)`, the labels in sorted order.
        coef_: `(feature, class)`, on the raw features.
        intercept_: `(class,)`.
        strength_: the strength chosen.
        strengths_: `(strength,)`, the grid in rising order.
        scores_: `(strength,)`, log loss on the rows left out; empty if nothing had to be chosen.
        converged_: whether the last fit met the solver's tolerance within its 1000 steps.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(90, 2))
        >>> labels = np.where(x[:, 0] + x[:, 1] > 0, "up", "down")
        >>> readout = LogisticReadout().fit(x, labels)
        >>> readout.predict([[2.0, 2.0], [-2.0, -2.0]])
        array(['up', 'down'], dtype='<U4')
    """

    name = "logistic"
    classes = probabilities = True

    classes_: np.ndarray
    coef_: Float[np.ndarray, "feature class"]
    intercept_: Float[np.ndarray, " class"]
    strength_: float
    strengths_: Float[np.ndarray, " strength"]
    scores_: Float[np.ndarray, " strength"]
    converged_: bool

    def __init__(self, strengths: Sequence[float] | np.ndarray = STRENGTHS, *, folds: int = 5, seed: int = 0) -> None:
        self.strengths = strengths
        self.folds = folds
        self.seed = seed

    @classmethod
    def made(cls, *, alphas: Sequence[float] | None = None, selection: str = "loo", floor: float = 0.0) -> Self:
        del selection, floor
        return cls() if alphas is None else cls(tuple(alphas))

    def fit_table(self, table: Table) -> Self:
        return self.fit(table.features, table.targets.argmax(axis=1), table.groups, table.weights)

    def scores(self, features: ArrayLike) -> Float[np.ndarray, "row output"]:
        """Logarithms of the probabilities of the classes."""
        return np.log(np.maximum(self.predict_proba(features), np.finfo(float).tiny))

    def fit(
        self,
        features: ArrayLike,
        labels: ArrayLike,
        groups: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Fit on labelled rows.

        Args:
            features: `(row, feature)`.
            labels: `(row,)`, integers, strings or booleans.
            groups: `(row,)`, rows of one group, for instance the steps of one sequence, are left out together.
            weights: `(row,)`, zero or more, of any sum; 1 each by default.

        Raises:
            AuritaError: values are not finite, shapes do not fit, one class only, or nothing to cross-validate on.
        """
        grid = sorted_grid("strengths", self.strengths)
        given = matrix(features, "features")
        classes, codes = _coded(labels, len(given))
        counts = _weights(weights, len(given))
        share = counts / counts.sum()
        mean, x = centred(given, share)
        scale = column_scale(mean, np.einsum("n,nf,nf->f", share, x, x), float(np.finfo(given.dtype).eps))
        active = np.flatnonzero(scale)
        x = x[:, active] / scale[active]
        scores = np.zeros(0)
        strength = grid[0]
        with one_thread(x.size):
            if len(grid) > 1:
                scores = _left_out(x, codes, self._parts(codes, groups), grid, counts)
                strength = grid[len(grid) - 1 - np.argmin(scores[::-1])]
            (model,) = _path(x, codes, np.array([strength]), counts)
        self.strengths_, self.scores_, self.strength_ = grid, scores, float(strength)
        self.converged_ = model.converged
        self.classes_ = classes
        self.coef_ = np.zeros((len(mean), len(classes)))
        self.coef_[active] = model.coef / scale[active, None]
        self.intercept_ = model.intercept - mean @ self.coef_
        return self

    def predict_proba(self, features: ArrayLike) -> Float[np.ndarray, "row class"]:
        """Probability of each class, `(row, class)`, in the order of `classes_`.

        Raises:
            AuritaError: not fitted, another number of features, or values that are not finite.
        """
        self._fitted()
        x = matrix(features, "features", columns=len(self.coef_))
        return softmax(linear(x, self.coef_, self.intercept_), axis=1)

    def predict(self, features: ArrayLike) -> np.ndarray:
        """The most probable label of each row, `(row,)`.

        Raises:
            AuritaError: as `predict_proba`.
        """
        best = np.argmax(self.predict_proba(features), axis=1)
        return self.classes_[best]

    def config(self) -> Document:
        """Settings and labels as plain values, for JSON."""
        fitted = hasattr(self, "coef_")
        return {
            "strengths": [float(strength) for strength in self.strengths],
            "folds": self.folds,
            "seed": self.seed,
            "classes": self.classes_.tolist() if fitted else None,
            "labels": self.classes_.dtype.str if fitted else None,
        }

    def to_arrays(self) -> dict[str, np.ndarray]:
        """What was fitted, as named arrays; the labels are in `config`.

        Raises:
            AuritaError: not fitted.
        """
        self._fitted()
        return {
            "coef": self.coef_,
            "intercept": self.intercept_,
            "strength": np.array([self.strength_]),
            "scores": self.scores_,
            "converged": np.array([self.converged_]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, object]) -> Self:
        made = cls(setting(config, "strengths"), folds=setting(config, "folds"), seed=setting(config, "seed"))
        made.strengths_ = sorted_grid("strengths", made.strengths)
        made.coef_, made.intercept_ = stored_weights(arrays)
        made.strength_ = float(stored(arrays, "strength", 1)[0])
        made.scores_ = stored(arrays, "scores", 1)
        made.converged_ = bool(stored(arrays, "converged", 1)[0])
        names, kind = setting(config, "classes"), str(setting(config, "labels"))
        if not isinstance(names, list) or kind.lstrip("<>|=")[:1] not in KINDS:
            raise AuritaError(
                f"the saved labels are {names!r} of type {kind}; a list of labels is expected: it is damaged"
            )
        made.classes_ = text_array(names, kind) if "U" in kind else np.array(names, dtype=kind)
        if len(made.intercept_) != len(names):
            raise AuritaError(
                f"the saved readout has {counted(len(made.intercept_), 'intercept')} and "
                f"{counted(len(names), 'label')}; as many are expected: it is damaged"
            )
        return made

    def _parts(self, codes: Int[np.ndarray, " row"], groups: ArrayLike | None) -> Int[np.ndarray, " row"]:
        """The fold of each row: groups, in random order but sorted by class, are dealt out in turn."""
        if self.folds < 2:
            raise AuritaError(f"folds are {self.folds}; two or more are expected, or one strength and no choice")
        if groups is None:
            names, first, member = codes, np.arange(len(codes)), np.arange(len(codes))
        else:
            given = np.asarray(groups)
            if given.shape != codes.shape:
                raise AuritaError(f"groups have shape {given.shape}; one group a row, ({len(codes)},), is expected")
            names, first, member = np.unique(given, return_index=True, return_inverse=True)
        mixed = np.random.default_rng(self.seed).permutation(len(names))
        order = mixed[np.argsort(codes[first][mixed], kind="stable")]
        fold = np.empty(len(names), dtype=np.int64)
        fold[order] = np.arange(len(names)) % self.folds
        return fold[member]


class _Solved(NamedTuple):
    """Weights and intercepts of the classes present, in rising order of their codes."""

    coef: Float[np.ndarray, "feature class"]
    intercept: Float[np.ndarray, " class"]
    converged: bool


def _coded(labels: ArrayLike, count: int) -> tuple[np.ndarray, Int[np.ndarray, " row"]]:
    """The distinct labels in sorted order, and the index of each row's."""
    given = np.asarray(labels)
    if given.shape != (count,):
        raise AuritaError(
            f"labels have shape {given.shape}, features {counted(count, 'row')}; one label a row is expected"
        )
    if given.dtype.kind == "O":
        types = {type(label) for label in given}
        if len(types) > 1:
            names = ", ".join(sorted(kind.__name__ for kind in types))
            raise AuritaError(
                f"labels are of several types ({names}); one type is expected: fill gaps, convert the rest"
            )
        given = np.array(given.tolist())
    if given.dtype.kind not in KINDS or (given.dtype.kind == "f" and not np.all(given == np.round(given))):
        raise AuritaError(f"labels are of type {given.dtype}; strings, whole numbers or booleans are expected")
    classes, codes = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise AuritaError(f"labels hold {len(classes)} class ({classes.tolist()}); two or more are expected")
    return classes, codes


def _weights(given: ArrayLike | None, count: int) -> Float[np.ndarray, " row"]:
    """Weights of rows, 1 each by default."""
    if given is None:
        return np.ones(count)
    weights = np.asarray(given, np.float64)
    if weights.shape != (count,) or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise AuritaError(
            f"weights have shape {weights.shape}; expected {count} numbers of 0 or more, not all of them 0"
        )
    return weights


def _left_out(
    x: Float[np.ndarray, "row feature"],
    codes: Int[np.ndarray, " row"],
    parts: Int[np.ndarray, " row"],
    strengths: Float[np.ndarray, " strength"],
    counts: Float[np.ndarray, " row"] | None = None,
) -> Float[np.ndarray, " strength"]:
    """Log loss of each strength on the rows of every fold when fitted on the others."""
    counts = np.ones(len(codes)) if counts is None else counts
    losses = np.zeros(len(strengths))
    scored = 0.0
    for part in np.unique(parts):
        test = parts == part
        known, train = np.unique(codes[~test], return_inverse=True)
        if len(known) < 2:
            continue
        place = np.searchsorted(known, codes[test]).clip(max=len(known) - 1)
        met = known[place] == codes[test]
        for index, model in enumerate(_path(x[~test], train, strengths, counts[~test])):
            found = log_softmax(x[test] @ model.coef + model.intercept, axis=1)[np.arange(len(place)), place]
            losses[index] -= counts[test] @ np.where(met, found, UNKNOWN)
        scored += float(counts[test].sum())
    if scored == 0:
        raise AuritaError(
            "no fold leaves two classes to fit on, so no strength can be chosen; "
            "give a single strength, or more rows (groups) of each class"
        )
    return losses / scored


def _path(
    x: Float[np.ndarray, "row feature"],
    codes: Int[np.ndarray, " row"],
    strengths: Float[np.ndarray, " strength"],
    counts: Float[np.ndarray, " row"],
) -> list[_Solved]:
    """Solutions for rising strengths; each starts from that of the next stronger penalty."""
    if x.shape[1] == 0:
        chance = np.log(np.bincount(codes, counts) / counts.sum())
        return [_Solved(np.zeros((0, len(chance))), chance, True) for _ in strengths]
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(solver="lbfgs", tol=1e-6, max_iter=STEPS, warm_start=True)
    solved, even = [], bool((counts == counts[0]).all())
    for strength in strengths[::-1]:
        model.set_params(C=1.0 / (strength * len(x)))
        with warnings.catch_warnings():
            # Reported by `converged_`: on separable classes a weak penalty may need more steps than it is worth.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, codes, None if even else counts * (len(x) / counts.sum()))
        coef, intercept = model.coef_.T, model.intercept_
        if len(model.classes_) == 2:
            # scikit-learn keeps the log odds of the second class only.
            coef, intercept = np.hstack([0.0 * coef, coef]), np.append(0.0, intercept)
        solved.append(_Solved(coef, intercept, bool(np.max(model.n_iter_) < STEPS)))
    return solved[::-1]
