"""Unit types: one file each. A type registers itself where it is defined, here or outside the package."""

from aurita._registry import imported
from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.units.anarchist import AnarchistUnit
from aurita.units.attention import AttentionUnit
from aurita.units.block import BlockUnit
from aurita.units.diagonal import DiagonalMemoryUnit
from aurita.units.echo import EchoUnit
from aurita.units.given_echo import GivenEchoUnit
from aurita.units.memory import MemoryUnit
from aurita.units.objectives import OBJECTIVES, Objective
from aurita.units.phase import PhaseUnit
from aurita.units.presets import PRESETS, attention_only_unit, feed_forward_unit, preset
from aurita.units.trace import TraceUnit
from aurita.units.unit import UNITS, Derived, Response, Unit

__all__ = [
    "OBJECTIVES",
    "PRESETS",
    "UNITS",
    "AnarchistUnit",
    "AttentionUnit",
    "BlockUnit",
    "Derived",
    "DiagonalMemoryUnit",
    "EchoUnit",
    "GivenEchoUnit",
    "MemoryUnit",
    "Objective",
    "PhaseUnit",
    "Response",
    "TraceUnit",
    "Unit",
    "attention_only_unit",
    "feed_forward_unit",
    "preset",
    "unit_from_config",
    "unit_named",
]


def unit_named(name: str) -> Unit:
    """The unit that a name means: that of a type with its defaults, or an object that `module:Name` is itself.

    Raises:
        AuritaError: no such name, or something else by it.

    Example:
        >>> unit_named("EchoUnit").slots, unit_named("aurita.units:EchoUnit").slots
        (4, 4)
    """
    found: object = imported(name) if ":" in name else UNITS.find(name)
    if isinstance(found, Unit):
        return found
    if not (isinstance(found, type) and issubclass(found, Unit)):
        raise AuritaError(f"{name} is no unit; expected a subclass of Unit, or an object of one")
    try:
        unit: Unit = found()
    except TypeError as error:
        raise AuritaError(f"{name} is no unit that can be made without parameters: {error}") from None
    return unit


def unit_from_config(config: Document) -> Unit:
    """The unit that `Unit.config` described.

    Raises:
        AuritaError: the type is unknown, or a parameter is.

    Example:
        >>> unit_from_config(EchoUnit(slots=7).config()).slots
        7
    """
    kind = UNITS.find(str(config.get("type")))
    fields: Document = {
        kind.former.get(name, name): tuple(v) if isinstance(v, list) else v
        for name, v in config.items()
        if name != "type"
    }
    try:
        unit: Unit = kind(**fields)
    except TypeError as error:
        raise AuritaError(f"a {config['type']} does not take these parameters: {error}") from None
    return unit
