"""The block unit against the published decoder block (Vaswani et al. 2017), term by term, in loops."""

import math

import numpy as np
import pytest

from aurita import AuritaError, BlockUnit

STEPS, UNITS, BATCH = 13, 2, 2
FORMS = {
    "as published": {"slots": 4, "memory": 6},
    "rms, gelu, shifted keys": {
        "slots": 3,
        "heads": 1,
        "memory": 4,
        "normalisation": "rms",
        "activation": "gelu",
        "shifted_keys": True,
    },
    "tanh, zeros before the start, dilated": {
        "slots": 3,
        "heads": 3,
        "memory": 3,
        "dilation": 2,
        "normalisation": "tanh",
        "activation": "tanh",
        "before_start": "zeros",
        "head_dim": 2,
    },
    "no normalisation, dilated, masked, horizons": {
        "slots": 2,
        "memory": 3,
        "dilation": 3,
        "normalisation": "none",
        "horizons": (1, 3),
        "hidden": 4,
    },
    "attention half": {"slots": 4, "memory": 5, "hidden": 0},
    "feed-forward half": {"slots": 4, "memory": 1, "heads": 0},
}
ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}


def normalised(unit, p, half, vector):
    """Layer norm over the slots of one lane, and its relatives."""
    d = len(vector)
    if unit.normalisation == "none":
        return vector
    if unit.normalisation == "tanh":
        return np.array([math.tanh(v) for v in vector])
    if unit.normalisation == "rms":
        size = math.sqrt(sum(v * v for v in vector) / d + 1e-5)
        return np.array([vector[i] / size * p[f"scale_{half}"][i] for i in range(d)])
    mean = sum(vector) / d
    deviation = math.sqrt(sum((v - mean) ** 2 for v in vector) / d + 1e-5)
    return np.array([(vector[i] - mean) / deviation * p[f"scale_{half}"][i] + p[f"shift_{half}"][i] for i in range(d)])


def by_hand(unit, p, x):
    """One unit, one sequence `(time, slot)`: outputs, contexts, hidden activations, predictions, target guesses."""
    predicted = {"output": [], "context": [], "hidden": [], "predictions": [], "target": []}
    for t in range(len(x)):
        r, phi = x[t], [x[t]]
        if unit.heads:

            def stored(age, t=t):
                def at(step):
                    return x[step] if step >= 0 else np.zeros(unit.slots)

                step = t - age * unit.dilation
                seen = np.concatenate([at(step), at(step - 1)]) if unit.shifted_keys else at(step)
                return seen + p["embedding"][age]

            z0, concatenated = stored(0)[: unit.slots], []
            for h in range(unit.heads):
                q = p["wq"][h] @ z0
                ages = [j for j in range(unit.memory) if unit.before_start == "zeros" or t - j * unit.dilation >= 0]
                scores = [q @ (p["wk"][h] @ stored(j)) / math.sqrt(unit.head_width) for j in ages]
                total = sum(math.exp(s) for s in scores)
                values = [p["wv"][h] @ stored(j)[: unit.slots] for j in ages]
                concatenated.append(sum(math.exp(s) / total * v for s, v in zip(scores, values, strict=True)))
            context = p["wo"] @ np.concatenate(concatenated)
            r = normalised(unit, p, "attention", z0 + context)
            predicted["context"].append(context)
            phi.append(context)
        y = r
        if unit.hidden:
            hidden = ACTIVATIONS[unit.activation](p["w1"] @ r + p["b1"])
            y = normalised(unit, p, "hidden", r + p["w2"] @ hidden + p["b2"])
            predicted["hidden"].append(hidden)
            phi.append(hidden)
        predicted["output"].append(np.clip(y, -unit.clip, unit.clip))
        predictions = [y]
        if len(unit.horizons) > 1:
            predictions += list((p["ahead_w"] @ np.concatenate(phi) + p["ahead_b"]).reshape(-1, unit.slots))
        predicted["predictions"].append(np.stack(predictions))
        if "target_w" in p:
            predicted["target"].append(p["target_w"] @ np.concatenate(phi) + p["target_b"])
    return {name: np.stack(values) for name, values in predicted.items() if values}


@pytest.mark.parametrize("form", FORMS)
def test_step_and_windows_are_the_published_block(units, form):
    unit = BlockUnit(**FORMS[form])
    targets = 2 if form in ("as published", "attention half") else 0
    params = units.drawn(unit, UNITS, targets)
    received = units.noise(STEPS, unit.slots, UNITS, BATCH)
    window = units.windows(unit, params, received)
    stepped, _ = units.cached(unit, params, received)
    assert {kind: window[kind].shape[1] for kind in ("context", "hidden") if kind in window} == unit.feature_sizes()
    for u in range(UNITS):
        weights = {name: np.asarray(value[..., u], float) for name, value in params.items()}
        for b in range(BATCH):
            expected = by_hand(unit, weights, np.asarray(received[:, :, u, b], float))
            assert ("target" in expected) == ("target" in stepped) == (targets > 0)
            for name in expected:
                np.testing.assert_allclose(window[name][..., u, b], expected[name], atol=3e-5, err_msg=name)
                if name != "predictions":
                    np.testing.assert_allclose(stepped[name][..., u, b], expected[name], atol=3e-5, err_msg=name)
    for name in set(stepped) & set(window):
        np.testing.assert_allclose(stepped[name], window[name], atol=1e-5, err_msg=name)


def test_many_lanes(units):
    """jaxlib 0.10.2 is silently wrong from about 16,000 lanes on."""
    unit = BlockUnit(slots=4, memory=8, activation="tanh")
    params = units.drawn(unit, 1, scale=0.4)
    params = {name: np.repeat(value, 1000, axis=-1) for name, value in params.items()}
    received = units.noise(3, unit.slots, 1000, 32)
    stepped, _ = units.cached_as_users(unit, params, received)
    weights = {name: np.asarray(value[..., 0], float) for name, value in params.items()}
    for u, b in [(0, 0), (17, 3), (500, 16), (999, 31)]:
        expected = by_hand(unit, weights, np.asarray(received[:, :, u, b], float))
        np.testing.assert_allclose(stepped["output"][..., u, b], expected["output"], atol=2e-5)
    # The same weights everywhere: every lane must say what the same input says in a run of a few lanes.
    few = np.asarray(received).reshape(3, unit.slots, 1, -1)[..., ::50]
    alone, _ = units.cached(unit, {name: value[..., :1] for name, value in params.items()}, few)
    many = np.asarray(stepped["output"]).reshape(3, unit.slots, -1)[..., ::50]
    np.testing.assert_allclose(many, alone["output"][:, :, 0], atol=1e-5)


def test_layer_norm_centres_and_scales_what_the_block_says(units):
    unit = BlockUnit(slots=5, clip=10.0)
    params = {name: value for name, value in units.drawn(unit, 1).items() if name[:5] not in ("scale", "shift")}
    params |= {f"scale_{half}": np.ones((5, 1), np.float32) for half in ("attention", "hidden")}
    params |= {f"shift_{half}": np.zeros((5, 1), np.float32) for half in ("attention", "hidden")}
    predicted = np.asarray(units.windows(unit, params, units.noise(20, 5, 1, 2))["output"])
    np.testing.assert_allclose(predicted.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(predicted.std(1), 1, atol=1e-3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"normalisation": "batch"}, "normalisation is 'batch'; expected one of 'layer', 'rms', 'tanh', 'none'"),
        ({"activation": "swish"}, "activation is 'swish'; expected one of 'relu', 'gelu', 'tanh'"),
        ({"embedding_scale": -0.1}, "embedding_scale is -0.1; expected at least 0"),
        ({"gain": -0.1}, "gain is -0.1; expected at least 0"),
    ],
)
def test_wrong_parameters(wrong, message):
    with pytest.raises(AuritaError, match=message):
        BlockUnit(**wrong)


def test_heads_share_the_slots_by_default():
    assert BlockUnit(slots=4, heads=2).head_width == 2
    assert BlockUnit(slots=3, heads=5).head_width == 1
    assert BlockUnit(slots=4, heads=2, head_dim=7).head_width == 7
