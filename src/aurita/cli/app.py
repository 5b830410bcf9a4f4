"""Commands and options of `aurita`; what each command does is in a module of its own, loaded when it is called."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from aurita import __version__
from aurita.cli.evolve_command import evolve
from aurita.cli.export_command import export
from aurita.cli.study_commands import study
from aurita.cli.terminal import complain
from aurita.cli.view_command import view
from aurita.errors import AuritaError


class Commands(TyperGroup):
    """Commands whose complaints about input are one message and the exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except AuritaError as error:
            complain(str(error))
            raise typer.Exit(2) from None


class Learns(StrEnum):
    """How units learn before the readout is fitted."""

    none = "none"
    self = "self"
    target = "target"
    mixed = "mixed"
    society = "society"


class Task(StrEnum):
    """What a model is for."""

    forecast = "forecast"
    classify = "classify"
    regress = "regress"


class Readouts(StrEnum):
    """Linear readouts of a classifier."""

    ridge = "ridge"
    committee = "committee"
    logistic = "logistic"


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reservoirs whose units learn on their own: forecast series and classify sequences, from a table.",
)
app.add_typer(study, name="study")
app.command()(evolve)
app.command()(export)
app.command()(view)

Table = Annotated[Path, typer.Argument(help="CSV or Parquet file.", show_default=False)]
Time = Annotated[
    str | None, typer.Option(help="Column of dates or step numbers, found if left out; none: the rows are the steps.")
]
Id = Annotated[str | None, typer.Option("--id", help="Column that tells several series or sequences apart.")]
Target = Annotated[
    list[str] | None, typer.Option(help="Column to forecast, or to predict at every step; may be repeated.")
]
Covariate = Annotated[
    list[str] | None, typer.Option(help="Column known in advance, in rows beyond the last target; may be repeated.")
]
Label = Annotated[str | None, typer.Option(help="Column of the class or value of each sequence.")]
MOST_STEPS = 100_000
Horizon = Annotated[int, typer.Option(min=1, max=MOST_STEPS, help="Steps ahead to forecast.")]
Lower = Annotated[float | None, typer.Option(help="Least value of the series, such as 0; forecasts stay above.")]
Upper = Annotated[float | None, typer.Option(help="Greatest value of the series; forecasts stay below.")]
Season = Annotated[int | None, typer.Option(min=2, help="Steps of a season; taken from the dates if left out.")]
Interval = Annotated[float, typer.Option(help="Share of the truth that intervals are to cover; 0 for none.")]
Frequency = Annotated[
    str | None, typer.Option(help="Step of the series, such as h, 15min, D, W, MS, or rows; found if left out.")
]
Decimal = Annotated[str | None, typer.Option(help="Decimal sign, where a CSV file leaves it open: . or ,")]
Missing = Annotated[
    list[str] | None, typer.Option(help="Value or word that stands for a missing number, such as -9999; repeatable.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a table with a series that is too short or empty.")]
Units = Annotated[
    int | None, typer.Option(min=1, help="Units of the reservoir, of four outputs each; 40 but for a society.")
]
Learning = Annotated[
    Learns,
    typer.Option(
        help="How units learn before the readout is fitted; slower, often better. society: units of many kinds, of "
        "which those stay that help on held-out data."
    ),
]
LearningOrNone = Annotated[
    Learns | None,
    typer.Option(
        help="How units learn before the readout is fitted; society, and shape units where sequences hold shapes, "
        "unless --units says how many units to draw.",
        show_default="society",
    ),
]
Readout = Annotated[
    Readouts | None,
    typer.Option(
        help="Readout of a classifier: ridge, unless the society finds that its kinds of units had better vote."
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes on the same machine.")]
Named = Annotated[str | None, typer.Option(help="As it is named in this table, if not as in the fit.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write a .csv or .parquet file.")]
Save = Annotated[Path | None, typer.Option(help="Save the model, for `aurita predict`.")]
Rows = Annotated[int, typer.Option(min=1, help="Rows of a table to show.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"aurita {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Options of all commands."""


@app.command()
def forecast(
    table: Table,
    target: Target = None,
    horizon: Horizon = 24,
    time: Time = None,
    id_column: Id = None,
    covariate: Covariate = None,
    interval: Interval = 0.9,
    season: Season = None,
    lower: Lower = None,
    upper: Upper = None,
    frequency: Frequency = None,
    decimal: Decimal = None,
    missing: Missing = None,
    strict: Strict = False,
    check: Annotated[bool, typer.Option(help="Try it on steps held out, beside simple forecasts.")] = True,
    learning: Learning = Learns.none,
    units: Units = None,
    seed: Seed = 0,
    output: Output = None,
    save: Save = None,
    rows: Rows = 12,
) -> None:
    """Forecast the series of a table that nobody prepared.

    Example: aurita forecast sales.csv --time date --target y --horizon 24 --output forecast.csv
    """
    from aurita.cli import forecasting

    forecasting.forecast(
        forecasting.Asked(
            table=table,
            targets=tuple(target or ()),
            horizon=horizon,
            time=time,
            id=id_column,
            covariates=tuple(covariate or ()),
            season=season,
            frequency=frequency,
            decimal=decimal,
            missing=tuple(missing or ()),
            strict=strict,
            learning=learning.value,
            units=units,
            seed=seed,
            lower=lower,
            upper=upper,
        ),
        interval=interval,
        check=check,
        output=output,
        save=save,
        rows=rows,
    )


@app.command()
def classify(
    train: Table,
    label: Annotated[str, typer.Option(help="Column of the class of each sequence.", show_default=False)],
    id_column: Id = None,
    time: Time = None,
    test: Annotated[Path | None, typer.Option(help="Predict this table; without it: cross-validation.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Parts of the cross-validation.")] = 5,
    decimal: Decimal = None,
    missing: Missing = None,
    readout: Readout = None,
    learning: LearningOrNone = None,
    units: Units = None,
    seed: Seed = 0,
    output: Output = None,
    save: Save = None,
) -> None:
    """Tell classes of sequences apart, and say how well.

    With --id a row of the table is a step of a sequence; without it a row is a sequence and a column a step.

    Example: aurita classify vowels.csv --label speaker --id utterance --test new.csv --output said.csv
    """
    from aurita.cli import classifying

    classifying.classify(
        classifying.Asked(
            table=train,
            label=label,
            id=id_column,
            time=time,
            decimal=decimal,
            missing=tuple(missing or ()),
            readout=None if readout is None else readout.value,
            learning=learning.value if learning is not None else "society" if units is None else "none",
            units=units,
            seed=seed,
        ),
        test=test,
        folds=folds,
        output=output,
        save=save,
    )


@app.command()
def fit(
    table: Table,
    task: Annotated[Task, typer.Option(help="What the model is for.", show_default=False)],
    save: Annotated[Path, typer.Option(help="File of the model.", show_default=False)],
    target: Target = None,
    label: Label = None,
    horizon: Horizon = 24,
    time: Time = None,
    id_column: Id = None,
    covariate: Covariate = None,
    season: Season = None,
    lower: Lower = None,
    upper: Upper = None,
    frequency: Frequency = None,
    decimal: Decimal = None,
    missing: Missing = None,
    strict: Strict = False,
    readout: Readout = None,
    learning: Learning = Learns.none,
    units: Units = None,
    seed: Seed = 0,
    log: Annotated[Path | None, typer.Option(help="Log that aurita view --serve follows.")] = None,
) -> None:
    """Fit a model and save it.

    forecast: --target, --covariate, --horizon. classify: --label. regress: --label for a value of every sequence, or
    --target for a value at every step, out of the other columns of numbers (or those named by --covariate).

    Example: aurita fit sales.csv --task forecast --target y --save sales.aurita
    """
    from aurita.cli import fitting

    fitting.fit(
        fitting.Asked(
            table=table,
            task=task.value,
            save=save,
            targets=tuple(target or ()),
            label=label,
            horizon=horizon,
            time=time,
            id=id_column,
            covariates=tuple(covariate or ()),
            season=season,
            frequency=frequency,
            decimal=decimal,
            missing=tuple(missing or ()),
            strict=strict,
            readout=None if readout is None else readout.value,
            learning=learning.value,
            units=units,
            seed=seed,
            log=log,
            lower=lower,
            upper=upper,
        )
    )


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="File of a model.", show_default=False)],
    table: Table,
    horizon: Annotated[
        int | None, typer.Option(min=1, max=MOST_STEPS, help="Steps ahead; those of the fit if left out.")
    ] = None,
    interval: Interval = 0.9,
    time: Named = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="As it is named in this table, if not as in the fit.")
    ] = None,
    label: Named = None,
    decimal: Decimal = None,
    missing: Missing = None,
    strict: Strict = False,
    output: Output = None,
    rows: Rows = 12,
) -> None:
    """Predict with a saved model: what follows the table, or the class or value of what is in it.

    Example: aurita predict sales.aurita sales.csv --output forecast.csv
    """
    from aurita.cli import predicting

    predicting.predict(
        model,
        table,
        horizon=horizon,
        interval=interval,
        names={"time": time, "id": id_column, "label": label, "decimal": decimal},
        missing=tuple(missing or ()),
        strict=strict,
        output=output,
        rows=rows,
    )


@app.command()
def info(
    model: Annotated[Path | None, typer.Argument(help="File of a model.", show_default=False)] = None,
    engine: Annotated[bool, typer.Option("--engine", help="Only which engine runs units here.")] = False,
) -> None:
    """Describe a saved model; without one: versions, devices, engine and the cache."""
    from aurita.cli import describing

    if engine:
        typer.echo(describing.engine_line())
    elif model is None:
        describing.describe_installation()
    else:
        describing.describe_model(model)


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML page to write.")] = Path("aurita-demo.html"),
    seeds: Annotated[int, typer.Option(min=1, help="Reservoirs of each kind.")] = 5,
    quick: Annotated[bool, typer.Option("--quick", help="A fraction of the learning, to see that all works.")] = False,
) -> None:
    """Show what reservoirs do on two real data sets, beside what they have to beat."""
    from aurita.cli import demonstrating

    demonstrating.demonstrate(output, seeds=seeds, quick=quick)


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(help="notebook, cogscale or memory.", show_default=False)],
    features: Annotated[
        int | None, typer.Option(min=1, help="Readout features at most, where there are several sizes: 100 or 1000.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Data and model seeds, counted from 0.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if left out.")] = None,
    storage: Annotated[str | None, typer.Option(help="SQLite file or postgresql:// URL of the records.")] = None,
) -> None:
    """Run published experiments again over many seeds, and show published and measured side by side.

    Example: aurita reproduce notebook --seeds 20
    """
    from aurita.cli import reproducing

    reproducing.reproduce(name, features=features, seeds=seeds, processes=processes, storage=storage)
