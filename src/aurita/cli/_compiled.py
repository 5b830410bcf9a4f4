"""The cache of compiled programs, kept between calls: what took seconds to compile is read from disk the next time."""

import hashlib
import os
import platform
import sys
from pathlib import Path

from aurita._jax import started

CACHE = "JAX_COMPILATION_CACHE_DIR"
"""JAX's own variable for the folder."""


def cache_folder() -> Path:
    """Where compiled programs are kept: `AURITA_CACHE`, or `aurita` in the user's folder of caches.

    Programs are compiled for one kind of processor, so each has a folder of its own: one home folder may serve many.
    """
    given = os.environ.get("AURITA_CACHE")
    if given:
        root = Path(given)
    elif sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "aurita"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches" / "aurita"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aurita"
    return root / "compiled" / _processor()


def keep_compiled() -> None:
    """Have JAX, not imported yet, keep what it compiles; without a word where nothing can be written."""
    # Loading a program from the cache logs an error about tuning flags that XLA itself set.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if CACHE in os.environ or started():
        return
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return
    if os.access(folder, os.W_OK):
        os.environ[CACHE] = str(folder)
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def _processor() -> str:
    """A short name for the kind of processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    traits = {line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))}
    described = "\n".join([platform.machine(), platform.processor(), *sorted(traits)])
    return hashlib.sha256(described.encode()).hexdigest()[:12]
