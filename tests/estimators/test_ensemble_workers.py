"""Members of an ensemble, fitted on joblib's workers."""

import os

import joblib
import numpy as np

from aurita import EchoUnit, Population, ReservoirClassifier, ReservoirForecaster
from aurita.blas import one_thread
from aurita.learning.spread import on_workers

ECHO = Population(unit=EchoUnit(slots=8), units=1, passage="mixed", afferents="all", receives="inputs")


def test_members_fitted_by_workers_are_those_of_one_process():
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 2
    sequences = [np.sin(np.arange(12 + k % 3)[:, None] / (2 + label)) for k, label in enumerate(labels)]
    wave = np.sin(np.arange(120) / 5) + rng.normal(0, 0.1, 120)
    classifier = ReservoirClassifier(populations=[ECHO], ensemble=2, random_state=1)
    forecaster = ReservoirForecaster(populations=[ECHO], ensemble=2, horizon=3, experts=False, random_state=1)
    with one_thread():
        alone = classifier.fit(sequences, labels).predict_proba(sequences), forecaster.fit(wave).predict(3).mean
        with joblib.parallel_config("loky", n_jobs=2):
            spread = classifier.fit(sequences, labels).predict_proba(sequences), forecaster.fit(wave).predict(3).mean
    for one, other in zip(alone, spread, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-6)
    assert len(forecaster.readouts_) == 2


def test_tasks_leave_this_process_only_where_workers_are_named_and_there_are_several():
    def process(_shared, _task):
        return os.getpid()

    assert set(on_workers(process, None, range(2))) == {os.getpid()}
    with joblib.parallel_config("loky", n_jobs=2):
        assert os.getpid() not in on_workers(process, None, range(2))
        assert on_workers(process, None, [0]) == [os.getpid()]
