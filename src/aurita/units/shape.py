"""Shape unit: filters over a dilated window, pooled over a whole sequence.

Of a filter's values `h(t) = sum_j w_j . z(t - j d)` over all steps of a sequence the readout sees the share of steps at
which they lie above each of a few levels, and their maximum: whether a shape is there, how often, and how clearly,
wherever it is. Shares above levels are those of random kernels (Dempster et al. 2020, "ROCKET"; 2021, "MiniRocket");
here each unit may learn its filters and levels, alone, from a label head on its own pooled values.

The step at a level is `clip((h - level) / width + 1/2, 0, 1)`, with a gradient within the width: units learn with a
wide step and are read out with a narrow one.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar

from aurita._kinds import saved
from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.units.unit import at_least

MOST_LEVELS = 16
MOST_WINDOW = 64


@saved()
@dataclass(frozen=True, kw_only=True)
class ShapeUnit:
    """Description of a unit that receives a few channels through a window and is pooled over the sequence.

    It has no state beyond its window and no outputs that another unit could receive: it belongs to `Shapes`, beside a
    reservoir and not in it.

    Args:
        slots: channels that it receives, at most.
        window: steps that its filters see, each `dilation` after the one before.
        levels: at which the shares of steps are taken, for each of its eight filters.
        width: of the step at a level when units learn, in deviations of the filter's values.

    Raises:
        AuritaError: sizes that cannot be.

    Example:
        >>> ShapeUnit(levels=4).pooled
        40
    """

    slots: int = 1
    window: int = 9
    levels: int = 4
    width: float = 0.5

    hidden: ClassVar[int] = 8
    """Filters of a unit; the compiled kernels hold them side by side."""

    def __post_init__(self) -> None:
        check_fields(self)
        at_least("slots", self.slots, 1)
        for name, value, most in (("window", self.window, MOST_WINDOW), ("levels", self.levels, MOST_LEVELS)):
            if not 1 <= value <= most:
                raise AuritaError(f"{name} is {value}; expected 1 to {most}")
        if not 0 < self.width < 1e6:
            raise AuritaError(f"width is {self.width}; expected a number above 0, in deviations of a filter's values")

    @property
    def pooled(self) -> int:
        """Values of a sequence that a unit says."""
        return self.hidden * (self.levels + 1)

    def config(self) -> Document:
        """The description as plain values, to be saved."""
        return asdict(self)
