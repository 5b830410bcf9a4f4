"""Ridge regression at every penalty from one decomposition of the features.

With the features whitened, `u = (x - mean) A`, the ridge solution at penalty `p` keeps the share `d / (d + p)` of every
direction of variance `d`, so errors, degrees of freedom and leverages of a whole grid cost one decomposition (Hoerl and
Kennard 1970; Golub, Heath and Wahba 1979, "Generalized cross-validation"; leave-one-out: Allen 1974, PRESS). What a
penalty leaves over is always summed from positive parts, never taken as a difference of near-equal numbers, so fits
through every row (fewer rows than features) are scored by their limit and not by rounding.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from aurita._typing import Float
from aurita._words import counted
from aurita.blas import many_threads_for
from aurita.errors import AuritaError
from aurita.readout.checks import PairedRows, blocks, column_scale
from aurita.readout.moments import Moments, centred

EPS = float(np.finfo(np.float64).eps)

# A row whose least squares residual is this share of its freedom is one that least squares passes through.
INTERPOLATED = 1e-10


@dataclass(frozen=True)
class Spectrum:
    """Features turned into uncorrelated directions, and what the targets are along them.

    Attributes:
        count, weight: rows of weight above zero, and the sum of the weights.
        unit: mean variance of the features that are not constant; an alpha of 1 is a penalty of this size.
        feature_mean, target_mean: `(feature,)`, `(output,)`.
        whiten: `(feature, direction)`, maps centred features to directions of unit variance; zero for constants.
        variances: `(direction,)`, variance of each direction before whitening.
        response: `(direction, output)`, mean of direction times centred target.
        target_variance: `(output,)`.
        residual: `(output,)`, mean square error of plain least squares.
    """

    count: int
    weight: float
    unit: float
    feature_mean: Float[np.ndarray, " feature"]
    target_mean: Float[np.ndarray, " output"]
    whiten: Float[np.ndarray, "feature direction"]
    variances: Float[np.ndarray, " direction"]
    response: Float[np.ndarray, "direction output"]
    target_variance: Float[np.ndarray, " output"]
    residual: Float[np.ndarray, " output"]

    def lost(self, alphas: Float[np.ndarray, " alpha"]) -> Float[np.ndarray, "alpha direction"]:
        """Share of each direction that the penalty `alpha * unit` takes away."""
        penalty = alphas[:, None] * self.unit
        return penalty / (self.variances + penalty)

    def coefficients(self, alpha: float | Float[np.ndarray, " output"]) -> Float[np.ndarray, "feature output"]:
        """Weights on the raw features at one alpha, or at one for each output."""
        kept = 1.0 - self.lost(np.atleast_1d(np.asarray(alpha, float)))
        return self.whiten @ (self.response * kept.T)

    def gcv(self, alphas: Float[np.ndarray, " alpha"]) -> Float[np.ndarray, "alpha output"]:
        """Generalised cross-validation: mean square error over the squared share of freedom left."""
        lost = self.lost(alphas)
        error = self.residual + lost**2 @ self.response**2
        freedom = max(self.count - 1 - len(self.variances), 0) + lost.sum(axis=1)
        # All features constant and two rows: nothing is lost, one degree of freedom is left, never none.
        return error / (freedom / self.count)[:, None] ** 2

    def left_out(
        self, alphas: Float[np.ndarray, " alpha"], chunks: Iterable[PairedRows]
    ) -> Float[np.ndarray, "alpha output"]:
        """Mean square error on each row when fitted without it: residual over one less the leverage (exact)."""
        total = np.zeros((len(alphas), len(self.target_mean)))
        for errors in self._each_left_out(alphas, chunks):
            total += np.einsum("nao,nao->ao", errors, errors)
        return total

    def rows_left_out(self, alpha: float, given: PairedRows) -> Float[np.ndarray, "row output"]:
        """The error on each row of the fit, when fitted without it; all rows count the same."""
        found = [errors[:, 0] for errors in self._each_left_out(np.array([alpha]), [given])]
        each: Float[np.ndarray, "row output"] = np.concatenate(found) * np.sqrt(self.weight)
        return each

    def _each_left_out(
        self, alphas: Float[np.ndarray, " alpha"], chunks: Iterable[PairedRows]
    ) -> Iterable[Float[np.ndarray, "row alpha output"]]:
        """Errors on rows left out, times the roots of their shares of the weight."""
        lost = self.lost(alphas)
        held, shape = self._per_alpha(lost), (len(alphas), len(self.target_mean))
        for x, y, share in self._centred(chunks, shape[0] * shape[1]):
            root = np.sqrt(share)[:, None]
            u = root * (x @ self.whiten)
            squares = u**2
            freedom = 1.0 - share - squares.sum(axis=1)
            residual = root * y - u @ self.response
            through = freedom < INTERPOLATED
            freedom[through] = 0.0
            residual[through] = 0.0
            errors = residual[:, None, :] + (u @ held).reshape(len(u), *shape)
            left = freedom[:, None] + squares @ lost.T
            # A row of no weight has all its freedom; one that is all the weight has none, and no error either.
            errors /= np.maximum(left, EPS**2)[:, :, None]
            yield errors

    def validated(
        self, alphas: Float[np.ndarray, " alpha"], chunks: Iterable[PairedRows]
    ) -> Float[np.ndarray, "alpha output"]:
        """Mean square error on rows that were not fitted."""
        kept = self._per_alpha(1.0 - self.lost(alphas))
        total = np.zeros((len(alphas), len(self.target_mean)))
        weight = 0.0
        for x, y, share in self._centred(chunks, total.size):
            errors = y[:, None, :] - ((x @ self.whiten) @ kept).reshape(len(x), *total.shape)
            total += np.einsum("n,nao,nao->ao", share, errors, errors)
            weight += share.sum()
        if weight == 0:
            raise AuritaError("the validation rows weigh nothing; give at least one row of weight above zero")
        return total / weight

    def validated_moments(
        self, alphas: Float[np.ndarray, " alpha"], moments: Moments
    ) -> Float[np.ndarray, "alpha output"]:
        """Mean square error on rows that were not fitted, of which only the moments are left."""
        if moments.weight == 0:
            raise AuritaError("the validation moments hold no rows; add at least one")
        gram = self.whiten.T @ (moments.gram / moments.weight) @ self.whiten
        cross = self.whiten.T @ (moments.cross / moments.weight)
        x_step = (moments.feature_mean - self.feature_mean) @ self.whiten
        y_step = moments.target_mean - self.target_mean
        square = moments.target_square / moments.weight
        scores = []
        for kept in 1.0 - self.lost(alphas):
            b = self.response * kept[:, None]
            spread = square - 2.0 * (b * cross).sum(axis=0) + (b * (gram @ b)).sum(axis=0)
            scores.append(np.maximum(spread, EPS * square) + (y_step - x_step @ b) ** 2)
        return np.array(scores)

    def _per_alpha(self, share: Float[np.ndarray, "alpha direction"]) -> Float[np.ndarray, "direction alpha_output"]:
        """The response times a share per alpha, all alphas side by side for one matrix product."""
        return np.einsum("ad,do->dao", share, self.response).reshape(
            share.shape[1], share.shape[0] * self.response.shape[1]
        )

    def _centred(self, chunks: Iterable[PairedRows], width: int) -> Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Centred features, centred targets and shares of the weight, in blocks of up to `width` numbers a row."""
        for features, targets, weights in chunks:
            for block in blocks(len(features), max(features.shape[1], width)):
                x = features[block] - self.feature_mean
                w = np.ones(len(x)) if weights is None else weights[block]
                yield x, targets[block] - self.target_mean, w / self.weight


def spectrum_of_moments(moments: Moments, *, standardize: bool, floor: float = 0.0) -> Spectrum:
    """The decomposition from second moments, by one symmetric eigenproblem of the size of the features."""
    with many_threads_for(moments.gram.size):
        return _of_moments(moments, standardize, floor)


def _of_moments(moments: Moments, standardize: bool, floor: float) -> Spectrum:
    _enough(moments.count)
    covariance = moments.gram / moments.weight
    deviation = column_scale(moments.feature_mean, np.diagonal(covariance), moments.resolution)
    active, scale = scaled(deviation, standardize, floor)
    values, vectors = np.zeros(0), np.zeros((0, 0))
    if len(active):
        square = covariance[np.ix_(active, active)] / np.outer(scale, scale)
        values, vectors = linalg.eigh(square, driver="evd", overwrite_a=True, check_finite=False)
        # Eigenvalues come in rising order; centred rows span one dimension less than their number.
        keep = values > max(len(active), 8) * EPS * values[-1]
        keep[: max(len(active) - (moments.count - 1), 0)] = False
        values, vectors = values[keep], vectors[:, keep]
    whiten = np.zeros((len(deviation), len(values)))
    whiten[active] = vectors / np.sqrt(values) / scale[:, None]
    return _assembled(
        count=moments.count,
        weight=moments.weight,
        unit=_unit(deviation[active] / scale),
        feature_mean=moments.feature_mean,
        target_mean=moments.target_mean,
        whiten=whiten,
        variances=values,
        response=whiten.T @ (moments.cross / moments.weight),
        target_variance=moments.target_square / moments.weight,
    )


def spectrum_of_rows(given: PairedRows, *, standardize: bool, floor: float = 0.0) -> Spectrum:
    """The decomposition of the rows themselves, by their singular values: as exact as the rows are."""
    weights = np.ones(len(given.features)) if given.weights is None else given.weights
    count, weight = int(np.count_nonzero(weights)), float(weights.sum())
    _enough(count)
    root = np.sqrt(weights / weight)[:, None]
    feature_mean, x = centred(given.features, weights / weight)
    target_mean, y = centred(given.targets, weights / weight)
    x *= root
    y *= root
    resolution = float(np.finfo(given.features.dtype).eps)
    deviation = column_scale(feature_mean, np.einsum("nf,nf->f", x, x), resolution)
    active, scale = scaled(deviation, standardize, floor)
    values, right, response = _decomposed(x[:, active] / scale, y)
    rank = min(int(np.count_nonzero(values > max(x.shape) * EPS * values.max(initial=0.0))), count - 1)
    values, right, response = values[:rank], right[:rank], response[:rank]
    whiten = np.zeros((x.shape[1], rank))
    whiten[active] = right.T / values / scale[:, None]
    return _assembled(
        count=count,
        weight=weight,
        unit=_unit(deviation[active] / scale),
        feature_mean=feature_mean,
        target_mean=target_mean,
        whiten=whiten,
        variances=values**2,
        response=response,
        target_variance=np.einsum("no,no->o", y, y),
    )


def _decomposed(
    x: Float[np.ndarray, "row column"], y: Float[np.ndarray, "row output"]
) -> tuple[Float[np.ndarray, "value"], Float[np.ndarray, "value column"], Float[np.ndarray, "value output"]]:
    """Singular values of features, their right directions, and what targets are along the left ones.

    The triangle of a QR decomposition is decomposed, which is smaller; left directions of all rows are not needed.
    """
    rows, columns = x.shape
    if columns > rows:
        turned, triangle = linalg.qr(x.T, mode="economic", overwrite_a=True, check_finite=False)
        left, values, right = linalg.svd(triangle.T, overwrite_a=True, check_finite=False)
        return values, right @ turned.T, left.T @ y
    triangle = linalg.qr(np.concatenate([x, y], axis=1), mode="r", overwrite_a=True, check_finite=False)[0][:columns]
    left, values, right = linalg.svd(triangle[:, :columns], overwrite_a=True, check_finite=False)
    return values, right, left.T @ triangle[:, columns:]


def scaled(deviation: Float[np.ndarray, " feature"], standardize: bool, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the features that vary, and what each of them is divided by."""
    active = np.flatnonzero(deviation)
    if not standardize or not len(active):
        return active, np.ones(len(active))
    scale = deviation[active]
    return active, np.maximum(scale, floor * np.median(scale))


def _unit(relative: Float[np.ndarray, " active"]) -> float:
    """Mean variance of the scaled features; with none, any positive number does."""
    return float(np.mean(relative**2)) if len(relative) else 1.0


def _assembled(**parts: Any) -> Spectrum:
    """A spectrum with what least squares leaves over."""
    variance, directions = parts["target_variance"], len(parts["variances"])
    # The one difference of near-equal numbers; it is worth no more than its rounding.
    rest = np.maximum(variance - (parts["response"] ** 2).sum(axis=0), max(directions, 1) * EPS * variance)
    return Spectrum(residual=np.zeros_like(rest) if directions >= parts["count"] - 1 else rest, **parts)


def _enough(count: int) -> None:
    if count < 2:
        raise AuritaError(
            f"{counted(count, 'row')} of weight above zero; a ridge readout needs two or more: pass a longer series"
        )
