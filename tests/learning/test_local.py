"""Learning as a whole: who takes which step, that losses fall, and that nothing else moves."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AnarchistUnit, AttentionUnit, AuritaError, EchoUnit, Learning, Population, Reservoir, learn, run
from aurita.learning import EarlyStopping
from aurita.learning._local_loss import local_loss
from aurita.learning._on_jax import _steps, held_out_losses
from aurita.learning._recording import record_batch
from aurita.learning._schedule import Schedule
from aurita.learning._step import Carried
from aurita.learning.batches import as_data, hold_out
from aurita.native import set_engine

SMALL = AttentionUnit(slots=2, memory=2, hidden=2)
recorded = eqx.filter_jit(record_batch)
FORWARD = AttentionUnit(slots=2, heads=0, memory=1, hidden=3)


def waves(count=4, steps=30, seed=0):
    """Noisy sines of two channels."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 6, (count, 1, 2))
    return np.sin(np.arange(steps)[None, :, None] * [0.4, 0.7] + phase) + 0.05 * rng.normal(size=(count, steps, 2))


def bytes_of(weights):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(weights)]


def unit_leaves(tree, unit):
    return [np.asarray(leaf)[..., unit] for leaf in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def forward():
    return Reservoir.build([Population(unit=FORWARD, units=3, receives="inputs")], inputs=2, seed=1)


def test_what_is_not_chosen_stays_bit_for_bit_with_its_optimiser_state(society):
    settings = Learning(rule="largest", steps=2)
    data = as_data(society, waves(), None, None, None, needs_targets=False)
    carried = Carried.start(society, settings)
    may = jnp.array([True] * 4 + [False] * 2 + [True])
    keys = jax.random.split(jax.random.key(0), 1)
    now = society
    for step in range(2):
        given = (
            data,
            Schedule(*jnp.zeros((2, 1, len(data.inputs)), int)),
            keys,
            jnp.array([step]),
            jnp.array(2),
            may,
            jnp.eye(7, dtype=bool),
            settings,
        )
        after, new_carried, (losses, chosen) = _steps(now, carried, *given)
        states, new_states = carried.optimiser, new_carried.optimiser
        losses, chosen = np.asarray(losses)[0], np.asarray(chosen)[0]
        assert np.flatnonzero(chosen).tolist() == [int(np.argmax(np.where(may, losses, -np.inf)))]
        for unit in range(4):
            # Optimiser states have the unit first.
            pairs = [
                (unit_leaves(t.weights[0], unit), [np.asarray(x)[unit] for x in jax.tree.leaves(s[0])])
                for t, s in ((now, states), (after, new_states))
            ]
            same = [
                [a.tobytes() == b.tobytes() for a, b in zip(old, new, strict=True)]
                for old, new in zip(*pairs, strict=True)
            ]
            if chosen[unit]:
                # Heads for a target that this objective does not have stay at zero.
                assert sum(same[0]) == sum(same[1]) // 2 == 2, "the chosen unit moves"
            else:
                assert all(same[0])
                assert all(same[1])
        assert bytes_of(after.weights[1]) == bytes_of(society.weights[1]), "echo units never move"
        assert (bytes_of(after.weights[2]) != bytes_of(now.weights[2])) == chosen[6]
        now, carried = after, new_carried


@pytest.fixture(scope="module")
def society():
    """Attention, echo and anarchist units; the recurrent ones receive themselves and a channel of feedback."""
    return built(0)


def built(seed):
    populations = [
        Population(unit=SMALL, units=4, input_fraction=0.3),
        Population(unit=EchoUnit(slots=2), units=2),
        Population(unit=AnarchistUnit(slots=2, constraint="unit_variance"), units=1, receives="inputs"),
    ]
    return Reservoir.build(populations, inputs=2, seed=seed, feedback=1, targets=1)


@pytest.fixture(scope="module")
def grown(society):
    """Several random reservoirs that learn by themselves; the seeds share one compiled program."""
    settings = Learning(steps=60, learning_rate=0.03, rule="spaced")
    inputs = waves()
    return [(built(s), *learn(built(s), inputs, settings, targets=inputs[..., :1], seed=s)) for s in range(6)]


def test_no_unit_diverges_in_random_wirings_with_feedback_and_self_loops(grown):
    loops = 0
    for before, learnt, history in grown:
        owner = before.sources.owner()
        loops += (owner[np.asarray(before.wiring[0])] == np.arange(4)).any()
        losses = history.losses
        assert np.isnan(losses[:, 4:6]).all(), "echo units have no loss"
        assert np.isfinite(losses[:, [0, 1, 2, 3, 6]]).all()
        # What a unit receives changes as others learn, so that single losses may rise again; none runs away.
        first, last = losses[:3, :4].mean(0), losses[-10:, :4].mean(0)
        assert last.mean() < 0.6 * first.mean()
        assert last.max() < first.max()
        seen, _ = run(learnt, 3 * waves(seed=9), features=("output",), teacher=waves(seed=8)[..., :1])
        assert np.abs(seen[..., :8]).max() <= 2.5
        assert np.isfinite(seen).all()
    assert loops > 0, "none of these wirings has a self-loop"


def test_spaced_units_are_the_largest_ones_far_enough_apart(grown):
    for before, _, history in grown[:2]:
        far = before.distances() >= 2
        several = 0
        for losses, selected in zip(history.losses, history.selected, strict=True):
            taken = []
            for unit in sorted([0, 1, 2, 3, 6], key=lambda u: -losses[u]):
                if all(far[unit, other] for other in taken):
                    taken.append(unit)
            assert np.flatnonzero(selected).tolist() == sorted(taken)
            several += len(taken) > 1
        assert several > 0


@pytest.mark.parametrize(
    "settings",
    [
        Learning(objective="target", steps=60, learning_rate=0.03, batch=3, input_noise=0.02),
        Learning(objective="mixed", steps=60, learning_rate=0.03, loss="cross_entropy"),
    ],
)
def test_losses_fall_and_the_same_seed_gives_the_same_bytes(settings):
    reservoir = Reservoir.build([Population(unit=FORWARD, units=3, receives="inputs")], inputs=2, targets=2)
    inputs = waves()
    if settings.loss == "cross_entropy":
        targets = np.eye(2)[(inputs[..., 0] > 0).astype(int)]
    else:
        targets = inputs * [1.0, -1.0] + 0.5
    missing, scored = targets.copy(), np.arange(30) % 3 > 0
    missing[:, ~scored] = np.nan
    given = {"scored": np.broadcast_to(scored, (4, 30))}
    learnt, history = learn(reservoir, inputs, settings, targets=missing, seed=3, **given)
    assert np.isfinite(history.losses).all()
    assert (history.losses[-5:].mean(0) < 0.7 * history.losses[:5].mean(0)).all()
    other = targets.copy()
    other[:, ~scored] += 5.0
    again, _ = learn(reservoir, inputs, settings, targets=other, seed=3, **given)
    assert bytes_of(again.weights) == bytes_of(learnt.weights), "steps that are not scored do not count"
    other[:, scored] += 0.1
    different, _ = learn(reservoir, inputs, settings, targets=other, seed=3, **given)
    assert bytes_of(different.weights) != bytes_of(learnt.weights)
    if settings.batch < 4:
        reseeded, _ = learn(reservoir, inputs, settings, targets=targets, seed=4, **given)
        assert bytes_of(reseeded.weights) != bytes_of(learnt.weights)


def test_a_learned_passage_does_not_meet_its_objective_by_receiving_nothing():
    population = Population(unit=FORWARD, units=3, passage="learned", afferents=3, input_fraction=0.7)
    reservoir = Reservoir.build([population], inputs=2, seed=0)
    inputs = waves()

    def recording(some):
        """What the slots receive: error and output of the step before add up to it."""
        seen, _ = run(some, inputs, features=("output", "error"))
        output, error = seen[..., :6], seen[..., 6:]
        return error[:, 1:] + output[:, :-1]

    learnt, history = learn(reservoir, inputs, Learning(steps=200, learning_rate=0.03))
    assert (history.losses[-1] < 0.5 * history.losses[0]).all()
    moved = np.asarray(learnt.weights[0].passage["matrix"] - reservoir.weights[0].passage["matrix"])
    assert (np.abs(moved).max(axis=(0, 1)) > 0.05).all()
    before, after = (recording(some).var(axis=(0, 1)) for some in (reservoir, learnt))
    assert after.min() > 0.05 * before.min()
    assert after.mean() > 0.3 * before.mean()


def test_the_held_out_loss_is_that_of_whole_held_out_sequences(forward):
    inputs = np.random.default_rng(0).normal(size=(12, 8, 2))
    settings = Learning(steps=25, stopping=EarlyStopping(patience=25, held_out=0.5), learning_rate=0.01)
    learnt, history = learn(forward, inputs, settings)
    early, late = hold_out(as_data(forward, inputs, None, None, None, needs_targets=False), 0.5)
    assert early.inputs.shape[0] == 6
    recording = recorded(learnt, late, settings)
    of = [
        local_loss(
            jax.tree.map(lambda leaf, u=u: leaf[..., u], learnt.weights[0]),
            forward.populations[0],
            forward.wiring[0][:, u],
            recording,
            settings,
            jax.random.key(0),
        )
        for u in range(3)
    ]
    np.testing.assert_allclose(history.held_out_units, [of], rtol=1e-5)
    assert float(np.mean(held_out_losses(learnt, late, settings))) == pytest.approx(np.mean(of), rel=1e-5)


def test_being_watched_changes_nothing(forward):
    reported = []
    settings = Learning(steps=50, batch=2)
    watched, _ = learn(forward, waves(), settings, progress=lambda done, total: reported.append((done, total)))
    alone, _ = learn(forward, waves(), settings)
    assert reported == [(25, 50), (50, 50)]
    assert bytes_of(watched.weights) == bytes_of(alone.weights)


def test_segments_come_with_the_clock_of_their_sequence():
    population = Population(unit=FORWARD, units=4, receives="inputs")
    reservoir = Reservoir.build([population], inputs=2, seed=0, clock=(11,))
    data = as_data(reservoir, waves(2), None, None, None, needs_targets=False)
    begins = np.array([0, 17])
    ticks = np.asarray(recorded(reservoir, data.replace(begins=jnp.asarray(begins)), Learning()).sources)[2:4]
    angles = 2 * np.pi * (np.arange(30)[:, None] + begins) / 11
    np.testing.assert_allclose(ticks.reshape(2, 30, 2), [np.sin(angles), np.cos(angles)], atol=1e-5)


def test_only_the_units_named_learn_and_they_learn_the_same():
    reservoir = Reservoir.build([Population(unit=SMALL, units=4, receives="inputs")], inputs=2)
    only = np.array([False, True, False, True])
    everyone, _ = learn(reservoir, waves(), Learning(steps=30))
    some, history = learn(reservoir, waves(), Learning(steps=30), only=only)
    assert (np.isnan(history.losses).all(0) == ~only).all()
    assert not history.selected[:, ~only].any()
    for drawn, all_of_them, those in zip(*map(jax.tree.leaves, (reservoir, everyone, some)), strict=True):
        if drawn.shape[-1] == 4 and jnp.issubdtype(drawn.dtype, jnp.floating):
            assert those[..., ~only].tobytes() == drawn[..., ~only].tobytes()
            assert those[..., only].tobytes() == all_of_them[..., only].tobytes()
    with pytest.raises(AuritaError, match="only is bool of shape"):
        learn(reservoir, waves(), Learning(steps=5), only=only[:3])


def test_frozen_and_no_steps_change_nothing(society):
    for settings in (Learning(objective="frozen"), Learning(steps=0)):
        learnt, history = learn(society, waves(), settings)
        assert bytes_of(learnt.weights) == bytes_of(society.weights)
        assert history.losses.shape == history.selected.shape == (0, 7)


def test_a_reservoir_of_echo_units_has_nothing_to_learn():
    reservoir = Reservoir.build([Population(unit=EchoUnit(slots=2), units=3)], inputs=2)
    learnt, history = learn(reservoir, waves(), Learning(steps=5))
    assert bytes_of(learnt.weights) == bytes_of(reservoir.weights)
    assert len(history.losses) == 0


def test_what_does_not_fit_is_refused(forward):
    with pytest.raises(AuritaError, match=r"inputs have shape \(4, 30, 3\)"):
        learn(forward, np.zeros((4, 30, 3)))
    with pytest.raises(AuritaError, match="no targets were given"):
        learn(forward, waves(), Learning(objective="target"))
    with pytest.raises(AuritaError, match="too few to hold out"):
        learn(forward, waves(2, 3), Learning(stopping=EarlyStopping(patience=5)))


def test_judging_only_the_scored_steps_changes_nothing(monkeypatch):
    """The windows of steps that no target is asked at are left out: the same weights come out."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(7, 11, 2)), rng.normal(size=(7, 11, 1))
    scored = np.zeros((7, 11), bool)
    scored[:, [4, 10]], scored[2, 4] = True, False
    lengths = np.array([11, 9, 11, 11, 5, 11, 11])
    unit = AttentionUnit(slots=3, memory=4, dilation=2, shifted_keys=True, before_start="masked")
    population = Population(unit=unit, units=3, passage="learned", afferents="all")
    reservoir = Reservoir.build([population], inputs=2, targets=1)
    settings = Learning(objective="target", steps=5, input_noise=0.1, batch=4)
    given = {"lengths": lengths, "targets": targets, "scored": scored}
    with set_engine("jax"):
        some, some_history = learn(reservoir, inputs, settings, **given)
        monkeypatch.setattr("aurita.learning._on_jax.scored_steps", lambda *given: None)
        every, every_history = learn(reservoir, inputs, settings, **given)
    np.testing.assert_allclose(some_history.losses, every_history.losses, rtol=1e-4)
    for a, b in zip(jax.tree.leaves(some.weights), jax.tree.leaves(every.weights), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


def test_populations_learn_their_own_objectives_as_if_alone():
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(6, 12, 2)), rng.normal(size=(6, 12, 1))
    unit, objectives = AttentionUnit(slots=3, memory=4), ("self", "frozen", None)
    passage = {"passage": "learned", "afferents": "all", "receives": "inputs"}
    populations = [Population(unit=unit, units=2, objective=name, **passage) for name in objectives]
    together = Reservoir.build(populations, inputs=2, targets=1)
    settings = Learning(objective="target", steps=3, optimiser="sgd", learning_rate=0.1)
    learnt, history = learn(together, inputs, settings, targets=targets)
    assert np.isnan(history.losses[:, [2, 3]]).all()
    for number, objective in enumerate(("self", "frozen", "target")):
        alone = replace(settings, objective=objective)
        plain = [replace(p, objective=None) for p in together.populations]
        same = replace(together, populations=tuple(plain))
        expected, _ = learn(same, inputs, alone, targets=targets)
        found, expected = learnt.weights[number], expected.weights[number]
        for name, value in found.unit.items():
            np.testing.assert_allclose(value, expected.unit[name], atol=1e-5, err_msg=f"{objective} {name}")
        np.testing.assert_allclose(found.passage["matrix"], expected.passage["matrix"], atol=1e-5)


def test_outputs_are_kept_where_it_stays_the_same(monkeypatch):
    """Recording earlier units once, and not once a step, changes nothing but the time that it takes."""
    rng = np.random.default_rng(1)
    inputs, lengths = rng.normal(size=(8, 10, 2)), rng.integers(4, 11, 8)
    targets = rng.normal(size=(8, 10, 1))
    echo = Population(unit=EchoUnit(slots=5), units=3, passage="mixed", afferents="all", receives="inputs")
    unit = AttentionUnit(slots=3, memory=4)
    later = Population(unit=unit, units=3, passage="learned", receives="partner")
    reservoir = Reservoir.build([echo, later], inputs=2, targets=1, clock=(5.0,))
    assert reservoir.connected == (True, False, False)
    settings = Learning(objective="target", steps=4, batch=3)
    given = (reservoir, inputs, settings)
    kept, _ = learn(*given, lengths=lengths, targets=targets)
    calls = []
    monkeypatch.setattr("aurita.learning.local.with_sources", lambda _, data, __: calls.append(1) or data)
    again, _ = learn(*given, lengths=lengths, targets=targets)
    assert calls
    for a, b in zip(jax.tree.leaves(kept), jax.tree.leaves(again), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_target_that_is_not_broadcast_cannot_be_learnt():
    unit = AttentionUnit(slots=2)
    population = Population(unit=unit, units=2, passage="mixed", afferents="all", objective="target")
    reservoir = Reservoir.build([population], inputs=1, targets=1)
    with pytest.raises(AuritaError, match="which broadcasts no target"):
        learn(reservoir, np.zeros((2, 5, 1)), Learning(objective="self"))


def test_steps_are_the_same_where_jax_is_set_to_double_precision():
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=2, memory=2, hidden=2), units=2)], inputs=2)
    inputs = np.random.default_rng(0).normal(size=(4, 9, 2))
    with set_engine("jax"):
        with jax.enable_x64(True):
            _, found = learn(reservoir, inputs, Learning(steps=2))
        _, expected = learn(reservoir, inputs, Learning(steps=2))
    np.testing.assert_allclose(found.losses, expected.losses, atol=1e-4)
