"""Published experiments, run again over many seeds and shown beside what was published.

A part of a reproduction is a module with three functions:

    study(features=..., *, seeds=..., storage=...) -> Study    what is run; without `features` where there is one size
    report(done) -> list of (title, DataFrame)                 its tables, once it has run
    seconds_expected(done, features=...) -> float              what it takes from nothing on two cores
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from aurita._typing import Document
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

    from aurita.studies.study import Study

REPRODUCTIONS = {
    "notebook": ("notebook", "anarchists"),
    "cogscale": ("cogscale",),
    "memory": ("memory",),
}
"""Modules here that each reproduction runs, in order."""

BY_DIFFICULTY = {"cogscale": "cogscale_default"}
"""The module that runs where a difficulty is named."""

CORES_OF_ESTIMATES = 2
MOST_PROCESSES = 8


@dataclass(frozen=True, eq=False)
class Part:
    """One study of a reproduction, ready to run.

    Attributes:
        study: declared, and perhaps partly done already.
        module: where it comes from.
        features: its size; None where it has one only.
    """

    study: "Study"
    module: ModuleType
    features: int | None

    def seconds_left(self, processes: int) -> float:
        """Seconds that the rest will take: by the runs already made, or by a stored estimate where these are few.

        The first runs wait for programs to be compiled, so they say little before a tenth of all is done.
        """
        status = self.study.status()
        if not status.left:
            return 0.0
        at_once = min(processes, os.cpu_count() or 1)
        if status.done >= 0.1 * status.total:
            return float(self.study.records()["wall_seconds"].mean()) * status.left / at_once
        size = {} if self.features is None else {"features": self.features}
        expected = float(self.module.seconds_expected(self.study, **size))
        return expected * CORES_OF_ESTIMATES / at_once * status.left / status.total

    def report(self) -> "list[tuple[str, pd.DataFrame]]":
        """Titles and tables.

        Raises:
            AuritaError: nothing has run.
        """
        return self.module.report(self.study)


def parts(
    name: str,
    *,
    features: int | None = None,
    difficulty: str | None = None,
    budget: int | None = None,
    seeds: int | Sequence[int] | None = None,
    storage: str | Path | None = None,
) -> list[Part]:
    """The studies of a reproduction.

    Args:
        name: a key of `REPRODUCTIONS`.
        features: size of what is read out, where the reproduction has several.
        difficulty: of the tasks, where they have several; the default society runs them then, on one seed by default.
        budget: numbers that the units that stay and the readout may train together, where a difficulty is named.
        seeds: how many, or which; those of the reproduction by default.
        storage: path or URL that keeps the records; a file in the current folder by default.

    Returns:
        One part a study; they share the storage.

    Raises:
        AuritaError: an unknown name, or a size where there is none to choose.

    Example:
        >>> [part.study.name for part in parts("notebook", seeds=2)]
        ['notebook', 'anarchists']
    """
    if name not in REPRODUCTIONS:
        near = get_close_matches(name, REPRODUCTIONS, n=1, cutoff=0.5) or list(REPRODUCTIONS)
        raise AuritaError(f"there is no reproduction {name!r}; nearest: {', '.join(near)}")
    if difficulty is None:
        if budget is not None:
            raise AuritaError(f"budget = {budget} goes with a difficulty; give one, such as difficulty = 'medium'")
        return [
            _part(name, part, {"features": features, "seeds": seeds, "storage": storage})
            for part in REPRODUCTIONS[name]
        ]
    if name not in BY_DIFFICULTY:
        raise AuritaError(f"reproduction {name!r} has one difficulty only; leave out difficulty = {difficulty!r}")
    given = {"features": features, "difficulty": difficulty, "budget": budget, "seeds": seeds, "storage": storage}
    return [_part(name, BY_DIFFICULTY[name], given)]


def processes_for_here() -> int:
    """How many processes to work with on this machine: one a core, within reason."""
    return min(os.cpu_count() or 1, MOST_PROCESSES)


def _part(name: str, part: str, given: Document) -> Part:
    module, features = import_module(f"{__name__}.{part}"), given["features"]
    if features is not None and "features" not in signature(module.study).parameters:
        raise AuritaError(f"reproduction {name!r} has one size only; leave out features = {features}")
    study = module.study(**{key: value for key, value in given.items() if value is not None})
    return Part(study, module, features)
