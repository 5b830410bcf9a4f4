"""The series as experts forecast them: at their last level, with last records that nobody can tell yet nearer."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aurita._typing import Float, Int
from aurita.data.series import KeyedSeries
from aurita.estimators._constructors import ForecasterParameters
from aurita.experts import Committee, levelled, moved, tempered

FEW = 6
"""Of fewer records at a level it is a guess that they stay there."""

_KNOWN = 12
"""A level of so many records is not judged anew."""

STAYS = {1: 0.21, 2: 0.43, 3: 0.63, 4: 0.80, 5: 0.85}
"""How often half or more is left of a far move that so many records agree on: `benchmarks/moves_left.py`."""

_NAMED = 5


class LevelInDoubt(UserWarning):
    """The last records of a series are far from those before, and may be wrong, or for a while."""


@dataclass(frozen=True)
class Levels:
    """What series say of their last level.

    Attributes:
        steps: `(S,)`, how many each has.
        first: `(S, O)`, its first step at the last level; 0: it never shifted.
        doubtful: `(S, O)`, how many of its last records are in doubt.
        given: each as it came, where the next records may tell otherwise; None elsewhere.
    """

    steps: Int[np.ndarray, "series"]
    first: Int[np.ndarray, "series output"]
    doubtful: Int[np.ndarray, "series output"]
    given: list[np.ndarray | None]

    @staticmethod
    def of(series: Sequence[KeyedSeries]) -> "Levels":
        """Of series that did not shift."""
        none = np.zeros((len(series), series[0].values.shape[1]), int)
        return Levels(np.array([len(one.values) for one in series], int), none, none.copy(), [None] * len(series))

    def kept(self, places: Sequence[int]) -> "Levels":
        """Of some of the series."""
        parts = (self.steps[places], self.first[places], self.doubtful[places])
        return Levels(*parts, [self.given[place] for place in places])

    def in_histories(self, committee: Committee) -> Committee:
        """A committee that holds, of what may change yet, the last values as they came."""
        pairs = zip(self.given, committee.histories, strict=True)
        return replace(committee, given=[None if was is None else was[-len(now) :] for was, now in pairs])


def at_last_level(
    forecaster: ForecasterParameters,
    given: Sequence[KeyedSeries],
    covariates: Sequence[np.ndarray],
    seasons: tuple[int, ...],
) -> tuple[list[KeyedSeries], Levels]:
    """The series with their past levels brought to the last one, which is what experts forecast.

    With covariates they stay as they are, which may say what shifted; so does a series that would leave its limits.
    """
    found = Levels.of(given)
    if covariates[0].shape[1]:
        return list(given), found
    low = -np.inf if forecaster.lower is None else forecaster.lower
    high = np.inf if forecaster.upper is None else forecaster.upper
    plain = [one.values for one in given]
    level = [
        was if (now < low).any() or (now > high).any() else now
        for was, now in zip(plain, levelled(plain, seasons), strict=True)
    ]
    last = tempered(level, seasons)
    for row, (was, now, end) in enumerate(zip(plain, level, last, strict=True)):
        for column in range(was.shape[1]):
            moves = np.flatnonzero(now[:, column] != was[:, column])
            found.first[row, column] = moves[-1] + 1 if len(moves) else 0
            changed = np.flatnonzero(end[:, column] != now[:, column])
            found.doubtful[row, column] = len(now) - changed[0] if len(changed) else 0
        young = (found.first[row] > 0) & (len(was) - found.first[row] < _KNOWN)
        if young.any() or found.doubtful[row].any():
            found.given[row] = was
    return [one if end is one.values else replace(one, values=end) for one, end in zip(given, last, strict=True)], found


def followed_levels(
    forecaster: ForecasterParameters,
    committee: Committee,
    upcoming: Sequence[KeyedSeries],
    before: Levels,
) -> tuple[list[KeyedSeries], Levels]:
    """The last values of series that went on, at the level that they now say is their last.

    What was certain before stays.

    Args:
        forecaster: whose limits are kept.
        committee: that holds what came before.
        upcoming: what came next.
        before: levels until then.
    """
    pasts = [now if was is None else was for was, now in zip(before.given, committee.histories, strict=True)]
    whole = [replace(one, values=np.concatenate([past, one.values])) for past, one in zip(pasts, upcoming, strict=True)]
    found, now = at_last_level(forecaster, whole, [np.zeros((1, 0))] * len(whole), committee.seasons)
    steps = before.steps + [len(one.values) for one in upcoming]
    ago = (steps - now.steps)[:, None]
    certain = np.array([[was is None] for was in before.given]) | (before.first <= ago)
    first = np.where(now.first > 0, now.first + ago, np.where(certain, before.first, 0))
    return found, replace(now, steps=steps, first=first)


def candidates(
    committee: Committee, levels: Levels, mean: Float[np.ndarray, "series ahead output"], reservoir: np.ndarray
) -> tuple[Int[np.ndarray, "row"], list[np.ndarray], Float[np.ndarray, "row output"], Int[np.ndarray, "row output"]]:
    """What is forecast where last records do not stay at their level, and where they do.

    Args:
        committee: that forecasts.
        levels: of its series.
        mean: its forecasts.
        reservoir: those of its reservoir.

    Returns:
        Numbers of the series whose last level is a guess; both forecasts of them; how likely the second is right, zero
        for outputs of which nothing is in doubt; and how many records tell the last level.
    """
    young = (levels.first > 0) & (levels.steps[:, None] - levels.first < FEW)
    guessed = np.array([[was is not None and len(was) > FEW] for was in levels.given]) & (young | (levels.doubtful > 0))
    rows = np.flatnonzero(guessed.any(axis=1))
    shares, known = np.zeros((len(rows), mean.shape[2])), np.ones((len(rows), mean.shape[2]), int)
    moves, histories = np.zeros((len(rows), *mean.shape[1:])), [committee.histories[row].copy() for row in rows]
    for place, row in enumerate(rows):
        was = levels.given[row]
        assert was is not None
        was = was[-len(histories[place]) :]
        for output in np.flatnonzero(guessed[row]):
            if count := int(levels.doubtful[row, output]):
                found = moved(was[:, output], count, committee.seasons, mean.shape[1])
                histories[place][:, output], moves[place, :, output] = found
            else:
                count = int(levels.steps[row] - levels.first[row, output])
                last = -count - 1
                moves[place, :, output] = histories[place][last, output] - was[last, output]
            shares[place, output], known[place, output] = STAYS.get(count, 1.0), count
    wrong = (levels.doubtful[rows] > 0)[:, None]
    back = committee.instead(rows.tolist(), histories, reservoir[rows]) if len(rows) else mean[rows]
    back = np.where(wrong, back, mean[rows] - moves)
    return rows, [back, back + moves], shares, known


def warn_of_levels(given: Sequence[KeyedSeries], levels: Levels) -> None:
    """One warning of all series whose last level is a guess; `shifted_at_` alone tells of an older one."""
    doubtful = levels.doubtful
    young = (levels.first > 0) & (levels.steps[:, None] - levels.first < FEW)
    several = doubtful.max() > 1
    many, them = ("one or two last records are", "them") if several else ("the last record is", "it")
    parts = [
        (
            doubtful > 0,
            f"{many} far from all before: wrong, or the first at another level? The forecast brings "
            f"{them} nearer, and intervals hold both; correct what is wrong, or fit again with more records",
        ),
        (
            young,
            f"the level shifted fewer than {FEW} records before the end, and is taken to stay; correct these records "
            "if they are wrong",
        ),
    ]
    found = []
    for which, text in parts:
        rows = np.flatnonzero(which.any(axis=1))
        if len(rows):
            names = [str(row) if given[row].key is None else repr(given[row].key) for row in rows[:_NAMED]]
            rest = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
            found.append(text if len(given) == 1 else f"in {len(rows)} of the series ({', '.join(names)}{rest}) {text}")
    if found:
        message = ". ".join(f"{one[0].upper()}{one[1:]}" for one in found)
        warnings.warn(f"{message} (shifted_at_ and doubtful_ hold where)", LevelInDoubt, stacklevel=5)
