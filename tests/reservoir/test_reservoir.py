"""Reservoirs as they are built: weights of passages and leaks, counts, descriptions, what cannot be built."""

import json

import numpy as np
import pytest

from aurita import AnarchistUnit, AttentionUnit, AuritaError, EchoUnit, Population, Reservoir

UNIT = AttentionUnit(slots=3, memory=4, hidden=5)


def leaves(reservoir):
    weights = [{**w.unit, **w.passage, **({} if w.rates is None else {"rates": w.rates})} for w in reservoir.weights]
    return [np.asarray(array).tobytes() for some in weights for array in some.values()]


def test_the_same_seed_builds_the_same_bytes():
    def build(seed):
        populations = [
            Population(unit=UNIT, units=4, passage="mixed", time_constant=5),
            Population(unit=EchoUnit(), units=2),
        ]
        return Reservoir.build(populations, inputs=2, seed=seed, clock=(10,))

    one, two, other = build(7), build(7), build(8)
    assert leaves(one) == leaves(two)
    assert all(np.array_equal(a, b) for a, b in zip(one.wiring, two.wiring, strict=True))
    assert leaves(one) != leaves(other)


def test_passages_have_the_documented_deviations():
    population = Population(
        unit=UNIT, units=500, passage="mixed", afferents=25, passage_scale=2.0, passage_bias=0.3, time_constant=20.0
    )
    weights = Reservoir.build([population], inputs=4, seed=0).weights[0]
    matrix, bias, rates = (np.asarray(array) for array in (*weights.passage.values(), weights.rates))
    assert matrix.shape == (3, 25, 500)
    assert matrix.std() == pytest.approx(2.0 / 5, rel=0.02)
    assert bias.shape == rates.shape == (3, 500)
    assert np.abs(bias).max() <= 0.3
    assert bias.std() == pytest.approx(0.3 / np.sqrt(3), rel=0.05)
    assert rates.max() <= 1
    assert rates.min() >= 1 / 20.001
    assert np.log(rates).mean() == pytest.approx(-np.log(20) / 2, rel=0.05)


def test_wired_units_have_no_passage_and_no_leak():
    weights = Reservoir.build([Population(unit=UNIT, units=4)], inputs=2).weights[0]
    assert weights.passage == {}
    assert weights.rates is None


def test_all_afferents():
    population = Population(unit=UNIT, units=2, passage="learned", afferents="all", self_loops=False)
    reservoir = Reservoir.build([population, Population(unit=EchoUnit(slots=2), units=3)], inputs=2, feedback=1)
    assert reservoir.wiring[0].shape == (2 + 3 + 6 + 1, 2)
    owner = reservoir.sources.owner()
    assert not (owner[np.asarray(reservoir.wiring[0])] == np.arange(2)).any()


def test_self_loops_are_forbidden_where_they_are_and_nowhere_else():
    populations = [
        Population(unit=UNIT, units=3, self_loops=False, input_fraction=0.0),
        Population(unit=UNIT, units=3, input_fraction=0.0),
    ]
    own = [0, 0]
    for seed in range(20):
        reservoir = Reservoir.build(populations, inputs=1, seed=seed)
        owner = reservoir.sources.owner()
        for i, first in enumerate((0, 3)):
            own[i] += int((owner[np.asarray(reservoir.wiring[i])] == first + np.arange(3)).sum())
    assert own[0] == 0
    assert own[1] > 0


def test_parameters_that_learn_and_that_stay():
    attention = Reservoir.build([Population(unit=UNIT, units=4)], inputs=2).parameter_counts()
    # Queries with biases, keys, values, age biases; the hidden layer; the head on 3 inputs, 3 of context, 5 hidden.
    one = (9 + 3) + 9 + 9 + 4 + (5 * 6 + 5) + (3 * 11 + 3)
    assert attention == {"trained": 4 * one, "fixed": 0}
    passage = {"passage": "mixed", "afferents": 5, "time_constant": 3.0}
    mixed = Reservoir.build([Population(unit=UNIT, units=4, **passage)], inputs=2).parameter_counts()
    assert mixed == {"trained": 4 * one, "fixed": 4 * (15 + 3 + 3)}
    learned = Reservoir.build([Population(unit=UNIT, units=4, **{**passage, "passage": "learned"})], inputs=2)
    assert learned.parameter_counts() == {"trained": 4 * (one + 18), "fixed": 4 * 3}
    echo = Population(unit=EchoUnit(slots=4, connections=2), units=3, passage="learned", afferents=2)
    assert Reservoir.build([echo], inputs=2).parameter_counts() == {"trained": 0, "fixed": 3 * (16 + 4 + 4 + 8 + 4)}
    anarchist = Population(unit=AnarchistUnit(slots=3), units=2)
    assert Reservoir.build([anarchist], inputs=2).parameter_counts() == {"trained": 2 * 18, "fixed": 0}


def test_a_description_survives_json():
    population = Population(unit=AttentionUnit(horizons=(1, 2)), units=3, passage="learned", afferents="all")
    assert Population.from_config(json.loads(json.dumps(population.config()))) == population
    former = {"hears" if name == "receives" else name: value for name, value in population.config().items()}
    assert Population.from_config(former) == population, "as files of older versions have it"
    reservoir = Reservoir.build([population], inputs=2, clock=(5,), feedback=1, targets=2)
    config = json.loads(json.dumps(reservoir.config()))
    assert config["clock"] == [5.0]
    rebuilt = Reservoir.build(
        [Population.from_config(p) for p in config["populations"]],
        inputs=config["inputs"],
        clock=config["clock"],
        feedback=config["feedback"],
        targets=config["targets"],
    )
    assert leaves(rebuilt) == leaves(reservoir)


def test_given_wirings_are_kept():
    array = np.array([[0, 1], [1, 0], [3, 2]])
    reservoir = Reservoir.build([Population(unit=UNIT, units=2)], inputs=2, wiring=[array])
    assert np.asarray(reservoir.wiring[0]).tolist() == array.tolist()
    assert reservoir.recurrent
    assert reservoir.distances().tolist() == [[0, 1], [1, 0]]
    assert not Reservoir.build([Population(unit=UNIT, units=2)], inputs=3, wiring=[array % 3 % 2]).recurrent


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 0}, "units is 0; expected at least 1"),
        ({"passage": "open"}, "passage is 'open'; expected one of 'wired', 'mixed', 'learned'"),
        ({"receives": "me"}, "receives is 'me'"),
        ({"receives": "each"}, "have a fixed number of sources, through a passage"),
        ({"receives": "partner", "passage": "mixed", "afferents": 3}, "leave afferents out"),
        ({"objective": "fame"}, "objective 'fame' is unknown"),
        ({"time_constant": 0.5}, "time_constant is 0.5; expected at least 1"),
        ({"input_fraction": 1.5}, "input_fraction is 1.5; expected a probability"),
        ({"input_fraction": float("nan")}, "input_fraction is nan"),
        ({"afferents": "some"}, "afferents is 'some'; expected one of 'all'"),
        ({"afferents": 5}, "a wired unit receives one source a slot, here 3, and afferents is 5"),
        ({"passage": "mixed", "afferents": 0}, "afferents is 0"),
        ({"passage_scale": -1}, "passage_scale is -1"),
        ({"passage_bias": -1}, "passage_bias is -1"),
    ],
)
def test_populations_that_cannot_be(changes, message):
    with pytest.raises(AuritaError, match=message):
        Population(**{"unit": UNIT, "units": 3, **changes})


@pytest.mark.parametrize(
    ("populations", "arguments", "message"),
    [
        ([], {"inputs": 1}, "a reservoir needs at least one population"),
        ([Population(unit=UNIT, units=3)], {"inputs": 0}, "inputs is 0"),
        ([Population(unit=UNIT, units=3)], {"inputs": 1, "feedback": -1}, "feedback is -1"),
        ([Population(unit=UNIT, units=3)], {"inputs": 1, "targets": -1}, "targets is -1"),
        ([Population(unit=UNIT, units=3)], {"inputs": 1, "clock": (10, 0)}, "a period of the clock is 0"),
        ([Population(unit=UNIT, units=3, receives="inputs")], {"inputs": 2}, "a unit has 3 slots and only 2 sources"),
        ([Population(unit=UNIT, units=2)], {"inputs": 20}, "20 external inputs and only 6 afferents"),
        ([Population(unit=UNIT, units=2)], {"inputs": 1, "wiring": [np.full((3, 2), 99)]}, "names sources 99 to 99"),
    ],
)
def test_reservoirs_that_cannot_be_built(populations, arguments, message):
    with pytest.raises(AuritaError, match=message):
        Reservoir.build(populations, **arguments)


def test_no_description_of_a_population():
    with pytest.raises(AuritaError, match="this is no description of a population"):
        Population.from_config({"units": 3})
    with pytest.raises(AuritaError, match=r"this is no description of a population: .*size"):
        Population.from_config({"unit": UNIT.config(), "units": 3, "size": 2})


@pytest.mark.parametrize(
    ("populations", "seed", "printed"),
    [
        (Population(unit=EchoUnit(slots=3), units=1), 0, "populations is one Population; expected a list"),
        (
            [Population(unit=EchoUnit(slots=3), units=1)],
            np.random.default_rng(0),
            "seed is .*; expected a whole number",
        ),
        ([Population(unit=EchoUnit(slots=3), units=1)], -1, "seed is -1; expected a whole number, 0 or more"),
        ([Population(unit=EchoUnit(slots=3), units=1)], None, "seed is None; expected a whole number"),
    ],
)
def test_what_a_reservoir_is_built_of(populations, seed, printed):
    with pytest.raises(AuritaError, match=printed):
        Reservoir.build(populations, inputs=2, seed=seed)
