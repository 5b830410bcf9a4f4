"""Units that receive each other, learning from reward: what carries information past their windows?

    python benchmarks/talk.py [--seeds 300:320] [--rows alone,all,aligned] [--lags 3,6,10,18]

RepeatPrevious asks for the card of some steps before, three in the easy form; units see two. Ways to let what they say
be of use: more of them; learning in turns (a drawn share of the units learns from each rollout, so that what the others
receive stays what it was); alignment (after each rollout passages follow the units that they receive); a gate, few
afferents chosen by the probe. Greedy returns of 100 episodes, 60,000 steps, one setting; rows are paired by seed.
"""

import argparse
import time
from typing import Any

import numpy as np
from scipy.stats import wilcoxon

from aurita import ReservoirAgent
from aurita.agents._native_learner import NativeLearner
from aurita.agents._stream import Recording
from aurita.learning.partners import Partners
from aurita.worlds import RepeatPrevious

SETTINGS = {"units": 8, "memory": 2, "receives": "all", "discount": 0.5, "trace": 0.5, "steps": 60_000}


class InTurns(NativeLearner):
    """A drawn share of the units learns from each rollout."""

    share = 0.5

    def give(self, recording: Recording) -> None:
        super().give(recording)
        self.rests = np.random.default_rng(int(self._learners[0].taken.sum())).random(self._units) >= self.share

    def learn(self, lanes: Any, error: Any, rate: float) -> None:
        kept = [[part.copy() for part in _parts(one)] for one in self._learners]
        super().learn(lanes, error, rate)
        for one, before, place in zip(self._learners, kept, self.places, strict=True):
            for part, old in zip(_parts(one), before, strict=True):
                part[self.rests[place]] = old[self.rests[place]]


class InQuarters(InTurns):
    share = 0.25


def _parts(learners: Any) -> list[np.ndarray]:
    return [learners.rows, learners.first, learners.second, learners.taken]


def _agent(learner: type[NativeLearner]) -> type[ReservoirAgent]:
    class Agent(ReservoirAgent):
        def _learner(self, rng: np.random.Generator) -> Any:
            return learner(self.reservoir_, self.gradient_clip, partners=self.partners, rng=rng)

    return Agent


ROWS: dict[str, tuple[type[ReservoirAgent], dict[str, Any]]] = {
    "alone": (ReservoirAgent, {"receives": "inputs"}),
    "all": (ReservoirAgent, {}),
    "16 units": (ReservoirAgent, {"units": 16}),
    "24 units": (ReservoirAgent, {"units": 24}),
    "spaced, half": (_agent(InTurns), {}),
    "spaced, a quarter": (_agent(InQuarters), {}),
    "aligned": (ReservoirAgent, {"aligned": True}),
    "12 afferents by the probe": (ReservoirAgent, {"partners": Partners(afferents=12)}),
}


def main() -> None:
    """Print the returns of every row, and p of its differences from units that are aligned."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="300:320")
    parser.add_argument("--rows", default="")
    parser.add_argument("--lags", default="3")
    parser.add_argument(
        "--set", action="append", default=[], help="a whole number of ReservoirAgent, such as steps=90000"
    )
    given = parser.parse_args()
    more = {name: int(value) for name, value in (one.split("=") for one in given.set)}
    wanted = [name for name in ROWS if not given.rows or name in given.rows.split(",")]
    for lag in map(int, given.lags.split(",")):
        world, found = RepeatPrevious(lag + 1), {}
        for name in wanted:
            kind, changes = ROWS[name]
            scores, begun = [], time.process_time()
            for seed in range(*map(int, given.seeds.split(":"))):
                agent = kind(**{**SETTINGS, **changes, **more}, random_state=seed).fit(world.copies(16))
                scores.append(agent.score(world.copies(50), seed=10_000 + seed))
            seconds = (time.process_time() - begun) / len(scores)
            found[name] = np.array(scores)
            print(
                f"lag {lag:2d}  {name:20s} mean {np.mean(scores):6.3f}  least {np.min(scores):6.3f}  above 0.95 "
                f"{sum(s >= 0.95 for s in scores):2d} of {len(scores)}  {np.round(scores, 2)}  "
                f"CPU {seconds:4.1f} s a seed",
                flush=True,
            )
        for name, scores in found.items():
            if "aligned" in found and name != "aligned" and len(scores) > 4:
                p = wilcoxon(found["aligned"], scores).pvalue
                print(f"lag {lag:2d}  aligned against {name}: {np.sum(found['aligned'] > scores)} better, p = {p:.2g}")


if __name__ == "__main__":
    main()
