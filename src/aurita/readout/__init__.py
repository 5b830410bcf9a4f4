"""Readouts: the only part of a network that sees the task; linear, fitted in closed form or solved to the end."""

from aurita.readout.base import READOUTS, Readout, RowPieces, Table
from aurita.readout.committee import CommitteeReadout
from aurita.readout.forgetting import ForgettingReadout
from aurita.readout.left_out import left_out_errors
from aurita.readout.logistic import LogisticReadout
from aurita.readout.moments import Moments
from aurita.readout.ridge import FLOOR, RidgeReadout
from aurita.readout.summaries import (
    SUMMARIES,
    Accumulator,
    AtTimes,
    Last,
    Mean,
    MeanDeviation,
    Summary,
    summary_named,
)

__all__ = [
    "FLOOR",
    "READOUTS",
    "SUMMARIES",
    "Accumulator",
    "AtTimes",
    "CommitteeReadout",
    "ForgettingReadout",
    "Last",
    "LogisticReadout",
    "Mean",
    "MeanDeviation",
    "Moments",
    "Readout",
    "RidgeReadout",
    "RowPieces",
    "Summary",
    "Table",
    "left_out_errors",
    "summary_named",
]
