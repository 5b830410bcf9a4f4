"""The same search on workers of Dask and of Ray: the bytes of one process."""

import warnings

import pytest

from aurita.evolution import Genome, Workers, evolve

GIVEN = {"generations": 2, "population": 12, "trials": (60, 30), "seed": 5}


def found(workers: Workers) -> list[bytes]:
    with warnings.catch_warnings():
        # Dask and Ray warn of this machine's memory, ports and their own deprecations.
        warnings.simplefilter("ignore")
        evolution = evolve("decision", Genome(neurons=5), workers=workers, **GIVEN)
    genes = [value.tobytes() for value in evolution.population.arrays().values()]
    return [*genes, *(value.tobytes() for value in evolution.history.values())]


@pytest.fixture(scope="module")
def alone() -> list[bytes]:
    return found(Workers(chunk=4))


def test_two_dask_workers(alone):
    pytest.importorskip("distributed")
    assert found(Workers(backend="dask", count=2, chunk=4)) == alone


def test_two_ray_workers(alone):
    pytest.importorskip("ray")
    assert found(Workers(backend="ray", count=2, chunk=4)) == alone
