"""The TOML file of a study, and the line of it that a complaint is about."""

import tomllib
from pathlib import Path

from aurita._typing import Document, PyTree
from aurita.errors import AuritaError, require
from aurita.io.reading import read_ordinary
from aurita.studies._documents import Place

_WANTED = "name a TOML file that declares a study"


class StudyFile:
    """A file that declares a study.

    Attributes:
        path: of the file.
        document: its tables.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._text = read_ordinary(path, missing=_WANTED, wanted=_WANTED).decode("utf-8")
            self.document: Document = tomllib.loads(self._text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise AuritaError(f"{path} is no TOML file: {error}") from None
        except UnicodeError as error:
            raise AuritaError(f"{path} cannot be read ({error}); {_WANTED}") from None
        require("pydantic", "studies", "a study")
        from aurita.studies._problems import problems

        problem = next(problems(self.document), None)
        if problem is not None:
            raise self.complaint(*problem)

    def complaint(self, place: Place, message: str) -> AuritaError:
        """An error that names the line of a key."""
        line = line_of(self._text, place)
        return AuritaError(f"{self.path}{'' if line is None else f', line {line}'}: {message}")


def line_of(text: str, place: Place) -> int | None:
    """The line on which the statement starts that first brings a key.

    The lines up to some place are parsed for every place: what is in their tables has been checked by then.

    Args:
        text: a valid TOML document.
        place: keys, and numbers of tables in a list of tables, from the top.

    Returns:
        From 1; that of the enclosing table where the key is not there; None where nothing of it is.

    Example:
        >>> line_of('name = "s"\\n\\n[[task]]\\nnam = "lorenz"', ("task", 0, "nam"))
        4
    """
    lines = text.splitlines()
    before = 0
    for count in range(1, len(lines) + 1):
        try:
            tables = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a value
        if _holds(tables, place):
            return before + 1
        before = count
    return line_of(text, place[:-1]) if len(place) > 1 else None


def _holds(tables: PyTree, place: Place) -> bool:
    for key in place:
        try:
            tables = tables[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
