"""What is wrong with the document of a study, and at which key: a schema a table, then what holds between them."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, FiniteFloat, Tag, ValidationError
from pydantic import create_model as schema_of

from aurita._typing import DocumentView
from aurita.studies._documents import Place
from aurita.studies.plans import SEEDS, ModelPlan, SearchPlan, TaskPlan

Problem = tuple[Place, str]


def problems(document: DocumentView) -> Iterator[Problem]:
    """Everything that the document alone shows, without a look at what tasks and models there are.

    Args:
        document: tables as in a TOML file.

    Returns:
        Keys that lead to the place, and a message.

    Example:
        >>> tables = {"name": "s", "task": [{"nam": "lorenz"}], "model": [{"name": "esn"}]}
        >>> next(problems(tables))
        (('task', 0, 'nam'), "key 'nam' is unknown in a task; nearest: name")
    """
    try:
        _STUDY.model_validate(document)
    except ValidationError as error:
        # A key that is unknown explains one that is missing.
        for found in sorted(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden"):
            yield _explained(document, found["loc"], found["type"])
        return
    labels = [TaskPlan(**table).label for table in document["task"]]
    models = [ModelPlan(**table) for table in document["model"]]
    yield from _twice("task", labels, "give each a label of its own")
    yield from _twice("model", [model.name for model in models], "give each a name of its own")
    for number, model in enumerate(models):
        yield from _model(model, ("model", number), labels)
    yield from _search(models, document)


def _plain(value: object) -> object:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        _plain(part)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not finite")
    if not (value is None or isinstance(value, str | int | float | list | dict)):
        raise ValueError("not plain")
    return value


def _different(seeds: list[int]) -> list[int]:
    if len(set(seeds)) < len(seeds):
        raise ValueError("twice")
    return seeds


Text = Annotated[str, Field(pattern=r"\S")]
Name = Annotated[str, Field(pattern=r"^[^/]*[^/\s][^/]*$")]
Count = Annotated[int, Field(ge=1)]
Plain = Annotated[object, AfterValidator(_plain)]
Seeds = Annotated[
    list[Annotated[int, Field(ge=0, lt=2**32)]], Field(min_length=1), AfterValidator(_different)
]  # fmt: skip


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Range(_Table):
    low: int | FiniteFloat
    high: int | FiniteFloat
    log: bool = False
    integer: bool = False
    points: Count = 0


class _Choices(_Table):
    choices: Annotated[list[Plain], Field(min_length=2)]


def _kind(span: object) -> str:
    return "choices" if isinstance(span, dict) and "choices" in span else "range"


Span = Annotated[Annotated[_Range, Tag("range")] | Annotated[_Choices, Tag("choices")], Discriminator(_kind)]
Arguments = dict[str, Plain]


def _table(plan: type, **kinds: Any) -> type[BaseModel]:
    """The schema of a plan's table: its fields, of the kinds given or as they are annotated."""
    found = {}
    for one in fields(plan):
        needed = one.default is MISSING and one.default_factory is MISSING
        found[one.name] = (kinds.get(one.name, one.type), ... if needed else None)
    return schema_of(plan.__name__, __base__=_Table, **found)  # type: ignore[call-overload]


_TASK = _table(TaskPlan, name=Text, options=Arguments)
_MODEL = _table(
    ModelPlan, name=Name, kind=Text, parameters=Arguments, per_task=dict[str, Arguments], search=dict[str, Span]
)
_SEARCH = _table(SearchPlan, sampler=Literal["tpe", "random", "grid"], trials=Count, seeds=Seeds)
_STUDY = schema_of(
    "study",
    __base__=_Table,
    name=(Name, ...),
    seeds=(Count | Seeds, None),
    storage=(Text, None),
    task=(Annotated[list[_TASK], Field(min_length=1)], ...),  # type: ignore[valid-type, arg-type]
    model=(Annotated[list[_MODEL], Field(min_length=1)], ...),  # type: ignore[valid-type, arg-type]
    search=(_SEARCH, None),
)

_PLAIN = "text, a finite number, true or false, or a list or table of these"
_WORDS = {
    "name": "text, without a slash where it is of a study or model",
    "seeds": "a list of different integers from 0, nor, of a study, a number of seeds from 1",
    **dict.fromkeys(("storage", "kind", "label"), "text"),
    **dict.fromkeys(("task", "model"), "at least one table in double brackets"),
    **dict.fromkeys(("options", "parameters", "per_task"), "a table"),
    "search": "a table, each entry {low = 1, high = 2} or {choices = []} where it is of a model",
    "sampler": "tpe, random or grid",
    **dict.fromkeys(("trials", "points"), "an integer from 1"),
    **dict.fromkeys(("pruning", "log", "integer"), "true or false"),
    **dict.fromkeys(("low", "high"), "a number"),
    "choices": "a list of at least two",
}


def _explained(document: DocumentView, loc: Place, kind: str) -> Problem:
    """The words for what pydantic found at a place."""
    place, value, where = Place(), dict(document), "a study"
    schema: type[BaseModel] = _STUDY
    tables: dict[str, type[BaseModel]] = {"task": _TASK, "model": _MODEL, "range": _Range, "choices": _Choices}
    for step, key in enumerate(loc):
        if key in ("range", "choices") and loc[step - 2] == "search":
            schema, where = tables[str(key)], f"the search of {place[-1]} in {where}"
        elif (isinstance(value, dict) and key in value) or (isinstance(value, list) and isinstance(key, int)):
            place, value = (*place, key), value[key]
            if len(place) == 2 and place[0] in ("task", "model"):
                schema, where = tables[str(place[0])], f"a {place[0]}"
            elif loc[0] == "search" and len(loc) > 1:
                schema, where = _SEARCH, "[search]"
    if kind == "extra_forbidden":
        return place, f"key {loc[-1]!r} is unknown in {where}; nearest: {_nearest(str(loc[-1]), schema.model_fields)}"
    if kind == "missing":
        return place, f"{where} has no {loc[-1]}; give {_WORDS[str(loc[-1])]}"
    key = next((part for part in reversed(place) if isinstance(part, str)), "it")
    return place, f"{key} = {value!r} in {where} is not {_WORDS[key] if key in schema.model_fields else _PLAIN}"


def _nearest(word: str, known: Iterable[str]) -> str:
    return ", ".join(get_close_matches(word, known, n=3, cutoff=0.5) or known)


def _twice(key: str, names: list[str], remedy: str) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (key, number), f"there are two {key}s called {name!r}; {remedy}"


def _model(model: ModelPlan, place: Place, labels: list[str]) -> Iterator[Problem]:
    """What a model declares for tasks that there are not, and ranges that hold nothing."""
    where = f"model {model.name!r}"
    for label in model.per_task:
        if label not in labels:
            nearest = _nearest(label, labels)
            message = f"{where} has parameters for task {label!r}, which the study has not; nearest: {nearest}"
            yield (*place, "per_task", label), message
    for parameter, span in model.search.items():
        here = (*place, "search", parameter)
        if parameter in model.parameters:
            yield here, f"{parameter} of {where} is both given and searched; keep one"
        if "choices" in span:
            continue
        low, high = span["low"], span["high"]
        what = f"the search of {parameter} in {where}"
        if low >= high:
            yield here, f"{what} goes from {low} to {high}; give a low end below the high one"
        if span.get("log") and low <= 0:
            yield here, f"{what} is logarithmic from {low}; give a low end above 0"
        if span.get("integer") and not (low == int(low) and high == int(high)):
            yield here, f"{what} is of integers and goes from {low} to {high}; give integers"


def _search(models: list[ModelPlan], document: DocumentView) -> Iterator[Problem]:
    """Seeds that are used twice, and spans that a grid cannot divide."""
    search, seeds = SearchPlan(**document.get("search", {})), document.get("seeds", SEEDS)
    shared = sorted(set(range(seeds) if isinstance(seeds, int) else seeds) & set(search.seeds))
    if shared and any(model.search for model in models):
        yield (
            ("search", "seeds") if "seeds" in document.get("search", {}) else ("seeds",),
            f"seeds {', '.join(map(str, shared))} are both searched and run on; what is chosen on data that is "
            "reported later looks too good: take others for the search",
        )
    for number, model in enumerate(models):
        for parameter, span in model.search.items():
            if search.sampler == "grid" and not any(span.get(key) for key in ("choices", "integer", "points")):
                where = f"{parameter} in model {model.name!r}"
                message = f"the grid needs to know how many values {where} takes; add points = 5, or choices"
                yield ("model", number, "search", parameter), message
