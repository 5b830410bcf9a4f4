"""The declaration of a study, kept with its trials."""

from typing import Any

from aurita.studies.changes import check_unchanged
from aurita.studies.declaration import Declaration
from aurita.studies.storage import Look, Store

Facts = dict[str, dict[str, Any]]


def runs_name(study: str) -> str:
    """Name of the Optuna study that holds the evaluations, and the declaration."""
    return f"{study}/runs"


def kept(look: Look, name: str) -> tuple[Declaration | None, Facts]:
    """The declaration that a study was started with, and what is known of its tasks; None and nothing before that."""
    study = look.tables.study(runs_name(name))
    notes = {} if study is None else look.tables.notes(study)
    if "declaration" not in notes:
        return None, {}
    return Declaration.from_document(notes["declaration"], storage=look.url), notes["facts"]


def keep(store: Store, declaration: Declaration, facts: Facts, *, extend: bool) -> None:
    """Keep a declaration, or hold it against the one that is kept. Only in the exclusive context.

    Args:
        store: where.
        declaration: of the study.
        facts: what tables need to know of each task.
        extend: allow further seeds, models and tasks.

    Raises:
        AuritaError: it differs.
    """
    document = declaration.document()
    study = store.made(runs_name(declaration.name), "lower")
    stored = store.tables.notes(study).get("declaration")
    if stored is not None:
        check_unchanged(stored, document, extend=extend)
    if stored != document:
        store.note(study, "facts", facts)
        store.note(study, "declaration", document)
