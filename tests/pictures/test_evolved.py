"""Pictures of a search: what they tell is what the search found, and both renderers draw them."""

import numpy as np
import pytest

from aurita import pictures as p
from aurita.errors import AuritaError
from aurita.evolution import AttentionGenome, Genome, TrialSource, evolve, motifs, removed_one_by_one


@pytest.fixture(scope="module")
def found():
    genome = Genome(neurons=4, most=6, density=0.6)
    return evolve("decision", genome, search="topology", generations=4, population=16, trials=(60, 30))


@pytest.fixture(scope="module")
def figures(found):
    fitted, unseen = TrialSource("decision", fitted=60, scored=1).unseen(0, 60)
    return {
        "fitness": p.fitness(found),
        "sizes": p.sizes(found),
        "connectivity": p.connectivity(found),
        "species": p.species(found),
        "topology": p.topology(found.champion),
        "motifs": p.motif_counts(motifs(found.champion, graphs=10)),
        "removals": p.removals(removed_one_by_one(found.champion, fitted, unseen)),
    }


def test_all_are_drawn_for_notebooks_and_papers(figures, tmp_path):
    for name, figure in figures.items():
        assert len(figure.data) > 0, name
        p.save_static(figure, tmp_path / f"{name}.svg")
        assert (tmp_path / f"{name}.svg").stat().st_size > 3000, name


def test_bands_of_species_fill_the_population(found):
    bands = p.species.drawing(found).panels[0].marks
    widths = sum(np.asarray(band.high) - np.asarray(band.low) for band in bands)
    rows = found.history["species"]
    np.testing.assert_array_equal(widths, np.bincount(rows[:, 0], weights=rows[:, 2]))


def test_links_are_the_weights_by_sign(found):
    drawing = p.topology.drawing(found.champion, least=0.0)
    links = [mark for mark in drawing.panels[0].marks if type(mark).__name__ == "Links"]
    numbers = {name: value[0] for name, value in found.champion.effective().items()}
    for name, sign in (("positive weight", 1), ("negative weight", -1)):
        drawn = sum(len(mark.x0) for mark in links if mark.name == name)
        assert drawn == sum(int((np.sign(numbers[kind]) == sign).sum()) for kind in ("inputs", "recurrent"))


def test_what_has_no_species_or_neurons_is_refused():
    found = evolve(
        "decision", AttentionGenome(units=2), search="mutation", generations=1, population=8, trials=(40, 20)
    )
    with pytest.raises(AuritaError, match="no species"):
        p.species(found)
    with pytest.raises(AuritaError, match="expected"):
        p.topology(found.champion)
