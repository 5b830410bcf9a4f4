"""Records of trials: what is the same for all of a process, and values that JSON can hold."""

import math
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Document, Json

MOST_POINTS = 40
MOST_UNITS = 200


@cache
def environment() -> Document:
    """Where and with what this process works: versions, git commits, host.

    Example:
        >>> environment()["versions"]["aurita"].count(".")
        2
    """
    packages = ("aurita", "jax", "jaxlib", "numpy", "scipy", "scikit-learn", "optuna")
    return {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "git": {"aurita": _commit(Path(__file__).parent, Path(__file__).name), "folder": _commit(Path.cwd(), None)},
        "host": platform.node(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "pid": os.getpid(),
    }


def now() -> str:
    """The time, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def plain(value: object) -> Any:
    """A value as JSON holds it: arrays become lists, what is not finite becomes None, what is no value its text.

    Example:
        >>> plain({"a": np.array([1.0, np.nan]), "b": np.int64(3), "c": "x"})
        {'a': [1.0, None], 'b': 3, 'c': 'x'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | range):
        return [plain(part) for part in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "tolist") and not isinstance(value, float):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


def losses_kept(losses: np.ndarray | None) -> Document | None:
    """What a record keeps of local losses: the first and last of every unit, and a thinned curve of their mean.

    Args:
        losses: (step, unit), or None.

    Example:
        >>> kept = losses_kept(np.array([[4.0, 2.0], [1.0, 1.0]]))
        >>> kept["first"], kept["last"], kept["units_last"], kept["curve"]
        (3.0, 1.0, [1.0, 1.0], [3.0, 1.0])
    """
    values = np.atleast_2d(np.asarray(losses if losses is not None else [], dtype=float))
    if not values.size:
        return None
    means = values.mean(axis=1)
    steps = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).round().astype(int))
    return {
        "first": _short(means[0]),
        "last": _short(means[-1]),
        "units_first": _short(values[0, :MOST_UNITS]),
        "units_last": _short(values[-1, :MOST_UNITS]),
        "steps": steps.tolist(),
        "curve": _short(means[steps]),
    }


def forget_peak() -> None:
    """Let the peak of memory start anew, where the system can do that (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_megabytes() -> float | None:
    """Most memory that the process held since `forget_peak`, or since its start."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _short(values: ArrayLike) -> Json:
    """Six digits: a curve is for looking at."""
    return plain(np.vectorize(lambda value: float(f"{value:.6g}"))(values))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit(folder: Path, tracked: str | None) -> Document | None:
    """Commit of the folder's repository and whether it differs; None where there is none, or a file is not in it."""

    def git(*words: str) -> str:
        # Without optional locks, a look at the state stops nobody else from committing.
        command = ["git", "--no-optional-locks", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()

    try:
        if tracked is not None:
            git("ls-files", "--error-unmatch", tracked)
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None
