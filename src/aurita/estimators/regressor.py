"""Values of sequences, or of their steps."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from aurita.estimators.base import SequenceEstimator
from aurita.estimators.targets import value_targets


class ReservoirRegressor(RegressorMixin, SequenceEstimator):
    """Predict a value, or several, for each sequence or for each of its steps, by a reservoir and a ridge readout.

    Per step it is the network of reservoir computing's textbooks: the readout says at every step what the target of
    that step is, from what has been heard so far.

    Args:
        populations, units, features, summary, selection, washout, clock, scale_inputs, layout, ensemble, random_state:
            as of `ReservoirClassifier`. Targets per step need no summary.
        learning: how the units learn before the readout is fitted; with `target` or `mixed` they are told the
            standardised target at every step.
        readout: `ridge`.
        alphas: penalties to choose from; None: the readout's own grid.
        per: targets of a `sequence` or of each `step`; `auto` tells by their shape.

    Attributes:
        n_features_in_: number of channels.
        feature_names_in_: names of the channels, if they had names.
        reservoirs_, histories_, readouts_: of each member of the ensemble.
        choices_: of each, who of the society stays and why; None where no society was asked for, or where there were
            fewer than 20 rows (for labels of sequences: fewer sequences) to read out and so nothing to choose by.

    Raises:
        AuritaError: parameters or data that cannot be worked with.

    Example:
        >>> noise = np.random.default_rng(0).uniform(-1, 1, size=(400, 1))
        >>> delayed = np.vstack([np.zeros((2, 1)), noise[:-2]])
        >>> model = ReservoirRegressor(units=8, washout=10).fit([noise[:300]], [delayed[:300]])
        >>> model.score([noise[300:]], [delayed[300:]]) > 0.95
        True
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on sequences with targets.

        Args:
            X: sequences, as of `ReservoirClassifier`.
            y: `(B,)` or `(B, O)` values of sequences; or a list of `(T,)` or `(T, O)` arrays, or `(B, T, O)`, of steps.

        Raises:
            AuritaError: sequences, targets or parameters that do not fit.
        """
        sequences = self._opened(X)
        targets = value_targets(y, sequences, self.per)
        self.flat_ = targets.flat
        return self._fit(sequences, targets, classes=False)

    def predict(self, X: Any) -> Any:
        """Values of sequences `(B,)` or `(B, O)`, or of their steps, a list of `(T,)` or `(T, O)` arrays, as in `fit`.

        Raises:
            AuritaError: sequences that do not fit.
        """
        said = self._outputs(X)
        if not self.flat_:
            return said
        return [part[:, 0] for part in said] if isinstance(said, list) else said[:, 0]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Coefficient of determination, over all steps where steps have targets; the mean over outputs.

        Raises:
            AuritaError: sequences that do not fit.
        """
        from sklearn.metrics import r2_score

        said = self.predict(X)
        if isinstance(said, list):
            said, y = np.concatenate(said), np.concatenate([np.asarray(part) for part in y])
        return float(r2_score(y, said, sample_weight=sample_weight))

    def _say(self, readout: Any, rows: np.ndarray) -> np.ndarray:
        return readout.predict(rows)
