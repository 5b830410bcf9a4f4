"""A classifier or regressor that learns from a stream: of whole sequences, or of the steps of one endless sequence."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from aurita._typing import Float
from aurita.data.labels import as_labels
from aurita.data.scaling import Scaling
from aurita.data.sequences import Sequences
from aurita.data.targets import Targets
from aurita.errors import AuritaError
from aurita.estimators._plausible import check_sound
from aurita.estimators.building import checked_learning, drawn, seeds
from aurita.estimators.carrying import walk
from aurita.estimators.online import EnsembleStream, StreamState, all_follow, online_settings, started
from aurita.fields import shown
from aurita.learning.online import learn_sequences
from aurita.readout import summary_named

if TYPE_CHECKING:
    from aurita.estimators.base import SequenceEstimator
    from aurita.estimators.classifier import ReservoirClassifier

# Units of the default society remember a few steps; a stream is longer than any memory.
_ENDLESS = 1 << 20


def next_outputs(model: "SequenceEstimator", X: object) -> list[Float[np.ndarray, "time output"]]:
    """Mean over the ensemble of what the readouts predict of the next steps of a stream.

    Raises:
        AuritaError: not a stream of steps, or values that do not fit.
    """
    check_is_fitted(model, "readouts_")
    state = getattr(model, "online_", None)
    if not model.readouts_[0].follows or state is None or not model.per_step_:
        raise AuritaError(
            "predict_next predicts the next steps of a stream, and there is none; call partial_fit with a target "
            "for each step first, or predict for sequences of their own"
        )
    values = model._scaled(model._checked(X).values)
    _one_stream(len(values))
    stream = _stream(model)
    total = np.zeros((len(values[0]), model.outputs_))
    states = iter(stream.states())
    for member, (reservoir, readout) in enumerate(zip(model.reservoirs_, model.readouts_, strict=True)):
        seen = values[0]
        if reservoir is not None:
            parts = walk(reservoir, next(states), values[0][None], stream.features[member])
            seen = np.concatenate([part.features[0] for part in parts])
        total += readout.predict(seen) / len(model.readouts_)
    check_sound([total])
    return [total]


def keeps_no_rows(model: "ReservoirClassifier") -> bool:
    """Whether the readout can learn from a stream: what `partial_fit` is available for.

    Raises:
        AuritaError: it cannot.
    """
    if isinstance(model.readout, str) and model.readout == "logistic":
        raise AuritaError(
            "readout is 'logistic', which goes over all rows many times, and a stream keeps none; use readout='ridge'"
        )
    if model.class_weight is not None:
        raise AuritaError(
            f"class_weight is {shown(model.class_weight)}, and in a stream all sequences count alike; leave it out, or "
            "call fit"
        )
    return True


def first_classes(model: "ReservoirClassifier", classes: object) -> np.ndarray:
    """All classes, sorted, of a classifier at a call of `partial_fit`.

    Raises:
        AuritaError: none named at the first call, others than before, fewer than two.
    """
    known = getattr(model, "classes_", None)
    if classes is None:
        if known is None:
            raise AuritaError(
                "classes must be passed on the first call to partial_fit; name all labels there are: classes=[...]"
            )
        return known
    named = np.unique(as_labels(classes, "classes"))
    if known is not None and not np.array_equal(named, known):
        raise AuritaError(f"classes are {named.tolist()}, and were {known.tolist()} before; pass the same, or None")
    if len(named) < 2:
        raise AuritaError(f"classes are {named.tolist()}; expected two or more: there is nothing to classify")
    return named


def learn_sequences_on(model: "SequenceEstimator", sequences: Sequences, targets: Targets) -> None:
    """`partial_fit` of classifier and regressor, on checked sequences and targets.

    Raises:
        AuritaError: targets of steps after some of sequences, several sequences with targets of steps.
    """
    online = online_settings(model.online)
    if model.readout not in (None, "ridge"):
        raise AuritaError(f"readout is {model.readout!r}, and partial_fit learns a ridge readout; use readout='ridge'")
    if hasattr(model, "per_step_") and (model.per_step_, model.outputs_) != (targets.per_step, targets.outputs):
        now, before = ("a step" if per_step else "a sequence" for per_step in (targets.per_step, model.per_step_))
        raise AuritaError(
            f"y has {targets.outputs} outputs {now}, and had {model.outputs_} {before} before; pass targets like those "
            "of the calls before"
        )
    if any(one is not None for name in ("shapes_", "summaries_") for one in getattr(model, name, [])):
        raise AuritaError(
            "partial_fit goes on with what was fitted, and the fit took shape units or inputs at many steps, too many "
            "features for a readout that learns from a stream; fit with shapes='none', or call fit on all sequences"
        )
    if targets.per_step:
        _one_stream(len(sequences))
    else:
        summary_named(model.summary)
    model.per_step_, model.outputs_ = targets.per_step, targets.outputs
    if hasattr(model, "readouts_") and not model.readouts_[0].follows:
        learning = checked_learning(model.learning)
        model.readouts_ = [online.readout(model.alphas, readout) for readout in model.readouts_]
        model.online_ = replace(
            StreamState.opening(sequences.channels, targets.outputs), learners=started(model.reservoirs_, learning)
        )
    if targets.per_step:
        _take_steps(model, sequences.values[0], np.asarray(targets.values[0]))
    else:
        _take_sequences(model, sequences, targets)


def _one_stream(count: int) -> None:
    if count != 1:
        raise AuritaError(
            f"X holds {count} sequences with a target for each step, and partial_fit follows one stream; pass the next "
            "steps of one sequence, X=[steps], or call fit on all of them"
        )


def _stream(model: "SequenceEstimator") -> EnsembleStream:
    """The stream that a model learns from."""
    readouts = model.readouts_
    assert all_follow(readouts)
    return EnsembleStream(
        model.online_,
        model.reservoirs_,
        readouts,
        [model._kinds(reservoir) for reservoir in model.reservoirs_],
        online_settings(model.online),
        checked_learning(model.learning),
        int(model.washout),
    )


def _open(model: "SequenceEstimator", values: Sequence[np.ndarray], longest: int) -> None:
    """Draw the reservoirs; the scale is that of these values."""
    online, learning = online_settings(model.online), checked_learning(model.learning)
    channels, outputs = values[0].shape[1], model.outputs_
    numbers = seeds(model.random_state, model.ensemble)
    model.seed_ = numbers[0]
    reservoirs = [
        drawn(model, learning, inputs=channels, outputs=outputs, longest=longest, seed=seed) for seed in numbers
    ]
    scaling = Scaling.of(list(values)) if model.scale_inputs else Scaling.none(channels)
    model.scale_mean_, model.scale_deviation_ = scaling.mean, scaling.deviation
    model.reservoirs_, model.histories_ = reservoirs, [None] * len(reservoirs)
    model.readouts_ = [online.readout(model.alphas, idle=model.per_step_) for _ in reservoirs]
    model.online_ = replace(StreamState.opening(channels, outputs), learners=started(reservoirs, learning))


def _take_steps(
    model: "SequenceEstimator", values: Float[np.ndarray, "time channel"], wanted: Float[np.ndarray, "time output"]
) -> None:
    """The next steps of the stream, its chunks learnt."""
    if not hasattr(model, "readouts_"):
        opened = getattr(model, "online_", None) or StreamState.opening(values.shape[1], wanted.shape[1])
        opened = opened.joined(values, wanted)
        chunk = online_settings(model.online).chunk
        if len(opened.rows) < max(chunk, int(model.washout) + 1):
            model.online_ = opened
            return
        _open(model, [opened.rows[:chunk]], _ENDLESS)
        values, wanted = opened.rows, opened.targets
    (scaled,) = model._scaled([values])
    stream = _stream(model)
    stream.learn(scaled, wanted)
    model.online_, model.reservoirs_ = stream.state, stream.reservoirs


def _take_sequences(model: "SequenceEstimator", sequences: Sequences, targets: Targets) -> None:
    """Whole sequences: units first, then the readout."""
    if not hasattr(model, "readouts_"):
        _open(model, sequences.values, int(sequences.lengths.max()))
    scaled = sequences.mapped(model._scaled(sequences.values))
    online, learning = online_settings(model.online), checked_learning(model.learning)
    state, reservoirs, learners = model.online_, [], []
    if len(state.scale) == 0:
        scale = Scaling.of([np.asarray(targets.values)])
        state = replace(state, scale=np.stack([scale.mean, scale.deviation]))
    for member, (reservoir, learner) in enumerate(zip(model.reservoirs_, state.learners, strict=True)):
        if reservoir is not None and learner is not None and learning is not None:
            scaling = Scaling(*state.scale) if learning.loss == "squares" else None
            batch = model._batch(scaled, targets, scaling).widened()
            reservoir, learner, _ = learn_sequences(
                reservoir, learner, batch, learning, steps=online.steps, rate=online.rate, seed=member
            )
        reservoirs.append(reservoir)
        learners.append(learner)
    model.reservoirs_ = reservoirs
    model.online_ = replace(state, learners=learners, seen=state.seen + len(sequences))
    readouts = model.readouts_
    assert all_follow(readouts)
    for reservoir, readout in zip(reservoirs, readouts, strict=True):
        readout.learn_many(model._summaries(reservoir, scaled.values), np.asarray(targets.values))
