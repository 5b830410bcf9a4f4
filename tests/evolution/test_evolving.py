"""Whole searches: they get better, repeat themselves, go on after a kill, and do not believe in luck."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import Genome, RandomSearch, Scores, Workers, evolve, tuned_random
from aurita.evolution import _checkpoint as checkpoints

SMALL = {"trials": (60, 40), "task_seeds": 1, "population": 8, "elite": 3}


def arrays_of(found):
    parts = {f"champion.{k}": v for k, v in found.champion.arrays().items()}
    parts |= {f"population.{k}": v for k, v in found.population.arrays().items()} | found.history
    return {name: np.asarray(value).tobytes() for name, value in parts.items()}


def test_fourteen_neurons_are_far_above_random_ones_after_a_short_search():
    found = evolve("decision", generations=25, population=32, seed=3)
    assert found.history["mean"][0] < 0.65
    assert found.test(sequences=2000) > 0.8
    assert abs(found.test(seed=1) - found.score) < 0.025
    assert found.evaluations == 64 + 25 * (32 + 1 + 8) + 8 * 8


@pytest.mark.parametrize("search", ["weights", "topology", "diversity", "pareto"])
def test_a_search_cut_off_anywhere_ends_as_one_that_was_not(tmp_path, search):
    path = tmp_path / "search.evolution"
    genome = Genome(neurons=4, most=6)
    whole = evolve("decision", genome, search=search, generations=5, seed=2, **SMALL)
    for generations in (1, 3, 5):
        found = evolve(
            "decision", genome, search=search, generations=generations, seed=2, checkpoint=path, resume=True, **SMALL
        )
    assert arrays_of(found) == arrays_of(whole)
    again = evolve("decision", genome, search=search, generations=5, seed=2, checkpoint=path, resume=True, **SMALL)
    assert arrays_of(again) == arrays_of(whole)
    assert checkpoints.read(path)[0]["generation"] == 5


def test_workers_do_not_change_what_is_found():
    genome = Genome(neurons=4)
    alone = evolve("decision", genome, generations=1, workers=Workers(chunk=4), **SMALL)
    spread = evolve("decision", genome, generations=1, workers=Workers(count=2, chunk=4), **SMALL)
    assert arrays_of(alone) == arrays_of(spread)


def test_other_seeds_find_others():
    first, second = (evolve("decision", Genome(neurons=4), generations=1, seed=seed, **SMALL) for seed in (0, 1))
    assert arrays_of(first) != arrays_of(second)


def test_a_checkpoint_of_other_settings_is_refused_with_the_difference(tmp_path):
    path = tmp_path / "search.evolution"
    evolve("decision", Genome(neurons=4), generations=2, checkpoint=path, **SMALL)
    with pytest.raises(AuritaError, match=r"genome\.neurons: 4 there, 5 here"):
        evolve("decision", Genome(neurons=5), generations=2, checkpoint=path, resume=True, **SMALL)
    with pytest.raises(AuritaError, match="seed: 0 there, 1 here"):
        evolve("decision", Genome(neurons=4), generations=2, checkpoint=path, resume=True, seed=1, **SMALL)
    with pytest.raises(AuritaError, match="2 generations, 1 were asked for"):
        evolve("decision", Genome(neurons=4), generations=1, checkpoint=path, resume=True, **SMALL)


def test_a_damaged_or_foreign_checkpoint_is_named(tmp_path):
    path = tmp_path / "search.evolution"
    with pytest.raises(AuritaError, match="no checkpoint"):
        checkpoints.read(path)
    checkpoints.write(path, {"a": 1}, {"x": np.arange(300.0)})
    assert checkpoints.read(path)[1]["x"].tolist() == list(range(300))
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(AuritaError, match="damaged"):
        checkpoints.read(path)
    path.write_bytes(b"hello")
    with pytest.raises(AuritaError, match="no checkpoint of a search"):
        checkpoints.read(path)
    with pytest.raises(AuritaError, match="cannot write"):
        checkpoints.write("/proc/search.evolution", {}, {})


@dataclass(frozen=True)
class Lucky(Genome):
    """Reservoirs of one true score each, plus noise that is new in every generation."""

    def scores(self, genes, trials, reading):
        true = 1 / (1 + np.square(genes.bias[:, 0]))
        noise = np.random.default_rng(int(1e6 * trials.inputs.sum())).normal(0, 0.3, genes.count)
        score = true + noise
        score[0] = np.nan
        score = np.nan_to_num(score, nan=-np.inf)
        return Scores(score, score, np.zeros((len(score), 1)))


def test_luck_does_not_survive_and_what_is_no_number_never_wins():
    search = RandomSearch(population=32, propose=False)
    options = {"generations": 60, "trials": (10, 5), "workers": Workers(chunk=64)}
    found = evolve("decision", Lucky(neurons=2, bias_scale=2.0), search=search, elite=8, **options)
    assert np.isfinite(found.score)
    assert np.abs(found.champion.bias[0, 0]) < 0.7
    assert found.score < found.history["best"].max() - 0.3


def test_tuned_random_reservoirs_are_better_than_untuned_ones():
    genome = Genome(neurons=14)
    tuned = tuned_random("decision", genome, evaluations=256, candidates=16, trials=(300, 200), task_seeds=1)
    assert tuned.evaluations == 256
    untuned = replace(tuned, genome=replace(genome, leak=(1.0, 1.0)), reading=tuned.reading)
    assert tuned.test(0, 20, 500).mean() > untuned.test(0, 20, 500).mean() + 0.1
    with pytest.raises(AuritaError, match="power of two"):
        tuned_random("decision", genome, candidates=12)


def test_what_is_unknown_is_refused():
    with pytest.raises(AuritaError, match="search is 'luck'"):
        evolve("decision", search="luck")
    with pytest.raises(AuritaError):
        evolve("decision", generations=0)
    with pytest.raises(AuritaError, match="nearest"):
        evolve("decizion", generations=1)
