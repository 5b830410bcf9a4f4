"""`aurita act`, and a page of what it saved, as a user meets them."""

import pytest
from typer.testing import CliRunner

from aurita import load
from aurita.cli.app import app

SHORT = ["--steps", "2048", "--units", "3", "--memory", "4", "--episodes", "20"]


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


def test_agents_learn_are_judged_saved_and_looked_at(call, tmp_path):
    settings = ["--set", "discount=0.5", "--set", "credit=common", "--noise", "2"]
    result = call("act", "memory_length/3", *SHORT, *settings, "--seeds", "2", "--seed", "4", "--save", "agent.aurita")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines() if line.strip()[:1] in ("4", "5")]
    assert [row[0] for row in rows] == ["4", "5"]
    assert [row[1] for row in rows] == ["2,048", "2,048"]
    assert all(-1 <= float(row[2]) <= 1 for row in rows)
    assert "over 2 seeds; 3 units" in result.stdout
    agent = load(tmp_path / "agent.aurita")
    assert (agent.discount, agent.observation_size_, agent.reservoir_.units) == (0.5, 5, 3)
    refused = call("view", "agent.aurita", "memory_length/3")
    assert refused.exit_code == 2
    assert "the agent was fitted on" in refused.output


def test_a_page_shows_the_agent_in_its_world(call, tmp_path):
    learnt = call("act", "tmaze/2/passive", *SHORT, "--afferents", "2", "--save", "walker.aurita")
    assert learnt.exit_code == 0, learnt.output
    page = call("view", "walker.aurita", "tmaze/2/passive", "-o", "walker.html")
    assert page.exit_code == 0, page.output
    text = (tmp_path / "walker.html").read_text()
    for title in ("Episode 2 in time", "Who spoke for which action", "Parasites", "Without some", "The wiring over"):
        assert title in text
    alone = call("view", "walker.aurita")
    assert alone.exit_code == 2
    assert "no world to act in was named" in alone.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["act", "cartpool"], "did you mean 'cartpole'"),
        (["act", "cartpole", "--set", "discount"], "expected name=value"),
        (["act", "cartpole", "--set", "hue=3"], "expected name=value"),
        (["act", "cartpole", "--set", "discount=2"], "discount is 2"),
        (["act", "cartpole", "--save", "nowhere/agent.aurita"], "nowhere"),
    ],
)
def test_what_cannot_be_is_one_message_and_exit_code_2(call, arguments, complaint):
    result = call(*arguments)
    assert result.exit_code == 2
    assert complaint in result.output
    assert "Traceback" not in result.output
