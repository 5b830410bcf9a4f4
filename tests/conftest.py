"""What all tests share: how JAX compiles, and what is let go after a file.

Most programs run once here, and compiling them well takes longer than all else: XLA compiles with the least work, and
what it compiled for one file is found in a folder by the next. In memory it is let go after each file, or a long run
would hold thousands of programs. With AURITA_OPTIMISED=1 programs are compiled as users have them, which takes longer.

With AURITA_CHECK_SHAPES=1 calls of units, reservoirs, readouts and learning are held against their annotations: types,
and the axes of arrays, which have to fit together. It takes about twice as long.
"""

import gc
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

OPTIMISED = os.environ.get("AURITA_OPTIMISED")
QUICK = [
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
    "--xla_cpu_use_fusion_emitters=false",
]

# Linear algebra on one core: threads that wait for one another take many times as long where tests run side by side.
# It holds for the libraries that pytest has loaded, and for later ones, here and in processes that tests start.
# tests/test_blas.py asks for more.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
threadpool_limits(int(os.environ["OPENBLAS_NUM_THREADS"]), user_api="blas")

# Before JAX is imported, and for the processes that tests start as well.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["XLA_FLAGS"] = " ".join([*([] if OPTIMISED else QUICK), os.environ.get("XLA_FLAGS", "")])
    _programs = tempfile.TemporaryDirectory(prefix="aurita-programs-")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", _programs.name)
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    # XLA logs what is no error for every program that it reads from there.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
else:
    # A folder for each worker: no one reads what another is writing.
    os.environ["JAX_COMPILATION_CACHE_DIR"] += f"/{os.environ['PYTEST_XDIST_WORKER']}"

if os.environ.get("AURITA_CHECK_SHAPES"):
    from beartype import BeartypeConf, beartype
    from jaxtyping import install_import_hook

    def checker(function):
        """The function, held against its annotations; a whole number passes for a float, as everywhere in Python."""
        hints = getattr(function, "__annotations__", {})
        # `Self` means nothing to a checker of single functions.
        function.__annotations__ = {name: Any if "Self" in str(hint) else hint for name, hint in hints.items()}
        return beartype(function, conf=BeartypeConf(is_pep484_tower=True))

    checking = ModuleType("aurita_checking")
    checking.checker = checker
    sys.modules["aurita_checking"] = checking
    folders = ("units", "reservoir", "readout", "learning")
    here = Path(__file__).parents[1] / "src" / "aurita"
    modules = [f"aurita.{folder}.{file.stem}" for folder in folders for file in (here / folder).glob("*.py")]
    # Settings take tables for groups, and trees of records hold anything while JAX works on them.
    loose = {"aurita.learning.settings", "aurita.reservoir.state", "aurita.reservoir.weights"}
    checked = [module for module in modules if module not in loose]
    install_import_hook(checked, "aurita_checking.checker")


@pytest.fixture(scope="module", autouse=True)
def _compiled_programs():
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


def pytest_collection_finish():
    """What all tests import stays to the end: no collection of garbage goes through it again."""
    gc.collect()
    gc.freeze()
