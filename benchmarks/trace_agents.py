"""Agents whose units receive traces, in worlds where something has to be kept for longer than a window.

    python benchmarks/trace_agents.py [--worlds tmaze/30 ...] [--seeds 20] [--first 2300] [--window]

Eight attention units of memory 4 receive the inputs and a trace unit of each; `--window` has units of memory 64 without
traces beside them. One setting for all worlds, chosen on seeds 1100 to 1106 of the mazes; learning ends early where the
last hundred episodes have 0.95 of the best return. Returns are those of 100 other episodes by the likeliest actions.
"""

import argparse
import time

import numpy as np

from aurita import AttentionUnit, Population, ReservoirAgent, TraceUnit
from aurita.agents.senses import Senses
from aurita.worlds import World, world_named

WORLDS = ("tmaze/30/passive", "tmaze/30", "memory_length/100")
SETTINGS = {"entropy": 0.1, "discount": 0.97, "envs": 32, "steps": 150_000}
TRACES = TraceUnit(slots=6, tau=(20.0, 300.0))
_BEST = {"tmaze/30": 4.0, "tmaze/100": 4.0}


def attention(memory: int, hears: str) -> Population:
    """Eight units that receive all that they may."""
    unit = AttentionUnit(
        slots=6, memory=memory, heads=2, head_dim=4, hidden=8, gain=1.0, age_bias="random", before_start="masked"
    )
    return Population(unit=unit, units=8, passage="learned", afferents="all", hears=hears, passage_bias=0.3)


def populations(world: World, *, traces: bool) -> list[Population]:
    """Units with traces of all inputs, or with a long window."""
    if not traces:
        return [attention(64, "inputs")]
    inputs = Senses(world.observation_size, world.actions).size
    return [Population(unit=TRACES, units=inputs, passage="mixed", hears="each"), attention(4, "earlier")]


def run(name: str, seeds: range, *, traces: bool) -> None:
    """Scores of all seeds in one world, printed."""
    world, best = world_named(name), _BEST.get(name, 1.0)
    scores, steps, begun = [], [], time.process_time()
    for seed in seeds:
        agent = ReservoirAgent(populations(world, traces=traces), random_state=seed, stop_at=0.95 * best, **SETTINGS)
        agent.fit(name)
        scores.append(agent.score(name, episodes=100, seed=1_000_000 + seed))
        steps.append(agent.steps_)
        print(name, "traces" if traces else "window", seed, round(scores[-1], 3), f"{agent.steps_:,}", flush=True)
    solved = int((np.array(scores) >= 0.95 * best).sum())
    seconds = (time.process_time() - begun) / len(scores)
    print(
        f"{name}, {'traces' if traces else 'window of 64'}: {solved} of {len(scores)} at 0.95 of {best:g}, mean "
        f"{np.mean(scores):.3f}, least {min(scores):.3f}, steps {np.median(steps):,.0f}, CPU {seconds:.1f} s a seed",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=2300)
    parser.add_argument("--window", action="store_true")
    given = parser.parse_args()
    for name in given.worlds:
        run(name, range(given.first, given.first + given.seeds), traces=not given.window)


if __name__ == "__main__":
    main()
