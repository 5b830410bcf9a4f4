"""Episodes of an agent: what it saw, did and got, what it expected, and the score of each unit for every action."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from aurita._typing import Float
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import Axes, Drawing, Heat, Line, Mark

_FIRST, _LONGEST = 256, 4_000
_MOST_SEEN = 8


class Episode(NamedTuple):
    """One episode, by the likeliest actions.

    Attributes:
        observations: before each step.
        actions: a number of one, or numbers.
        rewards: for them.
        values: discounted rewards that were expected still to come.
        scores: the logit of each unit for each action, or what it adds to each number; zeros where it is silent.
        ended: whether it ended, and is not only the first 4,000 steps.
    """

    observations: Float[np.ndarray, "step external"]
    actions: np.ndarray
    rewards: Float[np.ndarray, "step"]
    values: Float[np.ndarray, "step"]
    scores: Float[np.ndarray, "step unit output"]
    ended: bool


def episodes_of(agent: object, environment: object, *, episodes: int = 3, seed: int = 0) -> list[Episode]:
    """Let an agent act greedily, one episode after the other, and keep everything.

    Args:
        agent: a fitted `ReservoirAgent`.
        environment: a world, or its name; as `ReservoirAgent.fit` takes it.
        episodes: how many; fewer where 4,000 steps hold no more.
        seed: of the world.

    Raises:
        AuritaError: an agent that is not fitted, or a world of other observations or actions.
    """
    if not hasattr(agent, "watch") or not hasattr(agent, "reservoir_"):
        raise AuritaError(f"a {type(agent).__name__} that is not fitted does not act; fit a ReservoirAgent first")
    steps, ends = _FIRST, np.zeros(0, int)
    while True:
        # The same seed gives the same episodes, so that looking longer changes nothing of what was seen.
        seen = agent.watch(environment, steps=steps, seed=seed)
        ends = np.flatnonzero(seen["ended"])[:episodes] + 1
        if len(ends) >= episodes or steps >= _LONGEST:
            break
        steps = min(2 * steps, _LONGEST)
    bounds = ends.tolist() or [len(seen["ended"])]
    return [_part(seen, slice(a, b), bool(len(ends))) for a, b in pairwise([0, *bounds])]


def _part(seen: dict[str, np.ndarray], part: slice, ended: bool) -> Episode:
    names = ("observation", "action", "reward", "value", "scores")
    observations, actions, rewards, values, scores = (np.asarray(seen[name])[part] for name in names)
    return Episode(observations, actions, rewards, values, scores, ended)


@picture
def episode(one: Episode, number: int = 0) -> Drawing:
    """An episode in time: what was seen, what was done, what came of it and what was expected.

    Args:
        one: from `episodes_of`.
        number: what to call it.
    """
    steps = np.arange(len(one.rewards))
    seen = one.observations[:, :_MOST_SEEN]
    lines: list[Mark] = [Line(x=steps, y=seen[:, i], name=f"observation {i}", colour=i) for i in range(seen.shape[1])]
    actions = one.actions[:, None] if one.actions.ndim == 1 else one.actions
    done: list[Mark] = [Line(x=steps, y=part, name="", colour=i) for i, part in enumerate(actions.T)]
    end = "" if one.ended else " and no end"
    caption = f"{counted(len(steps), 'step')}{end}, return {one.rewards.sum():.4g}; "
    caption += f"the value goes from {one.values[0]:.3g} to {one.values[-1]:.3g}."
    if one.observations.shape[1] > _MOST_SEEN:
        caption += f" The first {_MOST_SEEN} of {one.observations.shape[1]} observations are drawn."
    panels = [
        Axes(marks=lines, title="what it sees", y="observation"),
        Axes(marks=done, title="what it does", y="action", height=0.6),
        Axes(
            marks=[
                Line(x=steps, y=np.cumsum(one.rewards), name="return so far", colour=2),
                Line(x=steps, y=one.values, name="value", colour=1, dashed=True),
            ],
            title="what comes of it",
            y="return, value",
            x="step",
        ),
    ]
    return Drawing(title=f"Episode {number} in time", caption=caption, panels=panels)


@picture
def unit_scores(one: Episode, number: int = 0) -> Drawing:
    """The score that each unit gave each action: for the action taken at each step, and for all actions on average.

    A unit's logit of an action counts beside its logits of the others; of numbers, what it adds to them.

    Args:
        one: from `episodes_of`.
        number: of the episode.
    """
    steps, units, outputs = one.scores.shape
    choice = one.actions.ndim == 1
    lean = one.scores - one.scores.mean(2, keepdims=True) if choice else one.scores
    who = np.arange(units)
    if choice:
        done = np.take_along_axis(lean, one.actions.astype(int)[:, None, None], axis=2)[..., 0]
        title = "for (orange) or against (blue) what was done"
    else:
        done, title = lean[..., 0], "what each adds to the first number"
    whole = lean.mean(0)
    names = [f"{'action' if choice else 'number'} {i}" for i in range(outputs)]
    strongest = int(np.abs(done).mean(0).argmax())
    agreed = float((np.sign(done) > 0).mean()) if choice else float("nan")
    caption = f"Unit {strongest} adds most on average."
    if choice:
        caption = f"{agreed:.0%} of the unit scores favour the action that was taken. " + caption
    panels = [
        Axes(
            marks=[Heat(values=done.T, x=np.arange(steps), y=who, scale="logit", signed=True)],
            title=title,
            x="step",
            y="unit",
        ),
        Axes(
            marks=[Heat(values=whole, x=np.arange(outputs), y=who, scale="mean logit", signed=True)],
            title="on the whole",
            x_ticks=(np.arange(outputs), names),
            y="unit",
        ),
    ]
    return Drawing(title=f"Who spoke for which action, episode {number}", caption=caption, panels=panels)
