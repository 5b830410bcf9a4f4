"""The native engine: built-in units in C on a CPU, running and learning, with no compilation for a shape.

JAX is the reference, the way for units of one's own and for GPUs, and the fallback where the library was not built.
"""

from aurita.native.library import engine, engine_used, kernels, set_engine

__all__ = ["engine", "engine_used", "kernels", "set_engine"]
