"""Values of sequences, or of their steps."""

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from aurita._words import counted
from aurita.blas import one_thread
from aurita.data.targets import value_targets
from aurita.data.weighting import sample_weights, scored_weights
from aurita.errors import AuritaError
from aurita.estimators import _in_pieces
from aurita.estimators._online_sequences import learn_sequences_on, next_outputs
from aurita.estimators.base import SequenceEstimator
from aurita.progress import reports

if TYPE_CHECKING:
    from sklearn.utils import Tags


class ReservoirRegressor(RegressorMixin, SequenceEstimator):
    """Predict a value, or several, for each sequence or for each of its steps, by a reservoir and a ridge readout.

    Per step it is the network of reservoir computing's textbooks: the readout predicts at every step the target of
    that step, from the inputs so far.

    Args:
        populations, units, features, summary, selection, washout, clock, scale_inputs, layout: as of
            `ReservoirClassifier`. Targets per step need no summary.
        ensemble, online, random_state, verbose: as of `ReservoirClassifier`.
        learning: how the units learn before the readout is fitted, as of `ReservoirClassifier`; with `target` or
            `mixed` they learn the standardised target.
        readout: `ridge`, or None, which is the same.
        alphas: penalties to choose from; None: the readout's own grid.
        per: targets of a `sequence` or of each `step`; `auto` tells by their shape.
        shapes: as of `ReservoirClassifier`. Their penalty is chosen on sequences that no unit learnt from; where none
            predicts these better than their mean does, a warning is given and the mean is predicted.

    Attributes:
        n_features_in_, feature_names_in_, reservoirs_, histories_, readouts_, shapes_, choices_: as of
            `ReservoirClassifier`.

    Raises:
        AuritaError: parameters or data that cannot be worked with.

    Example:
        >>> noise = np.random.default_rng(0).uniform(-1, 1, size=(400, 1))
        >>> delayed = np.vstack([np.zeros((2, 1)), noise[:-2]])
        >>> model = ReservoirRegressor(units=8, washout=10).fit([noise[:300]], [delayed[:300]])
        >>> model.score([noise[300:]], [delayed[300:]]) > 0.95
        True
    """

    flat_: bool

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @reports
    @one_thread()
    def fit(self, X: object, y: object = None, sample_weight: object = None) -> Self:
        """Fit on sequences with targets.

        Args:
            X: sequences or a dataset of files, as of `ReservoirClassifier.fit`.
            y: `(B,)` or `(B, O)` values of sequences; or a list of `(T,)` or `(T, O)` arrays, or `(B, T, O)`, of steps.
            sample_weight: how much each sequence or step counts, as of `ReservoirClassifier.fit`.

        Raises:
            AuritaError: sequences, targets or parameters that do not fit.
        """
        X, y, data = _in_pieces.opened(X, y, sample_weight, seed=self.random_state, classes=False)
        sequences = self._opened(X, anew=True)
        targets = value_targets(y, sequences, self.per)
        self._warn_of_steps(sequences, targets, classes=False)
        self.flat_ = targets.flat
        samples = None
        if sample_weight is not None:
            samples = sample_weights(sample_weight, sequences, per_step=targets.per_step)
        read_out = None
        if data is not None:
            read_out = partial(
                _in_pieces.read_out,
                self,
                data=data,
                as_targets=lambda y, given: value_targets(y, given, self.per, least=1),
            )
        return self._fit(sequences, targets, classes=False, samples=samples, weights=samples, read_out=read_out)

    def partial_fit(self, X: object, y: object = None) -> Self:
        """Go on learning, in memory that does not grow.

        With a target for each sequence, every call brings whole sequences, few or many: the units take local steps on
        them, then the readout learns them; the scale is that of the first call. With a target for each step, all calls
        together are one long sequence, `X=[steps], y=[targets]`: the state is carried on, units and readout learn after
        every chunk of `online.chunk` steps, wherever the calls cut the sequence, and the first chunk sets the scale
        (the regressor counts as not fitted until then). `predict_next` predicts such steps before they are learnt.

        An estimator that was fitted goes on with its scale, its units, and its readout as what the new one starts from
        and is drawn to. `selection` does not apply.

        Args:
            X: sequences, as in `fit`, or a dataset of sequences with a value each.
            y: their targets, as in `fit`.

        Raises:
            AuritaError: values that do not fit, several sequences with targets per step.

        Example:
            >>> noise = np.random.default_rng(0).uniform(-1, 1, size=(2000, 1))
            >>> delayed, model, errors = np.roll(noise, 2), ReservoirRegressor(units=8), []
            >>> for start in range(0, 2000, 100):
            ...     x, y = noise[start : start + 100], delayed[start : start + 100]
            ...     if start:
            ...         errors.append(np.abs(model.predict_next([x])[0] - y).mean())
            ...     _ = model.partial_fit([x], [y])
            >>> bool(np.mean(errors[-5:]) < 0.8 * errors[0])
            True
        """
        if isinstance(X, _in_pieces.SequenceDataset):
            _in_pieces.check_alone(y)
            for piece in X:
                self.partial_fit(piece.sequences, piece.labels)
            return self
        sequences = self._opened(X, anew=not hasattr(self, "n_features_in_"))
        targets = value_targets(y, sequences, self.per, least=1)
        if not hasattr(self, "readouts_"):
            self._warn_of_steps(sequences, targets, classes=False)
        if not hasattr(self, "flat_"):
            self.flat_ = targets.flat
        learn_sequences_on(self, sequences, targets)
        return self

    def predict_next(self, X: object) -> list[np.ndarray]:
        """Values of the next steps of a stream, after those of `partial_fit`, which they do not move.

        Args:
            X: one sequence, as in `partial_fit`.

        Returns:
            A list of one `(T,)` or `(T, O)` array.

        Raises:
            AuritaError: not a stream of steps, or values that do not fit.
        """
        return [part[:, 0] if self.flat_ else part for part in next_outputs(self, X)]

    def predict(self, X: object) -> Any:
        """Values of sequences `(B,)` or `(B, O)`, or of their steps, a list of `(T,)` or `(T, O)` arrays, as in `fit`.

        Raises:
            AuritaError: sequences that do not fit.
        """
        predicted = self._outputs(X)
        if not self.flat_:
            return predicted
        return [part[:, 0] for part in predicted] if isinstance(predicted, list) else predicted[:, 0]

    def score(self, X: object, y: object = None, sample_weight: object = None) -> float:
        """Coefficient of determination, over all steps where steps have targets; the mean over outputs.

        Steps or sequences count by `sample_weight`, as of `fit`.

        Raises:
            AuritaError: sequences that do not fit.
        """
        from sklearn.metrics import r2_score

        if isinstance(X, _in_pieces.SequenceDataset):
            return float(r2_score(*_in_pieces.compared(self, X, y, sample_weight)))
        sequences = self._checked(X)
        found = value_targets(y, sequences, "step" if self.per_step_ else "sequence", least=1)
        predicted, truth = self._outputs_of(sequences), found.values
        if isinstance(predicted, list):
            predicted, truth = np.concatenate(predicted), np.concatenate(truth)
        if np.shape(truth) != np.shape(predicted):
            have = counted(found.outputs, "output")
            raise AuritaError(f"y has {have}, the model was fitted on {self.outputs_}; pass as many")
        weights = scored_weights(sample_weight, sequences, per_step=self.per_step_)
        return float(r2_score(truth, predicted, sample_weight=weights))
