"""How much each sequence, or each step, counts: weights of samples and of classes."""

from collections.abc import Mapping

import numpy as np

from aurita._typing import Float
from aurita.data._numeric import numbers
from aurita.data.alignment import by_sequence, by_step
from aurita.data.frames import has_levels
from aurita.data.sequences import Sequences, is_listed
from aurita.data.targets import Targets
from aurita.errors import AuritaError

Weights = list[Float[np.ndarray, "time"]]
"""A weight for each step of each sequence; where sequences have the targets, that of the sequence at all its steps."""


def sample_weights(given: object, sequences: Sequences, *, per_step: bool) -> Weights | None:
    """Weights of samples, checked, in units of the largest.

    Args:
        given: `(B,)`, one a sequence; where steps have targets also a list of `(T,)` arrays, or a series with the index
            levels sequence and time; None: all count alike.
        sequences: what they belong to, by index where there is one.
        per_step: whether steps have targets.

    Raises:
        AuritaError: other numbers of them, no numbers, negative ones, or none above zero.

    Example:
        >>> sample_weights([1, 2], Sequences([np.zeros((2, 1)), np.zeros((1, 1))]), per_step=False)
        [array([0.5, 0.5]), array([1.])]
    """
    if given is None:
        return None
    lengths = sequences.lengths
    if per_step and (is_listed(given) or has_levels(given)):
        parts = by_step(given, sequences, "sample_weight")
        if parts is None or [len(part) for part in parts] != lengths.tolist():
            raise AuritaError("sample_weight has other lengths than the sequences; expected a weight for every step")
        found = [numbers(part, f"the sample_weight of sequence {number}") for number, part in enumerate(parts)]
        found = [part[:, 0] if part.ndim == 2 and part.shape[1] == 1 else part for part in found]
    else:
        weights = numbers(by_sequence(given, sequences, "sample_weight"), "sample_weight")
        if weights.shape != (len(sequences),):
            ways = ", or a list of (steps,) arrays" if per_step else ""
            raise AuritaError(
                f"sample_weight has shape {weights.shape}; expected one weight a sequence, ({len(sequences)},){ways}"
            )
        found = [np.full(length, weight) for length, weight in zip(lengths, weights, strict=True)]
    if any(part.ndim != 1 for part in found):
        raise AuritaError("sample_weight has several columns; expected one weight a step")
    least = min(float(part.min()) for part in found)
    if least < 0:
        raise AuritaError(f"sample_weight goes down to {least:g}; expected weights of 0 or more")
    most = max(float(part.max()) for part in found)
    if most == 0:
        raise AuritaError("every sample_weight is zero; expected some weights above 0")
    return [part / most for part in found]


def with_class_weights(
    weights: Weights | None, class_weight: object, classes: np.ndarray, sequences: Sequences, targets: Targets
) -> Weights | None:
    """Weights times those of the classes, as scikit-learn has it.

    Args:
        weights: of the samples.
        class_weight: `balanced`, the weight of every class such that all classes weigh the same; or weights of labels,
            1 for those that are not named; None: all count alike.
        classes: the labels, sorted.
        sequences, targets: what they are of.

    Raises:
        AuritaError: weights of labels that there are not, or a class that has no weight left.
    """
    ones = [np.ones(length) for length in sequences.lengths]
    given = weights or ones
    codes = [np.atleast_1d(np.argmax(part, axis=-1)) for part in targets.values]
    # A sequence with one label counts once, however many steps it has.
    counted = given if targets.per_step else [part[:1] for part in given]
    totals = np.zeros(len(classes))
    for code, part in zip(codes, counted, strict=True):
        np.add.at(totals, code, part)
    if (totals == 0).any():
        empty = classes.tolist()[int(np.argmin(totals))]
        raise AuritaError(
            f"the class {empty!r} has sample_weight 0 everywhere; expected some of every class: leave it out of X and y"
        )
    if class_weight is None:
        return weights
    if isinstance(class_weight, Mapping):
        factors = np.ones(len(classes))
        for label, weight in class_weight.items():
            place = [number for number, known in enumerate(classes.tolist()) if known == label]
            if not place:
                raise AuritaError(
                    f"class_weight names {label!r}, which is none of the classes {classes.tolist()[:10]}; leave it out"
                )
            factors[place[0]] = float(weight)
    else:
        factors = totals.sum() / (len(classes) * totals)
    return [part * factors[code] for part, code in zip(given, codes, strict=True)]


def of_rows(weights: Weights | None) -> Float[np.ndarray, "batch"] | None:
    """Weights of whole sequences."""
    return None if weights is None else np.array([part[0] for part in weights])


def weighing(weights: Weights) -> list[int]:
    """Numbers of the sequences that weigh anything."""
    return [number for number, part in enumerate(weights) if part.any()]


def scored_weights(given: object, sequences: Sequences, *, per_step: bool) -> Float[np.ndarray, " row"] | None:
    """Weights of the rows that are scored: sequences, or all steps one after the other."""
    weights = sample_weights(given, sequences, per_step=per_step)
    if weights is None:
        return None
    return np.concatenate(weights) if per_step else of_rows(weights)
