"""What the page on studies shows is true."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aurita.studies import ModelPlan, SearchPlan, Study
from aurita.studies._running import check_models, facts_of
from aurita.studies.models import model_names
from aurita.tasks import task_names

PAGE = (Path(__file__).parents[2] / "docs" / "studies.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_file_and_the_python_declare_the_same_study_of_names_that_there_are(tmp_path):
    (tmp_path / "study.toml").write_text(blocks("toml")[0])
    from_file = Study.from_toml(tmp_path / "study.toml")
    code = "import json\n" + blocks("python")[0].split("study.run")[0] + "print(json.dumps(study.document()))"
    stated = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(stated.stdout) == from_file.document()
    check_models(from_file, from_file._complaint)
    assert list(facts_of(from_file, {}, from_file._complaint)) == ["narma10", "lorenz, 10 ahead"]


def test_the_columns_are_those_of_records(tmp_path):
    models = [ModelPlan("toy", "toys:shift", search={"rate": {"choices": [0.1, 0.2]}}), ModelPlan("b", "toys:unlucky")]
    plan = SearchPlan("grid", seeds=(1000,))
    study = Study("s", ["sincosnoise"], models, 2, plan, tmp_path / "s.sqlite")
    study.run(progress=False)
    table = PAGE.split("## What a record holds")[1].split("\n## ")[0]
    documented = {
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    columns = {name for name in study.records() if not re.fullmatch(r"version_.*", name)}
    assert columns <= documented
    assert documented - columns == {"valid_prediction_time", "free_run_steps", "version_aurita", "version_jax"}


@pytest.mark.parametrize(("what", "known"), [("tasks", task_names), ("models", model_names)])
def test_every_task_and_model_is_listed(what, known):
    table = PAGE.split(f"| {what} | |")[1].split("\n\n")[0]
    families = {name.split("/")[0] for name in known()}
    listed = {name.split("/")[0] for name in re.findall(r"`([\w/]+)`", table)}
    assert families <= listed
