"""`aurita act`: agents that learn from reward in a world, one a seed, judged on episodes of their own."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from aurita._words import counted
from aurita.cli._models import check_outputs, save_model
from aurita.cli._options import Force
from aurita.cli._terminal import Stages, note, say, show_table, stages
from aurita.errors import AuritaError

if TYPE_CHECKING:
    from aurita._typing import Document
    from aurita.agents import ReservoirAgent
    from aurita.agents.agent import RolloutProgress
    from aurita.worlds import World

_TEST_SEED = 1_000_000
_OWN = ("steps", "units", "memory", "stop_at", "random_state", "callback", "verbose", "populations", "partners")


class _Found(NamedTuple):
    """One agent, and how it went."""

    seed: int
    agent: "ReservoirAgent"
    returns: list[float]
    seconds: float


def act(
    world: Annotated[
        str,
        typer.Argument(
            help="World, such as repeat_previous/easy, tmaze/30/passive or cartpole; an id of Gymnasium, such as "
            "CartPole-v1; or module:Name.",
            show_default=False,
        ),
    ],
    steps: Annotated[int, typer.Option(min=1, help="Steps to learn from, all copies of the world together.")] = 100_000,
    seeds: Annotated[int, typer.Option(min=1, help="Agents, each from another seed.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first agent.")] = 0,
    save: Annotated[
        Path | None, typer.Option(help="File of the agent; of several the one that got most while learning.")
    ] = None,
    force: Force = False,
    units: Annotated[int | None, typer.Option(min=1, help="Units of an agent.")] = None,
    memory: Annotated[int | None, typer.Option(min=1, help="Steps that each unit remembers.")] = None,
    noise: Annotated[int, typer.Option(min=0, help="Channels of noise beside what the world shows.")] = 0,
    afferents: Annotated[
        int | None, typer.Option(min=1, help="Inputs that each unit receives and chooses; all if left out.")
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to judge each agent by.")] = 100,
    stop_at: Annotated[
        float | None, typer.Option(help="Mean return of a hundred episodes at which learning ends early.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of ReservoirAgent, such as discount=0.5; repeatable."),
    ] = None,
) -> None:
    """Let units learn from reward alone to act in a world, and say what they get.

    Returns are of episodes that were not learnt from, by the likeliest actions.

    Example: aurita act repeat_previous/easy --steps 20000 --seeds 3 --save agent.aurita
    """
    check_outputs({}, save=save, force=force)
    chosen = {"units": units, "memory": memory, "stop_at": stop_at, "steps": steps}
    given = {name: value for name, value in chosen.items() if value is not None} | _parameters(set_ or [])
    if afferents is not None:
        from aurita.learning.partners import Partners

        given["partners"] = Partners(afferents=afferents)
    found: list[_Found] = []
    with stages() as progress:
        progress.now(f"looking for {world}")
        lived = _world(world, noise)
        for number in range(seed, seed + seeds):
            progress.now(f"seed {number}", steps)
            found.append(_one(lived, number, given, episodes, progress))
    _show(world, found, episodes)
    if save is not None:
        best = max(found, key=lambda one: _while_learning(one.agent))
        save_model(best.agent, save)
        of = "" if len(found) == 1 else f", of seed {best.seed},"
        note(f"the agent{of} was saved to {save}; look at it with: aurita view {save} {world}")


def _parameters(given: list[str]) -> dict[str, object]:
    from aurita.agents import ReservoirAgent

    known = [name for name in ReservoirAgent().get_params() if name not in _OWN]
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in known:
            raise AuritaError(f"--set {one}; expected name=value, the name one of {', '.join(known)}")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def _world(name: str, noise: int) -> "World":
    from aurita.worlds import WithNoise, world_named

    world = world_named(name)
    return WithNoise(world, noise) if noise else world


def _one(world: "World", seed: int, given: "Document", episodes: int, progress: Stages) -> _Found:
    from aurita.agents import ReservoirAgent

    began = time.process_time()
    agent = ReservoirAgent(random_state=seed, callback=_callback(progress), **given)
    agent.fit(world.copies(agent.envs))
    seconds = time.process_time() - began
    progress.now(f"seed {seed}: episodes without learning")
    returns = agent.returns(world.copies(min(episodes, 50)), episodes=episodes, seed=_TEST_SEED + seed)
    return _Found(seed, agent, [float(value) for value in returns], seconds)


def _callback(progress: Stages) -> "Callable[[RolloutProgress], object]":
    last = 0

    def follow(now: "RolloutProgress") -> None:
        nonlocal last
        progress.done(now.step - last)
        last = now.step

    return follow


def _while_learning(agent: "ReservoirAgent") -> float:
    import numpy as np

    returns = np.asarray(agent.history_["return"], float)
    late = returns[len(returns) * 3 // 4 :]
    return float(np.nanmean(late)) if np.isfinite(late).any() else -np.inf


def _show(world: str, found: list[_Found], episodes: int) -> None:
    rows = [
        (
            one.seed,
            f"{one.agent.steps_:,}",
            f"{mean(one.returns):.4g}",
            f"{min(one.returns):.4g}",
            f"{max(one.returns):.4g}",
            f"{one.seconds:.1f}",
        )
        for one in found
    ]
    columns = ("seed", "steps", "return", "worst", "best", "CPU s")
    show_table(f"{world}: returns of {counted(episodes, 'episode')} each, not learnt from", columns, rows, left=0)
    means = [mean(one.returns) for one in found]
    spread = f" ± {stdev(means):.3g} over {len(means)} seeds" if len(means) > 1 else ""
    reservoir = found[0].agent.reservoir_
    numbers = sum(reservoir.parameter_counts().values())
    say(f"return {mean(means):.4g}{spread}; {counted(reservoir.units, 'unit')}, {numbers:,} numbers")
