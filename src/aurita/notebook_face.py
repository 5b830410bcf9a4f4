"""What a notebook shows of a reservoir: one small table, without scripts."""

from html import escape
from typing import TYPE_CHECKING

from aurita._words import counted

if TYPE_CHECKING:
    from aurita.reservoir import Reservoir

_HEAD = ("population", "units", "slots", "receives", "passage", "afferents", "learns")


def reservoir_html(reservoir: "Reservoir") -> str:
    """A table of a reservoir's populations, what they receive and how many numbers they hold.

    Args:
        reservoir: an `aurita.Reservoir`.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=5)], inputs=1)
        >>> "5 units" in reservoir_html(reservoir)
        True
    """
    counts = reservoir.parameter_counts()
    title = (
        f"Reservoir: {counted(reservoir.units, 'unit')}, {counted(reservoir.inputs, 'input')}, {counts['trained']:,} "
        f"numbers that can learn, {counts['fixed']:,} fixed"
    )
    if reservoir.clock:
        title += f", clock of periods {', '.join(f'{period:g}' for period in reservoir.clock)}"
    rows = [
        (
            type(p.unit).__name__,
            p.units,
            p.unit.slots,
            p.receives,
            p.passage,
            len(wiring),
            (p.objective or "as set") if p.learns_by == "gradient" else p.learns_by,
        )
        for p, wiring in zip(reservoir.populations, reservoir.wiring, strict=True)
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
