"""Wirings: what must hold of every random one, and distances by a search written by hand."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AuritaError
from aurita.reservoir.wiring import Sources, check_wiring, connected_parts, dense_wiring, distances, random_wiring


def numbered(sources):
    """`(population, unit, slot)` of every source, by counting; inputs and feedback are named by strings."""
    names = [("input", i) for i in range(sources.inputs)]
    first = 0
    for population, (units, slots) in enumerate(sources.populations):
        names += [(population, first + unit, slot) for slot in range(slots) for unit in range(units)]
        first += units
    return names + [("feedback", i) for i in range(sources.feedback)]


@given(
    inputs=st.integers(1, 5),
    populations=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=3),
    feedback=st.integers(0, 2),
)
def test_sources_are_numbered_inputs_then_slots_of_populations_then_feedback(inputs, populations, feedback):
    sources = Sources(inputs, tuple(populations), feedback)
    names = numbered(sources)
    assert sources.total == len(names)
    assert sources.units == sum(units for units, _ in populations)
    whose = [{"input": -1, "feedback": -2}.get(name[0], name[1]) for name in names]
    assert sources.owner().tolist() == whose
    first = 0
    for number, (units, slots) in enumerate(populations):
        outputs = sources.outputs_of(number)
        assert outputs.shape == (slots, units)
        for slot, unit in np.ndindex(slots, units):
            assert names[outputs[slot, unit]] == (number, first + unit, slot)
        first += units


@settings(deadline=None)
@given(
    inputs=st.integers(1, 12),
    units=st.tuples(st.integers(2, 9), st.integers(1, 5)),
    slots=st.tuples(st.integers(2, 5), st.integers(1, 4)),
    fractions=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    loops=st.tuples(st.booleans(), st.booleans()),
    feedback=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_every_random_wiring(inputs, units, slots, fractions, loops, feedback, seed):
    sources = Sources(inputs, tuple(zip(units, slots, strict=True)), feedback)
    afferents = sum(u * d for u, d in sources.populations)
    if inputs > afferents:
        return
    rng = np.random.default_rng(seed)
    wiring = random_wiring(rng, sources, slots, input_fraction=fractions, self_loops=loops, receives=("all", "all"))
    check_wiring(sources, wiring, slots)
    received = np.concatenate([array.ravel() for array in wiring])
    assert set(range(inputs)) <= set(received.tolist()), "an external input is received by nobody"
    names, first = numbered(sources), 0
    for array, population, loop in zip(wiring, (0, 1), loops, strict=True):
        for unit in range(array.shape[1]):
            assert len(set(array[:, unit].tolist())) == len(array), "a source is received twice"
            own = [names[source][1] == first + unit for source in array[:, unit] if names[source][0] in (0, 1)]
            assert loop or not any(own), "a unit receives itself"
        first += units[population]


def test_the_input_fraction_is_kept_on_average():
    sources = Sources(50, ((400, 5),))
    for fraction in (0.0, 0.3, 0.8, 1.0):
        array = random_wiring(np.random.default_rng(0), sources, (5,), input_fraction=(fraction,))[0]
        share = (array < 50).mean()
        # With a fraction of zero every input is still received once.
        assert share == pytest.approx(max(fraction, 50 / 2000), abs=0.03)


def test_units_may_receive_themselves_where_they_may():
    sources = Sources(1, ((3, 4),))
    array = random_wiring(np.random.default_rng(0), sources, (4,), input_fraction=(0.1,))[0]
    assert (sources.owner()[array] == np.arange(3)).any()


def test_what_populations_receive():
    sources = Sources(4, ((6, 3), (5, 4), (30, 4)), 2)
    receives = ("inputs", "earlier", "all")
    wiring = random_wiring(
        np.random.default_rng(1),
        sources,
        (3, 4, 4),
        input_fraction=(0.5, 0.3, 0.2),
        self_loops=(True,) * 3,
        receives=receives,
    )
    names = numbered(sources)
    kinds = [{names[source][0] for source in array.ravel()} for array in wiring]
    assert kinds[0] == {"input"}
    assert kinds[1] == {"input", 0}
    assert kinds[2] == {"input", 0, 1, 2, "feedback"}
    received = [connected_parts(sources, (array,)) for array in wiring]
    assert [any(each) for each in received] == [False, True, True]
    assert received[1] == (True, False, False, False)


def test_dense_wirings_receive_everything_they_may_in_order():
    sources = Sources(2, ((2, 2), (2, 1)), 1)
    assert dense_wiring(sources, 1, "all").T.tolist() == [list(range(9))] * 2
    assert dense_wiring(sources, 0, "inputs").T.tolist() == [[0, 1]] * 2
    assert dense_wiring(sources, 1, "earlier").T.tolist() == [[0, 1, 2, 3, 4, 5]] * 2
    # Outputs 2 and 4 are those of unit 0, 3 and 5 those of unit 1.
    assert dense_wiring(sources, 0, "all", self_loops=False).T.tolist() == [
        [0, 1, 3, 5, 6, 7, 8],
        [0, 1, 2, 4, 6, 7, 8],
    ]


def searched(sources, wiring):
    """Breadth-first search from every unit over connections in either direction."""
    names, first = numbered(sources), 0
    near = {unit: set() for unit in range(sources.units)}
    for array, (units, _) in zip(wiring, sources.populations, strict=True):
        for (_, unit), source in np.ndenumerate(array):
            if names[source][0] not in ("input", "feedback"):
                near[first + unit].add(names[source][1])
                near[names[source][1]].add(first + unit)
        first += units
    found = np.full((sources.units, sources.units), np.inf)
    for start in near:
        found[start, start], waiting = 0, deque([start])
        while waiting:
            unit = waiting.popleft()
            for other in near[unit]:
                if found[start, other] == np.inf:
                    found[start, other] = found[start, unit] + 1
                    waiting.append(other)
    return found


@settings(deadline=None, max_examples=40)
@given(units=st.integers(1, 12), slots=st.integers(1, 3), fraction=st.floats(0.3, 1), seed=st.integers(0, 99))
def test_distances_are_those_of_a_search_by_hand(units, slots, fraction, seed):
    sources = Sources(2, ((units, slots), (3, 2)), 1)
    wiring = random_wiring(
        np.random.default_rng(seed),
        sources,
        (slots, 2),
        input_fraction=(fraction, fraction),
        self_loops=(True, False),
        receives=("all", "all"),
    )
    np.testing.assert_array_equal(distances(sources, wiring), searched(sources, wiring))


def test_the_same_seed_draws_the_same_wiring():
    sources = Sources(3, ((10, 4),))
    one, two, other = (random_wiring(np.random.default_rng(seed), sources, (4,))[0] for seed in (5, 5, 6))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize(
    ("sources", "afferents", "changes", "message"),
    [
        (Sources(1, ((1, 4),)), 6, {}, r"a unit has 6 slots and only 5 sources to receive \(1 external, 4 others\)"),
        (Sources(1, ((1, 4),)), 4, {"self_loops": (False,)}, "a unit has 4 slots and only 1 source to receive"),
        (Sources(3, ((5, 4),)), 4, {"receives": ("inputs",)}, r"only 3 sources to receive \(3 external, 0 others\)"),
        (
            Sources(9, ((2, 4),)),
            4,
            {},
            "9 external inputs and only 8 afferents: some input would be received by nobody",
        ),
        (Sources(2, ((2, 4),)), 4, {"receives": ("some",)}, "receives is 'some'; expected one of all, inputs"),
    ],
)
def test_wirings_that_cannot_be_drawn(sources, afferents, changes, message):
    with pytest.raises(AuritaError, match=message):
        random_wiring(np.random.default_rng(0), sources, (afferents,), **changes)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 2), int), r"shapes \[\(3, 2\)\]; expected \(afferents, units\) of \[\(2, 3\)\]"),
        (np.zeros((2, 3)), "the wiring holds float64 numbers; expected integers"),
        (np.full((2, 3), 7), "the wiring names sources 7 to 7; this reservoir has 0 to 6"),
        (np.full((2, 3), -1), "the wiring names sources -1 to -1"),
    ],
)
def test_wirings_that_do_not_fit(array, message):
    with pytest.raises(AuritaError, match=message):
        check_wiring(Sources(1, ((3, 2),)), (array,), (2,))


def test_each_unit_receives_its_input_or_its_partner():
    sources = Sources(4, ((3, 2), (3, 1)), clock=2)
    assert dense_wiring(sources, 0, "each").tolist() == [[0, 1, 0]]
    assert dense_wiring(sources, 0, "each", turn=3).tolist() == [[1, 0, 1]]
    partners = dense_wiring(sources, 1, "partner")
    assert partners.T.tolist() == [[0, 1, 2, 3, 4 + u, 7 + u] for u in range(3)]
    assert dense_wiring(sources, 1, "partner", clock=False).T.tolist() == [[0, 1, 4 + u, 7 + u] for u in range(3)]
    receives, rng = ("each", "partner"), np.random.default_rng(0)
    drawn = random_wiring(rng, sources, (1, 6), receives=receives, input_fraction=(0.5,) * 2, self_loops=(True,) * 2)
    np.testing.assert_array_equal(drawn[1], partners)
    twice = random_wiring(
        rng,
        Sources(4, ((3, 2), (3, 1)) * 2),
        (1, 4, 1, 4),
        receives=receives * 2,
        input_fraction=(0.5,) * 4,
        self_loops=(True,) * 4,
    )
    assert [twice[0].tolist(), twice[2].tolist()] == [[[0, 1, 2]], [[3, 0, 1]]]
    for alone in (0, 1):
        with pytest.raises(AuritaError, match="as many units before it"):
            dense_wiring(Sources(1, ((2, 1), (3, 1))), alone, "partner")


def test_who_may_not_receive_the_clock_does_not():
    sources = Sources(5, ((4, 3),), clock=3)
    (drawn,) = random_wiring(np.random.default_rng(0), sources, (3,), receives=("all",), clock=(False,))
    assert not np.isin(drawn, [2, 3, 4]).any()
    assert dense_wiring(sources, 0, "inputs", clock=False).T.tolist() == [[0, 1]] * 4
