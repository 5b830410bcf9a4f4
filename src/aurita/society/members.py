"""What the mixed society is made of: one kind of unit can do what another cannot, and held-out data choose."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from aurita._typing import Document
from aurita.reservoir import Population
from aurita.units import DiagonalMemoryUnit, EchoUnit, PhaseUnit, TraceUnit, preset
from aurita.units.attention import AttentionUnit
from aurita.units.diagonal import KINDS as DIAGONAL_KINDS

CLOCK = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Periods of the society's clock, in steps."""

WINDOW = 64
"""Steps that units of long memory look back, themselves included."""

_SHORT = 8
_SPREAD = 4


def mixed_society(
    units: int = 8,
    *,
    longest: int,
    window: int = WINDOW,
    hidden: int = 8,
    neurons: int = 24,
    traces: int = 0,
    memories: int = 0,
    objectives: Iterable[str] = (),
) -> list[Population]:
    """Populations with and without clock, event clocks and shifted keys, long and short memories, and echo neurons.

    Attention units receive the external inputs, those with a partner also a unit that counts one of these inputs; the
    counting units are a first generation that the readout does not see. No unit receives an attention unit, so that all
    may learn at once and any can be left out.

    Args:
        units: attention units of each of the four kinds.
        longest: steps of the longest sequence; no memory is longer.
        window: steps that units of long memory look back, themselves included.
        hidden: width of the hidden layer of an attention unit.
        neurons: echo neurons of each of the three kinds.
        traces: units that keep slow traces of one input each, in turn, which the readout sees; as many as there are
            inputs cover them all.
        memories: diagonal memory units of each of the three kinds; they receive the external inputs.
        objectives: further objectives, such as `self` and `frozen`, each for as many units of short memory; what the
            others learn is up to the settings of learning.

    Returns:
        Populations for `Reservoir.build`, with `clock=CLOCK`.

    Example:
        >>> [population.units for population in mixed_society(8, longest=50)]
        [8, 8, 8, 8, 8, 8, 1, 1, 1]
    """
    far, near = min(window, longest), min(_SHORT, longest)
    populations = []
    for shifted in (True, False):
        counters = Population(unit=PhaseUnit(), units=units, passage="mixed", receives="each", features=())
        receiver = preset("memory", memory=far, hidden=hidden, shifted_keys=shifted)
        populations += [counters, _attention(receiver, units, receives="partner", clock=True)]
    for memory in (far, near):
        unit = preset("memory", memory=memory, hidden=hidden, shifted_keys=memory > 1)
        populations.append(_attention(unit, units, receives="inputs", clock=False))
    short = populations[-1]
    populations += [replace(short, objective=objective) for objective in objectives]
    if traces:
        populations.append(
            Population(unit=TraceUnit(), units=traces, passage="mixed", receives="each", features=("output",))
        )
    populations += [_echo(neurons, **kind) for kind in _ECHOES]
    if memories:
        populations += [_memory(kind, memories, longest, hidden) for kind in DIAGONAL_KINDS]
    return populations


def series_society(units: int = 12, *, longest: int, hidden: int = 48, neurons: int = 100) -> list[Population]:
    """Populations for long series: units of short memory, spread memory and of a second generation, and echo neurons.

    A series of numbers has no marks to count and no recall by association; what helps are wide hidden layers, and units
    that receive a first generation of echo neurons. No unit receives an attention unit.

    Args:
        units: attention units of each of the three kinds.
        longest: steps of the longest sequence; no memory is longer.
        hidden: width of the hidden layer of an attention unit.
        neurons: echo neurons of each of six groups: three kinds, and three groups of a fourth that forgets at once and
            bends its inputs most.

    Returns:
        Populations for `Reservoir.build`.

    Example:
        >>> [population.units for population in series_society(longest=500)]
        [1, 1, 1, 12, 12, 12, 3]
    """
    near = min(_SHORT, longest)
    spread = max(1, min(_SPREAD, (longest - 1) // max(near - 1, 1)))
    unit = preset("forecast", memory=near, hidden=hidden)
    spreading = preset("forecast", memory=near, hidden=hidden, dilation=spread)
    populations = [_echo(neurons, **kind) for kind in _ECHOES]
    populations += [_attention(unit, units, receives=receives, clock=False) for receives in ("earlier", "inputs")]
    populations.append(_attention(spreading, units, receives="inputs", clock=False))
    return [*populations, replace(_echo(neurons, **_QUICK), units=_QUICK_GROUPS)]


_ECHOES: tuple[Document, ...] = (
    {"leak": (0.2, 1.0), "spectral_radius": 0.95, "bias_scale": 0.2, "scale": 0.1},
    {"leak": (0.05, 1.0), "spectral_radius": 0.9, "bias_scale": 0.2, "scale": 1.0},
    {"leak": (0.02, 0.2), "spectral_radius": 0.1, "bias_scale": 1.0, "scale": 5.8},
)


_QUICK: Document = {"leak": (1.0, 1.0), "spectral_radius": 0.4, "bias_scale": 1.0, "scale": 1.5}
_QUICK_GROUPS = 3


def _attention(unit: AttentionUnit, units: int, *, receives: str, clock: bool) -> Population:
    afferents = None if receives == "partner" else "all"
    return Population(
        unit=unit,
        units=units,
        passage="learned",
        afferents=afferents,
        receives=receives,
        clock=clock,
        features=("hidden", "target"),
    )


def _memory(kind: str, units: int, longest: int, hidden: int) -> Population:
    unit = DiagonalMemoryUnit(slots=6, kind=kind, hidden=hidden, longest=2 * longest)
    return Population(
        unit=unit,
        units=units,
        passage="learned",
        afferents="all",
        receives="inputs",
        clock=False,
        features=("hidden", "target"),
    )


def _echo(neurons: int, *, scale: float, **kind: Any) -> Population:
    unit = EchoUnit(slots=neurons, **kind)
    return Population(
        unit=unit,
        units=1,
        passage="mixed",
        afferents="all",
        receives="inputs",
        clock=False,
        passage_scale=scale,
        features=("output",),
    )
