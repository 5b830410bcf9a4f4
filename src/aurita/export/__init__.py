"""Fitted models outside Python: as ONNX graphs, and as one C99 file without dependencies."""

from aurita._lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "c": ["to_c"],
        "onnx": ["to_onnx"],
    },
)
