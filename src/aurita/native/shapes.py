"""Shape units by the compiled kernels: pooling, and learning, over threads."""

import ctypes
from ctypes import Structure, c_float, c_int32, c_void_p
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Float
from aurita.native.library import engine, kernels
from aurita.native.threads import spread

if TYPE_CHECKING:
    from aurita.shapes.shapes import Padded, Shapes


class _Shapes(Structure):
    _fields_ = (
        ("values", c_void_p),
        ("lengths", c_void_p),
        *(
            (name, c_int32)
            for name in ("batch", "channels", "stride", "left", "units", "slots", "window", "levels_count")
        ),
        *((name, c_void_p) for name in ("unit_channels", "dilations", "whole", "filters", "levels", "slopes")),
    )


class _Training(Structure):
    _fields_ = (
        ("targets", c_void_p),
        *((name, c_int32) for name in ("outputs", "cross_entropy", "steps", "size", "every")),
        ("rows", c_void_p),
        ("rates", c_void_p),
        ("head_rate", c_float),
        ("decay", c_float),
        *((name, c_void_p) for name in ("means", "scales", "heads", "losses", "gradients")),
    )


def compiled() -> Any:
    """The kernels, or None where they were not built or another engine was asked for."""
    return None if engine() == "jax" else kernels()


def pool(
    shapes: "Shapes", padded: "Padded", slopes: Float[np.ndarray, "unit hidden level"]
) -> Float[np.ndarray, "batch feature"] | None:
    """Pooled values of all units, or None where nothing was compiled.

    Raises:
        MemoryError: there is none for the values of the filters.
    """
    found = compiled()
    if found is None:
        return None
    given = _Arguments(shapes, padded, shapes.filters, shapes.levels, slopes)
    out = np.zeros((len(padded.lengths), shapes.units * shapes.unit.pooled), np.float32)
    work = found.function("shapes_pool")
    if not spread(lambda first, last: work(given.pointer, c_int32(first), c_int32(last), _at(out)), shapes.units):
        raise MemoryError("no memory for the values of filters over the longest sequence")
    return out


def learn(shapes: "Shapes", padded: "Padded", slopes: Float[np.ndarray, "unit hidden level"], **training: Any) -> bool:
    """Let all units learn in place; whether the kernels were there.

    Args:
        shapes: units, whose filters and levels change.
        padded: sequences.
        slopes: of the steps while they learn.
        training: `targets`, `cross_entropy`, `rows`, `every`, `rates`, `head_rate`, `decay`, `means`, `scales`,
            `heads`, `losses` and `gradients` as `aurita.shapes.learning` has them.

    Raises:
        MemoryError: there is none for the values of the filters.
    """
    found = compiled()
    if found is None:
        return False
    given = _Arguments(shapes, padded, shapes.filters, shapes.levels, slopes)
    struct = _Training(
        targets=_at(training["targets"]),
        outputs=training["targets"].shape[1],
        cross_entropy=int(training["cross_entropy"]),
        steps=training["rows"].shape[1],
        size=training["rows"].shape[2],
        every=training["every"],
        head_rate=training["head_rate"],
        decay=training["decay"],
        **{name: _at(training[name]) for name in ("rows", "rates", "means", "scales", "heads", "losses", "gradients")},
    )
    work = found.function("shapes_learn")
    pointer = ctypes.byref(struct)
    if not spread(lambda first, last: work(given.pointer, pointer, c_int32(first), c_int32(last)), shapes.units):
        raise MemoryError("no memory for the values of filters over the longest sequence")
    return True


class _Arguments:
    """What the kernels are given; the arrays live as long as this does."""

    def __init__(
        self, shapes: "Shapes", padded: "Padded", filters: np.ndarray, levels: np.ndarray, slopes: np.ndarray
    ) -> None:
        batch, channels, stride = padded.values.shape
        self._arrays = (
            shapes.channels,
            shapes.dilations,
            shapes.whole.astype(np.uint8),
            padded,
            filters,
            levels,
            slopes,
        )
        self._struct = _Shapes(
            values=_at(padded.values),
            lengths=_at(padded.lengths),
            batch=batch,
            channels=channels,
            stride=stride,
            left=padded.left,
            units=shapes.units,
            slots=shapes.unit.slots,
            window=shapes.unit.window,
            levels_count=shapes.unit.levels,
            unit_channels=_at(shapes.channels),
            dilations=_at(shapes.dilations),
            whole=_at(self._arrays[2]),
            filters=_at(filters),
            levels=_at(levels),
            slopes=_at(slopes),
        )
        self.pointer = ctypes.byref(self._struct)


def _at(array: np.ndarray | None) -> c_void_p | None:
    if array is None:
        return None
    assert array.flags.c_contiguous
    assert array.dtype in (np.float32, np.int32, np.uint8)
    return c_void_p(array.ctypes.data)
