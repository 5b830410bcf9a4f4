"""What a forecaster was fitted on, channel by channel, and complaints about anything else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from aurita.errors import AuritaError
from aurita.estimators.series import Series, as_series


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
    def of(series: Series, X: Any) -> "Channels":
        """The channels of a first series, and of the covariates given with it, if any."""
        outputs = series.values.shape[1]
        if X is None:
            return Channels(outputs, series.columns, series.flat)
        known = as_series(X, "X")[0][0]
        return Channels(outputs, series.columns, series.flat, known.values.shape[1], known.columns)

    def check(self, given: Sequence[Series]) -> None:
        """Complain about series of other channels."""
        names = f": {', '.join(self.columns)}" if self.columns else ""
        found = given[0].values.shape[1]
        if found != self.outputs:
            raise AuritaError(
                f"y has {found} channels, the model was fitted on {self.outputs}; pass those it was fitted on{names}"
            )
        if self.columns and given[0].columns and given[0].columns != self.columns:
            raise AuritaError(
                f"y has the columns {', '.join(given[0].columns)}, the model was fitted on others; pass those{names}"
            )

    def known(self, X: Any, lengths: Sequence[int]) -> list[Float[np.ndarray, "time covariate"]]:
        """Covariates of each series, of no channels where there are none.

        Raises:
            AuritaError: covariates that are missing, or other ones, or of other steps.
        """
        if X is None:
            if self.covariates:
                raise AuritaError(
                    f"the model was fitted with {self.covariates} covariates and X is None; pass their values of "
                    "these steps"
                )
            return [np.zeros((length, 0)) for length in lengths]
        given, _ = as_series(X, "X")
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
        have = [len(one.values) for one in given]
        if have != list(lengths):
            raise AuritaError(
                f"X has {_few(have)} steps; expected {_few(lengths)}: a row of covariates for every step, and as many "
                "tables as series"
            )
        return [one.values for one in given]


def _few(counts: Sequence[int]) -> str:
    return ", ".join(map(str, counts[:5])) + (", ..." if len(counts) > 5 else "")
