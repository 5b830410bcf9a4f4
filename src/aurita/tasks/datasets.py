"""Recorded data that come with installed libraries (nothing is downloaded), and a user's own table."""

from pathlib import Path

import numpy as np

from aurita.errors import AuritaError, require
from aurita.tasks.task import Category, Split, Task, family

ARCHIVE: dict[str, Category] = {
    "JapaneseVowels": "labels",
    "BasicMotions": "labels",
    "ArrowHead": "labels",
    "GunPoint": "labels",
    "ItalyPowerDemand": "labels",
    "OSULeaf": "labels",
    "ACSF1": "labels",
    "PickupGestureWiimoteZ": "labels",
    "UnitTest": "labels",
    "Covid3Month": "values",
    "CardanoSentiment": "values",
}
"""Collections of sequences that aeon ships, train and test, with what each sequence carries."""


@family("japanese_vowels")
def japanese_vowels(*, seed: int = 0, validation: float = 0.2) -> Task:
    """Nine speakers say two vowels: name the speaker.

    270 utterances to learn from, 370 to test, each 7 to 29 steps of 12 channels: the official split of Kudo, Toyama and
    Shimbo 1999, "Multidimensional curve classification using passing-through regions".

    Args:
        seed: of the cut of the official training set into train and validation; the test set is fixed.
        validation: fraction of the training set to validate on, stratified by speaker.

    Returns:
        A task of category "labels", metric accuracy. `task.development` is the whole official training set.

    Raises:
        AuritaError: aeon is not installed, or a fraction outside 0 to 1.

    Example:
        >>> task = japanese_vowels(seed=0)
        >>> len(task.development), len(task.test), task.channels, task.outputs
        (270, 370, 12, 9)
    """
    return archive("JapaneseVowels", seed=seed, validation=validation)


@family("archive", lambda: ARCHIVE)
def archive(name: str = "JapaneseVowels", *, seed: int = 0, validation: float = 0.2) -> Task:
    """A collection of the time series archive, in its official split, from the files inside the aeon package.

    Args:
        name: one of `ARCHIVE`.
        seed: of the cut into train and validation, stratified by label (Bagnall et al. 2018, "The UEA multivariate time
            series classification archive").
        validation: fraction of the official training set to validate on.

    Returns:
        A task named `archive/<name>`: category "labels", metric accuracy; or "values", metric rmse. The chance level is
        that of the most frequent training label, or of the training mean.

    Raises:
        AuritaError: an unknown name, a fraction that leaves a side empty, or aeon is not installed.

    Example:
        >>> task = archive("BasicMotions", seed=0)
        >>> len(task.train), len(task.validation), task.test.inputs[0].shape
        (32, 8, (100, 6))
    """
    if name not in ARCHIVE:
        raise AuritaError(f"aeon ships no collection {name!r}; choose one of {', '.join(ARCHIVE)}")
    inputs, targets = _shipped(name, "TRAIN")
    test = Split(*_shipped(name, "TEST"))
    labels = ARCHIVE[name] == "labels"
    held = _held_out(targets if labels else np.zeros(len(targets)), validation, seed)
    train, chosen = (
        Split([x for x, out in zip(inputs, held, strict=True) if out == side], targets[held == side])
        for side in (False, True)
    )
    if labels:
        values, counts = np.unique(targets, return_counts=True)
        chance = float(np.mean(test.targets == values[np.argmax(counts)]))
    else:
        chance = float(np.sqrt(np.mean((np.asarray(test.targets) - targets.mean()) ** 2)))
    return Task(
        f"archive/{name}",
        seed,
        train,
        chosen,
        test,
        category=ARCHIVE[name],
        metric="accuracy" if labels else "rmse",
        chance=chance,
        source=f"{name}, time series archive, official split",
    )


def _shipped(name: str, part: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Sequences (T, E) and targets (B,) of a file inside the aeon package; reading a path cannot download."""
    aeon = require("aeon.datasets", "data", "the archive tasks")
    path = Path(str(aeon.__file__)).parent / "data" / name / f"{name}_{part}.ts"
    if not path.is_file():
        raise AuritaError(
            f"the installed aeon does not ship {name}; install a version that does: pip install 'aeon>=1.1'"
        )
    inputs, targets = aeon.load_from_ts_file(str(path))
    return [np.ascontiguousarray(np.asarray(x, dtype=np.float64).T) for x in inputs], np.asarray(targets)


def _held_out(strata: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Boolean (B,): of every stratum the given fraction, rounded, but never all of it."""
    if not 0 < fraction < 1:
        raise AuritaError(f"a validation fraction of {fraction} leaves one side empty; take one between 0 and 1")
    rng = np.random.default_rng(seed)
    held = np.zeros(len(strata), dtype=bool)
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        held[members[: min(round(fraction * len(members)), len(members) - 1)]] = True
    if not held.any():
        raise AuritaError(f"a validation fraction of {fraction} leaves nothing to validate on; take a larger one")
    return held
