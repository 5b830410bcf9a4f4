"""Echo state networks of ReservoirPy as models of aurita: their matrices are copied, nothing is fitted again."""

from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.estimators import ReservoirRegressor
from aurita.readout import RidgeReadout
from aurita.reservoir import Population, Reservoir
from aurita.units import EchoUnit

if TYPE_CHECKING:
    from reservoirpy import ESN, Model


def from_reservoirpy(esn: "ESN | Model") -> ReservoirRegressor:
    """The fitted ESN of ReservoirPy (0.4 or newer) as a regressor that predicts a value at every step.

    Input, recurrent and readout weights, biases and leak rates are copied in float64, and `predict` and `score` run in
    float64, so that predictions agree to rounding. `predict` starts every sequence from rest, as ReservoirPy does after
    `esn.reset()`. The regressor can be saved, exported and learn on by `partial_fit`, which runs in float32 as all
    other models do, with a warning.

    Args:
        esn: a fitted `reservoirpy.ESN`, or model `Reservoir(...) >> Ridge(...)`, with tanh neurons; the readout may
            receive the inputs too.

    Returns:
        A fitted `ReservoirRegressor` of one echo unit with a slot for each neuron.

    Raises:
        AuritaError: an object that is no fitted ESN, or one with feedback, another activation or another readout.

    Source: Trouvain et al. 2020, "ReservoirPy: an efficient and user-friendly library to design echo state networks".

    Example:
        >>> from reservoirpy import ESN
        >>> wave = np.sin(np.arange(300) / 5)[:, None]
        >>> esn = ESN(units=50, lr=0.5, sr=0.9, ridge=1e-4, seed=0).fit(wave[:-1], wave[1:])
        >>> model = from_reservoirpy(esn)
        >>> _ = esn.reset()
        >>> bool(np.abs(model.predict([wave])[0] - esn.run(wave)).max() < 1e-9)
        True
    """
    weights = _weights(esn)
    neurons, channels = weights["inputs"].shape
    unit = EchoUnit(slots=neurons, connections=neurons)
    group = Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")
    # Drawing dense weights takes an eigenvalue problem, so a reservoir without connections is drawn and filled.
    empty = Population(
        unit=EchoUnit(slots=neurons, connections=0, spectral_radius=0),
        units=1,
        passage="mixed",
        afferents="all",
        receives="inputs",
    )
    drawn = Reservoir.build([empty], inputs=channels)
    own = {name: _lane(weights[name]) for name in ("weights", "leak", "bias")}
    passage = {"matrix": _lane(weights["inputs"]), "bias": _lane(np.zeros(neurons))}
    filled = drawn.weights[0].replace(unit=own, passage=passage)
    reservoir = drawn.replace(populations=(group,), weights=(filled,))
    features = ("input", "output") if len(weights["coef"]) > neurons else ("output",)
    model = ReservoirRegressor(group, features=features, scale_inputs=False, per="step")
    outputs = weights["coef"].shape[1]
    arrays = {"coef": weights["coef"], "intercept": weights["intercept"], "alpha": np.ones(1), "penalty": np.ones(1)}
    scores = {"scores": np.zeros((1, outputs)), "error": np.zeros(outputs)}
    config = RidgeReadout((1.0,)).config()
    model.n_features_in_, model.tabular_, model.per_step_ = channels, False, True
    model.outputs_, model.flat_, model.seed_ = outputs, False, 0
    model.scale_mean_, model.scale_deviation_ = np.zeros(channels), np.ones(channels)
    model.reservoirs_, model.histories_, model.choices_ = [reservoir], [None], [None]
    model.readouts_ = [RidgeReadout.from_arrays({**arrays, **scores}, config)]
    return model


def _weights(esn: Any) -> dict[str, Float[np.ndarray, "..."]]:
    """The matrices of an ESN, as float64 and dense.

    Raises:
        AuritaError: it is no ESN that aurita can run.
    """
    pool, readout = _nodes(esn)
    missing = [name for name in ("W", "Win", "bias", "lr", "activation") if not hasattr(pool, name)]
    if missing or not hasattr(readout, "Wout"):
        raise AuritaError(
            f"esn is a {type(esn).__name__}; expected a reservoirpy.ESN, or a model, of a Reservoir and a Ridge node"
        )
    if not getattr(esn, "initialized", False) or callable(pool.W) or readout.Wout is None or callable(readout.Wout):
        raise AuritaError("the ESN is not fitted; call esn.fit(x, y) first")
    if any(delay or node is readout for node, delay, _ in esn.edges):
        raise AuritaError("the ESN feeds its readout back, which this model does not; expected feedback=False")
    probe = np.linspace(-2, 2, 9)
    if not np.allclose(pool.activation(probe), np.tanh(probe), atol=1e-12):
        name = getattr(pool.activation, "__name__", "another function")
        raise AuritaError(f"the neurons of the ESN are {name}; expected tanh")
    neurons = pool.units
    leak = np.broadcast_to(_dense(pool.lr).ravel(), (neurons,))
    if not (leak > 0).all():
        raise AuritaError(f"the ESN has the leak rate {leak.min()}; expected rates above 0")
    coef = _dense(readout.Wout)
    if len(coef) > neurons:
        # ReservoirPy puts what a node receives side by side in the order of its parents.
        sizes = [neurons if node is pool else len(coef) - neurons for node in esn.parents[readout]]
        parts = np.split(coef, np.cumsum(sizes)[:-1])
        first = next(i for i, node in enumerate(esn.parents[readout]) if node is not pool)
        coef = np.concatenate([parts[first], parts[1 - first]])
    return {
        "weights": _dense(pool.W),
        "inputs": _dense(pool.Win),
        "bias": np.broadcast_to(_dense(pool.bias).ravel(), (neurons,)),
        "leak": leak,
        "coef": coef,
        "intercept": np.broadcast_to(_dense(readout.bias).ravel(), coef.shape[1:]).copy(),
    }


def _nodes(esn: Any) -> tuple[Any, Any]:
    """Reservoir and readout of an ESN, or of a model that has one of each and, besides, inputs alone."""
    if not hasattr(esn, "nodes"):
        return None, None
    pools, readouts = ([node for node in esn.nodes if hasattr(node, name)] for name in ("Win", "Wout"))
    others = [node for node in esn.nodes if node not in pools + readouts and type(node).__name__ != "Input"]
    if len(pools) != 1 or len(readouts) != 1 or others or pools[0] not in esn.parents[readouts[0]]:
        return None, None
    return pools[0], readouts[0]


def _dense(matrix: object) -> Float[np.ndarray, "..."]:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, np.float64)


def _lane(array: np.ndarray) -> Float[np.ndarray, "... 1"]:
    return np.ascontiguousarray(array)[..., None]
