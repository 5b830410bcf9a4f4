"""Every search: better than where it began, the same for the same seed, unimpressed by numbers that are none."""

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import (
    DiversitySearch,
    Genome,
    Mutation,
    ParetoSearch,
    Scores,
    TopologySearch,
    TrialSource,
    WeightSearch,
)
from aurita.evolution._search import finite
from aurita.evolution.evaluation import Scoring
from aurita.evolution.pareto import fronts

SEARCHES = [
    WeightSearch(population=8),
    WeightSearch(population=8, algorithm="Sep_CMA_ES"),
    TopologySearch(population=12),
    DiversitySearch(population=12, cells=(6, 3, 3)),
    DiversitySearch(population=12, archive="novelty"),
    ParetoSearch(population=12),
]
GENOME = Genome(neurons=3, most=6)


def toy(genes, bad=False):
    """Fitness is highest where all biases are 1 and nothing else matters; behaviour follows the first two biases."""
    fitness = -np.square(genes.bias[:, :3] - 1).sum(axis=1)
    if bad:
        fitness[0] = np.nan if bad is True else bad
    return Scores(fitness, fitness, np.tanh(genes.bias[:, :2]))


def searched(search, generations, bad=False, seed=0):
    rng = np.random.default_rng(seed)
    start = GENOME.start(rng, 16, 2)
    state = search.init(GENOME, start, toy(start), rng)
    first = last = toy(start).fitness.max()
    for _ in range(generations):
        genes, state = search.ask(GENOME, state, rng)
        assert genes.count == search.population
        scores = toy(genes, bad)
        last = max(last, np.nanmax(scores.fitness))
        state = search.tell(GENOME, state, genes, scores, rng)
    return first, last, state


@pytest.mark.parametrize("search", SEARCHES, ids=lambda s: f"{s.name}-{getattr(s, 'archive', '')}")
def test_a_search_finds_better_ones_and_repeats_itself(search):
    first, last, state = searched(search, 25)
    assert last > first * 0.8
    again = searched(search, 25)[2]
    assert state.keys() == again.keys()
    for name, value in state.items():
        assert np.asarray(value).tobytes() == np.asarray(again[name]).tobytes(), name


@pytest.mark.parametrize("search", SEARCHES, ids=lambda s: f"{s.name}-{getattr(s, 'archive', '')}")
def test_what_is_no_number_never_wins(search):
    state = searched(search, 5, bad=True)[2]
    assert not any(np.isnan(state.get(name, 0)).any() for name in ("fitness", "measures", "strategy.0"))
    assert np.isfinite(search.current(GENOME, state).bias).all()


def test_what_is_no_number_is_to_a_strategy_the_worst_of_all():
    failing = searched(WeightSearch(population=8), 5, bad=True)[2]
    worst = searched(WeightSearch(population=8), 5, bad=-1e6)[2]
    np.testing.assert_array_equal(failing["strategy.0"], worst["strategy.0"])


def test_a_grid_keeps_the_best_of_each_kind():
    search = DiversitySearch(population=20, cells=(6, 1, 1), mutation=Mutation(add=0.5, remove=0.5))
    state = searched(search, 20)[2]
    sizes = state["measures"][:, 0]
    assert len(set(sizes)) == len(sizes) >= 4


def test_novelty_lets_in_what_is_far_from_all():
    search = DiversitySearch(population=20, archive="novelty", novelty=0.3, neighbours=1)
    rng = np.random.default_rng(0)
    start = GENOME.start(rng, 16, 2)
    state = search.init(GENOME, start, toy(start), rng)
    held = len(state["measures"])
    state = search.tell(GENOME, state, start, toy(start), rng)
    assert len(state["measures"]) == held
    far = GENOME.unflatten(GENOME.flatten(start) + 1.5, start.take([0]))
    assert len(search.tell(GENOME, state, far, toy(far), rng)["measures"]) > held


def test_a_front_is_what_nothing_beats_in_both_goals():
    goals = np.random.default_rng(0).normal(size=(40, 2))
    front = fronts(goals)
    for number, goal in enumerate(goals):
        beaten = [i for i, g in enumerate(goals) if (g >= goal).all() and (g > goal).any()]
        assert front[number] == max((front[i] + 1 for i in beaten), default=0)


def test_smaller_and_better_reservoirs_are_kept_side_by_side():
    search = ParetoSearch(population=20, mutation=Mutation(add=0.4, remove=0.4))
    state = searched(search, 30)[2]
    best = state["front"] == 0
    sizes, fitness = search.current(GENOME, state).sizes[best], state["fitness"][best]
    order = np.lexsort((-fitness, sizes))
    assert (np.diff(fitness[order][np.r_[True, np.diff(sizes[order]) > 0]]) > 0).all()


def test_growth_starts_from_one_neuron():
    genome = Genome(neurons=1, most=6)
    search = TopologySearch(population=20, mutation=Mutation(add=0.3))
    rng = np.random.default_rng(0)
    start = genome.start(rng, 20, 8)
    trials = TrialSource("decision", fitted=60, scored=40)
    scores = genome.scores(start, trials.draw([0]), Scoring())
    state = search.init(genome, start, scores, rng)
    assert set(start.sizes) == {1}
    for generation in range(12):
        genes, state = search.ask(genome, state, rng)
        state = search.tell(genome, state, genes, genome.scores(genes, trials.draw([generation]), Scoring()), rng)
    assert search.current(genome, state).sizes.max() > 2


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(AuritaError):
        WeightSearch(population=7)
    with pytest.raises(AuritaError, match="unknown to evosax"):
        searched(WeightSearch(population=8, algorithm="GRADIENT"), 1)
    with pytest.raises(AuritaError, match="no distribution"):
        searched(WeightSearch(population=8, algorithm="SimpleGA"), 1)
    with pytest.raises(AuritaError):
        DiversitySearch(archive="museum")
    assert finite(np.array([np.nan])).tolist() == [0.0]
