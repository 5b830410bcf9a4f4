"""Options that several commands take, and the record of those that a model is fitted with."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import typer

Learns = Literal["none", "self", "target", "mixed", "society"]

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
Season = Annotated[int | None, typer.Option(min=2, help="Steps of a season; found if left out.")]
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
    int | None,
    typer.Option(min=1, help="Units of the reservoir, of four outputs each, which then forecasts without experts."),
]
Unit = Annotated[
    str | None,
    typer.Option(help="Type of all units, such as EchoUnit, or module:Name of one of your own; a mixture if left out."),
]
Learning = Annotated[
    Learns | None,
    typer.Option(
        help="How the units learn before the readout is fitted. society: units of many kinds, of which those stay that "
        "help on held-out data; a forecast is then that of a committee of methods.",
        show_default="society, or none with --units",
    ),
]
Readout = Annotated[
    str | None,
    typer.Option(
        help="ridge, for classes also committee or logistic, or module:Name of one of your own; if left out, ridge, "
        "unless the society finds that its kinds of units had better vote."
    ),
]
Rule = Annotated[
    str | None,
    typer.Option(help="Which units take a step after a batch: all, largest, spaced ..., or module:Name of your own."),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes on the same machine.")]
Named = Annotated[str | None, typer.Option(help="As it is named in this table, if not as in the fit.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write a .csv or .parquet file.")]
Save = Annotated[Path | None, typer.Option(help="Save the model, for `aurita predict`.")]
Rows = Annotated[int, typer.Option(min=1, help="Rows of a table to show.")]
Log = Annotated[Path | None, typer.Option(help="Log that aurita view --serve follows.")]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a model is fitted on, and how."""

    table: Path
    targets: tuple[str, ...] = ()
    label: str | None = None
    horizon: int = 24
    time: str | None = None
    id: str | None = None
    covariates: tuple[str, ...] = ()
    season: int | None = None
    frequency: str | None = None
    decimal: str | None = None
    missing: tuple[str, ...] = ()
    strict: bool = False
    lower: float | None = None
    upper: float | None = None
    readout: str | None = None
    rule: str | None = None
    learning: Learns | None = None
    units: int | None = None
    unit: str | None = None
    seed: int = 0

    @classmethod
    def of(cls, arguments: Mapping[str, object]) -> Self:
        """The options among the arguments of a command, by their names there."""
        other = {"targets": "target", "covariates": "covariate", "id": "id_column"}
        given = {field.name: other.get(field.name, field.name) for field in fields(cls)}
        found: dict[str, Any] = {name: arguments[there] for name, there in given.items() if there in arguments}
        for name in {"targets", "covariates", "missing"} & found.keys():
            found[name] = tuple(found[name] or ())
        return cls(**found)
