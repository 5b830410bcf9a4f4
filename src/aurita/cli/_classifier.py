"""Classifiers of the command line: the sequences of a table, the model, and how well it does."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from aurita._words import counted
from aurita.cli._models import parameters_of, remember
from aurita.cli._options import Options
from aurita.cli._sequences import SequenceTable, read_sequences, table_of, text_of
from aurita.cli._terminal import Stages, note, say, show_table
from aurita.errors import AuritaError

if TYPE_CHECKING:
    from aurita.estimators import ReservoirClassifier

_MOST_CLASSES = 12
_MOST_CONFUSIONS = 5


class Evaluation(NamedTuple):
    """Predictions for sequences.

    Attributes:
        probabilities: (n, classes).
        plain: accuracy of the same readout on the bare inputs; None where it is not known.
        scores: accuracy of every part of a cross-validation.
    """

    probabilities: np.ndarray
    plain: float | None = None
    scores: tuple[float, ...] = ()


def opened(options: Options) -> SequenceTable:
    """The labelled sequences asked for.

    Raises:
        AuritaError: as `read_sequences`, or one class only.
    """
    train = read_sequences(options)
    assert train.labels is not None
    classes = np.unique(train.labels)
    if len(classes) < 2:
        raise AuritaError(
            f"{options.table}: the column {options.label!r} holds one class only, {classes[0]!s}; expected two or "
            "more: there is nothing to classify"
        )
    if len(classes) > 20 and len(classes) > len(train.labels) / 2:
        raise AuritaError(
            f"{options.table}: the column {options.label!r} holds {len(classes)} classes in {len(train.labels)} "
            "sequences; a class needs several sequences: if a row is a step, name the column of the sequences with "
            "--id; if the labels are quantities, use: aurita fit --task regress"
        )
    return train


def classifier(options: Options, **changes: object) -> "ReservoirClassifier":
    """The classifier asked for, not fitted."""
    from aurita.estimators import ReservoirClassifier

    return ReservoirClassifier(**{**parameters_of(options, classes=True), **changes})


def fitted(options: Options, train: SequenceTable) -> "ReservoirClassifier":
    """The classifier asked for, fitted on all sequences."""
    model = classifier(options).fit(train.values, train.labels)
    remember(model, task="classify", per="sequence", sequences=len(train.values), **table_of(options, train))
    return model


def as_table(
    sequences: SequenceTable, probabilities: np.ndarray, classes: np.ndarray, id: str | None, label: str
) -> pd.DataFrame:
    """Rows of sequences: identifier, label if known, the predicted class and its probability."""
    columns: dict[str, object] = {id or "row": sequences.ids}
    if sequences.labels is not None:
        columns[label] = sequences.labels
    columns["predicted"] = classes[probabilities.argmax(axis=1)]
    columns["probability"] = probabilities.max(axis=1)
    return pd.DataFrame(columns)


def show_judgement(
    sequences: SequenceTable,
    evaluation: Evaluation,
    classes: np.ndarray,
    *,
    how: str,
    common: object = None,
) -> None:
    """Accuracy beside simpler ways, and what is taken for what; counts of classes where no labels are known.

    `classes` are names, `how` the kind of judgement, `common` the most common class of the training data.
    """
    predicted = classes[evaluation.probabilities.argmax(axis=1)]
    if sequences.labels is None:
        counts = [[str(name), int((predicted == name).sum())] for name in classes]
        show_table(counted(len(predicted), "sequence"), ["class", "predicted"], [row for row in counts if row[1]])
        say("The table has no labels, so there is no accuracy to tell.")
        return
    truth = np.array(text_of(sequences.labels))
    names = np.array(text_of(predicted))
    lines = [["aurita", _share(float((truth == names).mean()))]]
    if evaluation.scores:
        lines[0][1] += f" (parts: {min(evaluation.scores):.1%} to {max(evaluation.scores):.1%})"
    if evaluation.plain is not None:
        lines.append(["same readout, no reservoir", _share(evaluation.plain)])
    if common is not None:
        lines.append([f"always {common}", _share(float((truth == str(common)).mean()))])
    show_table(f"Accuracy on {counted(len(truth), 'sequence')}, by {how}", ["", "right"], lines, left=2)
    _show_confusions(truth, names)
    if unknown := sorted(set(truth) - set(text_of(classes))):
        note(f"classes of the table that the model was never shown: {', '.join(unknown)}")


def _show_confusions(truth: np.ndarray, predicted: np.ndarray) -> None:
    """Who is taken for whom."""
    names = sorted({*truth, *predicted}, key=lambda name: (len(name), name) if name.isdigit() else (0, name))
    wrong = truth != predicted
    if not wrong.any():
        say("No sequence was taken for another class.")
        return
    if len(names) <= _MOST_CLASSES:
        counts = [[int(((truth == one) & (predicted == other)).sum()) for other in names] for one in names]
        lines = [[one, *(count or "." for count in row)] for one, row in zip(names, counts, strict=True)]
        show_table("Truth in rows, predictions in columns", ["", *names], lines)
        return
    pairs, counted = np.unique(np.stack([truth[wrong], predicted[wrong]], axis=1), axis=0, return_counts=True)
    worst = np.argsort(-counted, kind="stable")[:_MOST_CONFUSIONS]
    show_table(
        "Most frequent mistakes",
        ["truth", "predicted", "times"],
        [[*pairs[row], counted[row]] for row in worst],
        left=2,
    )


def _share(value: float) -> str:
    return f"{value:.1%}"


def cross_validated(options: Options, train: SequenceTable, folds: int, progress: Stages) -> Evaluation:
    """Predictions for sequences that were not fitted on."""
    from sklearn.model_selection import StratifiedKFold

    assert train.labels is not None
    classes, codes, counts = np.unique(train.labels, return_inverse=True, return_counts=True)
    parts = min(folds, int(counts.min()))
    if parts < 2:
        raise AuritaError(
            f"{options.table}: the class {classes[counts.argmin()]!s} has one sequence only; cross-validation needs "
            "two or more of each: give a --test table, or more sequences"
        )
    if parts < folds:
        note(
            f"{parts} parts instead of {folds}: the class {classes[counts.argmin()]!s} has "
            f"{counted(parts, 'sequence')} only"
        )
    probabilities, plain, scores = np.zeros((len(codes), len(classes))), np.zeros(len(codes), bool), []
    splitter = StratifiedKFold(parts, shuffle=True, random_state=options.seed)
    progress.now("cross-validation", parts)
    for known, rest in splitter.split(codes[:, None], codes):
        model = classifier(options).fit(train.part(known), train.labels[known])
        probabilities[rest] = model.predict_proba(train.part(rest))
        scores.append(float((probabilities[rest].argmax(axis=1) == codes[rest]).mean()))
        bare = classifier(options, units=0, populations=None, learning="frozen").fit(
            train.part(known), train.labels[known]
        )
        plain[rest] = bare.predict(train.part(rest)) == train.labels[rest]
        progress.done()
    return Evaluation(probabilities, float(plain.mean()), tuple(scores))


def bare(options: Options, train: SequenceTable, test: SequenceTable) -> float:
    """Accuracy on a test table of the readout on the bare inputs."""
    model = classifier(options, units=0, populations=None, learning="frozen").fit(train.values, train.labels)
    assert test.labels is not None
    return float((np.array(text_of(model.predict(test.values))) == np.array(text_of(test.labels))).mean())


def commonest(labels: np.ndarray) -> object:
    names, counts = np.unique(labels, return_counts=True)
    return names[counts.argmax()]
