"""The ridge readout of a stream that changes: several memories side by side, the one that predicts best is used.

Exponentially forgotten normal equations (Haykin, "Adaptive Filter Theory", ch. 9, in blocks), one set for each memory.
Every block of rows is predicted before it is learned, so the recent errors of all memories and penalties are honest;
the best of them is the readout (prediction with expert advice, by following the recent leader: Herbster and Warmuth
1998, "Tracking the best expert"). Weights are solved from the sums at each block, never updated, so rounding does not
add up; the penalty goes with the weight of the sums, so forgetting does not fade it.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from aurita._typing import Document, Float
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.readout.base import Readout
from aurita.readout.checks import column_scale, matrix, rows, setting, stored
from aurita.readout.moments import Moments

MEMORIES = (300.0, 3000.0, np.inf)
ALPHAS = (1e-10, 1e-8, 1e-6, 1e-4, 1e-2)

# Times the recent mean square error that a block's has to be to count as a change, and rows that it needs to tell.
JUMP, LEAST = 4.0, 20

# A share of the variance that is no error at all.
SILENT = 1e-20

_SUMS = ("feature_mean", "target_mean", "gram", "cross", "target_square")


class ForgettingReadout(Readout):
    """Ridge regression with a free intercept, learned from blocks of a stream in memory that does not grow.

    With a memory of `m` rows, a block `k` rows ago weighs `exp(-k / m)`. For each memory and each alpha the weights
    minimise, over features `x` divided by the largest deviations that they have had, and with `w` these weights,

        sum w (y - x b - c)^2 / sum w  +  alpha * |b|^2

    as `RidgeReadout` does; a feature that falls silent cannot wind up a weight that its return would pay for. The one
    that erred least over the last `window` rows, each predicted before it was learned, is `coef_` and `intercept_`
    (least by the mean logarithm of a block's square error, in variances of the first block's targets). So the
    stationary error is nearly that of the longest memory, and after a change of regime a short one is used until the
    others have caught up. A memory that has done worse than the next shorter one by more than `margin`, over as many
    rows as that one remembers, takes over its sums: what it still knew of the old regime is forgotten at once. Where
    errors jump the shortest memory starts again from nothing, so that there is one that knows only the new regime; a
    false alarm costs little, as the others stay.

    Args:
        memories: rows, ascending; `inf` forgets nothing.
        alphas: penalties, free of scale, as of `RidgeReadout`.
        window: rows over which recent errors are averaged (exponentially).
        margin: share by which a shorter memory has to be better to be taken over.
        prior: weights `(feature, output)`, intercepts and mean square errors `(output,)` of a readout fitted before,
            which this one starts from and is drawn to; zeros by default.
        idle: whether these zeros are a candidate, where there is no prior. Among classes they tell nothing apart, and
            yet err less than weights of few rows.

    Attributes:
        count: rows seen.
        coef_, intercept_: `(feature, output)`, `(output,)`.
        error_: `(output,)`, recent mean square error of predictions made before their row was learned.
        memory_, alpha_: of the one in use; None while it is the prior.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, readout = rng.normal(size=(4000, 3)), ForgettingReadout()
        >>> y = x @ [1.0, -2.0, 0.0] + np.where(np.arange(4000) < 3000, 5.0, -5.0)
        >>> for start in range(0, 4000, 50):
        ...     _ = readout.learn_many(x[start : start + 50], y[start : start + 50])
        >>> bool(readout.predict([[1.0, 1.0, 1.0]])[0] < -5.5)
        True
    """

    name = "forgetting"
    follows = True

    _spread: Float[np.ndarray, " feature"]

    def __init__(
        self,
        memories: Sequence[float] = MEMORIES,
        alphas: Sequence[float] = ALPHAS,
        *,
        window: float = 200.0,
        margin: float = 0.2,
        prior: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
        idle: bool = True,
    ) -> None:
        self.memories = memories
        self.alphas = alphas
        self.window = window
        self.margin = margin
        self.prior = prior
        self.idle = idle
        self.count = 0
        self._flat = False

    @property
    def coef_(self) -> Float[np.ndarray, "feature output"]:
        """Weights of the candidate in use, `(feature, output)`."""
        self._ready()
        return self._coef[self._best]

    @property
    def intercept_(self) -> Float[np.ndarray, " output"]:
        """Its intercepts, `(output,)`."""
        self._ready()
        return self._intercept[self._best]

    @property
    def error_(self) -> Float[np.ndarray, " output"]:
        """Recent mean square error of predictions made before their row was learned, `(output,)`."""
        self._ready()
        return self._loss / max(float(self._lived), 1e-300)

    @property
    def memory_(self) -> float | None:
        """Memory of the candidate in use."""
        self._ready()
        return None if self._best == len(self._coef) - 1 else self._memories[self._best // len(self._alphas)]

    @property
    def alpha_(self) -> float | None:
        """Penalty of the candidate in use."""
        self._ready()
        return None if self._best == len(self._coef) - 1 else self._alphas[self._best % len(self._alphas)]

    def learn_many(self, features: ArrayLike, targets: ArrayLike) -> Self:
        """Judge all candidates on the next block of rows, then learn it.

        Args:
            features: `(row, feature)`, consecutive rows, oldest first.
            targets: `(row, output)` or `(row,)`.

        Raises:
            AuritaError: values are not finite, sizes differ from the rows before, settings that cannot be.
        """
        x, y, _ = rows(features, targets)
        if len(x) == 0:
            return self
        if self.count == 0:
            self._start(x.shape[1], y.shape[1])
        elif (x.shape[1], y.shape[1]) != self._coef.shape[1:]:
            raise AuritaError(
                f"rows have {counted(x.shape[1], 'feature')} and {counted(y.shape[1], 'output')}, those before had "
                f"{self._coef.shape[1]} and {self._coef.shape[2]}; pass rows of the same columns"
            )
        self._flat = np.ndim(targets) == 1
        x, y = x.astype(np.float64), y.astype(np.float64)
        self._evaluate(x, y)
        self._take_over()
        if self._alarm:
            # Begun again, and not to be used before it has been evaluated.
            self._sums[0] = Moments()
            self._recent[: len(self._alphas)] = self._weight[: len(self._alphas)] = 0.0
            self._alarm -= 1.0
        prior = self._coef[-1], self._intercept[-1]
        block = Moments().add(x.astype(np.asarray(features).dtype, copy=False), y - x @ prior[0] - prior[1])
        for memory, sums in zip(self._memories, self._sums, strict=True):
            _fade(sums, float(np.exp(-len(x) / memory))).merge(block)
        self._spread = np.maximum(self._spread, _deviation(self._sums[-1]))
        for number, sums in enumerate(self._sums):
            self._solve(number, sums)
        self.count += len(x)
        # Of equals, as all are before the second block, a prior is used, or the strongest penalty.
        evaluated = self._weight > 0
        scores = np.where(evaluated, self._recent / np.where(evaluated, self._weight, 1.0), np.inf)
        if self.prior is None and not self.idle:
            scores[-1] = np.inf
        self._best = int(np.argmin(scores)) if self.prior is None else _last_smallest(scores)
        return self

    def predict(self, features: ArrayLike) -> Float[np.ndarray, "row output"]:
        """Targets of rows, `(row, output)`, or `(row,)` if those learned were 1-D.

        Raises:
            AuritaError: nothing learned yet, another number of features, or values that are not finite.
        """
        self._ready()
        x = matrix(features, "features", columns=self._coef.shape[1])
        out = x @ self.coef_ + self.intercept_
        return out[:, 0] if self._flat else out

    def config(self) -> Document:
        """Settings as plain values, for JSON."""
        return {
            "memories": [float(memory) if np.isfinite(memory) else "inf" for memory in self.memories],
            "alphas": [float(alpha) for alpha in self.alphas],
            "window": float(self.window),
            "margin": float(self.margin),
            "flat": self._flat,
            "count": self.count,
            "best": getattr(self, "_best", 0),
            "prior": self.prior is not None,
            "idle": self.idle,
        }

    def to_arrays(self) -> dict[str, np.ndarray]:
        """What was learned, as named arrays.

        Raises:
            AuritaError: nothing learned yet.
        """
        self._ready()
        sums = {f"{name}_{i}": getattr(one, name) for i, one in enumerate(self._sums) for name in _SUMS}
        counts = np.array([[one.count, one.weight, one.resolution] for one in self._sums])
        return {**sums, "counts": counts, **{name: getattr(self, f"_{name}") for name in _KEPT}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, object]) -> Self:
        """The readout that `to_arrays` and `config` came from; it goes on learning where that one stopped.

        Raises:
            AuritaError: something is missing or of the wrong shape.
        """
        arrays = {_FORMER.get(name, name): array for name, array in arrays.items()}
        memories = [float(memory) for memory in setting(config, "memories")]
        made = cls(memories, setting(config, "alphas"), window=setting(config, "window"))
        made.margin, made.idle = setting(config, "margin"), bool(config.get("idle", True))
        candidates, features, outputs = stored(arrays, "coef", 3).shape
        counts = _like(arrays, "counts", np.zeros((len(memories), 3)))
        # Of nothing learned older versions kept sums of no shape.
        square = stored(arrays, "gram_0", 2).shape if counts[0, 1] > 0 else (features, features)
        if candidates != len(memories) * len(made.alphas) + 1 or square != (features, features):
            raise AuritaError(
                f"the saved readout has {candidates} candidates of {len(memories)} memories and {len(made.alphas)} "
                f"penalties, and sums of shape {square} of {features} features: it is damaged"
            )
        made._start(features, outputs)
        for name in _KEPT:
            setattr(made, f"_{name}", _like(arrays, name, getattr(made, f"_{name}")))
        if setting(config, "prior"):
            made.prior = made._coef[-1], made._intercept[-1], stored(arrays, "loss", 1)
        for number, one in enumerate(made._sums):
            one.count, one.weight, one.resolution = int(counts[number, 0]), *map(float, counts[number, 1:])
            for name in _SUMS if one.weight > 0 else ():
                setattr(one, name, _like(arrays, f"{name}_{number}", getattr(made._blank, name)))
        made._flat, made.count = bool(setting(config, "flat")), int(setting(config, "count"))
        made._best = int(setting(config, "best"))
        if not 0 <= made._best < candidates or made.count < 0:
            raise AuritaError(f"the saved readout uses candidate {made._best} of {candidates}: it is damaged")
        return made

    def _start(self, features: int, outputs: int) -> None:
        """Nothing seen yet: every candidate predicts as the prior does."""
        self._memories = [float(memory) for memory in self.memories]
        self._alphas = sorted((float(alpha) for alpha in self.alphas), reverse=True)
        if not self._memories or sorted(set(self._memories)) != self._memories or not self._memories[0] >= 1:
            raise AuritaError(f"memories are {self.memories!r}; expected ascending numbers of rows, 1 or more")
        if not self._alphas or not (self._alphas[-1] > 0 and np.isfinite(self._alphas[0])):
            raise AuritaError(f"alphas are {self.alphas!r}; one or more positive finite numbers are expected")
        if not self.window >= 1 or not 0 < self.margin < 1:
            raise AuritaError(
                f"window is {self.window!r} and margin {self.margin!r}; expected 1 row or more, and a share above 0"
            )
        nothing = np.zeros((features, outputs)), np.zeros(outputs), np.zeros(outputs)
        coef, intercept, error = nothing if self.prior is None else self.prior
        if np.shape(coef) != (features, outputs) or not np.shape(intercept) == np.shape(error) == (outputs,):
            raise AuritaError(
                f"the prior has shapes {np.shape(coef)} and {np.shape(intercept)}; expected {(features, outputs)} and "
                f"{(outputs,)}, those of the rows"
            )
        candidates, pairs = len(self._memories) * len(self._alphas) + 1, len(self._memories) - 1
        self._coef = np.repeat(np.asarray(coef, np.float64)[None], candidates, axis=0)
        self._intercept = np.repeat(np.asarray(intercept, np.float64)[None], candidates, axis=0)
        self._blank = Moments()
        self._blank.feature_mean, self._blank.target_mean = np.zeros(features), np.zeros(outputs)
        self._blank.gram, self._blank.cross = np.zeros((features, features)), np.zeros((features, outputs))
        self._blank.target_square = np.zeros(outputs)
        self._sums = [deepcopy(self._blank) for _ in self._memories]
        self._recent, self._weight, self._unit = np.zeros(candidates), np.zeros(candidates), np.ones(outputs)
        # What the prior erred counts as one row.
        self._loss, self._lived = np.array(error, np.float64), np.asarray(0.0 if self.prior is None else 1.0)
        self._alarm = np.zeros(())
        self._spread = np.zeros(features)
        self._pairs, self._paired = np.zeros((pairs, 2)), np.zeros(pairs)
        self._best = candidates - 1

    def _ready(self) -> None:
        if self.count == 0 and self.prior is not None and not hasattr(self, "_coef"):
            self._start(*self.prior[0].shape)
        if self.count == 0 and self.prior is None:
            raise AuritaError("this ForgettingReadout has learned nothing yet; call learn_many first")

    def _evaluate(self, x: Float[np.ndarray, "row feature"], y: Float[np.ndarray, "row output"]) -> None:
        """Errors of all candidates on rows that none of them has learned."""
        candidates, features, outputs = self._coef.shape
        wide = np.moveaxis(self._coef, 0, 1).reshape(features, candidates * outputs)
        errors = (x @ wide).reshape(len(x), candidates, outputs) + self._intercept - y[:, None]
        squares = errors**2
        if self.count == 0:
            variance = y.var(axis=0)
            self._unit = np.where(variance > 0, variance, 1.0)
        faded = np.exp(-np.arange(len(x) - 1, -1, -1.0) / self.window)
        fade = float(np.exp(-len(x) / self.window))
        if len(self._memories) > 1 and len(x) >= LEAST and self.count and self._alarm == 0:
            current = squares[:, self._best].mean(axis=0)
            if float((current / self._unit).sum()) > JUMP * float((self.error_ / self._unit).sum()):
                # The block may have begun in the old regime, so the next one starts from nothing too. What candidates
                # were worth in the old regime is of no more account.
                self._alarm = np.asarray(2.0)
                self._recent, self._weight = 0.0 * self._recent, 0.0 * self._weight
        self._loss = fade * self._loss + faded @ squares[:, self._best]
        self._lived = fade * self._lived + faded.sum()
        # Logarithms: one block in which a weak penalty ran wild may not speak against it for decades of errors.
        logs = np.log((squares / self._unit).mean(axis=(0, 2)) + SILENT)
        self._recent = fade * self._recent + (1 - fade) * logs
        self._weight = fade * self._weight + (1 - fade)
        each = logs[:-1].reshape(len(self._memories), -1).min(axis=1)
        for pair in range(len(self._pairs)):
            kept = float(np.exp(-len(x) / max(self._memories[pair], self.window)))
            self._pairs[pair] = kept * self._pairs[pair] + len(x) * each[pair : pair + 2]
            self._paired[pair] = kept * self._paired[pair] + len(x)

    def _take_over(self) -> None:
        """Memories that have done clearly worse than the next shorter one go on from its sums."""
        alphas = len(self._alphas)
        for pair in range(len(self._pairs)):
            shorter, longer = self._pairs[pair]
            gained = (longer - shorter) / max(self._paired[pair], 1.0)
            if self._paired[pair] < self.window / 2 or gained < -np.log(1 - self.margin):
                continue
            self._sums[pair + 1] = deepcopy(self._sums[pair])
            first, second = (slice(i * alphas, (i + 1) * alphas) for i in (pair, pair + 1))
            self._coef[second], self._intercept[second] = self._coef[first], self._intercept[first]
            self._recent[second], self._weight[second] = self._recent[first], self._weight[first]
            self._pairs[pair], self._paired[pair] = 0.0, 0.0

    def _solve(self, number: int, sums: Moments) -> None:
        """Weights of one memory at every penalty."""
        covariance = sums.gram / sums.weight
        active = np.flatnonzero(np.minimum(_deviation(sums), self._spread))
        scale = self._spread[active]
        square = covariance[np.ix_(active, active)] / np.outer(scale, scale)
        cross = sums.cross[active] / sums.weight / scale[:, None]
        for which, alpha in enumerate(self._alphas):
            place = number * len(self._alphas) + which
            shift = np.zeros_like(self._coef[place])
            if len(active):
                shift[active] = _solved(square, cross, alpha) / scale[:, None]
            self._coef[place] = self._coef[-1] + shift
            self._intercept[place] = self._intercept[-1] + sums.target_mean - sums.feature_mean @ shift


def _solved(
    square: Float[np.ndarray, "active active"], cross: Float[np.ndarray, "active output"], alpha: float
) -> Float[np.ndarray, "active output"]:
    """`(square + alpha) b = cross`; directions that are nothing but rounding get a penalty of that size."""
    diagonal = np.diag_indices(len(square))
    whole = square.copy()
    # The rounding of a correlation matrix is at most of this size.
    whole[diagonal] += max(alpha, len(square) ** 2 * np.finfo(np.float64).eps)
    return linalg.solve(whole, cross, assume_a="pos", overwrite_a=True, check_finite=False)


def _deviation(sums: Moments) -> Float[np.ndarray, " feature"]:
    return column_scale(sums.feature_mean, np.diagonal(sums.gram) / sums.weight, sums.resolution)


def _fade(sums: Moments, share: float) -> Moments:
    """The sums, all rows weighing less."""
    sums.weight *= share
    sums.gram *= share
    sums.cross *= share
    sums.target_square *= share
    return sums


def _like(arrays: Mapping[str, np.ndarray], name: str, fresh: np.ndarray) -> np.ndarray:
    value = stored(arrays, name, np.ndim(fresh))
    if value.shape != np.shape(fresh):
        raise AuritaError(f"the saved array {name!r} has shape {value.shape}, expected {fresh.shape}: it is damaged")
    return np.array(value, dtype=np.float64)


def _last_smallest(scores: np.ndarray) -> int:
    return len(scores) - 1 - int(np.argmin(scores[::-1]))


_KEPT = ("coef", "intercept", "recent", "weight", "lived", "loss", "unit", "spread", "alarm", "pairs", "paired")
_FORMER = {"judged": "weight", "said": "loss"}
"""Names in files of older versions."""
