"""Sections of our docstrings (`Args:`, `Returns:`) as those that numpydoc reads, with types from annotations."""

import inspect
import re
from typing import Any

SECTIONS = {
    "Args": "Parameters",
    "Attributes": "Attributes",
    "Returns": "Returns",
    "Yields": "Yields",
    "Raises": "Raises",
    "Warns": "Warns",
    "Example": "Examples",
    "Source": "References",
}
_BEGINS = re.compile(rf"({'|'.join(SECTIONS)}):(?: (.+))?")
_ENTRY = re.compile(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*): (.*)")


def as_numpydoc(lines: list[str], described: object) -> list[str]:
    """The lines of a docstring with the sections of numpydoc.

    Args:
        lines: of the docstring, without its indentation.
        described: what has it.

    Example:
        >>> def area(width: float, height: float = 1.0) -> float: ...
        >>> lines = ["Area.", "", "Args:", "    width: of it.", "", "Returns:", "    What it is."]
        >>> print("\\n".join(as_numpydoc(lines, area)).rstrip())
        Area.
        <BLANKLINE>
        Parameters
        ----------
        width : float
            of it.
        <BLANKLINE>
        Returns
        -------
        float
            What it is.
    """
    found: list[str] = []
    kind, body = "", list[str]()
    for line in [*lines, "Source:"]:
        begins = _BEGINS.fullmatch(line)
        if begins is None and (not kind or line[:4].strip() == "" or kind == "Source"):
            (body if kind else found).append(line)
            continue
        if kind:
            found += _section(kind, body, described)
        kind, body = (begins[1], [begins[2]] if begins[2] else []) if begins else ("", [])
        if begins is None:
            found.append(line)
    return found


def _section(kind: str, body: list[str], described: object) -> list[str]:
    """One section; its body is indented, but for a source."""
    text = inspect.cleandoc("\n".join(["", *body])).splitlines() if kind != "Source" else body
    if not any(line.strip() for line in text):
        return []
    while text and not text[-1].strip():
        text.pop()
    title = SECTIONS[kind]
    known, returned = _types(described)
    shown = text
    if kind in ("Args", "Attributes"):
        shown = _entries(text, lambda name: f"{name} : {known[first]}" if (first := _first(name)) in known else name)
    elif kind in ("Raises", "Warns"):
        shown = _entries(text, str)
    elif kind in ("Returns", "Yields"):
        shown = [returned or "result", *(f"    {line}" if line else "" for line in text)]
    return [title, "-" * len(title), *shown, ""]


def _entries(text: list[str], headed: Any) -> list[str]:
    """`name: text` as a line for the name and the text below it."""
    found = []
    for line in text:
        entry = None if line.startswith(" ") else _ENTRY.fullmatch(line)
        found += [headed(entry[1]), f"    {entry[2]}"] if entry else [f"    {line.strip()}" if line.strip() else ""]
    return found


def _first(names: str) -> str:
    return names.split(",")[0].lstrip("*")


def _types(described: Any) -> tuple[dict[str, str], str]:
    """Types of parameters or fields, with their defaults, and of what is returned."""
    fields = getattr(described, "__annotations__", {}) if inspect.isclass(described) else {}
    known = {name: _shown(one) for name, one in fields.items()}
    try:
        signature = inspect.signature(described)
    except (TypeError, ValueError):
        return known, ""
    for name, one in signature.parameters.items():
        if one.annotation is not one.empty:
            known[name] = _shown(one.annotation)
        if one.default is not one.empty and name in known and "<" not in repr(one.default):
            known[name] += f", default {_escaped(repr(one.default))}"
    back = signature.return_annotation
    return known, "" if back in (signature.empty, None) or inspect.isclass(described) else _shown(back)


def _shown(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _escaped(re.sub(r"\b(?:typing|jaxtyping|collections\.abc|aurita(?:\.\w+)*|numpy)\.(?=\w)", "", text))


def _escaped(text: str) -> str:
    """Text that reStructuredText leaves as it is."""
    return re.sub(r"([*`|\\]|_(?!\w))", r"\\\1", text)
