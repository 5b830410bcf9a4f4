"""Limits of a series, such as no sales below zero: kept by forecasts, and by what they feed back.

A closed loop runs in differences and deviations. At each step the prediction is turned into a value of the series, held
within the limits, and turned back before the reservoir receives it: these are its `aurita.engine.running.Bounds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita.data.index import shown
from aurita.data.series import KeyedSeries
from aurita.errors import AuritaError


@dataclass(frozen=True)
class Limits:
    """The least and the greatest value of a series; None where there is none.

    Example:
        >>> Limits(0, None).kept(np.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    lower: float | None
    upper: float | None

    @property
    def none(self) -> bool:
        """Whether there is no limit."""
        return self.lower is None and self.upper is None

    def kept(self, values: np.ndarray) -> np.ndarray:
        """Values held within the limits."""
        return values if self.none else np.clip(values, self.lower, self.upper)

    def check(self, given: Sequence[KeyedSeries]) -> None:
        """Complain about series that lie outside.

        Raises:
            AuritaError: a value below `lower` or above `upper`.
        """
        for one in given:
            for name, limit, outside in (("lower", self.lower, np.less), ("upper", self.upper, np.greater)):
                if limit is None or not (wrong := outside(one.values, limit)).any():
                    continue
                step, channel = np.argwhere(wrong)[0]
                where = f"step {step}" if one.index is None else shown(one.index[step])
                column = f" ({one.columns[channel]})" if one.columns and len(one.columns) > 1 else ""
                raise AuritaError(
                    f"y is {one.values[step, channel]:g} at {where}{column} and {name}={limit:g}; expected no value "
                    f"{'below' if name == 'lower' else 'above'} it: mend the series, or give another {name}"
                )


def limits_of(forecaster: object) -> Limits:
    """The limits that a forecaster is given.

    Raises:
        AuritaError: no finite numbers, or a lower limit that is not below the upper one.
    """
    found = []
    for name in ("lower", "upper"):
        value = getattr(forecaster, name)
        number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        if value is not None and not (number and np.isfinite(value)):
            raise AuritaError(f"{name} is {value!r}; expected a finite number, or None for no limit")
        found.append(None if value is None else float(value))
    lower, upper = found
    if lower is not None and upper is not None and not lower < upper:
        raise AuritaError(f"lower is {lower:g} and upper {upper:g}; expected lower below upper")
    return Limits(lower, upper)
