"""Runs against a reservoir stepped by hand in numpy: every feature by its name, states carried on, closed loops."""

from contextlib import nullcontext
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AnarchistUnit, AttentionUnit, AuritaError, EchoUnit, Population, Reservoir, generate, run, stream
from aurita.data.batch import Batch
from aurita.engine.running import features_of, states_of
from aurita.engine.scanning import record
from aurita.native import engine, kernels, set_engine
from aurita.reservoir.features import FEATURES, feature_names, feature_size

STEPS, BATCH = 16, 3
LENGTHS = np.array([16, 9, 4])


class ByHand:
    """A reservoir over one sequence, unit by unit, in float64; `step` returns features by their names."""

    def __init__(self, reservoir):
        self.reservoir, self.lived, self.feedback = reservoir, 0, np.zeros(reservoir.feedback)
        self.units = []
        for population, wiring, weights in zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True):
            for u in range(population.units):
                self.units.append(
                    SimpleNamespace(
                        kind=population.unit,
                        receives=np.asarray(wiring)[:, u],
                        p={k: np.asarray(v, float)[..., u] for k, v in weights.unit.items()},
                        passage={k: np.asarray(v, float)[..., u] for k, v in weights.passage.items()},
                        rates=1.0 if weights.rates is None else np.asarray(weights.rates, float)[:, u],
                        predicted=np.zeros(population.unit.slots),
                        received=[],
                    )
                )

    def sources(self, x):
        """Inputs, clock, outputs by population and slot, feedback; in the order that the wiring counts."""
        angles = [2 * np.pi * self.lived / period for period in self.reservoir.clock]
        outputs, first = [], 0
        for population in self.reservoir.populations:
            members = self.units[first : first + population.units]
            outputs += [unit.predicted[slot] for slot in range(population.unit.slots) for unit in members]
            first += population.units
        return np.concatenate([x, np.sin(angles), np.cos(angles), outputs, self.feedback])

    def step(self, x, fed_back=None):
        sources = self.sources(np.asarray(x, float))
        named = {f"input {i}": value for i, value in enumerate(x)}
        for number, unit in enumerate(self.units):
            z = sources[unit.receives]
            if unit.passage:
                z = unit.passage["matrix"] @ z + unit.passage["bias"]
            before = unit.received[-1] if unit.received else np.zeros(len(z))
            z = (1 - unit.rates) * before + unit.rates * z
            unit.received.append(z)
            predicted = {"error": z - unit.predicted, **self.answer(unit)}
            unit.predicted = predicted["output"]
            named |= {
                f"{kind} {i} of unit {number}": v for kind, values in predicted.items() for i, v in enumerate(values)
            }
        self.lived += 1
        self.feedback = np.zeros(self.reservoir.feedback) if fed_back is None else np.asarray(fed_back, float)
        return named

    def answer(self, unit):
        kind, p, z = unit.kind, unit.p, unit.received[-1]
        if isinstance(kind, EchoUnit):
            new = np.tanh(kind.input_scale * z + p["weights"] @ unit.predicted + p["bias"])
            return {"output": (1 - p["leak"]) * unit.predicted + p["leak"] * new}
        if isinstance(kind, AnarchistUnit):
            return {"output": z @ p["ws"], "sum": [(z @ p["ws"]).sum()]}
        ages = [j for j in range(kind.memory) if j * kind.dilation < len(unit.received)]
        past = [np.zeros(len(z)), *unit.received]
        entries = [np.concatenate([past[-1 - j * kind.dilation], past[-2 - j * kind.dilation]]) for j in ages]
        context = []
        for h in range(kind.heads):
            query = p["wq"][h] @ z + p["bq"][h]
            scores = [
                query @ p["wk"][h] @ e / np.sqrt(kind.head_width) + p["age_bias"][j, h]
                for j, e in zip(ages, entries, strict=True)
            ]
            weights = np.exp(scores) / np.exp(scores).sum()
            context.append(p["wv"][h] @ sum(w * e[: len(z)] for w, e in zip(weights, entries, strict=True)))
        context = np.concatenate(context)
        hidden = np.tanh(p["w1"] @ np.concatenate([z, context]) + p["b1"])
        phi = np.concatenate([z, context, hidden])
        predicted = {"context": context, "hidden": hidden}
        for name, head in (("output", "wo"), ("ahead", "ahead_w"), ("target", "target_w")):
            predicted[name] = p[head] @ phi + p[{"wo": "bo"}.get(head, head[:-1] + "b")]
        predicted["output"] = np.clip(predicted["output"], -kind.clip, kind.clip)
        return predicted

    def features(self, inputs, teacher=None):
        forced = [None] * len(inputs) if teacher is None else teacher
        rows = [self.step(x, back) for x, back in zip(inputs, forced, strict=True)]
        return np.array([[row[name] for name in feature_names(self.reservoir, FEATURES)] for row in rows])


@pytest.fixture(scope="module")
def mixed():
    """Every kind of unit, passage, leak, clock and feedback in one reservoir; all weights random."""
    attention = AttentionUnit(
        slots=3,
        memory=3,
        dilation=2,
        heads=2,
        head_dim=2,
        hidden=4,
        shifted_keys=True,
        before_start="masked",
        horizons=(1, 3),
    )
    populations = [
        Population(unit=attention, units=3, passage="mixed", afferents=6, passage_bias=0.3, time_constant=6.0),
        Population(unit=EchoUnit(slots=2, leak=(0.2, 1.0)), units=4, input_fraction=0.2),
        Population(unit=AnarchistUnit(slots=2, gain=0.4), units=1, passage="learned", afferents="all"),
    ]
    reservoir = Reservoir.build(populations, inputs=3, seed=4, clock=(7, 50.5), feedback=2, targets=2)
    rng = np.random.default_rng(0)
    random = {
        name: jnp.asarray(0.5 * rng.normal(size=value.shape), jnp.float32)
        for name, value in reservoir.weights[0].unit.items()
    }
    return eqx.tree_at(lambda r: r.weights[0].unit, reservoir, random)


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(1)
    return rng.normal(size=(BATCH, STEPS, 3)), rng.normal(size=(BATCH, STEPS, 2))


@pytest.fixture(scope="module")
def by_hand(mixed, world):
    return np.stack([ByHand(mixed).features(x, back) for x, back in zip(*world, strict=True)])


@pytest.fixture(scope="module")
def ran(mixed, world):
    return run(mixed, world[0], features=FEATURES, teacher=world[1])


def test_an_engine_holds_within_its_context_or_for_good():
    before = engine()
    with set_engine("native"):
        inside = set_engine("jax")
        assert engine() == "jax"
        with inside:
            assert engine() == "jax"
        assert engine() == "native"
    assert engine() == before
    with pytest.raises(AuritaError, match="expected one of auto, native, jax"):
        set_engine("cuda")


def test_every_feature_is_what_its_name_says(mixed, ran, by_hand):
    seen, state = ran
    assert seen.shape == (BATCH, STEPS, feature_size(mixed, FEATURES))
    np.testing.assert_allclose(seen, by_hand, atol=2e-5)
    assert int(state.time) == STEPS
    assert state.steps.tolist() == [STEPS] * BATCH


def test_a_choice_of_features_is_a_choice_of_columns(mixed, world, by_hand):
    chosen = ("error", "hidden", "output")
    seen, _ = run(mixed, world[0], features=chosen, teacher=world[1])
    names = feature_names(mixed, FEATURES)
    columns = [names.index(name) for name in feature_names(mixed, chosen)]
    assert len(columns) == len(set(columns)) == seen.shape[2]
    np.testing.assert_allclose(seen, by_hand[..., columns], atol=2e-5)


def test_ragged_sequences_are_as_if_run_alone_and_go_on_alone(mixed, world, by_hand):
    inputs, teacher = world
    seen, state = run(mixed, inputs, lengths=LENGTHS, features=FEATURES, teacher=teacher)
    more, back = np.flip(inputs, 1), np.flip(teacher, 1)
    further, last = run(mixed, more, lengths=LENGTHS[::-1], state=state, features=FEATURES, teacher=back)
    for b, (length, then) in enumerate(zip(LENGTHS, LENGTHS[::-1], strict=True)):
        np.testing.assert_allclose(seen[b, :length], by_hand[b, :length], atol=2e-5)
        assert not seen[b, length:].any()
        alone = ByHand(mixed).features(
            np.concatenate([inputs[b, :length], more[b, :then]]), np.concatenate([teacher[b, :length], back[b, :then]])
        )
        np.testing.assert_allclose(further[b, :then], alone[length:], atol=3e-5)
        assert int(last.steps[b]) == length + then


def test_a_state_carried_on_is_one_long_run(mixed, world, ran):
    inputs, teacher = world
    one, state = run(mixed, inputs[:, :8], features=FEATURES, teacher=teacher[:, :8])
    two, last = run(mixed, inputs[:, 8:], state=state, features=FEATURES, teacher=teacher[:, 8:])
    np.testing.assert_allclose(np.concatenate([one, two], 1), ran[0], atol=1e-5)
    np.testing.assert_allclose(last.feedback, ran[1].feedback)
    # Where the sequences are as long as the padding, the state is that of the run.
    assert int(last.time) == int(ran[1].time)


def test_a_stream_is_the_run_in_pieces_of_time(mixed, world, ran):
    pieces = list(stream(mixed, world[0], features=FEATURES, teacher=world[1].tolist(), chunk=8))
    assert [(piece.sequences, piece.start) for piece in pieces] == [(slice(0, 3), 0), (slice(0, 3), 8)]
    np.testing.assert_allclose(np.concatenate([piece.features for piece in pieces], 1), ran[0], atol=1e-5)


def test_a_stream_is_the_run_in_pieces_of_the_batch_each_as_long_as_its_longest(mixed, world, ran):
    given = {"lengths": LENGTHS, "features": FEATURES, "teacher": world[1], "batch": 2}
    one, two = stream(mixed, world[0], **given)
    assert (one.sequences, one.start, one.features.shape[1]) == (slice(0, 2), 0, 16)
    assert (two.sequences, two.start, two.features.shape[1]) == (slice(2, 3), 0, 4)
    for b, length in enumerate(LENGTHS):
        seen = (*one.features, *two.features)[b][:length]
        np.testing.assert_allclose(seen, ran[0][b, :length], atol=1e-5)


def test_nothing_leaks_from_the_future_or_from_other_sequences(mixed, world, ran):
    inputs, teacher = (array.copy() for array in world)
    inputs[:, 10:] += 1.0
    teacher[:, 9:] += 1.0
    inputs[1] -= 1.0
    seen, _ = run(mixed, inputs, features=FEATURES, teacher=teacher)
    np.testing.assert_array_equal(seen[[0, 2], :10], ran[0][[0, 2], :10])
    assert (np.abs(seen - ran[0]).max(axis=2)[:, 10:] > 1e-3).all()


def test_without_a_teacher_nothing_is_fed_back(mixed, world):
    state = mixed.initial_state(BATCH)
    state = eqx.tree_at(lambda s: s.feedback, state, jnp.ones((2, BATCH)))
    seen, last = run(mixed, world[0], features=FEATURES, state=state)
    hand = ByHand(mixed)
    hand.feedback = np.ones(2)
    np.testing.assert_allclose(seen[0], hand.features(world[0][0]), atol=2e-5)
    assert not np.asarray(last.feedback).any()


def test_a_closed_loop_is_the_loop_written_by_hand(mixed, world, ran):
    inputs, teacher = world
    names = feature_names(mixed, FEATURES)
    rng = np.random.default_rng(2)
    weights, intercept = rng.normal(size=(len(names), 2)) / len(names), rng.normal(size=2)
    known = rng.normal(size=(BATCH, 6, 1))
    first = ran[0][:, -1] @ weights + intercept
    predicted = generate(mixed, ran[1], weights, intercept, first, 6, covariates=known, features=FEATURES)
    assert predicted.shape == (BATCH, 6, 2)
    for b in range(BATCH):
        hand = ByHand(mixed)
        hand.features(inputs[b], teacher[b])
        guess, expected = first[b], []
        for t in range(6):
            expected.append(guess)
            hand.feedback = guess
            seen = hand.step(np.concatenate([guess, known[b, t]]))
            guess = np.array([seen[name] for name in names]) @ weights + intercept
        np.testing.assert_allclose(predicted[b], expected, atol=3e-5)


def test_what_is_recorded_for_learning_is_what_was_output(mixed, world):
    inputs, teacher = world
    begins = np.array([0, 3, 1000])
    given = (jnp.asarray(np.transpose(array, (1, 2, 0)), jnp.float32) for array in world)
    sources = np.asarray(eqx.filter_jit(record)(mixed, *given, jnp.asarray(begins)))
    for b, begin in enumerate(begins):
        hand = ByHand(mixed)
        hand.lived = begin
        for t in range(STEPS):
            np.testing.assert_allclose(sources[:, t, b], hand.sources(inputs[b, t]), atol=1e-4)
            hand.step(inputs[b, t], teacher[b, t])


def test_reservoirs_without_recurrence_are_recorded_without_a_run():
    reservoir = Reservoir.build([Population(unit=EchoUnit(slots=2), units=2, receives="inputs")], inputs=2, clock=(5,))
    inputs = np.random.default_rng(0).normal(size=(4, 2, 1)).astype(np.float32)
    sources = np.asarray(record(reservoir, jnp.asarray(inputs), None, jnp.zeros(1, int)))
    np.testing.assert_array_equal(sources[:2, :, 0], inputs[:, :, 0].T)
    np.testing.assert_allclose(
        sources[2:4, :, 0], [f(2 * np.pi * np.arange(4) / 5) for f in (np.sin, np.cos)], atol=1e-6
    )
    assert not sources[4:].any()


def test_one_unit_after_a_passage_is_a_plain_echo_state_network():
    population = Population(unit=EchoUnit(slots=20), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=3, seed=1)
    inputs = np.random.default_rng(0).normal(size=(2, 12, 3))
    seen, _ = run(reservoir, inputs, features=("output", "error"))
    for b in range(2):
        rows = [ByHand(reservoir)]
        rows += [rows[0].step(x) for x in inputs[b]]
        expected = [[row[name] for name in feature_names(reservoir, ("output", "error"))] for row in rows[1:]]
        np.testing.assert_allclose(seen[b], expected, atol=1e-5)


def test_the_clock_stays_exact_far_out():
    reservoir = Reservoir.build(
        [Population(unit=EchoUnit(slots=2), units=3, receives="inputs")], inputs=2, clock=(7, 365.25)
    )
    sources = np.asarray(record(reservoir, jnp.zeros((3, 2, 1)), None, jnp.array([2_000_000])))
    angles = 2 * np.pi * (2_000_000 + np.arange(3)) / np.array([[7], [365.25]])
    np.testing.assert_allclose(sources[2:6, :, 0], np.concatenate([np.sin(angles), np.cos(angles)]), atol=1e-6)


@pytest.mark.parametrize("features", [(), ("output", "colour"), ("hidden",)])
def test_features_that_are_none(features):
    reservoir = Reservoir.build([Population(unit=EchoUnit(slots=2), units=2)], inputs=1)
    with pytest.raises(AuritaError, match=r"expected some of input, output|have none of the features hidden"):
        feature_names(reservoir, features)


@pytest.mark.parametrize("engine", ["native", "jax"])
def test_chunks_of_all_lengths_are_the_steps_of_one_run(mixed, world, engine):
    inputs, teacher = world
    expected, after = run(mixed, inputs, features=FEATURES, teacher=teacher)
    with set_engine(engine if kernels() is not None else "jax"):
        _, state = run(mixed, inputs[:, :3], features=FEATURES, teacher=teacher[:, :3])
        given = {"state": state, "teacher": teacher[:, 3:], "chunk": 5, "stops": [1, 8], "one_program": True}
        parts = list(features_of(mixed, Batch.of(inputs[:, 3:]), FEATURES, **given))
    assert [(part.start, part.features.shape[1]) for part in parts] == [(0, 1), (1, 5), (6, 2), (8, 5)]
    found = np.concatenate([part.features for part in parts], axis=1)
    np.testing.assert_allclose(found, expected[:, 3:], rtol=1e-4, atol=1e-5)
    more = [run(mixed, inputs[:, :4], state=state, features=FEATURES)[0] for state in (parts[-1].state, after)]
    np.testing.assert_allclose(*more, rtol=1e-4, atol=1e-5)


def test_states_are_those_of_each_sequence_alone(mixed, world):
    inputs, lengths = world[0], np.array([STEPS, 4, 9])
    for number, states in enumerate(states_of(mixed, Batch.of(inputs, lengths), FEATURES)):
        alone, _ = run(mixed, inputs[number : number + 1, : lengths[number]], features=FEATURES)
        np.testing.assert_allclose(states, alone[0], rtol=1e-4, atol=1e-5)


def in_float64(reservoir):
    return jax.tree.map(lambda leaf: np.asarray(leaf, float) if leaf.dtype.kind == "f" else leaf, reservoir)


@pytest.fixture
def double():
    """JAX set to double precision."""
    with jax.enable_x64(True):
        yield


def test_where_jax_is_set_to_double_precision_everything_is_run_in_it(mixed, world, double):
    reservoir, names = in_float64(mixed), feature_names(mixed, FEATURES)
    inputs, teacher = world
    rng = np.random.default_rng(2)
    weights, intercept = rng.normal(size=(len(names), 2)) / len(names), rng.normal(size=2)
    with pytest.warns(UserWarning, match="double precision") if kernels() is not None else nullcontext():
        seen, state = run(reservoir, inputs, features=FEATURES, teacher=teacher)
    first, known = seen[:, -1] @ weights + intercept, rng.normal(size=(BATCH, 4, 1))
    with set_engine("jax"):
        predicted = generate(reservoir, state, weights, intercept, first, 4, covariates=known, features=FEATURES)
    assert seen.dtype == np.float64
    for b in range(BATCH):
        hand = ByHand(reservoir)
        # The clock counts turns of 2^-32.
        np.testing.assert_allclose(seen[b], hand.features(inputs[b], teacher[b]), atol=1e-7)
        guess = first[b]
        for t in range(4):
            np.testing.assert_allclose(predicted[b, t], guess, atol=1e-6)
            hand.feedback = guess
            row = hand.step(np.concatenate([guess, known[b, t]]))
            guess = np.array([row[name] for name in names]) @ weights + intercept


def test_without_a_clock_double_precision_is_that_of_numpy(mixed, world, double):
    reservoir = Reservoir.build(mixed.populations, inputs=3, seed=1, feedback=2, targets=2)
    with set_engine("jax"):
        seen, _ = run(reservoir, world[0], features=FEATURES, teacher=world[1])
    for found, x, back in zip(seen, *world, strict=True):
        np.testing.assert_allclose(found, ByHand(reservoir).features(x, back), atol=1e-12)


@pytest.mark.skipif(kernels() is None, reason="the native engine was not built")
def test_weights_in_float64_are_not_rounded_unnoticed(mixed, world):
    with pytest.warns(UserWarning, match="AnarchistUnit, AttentionUnit, EchoUnit are float64 and are computed with in"):
        seen, _ = run(in_float64(mixed), world[0], features=FEATURES, teacher=world[1])
    with set_engine("native"):
        same, _ = run(in_float64(mixed), world[0], features=FEATURES, teacher=world[1])
    np.testing.assert_array_equal(seen, same)
