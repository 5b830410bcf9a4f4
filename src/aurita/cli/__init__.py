"""The command `aurita`. Nothing heavy is imported until a command needs it."""

import os
import sys
from typing import Annotated

import typer

from aurita.cli import options

app = typer.Typer(
    name="aurita",
    help="Reservoirs whose units learn on their own: forecast and classify time series.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; what is wrong with its input is one message and exit code 2."""
    from aurita.errors import AuritaError

    # XLA reports the tuning flags of its own cached code as machine features that it cannot find.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except AuritaError as error:
        from rich.console import Console

        Console(stderr=True, soft_wrap=True).print(f"[bold red]aurita:[/] {_plain(str(error))}", highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _version(wanted: bool) -> None:
    if wanted:
        from aurita import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


@app.command()
def demo(
    output: Annotated[options.Path, typer.Option(help="The page to write.")] = options.DEMO_PAGE,
    seeds: Annotated[int, typer.Option(min=2, help="Reservoirs of each kind.")] = 5,
    quick: Annotated[bool, typer.Option(help="Fewer learning steps, to see that everything works.")] = False,
) -> None:
    """Show what aurita does on two real data sets, beside what it has to beat."""
    from aurita.cli import shows

    shows.demo(output, seeds, quick)


@app.command()
def forecast(
    data: options.Data,
    horizon: options.Horizon,
    time: options.Time = None,
    target: options.Target = None,
    id: options.Id = None,
    covariate: options.Covariate = None,
    interval: Annotated[float, typer.Option(min=0.01, max=0.999, help="Share that intervals shall hold.")] = 0.9,
    season: options.Season = None,
    units: options.Units = 40,
    learning: options.Objective = options.Learn.self_,
    seed: options.Seed = 0,
    frequency: options.Frequency = None,
    decimal: options.Decimal = None,
    check: Annotated[bool, typer.Option(help="Measure the error on the last steps first.")] = True,
    output: options.Output = None,
    save: options.Save = None,
) -> None:
    """Forecast the series of a table that nobody prepared.

    Example: aurita forecast sales.csv --time date --target y --horizon 24
    """
    from aurita.cli import forecasts

    table = forecasts.Columns(time, tuple(target or ()), id, tuple(covariate or ()), frequency, decimal)
    model = forecasts.Model(horizon, season, units, learning.value, seed)
    forecasts.forecast(data, table, model, interval, check=check, output=output, save=save)


@app.command()
def classify(
    data: options.Data,
    label: options.Label,
    id: options.Id = None,
    time: options.Time = None,
    test: Annotated[options.Path | None, typer.Option(help="Sequences to label; without it, five folds.")] = None,
    units: options.Units = 40,
    learning: options.Objective = options.Learn.frozen,
    seed: options.Seed = 0,
    decimal: options.Decimal = None,
    output: options.Output = None,
    save: options.Save = None,
) -> None:
    """Learn the labels of sequences, and say how well that works.

    Example: aurita classify train.csv --id sequence --label class --test new.csv --output labels.csv
    """
    from aurita.cli import labels

    table = labels.Columns(label, id, time, decimal)
    labels.classify(data, table, labels.Model(units, learning.value, seed), test=test, output=output, save=save)


@app.command()
def fit(
    data: options.Data,
    save: Annotated[options.Path, typer.Option(help="The model to write.")],
    task: Annotated[options.Task, typer.Option(help="What to learn.")] = options.Task.forecast,
    horizon: Annotated[int, typer.Option(min=1, help="Steps ahead, for forecasts.")] = 10,
    target: options.Target = None,
    covariate: options.Covariate = None,
    label: Annotated[str | None, typer.Option(help="Column of the label or value, for classify and regress.")] = None,
    time: options.Time = None,
    id: options.Id = None,
    season: options.Season = None,
    units: options.Units = 40,
    learning: options.Objective = options.Learn.frozen,
    seed: options.Seed = 0,
    frequency: options.Frequency = None,
    decimal: options.Decimal = None,
) -> None:
    """Fit a model on a table and save it."""
    if task is options.Task.forecast:
        from aurita.cli import forecasts

        series = forecasts.Columns(time, tuple(target or ()), id, tuple(covariate or ()), frequency, decimal)
        forecasts.fit(data, series, forecasts.Model(horizon, season, units, learning.value, seed), save)
    else:
        from aurita.cli import labels

        if label is None:
            raise typer.BadParameter(f"--task {task.value} needs --label, the column to learn")
        table = labels.Columns(label, id, time, decimal)
        labels.fit(data, table, labels.Model(units, learning.value, seed), save, values=task is options.Task.regress)


@app.command()
def predict(
    model: Annotated[options.Path, typer.Argument(help="A model that was saved.")],
    data: options.Data,
    horizon: Annotated[int | None, typer.Option(min=1, help="Steps ahead; the model's own by default.")] = None,
    time: options.Time = None,
    id: options.Id = None,
    label: Annotated[str | None, typer.Option(help="A label column to leave out.")] = None,
    interval: Annotated[float, typer.Option(min=0.01, max=0.999, help="Share that intervals shall hold.")] = 0.9,
    frequency: options.Frequency = None,
    decimal: options.Decimal = None,
    output: options.Output = None,
) -> None:
    """Predict with a saved model: what comes after the series of a table, or the labels of its sequences."""
    from aurita.cli import shows

    shows.predict(model, data, horizon, (time, id, label), interval, frequency, decimal, output)


@app.command()
def info(model: Annotated[options.Path | None, typer.Argument(help="A model that was saved.")] = None) -> None:
    """Say what a saved model is, or what aurita runs on."""
    from aurita.cli import shows

    shows.info(model)
