"""Trace units against leaky sums by hand, and against what independent inputs leave in the long run."""

import jax
import numpy as np
import pytest

from aurita import AuritaError, Population, Reservoir, TraceUnit, load, run, save


def _reservoir(unit=None, units=3, inputs=2, **population):
    each = {"passage": "mixed", "receives": "each", **population}
    return Reservoir.build([Population(unit=unit or TraceUnit(), units=units, **each)], inputs=inputs)


def test_traces_are_leaky_sums_of_one_input():
    inputs = np.random.default_rng(0).normal(size=(2, 40, 2))
    seen, _ = run(_reservoir(), inputs, features=("output",))
    for unit, channel in enumerate((0, 1, 0)):
        for slot, tau in enumerate((10.0, np.sqrt(10 * 300.0), 300.0)):
            kept, trace = np.exp(-1 / tau), np.zeros(2)
            for t in range(40):
                trace = kept * trace + np.sqrt(1 - kept**2) * inputs[:, t, channel]
                np.testing.assert_allclose(seen[:, t].reshape(2, 3, 3)[:, slot, unit], trace, rtol=2e-5, atol=1e-6)


def test_independent_inputs_leave_traces_of_variance_one():
    inputs = np.random.default_rng(1).normal(size=(400, 900, 1))
    seen, _ = run(_reservoir(units=1, inputs=1), inputs, features=("output",))
    np.testing.assert_allclose(seen[:, -1].var(axis=0), [1, 1, 1], atol=0.2)


def test_a_sign_is_still_there_when_windows_are_long_past():
    sign = np.zeros((2, 500, 1))
    sign[:, 0, 0] = [1, -1]
    seen, _ = run(_reservoir(units=1, inputs=1), sign, features=("output",))
    slow = seen[:, :, 2]
    np.testing.assert_allclose(slow[:, -1] / slow[:, 0], np.exp(-499 / 300), rtol=1e-4)
    np.testing.assert_array_equal(slow[0], -slow[1])


def test_several_afferents_are_added_up():
    inputs = np.random.default_rng(1).normal(size=(1, 5, 3))
    seen, _ = run(_reservoir(units=1, inputs=3, receives="inputs", afferents="all"), inputs, features=("output",))
    summed, _ = run(_reservoir(units=1, inputs=1), inputs.sum(2, keepdims=True), features=("output",))
    np.testing.assert_allclose(seen, summed, atol=1e-6)


def test_it_draws_nothing_learns_nothing_and_is_saved(tmp_path):
    first, second = (TraceUnit().init(jax.random.key(seed), units=2) for seed in (0, 1))
    np.testing.assert_array_equal(first["rate"], second["rate"])
    reservoir = _reservoir(TraceUnit(slots=4, tau=(3.0, 90.0)))
    assert reservoir.parameter_counts()["trained"] == 0
    save(reservoir, tmp_path / "traces.aurita")
    again = load(tmp_path / "traces.aurita")
    assert again.populations[0].unit == TraceUnit(slots=4, tau=(3.0, 90.0))
    inputs = np.random.default_rng(2).normal(size=(1, 6, 2))
    np.testing.assert_array_equal(run(again, inputs)[0], run(reservoir, inputs)[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"tau": (0.0, 10.0)}, "tau is 0.0"), ({"tau": (1.0, 1e9)}, "at most 1,000,000"), ({"slots": 0}, "slots is 0")],
)
def test_units_that_cannot_be(changes, message):
    with pytest.raises(AuritaError, match=message):
        TraceUnit(**changes)
