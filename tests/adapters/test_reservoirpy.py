"""ESNs of ReservoirPy predict the same as models of aurita."""

from contextlib import nullcontext

import numpy as np
import pytest

import aurita
from aurita.native import kernels

reservoirpy = pytest.importorskip("reservoirpy")
from reservoirpy.nodes import NVAR, Input, Reservoir, Ridge  # noqa: E402


def _series(steps=400, channels=2):
    rng = np.random.default_rng(0)
    return np.sin(0.3 * np.cumsum(rng.normal(size=(steps, channels)), axis=0))


@pytest.mark.parametrize(
    ("units", "settings"),
    [
        (50, {"lr": 0.5, "ridge": 1e-4}),
        (200, {"lr": 0.3, "ridge": 1e-8}),
        (100, {"lr": 1.0, "ridge": 1e-8, "input_to_readout": True, "input_scaling": 0.3}),
    ],
)
def test_predictions_agree_to_rounding(units, settings, tmp_path):
    x = _series()
    esn = reservoirpy.ESN(units=units, sr=0.9, seed=1, **settings).fit(x[:-1], x[1:, :1], warmup=20)
    model = aurita.from_reservoirpy(esn)
    esn.reset()
    expected = esn.run(x)
    assert np.abs(model.predict([x])[0] - expected).max() < 1e-10
    # Sequences of several lengths, each from rest.
    esn.reset()
    both = model.predict([x[:50], x])
    assert np.abs(both[0] - esn.run(x[:50])).max() < 1e-10
    assert np.abs(both[1] - expected).max() < 1e-10
    model.save(tmp_path / "esn.aurita")
    assert np.array_equal(aurita.load(tmp_path / "esn.aurita").predict([x])[0], model.predict([x])[0])


def test_a_leak_rate_for_each_neuron_a_bias_and_several_outputs():
    x = _series()
    rng = np.random.default_rng(1)
    pool = Reservoir(30, lr=rng.uniform(0.1, 1, 30), bias=rng.normal(size=30), sr=0.8, seed=0)
    esn = reservoirpy.ESN(reservoir=pool, readout=Ridge(1e-5)).fit(x[:-1], x[1:])
    model = aurita.from_reservoirpy(esn)
    esn.reset()
    assert np.abs(model.predict([x])[0] - esn.run(x)).max() < 1e-10
    assert model.predict([x])[0].shape == x.shape


def test_models_of_nodes():
    x = _series()
    for connected in (False, True):
        given, pool, readout = Input(), Reservoir(60, lr=0.5, sr=0.9, seed=0), Ridge(1e-6)
        model = (given >> pool >> readout) & (given >> readout) if connected else pool >> readout
        model.fit(x[:-1], x[1:, :1], warmup=20)
        found = aurita.from_reservoirpy(model).predict([x])[0]
        model.reset()
        assert np.abs(found - model.run(x)).max() < 1e-10


def test_chunks_of_time_carry_the_state(monkeypatch):
    x = _series(channels=1)
    esn = reservoirpy.ESN(units=20, sr=0.9, seed=1, ridge=1e-6).fit(x[:-1], x[1:])
    model = aurita.from_reservoirpy(esn)
    expected = model.predict([x])[0]
    monkeypatch.setattr("aurita.engine.double._CHUNK", 1)
    assert np.array_equal(model.predict([x])[0], expected)


def test_the_model_learns_on():
    x = _series()
    esn = reservoirpy.ESN(units=20, sr=0.9, seed=1, ridge=1e-6).fit(x[:-1], x[1:])
    with (
        pytest.warns(UserWarning, match="EchoUnit are float64 and are computed with in float32")
        if kernels()
        else nullcontext()
    ):
        model = aurita.from_reservoirpy(esn).partial_fit([x[:-1]], [x[1:]])
    assert np.isfinite(model.predict_next([x[-5:]])[0]).all()


def test_other_models_are_refused():
    x = _series(channels=1)
    fitted = {"units": 10, "seed": 0, "ridge": 1e-4}
    with pytest.raises(aurita.AuritaError, match="not fitted"):
        aurita.from_reservoirpy(reservoirpy.ESN(**fitted))
    with pytest.raises(aurita.AuritaError, match="feeds its readout back"):
        aurita.from_reservoirpy(reservoirpy.ESN(**fitted, feedback=True).fit(x[:-1], x[1:]))
    with pytest.raises(aurita.AuritaError, match="expected tanh"):
        aurita.from_reservoirpy(reservoirpy.ESN(**fitted, activation="relu").fit(x[:-1], x[1:]))
    with pytest.raises(aurita.AuritaError, match=r"expected a reservoirpy\.ESN"):
        aurita.from_reservoirpy(reservoirpy.ESN(reservoir=NVAR(2, 1), readout=Ridge(1e-3)))
    with pytest.raises(aurita.AuritaError, match=r"a list; expected a reservoirpy\.ESN"):
        aurita.from_reservoirpy([])
