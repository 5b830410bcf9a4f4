"""What a notebook shows is well-formed and true."""

from xml.etree import ElementTree

import numpy as np

from aurita import AttentionUnit, EchoUnit, Population, Reservoir, ReservoirClassifier


def test_a_reservoir_is_a_table_of_its_populations():
    populations = [
        Population(unit=AttentionUnit(slots=3), units=5, objective="self"),
        Population(unit=EchoUnit(slots=7), units=1, passage="mixed", afferents="all", receives="inputs"),
    ]
    reservoir = Reservoir.build(populations, inputs=2, clock=(12.0,))
    table = ElementTree.fromstring(reservoir._repr_html_())
    rows = [[cell.text for cell in row] for row in table.find("tbody")]
    assert rows[0] == ["AttentionUnit", "5", "3", "all", "wired", "3", "self"]
    assert rows[1] == ["EchoUnit", "1", "7", "inputs", "mixed", "4", "nothing"]
    counts = reservoir.parameter_counts()
    assert f"{counts['trained']:,} numbers that can learn" in table.find("caption").text
    assert "clock of periods 12" in table.find("caption").text


def test_an_estimator_shows_its_reservoirs_once_it_has_some():
    model = ReservoirClassifier(units=4, summary="last")
    assert "<caption>" not in model._repr_html_()
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 6, 1)), [0, 1] * 4)
    assert model._repr_mimebundle_()["text/html"].count("<caption>") == 1
