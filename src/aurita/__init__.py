"""aurita: reservoirs whose units learn on their own.

Names are loaded when first used, so that `import aurita` costs next to nothing and the command line answers at once.
"""

from importlib import import_module

__version__ = "0.1.0"

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
    "ReservoirClassifier": "estimators",
    "ReservoirForecaster": "estimators",
    "ReservoirRegressor": "estimators",
    "State": "reservoir",
    "attention_only_unit": "units",
    "feed_forward_unit": "units",
    "generate": "running",
    "learn": "learning",
    "learn_globally": "learning",
    "load": "saving",
    "preset": "units",
    "run": "running",
    "save": "saving",
    "stream": "running",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"aurita.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'aurita' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
