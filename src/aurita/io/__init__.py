"""Files: tables that nobody prepared, read and made regular, and whatever is written, whole or not at all."""

from typing import TYPE_CHECKING

from aurita._lazy import lazy

if TYPE_CHECKING:
    from aurita.io.axis import NO_TIME as NO_TIME
    from aurita.io.axis import Axis as Axis
    from aurita.io.axis import read_axis as read_axis
    from aurita.io.dataset import SequenceDataset as SequenceDataset
    from aurita.io.dataset import open_dataset as open_dataset
    from aurita.io.dates import Dates as Dates
    from aurita.io.dates import parse_dates as parse_dates
    from aurita.io.files import check_writable as check_writable
    from aurita.io.files import read_table as read_table
    from aurita.io.files import write_table as write_table
    from aurita.io.files import write_text as write_text
    from aurita.io.grid import Grid as Grid
    from aurita.io.grid import find_grid as find_grid
    from aurita.io.labelled import Labelled as Labelled
    from aurita.io.labelled import prepare_labelled as prepare_labelled
    from aurita.io.numerals import NumberColumn as NumberColumn
    from aurita.io.numerals import parse_numbers as parse_numbers
    from aurita.io.series import Series as Series
    from aurita.io.series import prepare_series as prepare_series

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "axis": ["Axis", "NO_TIME", "read_axis"],
        "dataset": ["SequenceDataset", "open_dataset"],
        "dates": ["Dates", "parse_dates"],
        "files": ["check_writable", "read_table", "write_table", "write_text"],
        "grid": ["Grid", "find_grid"],
        "labelled": ["Labelled", "prepare_labelled"],
        "numerals": ["NumberColumn", "parse_numbers"],
        "series": ["Series", "prepare_series"],
    },
)
