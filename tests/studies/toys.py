"""Stand-in models for tests of studies: they know the answer and are off by as much as is asked for."""

import os
import time

import numpy as np

from aurita.studies.models import Fitted


def shift(task, splits, *, seed, offset=0.5, rate=0.1, horizons=(1,), pause=0.0, log=None, blow=False):
    """The truth plus an offset, noise that the seed draws, and what the rate is off 0.1."""
    if log is not None:
        with open(log, "a") as file:
            file.write(f"{os.getpid()} {task.name} {seed} {','.join(splits)}\n")
    time.sleep(pause)
    rng = np.random.default_rng(seed)
    off = offset + abs(np.log10(rate) + 1) + 0.01 * rng.random() + 0.001 * len(horizons)
    predictions = {name: [y + (np.nan if blow else off) for y in getattr(task, name).targets] for name in splits}
    losses = np.linspace(2.0, 1.0, 100)[:, None] * np.ones(3)
    return Fitted(predictions, trained=7, fixed=5, losses=losses, details={"offset": offset})


def unlucky(task, splits, *, seed, bad=(1,), repaired=None):
    """Raises for some seeds, unless a file is there."""
    if seed in bad and not (repaired and os.path.exists(repaired)):
        raise RuntimeError(f"no luck with {seed}")
    return shift(task, splits, seed=seed)


def secretive(task, splits, *, seed, rate=0.1):
    """Insists that nobody asks it for test data with the seeds of a search, nor shows it any."""
    if seed >= 1000:
        assert list(splits) == ["validation"]
        assert task.test is task.validation
    return shift(task, splits, seed=seed, rate=rate)


def blurred(task, splits, *, seed, rate=0.1):
    """The truth with as much noise as the rate is off 0.1."""
    noise, off = np.random.default_rng(seed), abs(np.log10(rate) + 1)
    return Fitted({s: [y + off * noise.standard_normal(y.shape) for y in getattr(task, s).targets] for s in splits}, 1)


def picky(task, splits, *, seed, rate=0.1, forgiving=False):
    """Raises whatever it is given."""
    raise ValueError(f"not with {rate}")


def prophet(task, splits, *, seed):
    """Knows the whole series, and continues it."""
    series = task.test.series[0]

    def forecast(contexts, steps):
        found = []
        for context in contexts:
            start = next(t for t in range(len(series)) if np.array_equal(series[t : t + len(context)], context))
            found.append(series[start + len(context) :][:steps])
        return found

    return Fitted({name: getattr(task, name).targets for name in splits}, trained=0, continue_series=forecast)


def frozen(task, splits, *, seed):
    """Says that all stays as it is."""
    predictions = {name: [x.copy() for x in getattr(task, name).inputs] for name in splits}
    return Fitted(predictions, 0, continue_series=lambda runs, steps: [np.repeat(x[-1:], steps, 0) for x in runs])
