"""Episodes of an agent: what it saw, did and got, what it expected, and the voice of each unit for every action."""

from typing import Any, NamedTuple

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.pictures.drawing import Drawing, Heat, Line, Mark, Panel
from aurita.pictures.plotting import picture
from aurita.worlds import as_world

_LONGEST = 2_000
_MOST_SEEN = 8


class Episode(NamedTuple):
    """One episode, by the likeliest actions.

    Attributes:
        observations: before each step.
        actions: a number of one, or numbers.
        rewards: for them.
        values: what was expected still to come, in the scale that the agent learns in.
        voices: the logit of each unit for each action, or what it adds to each number; zeros where it is silent.
        cut: whether it was cut off, by the world's limit or after 2,000 steps.
    """

    observations: Float[np.ndarray, "step external"]
    actions: np.ndarray
    rewards: Float[np.ndarray, "step"]
    values: Float[np.ndarray, "step"]
    voices: Float[np.ndarray, "step unit output"]
    cut: bool


def episodes_of(agent: Any, environment: Any, *, episodes: int = 3, seed: int = 0) -> list[Episode]:
    """Let an agent act greedily, one episode after the other, and keep everything.

    Args:
        agent: a fitted `ReservoirAgent`.
        environment: a world, or its name; as `ReservoirAgent.fit` takes it.
        episodes: how many.
        seed: of the world.

    Raises:
        AuritaError: an agent that is not fitted, or a world of other observations or actions.
    """
    if not hasattr(agent, "reservoir_"):
        raise AuritaError(f"a {type(agent).__name__} that is not fitted does not act; fit it first")
    world = as_world(environment).copies(1)
    if (world.observation_size, world.actions) != (agent.observation_size_, agent.actions_):
        raise AuritaError(
            f"the world shows {world.observation_size} numbers and takes {world.actions}; the agent was fitted on "
            f"{agent.observation_size_} and {agent.actions_}: name the world that it was fitted on"
        )
    seen, found = world.reset(seed), []
    for _ in range(episodes):
        agent.reset(1)
        reward, rows = np.zeros(1), []
        for _ in range(_LONGEST):
            action = agent.act(seen, reward)
            said = np.array(agent.said_now_)[..., 0]
            after, reward, terminated, truncated = world.step(action)
            rows.append((seen[0], np.asarray(action)[0], reward[0], said[:, -1].sum(), said[:, :-1]))
            seen = after
            if terminated[0] or truncated[0]:
                break
        cut = not bool(terminated[0])
        if cut and not truncated[0]:
            seen = world.reset(seed + 1)
        parts = [np.array(part) for part in zip(*rows, strict=True)]
        found.append(Episode(parts[0], parts[1], parts[2], parts[3], parts[4], cut))
    return found


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
    end = ", cut off" if one.cut else ""
    caption = f"{len(steps)} steps{end}, return {one.rewards.sum():.4g}; the value goes from {one.values[0]:.3g} to "
    caption += f"{one.values[-1]:.3g}."
    if one.observations.shape[1] > _MOST_SEEN:
        caption += f" The first {_MOST_SEEN} of {one.observations.shape[1]} observations are drawn."
    panels = [
        Panel(marks=lines, title="what it sees", y="observation"),
        Panel(marks=done, title="what it does", y="action", height=0.6),
        Panel(
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
def voices(one: Episode, number: int = 0) -> Drawing:
    """Who spoke for which action: how much each unit was for what was done, and for which action on the whole.

    A unit's logit of an action counts beside its logits of the others; of numbers, what it adds to them.

    Args:
        one: from `episodes_of`.
        number: of the episode.
    """
    steps, units, outputs = one.voices.shape
    choice = one.actions.ndim == 1
    lean = one.voices - one.voices.mean(2, keepdims=True) if choice else one.voices
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
        caption = f"{agreed:.0%} of the voices were for the action that was taken. " + caption
    panels = [
        Panel(
            marks=[Heat(values=done.T, x=np.arange(steps), y=who, scale="logit", signed=True)],
            title=title,
            x="step",
            y="unit",
        ),
        Panel(
            marks=[Heat(values=whole, x=np.arange(outputs), y=who, scale="mean logit", signed=True)],
            title="on the whole",
            x_ticks=(np.arange(outputs), names),
            y="unit",
        ),
    ]
    return Drawing(title=f"Who spoke for which action, episode {number}", caption=caption, panels=panels)
