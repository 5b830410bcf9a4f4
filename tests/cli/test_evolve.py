"""`aurita evolve` as a user meets it."""

import pytest
from typer.testing import CliRunner

from aurita.cli.app import app

SMALL = ["evolve", "decision", "--neurons", "4", "--population", "4", "--no-baseline"]


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, list(arguments), env={"COLUMNS": "200"})


def test_two_seeds_are_searched_tested_kept_and_resumed(call, tmp_path):
    first = call(*SMALL, "--generations", "1", "--seeds", "2")
    assert first.exit_code == 0, first.output
    folder = tmp_path / "evolved-decision-4"
    assert sorted(path.name for path in folder.iterdir()) == ["best.evolved", "seed-0.evolution", "seed-1.evolution"]
    assert "seed 1" in first.output
    assert "unseen sequences: median 0." in first.output
    refused = call(*SMALL, "--generations", "2", "--seeds", "2")
    assert refused.exit_code == 2
    assert "--resume" in refused.output
    more = call(*SMALL, "--generations", "2", "--seeds", "2", "--resume")
    assert more.exit_code == 0, more.output
    again = call(*SMALL, "--generations", "2", "--seeds", "2", "--resume")
    assert again.stdout == more.stdout
    other = call(*SMALL, "--generations", "2", "--seeds", "2", "--resume", "--search", "topology")
    assert other.exit_code == 2
    assert "search.type: 'weights' there, 'topology' here" in other.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["evolve", "decizion"], "nearest"),
        (["evolve", "sincosnoise"], "every step"),
        (["evolve", "decision", "--neurons", "5", "--most", "4"], "most is 4"),
        (["evolve", "decision", "--address", "tcp://nowhere:1"], "use dask or ray"),
        (["evolve", "decision", "--population", "5"], "even number"),
    ],
)
def test_what_cannot_be_is_one_message_and_exit_code_2(call, tmp_path, arguments, complaint):
    result = call(*arguments)
    assert result.exit_code == 2
    assert complaint in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.rglob("*.evolution"))
