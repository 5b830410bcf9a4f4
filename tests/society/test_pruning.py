"""What stays of a reservoir gives what it gave before."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AttentionUnit, AuritaError, EchoUnit, PhaseUnit, Population, Reservoir, load, run, save
from aurita.reservoir.features import feature_names
from aurita.society import keep_units
from aurita.society.pruning import without_heads

FEATURES = ("hidden", "output")


def society():
    unit = AttentionUnit(slots=2, memory=3, hidden=2)
    populations = [
        Population(unit=PhaseUnit(slots=2), units=3, passage="mixed", receives="each", features=()),
        Population(unit=unit, units=3, passage="learned", receives="partner", features=("hidden",)),
        Population(unit=unit, units=2, passage="learned", afferents="all", receives="inputs", clock=False),
        Population(unit=unit, units=2, passage="mixed", afferents="all", receives="earlier"),
        Population(unit=EchoUnit(slots=3), units=2, passage="mixed", afferents=4, receives="all"),
    ]
    return Reservoir.build(populations, inputs=2, clock=(5.0,), feedback=1, targets=1, seed=4)


RESERVOIR = society()
INPUTS = np.random.default_rng(0).normal(size=(2, 8, 2))
STATES, _ = run(RESERVOIR, INPUTS, features=FEATURES)
NAMES = feature_names(RESERVOIR, FEATURES)


@settings(deadline=None, max_examples=6)
@given(st.sets(st.integers(0, RESERVOIR.units - 1), min_size=1))
def test_units_that_stay_output_the_same(units):
    kept = keep_units(RESERVOIR, units)
    assert kept.units >= len(units)
    try:
        names = feature_names(kept, FEATURES)
    except AuritaError:
        assert units <= {0, 1, 2}
        return
    predicted, _ = run(kept, INPUTS, features=FEATURES)
    owner = {}
    for column in predicted.reshape(-1, len(names)).T:
        places = [i for i in range(len(NAMES)) if np.allclose(STATES.reshape(-1, len(NAMES))[:, i], column, atol=1e-6)]
        assert len(places) == 1
        owner[NAMES[places[0]]] = True
    wanted = {name for name in NAMES if int(name.rsplit(" ", 1)[1]) in units}
    assert wanted <= set(owner)


def test_partners_stay_with_those_who_receive_them_and_nobody_else_does(tmp_path):
    kept = keep_units(RESERVOIR, [4, 6])
    assert [p.units for p in kept.populations] == [1, 1, 1]
    np.testing.assert_array_equal(
        kept.weights[1].unit["w1"][..., 0], np.asarray(RESERVOIR.weights[1].unit["w1"])[..., 1]
    )
    assert kept.connected == (True, False, False, False)
    assert (kept.inputs, kept.clock, kept.feedback, kept.targets) == (2, (5.0,), 1, 1)
    save(kept, tmp_path / "kept")
    back = load(tmp_path / "kept")
    assert jax.tree.structure(back) == jax.tree.structure(kept)


@pytest.mark.parametrize("units", [[], [-1], [99]])
def test_units_that_are_not_there(units):
    with pytest.raises(AuritaError, match="units to keep are"):
        keep_units(RESERVOIR, units)


def test_without_heads_no_target_is_predicted_and_all_else_stays(tmp_path):
    unit, sees = AttentionUnit(slots=2, memory=3, hidden=2), ("hidden", "context")
    readers = Population(unit=unit, units=2, passage="learned", afferents="all", receives="inputs")
    built = Reservoir.build([readers], inputs=2, targets=3, seed=1)
    assert without_heads(built, (*sees, "target")) is built
    fewer = without_heads(built, sees)
    assert not fewer.targets
    assert built.parameter_counts()["trained"] - fewer.parameter_counts()["trained"] == 2 * 3 * (2 + 2 + 2 + 1)
    save(fewer, tmp_path / "fewer.aurita")
    outputs = [run(each, INPUTS, features=sees)[0] for each in (built, fewer, load(tmp_path / "fewer.aurita"))]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_array_equal(outputs[0], outputs[2])
