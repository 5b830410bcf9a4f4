"""Ridge readout: features to targets in closed form, with the penalty chosen from a grid.

Hoerl and Kennard (1970), "Ridge regression"; leave-one-out and generalised cross-validation as in `spectrum`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Document, DocumentView, Float
from aurita._words import counted
from aurita.blas import one_thread
from aurita.errors import AuritaError
from aurita.readout._gathering import MOST_KEPT, gathered
from aurita.readout._spectrum import Spectrum, spectrum_of_moments, spectrum_of_rows
from aurita.readout.base import Readout, RowPieces, Table, Weights
from aurita.readout.checks import PairedRows, linear, matrix, rows, setting, sorted_grid, stored, stored_weights
from aurita.readout.moments import Moments

Selection = Literal["loo", "gcv", "validation"]
Chunks = Callable[[], Iterable[Sequence[ArrayLike]]]
Validation = Moments | Sequence[ArrayLike]

ALPHAS = tuple(float(alpha) for alpha in np.logspace(-10, 4, 29))
SELECTIONS = ("loo", "gcv", "validation")

WEAK = 1e-10
"""Alphas below this may be less than the rounding of the second moments of some hundred features."""

FLOOR = 0.01
"""A floor for states of units, of which some hardly move on few rows."""


class RidgeReadout(Readout):
    """Linear readout with a squared penalty and a free intercept, fitted at every alpha of a grid at once.

    It minimises, per output and with `w` the weights of the rows (1 each by default),

        sum w (y - x b - c)^2 / sum w  +  alpha * unit * |b|^2

    where `unit` is the mean variance of the features that are not constant, so **alphas are free of scale**: the same
    alpha means the same whatever the units of the features, the number of rows or the weights. An alpha of 1 penalises
    as strongly as the average feature varies. With `standardize`, `x` are the features divided by their deviations
    (and `unit` is 1); `coef_` applies to the raw features in either case. Constant features get no weight, and so do
    those that vary by no more than the rounding of their number format.

    Choice of alpha, by mean square error: `"loo"` on every row when fitted without it, exact, takes a second pass over
    the rows; `"gcv"` by generalised cross-validation, from one pass: cheaper, but with about as many rows as features
    it now and then takes far too weak a penalty; `"validation"` on rows of their own. The penalty's size and the
    deviations are those of all fitted rows throughout. Equal scores go to the larger alpha. One alpha serves all
    outputs, chosen on the mean of their scores divided by their variances, or each has its own (`per_output`).

    Args:
        alphas: positive numbers, 29 from 1e-10 to 1e4 by default.
        selection: `"loo"`, `"gcv"` or `"validation"`.
        standardize: divide every feature by its deviation first.
        per_output: one alpha for each output.
        floor: share of the median deviation that no feature is divided by less than, for features of one scale. A
            bounded unit that hardly moved on the fitted rows may move on others, and would be magnified without limit.

    Attributes:
        coef_: `(feature, output)`.
        intercept_: `(output,)`.
        alpha_: the alpha chosen, `(output,)` if `per_output`.
        penalty_: `alpha_ * unit * sum w`, what is added to the diagonal of the centred Gram matrix of the
            (standardised) features; the `alpha` of scikit-learn's `Ridge`.
        alphas_: `(alpha,)`, the grid in rising order.
        scores_: `(alpha, output)`, the criterion, a mean square error in squared units of the target.
        error_: `(output,)`, the criterion at the alpha chosen.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(200, 3))
        >>> readout = RidgeReadout().fit(x, x @ [1.0, -2.0, 0.0] + 5.0)
        >>> readout.coef_[:, 0].round(6) + 0.0, readout.intercept_.round(6)
        (array([ 1., -2.,  0.]), array([5.]))
        >>> readout.predict([[1.0, 1.0, 1.0]]).round(6)
        array([4.])
    """

    name = "ridge"
    streams = True

    coef_: Float[np.ndarray, "feature output"]
    intercept_: Float[np.ndarray, " output"]
    alpha_: float | Float[np.ndarray, " output"]
    penalty_: float | Float[np.ndarray, " output"]
    alphas_: Float[np.ndarray, " alpha"]
    scores_: Float[np.ndarray, "alpha output"]
    error_: Float[np.ndarray, " output"]

    def __init__(
        self,
        alphas: Sequence[float] | np.ndarray = ALPHAS,
        *,
        selection: Selection = "loo",
        standardize: bool = True,
        per_output: bool = False,
        floor: float = 0.0,
    ) -> None:
        self.alphas = alphas
        self.selection = selection
        self.standardize = standardize
        self.per_output = per_output
        self.floor = floor

    @classmethod
    def made(cls, *, alphas: Sequence[float] | None = None, selection: str = "loo", floor: float = 0.0) -> Self:
        return cls(ALPHAS if alphas is None else tuple(alphas), selection=selection, floor=floor)  # type: ignore[arg-type]

    def fit_table(self, table: Table) -> Self:
        return self.fit(table.features, table.targets, table.weights)

    @classmethod
    def weights_by_penalty(cls, moments: Moments) -> Callable[[float], Weights]:
        spectrum = spectrum_of_moments(moments, standardize=True)

        def weights(alpha: float) -> Weights:
            coefficients = spectrum.coefficients(alpha)
            return coefficients, spectrum.target_mean - spectrum.feature_mean @ coefficients

        return weights

    @classmethod
    def at_penalty(cls, moments: Moments, alpha: float) -> Self:
        return cls((alpha,), selection="gcv").fit_moments(moments)

    def fit(
        self,
        features: ArrayLike,
        targets: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        validation: Validation | None = None,
    ) -> Self:
        """Fit on rows at hand.

        Where they are fewer than the features, or alphas below `WEAK` are asked for of no more than `MOST_KEPT`
        numbers, the rows themselves are decomposed; otherwise their second moments, which is several times cheaper.

        Args:
            features: `(row, feature)`.
            targets: `(row, output)`, or `(row,)`, and then predictions are 1-D as well.
            weights: `(row,)`, zero or more.
            validation: for that selection, `(features, targets)`, `(features, targets, weights)`, or their `Moments`.

        Raises:
            AuritaError: values are not finite, shapes do not fit, fewer than two rows, settings that cannot be.
        """
        self._check(validation)
        given = rows(features, targets, weights)
        with one_thread(given.features.size):
            if len(given.features) <= given.features.shape[1] or self._wants_rows(given.features.size):
                spectrum = spectrum_of_rows(given, standardize=self.standardize, floor=self.floor)
            else:
                spectrum = spectrum_of_moments(Moments().add(*given), standardize=self.standardize, floor=self.floor)
            return self._finish(spectrum, np.ndim(targets) == 1, validation, lambda: [given])

    def fit_stream(self, chunks: Chunks, *, validation: Validation | None = None) -> Self:
        """Fit on rows that are never all in memory, unless they are few, see `fit`.

        Args:
            chunks: called without arguments, gives a fresh iterator over `(features, targets)` or
                `(features, targets, weights)`; called once more for leave-one-out, and then has to give the same rows.
            validation: as in `fit`.

        Raises:
            AuritaError: as `fit`, and if the second pass does not bring the rows of the first.
        """
        self._check(validation)
        if not callable(chunks):
            raise AuritaError(
                f"chunks are a {type(chunks).__name__}; a function that returns a fresh iterator is expected"
            )
        flat = False

        def once() -> Iterable[Sequence[ArrayLike]]:
            nonlocal flat
            for chunk in chunks():
                flat = np.ndim(chunk[1]) == 1
                yield chunk

        given, moments = gathered(once(), self._wants_rows)
        if given is not None:
            spectrum = spectrum_of_rows(given, standardize=self.standardize, floor=self.floor)
            return self._finish(spectrum, flat, validation, lambda: [given])
        spectrum = spectrum_of_moments(moments, standardize=self.standardize, floor=self.floor)

        def again() -> Iterable[PairedRows]:
            seen = 0
            for chunk in chunks():
                given = rows(*chunk)
                seen += len(given.features) if given.weights is None else int(np.count_nonzero(given.weights))
                yield given
            if seen != moments.count:
                raise AuritaError(
                    f"the second pass over the chunks brought {counted(seen, 'row')}, the first {moments.count}; "
                    "return a fresh iterator over the same rows at every call, or use selection='gcv'"
                )

        return self._finish(spectrum, flat, validation, again)

    def fit_pieces(self, pieces: RowPieces) -> Self:
        return self.fit_stream(pieces.rows)

    def fit_moments(self, moments: Moments, *, validation: Validation | None = None) -> Self:
        """Fit on moments summed elsewhere; by `"gcv"` or `"validation"`, as leave-one-out needs the rows.

        Raises:
            AuritaError: fewer than two rows, or a selection that needs rows.
        """
        self._check(validation)
        if self.selection == "loo":
            raise AuritaError("selection='loo' needs the rows, moments hold none; use selection='gcv', or fit_stream")
        spectrum = spectrum_of_moments(moments, standardize=self.standardize, floor=self.floor)
        return self._finish(spectrum, False, validation, lambda: [])

    def predict(self, features: ArrayLike) -> Float[np.ndarray, "row *output"]:
        """Targets of new rows.

        Args:
            features: `(row, feature)`.

        Returns:
            `(row, output)` float64, `(row,)` if fitted on 1-D targets.

        Raises:
            AuritaError: not fitted, another number of features, or values that are not finite.
        """
        self._fitted()
        x = matrix(features, "features", columns=len(self.coef_))
        out = linear(x, self.coef_, self.intercept_)
        return out[:, 0] if self._flat else out

    def config(self) -> Document:
        return {
            "alphas": [float(alpha) for alpha in self.alphas],
            "selection": self.selection,
            "standardize": self.standardize,
            "per_output": self.per_output,
            "floor": self.floor,
            "flat": getattr(self, "_flat", False),
        }

    def to_arrays(self) -> dict[str, np.ndarray]:
        self._fitted()
        return {
            "coef": self.coef_,
            "intercept": self.intercept_,
            "alpha": np.atleast_1d(self.alpha_),
            "penalty": np.atleast_1d(self.penalty_),
            "scores": self.scores_,
            "error": self.error_,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], config: DocumentView) -> Self:
        names = ("alphas", "selection", "standardize", "per_output")
        made = cls(**{name: setting(config, name) for name in names}, floor=float(config.get("floor", 0.0)))
        made.alphas_ = sorted_grid("alphas", made.alphas)
        made.coef_, made.intercept_ = stored_weights(arrays)
        made.scores_ = stored(arrays, "scores", 2)
        made.error_ = stored(arrays, "error", 1)
        for name in ("alpha", "penalty"):
            value = stored(arrays, name, 1)
            setattr(made, name + "_", value if made.per_output else float(value[0]))
        made._flat = bool(setting(config, "flat"))
        return made

    def _check(self, validation: Validation | None) -> None:
        """Complain about settings that cannot be."""
        sorted_grid("alphas", self.alphas)
        if not 0 <= self.floor < np.inf:
            raise AuritaError(f"floor is {self.floor!r}; a share of the median deviation, 0 or more, is expected")
        if self.selection not in SELECTIONS:
            raise AuritaError(f"selection is {self.selection!r}; one of {', '.join(SELECTIONS)} is expected")
        if (validation is not None) != (self.selection == "validation"):
            have = "no validation rows were given" if validation is None else "validation rows were given"
            raise AuritaError(
                f"selection is {self.selection!r} and {have}; pass validation=(features, targets) "
                "together with selection='validation', and only then"
            )

    def _wants_rows(self, size: int) -> bool:
        """Whether so many numbers are decomposed as they are.

        Moments square what a direction varies by, so that weak penalties on directions that hardly vary drown in their
        rounding.
        """
        return bool(sorted_grid("alphas", self.alphas)[0] < WEAK) and size <= MOST_KEPT

    def _finish(
        self, spectrum: Spectrum, flat: bool, validation: Validation | None, passes: Callable[[], Iterable[PairedRows]]
    ) -> Self:
        """Score the grid, choose, and keep the weights."""
        grid = sorted_grid("alphas", self.alphas)
        if self.selection == "loo":
            scores = spectrum.left_out(grid, passes())
        elif isinstance(validation, Moments):
            self._same(spectrum, len(validation.feature_mean), len(validation.target_mean))
            scores = spectrum.validated_moments(grid, validation)
        elif validation is not None:
            given = rows(*validation)
            self._same(spectrum, given.features.shape[1], given.targets.shape[1])
            scores = spectrum.validated(grid, [given])
        else:
            scores = spectrum.gcv(grid)
        varied = spectrum.target_variance > 0
        if self.per_output:
            best = _last_smallest(scores)
        else:
            shared = (scores[:, varied] / spectrum.target_variance[varied]).sum(axis=1)
            best = np.full(scores.shape[1], _last_smallest(shared))
        self.alphas_ = grid
        self.scores_ = scores
        self.error_ = np.take_along_axis(scores, best[None], axis=0)[0]
        chosen = grid[best]
        self.coef_ = spectrum.coefficients(chosen)
        self.intercept_ = spectrum.target_mean - spectrum.feature_mean @ self.coef_
        factor = spectrum.unit * spectrum.weight
        self.alpha_ = chosen if self.per_output else float(chosen[0])
        self.penalty_ = chosen * factor if self.per_output else float(chosen[0] * factor)
        self._flat = flat
        return self

    @staticmethod
    def _same(spectrum: Spectrum, features: int, outputs: int) -> None:
        have = spectrum.whiten.shape[0], len(spectrum.target_mean)
        if have != (features, outputs):
            raise AuritaError(
                f"validation rows have {counted(features, 'feature')} and {counted(outputs, 'output')}, the fitted "
                f"{have[0]} and {have[1]}; pass rows of the same columns"
            )


def _last_smallest(scores: np.ndarray) -> np.ndarray:
    """Index of the smallest score along the first axis, of equals the last."""
    return np.asarray(len(scores) - 1 - np.argmin(scores[::-1], axis=0))
