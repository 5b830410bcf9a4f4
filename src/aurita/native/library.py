"""The compiled library: whether it is there, which kernels fit this processor, and which engine is to be used."""

import ctypes
import importlib.util
import os
import warnings
from collections.abc import Callable
from functools import cache

from aurita._jax import in_double, installed, jax, started
from aurita.errors import AuritaError

ENGINES = ("auto", "native", "jax")
VARIABLE = "AURITA_ENGINE"
VERSION = 8
"""Of what Python and C exchange; a library of another one counts as not built."""

_SUFFIXES = {4: "_v4", 3: "_v3", 0: "_base"}
_CHOSEN: list[str] = []


class Kernels:
    """The functions of the library for one kind of processor.

    Attributes:
        level: 4 with AVX-512, 3 with AVX2, 0 with neither.
    """

    def __init__(self, library: ctypes.CDLL, level: int) -> None:
        self._library, self.level = library, level

    def function(self, name: str) -> Callable[..., int]:
        """The function of this name; it releases Python's lock while it runs."""
        found = getattr(self._library, f"aurita_{name}{_SUFFIXES[self.level]}")
        found.restype = ctypes.c_int
        return found


@cache
def kernels(level: int | None = None) -> Kernels | None:
    """The compiled kernels, or None where they were not built, or from sources of another version.

    Args:
        level: of the processor to have kernels for, to test them; what this one can by default.
    """
    spec = importlib.util.find_spec("aurita.native._kernels")
    if spec is None or spec.origin is None:
        return None
    try:
        library = ctypes.CDLL(spec.origin)
    except OSError:
        return None
    if not hasattr(library, "aurita_version") or library.aurita_version() != VERSION:
        return None
    own = library.aurita_level()
    return Kernels(library, own if level is None else min(level, own))


def engine() -> str:
    """The engine that was asked for: `auto`, `native` or `jax`.

    Raises:
        AuritaError: the environment variable `AURITA_ENGINE` names something else.
    """
    return _checked(_CHOSEN[-1] if _CHOSEN else os.environ.get(VARIABLE) or "auto")


def engine_used() -> str:
    """The engine that runs built-in units: `native`, or `jax` where that was asked for, JAX has more than a CPU or is
    set to double precision, or nothing was built.

    Warns:
        UserWarning: JAX is set to double precision, which nobody asked to run on.

    Raises:
        AuritaError: `native` was asked for, and the library was not built; or neither it nor JAX is there.
    """
    asked = engine()
    if kernels() is None and asked != "native" and not installed():
        raise AuritaError(
            "no engine is installed: the native library was not built, and JAX is not there; install a C compiler "
            "(such as gcc) and install aurita again, or install the extra: pip install 'aurita[jax]'"
        )
    if asked == "jax" or (asked == "auto" and not _on_cpu()):
        return "jax"
    if asked == "auto" and in_double():
        if kernels() is not None:
            warnings.warn(
                "JAX is set to double precision (jax_enable_x64), so units run and learn on JAX, in float64, which "
                "takes far longer than natively in float32; choose by aurita.native.set_engine('jax') or ('native')",
                stacklevel=2,
            )
        return "jax"
    if kernels() is None:
        if asked == "native":
            raise AuritaError(
                "the native engine was asked for and its library was not built; install a C compiler (such as gcc) "
                "and install aurita again, or use engine 'auto' or 'jax'"
            )
        return "jax"
    return "native"


class set_engine:
    """From now on reservoirs run and learn on this engine; as a context, only within it.

    Args:
        name: `auto` (native where it can, JAX otherwise), `native` (an error where it cannot) or `jax`.

    Raises:
        AuritaError: another name.

    Example:
        >>> with set_engine("jax"):
        ...     engine_used()
        'jax'
    """

    def __init__(self, name: str) -> None:
        _CHOSEN.append(_checked(name))

    def __enter__(self) -> None:
        return None

    def __exit__(self, *raised: object) -> None:
        _CHOSEN.pop()


def _on_cpu() -> bool:
    """Whether JAX would run on the CPU; as long as nobody has imported it, what its environment variable says."""
    if started():
        return bool(jax.default_backend() == "cpu")
    asked = os.environ.get("JAX_PLATFORMS", "").split(",")[0].strip()
    return asked in ("", "cpu")


def _checked(name: str) -> str:
    if name not in ENGINES:
        raise AuritaError(f"engine is {name!r}; expected one of {', '.join(ENGINES)}")
    return name
