"""A look into the tables of an Optuna storage.

Optuna's own objects cost some milliseconds a trial to read, and half a second to import; what workers and tables need
to know of a trial is its state and two of its attributes. These tables and columns are the same from Optuna 2 to 5.
Everything is written by Optuna itself.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from aurita.studies.declaration import Document

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial as it was when it was looked at.

    Attributes:
        id: its number in the database.
        number: its place in its Optuna study.
        state: "RUNNING", "COMPLETE", "PRUNED", "FAIL" or "WAITING".
        job: what it is for; None where its worker died at once.
        record: of what came out; None before that.
    """

    id: int
    number: int
    state: str
    job: Any = None
    record: Document | None = None


@dataclass(frozen=True, eq=False)
class Tables:
    """Reads the tables.

    Attributes:
        rows: the rows of a statement with parameters named `:so`.
    """

    rows: Callable[[str, Mapping[str, Any]], Rows] = field(repr=False)

    def there(self, *, sqlite: bool) -> bool:
        """Whether the database has these tables; a program killed at its first moment may have left only some."""
        if sqlite:
            found = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'", {})
        else:
            found = self.rows("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()", {})
        return {"studies", "study_user_attributes", "trials", "trial_user_attributes"} <= {name for (name,) in found}

    def study(self, name: str) -> int | None:
        """Number of the Optuna study with a name; None where there is none."""
        found = self.rows("SELECT study_id FROM studies WHERE study_name = :name", {"name": name})
        return found[0][0] if found else None

    def notes(self, study: int) -> Document:
        """Attributes of an Optuna study."""
        statement = "SELECT key, value_json FROM study_user_attributes WHERE study_id = :study"
        return {key: json.loads(value) for key, value in self.rows(statement, {"study": study})}

    def trials(self, study: int, after: int = -1, among: Collection[int] = ()) -> list[Trial]:
        """Trials of an Optuna study in the order of their numbers.

        Args:
            study: its number.
            after: only trials whose number in the database is higher,
            among: and these.
        """
        wanted = f"t.trial_id > :after OR t.trial_id IN ({', '.join(map(str, among)) or -1})"
        statement = (
            "SELECT t.trial_id, t.number, t.state, a.key, a.value_json FROM trials t "
            "LEFT JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.key IN ('job', 'record') "
            f"WHERE t.study_id = :study AND ({wanted}) ORDER BY t.trial_id"
        )
        found: dict[int, dict[str, Any]] = {}
        for number, place, state, key, value in self.rows(statement, {"study": study, "after": after}):
            fields = found.setdefault(number, {"id": number, "number": place, "state": state})
            if key is not None:
                said = json.loads(value)
                fields[key] = tuple(said) if isinstance(said, list) else said
        return [Trial(**fields) for fields in found.values()]
