"""Parts of the site that are made when it is built: pictures of examples, the reference of the command line."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from sections import SECTIONS, as_numpydoc
from sphinx_gallery.scrapers import figure_rst

from aurita.cli.app import COMMANDS
from aurita.pictures import save_static
from aurita.pictures.drawing import Drawing

_PAGES = Path(__file__).parent
_REST = "<!-- further pages -->"
_SECTIONS = tuple(f"{name}:" for name in SECTIONS)


def drawn(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Figures of `aurita.pictures` that an example keeps in variables, each drawn once by matplotlib."""
    names = block_vars["example_globals"]
    seen = names.setdefault("__drawn__", [])
    paths = []
    for value in [one for one in names.values() if isinstance(getattr(one, "_drawing", None), Drawing)]:
        if not any(value is one for one in seen):
            seen.append(value)
            path = next(block_vars["image_path_iterator"])
            save_static(value, path)
            paths.append(path)
    return figure_rst(paths, gallery_conf["src_dir"]) if paths else ""


def write_commands(_: Any) -> None:
    """The page of the command line, from the commands themselves."""
    lines = ["# The command line", "", "`aurita COMMAND --help` says the same in the terminal.", ""]
    for name in COMMANDS:
        module = import_module(f"aurita.cli.{name}")
        group = getattr(module, "app", None)
        if group is None:
            group = typer.Typer(add_completion=False)
            group.command(name)(getattr(module, name))
        lines += _section(typer.main.get_command(group), f"aurita {name}", 2)
    text = "\n".join(lines) + "\n"
    page = _PAGES / "command-line.md"
    if not page.exists() or page.read_text() != text:
        page.write_text(text)


def add_further_pages(_: Any, name: str, source: list[str]) -> None:
    """Pages that the front page does not name follow those that it does."""
    if name == "index":
        further = [page.stem for page in sorted(_PAGES.glob("*.md")) if f"\n{page.stem}\n" not in source[0]]
        source[0] = source[0].replace(_REST, "\n".join(one for one in further if one != "index"))


def as_text(_app: Any, _what: str, _name: str, described: Any, _options: Any, lines: list[str]) -> None:
    """A docstring as numpydoc reads it: its sections, code in backticks, formulas in blocks of their own."""
    if any(re.fullmatch("---+", line.strip()) for line in lines):
        return  # what an adapter inherits has these sections
    found: list[str] = []
    for line in lines:
        begins = bool(found) and not found[-1] and line.startswith("    ") and not line.lstrip().startswith(">>>")
        if begins and not any(one in _SECTIONS for one in found) and not (len(found) > 1 and found[-2][:4] == "    "):
            found += ["::", ""]
        formula = line.startswith("    ") and not any(one in _SECTIONS for one in found)
        if not formula and not line.lstrip().startswith((">>>", "...")):
            line = re.sub(r"(?<!`)`([^`]+)`(?!`)(\w*)", r"``\1``\\ \2", line)
        found.append(line)
    lines[:] = as_numpydoc(found, described)


def _section(command: Any, title: str, depth: int) -> list[str]:
    context = command.make_context(title, [], resilient_parsing=True)
    lines = [f"{'#' * depth} {title}", "", (command.help or "").replace("\n    ", "\n"), ""]
    subcommands = getattr(command, "commands", None)
    if subcommands:
        for name, one in subcommands.items():
            lines += _section(one, f"{title} {name}", depth + 1)
        return lines
    usage = " ".join(command.collect_usage_pieces(context))
    lines += ["```text", f"{title} {usage}", "```", "", "| | |", "|---|---|"]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            help_text = " ".join(record[1].split()).replace("|", "\\|")
            lines.append(f"| `{record[0].replace('|', ' or ')}` | {help_text} |")
    return [*lines, ""]
