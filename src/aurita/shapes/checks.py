"""Shape units from elsewhere: whether their parts fit each other, so that sequences can be read with them."""

import numpy as np

from aurita.errors import AuritaError
from aurita.shapes.padding import VIEWS
from aurita.shapes.shapes import MOST_DILATION, Shapes

_LARGEST = 1e15


def check_shapes(shapes: Shapes, channels: int) -> None:
    """Refuse shape units whose parts do not fit each other or the channels that they receive.

    Raises:
        AuritaError: views that there are not, units without a channel, arrays of other shapes or types, values that
            are not finite.
    """
    unit, units = shapes.unit, len(shapes.channels)
    if not shapes.views or any(view not in VIEWS for view in shapes.views):
        raise AuritaError(f"shape units receive the views {shapes.views!r}; expected some of {', '.join(VIEWS)}")
    total, width = channels * len(shapes.views), (units, unit.hidden)
    known = {
        "mean": (total,),
        "deviation": (total,),
        "channels": (units, unit.slots),
        "dilations": (units,),
        "whole": (units,),
        "filters": (*width, unit.slots, unit.window),
        "levels": (*width, unit.levels),
        "deviations": width,
        "widths": (units,),
        "low": (shapes.width,),
        "high": (shapes.width,),
    }
    kinds = {
        "channels": np.int32,
        "dilations": np.int32,
        "whole": np.bool_,
        "filters": np.float32,
        "levels": np.float32,
    }
    for name, shape in known.items():
        value, kind = getattr(shapes, name), kinds.get(name, np.float64)
        if value.shape != shape or value.dtype != kind:
            raise AuritaError(
                f"{name} of shape units is {value.dtype} of shape {value.shape}; expected {np.dtype(kind)} of {shape}"
            )
        if value.dtype.kind == "f" and not float(np.abs(value).max(initial=0)) < _LARGEST:
            raise AuritaError(f"{name} of shape units holds NaN, infinite or absurdly large values")
    if shapes.twice and units % 2:
        raise AuritaError(f"there are {units} shape units, as drawn and after learning; expected as many of each")
    if not units or shapes.longest < 1:
        raise AuritaError(f"there are {units} shape units for {shapes.longest} steps; expected one or more of each")
    if shapes.channels.min() < -1 or shapes.channels.max() >= total or (shapes.channels.max(axis=1) < 0).any():
        raise AuritaError(f"shape units receive channels that are none of {total}")
    if shapes.dilations.min() < 1 or shapes.dilations.max() > MOST_DILATION:
        raise AuritaError(
            f"windows of shape units are {shapes.dilations.max()} steps apart; expected 1 to {MOST_DILATION}"
        )
    if not ((shapes.deviation > 0).all() and (shapes.deviations > 0).all() and (shapes.widths > 0).all()):
        raise AuritaError("a deviation or width of shape units is zero or less")
    if not (shapes.low <= shapes.high).all():
        raise AuritaError("the outputs of shape units have a range that is none")
