"""What is wrong with the document of a study, and at which key."""

import math
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

Place = tuple[str | int, ...]
Problem = tuple[Place, str]


def problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything that the document alone shows, without a look at what tasks and models there are.

    Args:
        document: tables as in a TOML file.

    Returns:
        Keys that lead to the place, and a message. Whoever takes one has to stop there: later checks rely on it.

    Example:
        >>> tables = {"name": "s", "task": [{"nam": "lorenz"}], "model": [{"name": "esn"}]}
        >>> next(problems(tables))
        (('task', 0, 'nam'), "key 'nam' is unknown in a task; nearest: name")
    """
    yield from _keys(document, (), "a study", _STUDY, ["name", "task", "model"])
    for number, task in enumerate(document["task"]):
        yield from _keys(task, ("task", number), "a task", _TASK, ["name"])
        yield from _values(task.get("options", {}), ("task", number, "options"), f"task {task['name']!r}")
    labels = [task.get("label") or task["name"] for task in document["task"]]
    yield from _twice("task", labels, "give each a label of its own")
    for number, model in enumerate(document["model"]):
        yield from _model(model, ("model", number), labels)
    yield from _twice("model", [model["name"] for model in document["model"]], "give each a name of its own")
    yield from _search(document)


class _Kind:
    """A test of a value, and what it expects in words."""

    def __init__(self, words: str, test: Callable[[Any], bool]) -> None:
        self.words, self.test = words, test


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return (_is_integer(value) or isinstance(value, float)) and math.isfinite(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | bool) or _is_number(value)


def _is_seeds(value: Any) -> bool:
    listed = isinstance(value, list) and all(_is_integer(seed) and 0 <= seed < 2**32 for seed in value)
    return listed and 0 < len(value) == len(set(value))


_TEXT = _Kind("text", lambda v: isinstance(v, str) and bool(v.strip()))
_NAME = _Kind("text without a slash", lambda v: isinstance(v, str) and bool(v.strip()) and "/" not in v)
_YES = _Kind("true or false", lambda v: isinstance(v, bool))
_COUNT = _Kind("an integer from 1", lambda v: _is_integer(v) and v >= 1)
_NUMBER = _Kind("a number", _is_number)
_TABLE = _Kind("a table", lambda v: isinstance(v, Mapping))
_TABLES = _Kind(
    "at least one table in double brackets",
    lambda v: isinstance(v, list) and bool(v) and all(isinstance(part, Mapping) for part in v),
)
_PLAIN = _Kind("text, a finite number, true or false, or a list or table of these", _is_plain)
_SEEDS = _Kind("a list of different integers from 0", _is_seeds)
_SEED_COUNT = _Kind("a number of seeds from 1, or " + _SEEDS.words, lambda v: _COUNT.test(v) or _is_seeds(v))
_CHOICES = _Kind("a list of at least two", lambda v: isinstance(v, list) and len(v) > 1 and _is_plain(v))
_SAMPLER = _Kind("tpe, random or grid", lambda v: v in ("tpe", "random", "grid"))

_STUDY = {"name": _NAME, "seeds": _SEED_COUNT, "storage": _TEXT, "task": _TABLES, "model": _TABLES, "search": _TABLE}
_TASK = {"name": _TEXT, "label": _TEXT, "options": _TABLE}
_MODEL = {"name": _NAME, "kind": _TEXT, "parameters": _TABLE, "per_task": _TABLE, "search": _TABLE}
_SEARCH = {"sampler": _SAMPLER, "trials": _COUNT, "seeds": _SEEDS, "pruning": _YES}
_SPAN = {"low": _NUMBER, "high": _NUMBER, "log": _YES, "integer": _YES, "points": _COUNT, "choices": _CHOICES}


def _keys(
    table: Mapping[str, Any], place: Place, where: str, kinds: Mapping[str, _Kind], needed: list[str]
) -> Iterator[Problem]:
    """Unknown keys, missing keys, values of a wrong kind."""
    for key, value in table.items():
        if key not in kinds:
            yield (*place, key), f"key {key!r} is unknown in {where}; nearest: {_nearest(key, kinds)}"
        if not kinds[key].test(value):
            yield (*place, key), f"{key} = {value!r} in {where} is not {kinds[key].words}"
    for key in needed:
        if key not in table:
            yield place, f"{where} has no {key}; give {kinds[key].words}"


def _values(table: Mapping[str, Any], place: Place, where: str) -> Iterator[Problem]:
    for key, value in table.items():
        if not (isinstance(key, str) and _PLAIN.test(value)):
            yield (*place, key), f"{key} = {value!r} of {where} is not {_PLAIN.words}"


def _nearest(word: str, known: Any) -> str:
    return ", ".join(get_close_matches(word, known, n=3, cutoff=0.5) or known)


def _twice(key: str, names: list[str], remedy: str) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (key, number), f"there are two {key}s called {name!r}; {remedy}"


def _model(model: Mapping[str, Any], place: Place, labels: list[str]) -> Iterator[Problem]:
    yield from _keys(model, place, "a model", _MODEL, ["name"])
    where = f"model {model['name']!r}"
    yield from _values(model.get("parameters", {}), (*place, "parameters"), where)
    for label, values in model.get("per_task", {}).items():
        here = (*place, "per_task", label)
        if label not in labels:
            yield (
                here,
                f"{where} has parameters for task {label!r}, which the study has not; nearest: "
                + _nearest(label, labels),
            )
        if not _TABLE.test(values):
            yield here, f"per_task {label} of {where} is not {_TABLE.words}"
        yield from _values(values, here, where)
    for parameter, span in model.get("search", {}).items():
        here = (*place, "search", parameter)
        if not isinstance(span, Mapping):
            yield (
                here,
                f"search of {parameter} in {where} is no table; write {{low = 1, high = 2}} or {{choices = []}}",
            )
        if parameter in model.get("parameters", {}):
            yield here, f"{parameter} of {where} is both given and searched; keep one"
        yield from _span(span, here, f"the search of {parameter} in {where}")


def _span(span: Mapping[str, Any], place: Place, where: str) -> Iterator[Problem]:
    if "choices" in span:
        yield from _keys(span, place, where, {"choices": _CHOICES}, [])
        return
    yield from _keys(span, place, where, _SPAN, ["low", "high"])
    low, high = span["low"], span["high"]
    if low >= high:
        yield place, f"{where} goes from {low} to {high}; give a low end below the high one"
    if span.get("log") and low <= 0:
        yield place, f"{where} is logarithmic from {low}; give a low end above 0"
    if span.get("integer") and not (low == int(low) and high == int(high)):
        yield place, f"{where} is of integers and goes from {low} to {high}; give integers"


def _search(document: Mapping[str, Any]) -> Iterator[Problem]:
    search = document.get("search", {})
    yield from _keys(search, ("search",), "[search]", _SEARCH, [])
    seeds = document.get("seeds", 10)
    used = set(range(seeds) if isinstance(seeds, int) else seeds)
    searching = [
        (("model", number, "search", parameter), f"{parameter} in model {model['name']!r}", span)
        for number, model in enumerate(document["model"])
        for parameter, span in model.get("search", {}).items()
    ]
    shared = used & set(search.get("seeds", (1000, 1001, 1002)))
    if searching and shared:
        yield (
            ("search", "seeds") if "seeds" in search else ("seeds",),
            f"seeds {', '.join(map(str, sorted(shared)))} are both searched and run on; what is chosen on data that is "
            "reported later looks too good: take others for the search",
        )
    for place, where, span in searching:
        if search.get("sampler") == "grid" and not ("choices" in span or span.get("integer") or "points" in span):
            yield place, f"the grid needs to know how many values {where} takes; add points = 5, or choices"
