"""Transformer and LSTM against their equations in numpy; windows, training and free runs against plain loops."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_softmax

from aurita.data.batch import Batch
from aurita.errors import AuritaError
from aurita.studies.models.networks import lstm, transformer
from aurita.studies.models.networks.layers import Decoder, Network, Recurrent, parameter_count, positions
from aurita.studies.models.networks.trained import width_for
from aurita.studies.models.networks.training import LOSSES, fresh, run_on
from aurita.studies.models.networks.windows import Scales, cut, join, windows
from aurita.tasks import Split, Task, task_named

KEY = jax.random.key(0)
SMALL = {"width": 6, "layers": 1, "steps": 100, "learning_rate": 0.03}


def network(kind, *, channels=3, width=5, layers=2, outputs=2, pooled=False, key=KEY):
    body = (
        Decoder(channels, width, layers, 2, key=key)
        if kind == "decoder"
        else Recurrent(channels, width, layers, key=key)
    )
    return Network(body, eqx.nn.Linear(width, outputs, key=key), pooled)


@pytest.fixture(scope="module")
def waves():
    return task_named("sincosnoise", seed=0, sequences=(40, 10, 10), steps=20, span=20.0)


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("kind", ["decoder", "recurrent"])
def test_what_comes_later_leaves_an_output_as_it_was(kind, pooled):
    x = np.random.default_rng(0).standard_normal((9, 3)).astype(np.float32)
    asked = eqx.filter_jit(network(kind, layers=1, pooled=pooled))
    for step in range(8):
        changed = x.copy()
        changed[step + 1] += 1.0
        before, after = np.asarray(asked(x)), np.asarray(asked(changed))
        np.testing.assert_array_equal(before[: step + 1], after[: step + 1])
        assert not np.allclose(before[step + 1], after[step + 1])
    assert not np.allclose(before[0], before[1])


def test_the_lstm_follows_its_equations():
    net = network("recurrent", width=4, layers=2)
    x = np.random.default_rng(1).standard_normal((12, 3))
    h = x
    for cell in net.body.cells:
        afferent, recurrent, bias = (np.asarray(a, dtype=float) for a in (cell.weight_ih, cell.weight_hh, cell.bias))
        predicted, c, out = np.zeros(4), np.zeros(4), []
        for row in h:
            i, f, g, o = np.split(afferent @ row + recurrent @ predicted + bias, 4)
            c = expit(f) * c + expit(i) * np.tanh(g)
            predicted = expit(o) * np.tanh(c)
            out.append(predicted)
        h = np.stack(out)
        # Uniform within 1 / sqrt(width) at first, and 1 more at the forget gates.
        assert bias[4:8].min() > 0.5 > np.abs(np.delete(bias, range(4, 8))).max() - 1e-6
    expected = h @ np.asarray(net.head.weight).T + np.asarray(net.head.bias)
    np.testing.assert_allclose(eqx.filter_jit(net)(x.astype(np.float32)), expected, atol=1e-5)


def test_the_decoder_follows_its_equations():
    net = network("decoder", width=5, layers=2)
    x = np.random.default_rng(2).standard_normal((7, 3))

    def linear(layer, z):
        return z @ np.asarray(layer.weight, dtype=float).T + np.asarray(layer.bias, dtype=float)

    def norm(layer, z):
        z = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5)
        return z * np.asarray(layer.weight) + np.asarray(layer.bias)

    wave = np.arange(7)[:, None] / 10_000 ** (np.arange(3) / 3)
    h = linear(net.body.embedding, x) + np.concatenate([np.sin(wave), np.cos(wave)], axis=1)[:, :5]
    for block in net.body.blocks:
        z = norm(block.norms[0], h)
        heads = []
        for head in range(2):
            part = slice(2 * head, 2 * head + 2)
            q, k, v = (
                linear(getattr(block.attention, f"{name}_proj"), z)[:, part] for name in ("query", "key", "value")
            )
            logits = np.where(np.tri(7), q @ k.T / np.sqrt(2), -np.inf)
            heads.append(np.exp(log_softmax(logits, axis=1)) @ v)
        h = h + linear(block.attention.output_proj, np.concatenate(heads, axis=1))
        z = linear(block.up, norm(block.norms[1], h))
        gelu = 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
        h = h + linear(block.down, gelu)
    found = eqx.filter_jit(net)(x.astype(np.float32))
    np.testing.assert_allclose(found, linear(net.head, norm(net.body.norm, h)), atol=1e-4)


def test_positions_differ_at_every_step():
    table = np.asarray(positions(300, 7))
    distances = np.linalg.norm(table[:, None] - table[None], axis=2) + 10 * np.eye(300)
    assert table.shape == (300, 7)
    assert distances.min() > 0.05


def test_a_pooled_network_reads_the_mean_of_its_states_so_far():
    net = network("recurrent", layers=1, pooled=True)
    x = np.random.default_rng(3).standard_normal((6, 3)).astype(np.float32)
    states = np.asarray(eqx.filter_jit(net.body)(x))
    expected = np.stack([states[: t + 1].mean(0) for t in range(6)]) @ np.asarray(net.head.weight).T + net.head.bias
    np.testing.assert_allclose(eqx.filter_jit(net)(x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # embedding, per block 2 norms, 4 projections and 2 layers of the feed-forward net, norm, head
        ("decoder", (3 * 8 + 8) + 2 * (2 * 16 + 4 * (8 * 8 + 8) + 8 * 32 + 32 + 32 * 8 + 8) + 16 + 2 * 9),
        ("recurrent", 4 * 8 * (3 + 8 + 1) + 4 * 8 * (8 + 8 + 1) + 2 * 9),
    ],
)
def test_parameters_are_the_sizes_of_all_arrays(kind, expected):
    net = eqx.filter_eval_shape(network, kind, width=8)
    assert parameter_count(net) == expected == sum(leaf.size for leaf in jax.tree.leaves(net) if hasattr(leaf, "size"))


@pytest.mark.parametrize("budget", [1, 300, 1000, 10_000, 100_000])
def test_a_budget_picks_the_nearest_width(budget):
    """For an LSTM of one layer the count is 4 w (3 + w + 1) + 2 (w + 1)."""

    def make(width, key):
        return network("recurrent", width=width, layers=1, key=key)

    counts = {width: 4 * width * (width + 4) + 2 * (width + 1) for width in range(1, 300)}
    width = width_for(make, budget)
    assert abs(counts[width] - budget) == min(abs(count - budget) for count in counts.values())


@settings(max_examples=100, deadline=None)
@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=4), size=st.integers(1, 12))
def test_every_step_is_fresh_in_one_window_and_has_its_past(lengths, size):
    fresh_in = [np.zeros(n, dtype=int) for n in lengths]
    for w in windows(lengths, size):
        assert w.stop - w.start <= size
        assert w.start <= w.fresh < w.stop
        assert w.start == 0 or w.fresh - w.start >= size // 2
        fresh_in[w.sequence][w.fresh : w.stop] += 1
    assert all((count == 1).all() for count in fresh_in)


@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.integers(1, 15), min_size=1, max_size=4), size=st.integers(1, 8))
def test_windows_put_together_are_the_sequences(lengths, size):
    longest = max(lengths)
    stamps = np.arange(len(lengths))[:, None] * 100.0 + np.arange(longest)
    alive = np.arange(longest) < np.array(lengths)[:, None]
    data = Batch(stamps[..., None], np.array(lengths), stamps[..., None], alive * 1.0, np.zeros(len(lengths)))
    places = windows(lengths, size)
    pieces = cut(data, places, size)
    assert pieces.inputs.shape == (len(places), size, 1)
    assert np.asarray(pieces.scored).sum() == sum(lengths)
    for row, found in enumerate(join(np.asarray(pieces.inputs), places, np.array(lengths))):
        np.testing.assert_array_equal(found[:, 0], stamps[row, : lengths[row]])


def test_steps_with_too_little_past_in_a_segment_do_not_count():
    data = Batch(np.zeros((2, 6, 1)), np.array([6, 6]), np.zeros((2, 6, 1)), np.ones((2, 6)), np.array([0, 9]))
    assert np.asarray(fresh(data, 6)).tolist() == [[True] * 6, [False] * 3 + [True] * 3]


def test_losses_are_those_of_the_field():
    rng = np.random.default_rng(4)
    predicted, classes = rng.standard_normal((5, 3)).astype(np.float32), np.eye(3, dtype=np.float32)[[0, 2, 1, 1, 0]]
    answers = (rng.random((5, 3)) < 0.5).astype(np.float32)
    np.testing.assert_allclose(
        LOSSES["cross_entropy"](predicted, classes), -(log_softmax(predicted, axis=1) * classes).sum(1), rtol=1e-5
    )
    likely = np.where(answers == 1, expit(predicted), 1 - expit(predicted))
    np.testing.assert_allclose(LOSSES["binary_cross_entropy"](predicted, answers), -np.log(likely).mean(1), rtol=1e-5)
    np.testing.assert_allclose(LOSSES["squares"](predicted, answers), ((predicted - answers) ** 2).mean(1), rtol=1e-5)


def test_scales_are_of_training_alone_and_leave_zeros_and_ones():
    rng = np.random.default_rng(5)
    inputs = [np.column_stack([5 + 3 * rng.standard_normal(n), rng.integers(0, 2, n)]) for n in (30, 50)]
    targets = [40 + 2 * rng.standard_normal((n, 1)) for n in (30, 50)]
    scored = [rng.random(n) < 0.5 for n in (30, 50)]
    spoilt = [np.where(m[:, None], y, 1e9) for y, m in zip(targets, scored, strict=True)]
    split = Split(inputs, spoilt, scored)
    other = Split([1e3 * x for x in inputs], spoilt, scored)
    task = Task("made", 0, split, other, other, category="regression", metric="mse", chance=None)
    scales = Scales.of(task)
    data = scales.data(task, split)
    alive = np.arange(50) < np.array([[30], [50]])
    x, counts = np.asarray(data.inputs)[alive], np.asarray(data.scored) > 0
    np.testing.assert_allclose([x[:, 0].mean(), x[:, 0].std()], [0, 1], atol=1e-5)
    np.testing.assert_array_equal(x[:, 1], np.concatenate(inputs)[:, 1])
    y = np.asarray(data.targets)
    np.testing.assert_allclose([y[counts].mean(), y[counts].std()], [0, 1], atol=1e-5)
    assert not np.any(y[~counts])
    assert not np.any(np.asarray(data.inputs)[~alive])


@pytest.mark.parametrize("model", [transformer, lstm])
def test_a_network_learns_and_its_seed_decides(model, waves):
    first, same, other = (model(waves, ["test"], seed=seed, **SMALL) for seed in (1, 1, 2))
    assert waves.score(first.predictions["test"]) < 0.5 * waves.chance
    np.testing.assert_array_equal(first.predictions["test"], same.predictions["test"])
    assert not np.allclose(first.predictions["test"], other.predictions["test"])
    assert first.details["loss_last"] < first.details["loss_first"]
    assert first.fixed == 0


def test_the_weights_of_the_smallest_validation_loss_are_kept(waves):
    """On answers turned upside down for validation, every step of training makes it worse."""
    part = waves.validation
    upside_down = replace(waves, validation=Split(part.inputs, [-y for y in part.targets], part.scored))
    kept, trained = (lstm(task, ["validation", "test"], **SMALL) for task in (upside_down, waves))
    predicted, truth = (waves.validation.at_scored(y) for y in (trained.predictions["validation"], part.targets))
    spread = waves.train.at_scored(waves.train.targets).var(0)
    assert trained.details["validation_loss"] == pytest.approx(np.mean((predicted - truth) ** 2 / spread), rel=1e-4)
    assert kept.details["stopped_at"] <= 10
    assert trained.details["stopped_at"] >= 80
    assert waves.score(kept.predictions["test"]) > 1.5 * waves.score(trained.predictions["test"])


@pytest.mark.parametrize("name", ["multilabel", "values"])
def test_the_validation_loss_is_that_of_the_predictions(name):
    """Ragged where the task is: padding must not count, and no window twice."""
    rng = np.random.default_rng(6)
    lengths = [6, 9, 4, 9]

    def split():
        inputs = [rng.standard_normal((n, 2)) for n in lengths]
        scored = [np.arange(n) > 1 for n in lengths]
        if name == "values":
            return Split(inputs, np.array([x.sum() for x in inputs]))
        return Split(inputs, [(x > 0) * 1.0 for x in inputs], scored)

    parts = split(), split(), split()
    metric = "rmse" if name == "values" else "mse"
    task = Task("made", 0, *parts, category=name, metric=metric, chance=None)
    fitted = lstm(task, ["validation"], width=4, steps=4, segment=4)
    predicted, loss = fitted.predictions["validation"], fitted.details["validation_loss"]
    if name == "values":
        assert loss == pytest.approx(
            np.mean((predicted - task.validation.targets) ** 2) / np.var(task.train.targets), rel=1e-4
        )
        return
    rows, truth = task.validation.at_scored(predicted), task.validation.at_scored(task.validation.targets)
    expected = -np.log(np.where(truth == 1, expit(rows), 1 - expit(rows)))
    assert loss == pytest.approx(expected.mean(), rel=1e-4)


def test_a_free_run_is_a_loop_over_a_moving_window():
    net = network("recurrent", channels=2, layers=1)
    rng = np.random.default_rng(7)
    received = [rng.standard_normal((n, 2)) for n in (4, 6)]
    pasts = np.zeros((2, 6, 2), dtype=np.float32)
    for past, x in zip(pasts, received, strict=True):
        past[: len(x)] = x
    found = run_on(net, jnp.asarray(pasts), jnp.array([4, 6]), 7, lambda predicted: 0.5 * predicted + 0.1)
    asked = eqx.filter_jit(net)
    for past, forecast in zip(received, found, strict=True):
        for predicted in forecast:
            expected = asked(jnp.asarray(past[-6:], dtype=jnp.float32))[-1]
            np.testing.assert_allclose(predicted, expected, atol=1e-5)
            past = np.concatenate([past, 0.5 * np.asarray(predicted)[None] + 0.1])


def test_a_free_run_starts_with_the_prediction_of_one_step(waves):
    fitted = lstm(waves, ["test"], **SMALL)
    forecasts = fitted.continue_series([waves.test.inputs[0][:5], waves.test.inputs[1]], 2)
    np.testing.assert_allclose(forecasts[0][0], fitted.predictions["test"][0][4], atol=1e-5)
    np.testing.assert_allclose(forecasts[1][0], fitted.predictions["test"][1][-1], atol=1e-5)


def test_a_long_series_is_learnt_from_in_segments_and_predicted_in_windows():
    task = task_named("lorenz", seed=0, steps=(400, 100, 150), washout=20)
    fitted = lstm(task, ["test"], width=16, steps=120, learning_rate=0.03, batch=8, segment=30)
    assert fitted.predictions["test"][0].shape == (169, 3)
    assert task.score(fitted.predictions["test"]) < 0.2


def test_a_label_is_asked_for_at_the_end():
    task = task_named("decision", seed=0, trials=(300, 60, 100), steps=12, duration=3)
    fitted = lstm(task, ["test"], width=12, steps=120, learning_rate=0.05, batch=16, summary="last")
    assert task.score(fitted.predictions["test"]) > 0.5


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"width": 0}, "width is 0"),
        ({"segment": 0}, "segment is 0"),
        ({"budget": 0}, "budget is 0"),
        ({"summary": "first"}, "summary 'first'"),
        ({"learning_rate": -1.0}, "learning_rate -1.0"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(waves, parameters, message):
    with pytest.raises(AuritaError, match=message):
        transformer(waves, **parameters)
