"""aurita: reservoirs whose units learn on their own.

Names are loaded when first used, so that `import aurita` costs next to nothing and the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aurita.adapters.reservoirpy import from_reservoirpy as from_reservoirpy
    from aurita.agents import ReservoirAgent as ReservoirAgent
    from aurita.engine.running import generate as generate
    from aurita.engine.running import run as run
    from aurita.engine.running import stream as stream
    from aurita.errors import AuritaError as AuritaError
    from aurita.estimators import Online as Online
    from aurita.estimators import ReservoirClassifier as ReservoirClassifier
    from aurita.estimators import ReservoirFeatures as ReservoirFeatures
    from aurita.estimators import ReservoirForecaster as ReservoirForecaster
    from aurita.estimators import ReservoirRegressor as ReservoirRegressor
    from aurita.learning import History as History
    from aurita.learning import Learning as Learning
    from aurita.learning import learn as learn
    from aurita.learning import learn_globally as learn_globally
    from aurita.reservoir import Population as Population
    from aurita.reservoir import Reservoir as Reservoir
    from aurita.reservoir import State as State
    from aurita.saving import load as load
    from aurita.saving import save as save
    from aurita.units import AnarchistUnit as AnarchistUnit
    from aurita.units import AttentionUnit as AttentionUnit
    from aurita.units import BlockUnit as BlockUnit
    from aurita.units import EchoUnit as EchoUnit
    from aurita.units import PhaseUnit as PhaseUnit
    from aurita.units import TraceUnit as TraceUnit
    from aurita.units import attention_only_unit as attention_only_unit
    from aurita.units import feed_forward_unit as feed_forward_unit
    from aurita.units import preset as preset

__version__ = "0.2.0"

_HOMES: dict[str, str] = {
    "AnarchistUnit": "units",
    "AttentionUnit": "units",
    "AuritaError": "errors",
    "BlockUnit": "units",
    "EchoUnit": "units",
    "History": "learning",
    "Learning": "learning",
    "Online": "estimators",
    "PhaseUnit": "units",
    "Population": "reservoir",
    "Reservoir": "reservoir",
    "ReservoirAgent": "agents",
    "ReservoirClassifier": "estimators",
    "ReservoirFeatures": "estimators",
    "ReservoirForecaster": "estimators",
    "ReservoirRegressor": "estimators",
    "State": "reservoir",
    "TraceUnit": "units",
    "attention_only_unit": "units",
    "feed_forward_unit": "units",
    "from_reservoirpy": "adapters.reservoirpy",
    "generate": "engine.running",
    "learn": "learning",
    "learn_globally": "learning",
    "load": "saving",
    "preset": "units",
    "run": "engine.running",
    "save": "saving",
    "stream": "engine.running",
}

__all__ = ["__version__", *sorted(_HOMES)]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            return getattr(import_module(f"aurita.{_HOMES[name]}"), name)
        raise AttributeError(f"module 'aurita' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
