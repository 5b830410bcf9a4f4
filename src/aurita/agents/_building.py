"""From the parameters of an agent to its units, its engine and its recipe."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from aurita.agents._learner import Learner
from aurita.agents._native_learner import NativeLearner, learns_natively
from aurita.agents._stream import has_heads
from aurita.agents._training import Recipe
from aurita.errors import AuritaError
from aurita.learning.alignment import refuse_wired_listeners
from aurita.learning.partners import Partners
from aurita.reservoir import Population, Reservoir
from aurita.units import AttentionUnit, TraceUnit

if TYPE_CHECKING:
    from aurita.agents.agent import ReservoirAgent

TRACES = (20.0, 300.0)
"""Time constants of the fastest and of the slowest trace of an input, in steps."""


def default_populations(agent: "ReservoirAgent", inputs: int) -> list[Population]:
    """Attention units that forget where an episode begins, and traces of every input that they receive, if asked for.

    What they receive comes through passages of their own: all inputs, and what units output where `receives` is `all`.
    """
    unit = AttentionUnit(
        slots=6, memory=agent.memory, heads=2, head_dim=4, hidden=8, gain=1.0, age_bias="random", before_start="masked"
    )
    receives = "earlier" if agent.traces and agent.receives == "inputs" else agent.receives
    readers = Population(
        unit=unit, units=agent.units, passage="learned", afferents="all", receives=receives, passage_bias=0.3
    )
    if not agent.traces:
        return [readers]
    kept = Population(unit=TraceUnit(slots=agent.traces, tau=TRACES), units=inputs, passage="mixed", receives="each")
    return [kept, readers]


def built(agent: "ReservoirAgent", inputs: int, outputs: int, seed: int) -> Reservoir:
    """The units of an agent, as drawn.

    Raises:
        AuritaError: none of them has heads, or they are to be aligned and none that learns is received by another.
    """
    given = default_populations(agent, inputs) if agent.populations is None else agent.populations
    populations = [given] if isinstance(given, Population) else list(given)
    if not any(has_heads(population) for population in populations):
        names = sorted({type(population.unit).__name__ for population in populations})
        raise AuritaError(
            f"units of {', '.join(names)} have no heads, so that none chooses an action; add a population of "
            "AttentionUnit that receives them: receives='earlier'"
        )
    reservoir = Reservoir.build(populations, inputs=inputs, targets=outputs, seed=seed)
    if agent.aligned:
        refuse_wired_listeners(reservoir)
        pairs = zip(populations, reservoir.connected, strict=False)
        if agent.learns == "heads" or not any(p.learns_by == "gradient" and received for p, received in pairs):
            raise AuritaError(
                "aligned is True and no unit receives another that learns; use receives='all', or aligned=False"
            )
    return reservoir


def learner_of(
    reservoir: Reservoir, clip: float, *, frozen: bool, partners: Partners | None, rng: np.random.Generator
) -> Learner:
    """What lets these units learn: the native kernels where they can, JAX otherwise.

    Raises:
        AuritaError: partners of units whose passages do not learn.
    """
    if partners is not None and frozen:
        raise AuritaError("partners are chosen by units whose passages learn; use learns='all'")
    if learns_natively(reservoir):
        return NativeLearner(reservoir, clip, frozen=frozen, partners=partners, rng=rng)
    from aurita.agents._compiled_learner import CompiledLearner

    return CompiledLearner(reservoir, clip, frozen=frozen, partners=partners, rng=rng)


@contextmanager
def restored_on_failure(agent: object) -> Iterator[None]:
    """What an agent was before a fit that an error or an interruption ends; after one that ends well it begins anew."""
    before = dict(vars(agent))
    try:
        yield
    except BaseException:
        vars(agent).clear()
        vars(agent).update(before)
        raise
    vars(agent).pop("_alive", None)


def recipe_of(agent: "ReservoirAgent") -> Recipe:
    """How an agent learns."""
    return Recipe(*(getattr(agent, name) for name in Recipe._fields))
