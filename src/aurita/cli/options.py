"""Arguments and options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DEMO_PAGE = Path("aurita-demo.html")


class Learn(StrEnum):
    """How units learn before the readout is fitted."""

    frozen = "frozen"
    self_ = "self"
    target = "target"
    mixed = "mixed"


class Task(StrEnum):
    """What `fit` learns."""

    forecast = "forecast"
    classify = "classify"
    regress = "regress"


Data = Annotated[Path, typer.Argument(help="A table: CSV (any separator, also .gz) or Parquet.")]
Horizon = Annotated[int, typer.Option(min=1, help="Steps ahead.")]
Time = Annotated[str | None, typer.Option(help="Column of times; found by itself where there is one.")]
Target = Annotated[list[str] | None, typer.Option(help="Column to forecast; again for more; all numbers by default.")]
Id = Annotated[str | None, typer.Option(help="Column that says which series or sequence a row belongs to.")]
Covariate = Annotated[list[str] | None, typer.Option(help="Column known in advance; again for more.")]
Season = Annotated[int | None, typer.Option(min=2, help="Steps of a season to difference by.")]
Units = Annotated[int, typer.Option(min=1, help="Units of four outputs.")]
Objective = Annotated[Learn, typer.Option(help="What units learn on their own.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same forecast.")]
Frequency = Annotated[str | None, typer.Option(help="Step of the series: hour, '2 weeks', MS; 'rows': as is.")]
Decimal = Annotated[str | None, typer.Option(help="Decimal sign where the file leaves it open: '.' or ','.")]
Label = Annotated[str, typer.Option(help="Column of the label.")]
Output = Annotated[Path | None, typer.Option(help="Write the result as CSV or Parquet.")]
Save = Annotated[Path | None, typer.Option(help="Write the model.")]
