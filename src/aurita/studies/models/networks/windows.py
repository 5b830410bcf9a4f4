"""A task's splits as a network takes them: scaled, padded, and long sequences cut into windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita._jax import jnp
from aurita._tree import mapped
from aurita.data.batch import Batch
from aurita.data.scaling import Scaling
from aurita.studies.models.fitted import target_by_step
from aurita.tasks import Split, Task

PLAIN = ("classification", "multilabel", "labels")
"""Categories whose targets are zeros and ones."""


@dataclass(frozen=True, eq=False)
class Scales:
    """How inputs and targets are scaled, by the training split alone.

    Both are affine and could be folded into a network's first and last layer, so they are no parameters of their own.
    """

    inputs: Scaling
    targets: Scaling

    @classmethod
    def of(cls, task: Task) -> "Scales":
        """Zero mean and unit deviation; channels and targets of zeros and ones stay as they are."""
        inputs = Scaling.of(task.train.inputs)
        plain = np.all([np.isin(x, (0.0, 1.0)).all(axis=0) for x in task.train.inputs], axis=0)
        inputs = Scaling(np.where(plain, 0.0, inputs.mean), np.where(plain, 1.0, inputs.deviation))
        if task.category in PLAIN:
            return cls(inputs, Scaling.none(task.outputs))
        targets, scored = target_by_step(task, task.train)
        return cls(inputs, Scaling.of([targets[scored]]))

    def data(self, task: Task, split: Split) -> Batch:
        """A split as padded float32 arrays."""
        inputs, lengths = split.padded()
        targets, scored = target_by_step(task, split)
        alive = np.arange(inputs.shape[1]) < lengths[:, None]
        return Batch(
            jnp.asarray(self.inputs.apply(inputs) * alive[..., None], dtype=jnp.float32),
            jnp.asarray(lengths, dtype=jnp.int32),
            jnp.asarray(self.targets.apply(targets) * scored[..., None], dtype=jnp.float32),
            jnp.asarray(scored, dtype=jnp.float32),
            jnp.zeros(len(lengths), dtype=jnp.int32),
        )


@dataclass(frozen=True)
class SequenceWindow:
    """Steps `start` to `stop` of a sequence, of which those from `fresh` on are not in the window before."""

    sequence: int
    start: int
    fresh: int
    stop: int


def windows(lengths: Sequence[int] | np.ndarray, size: int) -> list[SequenceWindow]:
    """Cut sequences into windows of at most `size` steps that advance by half.

    Every step is fresh in exactly one window, and there it has at least `size // 2` steps of past, or all of its past.

    Example:
        >>> [(w.start, w.fresh, w.stop) for w in windows([9], 4)]
        [(0, 0, 4), (2, 4, 6), (4, 6, 8), (6, 8, 9)]
    """
    past = size // 2
    found = []
    for sequence, length in enumerate(np.asarray(lengths).tolist()):
        found.append(SequenceWindow(sequence, 0, 0, min(size, length)))
        while found[-1].stop < length:
            done = found[-1].stop
            found.append(SequenceWindow(sequence, done - past, done, min(done - past + size, length)))
    return found


def cut(data: Batch, places: Sequence[SequenceWindow], size: int) -> Batch:
    """The windows of padded sequences, (window, size, ...); scored where they are fresh."""
    sequence = np.array([w.sequence for w in places])
    start = np.array([w.start for w in places])
    steps = start[:, None] + np.arange(size)
    fresh = (steps >= np.array([[w.fresh] for w in places])) & (steps < np.array([[w.stop] for w in places]))
    steps = np.minimum(steps, data.inputs.shape[1] - 1)
    # By numpy: on the device, every new set of windows would be compiled for.
    inputs, targets, scored = (
        np.asarray(array)[sequence[:, None], steps] for array in (data.inputs, data.targets, data.scored)
    )
    lengths = np.array([w.stop - w.start for w in places], dtype=np.int32)
    found = Batch(inputs, lengths, targets, scored * fresh, start.astype(np.int32))
    return mapped(jnp.asarray, found)


def join(predicted: np.ndarray, places: Sequence[SequenceWindow], lengths: np.ndarray) -> list[np.ndarray]:
    """Outputs of windows (window, size, O) as one (T, O) array a sequence."""
    whole = [np.empty((int(length), predicted.shape[2])) for length in lengths]
    for rows, w in zip(predicted, places, strict=True):
        whole[w.sequence][w.fresh : w.stop] = rows[w.fresh - w.start : w.stop - w.start]
    return whole
