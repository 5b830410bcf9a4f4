"""A genetic algorithm for reservoirs of attention units: a few genes at a time, parents scored anew each time.

An evolution strategy moves all numbers of a genome at once and drowns what one of them does in the noise of the others.
Here a child differs from its parents in few genes: some slots receive another source, some rates and weights are moved.
Each child draws how many genes and how far, so no step size has to be chosen.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita.errors import AuritaError
from aurita.evolution._search import Search, State, finite, storing
from aurita.evolution.attention import AttentionGenes, AttentionGenome
from aurita.evolution.evaluation import Scores

_CHANGED = (0.003, 0.3)
_MOVED = (0.05, 1.5)


@dataclass(frozen=True, kw_only=True)
class MutationSearch(Search[AttentionGenome, AttentionGenes]):
    """Truncation selection, crossover by unit, sparse mutation, immigrants.

    Attributes:
        parents: share of a generation that has children.
        kept: share of a generation that goes on unchanged, to be scored again on the next trials.
        immigrants: share of a generation that is drawn anew, hyper-parameters of the draw included.
        crossover: share of the children that have two parents.
        scouting: generations at first in which all but those kept are drawn anew: a good start is worth more than many
            small steps from a bad one.

    Example:
        >>> from aurita.evolution import evolve
        >>> genome = AttentionGenome(units=2)
        >>> found = evolve("decision", genome, search=MutationSearch(population=8), generations=2, trials=(60, 30))
        >>> found.champion.wiring.shape
        (1, 4, 2)
    """

    parents: float = 0.25
    kept: float = 0.15
    immigrants: float = 0.1
    crossover: float = 0.3
    scouting: int = 30

    name: ClassVar[str] = "mutation"

    def __post_init__(self) -> None:
        super().__post_init__()
        shares = (self.parents, self.kept, self.immigrants, self.crossover)
        if self.scouting < 0:
            raise AuritaError(f"scouting is {self.scouting}; expected a number of generations from 0")
        if not all(0 <= share <= 1 for share in shares) or not self.parents or self.kept + self.immigrants >= 1:
            raise AuritaError(
                f"parents, kept, immigrants, crossover are {shares}; expected shares from 0 to 1, some parents, "
                "and room for children beside those kept and drawn anew"
            )

    def init(self, genome: AttentionGenome, start: AttentionGenes, scores: Scores, rng: np.random.Generator) -> State:
        """The best of the start are the first parents."""
        if not isinstance(genome, AttentionGenome):
            raise AuritaError(
                f"the search 'mutation' was given a {type(genome).__name__}; it is for AttentionGenome, echo neurons "
                "have 'topology', which mutates sparsely too"
            )
        return {**self._selected(start, scores), "generation": np.array(0)}

    def ask(self, genome: AttentionGenome, state: State, rng: np.random.Generator) -> tuple[AttentionGenes, State]:
        """Parents unchanged, newcomers, children."""
        parents = self.current(genome, state)
        stay = min(parents.count, max(1, round(self.kept * self.population)))
        inputs = genome.channels_of(parents)
        groups = [parents.take(slice(stay)).arrays()]
        scouts = self.population - stay if state["generation"] < self.scouting else self.immigrants * self.population
        groups += [genome.proposal(rng).start(rng, 1, inputs).arrays() for _ in range(round(scouts))]
        children = self.population - sum(len(group["rates"]) for group in groups)
        groups += [_child(parents, self.crossover, rng) for _ in range(children)]
        return AttentionGenes.of({name: np.concatenate([g[name] for g in groups]) for name in groups[0]}), state

    def tell(
        self,
        genome: AttentionGenome,
        state: State,
        genes: AttentionGenes,
        scores: Scores,
        rng: np.random.Generator,
    ) -> State:
        """The best of the generation are the next parents."""
        del genome, rng
        return {**self._selected(genes, scores), "generation": state["generation"] + 1}

    def _selected(self, genes: AttentionGenes, scores: Scores) -> State:
        order = np.argsort(-finite(scores.fitness), kind="stable")
        return storing(genes.take(order[: max(2, round(self.parents * self.population))]))


def _child(parents: AttentionGenes, crossover: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    one, other = (parents.take([int(rng.integers(parents.count))]).arrays() for _ in range(2))
    if rng.random() < crossover:
        mine = rng.random(one["rates"].shape[-1]) < 0.5
        one = {name: np.where(mine, value, other[name]) for name, value in one.items()}
    changed, moved = (float(np.exp(rng.uniform(*np.log(ends)))) for ends in (_CHANGED, _MOVED))
    preferences = one["preferences"].copy()
    _, slots, units = one["rates"].shape
    for slot, unit in np.argwhere(rng.random((slots, units)) < changed):
        chosen = rng.integers(preferences.shape[1])
        preferences[0, chosen, slot, unit] = preferences[0, :, slot, unit].max() + 0.1
    made = {"preferences": preferences}
    for name, value in one.items():
        if name == "preferences":
            continue
        logit = np.log(value / (1 - value)) if name == "rates" else value
        spread = 1.0 if name == "rates" else max(float(np.std(logit)), 0.1)
        step = moved * spread * rng.standard_normal(value.shape) * (rng.random(value.shape) < changed)
        made[name] = np.clip(1 / (1 + np.exp(-(logit + step))), 0.002, 0.999) if name == "rates" else logit + step
    return made
