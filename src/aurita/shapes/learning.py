"""How shape units learn: each alone, by a head on its own pooled values that predicts the label of the sequence.

A unit's pooled values are standardised as they were drawn, a linear head predicts the classes (softmax, cross-entropy)
or values (square error), and filters, levels and head descend the unit's own loss with Adam (Kingma and Ba 2015), the
rate falling as a half cosine. No gradient enters another unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.errors import AuritaError
from aurita.native import shapes as native
from aurita.shapes._reference import counted, pooled_of, windows_of
from aurita.shapes.padding import Padded
from aurita.shapes.shapes import Shapes, pool, ranged, slopes_of, units_of

_BLOCK = 16
"""Steps that learning looks at together."""


@dataclass(frozen=True, kw_only=True)
class ShapeLearning:
    """Settings of the learning of shape units.

    Args:
        steps: optimiser steps.
        size: sequences in a batch.
        every: a batch looks at one block of sixteen steps in so many of each sequence, others in the next batch.
        rate: first learning rate, of filters and levels.
        head_rate: of the head, in rates of the filters.
        decay: of the head's weights, a step, in rates.
    """

    steps: int = 40
    size: int = 32
    every: int = 1
    rate: float = 0.01
    head_rate: float = 3.0
    decay: float = 0.01


class Taught(NamedTuple):
    """Units after learning.

    Attributes:
        shapes: with other filters and levels.
        losses: of each unit's batches, before each step.
        gradients: of each unit's last batch: filters, levels, head.
    """

    shapes: Shapes
    losses: Float[np.ndarray, "unit step"]
    gradients: Float[np.ndarray, "unit weight"]


def learn_shapes(
    shapes: Shapes,
    values: Sequence[Float[np.ndarray, "time channel"]],
    targets: Float[np.ndarray, "batch output"],
    settings: ShapeLearning | None = None,
    *,
    classes: bool,
    only: Bool[np.ndarray, "unit"] | None = None,
    seed: int = 0,
) -> Taught:
    """Let every unit learn alone what sequences are labelled with.

    Args:
        shapes: units as drawn.
        values: sequences.
        targets: of each; one column a class, or standardised values.
        settings: of learning.
        classes: whether the targets are classes.
        only: the units that learn, all by default; the others stay as drawn, and have no losses nor gradients.
        seed: of the batches.

    Raises:
        AuritaError: targets that do not fit the sequences.

    Example:
        >>> from aurita.shapes import draw_shapes
        >>> rng = np.random.default_rng(0)
        >>> x = [np.sin(np.arange(40)[:, None] / (2 + n % 2) + rng.uniform(0, 6)) for n in range(40)]
        >>> y = np.eye(2)[np.arange(40) % 2]
        >>> losses = learn_shapes(draw_shapes(x, units=2), x, y, classes=True).losses
        >>> bool((losses[:, -1] < losses[:, 0]).all())
        True
    """
    settings = ShapeLearning() if settings is None else settings
    if targets.ndim != 2 or len(targets) != len(values):
        raise AuritaError(f"targets have shape {targets.shape}; expected a row for each of {len(values)} sequences")
    if only is not None and not only.all():
        return _learn_some(shapes, values, targets, settings, only, classes=classes, seed=seed)
    learnt = replace(shapes, filters=shapes.filters.copy(), levels=shapes.levels.copy(), learnt=True)
    padded, units, outputs = shapes.padded(values), shapes.units, targets.shape[1]
    slopes = slopes_of(shapes, np.full(units, shapes.unit.width))
    drawn = pool(shapes, padded, slopes)
    means, deviations = drawn.mean(axis=0), drawn.std(axis=0)
    scales = np.where(deviations > 1e-6, 1 / np.maximum(deviations, 1e-6), 0)
    count = shapes.filters[0].size + shapes.levels[0].size + outputs * (shapes.unit.pooled + 1)
    training = {
        "targets": np.ascontiguousarray(targets, np.float32),
        "cross_entropy": classes,
        "every": settings.every,
        "rows": batches(len(values), units, settings, seed),
        "rates": (settings.rate * 0.5 * (1 + np.cos(np.pi * np.arange(settings.steps) / settings.steps))).astype(
            np.float32
        ),
        "head_rate": settings.head_rate,
        "decay": settings.decay,
        "means": means.reshape(units, -1).astype(np.float32),
        "scales": scales.reshape(units, -1).astype(np.float32),
        "heads": np.zeros((units, outputs, shapes.unit.pooled + 1), np.float32),
        "losses": np.zeros((units, settings.steps), np.float32),
        "gradients": np.zeros((units, count), np.float32),
    }
    if not native.learn(learnt, padded, slopes, **training):
        for unit in range(units):
            _learn_one(learnt, padded, slopes, unit, training)
    sound = np.isfinite(learnt.filters).all(axis=(1, 2, 3)) & np.isfinite(learnt.levels).all(axis=(1, 2))
    learnt.filters[~sound], learnt.levels[~sound] = shapes.filters[~sound], shapes.levels[~sound]
    return Taught(ranged(learnt, values), training["losses"], training["gradients"])


def _learn_some(
    shapes: Shapes,
    values: Sequence[Float[np.ndarray, "time channel"]],
    targets: Float[np.ndarray, "batch output"],
    settings: ShapeLearning,
    only: Bool[np.ndarray, "unit"],
    *,
    classes: bool,
    seed: int,
) -> Taught:
    """The same for some of the units."""
    if not only.any():
        return Taught(shapes, np.zeros((0, settings.steps)), np.zeros((0, 0)))
    taught = learn_shapes(units_of(shapes, only), values, targets, settings, classes=classes, seed=seed)
    filters, levels = shapes.filters.copy(), shapes.levels.copy()
    filters[only], levels[only] = taught.shapes.filters, taught.shapes.levels
    return taught._replace(shapes=ranged(replace(shapes, filters=filters, levels=levels, learnt=True), values))


def batches(count: int, units: int, settings: ShapeLearning, seed: int) -> Int[np.ndarray, "unit step row"]:
    """Sequences of every batch of every unit: all in random order, then all again."""
    rng, size = np.random.default_rng(seed), min(settings.size, count)
    rounds = -(-settings.steps * size // count)
    orders = rng.permuted(np.tile(np.arange(count, dtype=np.int32), (units * rounds, 1)), axis=1)
    rows = orders.reshape(units, -1)[:, : settings.steps * size]
    return np.ascontiguousarray(rows.reshape(units, settings.steps, size))


def _learn_one(shapes: Shapes, padded: Padded, slopes: np.ndarray, unit: int, training: dict) -> None:
    """The same without the compiled kernels."""
    weights = [shapes.filters[unit], shapes.levels[unit], training["heads"][unit]]
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    factors = (1.0, 1.0, training["head_rate"])
    decays = (0.0, 0.0, training["decay"])
    for step, rate in enumerate(training["rates"]):
        loss, gradients = loss_and_gradients(shapes, padded, slopes, unit, training, step)
        training["losses"][unit, step] = loss
        training["gradients"][unit] = np.concatenate([g.ravel() for g in gradients])
        for w, g, (first, second), factor, decay in zip(weights, gradients, moments, factors, decays, strict=True):
            first += 0.1 * (g - first)
            second += 0.01 * (g**2 - second)
            update = first / (1 - 0.9 ** (step + 1)) / (np.sqrt(second / (1 - 0.99 ** (step + 1))) + 1e-8)
            w -= rate * factor * (update + decay * w)


def looked_at(counts: Bool[np.ndarray, "batch time"], every: int, step: int) -> Bool[np.ndarray, "batch time"]:
    """Which of the steps that count a batch looks at: one block of sixteen in `every`, the next in the next batch."""
    first = counts.argmax(axis=1) // _BLOCK
    blocks = (counts.shape[1] - 1 - counts[:, ::-1].argmax(axis=1)) // _BLOCK + 1 - first
    phase = (step + np.arange(len(counts))) % every
    phase[phase >= blocks] = 0
    return counts & ((np.arange(counts.shape[1]) // _BLOCK - (first + phase)[:, None]) % every == 0)


def loss_and_gradients(
    shapes: Shapes, padded: Padded, slopes: np.ndarray, unit: int, training: dict, step: int
) -> tuple[float, list[np.ndarray]]:
    """One unit's loss of one batch, and its gradients: of filters, levels and head."""
    rows, head = training["rows"][unit, step], training["heads"][unit].astype(float)
    windows = windows_of(shapes, padded, unit, rows).astype(float)
    counts = looked_at(counted(shapes, padded, unit, rows), training["every"], step)
    levels, sharp = shapes.levels[unit].astype(float), slopes[unit].astype(float)
    h = np.einsum("kcj,bcjt->bkt", shapes.filters[unit].astype(float), windows)
    raw = pooled_of(h, counts, levels, sharp)
    x = (raw.reshape(len(rows), -1) - training["means"][unit]) * training["scales"][unit]
    predicted, wanted = x @ head[:, :-1].T + head[:, -1], training["targets"][rows]
    if training["cross_entropy"]:
        log_shares = predicted - predicted.max(axis=1, keepdims=True)
        log_shares -= np.log(np.exp(log_shares).sum(axis=1, keepdims=True))
        loss, error = -(wanted * log_shares).sum() / len(rows), np.exp(log_shares) - wanted
    else:
        error = predicted - wanted
        loss = 0.5 * (error**2).sum() / len(rows)
    error = error / len(rows)
    d_head = np.concatenate([error.T @ x, error.sum(axis=0)[:, None]], axis=1)
    d_pooled = ((error @ head[:, :-1]) * training["scales"][unit]).reshape(raw.shape)
    where = (h[:, :, None] - levels[:, :, None]) * sharp[:, :, None] + 0.5
    inside = (where > 0) & (where < 1) & counts[:, None, None]
    each = d_pooled[:, :, :-1] * sharp / counts.sum(axis=1)[:, None, None]
    back = inside * each[..., None]
    d_h = back.sum(axis=2)
    most = np.where(counts[:, None], h, -np.inf).argmax(axis=2)
    np.put_along_axis(d_h, most[:, :, None], np.take_along_axis(d_h, most[:, :, None], 2) + d_pooled[:, :, -1:], 2)
    return float(loss), [np.einsum("bkt,bcjt->kcj", d_h, windows), -back.sum(axis=(0, 3)), d_head]
