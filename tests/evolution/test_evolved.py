"""Evolved reservoirs as everyday ones: the same states, in estimators, saved and loaded."""

import numpy as np
import pytest

import aurita
from aurita.errors import AuritaError
from aurita.estimators import ReservoirClassifier
from aurita.evolution import EvolvedReservoir, Genome, TrialSource
from aurita.evolution.evolving import scored_unseen


@pytest.fixture
def evolved():
    genes = Genome(neurons=7, most=10, density=0.7).start(np.random.default_rng(2), 1, 8)
    genes.alive[0, 2] = genes.output_mask[0, 4] = False
    return EvolvedReservoir(genes)


def by_hand(genes, x):
    numbers = {name: value[0].astype(float) for name, value in genes.effective().items()}
    s, states = np.zeros(len(numbers["bias"])), []
    for received in x:
        new = np.tanh(numbers["inputs"] @ received + numbers["recurrent"] @ s + numbers["bias"])
        s = (1 - numbers["leak"]) * s + numbers["leak"] * new
        states.append(numbers["output_mask"] * s)
    return np.array(states)[:, genes.alive[0]]


def test_its_states_are_those_of_the_search(evolved):
    x = np.random.default_rng(0).normal(size=(3, 20, 8))
    states, _ = aurita.run(evolved.reservoir(), x, features=("output",))
    assert states.shape == (3, 20, 6)
    for predicted, sequence in zip(states, x, strict=True):
        np.testing.assert_allclose(predicted, by_hand(evolved.genes, sequence), atol=1e-5)


def test_the_seed_of_an_estimator_changes_nothing_and_its_score_is_the_searchs(evolved):
    fitted, unseen = TrialSource("decision", fitted=300, scored=1).unseen(0, 300)
    scores = [
        evolved.classifier(random_state=seed).fit(fitted.inputs, fitted.targets).score(unseen.inputs, unseen.targets)
        for seed in (0, 1)
    ]
    assert scores[0] == scores[1]
    theirs = scored_unseen(Genome(), evolved.genes, fitted, unseen).score[0]
    assert scores[0] == pytest.approx(theirs, abs=0.03)


def test_it_joins_other_populations(evolved):
    society = [evolved.population(), aurita.Population(unit=aurita.AttentionUnit(slots=3), units=4)]
    fitted, _ = TrialSource("decision", fitted=60, scored=1).unseen(0, 10)
    model = ReservoirClassifier(society, scale_inputs=False).fit(fitted.inputs, fitted.targets)
    assert model.predict(fitted.inputs).shape == (60,)


def test_saved_alone_or_in_a_fitted_model_it_says_the_same(evolved, tmp_path):
    evolved.save(tmp_path / "one.evolved")
    back = EvolvedReservoir.load(tmp_path / "one.evolved")
    for name, value in evolved.numbers.items():
        np.testing.assert_array_equal(back.numbers[name], value)
    fitted, unseen = TrialSource("decision", fitted=60, scored=1).unseen(0, 20)
    model = evolved.classifier().fit(fitted.inputs, fitted.targets)
    model.save(tmp_path / "model.aurita")
    loaded = aurita.load(tmp_path / "model.aurita")
    np.testing.assert_array_equal(model.decision_function(unseen.inputs), loaded.decision_function(unseen.inputs))


def test_sequences_of_other_channels_and_genes_of_many_are_refused(evolved):
    with pytest.raises(AuritaError, match="8 external inputs and receives 5"):
        evolved.classifier().fit(np.zeros((20, 6, 5)), np.arange(20) % 2)
    with pytest.raises(AuritaError, match="3 reservoirs"):
        EvolvedReservoir(evolved.genes.take([0, 0, 0]))
