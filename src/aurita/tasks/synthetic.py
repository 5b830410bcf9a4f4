"""Small made-up series: sine, cosine and noise, and the functions that the anarchist unit was tried on."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from aurita.errors import AuritaError
from aurita.tasks.task import Split, Task, family

AnarchistFunction = Literal["sine", "cosine", "quadratic", "composition"]
NOTEBOOK = "research notebook of the idea's author, 2024"


@family("sincosnoise")
def sincosnoise(
    *,
    seed: int = 0,
    sequences: tuple[int, int, int] = (320, 100, 1000),
    steps: int = 50,
    span: float = 100.0,
    noise: float = 0.1,
    score_from: int = 0,
) -> Task:
    """A sine, a cosine and white noise, side by side: predict the next step of all three.

    `x(t) = [sin(s_t + a), cos(s_t + b), noise * n_t]` with `s` evenly spaced over 0 to `span`, phases `a` and `b`
    uniform and independent in each sequence and `n_t` standard normal. Source: research notebook of the idea's author,
    2024-05-29 (published test mse 0.029, of an LSTM 0.0092).

    The floor is exact. Two steps of a sine fix the third, so from the second prediction on only the noise is missed,
    `noise^2 / 3`; at the first, the sine is known up to the sign of its slope, which costs `sin(d)^2 / 2` for each of
    the two waves, `d` being the phase advance of a step. With the defaults: 0.0087, and 0.0033 from step 10.

    Args:
        seed: any integer from 0.
        sequences: how many in train, validation and test.
        steps: length of a sequence; one prediction fewer.
        span: phase that a sequence covers, in radians.
        noise: deviation of the third channel.
        score_from: first step whose prediction counts; 0 for all of them, 10 to leave the start out.

    Returns:
        A forecast task, horizon 1, three channels, metric mse.

    Raises:
        AuritaError: no step left to score.

    Example:
        >>> task = sincosnoise(seed=0)
        >>> task.train.inputs[0].shape, round(task.floor, 4), round(sincosnoise(score_from=10).floor, 4)
        ((49, 3), 0.0087, 0.0033)
    """
    if not 0 <= score_from < steps - 1 or min(sequences) < 1:
        raise AuritaError(
            f"{steps} steps scored from {score_from} in {sequences} sequences leave nothing to score; "
            "take score_from below steps - 1 and at least one sequence a split"
        )
    rng = np.random.default_rng(seed)
    time = np.linspace(0, span, steps)
    scored = np.arange(steps - 1) >= score_from

    def draw(count: int) -> Split:
        phase = rng.uniform(0, 2 * np.pi, (2, count, 1))
        hiss = noise * rng.standard_normal((count, steps))
        return _next_step(np.stack([np.sin(time + phase[0]), np.cos(time + phase[1]), hiss], axis=-1), scored)

    start = np.sin(time[1] - time[0]) ** 2 if score_from == 0 else 0.0
    train, validation, test = map(draw, sequences)
    return Task(
        "sincosnoise",
        seed,
        train,
        validation,
        test,
        category="forecast",
        metric="mse",
        chance=(1 + noise**2) / 3,
        floor=float(noise**2 + start / (steps - 1 - score_from)) / 3,
        horizon=1,
        target_names=("sine", "cosine", "noise"),
        source=f"{NOTEBOOK}-05-29",
    )


@family("anarchist", lambda: ANARCHIST_FUNCTIONS)
def anarchist(
    function: AnarchistFunction = "sine",
    *,
    seed: int = 0,
    dimensions: int = 3,
    sequences: tuple[int, int, int] = (100, 30, 100),
    steps: int = 50,
    span: float = 10.0,
) -> Task:
    """A vector whose every dimension is a function of time, with parameters of its own: predict its next step.

    The functions that the anarchist unit was tried on (research notebook of the idea's author, 2024-04). With `s`
    evenly spaced over 0 to `span`, `w` uniform in 0.5 to 1.5 and `a` a uniform phase, per dimension: `sin(w s + a)`;
    `cos(w s + a)`; `4 (s/span - a)^2 - 1` with `a` in 0 to 1; or a composition, drawn once per dimension, of two of
    sine, cosine, square, tanh and identity. `w` and the compositions are fixed for the task, `a` is drawn per
    sequence. Nothing is random within a sequence, so the floor is 0 for a predictor that can see its past.

    Args:
        function: "sine", "cosine", "quadratic" or "composition".
        seed: any integer from 0.
        dimensions: channels, D.
        sequences: how many in train, validation and test.
        steps: length of a sequence; one prediction fewer.
        span: end of the time axis.

    Returns:
        A forecast task, horizon 1, metric nrmse.

    Raises:
        AuritaError: an unknown function, or sizes below 1.

    Example:
        >>> task = anarchist("quadratic", seed=1)
        >>> task.name, task.test.targets[0].shape
        ('anarchist/quadratic', (49, 3))
    """
    if function not in ANARCHIST_FUNCTIONS:
        raise AuritaError(f"function {function!r} is unknown; choose one of {', '.join(ANARCHIST_FUNCTIONS)}")
    if min(*sequences, dimensions, steps - 2) < 1:
        raise AuritaError(
            f"{dimensions} dimensions, {steps} steps, {sequences} sequences: at least 1, 3 and 1 are needed"
        )
    rng = np.random.default_rng(seed)
    time = np.linspace(0, span, steps)[:, None]
    shape = _shape(function, rng, dimensions, span)

    def draw(count: int) -> Split:
        phases = rng.uniform(0, 1, (count, 1, dimensions))
        return _next_step(shape(time, phases), np.ones(steps - 1, dtype=bool))

    train, validation, test = map(draw, sequences)
    return Task(
        f"anarchist/{function}",
        seed,
        train,
        validation,
        test,
        category="forecast",
        metric="nrmse",
        chance=1.0,
        floor=0.0,
        horizon=1,
        source=f"{NOTEBOOK}-04",
    )


ANARCHIST_FUNCTIONS: tuple[AnarchistFunction, ...] = ("sine", "cosine", "quadratic", "composition")
"""What `anarchist` accepts."""

Shape = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _shape(function: AnarchistFunction, rng: np.random.Generator, dimensions: int, span: float) -> Shape:
    """The function of time (T, 1) and phase (B, 1, D), with everything drawn that holds for the whole task."""
    frequency = rng.uniform(0.5, 1.5, dimensions)
    if function == "sine":
        return lambda s, a: np.sin(frequency * s + 2 * np.pi * a)
    if function == "cosine":
        return lambda s, a: np.cos(frequency * s + 2 * np.pi * a)
    if function == "quadratic":
        return lambda s, a: 4 * (s / span - a) ** 2 - 1
    parts: list[Callable[[np.ndarray], np.ndarray]] = [np.sin, np.cos, np.square, np.tanh, np.positive]
    picks = np.array([rng.permutation(len(parts))[:2] for _ in range(dimensions)])

    def compose(s: np.ndarray, a: np.ndarray) -> np.ndarray:
        # The argument stays within -pi..pi, so that squares and identities remain on the scale of the others.
        argument = np.pi * np.sin(frequency * s + 2 * np.pi * a)
        columns = [parts[outer](parts[inner](argument[..., d])) for d, (inner, outer) in enumerate(picks)]
        return np.stack(columns, axis=-1)

    return compose


def _next_step(block: np.ndarray, scored: np.ndarray) -> Split:
    """Sequences (B, T, E) as a one-step forecast."""
    return Split(list(block[:, :-1]), list(block[:, 1:]), [scored] * len(block), list(block))
