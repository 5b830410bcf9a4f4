"""Sequences in, one row of pooled states each out, for any classifier, regressor or clusterer to follow."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from aurita.blas import one_thread
from aurita.data.batch import Batch
from aurita.data.frames import has_levels
from aurita.data.weighting import sample_weights, weighing
from aurita.errors import AuritaError
from aurita.estimators._plausible import check_sound
from aurita.estimators.base import SequenceStates
from aurita.estimators.building import checked_learning, drawn, seeds
from aurita.learning import History, learn
from aurita.progress import reports
from aurita.readout import summary_named
from aurita.reservoir import Reservoir
from aurita.reservoir.features import feature_names


class ReservoirFeatures(TransformerMixin, SequenceStates):
    """Pool the states of a reservoir over each sequence: a scikit-learn transformer.

    The units stay as drawn, or learn to predict their own inputs; no target is needed. Sequences may differ in length.

    Args:
        populations, features, washout, clock, scale_inputs, layout, random_state, verbose: as of `ReservoirClassifier`.
        units: where no populations are given: so many units of four outputs, half of them attention units, half echo
            neurons; 40 by default, 0 for the bare inputs.
        learning: how the units learn: `self`, or `Learning(...)` with that objective; `default`: they stay as drawn.
        summary: how states are pooled: `mean_deviation`, `mean`, `last` or `times:K`.

    Attributes:
        n_features_in_: number of channels.
        feature_names_in_: names of the channels, if they had names.
        reservoir_, history_: the reservoir after learning, None for the bare inputs; what learning did, if any.

    Raises:
        AuritaError: parameters or data that cannot be worked with; an objective that needs targets.

    Example:
        >>> from sklearn.linear_model import RidgeClassifier
        >>> from sklearn.pipeline import make_pipeline
        >>> rng = np.random.default_rng(0)
        >>> X = [np.sin(np.arange(n)[:, None] / (2 + n % 2) + rng.uniform(0, 6)) for n in range(20, 50)]
        >>> y = [len(x) % 2 for x in X]
        >>> ReservoirFeatures(units=4).fit_transform(X).shape
        (30, 98)
        >>> make_pipeline(ReservoirFeatures(units=4), RidgeClassifier()).fit(X[:20], y[:20]).score(X[20:], y[20:])
        1.0
    """

    reservoir_: Reservoir | None
    history_: History | None

    @reports
    @one_thread()
    def fit(self, X: object, y: object = None, sample_weight: object = None) -> Self:
        """Draw the reservoir, and let its units learn if they are to.

        Args:
            X: sequences, as of `ReservoirClassifier`.
            y: not used.
            sample_weight: `(B,)`, how much each sequence counts for the scale of the inputs; those without weight are
                left out of everything.

        Raises:
            AuritaError: sequences, weights or parameters that do not fit.
        """
        del y
        sequences = self._opened(X, anew=True)
        learning = checked_learning(self.learning)
        if learning is not None and learning.needs_targets:
            raise AuritaError(
                f"learning has the objective {learning.objective!r}, which needs targets, and a transformer has none; "
                "use 'self', or a ReservoirClassifier or ReservoirRegressor"
            )
        weights = sample_weights(sample_weight, sequences, per_step=False)
        if weights is not None:
            some = weighing(weights)
            sequences, weights = sequences.some(some), [weights[number] for number in some]
        scaled = self._scaled_anew(sequences, weights)
        self._check_washout(scaled.values)
        (self.seed_,) = seeds(self.random_state, 1)
        longest = int(scaled.lengths.max())
        reservoir = drawn(self, learning, inputs=scaled.channels, outputs=0, longest=longest, seed=self.seed_)
        history = None
        if reservoir is not None and learning is not None:
            reservoir, history = learn(reservoir, Batch.padded(scaled.values), learning, seed=self.seed_)
        self.reservoir_, self.history_ = reservoir, history
        return self

    def transform(self, X: object) -> Any:
        """Pooled states of each sequence.

        Returns:
            `(B, width)`; a data frame with a row for each name where a data frame names the sequences.

        Raises:
            AuritaError: not fitted, sequences that do not fit.
        """
        sequences = self._checked(X)
        rows = self._summaries(self.reservoir_, self._scaled(sequences.values))
        check_sound([rows])
        if not has_levels(X):
            return rows
        import pandas as pd

        return pd.DataFrame(rows, index=sequences.names, columns=self.get_feature_names_out())

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> np.ndarray:
        """What each column is, such as `mean of hidden 3 of unit 17`.

        Raises:
            AuritaError: not fitted, or other names than those of the fit.
        """
        check_is_fitted(self, "scale_mean_")
        own = getattr(self, "feature_names_in_", None)
        names = [f"x{i}" for i in range(self.n_features_in_)] if own is None else [str(name) for name in own]
        if input_features is not None:
            given = [str(name) for name in input_features]
            if len(given) != len(names) or (own is not None and given != names):
                raise ValueError(f"input_features are not equal to feature_names_in_: {given[:5]} and {names[:5]}")
            names = given
        seen = names
        if self.reservoir_ is not None:
            found = feature_names(self.reservoir_, self._kinds(self.reservoir_))
            seen = [names[int(one.split()[1])] if one.startswith("input ") else one for one in found]
        return np.array(
            [f"{how} of {one}" for how in summary_named(self.summary).parts() for one in seen], dtype=object
        )
