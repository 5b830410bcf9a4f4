"""What the kernels of a run are given, mirrored from `c/run_plan.h`: the order and types of both must agree."""

import ctypes

import numpy as np

SEEN = ("output", "hidden", "context", "sum", "ahead", "target", "error")
PARTS = 3
LANES = 16

_ADDRESS = ctypes.c_void_p
_INT = ctypes.c_int32
_POPULATION = (
    "kind runs units slots afferents mixed leaky memory dilation shifted masked heads width hidden ahead targets "
    "normalisation activation fan_in speaks by_neuron received diagonal states turning source numbers"
)
_ARRAYS = (
    "external teacher alive asked lived lived_after feedback_before feedback_after features recorded kept late "
    "coefficients intercept series deviation mean carried past"
)
_CALL = "count steps batch tile wide outside sources feedback seen inputs outputs time lags rows group"


class PopulationStruct(ctypes.Structure):
    """A population: where its numbers lie, and what its units are."""

    _fields_ = (
        ("weights", _ADDRESS),
        ("wiring", _ADDRESS),
        ("among", _ADDRESS),
        ("before", _ADDRESS * PARTS),
        ("after", _ADDRESS * PARTS),
        ("output_before", _ADDRESS),
        ("output_after", _ADDRESS),
        ("part_rows", _INT * PARTS),
        ("first", _INT * len(SEEN)),
        *[(name, _INT) for name in _POPULATION.split()],
        ("clip", ctypes.c_float),
        ("scale", ctypes.c_float),
        ("leak", ctypes.c_float),
    )


class Call(ctypes.Structure):
    """A run of some steps."""

    _fields_ = (
        ("populations", ctypes.POINTER(PopulationStruct)),
        *[(name, _ADDRESS) for name in _ARRAYS.split()],
        *[(name, _INT) for name in _CALL.split()],
        ("lower", ctypes.c_float),
        ("upper", ctypes.c_float),
    )


def address(array: np.ndarray | None) -> int | None:
    """Where the numbers of an array begin; None for none. The array has to outlive the call."""
    return None if array is None else array.ctypes.data


def floats(values: object) -> np.ndarray:
    """Values as the kernels read them."""
    return np.ascontiguousarray(values, np.float32)


def integers(values: object) -> np.ndarray:
    """Whole numbers as the kernels read them."""
    return np.ascontiguousarray(values, np.int32)
