"""Tables that nobody prepared: read, made regular, and written whole or not at all."""

from aurita.tables.axis import NO_TIME, Axis, read_axis
from aurita.tables.dates import Dates, parse_dates
from aurita.tables.files import check_writable, read_table, write_table, write_text
from aurita.tables.grid import Grid, find_grid
from aurita.tables.labelled import Labelled, prepare_labelled
from aurita.tables.numerals import Numbers, parse_numbers
from aurita.tables.series import Series, prepare_series

__all__ = [
    "NO_TIME",
    "Axis",
    "Dates",
    "Grid",
    "Labelled",
    "Numbers",
    "Series",
    "check_writable",
    "find_grid",
    "parse_dates",
    "parse_numbers",
    "prepare_labelled",
    "prepare_series",
    "read_axis",
    "read_table",
    "write_table",
    "write_text",
]
