"""Attention units by what they serve, with the parameters that were found to serve it, and the halves of a unit."""

from typing import Any

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.units.attention import AttentionUnit
from aurita.units.block import BlockUnit
from aurita.units.memory import MemoryUnit

PRESETS: dict[str, Document] = {
    "forecast": {"slots": 4, "heads": 1, "hidden": 8, "memory": 8, "gain": 0.5},
    "memory": {"slots": 6, "heads": 2, "head_dim": 4, "hidden": 8, "memory": 64, "gain": 1.0, "age_bias": "mixed"},
    "classify": {"slots": 4, "heads": 1, "hidden": 8, "memory": 8, "gain": 1.0},
}


def preset(name: str, **changes: object) -> AttentionUnit:
    """An attention unit that is good at what its name says.

    Args:
        name: `forecast` (time series), `memory` (symbols, recall, long memories) or `classify` (labels of sequences).
        changes: parameters of `AttentionUnit` to set differently.

    Raises:
        AuritaError: there is no such preset.

    Example:
        >>> preset("memory", shifted_keys=True).memory
        64
    """
    if name not in PRESETS:
        raise AuritaError(f"there is no preset {name!r}; expected one of {', '.join(PRESETS)}")
    return AttentionUnit(**{**PRESETS[name], **changes})


def feed_forward_unit(form: str = "linear_head", **parameters: Any) -> MemoryUnit:
    """The feed-forward half of a unit on its own ("memory block"): it sees the present input alone.

    Args:
        form: `linear_head` or `block`.
        parameters: of `AttentionUnit` or `BlockUnit`.

    Example:
        >>> feed_forward_unit(slots=3).feature_sizes()
        {'hidden': 8}
    """
    return _form(form)(heads=0, memory=1, **parameters)


def attention_only_unit(form: str = "linear_head", **parameters: Any) -> MemoryUnit:
    """The attention half of a unit on its own.

    Args:
        form: `linear_head` or `block`.
        parameters: of `AttentionUnit` or `BlockUnit`.

    Example:
        >>> attention_only_unit("block", slots=4).feature_sizes()
        {'context': 4}
    """
    return _form(form)(hidden=0, **parameters)


def _form(form: str) -> type[AttentionUnit] | type[BlockUnit]:
    forms: dict[str, type[AttentionUnit] | type[BlockUnit]] = {"linear_head": AttentionUnit, "block": BlockUnit}
    if form not in forms:
        raise AuritaError(f"there is no form {form!r} of an attention unit; expected linear_head or block")
    return forms[form]
