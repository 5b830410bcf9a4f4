"""Models of the research notebooks of the idea's author, 2024: the reservoir of decoder blocks, and the anarchist unit.

The blocks, called AUR there, learn to predict what they receive next; a linear readout sees their outputs alone. The
anarchist unit learns nothing but to agree with itself, and what it agrees on is measured here.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from aurita._typing import Document, Float
from aurita.learning import Learning, Spaced, learn
from aurita.reservoir import Population, Reservoir
from aurita.studies.models.fitted import Fitted
from aurita.studies.models.reservoirs import answered
from aurita.tasks import Split, Task
from aurita.units import AnarchistUnit, BlockUnit

RIGHT_BELOW = 0.1
"""Variance of what a guess misses, over the variance of the state, below which a dimension that lives is right."""

LIVES_ABOVE = 0.1
"""Deviation of a state, over the deviation it had as drawn, below which a dimension has collapsed."""


def aur(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    units: int = 3,
    slots: int = 3,
    memory: int = 8,
    heads: int = 1,
    hidden: int = 16,
    normalisation: str = "layer",
    objective: str = "self",
    rule: str = "largest",
    spacing: int = 2,
    l2: float = 0.0,
    steps: int = 300,
    batch: int = 32,
    learning_rate: float = 1e-2,
) -> Fitted:
    """The notebook's reservoir: wired decoder blocks that learn by a selection rule, read out from their outputs alone.

    Args:
        seed: of wiring, weights and batches; the task's data have their own.
        units: blocks.
        slots: inputs, and outputs, of each.
        memory: last inputs that a block attends to.
        heads: of attention.
        hidden: width of the feed-forward layer.
        normalisation: `layer`, `rms`, `tanh` or `none`.
        objective: `self`, or `frozen` for the blocks as drawn.
        rule: which blocks take a step after a batch: `largest`, `spaced`, `all`, `proportional`, `random` or
            `round_robin`. Every rule gets the same number of batches, so rules that take one block give each block
            `units` times fewer steps than `all`.
        spacing: least graph distance between the blocks that `spaced` takes.
        l2: coefficient of the sum of squared weights in the loss.
        steps: batches.
        batch: sequences in a batch.
        learning_rate: of Adam, at the start; it decays along a cosine.

    Returns:
        Predictions, counts, local losses, and in `details` how many steps each block took.

    Raises:
        AuritaError: parameters that do not fit.

    Example:
        >>> from aurita.tasks import task_named
        >>> fitted = aur(task_named("sincosnoise", seed=0, sequences=(20, 5, 5)), units=4, objective="frozen")
        >>> fitted.details["readout_features"], fitted.trained
        (12, 39)
    """
    unit = BlockUnit(slots=slots, memory=memory, heads=heads, hidden=hidden, normalisation=normalisation)
    settings = Learning(
        objective=objective,
        rule=Spaced(spacing=spacing) if rule == "spaced" else rule,
        l2=l2,
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
    )
    drawn = Reservoir.build([Population(unit=unit, units=units)], inputs=task.channels, seed=seed)
    inputs, lengths = task.train.padded()
    learnt, history = learn(drawn, inputs, settings, lengths=lengths, seed=seed)
    learns = len(history.losses) > 0
    return _read(
        task,
        learnt,
        splits,
        updated=drawn.parameter_counts()["trained"] if learns else 0,
        losses=history.losses if learns else None,
        details={"steps_taken": history.selected.sum(0).tolist()},
    )


def anarchist(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    constraint: str = "none",
    ridge: float = 1e-3,
    rounds: int = 100,
) -> Fitted:
    """One anarchist unit that receives all channels, and what its pair of regressions came to agree on.

    Args:
        task: what to fit; the unit has as many dimensions as the task has channels.
        splits: what to predict; the agreement is measured on the last of them.
        seed: of wiring and weights; each round sees the whole training split.
        constraint: `none` as invented, or `unit_variance` or `whitened`.
        ridge: penalty of both regressions, relative to the mean square of what they regress on.
        rounds: how often both regressions are made.

    Returns:
        Predictions of a linear readout of the state, and the `agreement` in `details`; for the unit as invented also
        `fade`, the factor by which a round multiplied the state, on average over the second half of the rounds,
        `fade_bound`, the largest that `fading` allows in the long run, and `fade_without_ridge`, the same for no ridge.

    Raises:
        AuritaError: parameters that do not fit.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("anarchist/sine", seed=0)
        >>> invented, cured = anarchist(task, rounds=300), anarchist(task, rounds=300, constraint="whitened")
        >>> invented.details["dims_collapsed"], cured.details["dims_right"]
        (3, 3)
    """
    unit = AnarchistUnit(slots=task.channels, constraint=constraint, ridge=ridge)
    population = Population(unit=unit, units=1, receives="inputs", input_fraction=1.0)
    drawn = Reservoir.build([population], inputs=task.channels, seed=seed)
    inputs, lengths = task.train.padded()
    settings = Learning(steps=rounds, batch=len(inputs), segment=max(2, int(lengths.max())))
    learnt, history = learn(drawn, inputs, settings, lengths=lengths, seed=seed)
    received = _unit_inputs(drawn, getattr(task, splits[-1]))
    pair = _pair(learnt)
    details: Document = agreement(received, *pair, drawn=_pair(drawn)[0])
    if constraint == "none":
        seen = _unit_inputs(drawn, task.train)
        details |= {"fade": _fade(history.losses[:, 0])}
        details |= {"fade_bound": fading(seen, ridge), "fade_without_ridge": fading(seen, 0.0)}
    return _read(
        task,
        learnt,
        splits,
        updated=drawn.parameter_counts()["trained"],
        losses=history.losses if rounds else None,
        details=details,
    )


def agreement(
    inputs: Sequence[Float[np.ndarray, "time slot"]],
    ws: Float[np.ndarray, "slot slot"],
    wphi: Float[np.ndarray, "slot slot"],
    *,
    drawn: Float[np.ndarray, "slot slot"],
) -> Document:
    """What an anarchist unit's state and its guess of it agree on, dimension by dimension.

    A dimension is *collapsed* where its deviation is below `LIVES_ABOVE` of what it was as drawn; *right* where it
    lives and its guess misses less than `RIGHT_BELOW` of its variance; *wrong* otherwise. Means play no part: a guess
    that is off by a constant is as right.

    Args:
        inputs: what the unit receives, one array a sequence.
        ws: matrix from what is received to the state.
        wphi: matrix from the state to the guess of the next one.
        drawn: `ws` before learning.

    Returns:
        `relative_error` and `kept` (deviation over that as drawn) of each dimension; `dims_right`, `dims_collapsed`
        and `dims_wrong`, their numbers; `converged`, whether all are right; `directions`, the participation ratio of
        the state's covariance (1: all dimensions are the same); `slowest_share`, the part of the state's variance that
        comes from the channel with the largest correlation to itself one step before, `slowest_share_drawn` before
        learning. NaN where a state is exactly zero.

    Example:
        >>> x = np.sin(np.arange(200)[:, None] * np.array([0.1, 0.2]))
        >>> found = agreement([x], np.diag([1.0, 0.01]), np.diag([0.995, 0.98]), drawn=np.eye(2))
        >>> found["dims_right"], found["dims_collapsed"], round(found["slowest_share_drawn"], 1)
        (1, 1, 0.5)
    """
    states = [x @ ws for x in inputs]
    before, after = (np.concatenate([s[part] for s in states]) for part in (slice(None, -1), slice(1, None)))
    everything = np.concatenate(inputs)
    missed = (before @ wphi - after).var(axis=0)
    relative = _over(missed, after.var(axis=0))
    kept = np.sqrt(_over((everything @ ws).var(axis=0), (everything @ drawn).var(axis=0)))
    collapsed = ~(kept >= LIVES_ABOVE)
    right = ~collapsed & (relative < RIGHT_BELOW)
    # The squares of a covariance's eigenvalues add up to those of its entries.
    covariance = np.atleast_2d(np.cov(everything @ ws, rowvar=False))
    slowest = int(np.argmax(_lagged(inputs)))
    spread = everything.var(axis=0)
    return {
        "relative_error": relative.tolist(),
        "kept": kept.tolist(),
        "dims_right": int(right.sum()),
        "dims_collapsed": int(collapsed.sum()),
        "dims_wrong": int((~right & ~collapsed).sum()),
        "converged": bool(right.all()),
        "directions": float(_over(np.trace(covariance) ** 2, (covariance**2).sum())),
        "slowest_share": _share(ws, spread, slowest),
        "slowest_share_drawn": _share(drawn, spread, slowest),
    }


def fading(inputs: Sequence[Float[np.ndarray, "time slot"]], ridge: float) -> float:
    """The largest factor by which a round of both regressions multiplies the state in the long run, from data alone.

    With `C` the second moments of the inputs and `B` those of them with the inputs one step before, the first
    regression gives `Ws <- (C + r)^-1 B Ws Wphi`. Repeated, that leaves the leading eigenvector of `(C + r)^-1 B` and
    multiplies by its eigenvalue; on that one mode the second regression is a number, the mode's correlation to itself
    one step before, shrunk by its ridge. Both are below 1, the more so the faster the mode. (Where the eigenvector is
    complex the mode turns, and the number is the geometric mean over a turn.)

    The state says the mode in all dimensions, in proportions `v`. Both regressions move at once, so `Wphi` knows the
    proportions of one round before: they alternate between two, and each round also costs the cosine between these.

    Args:
        inputs: what the unit receives, one array a sequence.

    Example:
        >>> x = np.sin(np.arange(1000) * 0.3)[:, None]  # its correlation to itself is cos(0.3), squared 0.91
        >>> round(fading([x], 0.0), 2), float(np.cos(0.3).round(3))
        (0.91, 0.955)
    """
    before, after = (np.concatenate([x[part] for x in inputs]) for part in (slice(None, -1), slice(1, None)))
    own, lagged, earlier = after.T @ after, after.T @ before, before.T @ before
    size = len(own)
    values, vectors = np.linalg.eig(np.linalg.solve(own + ridge * np.trace(own) / size * np.eye(size), lagged))
    leading = int(np.argmax(np.abs(values)))
    turn = np.pi * (np.arange(_PHASES) + 0.5) / _PHASES
    modes = np.real(np.exp(1j * turn)[:, None] * vectors[:, leading])
    kept = ((modes @ lagged) * modes).sum(axis=1) / ((modes @ earlier) * modes).sum(axis=1)
    return float(abs(values[leading]) * np.exp(np.log(np.abs(kept)).mean()) / (1 + ridge / size))


_PHASES = 256


def _fade(disagreements: np.ndarray) -> float:
    """Factor of a round, by the mean square disagreements of the second half of those that count."""
    # Below that, what keeps the regressions solvable shrinks the state as well.
    some = disagreements[disagreements > 1e-12]
    half = len(some) // 2
    rounds = len(some) - 1 - half
    return float((some[-1] / some[half]) ** (0.5 / rounds)) if rounds > 0 else float("nan")


def _read(
    task: Task,
    learnt: Reservoir,
    splits: Sequence[str],
    *,
    updated: int,
    losses: np.ndarray | None,
    details: Document,
) -> Fitted:
    """A linear readout of the outputs alone, which does not run freely."""
    found = answered(task, learnt, ("output",), splits, updated, losses, "times:4", "ridge")
    return replace(found, details={**found.details, **details}, continue_series=None)


def _pair(reservoir: Reservoir) -> tuple[np.ndarray, np.ndarray]:
    """Both matrices of the one unit."""
    weights = reservoir.weights[0].unit
    return np.asarray(weights["ws"], np.float64)[..., 0], np.asarray(weights["wphi"], np.float64)[..., 0]


def _unit_inputs(reservoir: Reservoir, split: Split) -> list[np.ndarray]:
    """What the one unit receives of each sequence, slot by slot."""
    channels = np.asarray(reservoir.wiring[0])[:, 0]
    return [x[:, channels] for x in split.inputs]


def _lagged(inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Correlation of every channel to itself one step before."""
    before, after = (np.concatenate([x[part] for x in inputs]) for part in (slice(None, -1), slice(1, None)))
    before, after = before - before.mean(axis=0), after - after.mean(axis=0)
    return np.nan_to_num(_over((before * after).mean(axis=0), before.std(axis=0) * after.std(axis=0)))


def _share(ws: np.ndarray, spread: np.ndarray, channel: int) -> float:
    parts = (ws**2).sum(axis=1) * spread
    return float(_over(parts[channel], parts.sum()))


def _over(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A quotient that is NaN where there is nothing to divide by."""
    return np.divide(a, b, out=np.full(np.shape(a), np.nan), where=np.asarray(b) > 0)
