"""The decision task: two of four stimuli appear somewhere and at some time; which was worth more?"""

from typing import Literal

import numpy as np

from aurita.errors import AuritaError
from aurita.tasks.task import Split, Task, family

VALUES = (1.0, 0.75, 0.5, 0.25)
"""What the four stimuli are worth."""

POSITIONS = 4


@family("decision")
def decision(
    *,
    seed: int = 0,
    trials: tuple[int, int, int] = (500, 250, 1000),
    channels: Literal[8, 16] = 8,
    answer: Literal["position", "stimulus"] = "position",
    steps: int = 30,
    duration: int | tuple[int, int] = 5,
    noise: float = 0.0,
) -> Task:
    """Two of four stimuli are shown at two of four positions; at the end, name the position of the more valuable one.

    Each of the two is shown for `duration` steps from an onset of its own; the onsets differ, the two may overlap.
    Every stimulus has a fixed value, see `VALUES`. Source: the decision experiments in the research notebook of the
    idea's author, 2024-04 to 2024-06 (published scores 0.65 to 0.80, their exact set-up is not known).

    Args:
        seed: any integer from 0.
        trials: sequences in train, validation and test.
        channels: 8, one for each stimulus and one for each position, 1 while shown; or 16, one for each pair of the
            two, so that what belongs together is given.
        answer: "position" (chance 0.25) or "stimulus" (the best of the four is shown in half of the trials, so chance
            is 0.5).
        steps: length of a trial.
        duration: steps that a stimulus is shown, or the least and the most of them, drawn for each.
        noise: deviation of normal noise added to all channels and steps.

    Returns:
        A task of category "labels", the labels 0 to 3 (stimuli by falling value); metric accuracy, `floor` (the best
        possible) 1.

    Raises:
        AuritaError: durations and steps that leave no two onsets, an unknown variant, no trials, negative noise.

    Example:
        >>> task = decision(seed=0)
        >>> task.test.inputs[0].shape, task.chance, int(task.test.inputs[0].sum())
        ((30, 8), 0.25, 20)
    """
    shortest, longest = (duration, duration) if isinstance(duration, int) else duration
    if not 1 <= shortest <= longest <= steps - 1:
        raise AuritaError(
            f"durations of {shortest} to {longest} within {steps} steps leave no two different onsets; "
            "take durations from 1 to below the number of steps"
        )
    if channels not in (8, 16) or answer not in ("position", "stimulus") or min(trials) < 1 or not noise >= 0:
        raise AuritaError(
            f"channels {channels!r}, answer {answer!r}, trials {trials}, noise {noise}: channels must be 8 or 16, "
            "answer 'position' or 'stimulus', trials at least 1 a split, noise at least 0"
        )
    rng = np.random.default_rng(seed)

    def draw(count: int) -> Split:
        inputs, labels = np.zeros((count, steps, channels)), np.zeros(count, dtype=int)
        for trial, x in enumerate(inputs):
            stimuli = rng.permutation(len(VALUES))[:2].tolist()
            positions = rng.permutation(POSITIONS)[:2].tolist()
            onsets = rng.permutation(steps - longest + 1)[:2].tolist()
            lengths = rng.integers(shortest, longest + 1, 2).tolist()
            for stimulus, position, onset, length in zip(stimuli, positions, onsets, lengths, strict=True):
                shown = x[onset : onset + length]
                if channels == 16:
                    shown[:, stimulus * POSITIONS + position] = 1
                else:
                    shown[:, stimulus] = shown[:, len(VALUES) + position] = 1
            if noise:
                x += noise * rng.standard_normal((steps, channels))
            best = stimuli.index(min(stimuli))
            labels[trial] = (positions if answer == "position" else stimuli)[best]
        return Split(list(inputs), labels)

    train, validation, test = map(draw, trials)
    return Task(
        "decision",
        seed,
        train,
        validation,
        test,
        category="labels",
        metric="accuracy",
        chance=0.25 if answer == "position" else 0.5,
        floor=1.0 if noise == 0 else None,
        source="research notebook of the idea's author, 2024-04 to 2024-06",
    )
