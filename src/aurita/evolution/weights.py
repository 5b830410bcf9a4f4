"""Evolution strategies for the weights of a fixed wiring, by the library evosax.

By default CR-FM-NES (Nomura and Ono 2022, "Fast moving natural evolution strategy for high-dimensional problems"),
which learns the scale of every number and one direction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import ClassVar

import numpy as np

from aurita._jax import jax, jnp
from aurita._typing import Array, PyTree
from aurita.errors import AuritaError, require
from aurita.evolution._protocols import GenesLike, GenomeLike
from aurita.evolution._search import Search, State, finite, stored, storing
from aurita.evolution.evaluation import Scores

_Strategy = tuple[Callable[..., PyTree], Callable[..., PyTree], Callable[..., PyTree], "jax.tree_util.PyTreeDef"]


@dataclass(frozen=True, kw_only=True)
class WeightSearch(Search[GenomeLike, GenesLike]):
    """A distribution over weights, biases and leaks, moved by an evolution strategy; the wiring stays.

    Attributes:
        algorithm: any of evosax's distribution-based algorithms: CR_FM_NES, Sep_CMA_ES, CMA_ES, SNES, Open_ES, ...
        step: first standard deviation.
    """

    algorithm: str = "CR_FM_NES"
    step: float = 0.1

    name: ClassVar[str] = "weights"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.step > 0:
            raise AuritaError(f"step is {self.step}; expected a standard deviation above 0")

    def init(self, genome: GenomeLike, start: GenesLike, scores: Scores, rng: np.random.Generator) -> State:
        best = start.take([int(np.argmax(finite(scores.fitness)))])
        first = genome.flatten(best)[0]
        init, *_ = self._strategy(len(first))
        return {**storing(best), "centre": first, **_leaves(init(_key(rng), np.zeros_like(first, np.float32)))}

    def ask(self, genome: GenomeLike, state: State, rng: np.random.Generator) -> tuple[GenesLike, State]:
        _, ask, _, tree = self._strategy(len(state["centre"]))
        vectors, after = ask(_key(rng), _tree(tree, state))
        # The strategy moves what is added to the first reservoir, so its own start is zero whatever the numbers are.
        genes = genome.unflatten(state["centre"] + np.asarray(vectors, np.float64), stored(genome, state))
        return genes, {**state, **_leaves(after), "asked": np.asarray(vectors)}

    def tell(
        self, genome: GenomeLike, state: State, genes: GenesLike, scores: Scores, rng: np.random.Generator
    ) -> State:
        _, _, tell, tree = self._strategy(len(state["centre"]))
        loss = -finite(scores.fitness)[: self.population].astype(np.float32)
        after = tell(_key(rng), state["asked"], loss, _tree(tree, state))
        return {**{name: value for name, value in state.items() if name != "asked"}, **_leaves(after)}

    def favourite(self, genome: GenomeLike, state: State) -> GenesLike:
        *_, tree = self._strategy(len(state["centre"]))
        mean = np.asarray(_tree(tree, state).mean, np.float64)
        return genome.unflatten((state["centre"] + mean)[None], stored(genome, state))

    def current(self, genome: GenomeLike, state: State) -> GenesLike:
        return self.favourite(genome, state)

    def _strategy(self, numbers: int) -> _Strategy:
        return _strategy(self.algorithm, self.population, self.step, numbers)


@lru_cache(maxsize=8)
def _strategy(algorithm: str, population: int, step: float, numbers: int) -> _Strategy:
    """Compiled init, ask and tell, and the structure of the state."""
    library = require("evosax.algorithms", "evolution", "evolving weights")
    kinds = library.algorithms
    if algorithm not in kinds:
        raise AuritaError(f"algorithm {algorithm!r} is unknown to evosax; expected one of {', '.join(sorted(kinds))}")
    if "mean" not in signature(kinds[algorithm].init).parameters:
        raise AuritaError(f"{algorithm} keeps a population and no distribution; use CR_FM_NES, Sep_CMA_ES or Open_ES")
    made = kinds[algorithm](population_size=population, solution=jnp.zeros(numbers))
    parameters = made.default_params
    names = parameters.__dataclass_fields__
    if "std_init" in names:
        parameters = parameters.replace(std_init=step)
    init = jax.jit(lambda key, first: made.init(key, first, parameters))
    ask = jax.jit(lambda key, state: made.ask(key, state, parameters))
    tell = jax.jit(lambda key, asked, loss, state: made.tell(key, asked, loss, state, parameters)[0])
    example = jax.eval_shape(init, jax.random.key(0), jnp.zeros(numbers))
    return init, ask, tell, jax.tree.structure(example)


def _leaves(tree: object) -> State:
    return {f"strategy.{number}": np.asarray(leaf) for number, leaf in enumerate(jax.tree.leaves(tree))}


def _tree(structure: "jax.tree_util.PyTreeDef", state: State) -> PyTree:
    count = structure.num_leaves
    return jax.tree.unflatten(structure, [jnp.asarray(state[f"strategy.{number}"]) for number in range(count)])


def _key(rng: np.random.Generator) -> Array:
    return jax.random.key(int(rng.integers(2**31 - 1)))
