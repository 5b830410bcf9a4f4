"""The constructors of the estimators: every parameter once, with its type and its default.

They derive from nothing: beside a base that type checkers do not see, they would let any argument pass.
The estimator's own documentation explains each; `aurita.estimators._parameters` lists what it may be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

from aurita.estimators.online import Online
from aurita.learning import Learning
from aurita.readout import Readout, Summary
from aurita.reservoir import Population


@dataclass(eq=False, repr=False)
class ReservoirParameters:
    """Of all estimators: the reservoir, how it learns, what is seen of it."""

    populations: Population | Iterable[Population] | None = None
    _: KW_ONLY
    units: int | None = None
    learning: Learning | str | None = "default"
    features: Sequence[str] | None = None
    clock: Sequence[float] = ()
    scale_inputs: bool = True
    random_state: object = 0
    verbose: object = None


@dataclass(eq=False, repr=False, kw_only=True)
class FeaturesParameters(ReservoirParameters):
    """Of sequences whose states are summarised."""

    summary: str | Summary = "mean_deviation"
    washout: int = 0
    layout: str = "auto"


@dataclass(eq=False, repr=False, kw_only=True)
class SequenceParameters(FeaturesParameters):
    """Of sequences that are read out."""

    summary: str | Summary = "times:4"
    readout: Readout | type[Readout] | str | None = None
    alphas: Sequence[float] | None = None
    selection: str = "loo"
    per: str = "auto"
    shapes: str = "auto"
    ensemble: int = 1
    online: Online | None = None


@dataclass(eq=False, repr=False, kw_only=True)
class ClassifierParameters(SequenceParameters):
    """Of a classifier."""

    class_weight: Mapping[object, float] | str | None = None


@dataclass(eq=False, repr=False, kw_only=True)
class ForecasterParameters(ReservoirParameters):
    """Of a forecaster."""

    horizon: int = 10
    strategy: str = "recursive"
    predicts: str = "values"
    difference: int | str = "auto"
    season: int | Sequence[int] | None = None
    readout: type[Readout] | str | None = None
    alphas: Sequence[float] | None = None
    selection: str = "rollout"
    noise: float = 0.0
    washout: int | None = None
    calibration: float = 0.3
    lower: float | None = None
    upper: float | None = None
    experts: bool | None = None
    ensemble: int = 1
    online: Online | None = None


for _parameters, _estimator in (
    (FeaturesParameters, "ReservoirFeatures"),
    (SequenceParameters, "ReservoirRegressor"),
    (ClassifierParameters, "ReservoirClassifier"),
    (ForecasterParameters, "ReservoirForecaster"),
):
    # A wrong argument is complained about under the name that was called.
    _parameters.__init__.__qualname__ = f"{_estimator}.__init__"
