"""The attention unit against its equations, written with keys, values and loops over steps, heads and ages."""

import jax
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError

STEPS, UNITS, BATCH = 14, 3, 2
FORMS = {
    "default": {"slots": 4},
    "two narrow heads, shifted keys": {"slots": 3, "heads": 2, "head_dim": 2, "shifted_keys": True, "memory": 5},
    "masked": {"slots": 3, "memory": 6, "before_start": "masked", "hidden": 5},
    "masked, dilated, shifted keys": {
        "slots": 2,
        "memory": 4,
        "dilation": 3,
        "before_start": "masked",
        "shifted_keys": True,
        "head_dim": 5,
    },
    "dilated, zeros before the start": {"slots": 3, "memory": 3, "dilation": 2, "heads": 3, "hidden": 2},
    "attention alone": {"slots": 3, "hidden": 0, "heads": 2},
    "hidden layer alone": {"slots": 3, "heads": 0, "memory": 1, "hidden": 6},
    "long memory, in blocks": {"slots": 2, "memory": 18, "heads": 2, "hidden": 2},
    "long memory, shifted keys": {"slots": 2, "memory": 21, "hidden": 2, "shifted_keys": True},
    "several horizons": {"slots": 2, "memory": 4, "horizons": (1, 2, 5), "hidden": 3},
}


def by_hand(unit, params, received, key_bias=0.0):
    """The unit's equations in float64. `key_bias` is a bias on the keys, which the unit leaves out."""
    p = {name: np.asarray(value, float)[..., None] for name, value in params.items()}
    x = np.asarray(received, float)
    silence = np.zeros_like(x[0])

    def at(step):
        return x[step] if step >= 0 else silence

    answered = {"output": [], "context": [], "hidden": [], "predictions": [], "target": []}
    for t in range(len(x)):
        z, context = x[t], []
        for h in range(unit.heads):
            query = np.einsum("wd...,d...->w...", p["wq"][h], z) + p["bq"][h]
            scores, values = [], []
            for j in range(unit.memory):
                step = t - j * unit.dilation
                if unit.before_start == "masked" and step < 0:
                    continue
                seen = np.concatenate([at(step), at(step - 1)]) if unit.shifted_keys else at(step)
                key = np.einsum("ws...,s...->w...", p["wk"][h], seen) + key_bias
                scores.append((query * key).sum(0) / np.sqrt(unit.head_width) + p["age_bias"][j, h])
                values.append(np.einsum("wd...,d...->w...", p["wv"][h], at(step)))
            weights = np.exp(scores) / np.exp(scores).sum(0)
            context.append(sum(a * v for a, v in zip(weights, values, strict=True)))
        phi = [z, *context]
        if unit.hidden:
            hidden = np.tanh(np.einsum("os...,s...->o...", p["w1"], np.concatenate(phi)) + p["b1"])
            phi.append(hidden)
            answered["hidden"].append(hidden)
        answered["context"].append(np.concatenate(context) if context else silence[:0])
        phi = np.concatenate(phi)
        first = np.einsum("os...,s...->o...", p["wo"], phi) + p["bo"]
        answered["output"].append(np.clip(first, -unit.clip, unit.clip))
        predictions = [first]
        if len(unit.horizons) > 1:
            ahead = np.einsum("os...,s...->o...", p["ahead_w"], phi) + p["ahead_b"]
            predictions += [ahead[i : i + unit.slots] for i in range(0, len(ahead), unit.slots)]
        answered["predictions"].append(np.stack(predictions))
        if "target_w" in p:
            answered["target"].append(np.einsum("os...,s...->o...", p["target_w"], phi) + p["target_b"])
    return {name: np.stack(values) for name, values in answered.items() if values}


@pytest.mark.parametrize("form", FORMS)
def test_step_and_windows_are_the_equations(units, form):
    unit = AttentionUnit(**FORMS[form])
    targets = 3 if form in ("default", "several horizons") else 0
    params = units.drawn(unit, UNITS, targets)
    steps = 37 if unit.memory > 16 else STEPS
    received = units.noise(steps, unit.slots, UNITS, BATCH)
    expected = by_hand(unit, params, received, key_bias=0.7)
    window = units.windows(unit, params, received)
    stepped, _ = units.cached(unit, params, received)
    for name in ("output", "hidden", "context", "target"):
        assert (name in window) == (name in stepped) == (expected.get(name, np.zeros((1, 0))).shape[1] > 0)
        if name in window:
            np.testing.assert_allclose(window[name], expected[name], atol=2e-5)
            np.testing.assert_allclose(stepped[name], expected[name], atol=2e-5)
            np.testing.assert_allclose(stepped[name], window[name], atol=1e-5)
    np.testing.assert_allclose(window["predictions"], expected["predictions"], atol=2e-5)
    if len(unit.horizons) > 1:
        further = expected["predictions"][:, 1:].reshape(steps, -1, UNITS, BATCH)
        np.testing.assert_allclose(stepped["ahead"], further, atol=2e-5)


def test_the_output_is_clipped_and_the_prediction_is_not(units):
    unit = AttentionUnit(slots=4, clip=0.5)
    params = units.drawn(unit, UNITS, 3)
    window = units.windows(unit, params, units.noise(STEPS, unit.slots, UNITS, BATCH))
    predicted = window["predictions"][:, 0]
    assert np.abs(predicted).max() > 0.6
    np.testing.assert_array_equal(window["output"], np.clip(predicted, -0.5, 0.5))


def test_many_lanes(units):
    """jaxlib 0.10.2 is silently wrong from about 16,000 lanes on."""
    unit = AttentionUnit(slots=4, heads=2, memory=8, hidden=16)
    params = units.drawn(unit, 1000)
    received = units.noise(4, unit.slots, 1000, 32)
    stepped, _ = units.cached_as_users(unit, params, received)
    expected = by_hand(unit, params, received)
    for name in ("output", "hidden", "context"):
        np.testing.assert_allclose(stepped[name], expected[name], atol=1e-5)


def test_weights_have_the_documented_deviations():
    unit = AttentionUnit(slots=4, hidden=8, gain=0.5, query_key_gain=3.0, query_bias=2.0, bias_scale=0.7)
    params = {name: np.asarray(value) for name, value in unit.init(jax.random.key(1), 4000, 2).items()}
    expected = {"wq": 0.75, "wk": 0.75, "wv": 0.25, "bq": 1.0, "age_bias": 0.7, "b1": 0.5}
    expected |= {"w1": 1.5 * 0.5 / np.sqrt(8), "wo": 0.5 / 4, "bo": 0, "target_w": 0, "target_b": 0}
    assert set(expected) == set(params)
    for name, deviation in expected.items():
        assert params[name].std() == pytest.approx(deviation, rel=0.03), name
        assert abs(params[name].mean()) <= 0.03 * deviation


@pytest.mark.parametrize("kind", ["flat", "recency", "mixed"])
def test_age_biases(kind):
    unit = AttentionUnit(slots=2, memory=16, heads=2, age_bias=kind)
    biases = np.asarray(unit.init(jax.random.key(0), 300)["age_bias"])
    flat = (biases == 0).all(0)
    slopes = -biases[1]
    straight = np.isclose(biases, -slopes * np.arange(16)[:, None, None], atol=1e-5).all(0) & ~flat
    share = {"flat": (1, 0), "recency": (0, 1), "mixed": (1 / 3, 1 / 3)}[kind]
    assert (flat.mean(), straight.mean()) == pytest.approx(share, abs=0.06)
    if kind == "recency":
        tau = 1 / slopes
        assert tau.min() >= 0.999
        assert tau.max() <= 16.001
        assert np.log(tau).mean() == pytest.approx(np.log(16) / 2, rel=0.1)


def test_the_same_key_gives_the_same_bytes():
    unit = AttentionUnit(slots=3)
    one, two, other = (unit.init(jax.random.key(seed), 2) for seed in (0, 0, 1))
    assert all(one[name].tobytes() == two[name].tobytes() for name in one)
    assert not np.array_equal(one["wq"], other["wq"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"age_bias": "old"}, "age_bias is 'old'; expected one of 'random', 'flat', 'recency', 'mixed'"),
        ({"gain": -1}, "gain is -1; expected at least 0"),
        ({"slots": 0}, "slots is 0"),
        ({"memory": 0}, "memory is 0"),
        ({"dilation": 0}, "dilation is 0"),
        ({"head_dim": 0}, "head_dim is 0"),
        ({"clip": 0}, "clip is 0"),
        ({"bias_scale": float("nan")}, "bias_scale is nan"),
        ({"heads": 0, "hidden": 0}, "needs attention heads, a hidden layer, or both"),
        ({"before_start": "ones"}, "before_start is 'ones'"),
        ({"horizons": ()}, "expected ascending positive steps ahead"),
        ({"horizons": (2, 1)}, "expected ascending positive steps ahead"),
        ({"horizons": (0, 1)}, "expected ascending positive steps ahead"),
    ],
)
def test_wrong_parameters(wrong, message):
    with pytest.raises(AuritaError, match=message):
        AttentionUnit(**wrong)
