"""What a study declares: complaints with the line, changes between starts."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.studies import ModelPlan, SearchPlan, Study, TaskPlan
from aurita.studies._changes import check_unchanged
from aurita.studies._reading import line_of

GOOD = """\
name = "waves"          # line 1
seeds = 3

[[task]]
name = "sincosnoise"
[task.options]
noise = 0.2

[[task]]
name = "anarchist/sine"
label = "sine"

[[model]]
name = "ours"
kind = "reservoir"
parameters = { units = 12, objective = "target" }
[model.per_task.sine]
units = 20
[model.search]
rate = { low = 1e-3, high = 1e-1, log = true }
horizons = { choices = [[1], [1, 2, 4]] }

[[model]]
name = "esn"

[search]
sampler = "random"
trials = 4
"""


def written(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    return path


def test_a_file_and_python_declare_the_same(tmp_path):
    read = Study.from_toml(written(tmp_path, GOOD))
    ours = ModelPlan(
        "ours",
        "reservoir",
        {"units": 12, "objective": "target"},
        {"sine": {"units": 20}},
        {"rate": {"low": 1e-3, "high": 1e-1, "log": True}, "horizons": {"choices": [[1], [1, 2, 4]]}},
    )
    tasks = [TaskPlan("sincosnoise", {"noise": 0.2}), TaskPlan("anarchist/sine", label="sine")]
    made = Study("waves", tasks, [ours, "esn"], range(3), SearchPlan("random", 4))
    assert read.document() == made.document()
    assert json.loads(json.dumps(read.document())) == Study.from_document(read.document()).document()
    assert read.url == f"sqlite:///{tmp_path}/study.sqlite"
    assert ours.fixed("sine") == {"units": 20, "objective": "target"}
    assert len(read.jobs) == 2 * 2 * 3
    assert read.searched == [("ours", "sincosnoise"), ("ours", "sine")]


def test_what_is_given_for_a_task_is_not_searched_there():
    plan = ModelPlan("m", "esn", per_task={"t": {"leak": 0.3}}, search={"leak": {"low": 0.1, "high": 1.0}})
    assert plan.space("t") == {}
    assert plan.fixed("t") == {"leak": 0.3}
    assert list(plan.space("u")) == ["leak"]


def test_numbers_of_numpy_are_numbers():
    study = Study("s", ["sincosnoise"], [ModelPlan("m", "esn", {"leak": np.float64(0.5)})], np.arange(3))
    assert study.document()["seeds"] == [0, 1, 2]
    assert json.loads(json.dumps(study.document()))["model"][0]["parameters"] == {"leak": 0.5}


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("seeds = 3", "seed = 3", 2, "key 'seed' is unknown in a study; nearest: seeds"),
        ("seeds = 3", "seeds = 0", 2, "number of seeds"),
        ("seeds = 3", "seeds = [1, 1]", 2, "different"),
        ("seeds = 3", "seeds = true", 2, "True"),
        ('name = "waves" ', 'name = "wa/ves" ', 1, "slash"),
        ('label = "sine"', 'lable = "sine"', 11, "nearest: label"),
        ('label = "sine"', 'label = "sincosnoise"', 9, "two tasks"),
        ("units = 20", "units = 2024-01-01", 18, "not text, a finite number"),
        ("[model.per_task.sine]", "[model.per_task.sin]", 17, "nearest: sine"),
        ("high = 1e-1", "hihg = 1e-1", 20, "nearest: high"),
        ("high = 1e-1", "high = 1e-4", 20, "low end below"),
        ("low = 1e-3, ", "low = 0, ", 20, "above 0"),
        ("low = 1e-3, ", "", 20, "has no low"),
        ("log = true", "integer = true", 20, "give integers"),
        ("choices = [[1], [1, 2, 4]]", "choices = [[1]]", 21, "at least two"),
        ('"target" }', '"target", rate = 0.1 }', 20, "both given and searched"),
        ('name = "esn"', 'kind = "esn"', 23, "has no name"),
        ('name = "esn"', 'name = "ours"', 23, "two models"),
        ('"random"', '"sobol"', 27, "tpe, random or grid"),
        ('"random"', '"grid"', 20, "points"),
        ("trials = 4", "trials = 4\nseeds = [2, 1000]", 29, "seeds 2 are both searched and run on"),
        ("trials = 4", "trials = 4\nbudget = 3", 29, "nearest: "),
    ],
)
def test_complaints_name_the_line(tmp_path, old, new, line, says):
    assert GOOD.count(old) == 1
    with pytest.raises(AuritaError) as caught:
        Study.from_toml(written(tmp_path, GOOD.replace(old, new)))
    assert f"study.toml, line {line}: " in str(caught.value)
    assert says in str(caught.value)


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(AuritaError, match=r"no TOML file: .*line 2"):
        Study.from_toml(written(tmp_path, 'name = "s"\nseeds = = 3\n'))
    with pytest.raises(AuritaError, match="there is no file"):
        Study.from_toml(tmp_path / "nowhere.toml")
    with pytest.raises(AuritaError, match="is a folder"):
        Study.from_toml(tmp_path)


@pytest.mark.parametrize(
    ("declaration", "says"),
    [
        ({"tasks": "lorenz"}, "in brackets"),
        ({"models": None}, "in brackets"),
        ({"seeds": "ten"}, "different integers"),
        ({"seeds": 1.5}, "number of seeds"),
        ({"seeds": []}, "different integers"),
        ({"tasks": []}, "at least one"),
        ({"models": [ModelPlan("m", parameters={"f": print})]}, "not text, a finite number"),
        ({"models": [ModelPlan("m", parameters={"f": float("nan")})]}, "not text, a finite number"),
        ({"search": SearchPlan(trials=0)}, "integer from 1"),
    ],
)
def test_declarations_in_python_are_checked_as_well(declaration, says):
    with pytest.raises(AuritaError, match=says):
        Study(**{"name": "s", "tasks": ["lorenz"], "models": ["esn"], **declaration})


@pytest.mark.parametrize(
    ("storage", "says"),
    [("mysql://a:secret@b/c", "no place for a study"), ("sqlite://", "no place"), ("a?b.sqlite", "cannot hold")],
)
def test_storages_of_another_kind_are_refused_without_their_password(storage, says):
    with pytest.raises(AuritaError, match=says) as caught:
        _ = Study("s", ["lorenz"], ["esn"], storage=storage).url
    assert "secret" not in str(caught.value)


keys = st.text("abcxyz", min_size=1, max_size=4)
scalars = st.one_of(st.integers(-99, 99), st.booleans(), st.text("ab #[]=", max_size=6))


@given(st.dictionaries(keys, st.one_of(scalars, st.lists(scalars, max_size=3)), min_size=1, max_size=6), st.data())
def test_the_line_of_a_key_is_where_it_was_written(table, data):
    """Every value is written over as many lines as it likes; the line found is that of its key."""
    lines, where = [], {}
    for key, value in table.items():
        lines += data.draw(st.sampled_from([[], [""], ["# a comment", ""]]))
        where[key] = len(lines) + 1
        if isinstance(value, list):
            lines += [f"{key} = [", *(f"  {json.dumps(part)}," for part in value), "]"]
        else:
            lines.append(f"{key} = {json.dumps(value)}")
    text = "\n".join(["[top]", *lines])
    for key in table:
        assert line_of(text, ("top", key)) == where[key] + 1
    assert line_of(text, ("top", "not there")) == 1
    assert line_of(text, ("other",)) is None


BASE = Study("s", ["a", "b"], [ModelPlan("m", "esn", {"units": 3}, {"b": {"units": 4}})], 2).document()


def declared(**changes):
    parts = {"tasks": ["a", "b"], "models": [ModelPlan("m", "esn", {"units": 3}, {"b": {"units": 4}})], "seeds": 2}
    return Study("s", **{**parts, **changes}).document()


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"seeds": 3}, ["- seeds = 0, 1", "+ seeds = 0, 1, 2"]),
        ({"tasks": ["a", "b", "c"]}, ['+ task c name = "c"']),
        ({"models": [*Study.from_document(BASE).models, "esn"]}, ['+ model esn kind = "esn"']),
    ],
)
def test_additions_are_allowed_on_request(changes, lines):
    with pytest.raises(AuritaError) as caught:
        check_unchanged(BASE, declared(**changes), extend=False)
    assert "--extend" in str(caught.value)
    for line in lines:
        assert f"  {line}\n" in str(caught.value)
    check_unchanged(BASE, declared(**changes), extend=True)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"seeds": [0, 2]}, ["- seeds = 0, 1", "+ seeds = 0, 2"]),
        ({"tasks": ["a"], "models": ["m"]}, ['- task b name = "b"', "- model m parameters units = 3"]),
        ({"models": [ModelPlan("m", "esn", {"units": 5}, {"b": {"units": 4}})]}, ["- model m parameters units = 3"]),
        ({"models": [ModelPlan("m", "esn", {"units": 3})]}, ["- model m per_task b units = 4"]),
        ({"tasks": ["a", TaskPlan("b", {"noise": 1})]}, ["+ task b options noise = 1"]),
        ({"search": SearchPlan(trials=99)}, ["- search trials = 30", "+ search trials = 99"]),
    ],
)
def test_other_changes_are_refused_and_shown(changes, lines):
    for extend in (False, True):
        with pytest.raises(AuritaError) as caught:
            check_unchanged(BASE, declared(**changes), extend=extend)
        assert "another name" in str(caught.value)
        for line in lines:
            assert f"  {line}\n" in str(caught.value)


def test_order_is_no_change():
    check_unchanged(BASE, declared(tasks=["b", "a"], seeds=[1, 0]), extend=False)
