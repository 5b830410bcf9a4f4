"""Transformer and LSTM as models of a study: built to a size or a budget, trained, and asked."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from aurita._jax import eqx, jax, jnp
from aurita._typing import Array
from aurita.errors import AuritaError
from aurita.studies.models.fitted import Fitted, Predictions, runs_freely
from aurita.studies.models.networks.layers import Decoder, Network, Recurrent, parameter_count
from aurita.studies.models.networks.training import run, run_on, train
from aurita.studies.models.networks.windows import PLAIN, Scales, cut, join, windows
from aurita.tasks import Task

WIDEST = 4096
CHECKS = 50
Summary = Literal["mean", "last"]
Make = Callable[[int, Array], Network]


def transformer(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    width: int = 32,
    layers: int = 2,
    heads: int = 2,
    budget: int | None = None,
    steps: int = 1000,
    learning_rate: float = 3e-3,
    batch: int = 32,
    segment: int = 200,
    summary: Summary = "mean",
) -> Fitted:
    """A small causal transformer decoder (Vaswani et al. 2017), trained end to end on the task.

    Adam on cross-entropy for classes, binary cross-entropy for yes/no answers, square error otherwise, at the steps
    that count. The validation split's loss chooses the step whose weights are kept, and nothing else.

    Per-step tasks longer than a segment, or than the longest training sequence, are seen through windows of that many
    steps; every prediction has at least half of one as its past, or all of its past, in training as afterwards.

    Args:
        seed: of weights and batches.
        width: of the states between layers.
        layers: blocks.
        heads: attention heads, of `width // heads` channels each.
        budget: trained parameters to come as near to as a width can; in place of `width`.
        steps: batches.
        learning_rate: the largest, after a warm-up; it decays along a cosine.
        batch: sequences, or segments of longer ones, in a batch.
        segment: longest stretch of a series that is seen at once.
        summary: `mean` or `last`, of the states, where a sequence has one target.

    Returns:
        Predictions, counts and, for one-step forecasts of all channels, free running.

    Raises:
        AuritaError: sizes below 1, a learning rate not above 0, an unknown summary.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("cogscale/simple_copy/small", seed=0)
        >>> fitted = transformer(task, budget=1000, steps=2)
        >>> fitted.trained, fitted.details["width"]
        (1083, 6)
    """
    _check(width=width, layers=layers, heads=heads)

    def make(width: int, key: Array) -> Network:
        body, head = jax.random.split(key)
        decoder = Decoder(task.channels, width, layers, heads, key=body)
        return _headed(task, decoder, width, summary, head)

    return _fitted(
        task, splits, make, seed, width, budget, summary, steps, learning_rate, batch, segment, layers=layers
    )


def lstm(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    width: int = 32,
    layers: int = 1,
    budget: int | None = None,
    steps: int = 1000,
    learning_rate: float = 1e-2,
    batch: int = 32,
    segment: int = 200,
    summary: Summary = "mean",
) -> Fitted:
    """An LSTM (Hochreiter and Schmidhuber 1997), trained end to end as `transformer` is.

    Args:
        task, splits, seed, budget, steps, learning_rate, batch, segment, summary: as of `transformer`.
        width: cells of a layer.
        layers: one on the other.

    Returns:
        As `transformer`.

    Raises:
        AuritaError: as `transformer`.

    Example:
        >>> from aurita.tasks import task_named
        >>> fitted = lstm(task_named("cogscale/simple_copy/small", seed=0), width=8, steps=2)
        >>> fitted.trained == 4 * 8 * (4 + 8 + 1) + 3 * (8 + 1)
        True
    """
    _check(width=width, layers=layers)

    def make(width: int, key: Array) -> Network:
        body, head = jax.random.split(key)
        return _headed(task, Recurrent(task.channels, width, layers, key=body), width, summary, head)

    return _fitted(
        task, splits, make, seed, width, budget, summary, steps, learning_rate, batch, segment, layers=layers
    )


def width_for(make: Make, budget: int) -> int:
    """The width whose network has the number of parameters nearest to a budget; of two, the smaller.

    Args:
        make: the network of a width and a key, growing with its width.
    """

    def count(width: int) -> int:
        return parameter_count(eqx.filter_eval_shape(make, width, jax.random.key(0)))

    above = bisect_left(range(1, WIDEST), budget, key=count) + 1
    return min((width for width in (above - 1, above) if width > 0), key=lambda width: abs(count(width) - budget))


def _headed(task: Task, body: Callable[..., Array], width: int, summary: Summary, key: Array) -> Network:
    head = eqx.nn.Linear(width, task.outputs, key=key)
    return Network(body, head, pooled=summary == "mean" and not task.per_step)


def _fitted(
    task: Task,
    splits: Sequence[str],
    make: Make,
    seed: int,
    width: int,
    budget: int | None,
    summary: Summary,
    steps: int,
    learning_rate: float,
    batch: int,
    segment: int,
    **shape: int,
) -> Fitted:
    _check(steps=steps, batch=batch, segment=segment, budget=1 if budget is None else budget)
    if summary not in ("mean", "last") or not learning_rate > 0:
        raise AuritaError(
            f"summary {summary!r}, learning_rate {learning_rate}; the summary is mean or last, the rate above 0"
        )
    width = width if budget is None else width_for(make, budget)
    weights_key, batches_key = jax.random.split(jax.random.key(seed))
    scales = Scales.of(task)
    size = _window(task, "train", segment)
    held_out = scales.data(task, task.validation)
    reach = _window(task, "validation", segment)
    found = train(
        make(width, weights_key),
        scales.data(task, task.train),
        cut(held_out, windows(task.validation.lengths, reach), reach),
        jnp.asarray(learning_rate, dtype=jnp.float32),
        batches_key,
        loss=_loss(task),
        steps=steps,
        batch=batch,
        segment=size,
        checks=CHECKS,
    )
    predictions = {name: _predicted(task, name, found.network, scales, segment) for name in splits}
    return Fitted(
        predictions,
        trained=parameter_count(found.network),
        details={
            "width": width,
            **shape,
            "loss": _loss(task),
            "stopped_at": int(found.step),
            "stopped_by": "smallest loss of the validation split",
            "validation_loss": float(found.held_out_loss),
            "loss_first": float(found.losses[0]),
            "loss_last": float(found.losses[-1]),
        },
        continue_series=_continuing(found.network, scales, size) if runs_freely(task) else None,
    )


def _window(task: Task, split: str, segment: int) -> int:
    """Steps seen at once: no more than in training, unless a sequence has to be seen whole."""
    if not task.per_step:
        return int(getattr(task, split).lengths.max())
    return min(segment, int(task.train.lengths.max()))


def _loss(task: Task) -> str:
    if task.category in ("classification", "labels"):
        return "cross_entropy"
    return "binary_cross_entropy" if task.category == "multilabel" else "squares"


def _predicted(task: Task, split: str, network: Network, scales: Scales, segment: int) -> Predictions:
    part = getattr(task, split)
    size = _window(task, split, segment)
    places = windows(part.lengths, size)
    predicted = np.asarray(run(network, cut(scales.data(task, part), places, size).inputs), dtype=np.float64)
    by_step = join(predicted if task.category in PLAIN else scales.targets.undo(predicted), places, part.lengths)
    if task.per_step:
        return by_step
    last = np.stack([rows[-1] for rows in by_step])
    return task.classes[last.argmax(1)] if task.category == "labels" else last[:, 0]


def _continuing(network: Network, scales: Scales, size: int) -> Callable[[Sequence[np.ndarray], int], list[np.ndarray]]:
    factor = jnp.asarray(scales.targets.deviation / scales.inputs.deviation, dtype=jnp.float32)
    shift = jnp.asarray((scales.targets.mean - scales.inputs.mean) / scales.inputs.deviation, dtype=jnp.float32)

    def go_on(contexts: Sequence[np.ndarray], steps: int) -> list[np.ndarray]:
        pasts = np.zeros((len(contexts), size, len(factor)), dtype=np.float32)
        known = np.array([min(size, len(context)) for context in contexts])
        for past, count, context in zip(pasts, known, contexts, strict=True):
            past[:count] = scales.inputs.apply(np.asarray(context)[-count:])
        predicted = run_on(
            network, jnp.asarray(pasts), jnp.asarray(known), steps, jax.tree_util.Partial(_moved, factor, shift)
        )
        return list(scales.targets.undo(np.asarray(predicted, dtype=np.float64)))

    return go_on


def _moved(factor: Array, shift: Array, predicted: Array) -> Array:
    """An output on the scale of targets as an input on the scale of inputs."""
    return predicted * factor + shift


def _check(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise AuritaError(f"{name} is {size}; at least 1 is expected")
