"""What a run refuses, and what it says then."""

from dataclasses import replace

import numpy as np
import pytest

from aurita import AuritaError, EchoUnit, Population, Reservoir, generate, run, stream
from aurita.reservoir.checks import checked_generation, checked_inputs, checked_state, checked_teacher

RESERVOIR = Reservoir.build([Population(unit=EchoUnit(slots=2), units=3)], inputs=2, feedback=1)
INPUTS = np.zeros((4, 5, 2))


def test_what_is_given_is_kept():
    inputs, lengths = checked_inputs(RESERVOIR, INPUTS.astype(int).tolist(), [5, 1, 3, 2])
    assert inputs.dtype == np.float32
    assert inputs.shape == INPUTS.shape
    assert lengths.tolist() == [5, 1, 3, 2]
    np.testing.assert_array_equal(checked_teacher(RESERVOIR, None, 4, 5), np.zeros((4, 5, 1)))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((4, 5)), r"inputs have shape \(4, 5\); expected \(sequences, steps, 2 channels\), none empty"),
        (np.zeros((4, 5, 3)), r"inputs have shape \(4, 5, 3\); expected \(sequences, steps, 2 channels\), none empty$"),
        (np.zeros((4, 2, 5)), r"none empty: of \(sequences, channels, steps\) pass np.swapaxes\(inputs, 1, 2\)$"),
        (np.zeros((4, 2)), r"none empty: of one sequence pass inputs\[None\]$"),
        (np.zeros((0, 5, 2)), "none empty"),
        (np.zeros((4, 0, 2)), "none empty"),
        (np.full((4, 5, 2), np.nan), "inputs hold NaN or infinite values"),
        (np.full((4, 5, 2), -np.inf), "inputs hold NaN or infinite values"),
        (np.full((4, 5, 2), 1e200), "values too large for float32"),
        (np.full((4, 5, 2), "red"), "inputs are no regular array of numbers"),
        ([np.zeros((5, 2)), np.zeros((3, 2))], "inputs are no regular array of numbers"),
        (None, "inputs have shape|inputs are no regular array"),
    ],
)
def test_wrong_inputs(inputs, message):
    for given in (run, lambda *a: next(stream(*a))):
        with pytest.raises(AuritaError, match=message):
            given(RESERVOIR, inputs)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([5, 5, 5], r"lengths have shape \(3,\) and type int64; expected 4 integers"),
        ([5.0] * 4, "type float64; expected 4 integers"),
        ([5, 5, 5, 0], "lengths run from 0 to 5; expected 1 to 5, the padded length"),
        ([5, 5, 5, 6], "lengths run from 5 to 6"),
    ],
)
def test_wrong_lengths(lengths, message):
    with pytest.raises(AuritaError, match=message):
        run(RESERVOIR, INPUTS, lengths=lengths)


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (np.zeros((4, 5, 2)), r"teacher has shape \(4, 5, 2\); expected \(4, 5, 1\)"),
        (np.full((4, 5, 1), np.nan), "teacher holds NaN or infinite values"),
        (np.full((4, 5, 1), "a"), "teacher are no regular array of numbers"),
    ],
)
def test_wrong_teacher(teacher, message):
    with pytest.raises(AuritaError, match=message):
        run(RESERVOIR, INPUTS, teacher=teacher)


def test_wrong_states():
    with pytest.raises(AuritaError, match="the state is of 3 sequences and 4 were given; carry on with as many"):
        run(RESERVOIR, INPUTS, state=RESERVOIR.initial_state(3))
    other = Reservoir.build([Population(unit=EchoUnit(slots=3), units=2)], inputs=2)
    with pytest.raises(AuritaError, match="the state is of another reservoir"):
        checked_state(RESERVOIR, other.initial_state(4), 4)
    for part, wrong in (("time", 3), ("feedback", "x"), ("steps", 4)):
        with pytest.raises(AuritaError, match="the state is of"):
            run(RESERVOIR, INPUTS, state=replace(RESERVOIR.initial_state(4), **{part: wrong}))


@pytest.mark.parametrize("wrong", [{"chunk": 0}, {"batch": 0}])
def test_wrong_chunks(wrong):
    with pytest.raises(AuritaError, match="expected at least 1 of each"):
        next(stream(RESERVOIR, INPUTS, **wrong))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first": np.zeros(4)}, r"first has shape \(4,\); expected \(sequences, outputs\)"),
        ({"first": np.zeros((4, 3))}, r"first has shape \(4, 3\)"),
        ({"coefficients": np.zeros((8, 1))}, r"coefficients have shape \(8, 1\) .* expected \(9, 1\) and \(1,\)"),
        ({"intercept": 0.0}, r"intercept \(\); expected"),
        ({"steps": 0}, "steps is 0; expected a whole number, at least 1"),
        ({"covariates": None}, r"covariates have shape \(4, 6, 0\); expected \(4, 6, 1\)"),
        ({"covariates": np.zeros((4, 5, 1))}, r"covariates have shape \(4, 5, 1\); expected \(4, 6, 1\)"),
        (
            {"first": np.zeros((4, 2)), "coefficients": np.zeros((9, 2)), "intercept": np.zeros(2)},
            "the readout has 2 outputs and the reservoir receives 1 fed back",
        ),
    ],
)
def test_wrong_closed_loops(changes, message):
    given = {"coefficients": np.zeros((9, 1)), "intercept": np.zeros(1), "first": np.zeros((4, 1)), "steps": 6}
    given |= {"covariates": np.zeros((4, 6, 1)), **changes}
    with pytest.raises(AuritaError, match=message):
        checked_generation(RESERVOIR, 9, **given)


def test_closed_loops_check_their_state():
    given = (np.zeros((14, 1)), np.zeros(1), np.zeros((4, 1)), 6)
    with pytest.raises(AuritaError, match="the state is of 2 sequences and 4 were given"):
        generate(RESERVOIR, RESERVOIR.initial_state(2), *given, covariates=np.zeros((4, 6, 1)))
