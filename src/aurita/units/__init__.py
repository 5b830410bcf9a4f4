"""Unit types: one file each."""

from typing import Any

from aurita.errors import AuritaError
from aurita.units.anarchist import AnarchistUnit
from aurita.units.attention import AttentionUnit
from aurita.units.block import BlockUnit
from aurita.units.diagonal import DiagonalMemoryUnit
from aurita.units.echo import EchoUnit
from aurita.units.given_echo import GivenEchoUnit
from aurita.units.memory import MemoryUnit
from aurita.units.phase import PhaseUnit
from aurita.units.presets import PRESETS, attention_only_unit, feed_forward_unit, preset
from aurita.units.unit import Response, Unit

UNIT_TYPES: dict[str, type[Unit]] = {
    kind.__name__: kind
    for kind in (AttentionUnit, BlockUnit, EchoUnit, AnarchistUnit, GivenEchoUnit, PhaseUnit, DiagonalMemoryUnit)
}

__all__ = [
    "PRESETS",
    "UNIT_TYPES",
    "AnarchistUnit",
    "AttentionUnit",
    "BlockUnit",
    "DiagonalMemoryUnit",
    "EchoUnit",
    "GivenEchoUnit",
    "MemoryUnit",
    "PhaseUnit",
    "Response",
    "Unit",
    "attention_only_unit",
    "feed_forward_unit",
    "preset",
    "unit_from_config",
]


def unit_from_config(config: dict[str, Any]) -> Unit:
    """The unit that `Unit.config` described.

    Raises:
        AuritaError: the type is unknown, or a parameter is.

    Example:
        >>> unit_from_config(EchoUnit(slots=7).config()).slots
        7
    """
    fields: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in config.items() if name != "type"
    }
    kind = UNIT_TYPES.get(str(config.get("type")))
    if kind is None:
        raise AuritaError(f"unit type {config.get('type')!r} is unknown; expected one of {', '.join(UNIT_TYPES)}")
    try:
        unit: Unit = kind(**fields)
    except TypeError as error:
        raise AuritaError(f"a {config['type']} does not take these parameters: {error}") from None
    return unit
