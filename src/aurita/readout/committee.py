"""Committee of ridge readouts: each sees some of the features, their predictions are averaged.

Averages of classifiers that see different features are the random subspace method (Ho 1998, "The random subspace method
for constructing decision forests"); here the subspaces mean something: a kind of unit each.
"""

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.readout._gathering import gathered
from aurita.readout.base import Readout, RowPieces, Table
from aurita.readout.checks import linear, matrix, setting, stored, stored_weights
from aurita.readout.ridge import ALPHAS, FLOOR, RidgeReadout, Selection


class CommitteeReadout(Readout):
    """Weighted mean of ridge readouts that see different features; features are standardised.

    Args:
        alphas: penalties that each chooses from, as of `RidgeReadout`.
        selection: how each chooses, `"loo"` or `"gcv"`.
        floor: as of `RidgeReadout`, and no less than `FLOOR`.

    Attributes:
        coef_: `(feature, output)`, of the mean: it is linear too.
        intercept_: `(output,)`.
        alphas_: `(member,)`, what each has chosen.
        error_: `(output,)`, mean square error of a member on rows left out, in the mean over those that judge; where
            all do the committee's is no larger.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(100, 4))
        >>> readout = CommitteeReadout().fit(x, x[:, :1], [[0, 1], [0, 2, 3]])
        >>> readout.coef_.shape, bool(abs(readout.predict(x) - x[:, :1]).max() < 1e-3)
        ((4, 1), True)
    """

    name = "committee"

    coef_: Float[np.ndarray, "feature output"]
    intercept_: Float[np.ndarray, " output"]
    alphas_: Float[np.ndarray, " member"]
    error_: Float[np.ndarray, " output"]

    def __init__(
        self, alphas: Sequence[float] | np.ndarray = ALPHAS, *, selection: Selection = "loo", floor: float = FLOOR
    ) -> None:
        self.alphas = alphas
        self.selection = selection
        self.floor = max(floor, FLOOR)

    @classmethod
    def made(cls, *, alphas: Sequence[float] | None = None, selection: str = "loo", floor: float = 0.0) -> Self:
        return cls(ALPHAS if alphas is None else tuple(alphas), selection=selection, floor=floor)  # type: ignore[arg-type]

    def fit_table(self, table: Table) -> Self:
        return self.fit(table.features, table.targets, table.views(), table.votes, table.weights, judges=table.judges)

    def fit(  # type: ignore[override]
        self,
        features: ArrayLike,
        targets: ArrayLike,
        views: Sequence[ArrayLike],
        weights: ArrayLike | None = None,
        row_weights: ArrayLike | None = None,
        *,
        judges: ArrayLike | None = None,
    ) -> Self:
        """Fit every member on its features.

        Args:
            features: `(row, feature)`.
            targets: `(row, output)`.
            views: the features that each member sees, by number.
            weights: of the members in the mean, of any sum; all the same by default.
            row_weights: `(row,)`, zero or more; 1 each by default.
            judges: which members' errors on rows left out count; all by default. Those of features that were learnt
                from the rows are too small.

        Raises:
            AuritaError: no views, an empty one or numbers that no feature has, weights that are not one positive number
                for each, and as `RidgeReadout.fit`.
        """
        x, y = matrix(features, "features"), matrix(targets, "targets")
        places = [np.asarray(view, dtype=int) for view in views]
        if not places or any(not len(view) or view.min() < 0 or view.max() >= x.shape[1] for view in places):
            raise AuritaError(
                f"views name the features {[view.tolist() for view in places][:3]}; expected one list or more of "
                f"numbers from 0 to {x.shape[1] - 1}, none of them empty"
            )
        share = np.ones(len(places)) if weights is None else np.asarray(weights, float)
        if share.shape != (len(places),) or not (share > 0).all():
            raise AuritaError(f"weights are {weights!r}; expected {len(places)} positive numbers, one for each view")
        share = share / share.sum()
        ridges = [RidgeReadout(self.alphas, selection=self.selection, floor=self.floor) for _ in places]
        members = [ridge.fit(x[:, view], y, row_weights) for ridge, view in zip(ridges, places, strict=True)]
        return self._joined(members, places, share, x.shape[1], judges)

    def fit_pieces(self, pieces: RowPieces) -> Self:
        """Fit every member on its part of the normal equations of all, summed in one pass; penalties by `"gcv"`.

        Rows that are no more than the features are fitted on as they are, as by `fit`.
        """
        given, moments = gathered(pieces.rows())
        if given is not None:
            views = pieces.views(given.features.shape[1])
            return self.fit(given.features, given.targets, views, pieces.votes, judges=pieces.judges)
        width = len(moments.feature_mean)
        places = [np.asarray(view, dtype=int) for view in pieces.views(width)]
        share = np.ones(len(places)) if pieces.votes is None else np.asarray(pieces.votes, float)
        ridges = [RidgeReadout(self.alphas, selection="gcv", floor=self.floor) for _ in places]
        members = [ridge.fit_moments(moments.some(view)) for ridge, view in zip(ridges, places, strict=True)]
        return self._joined(members, places, share / share.sum(), width, pieces.judges)

    def _joined(
        self,
        members: list[RidgeReadout],
        places: list[np.ndarray],
        share: Float[np.ndarray, " member"],
        width: int,
        judges: ArrayLike | None,
    ) -> Self:
        self.coef_ = np.zeros((width, len(members[0].intercept_)))
        for view, member, part in zip(places, members, share, strict=True):
            np.add.at(self.coef_, view, part * member.coef_)
        self.intercept_ = np.tensordot(share, [member.intercept_ for member in members], axes=1)
        judged = share if judges is None else share * np.asarray(judges, bool)
        self.error_ = np.tensordot(judged / judged.sum(), [member.error_ for member in members], axes=1)
        self.alphas_ = np.array([member.alpha_ for member in members], float)
        return self

    def predict(self, features: ArrayLike) -> Float[np.ndarray, "row output"]:
        """Mean of what the members predict of new rows, `(row, output)`.

        Raises:
            AuritaError: not fitted, another number of features, or values that are not finite.
        """
        self._fitted()
        x = matrix(features, "features", columns=len(self.coef_))
        return linear(x, self.coef_, self.intercept_)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, object]) -> Self:
        given = {name: setting(config, name) for name in ("alphas", "selection")}
        made = cls(**given, floor=float(config.get("floor", FLOOR)))  # type: ignore[arg-type]
        made.coef_, made.intercept_ = stored_weights(arrays)
        made.alphas_ = stored(arrays, "alphas", 1)
        made.error_ = stored(arrays, "error", 1)
        return made
