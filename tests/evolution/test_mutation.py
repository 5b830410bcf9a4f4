import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import AttentionGenome, Genome, MutationSearch, Scores, evolve

GENOME = AttentionGenome(units=3)


def scores(fitness: np.ndarray) -> Scores:
    return Scores(fitness=fitness, score=fitness, behaviour=np.zeros((len(fitness), 1)))


def test_the_best_are_kept_unchanged_and_a_failure_never_is() -> None:
    search = MutationSearch(population=8, parents=0.25, kept=0.25, immigrants=0.0)
    rng = np.random.default_rng(0)
    start = GENOME.start(rng, 8, inputs=4)
    fitness = np.array([0.1, -np.inf, 0.9, 0.2, 0.5, -np.inf, 0.3, 0.0])
    state = search.init(GENOME, start, scores(fitness), rng)
    asked, _ = search.ask(GENOME, state, rng)
    assert asked.count == 8
    for place, number in enumerate((2, 4)):
        for name, value in start.arrays().items():
            np.testing.assert_array_equal(asked.arrays()[name][place], value[number])


def test_children_receive_sources_that_exist_and_rates_stay_rates() -> None:
    search, rng = MutationSearch(population=64, crossover=0.5), np.random.default_rng(1)
    start = GENOME.start(rng, 16, inputs=4)
    state = search.init(GENOME, start, scores(np.arange(16.0)), rng)
    asked, _ = search.ask(GENOME, state, rng)
    assert asked.wiring.min() >= 0
    assert asked.wiring.max() < 4 + 3 * 4
    assert ((asked.rates > 0) & (asked.rates < 1)).all()
    assert all(np.isfinite(value).all() for value in asked.arrays().values())
    parents = {value.tobytes() for value in start.wiring}
    assert sum(value.tobytes() not in parents for value in asked.wiring) > 16


def test_the_same_seed_finds_the_same() -> None:
    def found(seed: int) -> np.ndarray:
        search = MutationSearch(population=6)
        result = evolve("decision", GENOME, search=search, generations=2, trials=(60, 30), seed=seed)
        return result.champion.preferences

    np.testing.assert_array_equal(found(3), found(3))


def test_echo_genomes_are_refused() -> None:
    with pytest.raises(AuritaError, match="topology"):
        evolve("decision", Genome(neurons=4), search="mutation", generations=1, trials=(60, 30))


def test_shares_that_leave_no_children_are_refused() -> None:
    with pytest.raises(AuritaError, match="room for children"):
        MutationSearch(kept=0.6, immigrants=0.5)
