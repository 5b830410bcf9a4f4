"""What a forecaster was fitted on, channel by channel, and complaints about anything else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita._kinds import saved
from aurita._typing import Float
from aurita._words import counted
from aurita.data.alignment import beside, places_of
from aurita.data.series import KeyedSeries, as_series
from aurita.errors import AuritaError


@saved()
@dataclass(frozen=True)
class Channels:
    """Channels of the series and of their covariates.

    Attributes:
        outputs: channels of a series.
        columns: their names; None where they have none.
        flat: whether series were given as `(T,)`.
        covariates: channels known in advance.
        covariate_columns: their names.
    """

    outputs: int
    columns: list[str] | None
    flat: bool
    covariates: int = 0
    covariate_columns: list[str] | None = None

    @staticmethod
    def of(series: KeyedSeries, X: object) -> "Channels":
        """The channels of a first series, and of the covariates given with it, if any."""
        outputs = series.values.shape[1]
        if X is None:
            return Channels(outputs, series.columns, series.flat)
        known = as_series(X, "X", regular=False)[0][0]
        return Channels(outputs, series.columns, series.flat, known.values.shape[1], known.columns)

    def check(self, given: Sequence[KeyedSeries]) -> None:
        """Complain about series of other channels."""
        names = f": {', '.join(self.columns)}" if self.columns else ""
        found = given[0].values.shape[1]
        if found != self.outputs:
            raise AuritaError(
                f"y has {counted(found, 'channel')}, the model was fitted on {self.outputs}; pass those it was fitted "
                f"on{names}"
            )
        if self.columns and given[0].columns and given[0].columns != self.columns:
            raise AuritaError(
                f"y has the columns {', '.join(given[0].columns)}, the model was fitted on others; pass those{names}"
            )

    def known(
        self, X: object, given: Sequence[KeyedSeries], *, counted: bool = False
    ) -> tuple[list[KeyedSeries], list[Float[np.ndarray, "time covariate"]]]:
        """Covariates of the steps of each series, of no channels where there are none.

        Args:
            X: as users give it.
            given: the series.
            counted: as `beside` takes it.

        Returns:
            The series, with the steps of their covariates where they have no names of their own; and the covariates.

        Raises:
            AuritaError: covariates that are missing, or other ones, or of other steps.
        """
        tables = self.tables(X)
        if tables is None:
            return list(given), [np.zeros((len(one.values), 0)) for one in given]
        which = places_of(tables, [one.key for one in given], (), "X")
        pairs = [beside(y, tables[place], counted=counted) for y, place in zip(given, which, strict=True)]
        return [y for y, _ in pairs], [x for _, x in pairs]

    def tables(self, X: object) -> list[KeyedSeries] | None:
        """Tables of covariates, in their own order; None where the model has no covariates.

        Raises:
            AuritaError: covariates that are missing, or other ones.
        """
        if X is None:
            if self.covariates:
                raise AuritaError(
                    f"the model was fitted with {self.covariates} covariates and X is None; pass their values of "
                    "these steps"
                )
            return None
        given, _ = as_series(X, "X", regular=False)
        found, names = given[0].values.shape[1], given[0].columns
        if found != self.covariates:
            raise AuritaError(
                f"X has {found} covariates, the model was fitted on {self.covariates}; pass the same ones"
            )
        if self.covariate_columns and names and names != self.covariate_columns:
            raise AuritaError(
                f"X has the columns {', '.join(names)}, the model was fitted on {', '.join(self.covariate_columns)}; "
                "pass these, in this order"
            )
        return given
