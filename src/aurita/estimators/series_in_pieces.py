"""Forecasters on series larger than memory: units and committee from some, the readout from all, forecasts by pieces.

The readout is a ridge from summed normal equations, so the states of a piece are gone when the next one is read.
"""

import warnings
from collections.abc import Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from aurita._words import counted, were
from aurita.data.series import as_series
from aurita.errors import AuritaError
from aurita.estimators.forecasting import collect
from aurita.estimators.planning import long_enough, panel_of
from aurita.io.dataset import Piece, SequenceDataset
from aurita.readout import READOUTS, Moments

if TYPE_CHECKING:
    from aurita.estimators._constructors import ForecasterParameters
    from aurita.estimators._predicting import PredictsSeries
    from aurita.estimators.forecast import Forecast
    from aurita.estimators.forecaster import ReservoirForecaster


class SeriesForecasts(NamedTuple):
    """Forecasts of some series of a dataset.

    Attributes:
        ids: (n,) of the series.
        forecasts: n of them; None of a series that is too short to start from.
    """

    ids: np.ndarray
    forecasts: "list[Forecast | None]"


def check_series(data: SequenceDataset, X: object) -> None:
    """Refuse a dataset that holds no series to forecast.

    Raises:
        AuritaError: labels, other channels beside the targets, covariates.
    """
    if not data.targets:
        raise AuritaError("the dataset has labels, and a forecaster is fitted on series; open it with target=...")
    if data.channels:
        raise AuritaError(
            f"the dataset has the channels {', '.join(data.channels)} beside its targets, and forecasts from files use "
            "none; open it with channels=()"
        )
    if X is not None:
        raise AuritaError("covariates were given with a dataset, and forecasts from files use none; leave X out")


def drawn_series(data: SequenceDataset, seed: object) -> tuple[Any, bool]:
    """Series to fit units and committee on, as a frame of two index levels, and whether they are all there are.

    Raises:
        AuritaError: no series.
    """
    number = int(seed) if isinstance(seed, int | np.integer) else 0
    some, complete = data.drawn(seed=number)
    if not len(some.ids):
        raise AuritaError(f"{data.path} has no rows; give files with series")
    return framed(data, some), complete


def read_out_all(model: "ReservoirForecaster", settings: "ForecasterParameters", data: SequenceDataset) -> None:
    """Fit the readouts of a fitted forecaster once more, on all series of a dataset, at the penalties it has chosen.

    Raises:
        AuritaError: series that do not fit those that the model was fitted on.
    """
    sums = [Moments() for _ in model.reservoirs_]
    left_out = 0
    for piece in data.followed("reading out"):
        given = as_series(framed(data, piece), "y")[0]
        try:
            kept, _ = long_enough(settings, [len(one.values) for one in given], [model.frame_.taken])
        except AuritaError:
            kept = []
        left_out += len(given) - len(kept)
        if not kept:
            continue
        model.plan_.limits.check([given[place] for place in kept])
        few = [given[place] for place in kept]
        _, panel = panel_of(settings, few, [np.zeros((len(one.values), 0)) for one in few], model.frame_.taken)
        for reservoir, moments in zip(model.reservoirs_, sums, strict=True):
            found = collect(reservoir, panel, model.plan_, settings.noise, model.seed_)
            for part in (found.head, found.early, found.late):
                moments.merge(part)
    if left_out:
        many = counted(left_out, "series", "series")
        warnings.warn(f"{many} of {data.path} {were(left_out)} too short to be fitted on and left out", stacklevel=4)
    kind, alphas = READOUTS.find(settings.readout or "ridge"), [float(alpha or 0.0) for alpha in model.alphas_]
    model.readouts_ = [kind.at_penalty(one, alpha) for one, alpha in zip(sums, alphas, strict=True)]


def forecasts(
    model: "PredictsSeries", data: SequenceDataset, horizon: int | None, intervals: float | None
) -> Iterator[SeriesForecasts]:
    """Forecasts of all series of a dataset, piece by piece; the model stays as it is.

    Raises:
        AuritaError: no series of the channels of the fit, or as `restart` and `predict`.
    """
    check_series(data, None)
    for piece in data.followed("forecasting series"):
        lengths = np.array([len(one) for one in piece.labels])
        found: list[Any] = [None] * len(lengths)
        own = np.flatnonzero(lengths > len(model.frame_.taken))
        if len(own):
            frame = framed(data, piece)
            started = copy(model).restart(frame[np.repeat(lengths > len(model.frame_.taken), lengths)], rescale=True)
            for place, forecast in zip(own, started.predict(horizon, intervals=intervals), strict=True):
                found[place] = forecast
        yield SeriesForecasts(piece.ids, found)


def framed(data: SequenceDataset, piece: Piece) -> Any:
    """A frame of the targets with the index levels id and time, or step."""
    import pandas as pd

    values: Sequence[np.ndarray] = [np.asarray(each).reshape(len(each), -1) for each in piece.labels]
    lengths = [len(each) for each in values]
    steps = np.concatenate([np.arange(length) for length in lengths])
    times = steps if piece.times is None else np.concatenate(piece.times)
    ids = np.repeat(np.arange(len(lengths)), lengths)
    names = piece.ids if piece.ids.dtype.kind in "iuf" else np.array([str(name) for name in piece.ids], dtype=object)
    index = pd.MultiIndex.from_arrays([names[ids], times], names=[data.id, data.time or "step"])
    return pd.DataFrame(np.concatenate(values), index=index, columns=list(data.targets))
