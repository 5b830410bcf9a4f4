"""Runs by the native kernels: equal to those on JAX, whole or in pieces, with any number of threads."""

import shutil

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import (
    AnarchistUnit,
    AttentionUnit,
    AuritaError,
    BlockUnit,
    EchoUnit,
    Population,
    Reservoir,
    generate,
    run,
    stream,
)
from aurita.engine.running import record_batches, recorded
from aurita.engine.scanning import record
from aurita.estimators.carrying import selected
from aurita.native import kernels, set_engine
from aurita.native.library import Kernels
from aurita.native.running import native_record, not_covered
from aurita.native.threads import set_threads
from aurita.reservoir.features import FEATURES, feature_size
from aurita.units import PhaseUnit, TraceUnit, attention_only_unit, feed_forward_unit
from aurita.units.given_echo import GivenEchoUnit

needs_kernels = pytest.mark.skipif(kernels() is None, reason="the native kernels were not built")
STEPS = 9
GIVEN = GivenEchoUnit(
    slots=2,
    inputs=((1, 0, 0.5), (0, -1, 0)),
    recurrent=((0, 0.3), (1, 0)),
    bias=(0, 0.1),
    leaks=(1, 0.5),
    output_mask=(1, 0),
)


def _attention():
    return [
        Population(unit=AttentionUnit(slots=4, memory=8, heads=2, hidden=16), units=19),
        Population(unit=AttentionUnit(slots=3, memory=3, shifted_keys=True, before_start="masked"), units=2),
        Population(unit=AttentionUnit(slots=4, memory=3, dilation=2, horizons=(1, 2, 4), head_dim=2), units=2),
        Population(unit=AttentionUnit(slots=5, clip=0.2), units=3, passage="learned", afferents=7, time_constant=4),
        Population(unit=AttentionUnit(slots=2, age_bias="mixed"), units=3, passage="mixed", afferents="all"),
    ]


def _halves():
    return [
        Population(unit=feed_forward_unit(slots=3), units=2),
        Population(unit=attention_only_unit(slots=6, dilation=3, memory=2, shifted_keys=True), units=17),
        Population(unit=feed_forward_unit("block", slots=2), units=2, passage="mixed", passage_bias=0.3),
        Population(unit=attention_only_unit("block", slots=4), units=2),
        Population(unit=AttentionUnit(before_start="masked", dilation=2), units=2, receives="inputs", passage="mixed"),
    ]


def _blocks():
    return [
        Population(unit=BlockUnit(slots=4), units=3),
        Population(unit=BlockUnit(slots=3, heads=1, head_dim=2, normalisation="rms", activation="gelu"), units=2),
        Population(unit=BlockUnit(slots=4, normalisation="tanh", activation="tanh", shifted_keys=True), units=2),
        Population(unit=BlockUnit(slots=4, normalisation="none", dilation=2, before_start="zeros"), units=17),
        Population(unit=BlockUnit(slots=2, horizons=(1, 3)), units=2, time_constant=3, self_loops=False),
    ]


def _echoes():
    return [
        Population(unit=EchoUnit(slots=3, leak=(0.2, 0.9)), units=5),
        Population(unit=EchoUnit(slots=20), units=2, passage="mixed", afferents=4, time_constant=5),
        Population(unit=EchoUnit(slots=70, connections=5, input_scale=0.7), units=2, passage="mixed", afferents="all"),
        Population(unit=GIVEN, units=1, passage="mixed", afferents="all", receives="inputs", clock=False),
    ]


def _others():
    return [
        Population(unit=PhaseUnit(slots=6, leak=0.1), units=3, passage="mixed", afferents=5),
        Population(unit=PhaseUnit(slots=2), units=18),
        Population(unit=TraceUnit(), units=3, passage="mixed", receives="each", time_constant=2),
        Population(unit=TraceUnit(slots=5, tau=(2.0, 1000.0)), units=18),
        Population(unit=AnarchistUnit(slots=3), units=2),
        Population(unit=AttentionUnit(slots=2), units=3, receives="each", passage="mixed"),
        Population(unit=EchoUnit(slots=2), units=3, receives="partner", passage="learned", features=("error",)),
    ]


KINDS = {"attention": _attention, "halves": _halves, "blocks": _blocks, "echoes": _echoes, "others": _others}


def reservoir_of(kind, *, feedback=2, clock=(7, 24.5), targets=2):
    """One that receives three channels, a clock and feedback; every unit may receive every other."""
    return Reservoir.build(KINDS[kind](), inputs=3, seed=4, clock=clock, feedback=feedback, targets=targets)


def sequences(batch, steps=STEPS, *, seed=0, channels=3):
    """Inputs, lengths and what is fed back."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(batch, steps, channels))
    return inputs, rng.integers(1, steps + 1, batch), rng.normal(size=(batch, steps, 2))


@st.composite
def units(draw):
    """A unit of any covered type."""
    slots, horizons = draw(st.integers(1, 6)), draw(st.sampled_from([(1,), (1, 3)]))
    kind = draw(st.sampled_from([AttentionUnit, BlockUnit, EchoUnit, PhaseUnit, TraceUnit, AnarchistUnit]))
    if kind is AnarchistUnit:
        return AnarchistUnit(slots=slots)
    if kind is TraceUnit:
        return TraceUnit(slots=slots, tau=draw(st.sampled_from([(1.0, 5.0), (10.0, 300.0)])))
    if kind is PhaseUnit:
        return PhaseUnit(slots=2 * slots, leak=draw(st.sampled_from([0, 0.2])))
    if kind is EchoUnit:
        return EchoUnit(slots=draw(st.sampled_from([1, 5, 16, 21, 66])), connections=draw(st.integers(0, 4)))
    heads = draw(st.integers(0, 3))
    own = {
        "heads": heads,
        "hidden": draw(st.integers(0 if heads else 1, 6)),
        "memory": draw(st.integers(1, 9)),
        "dilation": draw(st.integers(1, 3)),
        "head_dim": draw(st.sampled_from([None, 1, 3])),
        "shifted_keys": draw(st.booleans()),
        "before_start": draw(st.sampled_from(["zeros", "masked"])),
    }
    if kind is BlockUnit:
        own["normalisation"] = draw(st.sampled_from(["layer", "rms", "tanh", "none"]))
        own["activation"] = draw(st.sampled_from(["relu", "gelu", "tanh"]))
    return kind(slots=slots, horizons=horizons, **own)


@st.composite
def reservoirs(draw, most=3):
    """A reservoir of a few populations, received through any passage."""
    populations = [
        Population(
            unit=draw(units()),
            units=draw(st.sampled_from([1, 2, 5, 16, 17])),
            passage=draw(st.sampled_from(["mixed", "learned"])),
            afferents=draw(st.integers(3, 5)),
            time_constant=draw(st.sampled_from([1, 4])),
        )
        for _ in range(draw(st.integers(1, most)))
    ]
    return Reservoir.build(
        populations, inputs=3, feedback=2, seed=draw(st.integers(0, 99)), targets=draw(st.sampled_from([0, 2]))
    )


def on(engine, reservoir, inputs, **options):
    with set_engine(engine):
        return run(reservoir, inputs, features=FEATURES, **options)


def assert_close(found, wanted, within=1e-5):
    """Alike to 1e-5 of a number's size, sums of many terms taken into account."""
    found, wanted = jax.tree.leaves(found), jax.tree.leaves(wanted)
    assert [np.shape(one) for one in found] == [np.shape(one) for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=within, atol=2 * within)


def test_kernels_are_built_where_a_compiler_is_there():
    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        pytest.skip("no C compiler is there")
    assert kernels() is not None, "a C compiler is there and the kernels were not built: python setup.py build_ext"


@needs_kernels
@pytest.mark.parametrize("kind", KINDS)
def test_features_and_states_are_those_of_jax(kind):
    """Few sequences have units as lanes, many have sequences; states go on from one engine to the other."""
    reservoir = reservoir_of(kind)
    inputs, lengths, teacher = sequences(18)
    wanted, state = on("jax", reservoir, inputs, lengths=lengths, teacher=teacher)
    found, own = on("native", reservoir, inputs, lengths=lengths, teacher=teacher)
    assert found.shape == (18, STEPS, feature_size(reservoir, FEATURES))
    assert_close((found, own), (wanted, state))
    few, start = on("native", reservoir, inputs[:3], lengths=lengths[:3], teacher=teacher[:3])
    assert_close((few, start), (wanted[:3], selected(state, range(3))))
    onwards, counts, _ = sequences(18, seed=1)
    later, end = on("jax", reservoir, onwards, lengths=counts, state=own, teacher=teacher)
    assert_close(on("native", reservoir, onwards, lengths=counts, state=state, teacher=teacher), (later, end), 3e-5)


@needs_kernels
@settings(max_examples=5, deadline=None, derandomize=True)
@given(reservoirs(most=2), st.sampled_from([1, 7, 8, 17]), st.integers(0, 99))
def test_any_reservoir_runs_as_on_jax(reservoir, batch, seed):
    inputs, lengths, teacher = sequences(batch, 5, seed=seed)
    wanted = on("jax", reservoir, inputs, lengths=lengths, teacher=teacher)
    assert_close(on("native", reservoir, inputs, lengths=lengths, teacher=teacher), wanted)


@needs_kernels
@settings(max_examples=40, deadline=None, derandomize=True)
@given(reservoirs(), st.integers(1, 35), st.integers(1, STEPS - 1), st.integers(0, 99))
def test_pieces_are_the_whole(reservoir, batch, cut, seed):
    inputs, _, teacher = sequences(batch, seed=seed)
    whole, state = on("native", reservoir, inputs, teacher=teacher)
    first, middle = on("native", reservoir, inputs[:, :cut], teacher=teacher[:, :cut])
    second, last = on("native", reservoir, inputs[:, cut:], state=middle, teacher=teacher[:, cut:])
    np.testing.assert_array_equal(np.concatenate([first, second], axis=1), whole)
    for one, other in zip(jax.tree.leaves(last), jax.tree.leaves(state), strict=True):
        np.testing.assert_array_equal(one, other)


@needs_kernels
@settings(max_examples=40, deadline=None, derandomize=True)
@given(reservoirs(), st.integers(2, 35), st.integers(0, 99))
def test_a_sequence_does_not_depend_on_those_beside_it(reservoir, batch, seed):
    inputs, lengths, teacher = sequences(batch, seed=seed)
    found, state = on("native", reservoir, inputs, lengths=lengths, teacher=teacher)
    for i in (0, batch - 1):
        alone = slice(i, i + 1), slice(0, lengths[i])
        wanted, _ = on("native", reservoir, inputs[alone], teacher=teacher[alone])
        assert_close(found[i : i + 1, : lengths[i]], wanted, within=2e-5)
        assert not found[i, lengths[i] :].any()
    assert np.asarray(state.steps).tolist() == lengths.tolist()
    assert int(state.time) == STEPS


@needs_kernels
@pytest.mark.parametrize("kind", KINDS)
def test_threads_change_no_byte(kind):
    reservoir, (inputs, lengths, teacher) = reservoir_of(kind), sequences(70)
    found = []
    for count in (1, 2, 3, 4):
        with set_threads(count):
            found.append(on("native", reservoir, inputs, lengths=lengths, teacher=teacher))
    for other in found[1:]:
        for one, first in zip(jax.tree.leaves(other), jax.tree.leaves(found[0]), strict=True):
            np.testing.assert_array_equal(one, first)


@needs_kernels
@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize("batch", [2, 9])
def test_kernels_of_all_processors_agree(level, batch, monkeypatch):
    own = kernels()
    if own.level < level:
        pytest.skip("this processor cannot run these kernels")
    inputs, lengths, teacher = sequences(batch)
    for kind in KINDS:
        reservoir = reservoir_of(kind)
        wanted = on("native", reservoir, inputs, lengths=lengths, teacher=teacher)
        with monkeypatch.context() as patch:
            patch.setattr("aurita.native.running.kernels", lambda: Kernels(own._library, level))
            # Where two slots are almost alike, layer norm makes 2e-5 of roundings: each kernel is that far off float64.
            within = 4e-5 if kind == "blocks" else 1e-5
            assert_close(on("native", reservoir, inputs, lengths=lengths, teacher=teacher), wanted, within)


@needs_kernels
@pytest.mark.parametrize(("kind", "batch"), [("attention", 2), ("others", 9)])
def test_closed_loops_are_those_of_jax(kind, batch):
    reservoir, rng = reservoir_of(kind), np.random.default_rng(0)
    inputs, *_ = sequences(batch)
    features, state = on("native", reservoir, inputs)
    coefficients = rng.normal(size=(features.shape[2], 2)) / features.shape[2]
    covariates = rng.normal(size=(batch, 6, 1))
    predicted = []
    for engine in ("jax", "native"):
        with set_engine(engine):
            first = rng.normal(size=(batch, 2)) if not predicted else predicted[0][:, 0]
            predicted.append(
                generate(
                    reservoir,
                    state,
                    coefficients,
                    np.array([0.1, -0.2]),
                    first,
                    6,
                    covariates=covariates,
                    features=FEATURES,
                )
            )
    assert_close(predicted[1], predicted[0], within=2e-5)
    assert np.abs(np.diff(predicted[1], axis=1)).min() > 1e-4


@needs_kernels
@pytest.mark.parametrize("batch", [2, 17])
def test_a_record_is_that_of_jax(batch):
    silent = Population(unit=AttentionUnit(slots=2), units=2, receives="inputs", passage="mixed")
    received = Population(unit=AttentionUnit(slots=2, before_start="masked"), units=3)
    reservoir = Reservoir.build(
        [received, silent],
        inputs=3,
        clock=(5,),
        feedback=2,
        wiring=[np.array([[0, 5, 6], [7, 3, 15]]), np.array([[0, 1], [2, 2]])],
    )
    assert reservoir.connected == (True, False, True)
    inputs, _, teacher = (np.asarray(part, np.float32) for part in sequences(batch))
    given = np.transpose(inputs, (1, 2, 0)), np.transpose(teacher, (1, 2, 0)), np.arange(batch)
    assert_close(native_record(reservoir, *given), record(reservoir, *given))


@needs_kernels
@pytest.mark.parametrize(("batches", "size"), [(2, 3), (5, 7), (3, 16), (2, 19)])
@pytest.mark.parametrize("begins_late", [False, True])
def test_records_of_batches_are_runs(batches, size, begins_late):
    reservoir, count = reservoir_of("attention", feedback=0), batches * size
    inputs, _, _ = sequences(count)
    kept, steps = np.array([0, 2, 3, reservoir.sources.total - 1]), inputs.shape[1]
    late = np.arange(count) % 5 * begins_late
    found = np.full((batches, len(kept), steps, size), np.nan, np.float32)
    with set_engine("native"):
        whole = recorded(reservoir, inputs)[kept]
        record_batches(reservoir, inputs, None, np.zeros(count, np.int32), into=found, kept=kept, late=late)
    for i, first in enumerate(late):
        own = found[i // size, :, :, i % size]
        np.testing.assert_array_equal(own[:, first:], whole[:, : steps - first, i])
        assert not own[:, :first].any()


@needs_kernels
def test_streams_are_runs():
    reservoir, (inputs, _, teacher) = reservoir_of("attention"), sequences(5)
    with set_engine("native"):
        whole, _ = run(reservoir, inputs, teacher=teacher)
        pieces = list(stream(reservoir, inputs, teacher=teacher, chunk=4, batch=3))
    for piece in pieces:
        steps = slice(piece.start, piece.start + piece.features.shape[1])
        np.testing.assert_allclose(piece.features, whole[piece.sequences, steps], atol=1e-5)
    assert sum(piece.features[..., 0].size for piece in pieces) == whole[..., 0].size


class OwnUnit(AttentionUnit):
    """A unit of somebody's own."""


def test_units_of_ones_own_run_on_jax_or_not_at_all():
    reservoir = Reservoir.build([Population(unit=OwnUnit(slots=2), units=2)], inputs=2)
    assert not_covered(reservoir) == ["OwnUnit"]
    assert run(reservoir, np.zeros((1, 2, 2)))[0].shape[1] == 2
    if kernels() is not None:
        with set_engine("native"), pytest.raises(AuritaError, match="cannot run OwnUnit; use engine"):
            run(reservoir, np.zeros((1, 2, 2)))
