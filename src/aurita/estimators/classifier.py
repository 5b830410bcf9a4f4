"""Labels of sequences, or of their steps."""

from functools import partial
from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from aurita.blas import one_thread
from aurita.data.targets import class_targets, sequence_labels
from aurita.data.weighting import sample_weights, scored_weights, with_class_weights
from aurita.errors import AuritaError
from aurita.estimators import _in_pieces
from aurita.estimators._constructors import ClassifierParameters
from aurita.estimators._online_sequences import first_classes, keeps_no_rows, learn_sequences_on, next_outputs
from aurita.estimators.base import SequenceEstimator
from aurita.progress import reports


class ReservoirClassifier(ClassifierMixin, SequenceEstimator, ClassifierParameters):
    """Classify sequences by a reservoir and a linear readout.

    A reservoir runs over every sequence, its states are summarised to one row of features, and a linear readout tells
    the classes apart. Given an array of labels for each sequence, it labels steps instead.

    Args:
        populations: of the reservoir, one or a list; None: the mixed society, units of many kinds that learn, of which
            those stay that help on held-out data; `()`: no reservoir, the readout sees the bare inputs.
        units: instead of the society, so many units of four outputs, half of them attention units, half echo neurons;
            0: the bare inputs.
        learning: how the units learn before the readout is fitted: `Learning(...)`, or the name of an objective for its
            defaults; `frozen`: they stay as drawn; `default`: the society learns by the target, others stay as drawn.
            The label of a sequence is broadcast to a society at its end, to others that learn by `target` or `mixed` at
            every step.
        features: kinds of features that the readout sees, of `aurita.reservoir.FEATURES`; None: inputs, outputs, hidden
            activations and, but for the society, prediction errors and guesses of the target where units make them.
        summary: `last`, `mean`, `mean_deviation` or `times:K` (the states at `K` evenly spaced times).
        readout: `ridge` on one-hot classes; `committee`, the mean of one such readout for each population of units; or
            `logistic`; also another `Readout`, an object, its class or `module:Name`. All but `ridge` keep the features
            of all rows. None: `ridge`; for labels of sequences the society takes a committee, weighted by held-out
            errors, unless that is wrong more often on held-out sequences.
        alphas: penalties to choose from; None: the readout's own grid.
        selection: of the ridge penalty: `loo` (leave one out) or `gcv`.
        washout: first steps of every sequence that do not count.
        clock: periods in steps of a clock that the units receive.
        scale_inputs: take the channels' mean away and divide by their deviation, both of the training data.
        layout: of `X`: `steps_first`, `channels_first` (aeon) or `univariate` (a 2-D table of series); `auto` takes
            steps first, and refuses arrays that may well be the other way round.
        per: labels of a `sequence` or of each `step`; `auto` tells by their shape.
        shapes: `auto`: where neither populations nor units nor features are asked for and every sequence has one label,
            shape units (`aurita.shapes`) are drawn, learn too, from labels alone (not by `self`), and serve instead of
            the society unless that errs less on held-out sequences; `only`: shape units alone; `none`: the society
            alone. Sequences beyond the society's memories, of 64 steps, are left to shape units where no channel holds
            symbols or marks.
        ensemble: number of reservoirs, of different seeds, whose scores are averaged.
        online: settings of `partial_fit`; None: `Online()`.
        random_state: the same whole number gives the same bytes on the same machine. A generator of numpy's gives one
            number at each fit, `seed_`, and that is what a saved model keeps.
        verbose: a callback for `aurita.progress.Progress`; None: a fit of more than two seconds shows its progress on a
            terminal; True: elsewhere too, a line for each stage; False: never.
        class_weight: `balanced`, so that all classes weigh the same in the readout, or weights by label; None: all
            sequences count alike. It bears on the readout alone, see `fit`.

    `X` may be a list of `(T, E)` arrays or data frames of any lengths, a `(B, T, E)` array (a sequence has ended where
    all its channels are NaN up to the end), a data frame with the index levels sequence and time, sktime's data frames
    whose cells are series, or, for scikit-learn's sake, a table whose rows are sequences of one step. Where an index
    names sequences or steps, labels and targets are aligned by it. After a fit on sequences a table is refused: one
    sequence is `predict([x])`. A fit on a table warns where its rows look like the steps of one sequence;
    `per="sequence"` says that they are samples.

    Attributes:
        classes_: the labels, sorted.
        n_features_in_: number of channels.
        feature_names_in_: names of the channels, if they had names.
        reservoirs_, histories_, readouts_: of each member of the ensemble.
        shapes_: shape units of each; None where a reservoir is read out.
        choices_: of each, which units of the society stay, and why; None where no society was asked for, or where there
            were fewer than 20 rows (for labels of sequences: fewer sequences) to read out and so nothing to choose by.

    Raises:
        AuritaError: parameters or data that cannot be worked with.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X = [np.sin(np.arange(n)[:, None] / (2 + n % 2) + rng.uniform(0, 6)) for n in range(20, 50)]
        >>> y = ["slow" if len(x) % 2 else "fast" for x in X]
        >>> ReservoirClassifier(units=8, summary="mean_deviation").fit(X[:20], y[:20]).score(X[20:], y[20:])
        1.0

        An echo state network is the same estimator with echo units:

        >>> from aurita import EchoUnit, Population
        >>> group = Population(unit=EchoUnit(slots=50), units=1, passage="mixed", afferents="all", receives="inputs")
        >>> esn = ReservoirClassifier(group, features=("output",), summary="mean_deviation")
        >>> esn.fit(X[:20], y[:20]).score(X[20:], y[20:])
        1.0
    """

    classes_: np.ndarray

    @reports
    @one_thread()
    def fit(self, X: object, y: object = None, sample_weight: object = None) -> Self:
        """Fit on labelled sequences.

        Args:
            X: sequences; or an `aurita.io.open_dataset(...)` of files that are larger than memory, with labels of its
                own: units learn from some of its sequences, and the readout is fitted on all, piece by piece.
            y: a label each, or an array of labels each, one a step.
            sample_weight: how much each sequence counts, `(B,)`; where steps are labelled also a list of `(T,)` arrays.
                Weights count for the readout, as if a sequence were there so many times, and for the scale of the
                inputs. Units that learn, and the choice among them, see every sequence once, none with weight 0.
                `alphas` are chosen on sequences left out with all their weight.

        Raises:
            AuritaError: sequences, labels or parameters that do not fit.
        """
        X, y, data = _in_pieces.opened(X, y, sample_weight, seed=self.random_state, classes=True)
        sequences = self._opened(X, anew=True)
        self.classes_, targets = class_targets(y, sequences, self.per)
        self._warn_of_steps(sequences, targets, classes=True)
        samples = weights = None
        if sample_weight is not None:
            samples = sample_weights(sample_weight, sequences, per_step=targets.per_step)
        if samples is not None or self.class_weight is not None:
            weights = with_class_weights(samples, self.class_weight, self.classes_, sequences, targets)
        read_out = None
        if data is not None:
            if weights is not None:
                raise AuritaError("class_weight is for sequences that fit into memory; leave it out for a dataset")
            read_out = partial(
                _in_pieces.read_out,
                self,
                data=data,
                as_targets=lambda y, given: class_targets(y, given, self.per, self.classes_)[1],
            )
        return self._fit(sequences, targets, classes=True, samples=samples, weights=weights, read_out=read_out)

    @available_if(keeps_no_rows)
    def partial_fit(self, X: object, y: object = None, classes: object = None) -> Self:
        """Go on learning, in memory that does not grow; as `ReservoirRegressor.partial_fit`, with labels.

        Args:
            X: sequences; with labels for each step one sequence, the next steps of those before. Or a dataset, as of
                `fit`, of labelled sequences.
            y: their labels, as in `fit`.
            classes: all labels there are; needed at the first call, and then the same or None.

        Raises:
            AuritaError: no classes at the first call, other ones later, and as `ReservoirRegressor.partial_fit`.
            AttributeError: `readout='logistic'`, which goes over all rows many times, or a `class_weight`, which a
                stream does not have.

        Example:
            >>> rng, model = np.random.default_rng(0), ReservoirClassifier(units=8, summary="mean_deviation")
            >>> for _ in range(20):
            ...     y = rng.integers(2, size=4)
            ...     X = [np.sin(np.arange(30)[:, None] / (2 + label) + rng.uniform(0, 6)) for label in y]
            ...     _ = model.partial_fit(X, y, classes=[0, 1])
            >>> model.score(X, y)
            1.0
        """
        if isinstance(X, _in_pieces.SequenceDataset):
            _in_pieces.check_alone(y)
            if classes is None and not hasattr(self, "classes_"):
                classes = _in_pieces.classes_of(X)
            for piece in X:
                self.partial_fit(piece.sequences, piece.labels, classes)
            return self
        known = first_classes(self, classes)
        sequences = self._opened(X, anew=not hasattr(self, "n_features_in_"))
        _, targets = class_targets(y, sequences, self.per, known)
        if not hasattr(self, "readouts_"):
            self._warn_of_steps(sequences, targets, classes=True)
        self.classes_ = known
        learn_sequences_on(self, sequences, targets)
        return self

    def predict_next(self, X: object) -> list[np.ndarray]:
        """Labels of the next steps of a stream, after those of `partial_fit`, which they do not move.

        Args:
            X: one sequence, as in `partial_fit`.

        Returns:
            A list of one `(T,)` array.

        Raises:
            AuritaError: not a stream of steps, or values that do not fit.
        """
        return self._named(next_outputs(self, X))

    def decision_function(self, X: object) -> Any:
        """Scores of the classes: estimates of the one-hot target by ridge, log probabilities by the logistic readout.

        Returns:
            `(B, classes)`; for two classes `(B,)`, the score of the second less that of the first. A list of such
            arrays, one row a step, where steps are labelled.

        Raises:
            AuritaError: sequences that do not fit.
        """
        scores = self._outputs(X)
        if len(self.classes_) > 2:
            return scores
        if isinstance(scores, list):
            return [score[:, 1] - score[:, 0] for score in scores]
        return scores[:, 1] - scores[:, 0]

    def predict(self, X: object) -> Any:
        """The label of highest score: `(B,)`, or a list of `(T,)` arrays where steps are labelled.

        Raises:
            AuritaError: sequences that do not fit.
        """
        return self._named(self._outputs(X))

    def predict_proba(self, X: object) -> Any:
        """Probability of each class, in the order of `classes_`.

        The logistic readout is fitted to give probabilities (the geometric mean over an ensemble). Ridge is not: its
        scores are divided by their mean squared error on rows left out, and put through a softmax. That is what Bayes'
        rule makes of them if errors were normal, independent and alike for all classes; take it for a ranking, and
        `readout="logistic"` where probabilities matter.

        Returns:
            `(B, classes)`, or a list of `(T, classes)` arrays where steps are labelled.

        Raises:
            AuritaError: sequences that do not fit.
        """
        scores = self._outputs(X)
        spread = max(float(np.mean([readout.spread() for readout in self.readouts_])), 1e-6)
        if isinstance(scores, list):
            return [softmax(score / spread, axis=1) for score in scores]
        return softmax(scores / spread, axis=1)

    def score(self, X: object, y: object = None, sample_weight: object = None) -> float:
        """Accuracy, over all steps where steps are labelled; weighted by `sample_weight`, as of `fit`.

        Raises:
            AuritaError: sequences that do not fit.
        """
        from sklearn.metrics import accuracy_score

        if isinstance(X, _in_pieces.SequenceDataset):
            return float(accuracy_score(*_in_pieces.compared(self, X, y, sample_weight)))
        sequences = self._checked(X)
        labels, _ = sequence_labels(y, sequences, "step" if self.per_step_ else "sequence")
        truth, known = np.concatenate(labels), self.classes_
        if (truth.dtype.kind == "U") != (known.dtype.kind == "U"):
            raise AuritaError(
                f"y has labels of type {truth.dtype}, the model was fitted on {known.dtype}; pass labels of that type"
            )
        weights = scored_weights(sample_weight, sequences, per_step=self.per_step_)
        found = self._named(self._outputs_of(sequences))
        found = np.concatenate(found) if isinstance(found, list) else found
        return float(accuracy_score(truth, found, sample_weight=weights))

    def _named(self, scores: np.ndarray | list[np.ndarray]) -> Any:
        """The label of highest score, of each sequence or of the steps of each."""
        if isinstance(scores, list):
            return [self._named(part) for part in scores]
        return self.classes_[scores.argmax(axis=1)]
