"""Forecasts of recorded series that installed libraries bring (nothing is downloaded), and of a user's own table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aurita.errors import AuritaError, require
from aurita.tasks.forecasting import forecasting_task
from aurita.tasks.task import Task, family

if TYPE_CHECKING:
    import pandas as pd

FRACTIONS = (0.6, 0.2, 0.2)


@dataclass(frozen=True)
class LibrarySeries:
    """A series inside an installed library.

    Attributes:
        load: gives its numeric columns, a row a step.
        season: steps of one season, None where there is none.
        what: what was measured, how often, and who ships it.
    """

    load: "Callable[[], pd.DataFrame]"
    season: int | None
    what: str


@family("recorded", lambda: RECORDINGS)
def recorded(
    name: str = "sunspots",
    *,
    seed: int = 0,
    horizon: int = 1,
    washout: int = 12,
    fractions: tuple[float, float, float] = FRACTIONS,
    metric: str = "nrmse",
    standardise: bool = True,
) -> Task:
    """Forecast a recorded series that statsmodels or aeon ships; `RECORDINGS` says what there is.

    Args:
        name: one of `RECORDINGS`.
        seed: changes nothing, the series is what it is; kept with the task.
        horizon: steps ahead.
        washout: lead-in before each split.
        fractions: of the series for train, validation and test, in time.
        metric: a name in `METRICS`.
        standardise: zero mean and unit deviation over the training part.

    Returns:
        A forecast task named `recorded/<name>`, all channels in and out. Gaps hold the last value before them.

    Raises:
        AuritaError: an unknown name, a missing library, sizes that do not fit.

    Example:
        >>> task = recorded("sunspots")
        >>> task.season, task.channels, len(task.train.series[0])
        (11, 1, 190)
    """
    if name not in RECORDINGS:
        raise AuritaError(f"no recording {name!r}; choose one of {', '.join(RECORDINGS)}")
    recording = RECORDINGS[name]
    frame = recording.load().astype(np.float64).ffill()
    return _forecast(f"recorded/{name}", seed, frame, None, horizon, washout, fractions, metric, standardise, recording)


@family("csv")
def csv(
    *,
    path: str | Path,
    seed: int = 0,
    target: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    horizon: int = 1,
    season: int | None = None,
    washout: int = 12,
    fractions: tuple[float, float, float] = FRACTIONS,
    metric: str = "nrmse",
    standardise: bool = True,
    fill_gaps: bool = False,
) -> Task:
    """Forecast the columns of a table, a row a step, in the order of the file.

    Args:
        path: a CSV file with a line of column names, or a Parquet file (suffix .parquet).
        seed: changes nothing, kept with the task.
        target: column or columns to forecast; all the inputs by default.
        columns: input columns; all numeric ones by default. Targets are inputs too.
        horizon: steps ahead.
        season: steps of one season, for the seasonal naive forecast.
        washout: lead-in before each split.
        fractions: of the series for train, validation and test, in time.
        metric: a name in `METRICS`.
        standardise: zero mean and unit deviation over the training part.
        fill_gaps: hold the last value over missing ones, which looks at no later value; refuse them otherwise.

    Returns:
        A forecast task named `csv/<file name without suffix>`.

    Raises:
        AuritaError: a path that cannot be read, columns that are missing, hold text or have gaps, too few rows.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> file = Path(folder.name, "sales.csv")
        >>> _ = file.write_text("day,sold\\n" + "".join(f"d{n},{n % 7}\\n" for n in range(90)))
        >>> task = csv(path=file, season=7)
        >>> task.name, task.target_names
        ('csv/sales', ('sold',))
        >>> folder.cleanup()
    """
    from pandas.api.types import is_numeric_dtype

    path = Path(path)
    frame = _read(path)
    targets = [target] if isinstance(target, str) else list(target or [])
    names = list(columns) if columns is not None else [str(c) for c in frame.select_dtypes("number").columns]
    names += [t for t in targets if t not in names]
    missing = [c for c in names if c not in frame.columns]
    if missing or not names:
        raise AuritaError(
            f"{path} has no column {', '.join(missing) or 'of numbers'}; "
            f"its columns are {', '.join(map(str, frame.columns))}"
        )
    text = [c for c in names if not is_numeric_dtype(frame[c])]
    if text:
        raise AuritaError(f"column {', '.join(text)} of {path} holds text or dates; name columns of numbers only")
    values = frame[names].astype(np.float64).replace([np.inf, -np.inf], np.nan)
    if fill_gaps:
        values = values.ffill()
    if values.isna().to_numpy().any():
        row, column = np.argwhere(values.isna().to_numpy())[0]
        raise AuritaError(
            f"{path} has no finite number in row {row + 1}, column {names[column]}; fill the gaps first, or set "
            "fill_gaps to hold the last value over them (the first row must be complete)"
        )
    recording = LibrarySeries(lambda: values, season, str(path))
    return _forecast(
        f"csv/{path.stem}", seed, values, targets or None, horizon, washout, fractions, metric, standardise, recording
    )


def _forecast(
    name: str,
    seed: int,
    frame: "pd.DataFrame",
    targets: list[str] | None,
    horizon: int,
    washout: int,
    fractions: tuple[float, float, float],
    metric: str,
    standardise: bool,
    recording: LibrarySeries,
) -> Task:
    if min(fractions) <= 0 or sum(fractions) > 1 + 1e-9:
        raise AuritaError(f"fractions {fractions} must be above 0 and sum to at most 1")
    usable = len(frame) - washout
    bounds = np.round(np.cumsum([0, *fractions]) * usable + 1e-9).astype(int)
    train, validation, test = np.diff(bounds).tolist()
    chosen = targets or list(frame.columns)
    return forecasting_task(
        name,
        seed,
        frame.to_numpy(),
        horizon=horizon,
        steps=(train, validation, test),
        washout=washout,
        columns=[list(frame.columns).index(t) for t in chosen],
        standardise=standardise,
        metric=metric,
        season=recording.season,
        target_names=tuple(map(str, chosen)),
        source=recording.what,
    )


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    if not path.is_file():
        raise AuritaError(f"{path} is no file; give the path of a CSV or Parquet file")
    try:
        if path.suffix == ".parquet":
            require("pyarrow", "data", "reading Parquet")
            return pd.read_parquet(path)
        return pd.read_csv(path)
    except AuritaError:
        raise
    except (OSError, ValueError) as error:
        raise AuritaError(
            f"{path} cannot be read as a table ({error}); give a CSV file with a line of column names"
        ) from error


def _statsmodels(name: str, *columns: str) -> "Callable[[], pd.DataFrame]":
    def load() -> "pd.DataFrame":
        datasets = require("statsmodels.datasets", "data", "the recorded series")
        return getattr(datasets, name).load_pandas().data[list(columns)].reset_index(drop=True)

    return load


def _aeon(name: str, *columns: str) -> "Callable[[], pd.DataFrame]":
    def load() -> "pd.DataFrame":
        import pandas as pd

        values = getattr(require("aeon.datasets", "data", "the recorded series"), f"load_{name}")()
        return pd.DataFrame(np.atleast_2d(values).T, columns=list(columns))

    return load


def _elnino() -> "pd.DataFrame":
    """One row a year and one column a month, laid end to end."""
    import pandas as pd

    years = _statsmodels(
        "elnino", *["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    )()
    return pd.DataFrame({"temperature": years.to_numpy().ravel()})


_QUARTERLY = ("realgdp", "realcons", "realinv", "realgovt", "realdpi", "cpi", "m1", "tbilrate", "unemp", "infl")

RECORDINGS: dict[str, LibrarySeries] = {
    "sunspots": LibrarySeries(_statsmodels("sunspots", "SUNACTIVITY"), 11, "sunspots a year 1700-2008, statsmodels"),
    "co2": LibrarySeries(_statsmodels("co2", "co2"), 52, "CO2 at Mauna Loa a week 1958-2001, statsmodels"),
    "elnino": LibrarySeries(_elnino, 12, "sea surface temperature a month 1950-2010, statsmodels"),
    "nile": LibrarySeries(_statsmodels("nile", "volume"), None, "flow of the Nile a year 1871-1970, statsmodels"),
    "macrodata": LibrarySeries(
        _statsmodels("macrodata", *_QUARTERLY), 4, "US macroeconomic quarters 1959-2009, statsmodels"
    ),
    "airline": LibrarySeries(_aeon("airline", "passengers"), 12, "air passengers a month 1949-1960, aeon"),
    "solar": LibrarySeries(
        _aeon("solar", "generation"), 48, "solar power of Great Britain each half hour, six days, aeon"
    ),
    "uschange": LibrarySeries(
        _aeon("uschange", "consumption", "income", "production", "savings", "unemployment"),
        4,
        "US consumption and its companions, change a quarter 1970-2016, aeon",
    ),
}
"""The recorded series, by name."""
