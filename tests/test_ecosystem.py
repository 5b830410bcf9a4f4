"""What the page on other libraries shows is true: its examples run."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "ecosystem.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(example, f"{PAGE.name}, an example", "exec"), {"__name__": "example"})
    assert "False" not in capsys.readouterr().out


def test_there_are_examples():
    assert len(EXAMPLES) == 8
