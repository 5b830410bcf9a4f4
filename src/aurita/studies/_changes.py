"""The declaration that is kept with the trials of a study, and how a later one may differ."""

import json
from collections.abc import Mapping

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.studies._declaration import Declaration
from aurita.studies.storage import Storage

Facts = dict[str, Document]


def runs_name(study: str) -> str:
    """Name of the Optuna study that holds the evaluations, and the declaration."""
    return f"{study}/runs"


def kept(storage: Storage, name: str) -> tuple[Declaration | None, Facts]:
    """The declaration that a study was started with, and what is known of its tasks; None and nothing before that."""
    study = storage.study(runs_name(name))
    attributes = {} if study is None else study.user_attrs
    if "declaration" not in attributes:
        return None, {}
    return Declaration.from_document(attributes["declaration"], storage=storage.url), attributes["facts"]


def keep(storage: Storage, declaration: Declaration, facts: Facts, *, extend: bool) -> None:
    """Keep a declaration, or hold it against the one that is kept. Only in the exclusive context.

    Args:
        facts: what tables need to know of each task.
        extend: allow further seeds, models and tasks.

    Raises:
        AuritaError: it differs.
    """
    document = declaration.document()
    study = storage.made(runs_name(declaration.name))
    stored = study.user_attrs.get("declaration")
    if stored is not None:
        check_unchanged(stored, document, extend=extend)
    if stored != document:
        study.set_user_attr("facts", facts)
        study.set_user_attr("declaration", document)


def check_unchanged(stored: Document, given: Document, *, extend: bool) -> None:
    """Complain where a study is not what it was.

    Args:
        extend: allow further seeds, models and tasks.

    Raises:
        AuritaError: anything else differs; every difference is shown on a line.

    Example:
        >>> from aurita.studies._declaration import Declaration
        >>> check_unchanged(
        ...     Declaration("s", ["lorenz"], ["esn"], 2).document(),
        ...     Declaration("s", ["lorenz"], ["esn"], 3).document(),
        ...     extend=True,
        ... )
    """
    before, after = _lines(stored), _lines(given)
    if before == after:
        return
    shown = [
        f"  {sign} {key} = {side[key]}"
        for key in sorted(before | after)
        for sign, side in (("-", before), ("+", after))
        if key in side and before.get(key) != after.get(key)
    ]
    shown = [line if len(line) < 200 else line[:196] + " ..." for line in shown]
    only_more = _only_more(stored, given)
    if only_more and extend:
        return
    advice = (
        "these are additions alone: allow them with --extend (extend=True)"
        if only_more
        else "give the study another name, another storage, or the declaration that it was started with"
    )
    raise AuritaError(
        f"study {given['name']!r} has been started with another declaration (- then, + now):\n"
        + "\n".join(shown)
        + f"\nRecords of two declarations cannot be compared; {advice}"
    )


def _lines(document: Document) -> dict[str, str]:
    """One entry a value, by its place; the order of tasks, models and seeds says nothing."""
    lines = {"seeds": ", ".join(map(str, sorted(document["seeds"])))}
    for name, value in _leaves("search", document["search"]):
        lines[name] = value
    for task in document["task"]:
        lines |= dict(_leaves(f"task {task['label']}", {k: v for k, v in task.items() if k != "label"}))
    for model in document["model"]:
        lines |= dict(_leaves(f"model {model['name']}", {k: v for k, v in model.items() if k != "name"}))
    return lines


def _leaves(place: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        return [leaf for key, part in value.items() for leaf in _leaves(f"{place} {key}", part)]
    return [(place, json.dumps(value))]


def _only_more(stored: Document, given: Document) -> bool:
    """Whether nothing of the old declaration is gone or changed, and all that is new is of new tasks and models."""
    tasks = {task["label"]: task for task in given["task"]}
    models = {model["name"]: model for model in given["model"]}
    old = {task["label"] for task in stored["task"]}
    return (
        stored["search"] == given["search"]
        and set(stored["seeds"]) <= set(given["seeds"])
        and all(tasks.get(task["label"]) == task for task in stored["task"])
        and all(
            model["name"] in models and _on_tasks(models[model["name"]], old) == _on_tasks(model, old)
            for model in stored["model"]
        )
    )


def _on_tasks(model: Document, labels: set[str]) -> Document:
    """A model without what it declares for other tasks."""
    kept = {label: values for label, values in model.get("per_task", {}).items() if label in labels}
    return {**model, "per_task": kept}
