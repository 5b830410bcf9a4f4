"""aurita in other libraries, and models of other libraries in aurita. Each module needs the library it is named for."""

from aurita._lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "nixtla": ["NixtlaModel"],
        "reservoirpy": ["from_reservoirpy"],
    },
)
