"""JAX, where it is asked for: nothing here imports it before an attribute of one of these names is used.

`jax`, `jnp`, `eqx` and `optax` stand for the modules; `compiled` is `equinox.filter_jit`, applied at the first call.
"""

import functools
import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from aurita.errors import AuritaError
from aurita.forking import check_process

if TYPE_CHECKING:
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax
else:

    class _Module:
        """Stands for a module until one of its attributes is used."""

        def __init__(self, name: str) -> None:
            self.__dict__["_name"] = name

        def __getattr__(self, attribute: str) -> Any:
            found = getattr(_imported(self._name), attribute)
            self.__dict__[attribute] = found
            return found

    jax, jnp, eqx, optax = (_Module(name) for name in ("jax", "jax.numpy", "equinox", "optax"))

Function = TypeVar("Function", bound=Callable[..., object])

# As JAX reads its variables.
_ON = ("y", "yes", "t", "true", "on", "1")
_LATER: list[Callable[[], None]] = []


def installed() -> bool:
    """Whether JAX can be loaded; it is not for that."""
    return find_spec("jax") is not None


def started() -> bool:
    """Whether JAX is loaded in this process."""
    return sys.modules.get("jax") is not None


def in_double() -> bool:
    """Whether JAX is set to double precision; as long as nobody has imported it, by its environment variable."""
    if started():
        return bool(jax.config.read("jax_enable_x64"))
    return os.environ.get("JAX_ENABLE_X64", "").lower() in _ON and installed()


def once_loaded(action: Callable[[], None]) -> None:
    """Do something as soon as JAX is loaded, by whomever; now, where it is already."""
    _LATER.append(action)
    if started():
        _do_what_waits()
    elif not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


class _Watch(MetaPathFinder):
    """Looks out for the import of JAX, finds it as others do, and does what waits for it once it is loaded."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != "jax":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_do(module: ModuleType) -> None:
                load(module)
                _do_what_waits()

            spec.loader.exec_module = load_and_do  # type: ignore[method-assign]
        return spec


def library_of(array: object) -> ModuleType:
    """The library that an array is of, numpy or JAX's."""
    import numpy as np

    return np if isinstance(array, np.ndarray) else jnp


def compiled(function: Function) -> Function:
    """`equinox.filter_jit`, applied when the function is first called."""
    made: list[Callable[..., object]] = []

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        check_process()
        if not made:
            made.append(eqx.filter_jit(function))
        # What is drawn is then that of `aurita._keys`, whatever JAX_THREEFRY_PARTITIONABLE says.
        with jax.threefry_partitionable(True):
            return made[0](*args, **kwargs)

    return call  # type: ignore[return-value]


@functools.cache
def _loaded() -> None:
    """JAX itself, with the classes that it is to see as trees."""
    try:
        import_module("jax")
    except ModuleNotFoundError:
        raise AuritaError(
            "this needs JAX, which is not installed; install the extra: pip install 'aurita[jax]'. Built-in units run "
            "and learn without it where the native engine was built, see `aurita info --engine`"
        ) from None
    _do_what_waits()


def _do_what_waits() -> None:
    while _LATER:
        _LATER.pop()()


def _imported(name: str) -> Any:
    _loaded()
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise AuritaError(f"this needs {error.name}; install the extra: pip install 'aurita[jax]'") from None
