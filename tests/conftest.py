"""What all tests share: programs compiled for one file are let go after it, or a long run would hold thousands.

With AURITA_CHECK_SHAPES=1 calls of units, reservoirs, readouts and learning are held against their annotations: types,
and the axes of arrays, which have to fit together. It takes about twice as long.
"""

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import pytest

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
    jax.clear_caches()
