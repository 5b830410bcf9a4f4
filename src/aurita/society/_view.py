"""What a readout sees of a society, and whom it would keep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita._typing import Float, Int
from aurita.blas import one_thread
from aurita.data.batch import Batch
from aurita.data.held_out import BatchPart
from aurita.progress import stage
from aurita.readout import FLOOR, RidgeReadout, Summary
from aurita.reservoir import Reservoir
from aurita.reservoir.features import feature_names, feature_populations
from aurita.rounding import deviations
from aurita.society._rows import Rows, column_owners, rows_of
from aurita.society.committee import committee_weights
from aurita.society.forward_selection import ChosenUnits, forward_selection


@dataclass(frozen=True, eq=False)
class ViewRows:
    """Features of a society that readouts may see, run over once.

    Attributes:
        reservoir: the society.
        features: kinds of features, those of all views.
        summary: of the states, where there are labels.
        fitted, held: what is read out on and what is held out.
    """

    reservoir: Reservoir
    features: tuple[str, ...]
    summary: Summary | None
    fitted: Rows
    held: Rows

    @staticmethod
    def of(
        reservoir: Reservoir,
        batch: Batch,
        parts: tuple[BatchPart, BatchPart],
        views: Sequence[tuple[str, ...]],
        summary: Summary | None,
    ) -> "ViewRows":
        features = tuple(dict.fromkeys(kind for view in views for kind in view))
        return ViewRows(reservoir, features, summary, *rows_of(reservoir, batch, parts, features, summary))

    def by(self, view: tuple[str, ...]) -> "ViewRows":
        """What a readout of fewer kinds of features sees."""
        if set(view) == set(self.features):
            return self
        wanted = set(feature_names(self.reservoir, view))
        there = np.array([name in wanted for name in feature_names(self.reservoir, self.features)])
        (x, y), (held_x, held_y) = self.fitted, self.held
        there = np.tile(there, x.shape[1] // len(there))
        return ViewRows(self.reservoir, view, self.summary, (x[:, there], y), (held_x[:, there], held_y))

    def errors(self, view: tuple[str, ...]) -> Float[np.ndarray, "held"]:
        """Square error of every held-out row by a ridge readout of all that is seen, in variances of the targets."""
        own = self.by(view)
        (x, y), (held_x, held_y) = own.fitted, own.held
        with one_thread():
            predicted = RidgeReadout(floor=FLOOR).fit(x, y).predict(held_x)
        return ((predicted - held_y) ** 2).sum(1) / (float(np.sum(deviations(y) ** 2)) or 1.0)

    @property
    def owners(self) -> Int[np.ndarray, "column"]:
        return column_owners(self.reservoir, self.features, self.summary)


@dataclass(frozen=True)
class View:
    """What a readout sees of a society: who is to stay then, and whether a committee serves better.

    Attributes:
        features, most, everyone, budget: as of `fit_society`.
    """

    features: tuple[str, ...]
    most: int
    everyone: bool
    budget: float

    def choice(self, rows: ViewRows, costs: Int[np.ndarray, "unit"], ahead: ChosenUnits | None = None) -> ChosenUnits:
        """Units chosen on what is held out by readouts fitted on the rest; what falls far behind is given up."""
        stage("choosing units")
        own = rows.by(self.features)
        return forward_selection(
            own.fitted,
            own.held,
            owners=own.owners,
            units=own.reservoir.units,
            most=self.most,
            everyone=self.everyone,
            costs=costs,
            budget=self.budget,
            ahead=ahead,
        )

    def committee(self, rows: ViewRows, choice: ChosenUnits) -> Float[np.ndarray, "member"] | None:
        """Weights for a committee of the populations of those that stay."""
        view = rows.by(self.features)
        owners = view.owners
        stays = (owners < 0) | np.isin(owners, choice.units)
        own = feature_populations(view.reservoir, self.features)
        kinds = np.tile(own, len(owners) // len(own))[stays]
        (x, y), (held_x, held_y) = view.fitted, view.held
        return committee_weights((x[:, stays], y), (held_x[:, stays], held_y), kinds)
