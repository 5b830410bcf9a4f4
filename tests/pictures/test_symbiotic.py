"""Pictures of agents: what they draw is what happened, and both renderers draw them."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from aurita import pictures as p
from aurita.errors import AuritaError
from aurita.pictures.acted import agent_drawings
from aurita.worlds import TMaze

_HELP = np.array([0.3, -0.1, 0.2])


class Walker:
    """Three units in the passive maze: one speaks for going on, one for the sign, one for nonsense."""

    reservoir_ = SimpleNamespace(units=3)
    symbiosis_: ClassVar = {"help": _HELP, "size": np.ones(3), "divergence": np.ones(3), "pairs": np.zeros((3, 3))}
    history_: ClassVar = {"step": np.arange(4), "return": np.array([np.nan, -1.0, 0.0, 1.0])}

    def __init__(self, silent=()):
        self.silent = list(silent)

    def watch(self, world, *, steps, seed):
        rows, observation, begins, sign = [], world.reset(seed)[0], True, 0.0
        for _ in range(steps):
            sign = observation[1] if begins else sign
            scores = np.zeros((3, 4))
            scores[0, 0], scores[1, 1 if sign > 0 else 3], scores[2, 2] = 2.0, 4.0 * observation[0], 0.5
            scores[self.silent] = 0
            action = scores.sum(0).argmax()
            after, reward, terminated, _ = world.step([action])
            rows.append((observation, action, reward[0], terminated[0], 0.75, scores))
            observation, begins = after[0], terminated[0]
        names = ("observation", "action", "reward", "ended", "value", "scores")
        return {name: np.array(part) for name, part in zip(names, zip(*rows, strict=True), strict=True)}

    def without(self, units):
        return Walker([*self.silent, *np.atleast_1d(units)])

    def score(self, environment, *, episodes, seed):
        return float(np.mean([one.rewards.sum() for one in p.episodes_of(self, environment, episodes=2, seed=seed)]))


class Wanderer(Walker):
    """It never comes to an end."""

    def watch(self, world, *, steps, seed):
        found = super().watch(world, steps=steps, seed=seed)
        return {**found, "ended": np.zeros(steps, bool)}


@pytest.fixture(scope="module")
def world():
    return TMaze(3, passive=True)


def test_an_episode_is_what_happened(world):
    one, other = p.episodes_of(Walker(), world, episodes=2, seed=1)
    assert one.actions.tolist()[:3] == [0, 0, 0]
    assert one.actions[3] == (1 if one.observations[0, 1] > 0 else 3)
    assert one.rewards.tolist() == other.rewards.tolist() == [0, 0, 0, 1]
    assert one.values.tolist() == [0.75] * 4
    assert one.scores.shape == (4, 3, 4)
    assert one.ended
    (endless,) = p.episodes_of(Wanderer(), world)
    assert (len(endless.rewards), endless.ended) == (4000, False)
    drawing = p.episode.drawing(one)
    assert drawing.panels[2].marks[0].y[-1] == 1.0
    assert "4 steps, return 1" in drawing.caption


def test_voices_are_for_or_against_what_was_done(world):
    (one,) = p.episodes_of(Walker(), world, episodes=1)
    drawing = p.unit_scores.drawing(one)
    heat = np.asarray(drawing.panels[0].marks[0].values)
    np.testing.assert_allclose(heat[0], [1.5, 1.5, 1.5, -0.5])
    np.testing.assert_allclose(heat[1], [0, 0, 0, 3.0])
    assert (heat[2] < 0).all()
    assert "Unit 0 adds most on average" in drawing.caption


def test_lesions_are_of_the_units_named_in_their_order(world):
    curves = p.lesion_curves(Walker(), world, random=2)
    assert {name: rows.shape for name, rows in curves.items()} == {
        "least helpful first": (1, 3),
        "most helpful first": (1, 3),
        "at random": (2, 3),
    }
    # The parasite (1) bears the sign here, so that silencing it first costs the goal; then 0 alone walks on.
    assert curves["most helpful first"][0, 0] == 1.0
    assert curves["most helpful first"][0, 1] < 0
    own = p.lesion_curves(Walker(), world, orders={"nonsense": [2]}, random=0)
    assert own["nonsense"].tolist() == [[1.0, 1.0]]


def test_parasites_are_told_from_mutualists():
    panel = p.mutualists.drawing(Walker.symbiosis_).panels[0]
    good, bad = panel.marks
    np.testing.assert_allclose([*good.heights, *bad.heights], [0.3, 0.2, -0.1])
    assert list(panel.x_ticks[1]) == ["0", "2", "1"]
    assert (good.name, bad.name) == ("mutualists", "parasites")


def test_help_has_a_direction_where_it_was_measured():
    pairs, helps = np.array([[0.0, -0.2], [-0.2, 0.0]]), np.array([[-0.5, 0.0], [0.3, -0.1]])
    drawing = p.pairs.drawing({"pairs": pairs, "helps": helps})
    assert len(drawing.panels) == 2
    assert "Unit 1 helps most, where unit 0 does harm (0.3)" in drawing.caption
    assert "Units 0 and 1 need each other" in drawing.caption
    assert len(p.pairs.drawing({"pairs": pairs}).panels) == 1


def test_a_wiring_over_time_has_a_span_for_every_ear():
    changes = [(10, 0, 3, 5), (20, 1, -1, 2), (30, 0, 5, 7)]
    links, points = p.rewirings.drawing(changes, steps=50).panels[0].marks
    spans = set(zip(links.y0, links.x0, links.x1, strict=True))
    assert spans == {(3, 0, 10), (5, 10, 30), (2, 20, 50), (7, 30, 50)}
    assert list(points.x) == [10, 20, 30]


def test_all_are_drawn_for_notebooks_papers_and_pages(world, tmp_path):
    curves = p.lesion_curves(Walker(), world, random=2)
    figures = [
        p.returns(Walker.history_),
        p.mutualists(Walker.symbiosis_),
        p.pairs(Walker.symbiosis_),
        p.lesions(curves),
        p.rewirings([(10, 0, 3, 5)]),
        *[draw(p.episodes_of(Walker(), world, episodes=1)[0]) for draw in (p.episode, p.unit_scores)],
    ]
    for number, figure in enumerate(figures):
        p.save_static(figure, tmp_path / f"{number}.svg")
        assert (tmp_path / f"{number}.svg").stat().st_size > 3000
    drawings = agent_drawings(Walker(), world, episodes=2, lesion_episodes=2)
    p.write_page(tmp_path / "page.html", drawings=drawings)
    text = (tmp_path / "page.html").read_text()
    assert all(drawing.title in text for drawing in drawings)


def test_what_cannot_be_drawn_is_refused(world):
    with pytest.raises(AuritaError, match="not fitted"):
        p.episodes_of(object(), world)
    with pytest.raises(AuritaError, match="no episode ended"):
        p.returns({"step": np.arange(2), "return": np.full(2, np.nan)})
    with pytest.raises(AuritaError, match="expected rows"):
        p.rewirings([])


@pytest.mark.parametrize("draw", [p.mutualists, p.pairs])
def test_another_object_than_the_symbiosis_is_refused(draw):
    with pytest.raises(AuritaError, match="pass symbiosis_ of a fitted agent"):
        draw(Walker())


def test_pairs_of_nobody_name_nobody():
    harm = np.array([[-1.0, -0.2], [-0.1, 0.0]])
    caption = p.pairs.drawing({"helps": harm, "pairs": np.zeros((2, 2))}).caption
    assert caption == "No unit helps where another does harm. No two units stand in for each other or need each other."
    caption = p.pairs.drawing({"helps": -harm, "pairs": np.array([[0.0, -0.3], [-0.3, 0.0]])}).caption
    assert caption.startswith("Unit 0 helps most, where unit 1 does harm (0.2). Units 0 and 1 need each other")
