"""aurita: reservoirs whose units learn on their own.

Names are loaded when first used, so that `import aurita` costs next to nothing and the command line answers at once.
"""

from typing import TYPE_CHECKING

from aurita._lazy import lazy

__version__ = "0.2.0"

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
    from aurita.units import DiagonalMemoryUnit as DiagonalMemoryUnit
    from aurita.units import EchoUnit as EchoUnit
    from aurita.units import PhaseUnit as PhaseUnit
    from aurita.units import TraceUnit as TraceUnit
    from aurita.units import attention_only_unit as attention_only_unit
    from aurita.units import feed_forward_unit as feed_forward_unit
    from aurita.units import preset as preset
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "adapters.reservoirpy": ["from_reservoirpy"],
            "agents": ["ReservoirAgent"],
            "engine.running": ["generate", "run", "stream"],
            "errors": ["AuritaError"],
            "estimators": [
                "Online",
                "ReservoirClassifier",
                "ReservoirFeatures",
                "ReservoirForecaster",
                "ReservoirRegressor",
            ],
            "learning": ["History", "Learning", "learn", "learn_globally"],
            "reservoir": ["Population", "Reservoir", "State"],
            "saving": ["load", "save"],
            "units": [
                "AnarchistUnit",
                "AttentionUnit",
                "BlockUnit",
                "DiagonalMemoryUnit",
                "EchoUnit",
                "PhaseUnit",
                "TraceUnit",
                "attention_only_unit",
                "feed_forward_unit",
                "preset",
            ],
        },
    )
    __all__ = ["__version__", *__all__]
