"""Estimators for aeon: a classifier, a regressor, a clusterer and an anomaly detector with its interface.

Series may have several channels and, in collections, different lengths. The estimators of aurita that do the work are
kept as `model_`.
"""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from aurita._typing import Float
from aurita._words import counted
from aurita.adapters._parameters import parameters_of
from aurita.data.scaling import Scaling
from aurita.engine.running import run
from aurita.errors import AuritaError, require
from aurita.estimators import ReservoirClassifier, ReservoirFeatures, ReservoirRegressor
from aurita.learning import Learning, learn
from aurita.progress import reports
from aurita.reservoir import Population, Reservoir, State
from aurita.units import AttentionUnit

require("aeon", "aeon", "aurita.adapters.aeon")

from aeon.anomaly_detection.series.base import BaseSeriesAnomalyDetector  # noqa: E402
from aeon.classification import BaseClassifier  # noqa: E402
from aeon.clustering import BaseClusterer  # noqa: E402
from aeon.regression import BaseRegressor  # noqa: E402

_OF_COLLECTIONS = {
    "X_inner_type": ["np-list", "numpy3D"],
    "capability:multivariate": True,
    "capability:unequal_length": True,
}
_LEARNT = 20


class _OfCollections:
    """What classifier and regressor share."""

    _estimator: type[ReservoirClassifier | ReservoirRegressor]

    def _fit(self: Any, X: Iterable[np.ndarray], y: np.ndarray) -> Any:
        model = self._estimator(**self.get_params(deep=False), layout="steps_first", per="sequence")
        self.model_ = model.fit(_steps_first(X), y)
        return self

    def _predict(self: Any, X: Iterable[np.ndarray]) -> np.ndarray:
        return self.model_.predict(_steps_first(X))

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> dict[str, object]:
        del parameter_set
        return {"units": 4}


@parameters_of(
    ReservoirClassifier,
    *("units", "learning", "summary", "readout", "populations", "class_weight", "ensemble", "random_state", "verbose"),
)
class AuritaClassifier(_OfCollections, BaseClassifier):
    """Classify series by a reservoir, as `ReservoirClassifier` does, with aeon's interface.

    Args:
        units, learning, summary, readout, populations, class_weight, ensemble, random_state, verbose: as of
            `ReservoirClassifier`.

    Attributes:
        model_: the fitted `ReservoirClassifier`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X = [np.sin(np.arange(n)[None] / (2 + n % 2) + rng.uniform(0, 6)) for n in range(20, 50)]
        >>> y = np.array(["slow" if n % 2 else "fast" for n in range(20, 50)])
        >>> AuritaClassifier(units=8, summary="mean_deviation").fit(X[:20], y[:20]).score(X[20:], y[20:])
        1.0
    """

    _tags = dict(_OF_COLLECTIONS)  # noqa: RUF012

    _estimator = ReservoirClassifier

    def _predict_proba(self, X: Iterable[np.ndarray]) -> np.ndarray:
        return self.model_.predict_proba(_steps_first(X))


@parameters_of(ReservoirRegressor, "units", "learning", "summary", "populations", "ensemble", "random_state", "verbose")
class AuritaRegressor(_OfCollections, BaseRegressor):
    """Predict a value for each series by a reservoir, as `ReservoirRegressor` does, with aeon's interface.

    Args:
        units, learning, summary, populations, ensemble, random_state, verbose: as of `ReservoirRegressor`.

    Attributes:
        model_: the fitted `ReservoirRegressor`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> y = rng.uniform(1, 3, size=60)
        >>> X = np.stack([np.sin(np.arange(40) / one + rng.uniform(0, 6))[None] for one in y])
        >>> model = AuritaRegressor(units=8, summary="mean_deviation").fit(X[:40], y[:40])
        >>> bool(np.abs(model.predict(X[40:]) - y[40:]).mean() < 0.1)
        True
    """

    _tags = dict(_OF_COLLECTIONS)  # noqa: RUF012

    _estimator = ReservoirRegressor


@parameters_of(ReservoirFeatures, "units", "learning", "summary", "random_state", "verbose", n_clusters=8)
class AuritaClusterer(BaseClusterer):
    """Cluster series by k-means on the pooled states of a reservoir (`ReservoirFeatures`), with aeon's interface.

    Args:
        n_clusters: number of clusters.
        units, learning, summary, random_state, verbose: as of `ReservoirFeatures`.

    Attributes:
        labels_: the cluster of each series of the fit.
        model_: the fitted pipeline of `ReservoirFeatures`, `StandardScaler` and `KMeans`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X = [np.sin(np.arange(n)[None] / (2 + n % 2) + rng.uniform(0, 6)) for n in range(20, 50)]
        >>> labels = AuritaClusterer(n_clusters=2).fit(X).labels_
        >>> len(set(labels[::2])), len(set(labels[1::2])), bool(labels[0] != labels[1])
        (1, 1, True)
    """

    _tags = dict(_OF_COLLECTIONS)  # noqa: RUF012

    def _fit(self, X: Iterable[np.ndarray], y: object = None) -> Self:
        from sklearn.cluster import KMeans
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        del y
        features = ReservoirFeatures(
            units=self.units,
            learning=self.learning,
            summary=self.summary,
            layout="steps_first",
            random_state=self.random_state,
            verbose=self.verbose,
        )
        means = KMeans(self.n_clusters, n_init=10, random_state=self.random_state)
        self.model_ = make_pipeline(features, StandardScaler(), means).fit(_steps_first(X))
        self.labels_ = means.labels_
        return self

    def _predict(self, X: Iterable[np.ndarray], y: object = None) -> np.ndarray:
        del y
        return self.model_.predict(_steps_first(X))

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> dict[str, object]:
        del parameter_set
        return {"n_clusters": 2, "units": 4}


@parameters_of(
    ReservoirFeatures, units=16, slots=4, memory=8, window=20, causal=False, learning=None, random_state=0, verbose=None
)
class AuritaAnomalyDetector(BaseSeriesAnomalyDetector):
    """Score the steps of a series by how badly units predict what they receive, after learning to (objective `self`).

    Each unit learns alone to predict its own next input on the series of `fit`, which should be normal, or mostly so.
    The score of a step is the root mean square over all slots of the error, each relative to the mean error of its slot
    in the fit, averaged over a window of steps.

    Args:
        units: attention units.
        slots: inputs of a unit.
        memory: steps that a unit remembers.
        window: steps that scores are averaged over.
        causal: whether the window ends at its step, as in `predict_next`, instead of having it in its middle.
        learning: settings of learning, with the objective `self`; None: its defaults.
        random_state: a whole number; the same gives the same scores.
        verbose: as of `ReservoirClassifier`.

    Attributes:
        reservoir_: after learning.
        usual_: the mean absolute error of each slot on the series of the fit.

    Raises:
        AuritaError: an objective other than `self`, or a series of fewer than three steps.

    Example:
        >>> wave = np.sin(np.arange(600) / 5)
        >>> odd = wave.copy()
        >>> odd[300:310] = 0.0
        >>> scores = AuritaAnomalyDetector(units=8).fit(wave).predict(odd)
        >>> bool(290 < scores.argmax() < 320)
        True
    """

    _tags = {  # noqa: RUF012
        "X_inner_type": "np.ndarray",
        "capability:multivariate": True,
        "fit_is_empty": False,
        "anomaly_output_type": "anomaly_scores",
        "learning_type:unsupervised": True,
        "learning_type:semi_supervised": True,
    }

    def __init__(self) -> None:
        super().__init__(axis=0)

    @reports
    def _fit(self, X: Float[np.ndarray, "time channel"], y: object = None) -> Self:
        del y
        learning = Learning(objective="self") if self.learning is None else self.learning
        if not isinstance(learning, Learning) or learning.objective != "self":
            raise AuritaError(f"learning is {self.learning!r}; expected Learning(objective='self', ...) or None")
        if self.window < 1 or len(X) < 3:
            raise AuritaError(
                f"window is {self.window} and the series has {counted(len(X), 'step')}; expected 1 or more, and at "
                "least 3 steps"
            )
        scaling = Scaling.of([X])
        self.scale_mean_, self.scale_deviation_ = scaling.mean, scaling.deviation
        unit = AttentionUnit(slots=self.slots, memory=self.memory)
        dense = X.shape[1] > self.slots * self.units // 2
        passage, afferents = ("mixed", "all") if dense else ("wired", None)
        population = Population(unit=unit, units=self.units, passage=passage, afferents=afferents)
        drawn = Reservoir.build([population], inputs=X.shape[1], seed=self.random_state)
        self.reservoir_, _ = learn(drawn, scaling.apply(X)[None], learning, seed=self.random_state)
        errors, _ = self._errors(X, None)
        begun = errors[min(_LEARNT, len(errors) // 2) :]
        self.usual_ = np.maximum(np.abs(begun).mean(axis=0), 1e-6)
        self._stream: State | None = None
        self._last = np.zeros(0)
        return self

    def _predict(self, X: Float[np.ndarray, "time channel"]) -> Float[np.ndarray, "time"]:
        scores, _ = self._scores(X, None)
        return _averaged(scores, self.window, causal=self.causal)

    def predict_next(self, X: np.ndarray) -> Float[np.ndarray, "time"]:
        """Scores of the next steps of a stream, each known when its step is: calls of any sizes give the same scores.

        The first call begins a stream from rest.

        Args:
            X: `(T,)` or `(T, channel)`.

        Raises:
            AuritaError: not fitted, or steps of other channels than the fit's.
        """
        self._check_is_fitted()
        values = np.asarray(X, float)
        values = values[:, None] if values.ndim == 1 else values
        if values.ndim != 2 or values.shape[1] != len(self.scale_mean_) or not np.isfinite(values).all():
            raise AuritaError(f"X has shape {values.shape}; expected finite (steps, {len(self.scale_mean_)} channels)")
        scores, self._stream = self._scores(values, self._stream)
        joined = np.concatenate([self._last, scores])
        found = _averaged(joined, self.window, causal=True)[len(self._last) :]
        self._last = joined[max(len(joined) - self.window + 1, 0) :]
        return found

    def _errors(self, X: np.ndarray, state: State | None) -> tuple[Float[np.ndarray, "time slot"], State]:
        scaled = Scaling(self.scale_mean_, self.scale_deviation_).apply(X)
        errors, state = run(self.reservoir_, scaled[None], state=state, features=("error",))
        return errors[0], state

    def _scores(self, X: np.ndarray, state: State | None) -> tuple[Float[np.ndarray, "time"], State]:
        errors, after = self._errors(X, state)
        scores = np.sqrt(np.mean((errors / self.usual_) ** 2, axis=1))
        # Units with an empty memory predict nothing yet.
        lived = np.arange(len(scores)) + (0 if state is None else int(state.time))
        scores[lived < self.memory] = 0.0
        return scores, after

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> dict[str, object]:
        del parameter_set
        return {"units": 4, "window": 3, "learning": Learning(objective="self", steps=10)}


def _averaged(scores: Float[np.ndarray, "time"], window: int, *, causal: bool) -> Float[np.ndarray, "time"]:
    """Means over windows that end at each step, or have it in their middle; windows are cut at the ends."""
    before = window - 1 if causal else window // 2
    after = 0 if causal else window - 1 - before
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    steps = np.arange(len(scores))
    first, last = np.maximum(steps - before, 0), np.minimum(steps + after + 1, len(scores))
    return (sums[last] - sums[first]) / (last - first)


def _steps_first(X: Iterable[np.ndarray]) -> list[Float[np.ndarray, "time channel"]]:
    return [np.asarray(series, float).T for series in X]
