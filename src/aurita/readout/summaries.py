"""Sequence summaries: one row of features per sequence, from states that arrive in chunks of time.

A label or value for a whole sequence needs the states of all its steps as one vector. What counts of a sequence is its
valid part: the steps from the washout to its own length; padding after it is never read, whatever it holds.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from aurita._registry import Registry
from aurita._typing import Bool, Float, Int
from aurita._words import counted
from aurita.errors import AuritaError


class Accumulator(ABC):
    """Summary in the making: `add` consecutive chunks of time, then `finish`.

    The result does not depend on how time is cut into chunks (beyond rounding, where values are summed), and needs no
    memory for steps gone by.
    """

    def __init__(self, lengths: ArrayLike, features: int, washout: int) -> None:
        self.lengths = _checked_lengths(lengths, washout)
        self.features = features
        self.washout = washout
        self.time = 0

    def add(self, chunk: ArrayLike) -> None:
        """Take in the next steps of all sequences.

        Args:
            chunk: `(batch, time, feature)`, steps after a sequence's length hold anything.

        Raises:
            AuritaError: the shape differs from what was announced.
        """
        steps = np.asarray(chunk)
        if steps.ndim != 3 or (steps.shape[0], steps.shape[2]) != (len(self.lengths), self.features):
            raise AuritaError(
                f"a chunk of states has shape {steps.shape}; ({len(self.lengths)}, time, {self.features}) is expected"
            )
        self._take(steps)
        self.time += steps.shape[1]

    def finish(self) -> Float[np.ndarray, "batch width"]:
        """The summary, `(batch, width)` float64.

        Raises:
            AuritaError: steps of the longest sequence are still missing.
        """
        longest = int(self.lengths.max(initial=0))
        if self.time < longest:
            raise AuritaError(f"{self.time} steps were added, the longest sequence has {longest}; add the rest first")
        return self._result()

    @abstractmethod
    def _take(self, steps: Float[np.ndarray, "batch time feature"]) -> None:
        """Account for `steps`, which begin at `self.time`."""

    @abstractmethod
    def _result(self) -> Float[np.ndarray, "batch width"]: ...


class Summary(ABC):
    """How the states of a sequence become one row of features.

    A new one is a frozen dataclass in one file, anywhere; defining it registers it, within the package by its `kind`.
    """

    kind: ClassVar[str] = ""

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        SUMMARIES.register(cls.kind)(cls)

    @property
    def name(self) -> str:
        """The name that `summary_named` knows it by, which its parameters are part of."""
        return SUMMARIES.name_of(type(self))

    @abstractmethod
    def width(self, features: int) -> int:
        """Columns of the summary of states with so many features."""

    @abstractmethod
    def start(self, lengths: ArrayLike, features: int, washout: int = 0) -> Accumulator:
        """A new accumulator.

        Args:
            lengths: `(batch,)`, steps of each sequence, washout included.
            features: features of a state.
            washout: steps at the start of every sequence that do not count.

        Raises:
            AuritaError: a sequence is no longer than the washout.
        """

    def apply(
        self, states: ArrayLike, lengths: ArrayLike | None = None, washout: int = 0
    ) -> Float[np.ndarray, "batch width"]:
        """The summary of states at hand.

        Args:
            states: `(batch, time, feature)`, padded after the lengths.
            lengths: `(batch,)`, all of the time by default.
            washout: steps at the start of every sequence that do not count.

        Returns:
            `(batch, width)` float64.

        Raises:
            AuritaError: a sequence is no longer than the washout, or longer than the states.
        """
        given = np.asarray(states)
        if given.ndim != 3:
            raise AuritaError(f"states have shape {given.shape}; (batch, time, feature) is expected")
        whole = np.full(given.shape[0], given.shape[1]) if lengths is None else lengths
        accumulator = self.start(whole, given.shape[2], washout)
        accumulator.add(given)
        return accumulator.finish()

    def parts(self) -> list[str]:
        """What a summary has of each feature, in its order.

        Example:
            >>> MeanDeviation().parts(), Last().parts()
            (['mean', 'deviation'], ['last'])
        """
        width = self.width(1)
        return [self.name] if width == 1 else [f"{self.name} {number}" for number in range(width)]

    def so_far(
        self, states: Float[np.ndarray, "time feature"], washout: int, steps: Int[np.ndarray, " step"]
    ) -> Float[np.ndarray, "step width"]:
        """The summary of one sequence up to and with each of some steps.

        Example:
            >>> Mean().so_far(np.array([[1.0], [3.0], [8.0]]), 0, np.arange(3)).tolist()
            [[1.0], [2.0], [4.0]]
        """
        return np.concatenate([self.apply(states[None, : step + 1], washout=washout) for step in steps])


SUMMARIES: Registry[type[Summary]] = Registry.of_subclasses("summary", Summary)
"""Summaries by the part of their names before a colon."""


@dataclass(frozen=True)
class Last(Summary):
    """The last state.

    Example:
        >>> Last().apply([[[1.0], [2.0], [9.0]]], lengths=[2])
        array([[2.]])
    """

    kind = "last"

    def width(self, features: int) -> int:
        return features

    def start(self, lengths: ArrayLike, features: int, washout: int = 0) -> Accumulator:
        return _Picked(lengths, features, washout, 1)

    def so_far(
        self, states: Float[np.ndarray, "time feature"], washout: int, steps: Int[np.ndarray, " step"]
    ) -> Float[np.ndarray, "step width"]:
        return states[steps]


@dataclass(frozen=True)
class AtTimes(Summary):
    """The states at the ends of `k` equal stretches of the valid part, side by side, earliest first.

    With `n` valid steps these are the steps `ceil(i n / k) - 1`, `i = 1..k`: the last step is always among them,
    `n = k` takes every step once, and `n < k` repeats some.

    Args:
        k: how many, one or more.

    Raises:
        AuritaError: `k` is less than one.

    Example:
        >>> AtTimes(2).apply([[[0.0], [1.0], [2.0], [3.0]]])
        array([[1., 3.]])
    """

    kind = "times"
    k: int = 4

    def __post_init__(self) -> None:
        if self.k < 1:
            raise AuritaError(f"k is {self.k}; the number of times has to be 1 or more")

    @property
    def name(self) -> str:
        return f"times:{self.k}"

    def width(self, features: int) -> int:
        return self.k * features

    def start(self, lengths: ArrayLike, features: int, washout: int = 0) -> Accumulator:
        return _Picked(lengths, features, washout, self.k)

    def parts(self) -> list[str]:
        return [f"{number}/{self.k}" for number in range(1, self.k + 1)]

    def so_far(
        self, states: Float[np.ndarray, "time feature"], washout: int, steps: Int[np.ndarray, " step"]
    ) -> Float[np.ndarray, "step width"]:
        valid, ends = steps + 1 - washout, np.arange(1, self.k + 1)
        which = washout + (ends * valid[:, None] + self.k - 1) // self.k - 1
        return states[which].reshape(len(steps), -1)


@dataclass(frozen=True)
class Mean(Summary):
    """The mean state.

    Example:
        >>> Mean().apply([[[1.0], [2.0], [9.0]]], lengths=[2])
        array([[1.5]])
    """

    kind = "mean"

    def width(self, features: int) -> int:
        return features

    def start(self, lengths: ArrayLike, features: int, washout: int = 0) -> Accumulator:
        return _Averaged(lengths, features, washout, deviation=False)

    def so_far(
        self, states: Float[np.ndarray, "time feature"], washout: int, steps: Int[np.ndarray, " step"]
    ) -> Float[np.ndarray, "step width"]:
        return _means_so_far(states, washout)[steps - washout]


@dataclass(frozen=True)
class MeanDeviation(Summary):
    """The mean state and, after it, the deviation of every feature over time (of the population; 0 for one step).

    Example:
        >>> MeanDeviation().apply([[[1.0], [3.0]]])
        array([[2., 1.]])
    """

    kind = "mean_deviation"

    def width(self, features: int) -> int:
        return 2 * features

    def start(self, lengths: ArrayLike, features: int, washout: int = 0) -> Accumulator:
        return _Averaged(lengths, features, washout, deviation=True)

    def parts(self) -> list[str]:
        return ["mean", "deviation"]

    def so_far(
        self, states: Float[np.ndarray, "time feature"], washout: int, steps: Int[np.ndarray, " step"]
    ) -> Float[np.ndarray, "step width"]:
        mean = _means_so_far(states, washout)
        # Around the mean of all, so that rounding does not pass for deviation.
        centred = states[washout:].astype(np.float64) - mean[-1]
        shift = _means_so_far(centred, 0)
        deviation = np.sqrt(np.maximum(_means_so_far(centred**2, 0) - shift**2, 0))
        return np.hstack([mean, deviation])[steps - washout]


def summary_named(name: str | Summary) -> Summary:
    """The summary of a name: `last`, `mean`, `mean_deviation`, `times` or `times:K`; a summary is handed through.

    Raises:
        AuritaError: there is no such name, or `K` is no whole number above zero.

    Example:
        >>> summary_named("times:3")
        AtTimes(k=3)
    """
    if isinstance(name, Summary):
        return name
    kind, colon, count = str(name).partition(":")
    if ":" in str(name) and kind not in SUMMARIES:
        return SUMMARIES.find(name)()
    if kind not in SUMMARIES:
        near = get_close_matches(kind, SUMMARIES, n=1)
        raise AuritaError(
            f"there is no summary {name!r}; expected is one of {', '.join(SUMMARIES)} or times:K"
            + (f": did you mean {near[0]!r}?" if near else "")
        )
    if not colon:
        return SUMMARIES[kind]()
    if kind != "times" or not count.isdecimal():
        raise AuritaError(f"there is no summary {name!r}; only times takes a number, a whole one: 'times:4'")
    return AtTimes(int(count))


def _means_so_far(states: Float[np.ndarray, "time feature"], washout: int) -> Float[np.ndarray, "valid feature"]:
    counted = states[washout:].astype(np.float64)
    return np.cumsum(counted, axis=0) / np.arange(1, len(counted) + 1)[:, None]


class _Picked(Accumulator):
    """States at chosen steps."""

    def __init__(self, lengths: ArrayLike, features: int, washout: int, k: int) -> None:
        super().__init__(lengths, features, washout)
        valid = self.lengths - washout
        ends = np.arange(1, k + 1)
        self.steps: Int[np.ndarray, "batch k"] = washout + (ends * valid[:, None] + k - 1) // k - 1
        self.found = np.zeros((len(valid), k, features))

    def _take(self, steps: Float[np.ndarray, "batch time feature"]) -> None:
        at = self.steps - self.time
        who, which = np.nonzero((at >= 0) & (at < steps.shape[1]))
        self.found[who, which] = steps[who, at[who, which]]

    def _result(self) -> Float[np.ndarray, "batch width"]:
        return self.found.reshape(len(self.found), -1)


class _Averaged(Accumulator):
    """Mean and squared deviation, joined over chunks as in Chan, Golub and LeVeque (1983)."""

    def __init__(self, lengths: ArrayLike, features: int, washout: int, *, deviation: bool) -> None:
        super().__init__(lengths, features, washout)
        self.deviation = deviation
        self.count = np.zeros((len(self.lengths), 1))
        self.mean = np.zeros((len(self.lengths), features))
        self.square = np.zeros((len(self.lengths), features))

    def _take(self, steps: Float[np.ndarray, "batch time feature"]) -> None:
        now = self.time + np.arange(steps.shape[1])
        valid: Bool[np.ndarray, "batch time 1"] = ((now >= self.washout) & (now < self.lengths[:, None]))[:, :, None]
        count = valid.sum(axis=1)
        total = self.count + count
        mean = np.sum(steps, axis=1, where=valid, dtype=np.float64) / np.maximum(count, 1)
        step = mean - self.mean
        if self.deviation:
            spread = np.subtract(steps, mean[:, None], where=valid, out=np.zeros(steps.shape))
            self.square += np.einsum("btf,btf->bf", spread, spread)
            self.square += step**2 * (self.count * count / np.maximum(total, 1))
        self.mean += step * (count / np.maximum(total, 1))
        self.count = total

    def _result(self) -> Float[np.ndarray, "batch width"]:
        if not self.deviation:
            return self.mean.copy()
        return np.hstack([self.mean, np.sqrt(self.square / np.maximum(self.count, 1))])


def _checked_lengths(lengths: ArrayLike, washout: int) -> Int[np.ndarray, " batch"]:
    given = np.asarray(lengths)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise AuritaError(f"lengths are {given.dtype} of shape {given.shape}; whole numbers, (batch,), are expected")
    if washout < 0:
        raise AuritaError(f"washout is {washout}; zero or more steps are expected")
    given = given.astype(np.int64)
    short = np.flatnonzero(given <= washout)
    if len(short):
        raise AuritaError(
            f"sequence {short[0]} has {counted(given[short[0]], 'step')} and the washout is {washout}; every sequence "
            "needs at least one step after it: shorten the washout or drop the sequence"
        )
    return given
