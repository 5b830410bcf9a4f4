"""Units that receive each other, learning from reward: what carries information past their windows?

    python benchmarks/talk.py [--seeds 200:203] [--rows all,spaced]

RepeatPrevious Easy asks for the card of three steps before; units see two. Ways to let what they say be of use: more of
them; learning in turns (a drawn share of the units learns from each rollout, so that what the others receive stays what
it was); alignment (after each rollout passages follow the units that they receive); a gate, few ears chosen by the
probe. Greedy returns of 100 episodes, 60,000 steps, one setting.
"""

import argparse
import time
from typing import Any

import numpy as np

from aurita import AttentionUnit, Population, ReservoirAgent
from aurita.agents.native_learner import NativeLearner
from aurita.agents.stream import Recording
from aurita.learning.alignment import realigned
from aurita.learning.local_loss import RecordedBatch
from aurita.learning.partners import Partners
from aurita.reservoir import Reservoir

WORLD, WINDOW = "repeat_previous/easy", 2
SETTINGS = {"discount": 0.5, "trace": 0.5, "steps": 60_000}


def talkers(units: int, hears: str = "all") -> Population:
    """The default units of an agent, with a window that is too short."""
    unit = AttentionUnit(slots=6, memory=WINDOW, heads=2, head_dim=4, hidden=8, gain=1.0, before_start="masked")
    return Population(unit=unit, units=units, passage="learned", afferents="all", hears=hears, passage_bias=0.3)


class InTurns(NativeLearner):
    """A drawn share of the units learns from each rollout."""

    share = 0.5

    def give(self, recording: Recording) -> None:
        super().give(recording)
        self.rests = np.random.default_rng(int(self._learners[0].taken.sum())).random(self._units) >= self.share

    def learn(self, lanes: Any, error: Any, rate: float) -> None:
        kept = [[part.copy() for part in _parts(one)] for one in self._learners]
        super().learn(lanes, error, rate)
        for one, before, place in zip(self._learners, kept, self._places, strict=True):
            for part, old in zip(_parts(one), before, strict=True):
                part[self.rests[place]] = old[self.rests[place]]


class InQuarters(InTurns):
    share = 0.25


class Aligned(NativeLearner):
    """Passages follow what the units that they receive have become, once a rollout."""

    def give(self, recording: Recording) -> None:
        super().give(recording)
        self.before, width = super().reservoir, recording.sources.shape[0]
        whole = recording.lived >= WINDOW
        whole[: recording.history] = False
        counted, none = whole.astype(np.float32).ravel(), np.zeros((0, whole.size), np.float32)
        self.batch = RecordedBatch(recording.sources.reshape(width, -1), counted, none, counted, whole.shape[1])

    @property
    def reservoir(self) -> Reservoir:
        now = super().reservoir
        if not hasattr(self, "batch"):
            return now
        for own, one in zip(realigned(self.before, now, self.batch).weights, self._learners, strict=True):
            for name, array in own.passage.items():
                one.rows[:, one.owners == name] = np.asarray(array).reshape(-1, one.count).T
        del self.batch
        return super().reservoir


def _parts(learners: Any) -> list[np.ndarray]:
    return [learners.rows, learners.first, learners.second, learners.taken]


def _agent(learner: type[NativeLearner]) -> type[ReservoirAgent]:
    class Agent(ReservoirAgent):
        def _learner(self, rng: np.random.Generator) -> Any:
            return learner(self.reservoir_, self.gradient_clip, partners=self.partners, rng=rng)

    return Agent


ROWS: dict[str, tuple[type[ReservoirAgent], dict[str, Any]]] = {
    "alone": (ReservoirAgent, {"populations": talkers(8, "inputs")}),
    "all": (ReservoirAgent, {"populations": talkers(8)}),
    "16 units": (ReservoirAgent, {"populations": talkers(16)}),
    "24 units": (ReservoirAgent, {"populations": talkers(24)}),
    "spaced, half": (_agent(InTurns), {"populations": talkers(8)}),
    "spaced, a quarter": (_agent(InQuarters), {"populations": talkers(8)}),
    "aligned": (_agent(Aligned), {"populations": talkers(8)}),
    "12 ears by the probe": (ReservoirAgent, {"populations": talkers(8), "partners": Partners(ears=12)}),
}


def main() -> None:
    """Print the returns of every row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="200:203")
    parser.add_argument("--rows", default="")
    given = parser.parse_args()
    for name, (kind, more) in ROWS.items():
        if given.rows and not any(part in name for part in given.rows.split(",")):
            continue
        scores, begun = [], time.process_time()
        for seed in range(*map(int, given.seeds.split(":"))):
            agent = kind(**{**SETTINGS, **more}, random_state=seed).fit(WORLD)
            scores.append(agent.score(WORLD, seed=10_000 + seed))
        seconds = (time.process_time() - begun) / len(scores)
        print(f"{name:22s} mean {np.mean(scores):6.3f}  {np.round(scores, 2)}  CPU {seconds:4.1f} s a seed", flush=True)


if __name__ == "__main__":
    main()
