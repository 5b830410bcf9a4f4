"""Tables with the columns `unique_id`, `ds` and `y`, as Nixtla's libraries have them: recognised, and written alike."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from aurita.cli._options import Options
from aurita.cli._terminal import note

if TYPE_CHECKING:
    from aurita.estimators import Forecast

SERIES, TIME, TARGET = "unique_id", "ds", "y"
MODEL = "aurita"


def recognised(options: Options) -> Options:
    """The options with the names of the three columns, where the table has them and none was named.

    Raises:
        AuritaError: a table that cannot be read.
    """
    from aurita.io import read_table
    from aurita.io.arrow import first_rows, is_dataset

    if options.time or options.id or options.targets:
        return options
    path = options.table
    columns = (first_rows(path, 1) if is_dataset(path) else read_table(path, decimal=options.decimal)).columns
    if not {SERIES, TIME, TARGET} <= {str(name) for name in columns}:
        return options
    note(f"the columns {SERIES}, {TIME} and {TARGET} were taken for series, time and target")
    return replace(options, time=TIME, id=SERIES, targets=(TARGET,))


def is_long_form(id: str | None, time: str | None, targets: tuple[str, ...]) -> bool:
    """Whether a forecast is written with Nixtla's names."""
    return (id, time, targets) == (SERIES, TIME, (TARGET,))


def named(forecast: "Forecast") -> dict[str, object]:
    """Columns of one forecast: the mean, and the interval's bounds with their level in percent.

    Example:
        >>> import numpy as np
        >>> from aurita.estimators import Forecast
        >>> one = np.zeros((2, 1))
        >>> list(named(Forecast(one, one - 1, one + 1, 0.8)))
        ['aurita', 'aurita-lo-80', 'aurita-hi-80']
    """
    columns: dict[str, object] = {MODEL: pd.Series(forecast.mean[:, 0])}
    if forecast.lower is not None and forecast.upper is not None and forecast.level is not None:
        level = f"{100 * forecast.level:g}"
        columns[f"{MODEL}-lo-{level}"] = forecast.lower[:, 0]
        columns[f"{MODEL}-hi-{level}"] = forecast.upper[:, 0]
    return columns
