"""What the learning kernels are given of a population, mirrored from `c/learn_types.h`: both must agree."""

from ctypes import Structure, c_float, c_int32, c_void_p

PASSAGES = {"wired": 0, "mixed": 1, "learned": 2}
LOSSES = {"squares": 0, "cross_entropy": 1, "broadcast": 2}
"""Of the target; `broadcast` is the product with it, whose gradient by what a unit says is what is broadcast."""

DIAGONAL = {"ungated": 1, "gated": 2, "turned": 3}
OPTIMISERS = {"adam": 0, "rmsprop": 1, "lion": 2, "sgd": 3}


class Kind(Structure):
    """What is the same for all units of a population."""

    _fields_ = (
        *(
            (name, c_int32)
            for name in (
                *("slots", "afferents", "memory", "dilation", "heads", "width", "hidden", "shifted", "masked"),
                *("targets", "horizons", "diagonal", "states", "turning"),
                *("block", "normalisation", "activation", "passage", "leaky"),
                *("by_self", "by_target", "loss", "relative"),
                *("optimiser", "batch", "steps", "first", "ranges"),
            )
        ),
        *((name, c_float) for name in ("alpha", "l2", "weight_decay", "age_rate", "clip", "noise")),
        *((name, c_void_p) for name in ("horizon", "range_starts", "range_lengths", "open", "guesses")),
        ("apart", c_int32),
        *((name, c_void_p) for name in ("start", "own_traces", "passage_traces")),
    )
