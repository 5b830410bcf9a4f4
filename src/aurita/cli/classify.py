"""`aurita classify`: labelled sequences in; how well they are classified, and the prediction for each, out."""

from pathlib import Path
from typing import Annotated

import typer

from aurita.cli import _options as opt
from aurita.cli._compiled import keep_compiled
from aurita.cli._terminal import name_files, stages


@opt.takes(
    opt.Options,
    *("table", "label", "id", "time", "test", "folds", "decimal", "missing", "readout", "learning", "units", "unit"),
    *("rule", "seed", "output", "save", "force"),
)
def classify(
    options: opt.Options,
    *,
    label: Annotated[str, typer.Option(help="Column of the class of each sequence.", show_default=False)],
    test: Annotated[Path | None, typer.Option(help="Predict this table; without it: cross-validation.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Parts of the cross-validation.")] = 5,
    output: opt.Output = None,
    save: opt.Save = None,
    force: opt.Force = False,
) -> None:
    """Tell classes of sequences apart, and say how well.

    With --id a row of the table is a step of a sequence; without it a row is a sequence and a column a step.

    Example: aurita classify vowels.csv --label speaker --id utterance --test new.csv --output predictions.csv
    """
    import numpy as np

    from aurita.cli._classifier import (
        Evaluation,
        as_table,
        bare,
        commonest,
        cross_validated,
        fitted,
        opened,
        show_judgement,
    )
    from aurita.cli._models import check_outputs, save_model
    from aurita.cli._sequences import read_known_sequences, table_of
    from aurita.io import write_table

    check_outputs({"the table": options.table, "--test": test}, table=output, save=save, force=force)
    train = opened(options)
    assert train.labels is not None
    tested = None if test is None else read_known_sequences(test, table_of(options, train))
    keep_compiled()
    with stages() as progress:
        progress.now("starting")
        evaluation = None if tested is not None else cross_validated(options, train, folds, progress)
        if evaluation is None or save is not None:
            progress.now("fitting")
            model = fitted(options, train)
        if evaluation is None:
            progress.now("predicting")
            assert tested is not None
            plain = None if tested.labels is None else bare(options, train, tested)
            evaluation = Evaluation(model.predict_proba(tested.values), plain)
        shown = train if tested is None else tested
        classes = np.unique(train.labels)
        if output is not None:
            write_table(as_table(shown, evaluation.probabilities, classes, options.id, label), output)
        if save is not None:
            save_model(model, save)
    how = f"cross-validation in {len(evaluation.scores)} parts" if tested is None else f"the test table {test}"
    show_judgement(shown, evaluation, classes, how=how, common=commonest(train.labels))
    name_files(output, save)
