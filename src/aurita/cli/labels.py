"""`aurita classify`, and labels or values of sequences in `fit` and `predict`."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from aurita.cli import screen
from aurita.errors import AuritaError
from aurita.estimators import ReservoirClassifier, ReservoirRegressor
from aurita.learning import Learning
from aurita.tables import Labelled, prepare_labelled, read_table, write_table

_FOLDS = 5
_SHOWN = 12


class Columns(NamedTuple):
    """How to read a table of sequences."""

    label: str | None
    id: str | None
    time: str | None
    decimal: str | None


class Model(NamedTuple):
    """What to fit."""

    units: int
    learning: str
    seed: int

    def estimator(self, *, values: bool = False) -> Any:
        """An unfitted classifier or regressor."""
        kind = ReservoirRegressor if values else ReservoirClassifier
        loss = "squares" if values else "cross_entropy"
        learning = None if self.learning == "frozen" else Learning(objective=self.learning, loss=loss)
        return kind(units=self.units, learning=learning, random_state=self.seed)


def read(data: Path, columns: Columns, *, labelled: bool) -> Labelled:
    """The sequences of a table; what was done to it is told. A label that is not wanted is left out."""
    frame = read_table(data, decimal=columns.decimal)
    if not labelled and columns.label in frame.columns:
        frame = frame.drop(columns=columns.label)
    found = prepare_labelled(frame, label=columns.label if labelled else None, id=columns.id, time=columns.time)
    screen.notes(found.notes)
    return found


def classify(
    data: Path, columns: Columns, model: Model, *, test: Path | None, output: Path | None, save: Path | None
) -> None:
    """Say how well the labels can be learnt, and label other sequences if there are any."""
    screen.check_outputs(output, save)
    if output is not None and test is None:
        raise AuritaError("--output was given without --test: there is nothing to label; name the table with --test")
    train = read(data, columns, labelled=True)
    others = None if test is None else _others(test, columns)
    screen.keep_compiled()
    y = _labels(train)
    with screen.steps(2) as begin:
        begin("scoring by folds")
        guessed = _by_folds(train.sequences, y, model)
        begin("fitting on everything")
        fitted = model.estimator().fit(train.sequences, y)
    if guessed is not None:
        _show_folds(y, guessed)
    if others is not None:
        labels = fitted.predict(others.sequences)
        if others.labels is not None:
            share = float(np.mean(labels == others.labels.astype(labels.dtype)))
            screen.out.print(f"accuracy on {test}: {share:.4f} of {len(labels)} sequences")
        _show_labels(others, labels, output)
    if save is not None:
        fitted.save(save)
        screen.note(f"the model was written to {save}")


def fit(data: Path, columns: Columns, model: Model, save: Path, *, values: bool) -> None:
    """Fit on a table and save."""
    screen.check_outputs(None, save)
    train = read(data, columns, labelled=True)
    screen.keep_compiled()
    y = _labels(train)
    if values and not np.issubdtype(y.dtype, np.number):
        raise AuritaError(f"the column {columns.label!r} holds {y[0]!r}, which is no number; use --task classify")
    with screen.steps(1) as begin:
        begin("fitting")
        fitted = model.estimator(values=values).fit(train.sequences, y)
    fitted.save(save)
    screen.note(f"the model was written to {save}")


def predict(model: Any, data: Path, columns: Columns, output: Path | None) -> None:
    """Labels or values of the sequences of a table."""
    found = read(data, columns, labelled=False)
    screen.keep_compiled()
    _show_labels(found, model.predict(found.sequences), output)


def _others(test: Path, columns: Columns) -> Labelled:
    """Sequences to label; their own labels, if they have any, are kept to be compared with."""
    has = columns.label in read_table(test, decimal=columns.decimal).columns
    return read(test, columns, labelled=has)


def _labels(found: Labelled) -> np.ndarray:
    if found.labels is None:
        raise AuritaError("the table has no labels; name their column with --label")
    return found.labels


def _by_folds(sequences: list[np.ndarray], y: np.ndarray, model: Model) -> np.ndarray | None:
    from sklearn.model_selection import StratifiedKFold

    if min(np.unique(y, return_counts=True)[1]) < _FOLDS:
        screen.note(f"a class has fewer than {_FOLDS} sequences: how well they are told apart is not measured")
        return None
    guessed = np.empty_like(y)
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=model.seed).split(np.zeros(len(y)), y):
        fitted = model.estimator().fit([sequences[i] for i in train], y[train])
        guessed[test] = fitted.predict([sequences[i] for i in test])
    return guessed


def _show_folds(y: np.ndarray, guessed: np.ndarray) -> None:
    classes, counts = np.unique(y, return_counts=True)
    right, common = (guessed == y).mean(), counts.max() / len(y)
    screen.out.print(
        f"accuracy {right:.4f} over {_FOLDS} folds of {len(y)} sequences; the commonest class is {common:.4f}"
    )
    rows = []
    for label, count in zip(classes, counts, strict=True):
        mine = guessed[y == label]
        wrong, times = np.unique(mine[mine != label], return_counts=True)
        taken = f"{wrong[times.argmax()]} ({times.max()})" if len(wrong) else "-"
        rows.append([str(label), str(count), f"{(mine == label).mean():.3f}", taken])
    screen.table("By class", ["class", "sequences", "right", "most often taken for"], rows)


def _show_labels(found: Labelled, labels: np.ndarray, output: Path | None) -> None:
    rows = [[str(name), str(label)] for name, label in zip(found.ids, labels, strict=True)]
    if output is None:
        shown = rows if len(rows) <= _SHOWN else [*rows[:_SHOWN], ["...", f"{len(rows) - _SHOWN} more"]]
        screen.table("Predictions", ["sequence", "prediction"], shown)
        return
    write_table(pd.DataFrame({"sequence": found.ids, "prediction": labels}), output)
    screen.note(f"{len(rows)} predictions were written to {output}")
