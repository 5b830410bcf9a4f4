"""What units say of which weights an objective trains, against gradients; losses against numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, BlockUnit
from aurita.units import OBJECTIVES, DiagonalMemoryUnit, EchoUnit
from aurita.units.objectives import Attempt, own_loss, target_loss

UNITS = [
    AttentionUnit(slots=3, memory=3, hidden=3, horizons=(1, 2)),
    AttentionUnit(slots=2, memory=2, hidden=0),
    BlockUnit(slots=4, memory=3, hidden=5, heads=2, horizons=(1, 3)),
    BlockUnit(slots=3, memory=3, hidden=0, heads=1, normalisation="rms"),
    BlockUnit(slots=3, memory=1, hidden=4, heads=0, normalisation="none"),
    DiagonalMemoryUnit(slots=3, kind="turned", states=4, horizons=(1, 2)),
]


@pytest.mark.parametrize("name", ["self", "target", "mixed", "frozen"])
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{type(unit).__name__}-{unit.hidden}")
def test_a_unit_knows_which_weights_an_objective_trains(unit, name, units):
    objective = OBJECTIVES[name]
    params = {key: value[..., 0] for key, value in units.drawn(unit, 1, targets=2).items()}
    inputs, targets = (jnp.asarray(units.noise(width, 24, seed=width)) for width in (unit.slots, 2))

    def loss(params):
        _, predictions, predicted = unit.respond(params, inputs, 2, targets=objective.target)
        lanes = jnp.ones(24)
        tried = Attempt(unit.horizons, predictions, inputs, lanes, predicted, targets, lanes, 2, False, "squares")
        return objective.total(objective.evaluate(tried), 0.5)

    slopes = jax.jit(jax.grad(loss))(params)
    found = {key for key, slope in slopes.items() if float(jnp.abs(slope).max()) > 0}
    asked = objective.own or objective.target
    assert found == {key for key in params if asked and unit.trains(key, objective)}


def test_units_that_learn_nothing_train_nothing():
    unit = EchoUnit(slots=3)
    assert not any(unit.trains(name, OBJECTIVES["target"]) for name in unit.weight_shapes())


def test_losses_are_means_over_what_counts():
    rng = np.random.default_rng(0)
    inputs, predictions = rng.normal(size=(2, 10)), rng.normal(size=(1, 2, 10))
    counted = np.array([0, 0, *[1.0] * 6, 0, 0])
    tried = Attempt((1,), *map(jnp.asarray, (predictions, inputs, counted)), None, None, None, 2, False, "squares")
    errors = (predictions[0, :, 2:6] - inputs[:, 4:8]) ** 2
    assert float(own_loss(tried)) == pytest.approx(errors.mean(), rel=1e-6)
    classes, logits, scored = np.eye(3)[[0, 2, 1]].T, rng.normal(size=(3, 3)), np.array([1.0, 0.0, 3.0])
    each = np.log(np.exp(logits).sum(0)) - (classes * logits).sum(0)
    found = target_loss(*map(jnp.asarray, (logits, classes, scored)), "cross_entropy")
    assert float(found) == pytest.approx((each * scored).sum() / 4, rel=1e-6)
    with pytest.raises(AuritaError, match="loss is 'hinge'"):
        target_loss(*map(jnp.asarray, (logits, classes, scored)), "hinge")
