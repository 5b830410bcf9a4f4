"""Every picture: what it draws, that both renderers draw it, and what it refuses."""

from itertools import cycle

import numpy as np
import pandas as pd
import pytest

from aurita import AttentionUnit, AuritaError, EchoUnit, History, Population, Reservoir, ReservoirForecaster
from aurita import pictures as p
from aurita.pictures.drawing import Bars, Drawing
from aurita.pictures.wired import graph_of, spaced
from aurita.studies.statistics import compare


@pytest.fixture(scope="module")
def reservoir():
    attention = Population(unit=AttentionUnit(slots=3), units=6)
    echo = Population(unit=EchoUnit(slots=8), units=1, passage="mixed", afferents="all", receives="inputs")
    return Reservoir.build([attention, echo], inputs=2, feedback=1, clock=(8,), seed=0)


@pytest.fixture(scope="module")
def states(classifier, sequences):
    return p.states_of(classifier, *sequences)


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    rows = [
        {"model": m, "task": t, "seed": s, "error": level + 0.02 * rng.random()}
        for m, level in (("ours", 0.1), ("esn", 0.3), ("plain", 0.31))
        for t in ("sorting", "adding")
        for s in range(8)
    ]
    return compare(pd.DataFrame(rows), "error", higher_is_better=False, resamples=200)


@pytest.fixture(scope="module")
def figures(reservoir, states, classifier, comparison):
    history = classifier.histories_[0]
    y = np.sin(np.arange(120.0) / 4)
    forecast = ReservoirForecaster(units=4, horizon=5).fit(y[:100]).predict()
    weights = p.attention_weights(reservoir, np.zeros((1, 5, 2)))
    return {
        "state_space": p.state_space(states),
        "by error": p.state_space(states, "error", method="classes"),
        "trajectories": p.trajectories(states),
        "activity": p.unit_activity(states, 1),
        "attention": p.attention_map(weights),
        "who": p.units_over_steps(states),
        "wiring": p.wiring_graph(reservoir),
        "one unit": p.wiring_graph(reservoir, np.arange(11.0), unit=2),
        "distances": p.distance_matrix(reservoir),
        "spaced": p.spaced_set(reservoir, [6.0, 5, 4, 3, 2, 1, np.nan]),
        "losses": p.local_losses(history, {0: 0.5, 20: 0.2}),
        "loss map": p.loss_map(history),
        "readout": p.readout_weights(classifier),
        "rank": p.rank_of_states({"one": states, "two": states}),
        "forecast": p.forecast(forecast, truth=y[100:105], past=y[:100]),
        "error ahead": p.error_ahead(np.zeros((3, 4)), {"a": np.ones((3, 4)), "b": np.full((3, 4), 2.0)}),
        "ranks": p.critical_difference(comparison),
        "differences": p.differences(comparison),
        "scores": p.scores(comparison),
    }


def test_every_picture_is_a_figure_that_says_in_words_what_it_shows(figures):
    for name, figure in figures.items():
        assert type(figure).__module__.startswith("plotly"), name
        assert len(figure.layout.meta["caption"]) > 20, name
        assert len(figure.data) > 0, name
        assert figure.to_json()


def test_every_picture_is_a_file(figures, tmp_path):
    """Each in one format; all formats take turns."""
    formats = cycle({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}.items())
    for (name, figure), (suffix, mark) in zip(figures.items(), formats, strict=False):
        path = tmp_path / f"{name}{suffix}"
        p.save_static(figure, path)
        content = path.read_bytes()
        assert content.startswith(mark), name
        assert len(content) > 3_000, name


def test_the_same_picture_is_the_same_file(figures, tmp_path):
    for name in ("a.svg", "b.svg"):
        p.save_static(figures["rank"], tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_points_are_where_the_embedding_puts_them_and_tell_their_step(states):
    figure = p.state_space(states)
    places = p.fit_embedding(states.values).apply(states.values)
    slow = states.target.values == states.target.categories.index("slow")
    trace = next(trace for trace in figure.data if trace.name == "slow")
    np.testing.assert_allclose(np.stack([trace.x, trace.y], axis=1), places[slow], atol=1e-5)
    row = np.flatnonzero(slow)[3]
    shown = dict(
        zip([line.split(":")[0] for line in trace.hovertemplate.split("<br>")], trace.customdata[3], strict=True)
    )
    assert shown["step"] == states.step[row]
    assert shown["target"] == "slow"
    assert shown["input 0"] == pytest.approx(states.column("input 0").values[row], abs=1e-4)


def test_trajectories_are_played_step_by_step(states):
    figure = p.trajectories(states, [0, 1])
    lengths = [len(states.rows_of(k)) for k in (0, 1)]
    assert len(figure.frames) == max(lengths)
    assert [len(line.x) for line in figure.frames[3].data] == [4, 4]
    assert [len(line.x) for line in figure.frames[-1].data] == lengths
    moved = figure.frames[3].traces
    assert [figure.data[i].name.split()[1] for i in moved] == ["0", "1"]


def test_the_graph_is_the_wiring(reservoir):
    graph = graph_of(reservoir)
    assert graph.names == [
        "input 0",
        "input 1",
        "clock 0",
        "clock 1",
        *(f"unit {i}" for i in range(6)),
        "echo group 6",
        "feedback 0",
    ]
    owner = reservoir.sources.owner()
    received = {(int(s), int(t)) for s, t in zip(graph.sender, graph.receiver, strict=True)}
    first = 0
    expected = set()
    for array, (units, _) in zip(reservoir.wiring, reservoir.sources.populations, strict=True):
        for unit in range(units):
            for source in np.asarray(array)[:, unit]:
                node = source if owner[source] == -1 else 11 if owner[source] == -2 else 4 + owner[source]
                expected.add((int(node), 4 + first + unit))
        first += units
    assert received == expected
    assert graph.slots.sum() == sum(array.size for array in reservoir.wiring)


def test_spaced_units_are_apart_and_none_could_be_added(reservoir):
    losses = np.array([6.0, 5, 4, 3, 2, 1, np.nan])
    taken = spaced(reservoir, losses)
    far = reservoir.distances()
    assert taken[0] == 0
    assert 6 not in taken
    assert all(far[a, b] >= 2 for a in taken for b in taken if a != b)
    assert all(any(far[a, b] < 2 for b in taken) for a in range(6) if a not in taken)


def test_losses_of_units_that_do_not_learn_are_not_drawn():
    losses = np.column_stack([np.linspace(1, 0.5, 10), np.full(10, np.nan)])
    figure = p.local_losses(History(losses, np.ones((10, 2), bool), np.zeros(0)))
    assert [trace.name for trace in figure.data] == ["unit 0", "mean"]
    with pytest.raises(AuritaError, match="no unit has learnt"):
        p.local_losses(History(np.zeros((0, 2)), np.zeros((0, 2), bool), np.zeros(0)))
    with pytest.raises(AuritaError, match="no unit has learnt"):
        p.loss_map(None)


def test_bars_of_models_that_are_not_told_apart_span_them(comparison):
    figure = p.critical_difference(comparison)
    bars = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert len(bars) == len(comparison.ranks.groups)
    table = comparison.ranks.table.set_index("model")["mean_rank"]
    for bar, group in zip(bars, comparison.ranks.groups, strict=True):
        assert sorted(bar.x) == pytest.approx(sorted([table[group[0]], table[group[-1]]]))


def test_errors_ahead_are_root_mean_squares():
    figure = p.error_ahead(np.zeros((2, 3)), {"m": [[1, 2, 3], [1, 0, 3]]})
    np.testing.assert_allclose(figure.data[0].y, [1, np.sqrt(2), 3])


def test_bad_input_is_a_picture_or_a_complaint(tmp_path):
    one = p.states_from(np.ones((1, 3)))
    constant = p.states_from(np.full((20, 3), 2.0), labels=["a"] * 10 + ["b"] * 10)
    for number, given in enumerate((one, constant)):
        for figure in (p.state_space(given), p.trajectories(given), p.rank_of_states(given)):
            p.save_static(figure, tmp_path / f"{number}.png")
    holes = np.ones((6, 2))
    holes[2] = np.inf
    assert "1 of 6 steps" in p.state_space(p.states_from(holes)).layout.title.text
    with pytest.raises(AuritaError, match="no column 'taste'"):
        p.state_space(one, "taste")
    with pytest.raises(AuritaError, match="no sequence 5"):
        p.trajectories(one, [5])
    with pytest.raises(AuritaError, match="must end in"):
        p.save_static(p.state_space(one), tmp_path / "a.gif")
    with pytest.raises(AuritaError, match="expected a figure"):
        p.save_static(3, tmp_path / "a.png")
    with pytest.raises(AuritaError, match="activity"):
        p.unit_activity(one)


@pytest.mark.parametrize(
    ("draw", "needed"),
    [
        (p.local_losses, "histories_"),
        (p.loss_map, "histories_"),
        (p.wiring_graph, "reservoirs_"),
        (p.distance_matrix, "reservoirs_"),
        (p.forecast, "predict"),
        (p.returns, "history_"),
        (p.mutualists, "symbiosis_"),
        (p.pairs, "symbiosis_"),
    ],
)
def test_a_model_in_place_of_its_part_is_refused_by_the_name_of_the_part(classifier, draw, needed):
    with pytest.raises(AuritaError, match=needed):
        draw(classifier)


def test_of_one_sequence_units_are_compared_over_all_its_steps():
    y = np.sin(np.arange(120.0) / 4)
    seen = p.states_of(ReservoirForecaster(units=4, horizon=5).fit(y), y)
    panel = p.units_over_steps.drawing(seen).panels[0]
    assert isinstance(panel.marks[0], Bars)
    assert np.isfinite(panel.marks[0].heights).all()


def test_descriptions_can_be_had_without_plotly(states):
    described = p.state_space.drawing(states)
    assert isinstance(described, Drawing)
    assert described.plain()["panels"][0]["marks"][0]["categories"] == list(states.target.categories)
