"""A hundred of the calls that `benchmarks/fuzz_api.py` makes: each is answered, or refused by an `AuritaError`."""

import importlib.util
from pathlib import Path

import pytest

_PATH = Path(__file__).parents[2] / "benchmarks" / "fuzz_api.py"
_SPEC = importlib.util.spec_from_file_location("fuzz_api", _PATH)
fuzz = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fuzz)


@pytest.mark.parametrize("start", range(0, 100, 20))
def test_calls_are_answered_or_refused(start):
    outcomes = {number: fuzz.tried(number, seed=1) for number in range(start, start + 20)}
    failed = {number: how for number, (_, how) in outcomes.items() if how}
    assert not failed, "\n".join(f"call {number}: {how}" for number, how in failed.items())
    # Neither is everything refused nor anything taken.
    assert {outcome for outcome, _ in outcomes.values()} == {"answered", "refused"}


def test_the_same_seed_makes_the_same_call():
    first, second = (fuzz.parameters(fuzz.np.random.default_rng([3, 5]), fuzz.ReservoirRegressor) for _ in range(2))
    assert list(first) == list(second)
