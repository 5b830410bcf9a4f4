"""What the estimators of sequences share: a reservoir that may learn, its states summarised, a readout."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from aurita._typing import Float
from aurita._words import counted
from aurita.data.batch import Batch
from aurita.data.rows_or_steps import warn_of_steps
from aurita.data.scaling import Scaling
from aurita.data.sequences import Sequences, as_sequences, check_channels
from aurita.data.targets import Targets, target_scaling
from aurita.data.weighting import Weights, of_rows, weighing
from aurita.errors import AuritaError
from aurita.estimators._constructors import FeaturesParameters, SequenceParameters
from aurita.estimators._in_pieces import SequenceDataset, each_piece
from aurita.estimators._parameters import check_parameters
from aurita.estimators._plausible import check_sound
from aurita.estimators._pooled_shapes import FLOOR as SHAPE_FLOOR
from aurita.estimators._pooled_shapes import Examples, draws_shapes, shapes_or_society
from aurita.estimators._saveable import Saveable
from aurita.estimators.building import checked_learning, drawn, learns_by_default, seeds
from aurita.estimators.default_society import FEATURES, Member, enough, fitted_society
from aurita.estimators.online import StreamState
from aurita.estimators.streaming import pieces, summarised
from aurita.learning import History, Learning, learn
from aurita.learning.spread import on_workers
from aurita.progress import stage
from aurita.readout import FLOOR, READOUTS, Readout, Table, summary_named
from aurita.reservoir import Reservoir
from aurita.reservoir.features import DEFAULT_FEATURES
from aurita.shapes import Shapes, pooled
from aurita.society import GENERATIONS, ChosenUnits

if TYPE_CHECKING:
    from sklearn.utils import Tags


class SequenceStates(Saveable, FeaturesParameters, BaseEstimator):
    """Sequences as they were given, scaled, and the summaries of a reservoir's states over them."""

    n_features_in_: int
    feature_names_in_: np.ndarray
    tabular_: bool
    scale_mean_: Float[np.ndarray, "channel"]
    scale_deviation_: Float[np.ndarray, "channel"]
    default_society_: bool = False
    _fitted_by = "scale_mean_"

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _opened(self, X: object, *, anew: bool) -> Sequences:
        """Sequences of the kind that the model knows, or, `anew`, of a kind that it knows from now on."""
        check_parameters(self)
        sequences = as_sequences(X, self.layout, channels=None if anew else self.n_features_in_)
        if not anew:
            self._check_kind(sequences)
        self._remember(X, sequences, reset=anew)
        return sequences

    def _checked(self, X: object) -> Sequences:
        """Sequences to predict on, of the kind that the fit was on."""
        check_is_fitted(self, self._fitted_by)
        return self._opened(X, anew=False)

    def _check_kind(self, sequences: Sequences) -> None:
        """Complain about a table after a fit on sequences, sequences after one on a table, and other channels."""
        tabular = getattr(self, "tabular_", sequences.tabular)
        rows, width = len(sequences), sequences.channels
        if sequences.tabular and not tabular:
            raise AuritaError(
                f"X is a table of shape ({rows}, {width}), and the model was fitted on sequences; pass a list of them: "
                f"predict([x]) for one sequence of {counted(rows, 'step')}, predict([row[None] for row in x]) for "
                "sequences of one"
            )
        if tabular and not sequences.tabular and sequences.lengths.max() > 1:
            raise AuritaError(
                f"X holds sequences of up to {counted(sequences.lengths.max(), 'step')}, and the model was fitted on a "
                "table, whose rows are sequences of one step; pass a table, or fit on a list of sequences: fit([x], "
                "[y])"
            )
        names = getattr(self, "feature_names_in_", None)
        columns = None if names is None else [str(name) for name in names]
        check_channels(sequences, self.n_features_in_, columns, model=type(self).__name__, layout=self.layout)

    def _remember(self, X: object, sequences: Sequences, *, reset: bool) -> None:
        if reset:
            self.tabular_ = sequences.tabular
        if sequences.tabular:
            try:
                validate_data(self, X, reset=reset, skip_check_array=True)
            except (ValueError, TypeError) as error:
                raise AuritaError(str(error)) from None
        elif reset:
            self.n_features_in_ = sequences.channels
            if sequences.columns is not None:
                self.feature_names_in_ = np.array(sequences.columns, dtype=object)
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_

    def _scaled(self, values: list[np.ndarray]) -> list[Float[np.ndarray, "time channel"]]:
        scaling = Scaling(self.scale_mean_, self.scale_deviation_)
        return [scaling.apply(value) for value in values]

    def _scaled_anew(self, sequences: Sequences, weights: Weights | None) -> Sequences:
        """Sequences in their own scale, which is kept."""
        scaling = Scaling.none(sequences.channels)
        if self.scale_inputs:
            scaling = Scaling.of(sequences.values, weights=weights)
        self.scale_mean_, self.scale_deviation_ = scaling.mean, scaling.deviation
        return sequences.mapped(self._scaled(sequences.values))

    def _kinds(self, reservoir: Reservoir | None) -> tuple[str, ...]:
        if self.features is not None:
            return (self.features,) if isinstance(self.features, str) else tuple(self.features)
        if self.default_society_:
            return FEATURES
        return (*DEFAULT_FEATURES, "target") if reservoir is not None and reservoir.targets else DEFAULT_FEATURES

    def _summaries(
        self, reservoir: Reservoir | None, values: list[np.ndarray], name: str | None = None
    ) -> Float[np.ndarray, "batch width"]:
        summary = summary_named(self.summary if name is None else name)
        return summarised(reservoir, values, self._kinds(reservoir), summary, self.washout)

    def _check_washout(self, values: list[np.ndarray]) -> None:
        if not 0 <= self.washout < min(len(value) for value in values):
            raise AuritaError(
                f"washout is {self.washout} and the shortest sequence has "
                f"{counted(min(len(v) for v in values), 'step')}; expected 0 or more, and fewer than any sequence has"
            )


class SequenceEstimator(SequenceStates, SequenceParameters):
    """Base of `ReservoirClassifier` and `ReservoirRegressor`, which document the parameters."""

    reservoirs_: list[Reservoir | None]
    histories_: list[History | None]
    choices_: list[ChosenUnits | None]
    shapes_: list[Shapes | None]
    summaries_: list[str | None]
    readouts_: list[Readout]
    per_step_: bool
    outputs_: int
    online_: StreamState
    _fitted_by = "readouts_"

    def _warn_of_steps(self, sequences: Sequences, targets: Targets, *, classes: bool) -> None:
        """Warn where a table seems to be one sequence, unless `per` gives its rows a target each."""
        if sequences.tabular and self.per == "auto" and not targets.per_step:
            rows = np.concatenate(sequences.values)
            warn_of_steps(rows, np.asarray(targets.values), classes=classes, stacklevel=4)

    def _fit(
        self,
        sequences: Sequences,
        targets: Targets,
        *,
        classes: bool,
        samples: Weights | None = None,
        weights: Weights | None = None,
        read_out: Callable[[Readout, Member], Readout] | None = None,
    ) -> Self:
        """Draw, let learn and read out every member of the ensemble.

        Args:
            sequences, targets: what to fit on.
            classes: whether the targets are classes.
            samples: weights for the scale of the inputs; sequences without any are left out.
            weights: for the readout.
            read_out: fits the readout of a member on more than these sequences.
        """
        learning = checked_learning(self.learning)
        if samples is not None:
            some = weighing(samples)
            sequences, targets = sequences.some(some), targets.some(some)
            samples = [samples[number] for number in some]
            weights = None if weights is None else [weights[number] for number in some]
        scaled = self._scaled_anew(sequences, samples)
        self._check_washout(scaled.values)
        self.per_step_, self.outputs_ = targets.per_step, targets.outputs
        batch = None
        if self.populations is None and self.units is None:
            scale = None if classes else target_scaling(targets, sequences.lengths)
            batch = self._batch(scaled, targets, scale, at_ends=True)
            batch = batch if enough(batch) else None
        self.default_society_ = batch is not None
        shapes = draws_shapes(self.shapes, batch if self.features is None else None)
        numbers = seeds(self.random_state, self.ensemble)
        self.seed_ = numbers[0]

        def fitted(given: tuple[Self, Sequences, Targets, Batch | None], seed: int) -> tuple[Member, Readout]:
            model, scaled, targets, batch = given
            if batch is None:
                member = model._drawn(scaled, targets, learning, seed)
            elif shapes:
                member = model._shapes_or_society(scaled.values, targets, batch, learning, classes=classes, seed=seed)
            else:
                member = model._society(batch, learning, classes=classes, seed=seed)
            if read_out is None:
                return member, model._read_out(member, scaled.values, targets, weights)
            return member, read_out(model._readout_for(member, targets), member)

        # What reads out from files stays where the files are open.
        jobs = None if read_out is None else 1
        members, readouts = zip(*on_workers(fitted, (self, scaled, targets, batch), numbers, jobs), strict=True)
        self.reservoirs_ = [member.reservoir for member in members]
        self.histories_ = [member.history for member in members]
        self.choices_ = [member.choice for member in members]
        self.shapes_ = [member.shapes for member in members]
        self.summaries_ = [member.summary for member in members]
        self.readouts_ = list(readouts)
        return self

    def _drawn(self, sequences: Sequences, targets: Targets, learning: Learning | None, seed: int) -> Member:
        """A reservoir of the populations asked for, after local learning; targets count from the washout on."""
        longest, history = int(sequences.lengths.max()), None
        reservoir = drawn(
            self, learning, inputs=sequences.channels, outputs=targets.outputs, longest=longest, seed=seed
        )
        if reservoir is not None and learning is not None:
            scale = target_scaling(targets, sequences.lengths) if learning.loss == "squares" else None
            reservoir, history = learn(reservoir, self._batch(sequences, targets, scale), learning, seed=seed)
        return Member(reservoir, history)

    def _society(
        self, batch: Batch, learning: Learning | None, generations: int = GENERATIONS, *, classes: bool, seed: int
    ) -> Member:
        """The mixed society, fitted; the label of a sequence is scored at its end."""
        return fitted_society(
            batch,
            Learning(objective="frozen") if learning is None and not learns_by_default(self.learning) else learning,
            loss="cross_entropy" if classes else "squares",
            clock=self.clock,
            features=self._kinds(None),
            summary=summary_named(self.summary) if batch.labels is not None else None,
            vote=classes and self.readout is None,
            generations=generations,
            seed=seed,
        )

    def _shapes_or_society(
        self,
        values: list[np.ndarray],
        targets: Targets,
        batch: Batch,
        learning: Learning | None,
        *,
        classes: bool,
        seed: int,
    ) -> Member:
        """Shape units, or the society where sequences that neither learnt from are better read out of it."""
        assert isinstance(targets.values, np.ndarray)
        # Shape units learn from labels alone: by another objective they stay as drawn.
        learns = learns_by_default(self.learning) if learning is None else learning.needs_targets
        examples = Examples([value[self.washout :] for value in values], targets.values, classes, learns, seed)
        society = None
        if self.shapes != "only":
            society = partial(self._society, batch, learning, classes=classes, seed=seed)
        return shapes_or_society(examples, batch, society, vote=self.readout is None)

    def _batch(
        self, sequences: Sequences, targets: Targets, scaling: Scaling | None = None, *, at_ends: bool = False
    ) -> Batch:
        """Sequences with what is broadcast to their steps.

        Args:
            sequences, targets: of a fit.
            scaling: of what is broadcast.
            at_ends: whether the target of a whole sequence is scored at its last step alone; otherwise every step is
                scored from the washout on.
        """
        batch = Batch.padded(sequences.values, washout=self.washout)
        given, steps = targets.broadcast(batch.inputs.shape[1]), np.arange(batch.inputs.shape[1])
        scored = batch.alive & (steps >= self.washout)
        if not targets.per_step:
            assert isinstance(targets.values, np.ndarray)
            batch = batch.replace(labels=targets.values)
            scored = steps == batch.lengths[:, None] - 1 if at_ends else scored
        return batch.replace(targets=given if scaling is None else scaling.apply(given), scored=scored)

    def _read_out(self, member: Member, values: list[np.ndarray], targets: Targets, weights: Weights | None) -> Readout:
        readout, reservoir = self._readout_for(member, targets), member.reservoir
        if targets.per_step and readout.streams:
            found: Readout = readout.fit_stream(  # type: ignore[attr-defined]
                lambda: (
                    (f, t) if w is None else (f, t, w)
                    for f, t, w, _ in self._steps(reservoir, values, targets, weights)
                )
            )
            return found
        if targets.per_step:
            # The others go over all rows several times, so they are kept.
            parts = zip(*self._steps(reservoir, values, targets, weights), strict=True)
            seen, wanted_rows, weighed, which = parts
            rows, wanted, groups = np.concatenate(seen), np.concatenate(wanted_rows), np.concatenate(which)
            counts = None if weights is None else np.concatenate(weighed)
        else:
            assert isinstance(targets.values, np.ndarray)
            rows, wanted, groups = self._seen(member, values), targets.values, None
            counts = of_rows(weights)
        return readout.fit_table(
            Table(
                features=rows,
                targets=wanted,
                weights=counts,
                groups=groups,
                views=lambda: member.views(self._kinds(reservoir), rows.shape[1]),
                votes=member.votes,
                judges=member.judges,
            )
        )

    def _readout_for(self, member: Member, targets: Targets) -> Readout:
        """A readout that is not fitted: a copy of the one that was given, or one of its type."""
        stage("reading out")
        how = self.readout or ("ridge" if member.votes is None else "committee")
        floor = 0.0 if targets.per_step else FLOOR if member.shapes is None else SHAPE_FLOOR
        if isinstance(how, Readout):
            return deepcopy(how)
        alphas = (member.penalty,) if self.alphas is None and member.penalty is not None else self.alphas
        grid = None if alphas is None else tuple(alphas)
        return READOUTS.find(how).made(alphas=grid, selection=self.selection, floor=floor)

    def _steps(
        self, reservoir: Reservoir | None, values: list[np.ndarray], targets: Targets, weights: Weights | None
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]]:
        """Features, targets, weights and sequence of the steps that count, chunk by chunk."""
        for which, start, seen, counts in pieces(reservoir, values, self._kinds(reservoir), self.washout):
            if counts.any():
                rows, steps = np.nonzero(counts)
                wanted = [targets.values[which[row]][start + step] for row, step in zip(rows, steps, strict=True)]
                pairs = zip(rows, steps, strict=True)
                weigh = (
                    None if weights is None else np.array([weights[which[row]][start + step] for row, step in pairs])
                )
                yield seen[counts], np.array(wanted), weigh, which[rows]

    def _outputs(self, X: object) -> Float[np.ndarray, "batch output"] | list[Float[np.ndarray, "time output"]]:
        """Mean over the ensemble of what the readouts predict; per step where the targets were."""
        if isinstance(X, SequenceDataset):
            return each_piece(X, self._outputs)
        return self._outputs_of(self._checked(X))

    def _outputs_of(
        self, sequences: Sequences
    ) -> Float[np.ndarray, "batch output"] | list[Float[np.ndarray, "time output"]]:
        values = self._scaled(sequences.values)
        if not self.per_step_:
            scores = [
                readout.scores(self._seen(member, values))
                for member, readout in zip(self._members(), self.readouts_, strict=True)
            ]
            mean = np.mean(scores, axis=0)
            check_sound([mean])
            return mean
        total = [np.zeros((len(value), self.outputs_)) for value in values]
        for reservoir, readout in zip(self.reservoirs_, self.readouts_, strict=True):
            for which, start, seen, _ in pieces(reservoir, values, self._kinds(reservoir), 0):
                for number, rows in zip(which, seen, strict=True):
                    rows = rows[: max(len(values[number]) - start, 0)]
                    if len(rows):
                        now = readout.scores(rows)
                        total[number][start : start + len(rows)] += now / len(self.readouts_)
        check_sound(total)
        return total

    def _seen(self, member: Member, values: list[np.ndarray]) -> Float[np.ndarray, "batch width"]:
        """What the readout sees of whole sequences."""
        if member.shapes is None:
            return self._summaries(member.reservoir, values, member.summary)
        self._check_washout(values)
        seen = pooled(member.shapes, [value[self.washout :] for value in values])
        if member.summary is None:
            return seen
        return np.hstack([seen, self._summaries(None, values, member.summary)])

    def _members(self) -> list[Member]:
        """Reservoir, shape units and summary of each member; files of older versions have no shapes and summaries."""
        none = [None] * len(self.readouts_)
        shapes, summaries = getattr(self, "shapes_", none), getattr(self, "summaries_", none)
        parts = zip(self.reservoirs_, shapes or none, summaries or none, strict=False)
        return [Member(reservoir, shapes=own, summary=summary) for reservoir, own, summary in parts]
