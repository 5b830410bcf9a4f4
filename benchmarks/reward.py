"""Agents that learn from reward alone, family by family: what was asked, what is measured, CPU seconds.

    python benchmarks/reward.py FAMILY [--seeds 100:120] [--rows NAME,NAME] [--episodes 100]

One setting a family, chosen on other seeds (below 100; pendulum and mazes also 400 to 409); the default ones are fresh.
Returns are those of the greedy policy over 100 episodes of another seed of the world.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import binomtest, wilcoxon

from aurita import AttentionUnit, EchoUnit, Population, ReservoirAgent
from aurita.learning.partners import Partners
from aurita.worlds import RepeatPrevious, WithNoise
from aurita.worlds.memory_length import EPISODES, LENGTHS, MemoryLength, memory_solved

REPEAT = {"memory": 64, "discount": 0.5, "trace": 0.5}
SMOOTH = {
    **{"envs": 8, "rollout": 128, "epochs": 10, "minibatches": 4, "learning_rate": 1e-3, "memory": 8},
    **{"discount": 0.99, "trace": 0.95, "entropy": 0.0, "steps": 100_000},
}
PENDULUM = {**SMOOTH, "memory": 4, "discount": 0.95, "trace": 0.9, "learning_rate": 2e-3}
SLOW = {
    **{"traces": 6, "memory": 4, "feedback": "reward", "envs": 32, "discount": 0.97, "entropy": 0.0, "uniform": 0.04},
    "steps": 150_000,
}
LESIONED = "repeat_previous/medium"
VOTES = {"memory": 8, "discount": 0.5, "trace": 0.5, "decide": "votes", "steps": 60_000, "stop_at": 0.95}
MOST = 400_000
"""Steps of memory length at most; the longest would have 1,010,000."""
FEW = {"units": 12, "memory": 8, "discount": 0.5, "trace": 0.5, "steps": 60_000}

Row = tuple[str, Any, dict[str, Any], str, Callable[[float], bool]]


def attention(receives: str, memory: int, units: int = 8, **more: Any) -> Population:
    """The default units of an agent, receiving what is asked for."""
    unit = AttentionUnit(
        **{"slots": 6, "memory": memory, "heads": 2, "head_dim": 4, "hidden": 8, "gain": 1.0, **more},
        before_start="masked",
    )
    return Population(unit=unit, units=units, passage="learned", afferents="all", receives=receives, passage_bias=0.3)


def echoes(size: int = 176) -> list[Population]:
    """An echo state network with as many features as the units have, and units without a memory that read it.

    Leak, spectral radius and scale were chosen on seeds 0 and 1, of eight combinations on the easy world and six on the
    medium one.
    """
    pool = EchoUnit(slots=size, spectral_radius=0.95, input_scale=0.3, leak=1.0)
    readers = attention("earlier", 1, heads=0)
    return [Population(unit=pool, units=1, passage="mixed", afferents="all", receives="inputs"), readers]


def beside(world: str, settings: dict[str, Any], asked: str, solved: Callable[[float], bool]) -> list[Row]:
    """Units, and what they are compared with, in one world."""
    alone = {**settings, "memory": 1, "feedback": False}
    return [
        (f"{world} units", world, settings, asked, solved),
        (f"{world} frozen", world, {**settings, "learns": "heads"}, "shown", solved),
        (f"{world} memoryless", world, alone, "shown", solved),
        (f"{world} echo", world, {**settings, "populations": echoes()}, "shown", solved),
    ]


def noisy() -> WithNoise:
    """Suits among sixty channels of noise."""
    return WithNoise(RepeatPrevious("easy", envs=16), 60)


def rows_of(family: str) -> list[Row]:
    """World, settings, what is asked, and when a seed counts."""
    if family == "repeat":
        found: list[Row] = []
        for level, steps, least, asked in (
            ("easy", 20_000, 0.99, ">= 0.99 in 20 of 20"),
            ("medium", 40_000, 0.99, ">= 0.99 in 19 of 20"),
            ("hard", 80_000, 0.95, ">= 0.95 in 18 of 20"),
        ):
            found += beside(
                f"repeat_previous/{level}", {**REPEAT, "steps": steps}, asked, lambda score, least=least: score >= least
            )
        return found
    if family == "cartpole":
        return beside("cartpole", SMOOTH, "mean >= 490, 500 in 18; memoryless < 60", lambda score: score >= 499.99)
    if family == "pendulum":
        return beside("pendulum", PENDULUM, "mean >= -250", lambda score: score >= -250)
    if family == "tmaze":
        longer = {**SLOW, "uniform": 0.02, "steps": 300_000}
        return [
            *_maze("tmaze/30/passive", SLOW, 1.0, "0.95 of 1 in 18 of 20"),
            *_maze("tmaze/30", SLOW, 4.0, "0.95 of 4 in 18 of 20"),
            *_maze("tmaze/100/passive", longer, 1.0, "reported"),
        ]
    if family == "votes":
        return [
            (credit, "repeat_previous/easy", {**VOTES, "credit": credit}, "<= 0.7 of the steps", lambda s: s >= 0.95)
            for credit in ("common", "difference")
        ]
    if family == "partners":
        kinds: dict[str, Any] = {
            "probe": Partners(afferents=3),
            "random": Partners(afferents=3, by="random"),
            "popularity": Partners(afferents=3, by="popularity"),
            "fixed": Partners(afferents=3, every=10**9),
            "dense": None,
        }
        asked = {"probe": ">= 0.95 in 18 of 20"}
        return [
            (name, noisy, {**FEW, "partners": how}, asked.get(name, "shown"), lambda score: score >= 0.95)
            for name, how in kinds.items()
        ]
    if family == "lesions":
        how = {**REPEAT, "units": 12, "steps": 40_000}
        return [("12 units", LESIONED, how, ">= 0.95 left", lambda score: score > 0.95)]
    raise SystemExit(f"no family {family!r}; expected {', '.join(FAMILIES)}")


FAMILIES = ("repeat", "cartpole", "pendulum", "tmaze", "memory", "votes", "partners", "lesions")


def _maze(world: str, settings: dict[str, Any], most: float, asked: str) -> list[Row]:
    def solved(score: float) -> bool:
        return score >= 0.95 * most

    return [
        (f"{world} units", world, settings, asked, solved),
        (f"{world} actions received", world, {**settings, "feedback": True}, "shown", solved),
        (f"{world} reward not received", world, {**settings, "feedback": False}, "shown", solved),
        (f"{world} entropy instead", world, {**settings, "uniform": 0.0, "entropy": 0.1}, "shown", solved),
        (f"{world} window of 64", world, {**settings, "traces": 0, "memory": 64}, "shown", solved),
        (f"{world} frozen", world, {**settings, "learns": "heads"}, "shown", solved),
    ]


class Played(MemoryLength):
    """Memory length that keeps all returns, in the order in which episodes were played."""

    def __init__(self, length: int, envs: int = 1) -> None:
        super().__init__(length, envs)
        self.played: list[float] = []

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        reward, over, cut = super()._advance(actions)
        self.played += reward[over].tolist()
        return reward, over, cut


def memory_lengths(seeds: range, lengths: tuple[int, ...]) -> None:
    """The published rule at each length: mistakes while learning, all included, in at most 10,000 episodes.

    Learning ends where the rule is fulfilled and nine of ten are right; what came after could only help.
    """
    failed, scores, begun = np.zeros((len(seeds), len(lengths)), bool), [], time.process_time()
    for column, length in enumerate(lengths):
        episodes = []
        for row, seed in enumerate(seeds):
            world = Played(length, SLOW["envs"])
            played, steps = world.played, min(EPISODES * (length + 1), MOST)

            def enough(now: Any, played: list[float] = played) -> bool:
                return len(played) >= 500 and memory_solved(np.array(played)) and float(np.mean(played[-500:])) > 0.8

            how = {**SLOW, "steps": steps, "callback": enough, "random_state": seed}
            agent = ReservoirAgent(**how).fit(world)
            failed[row, column] = not memory_solved(np.array(played))
            episodes.append(len(played))
            scores.append(agent.score(f"memory_length/{length}", seed=10_000 + seed))
        print(
            f"length {length:3d}  solved {int((~failed[:, column]).sum()):2d} of {len(seeds)}  greedy "
            f"{np.mean(scores[-len(seeds) :]):6.3f}  episodes {np.median(episodes):8,.0f}  CPU so far "
            f"{time.process_time() - begun:6.1f} s",
            flush=True,
        )
    print(f"every length solved: {int((~failed).all(1).sum())} of {len(seeds)} seeds")


def run_row(row: Row, seeds: range, episodes: int) -> tuple[np.ndarray, np.ndarray, list[ReservoirAgent]]:
    """Scores, steps taken and agents by seed, printed."""
    name, world, settings, asked, solved = row
    scores, steps, agents, begun = [], [], [], time.process_time()
    for seed in seeds:
        agent = ReservoirAgent(**{**settings, "random_state": seed}).fit(world)
        scores.append(agent.score(world, episodes=episodes, seed=10_000 + seed))
        steps.append(agent.steps_)
        agents.append(agent)
    cpu = (time.process_time() - begun) / len(seeds)
    hit = sum(map(solved, scores))
    size = agents[0].reservoir_.parameter_counts()["trained"]
    print(
        f"{name:32s} asked {asked:38s} mean {np.mean(scores):9.3f}  least {np.min(scores):9.3f}  solved {hit:2d} of "
        f"{len(seeds)}  steps {np.median(steps):8,.0f}  numbers {size:6,d}  CPU {cpu:5.1f} s a seed",
        flush=True,
    )
    return np.array(scores), np.array(steps), agents


def lesions(agents: list[ReservoirAgent], world: str, seeds: range, episodes: int) -> None:
    """What is left without the 8 least symbiotic units of 12, and without 8 at random."""
    left: dict[str, list[float]] = {"least symbiotic": [], "random": [], "least at the end": []}
    for seed, agent in zip(seeds, agents, strict=True):
        rng, kept = np.random.default_rng(seed), {"episodes": episodes, "seed": 20_000 + seed}
        whole = agent.score(world, **kept)
        orders = {
            "least symbiotic": np.argsort(agent.help_)[:8],
            "random": rng.permutation(12)[:8],
            "least at the end": np.argsort(agent.history_["help"][-3:].mean(0))[:8],
        }
        for name, order in orders.items():
            left[name].append(agent.without(order).score(world, **kept) / whole)
    for name, values in left.items():
        print(f"without 8 of 12, {name:18s} mean left {np.mean(values):6.3f}  median {np.median(values):6.3f}")
    test = wilcoxon(left["least symbiotic"], left["random"], alternative="greater")
    print(f"least symbiotic left more than random: Wilcoxon p = {test.pvalue:.2g}")


def main() -> None:
    """Print the rows of a family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--seeds", default="100:120")
    parser.add_argument("--rows", default="")
    parser.add_argument("--episodes", type=int, default=100)
    given = parser.parse_args()
    seeds = range(*map(int, given.seeds.split(":")))
    if given.family == "memory":
        memory_lengths(seeds, tuple(map(int, given.rows.split(","))) if given.rows else LENGTHS)
        return
    wanted = [row for row in rows_of(given.family) if not given.rows or any(n in row[0] for n in given.rows.split(","))]
    found = {row[0]: run_row(row, seeds, given.episodes) for row in wanted}
    if given.family == "votes" and len(found) == 2:
        common, difference = found["common"][1], found["difference"][1]
        test = wilcoxon(difference, common, alternative="less")
        ratio = np.median(difference) / np.median(common)
        fewer = int((difference < common).sum())
        sign = binomtest(fewer, len(seeds), alternative="greater").pvalue
        print(f"steps, difference by common: {ratio:.2f}; Wilcoxon p = {test.pvalue:.2g}, sign test p = {sign:.2g}")
    if given.family == "lesions":
        lesions(found["12 units"][2], LESIONED, seeds, given.episodes)


if __name__ == "__main__":
    main()
