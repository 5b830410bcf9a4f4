"""The protocol of readouts: what estimators, files and pictures ask of them; they never look at the type.

A new readout is a subclass of `Readout` in one file, anywhere: defining it registers it. It has to `fit` rows and to
`predict` others. What it was made with are the parameters of its `__init__`, stored by their names, and what it fitted
are numbers and arrays whose names end in `_`; then it is saved and loaded like the package's own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from aurita._registry import Registry
from aurita._typing import Bool, Document, Float
from aurita.errors import AuritaError
from aurita.readout.moments import Moments

Weights = tuple[Float[np.ndarray, "feature output"], Float[np.ndarray, " output"]]


class Table(NamedTuple):
    """What a readout is fitted on, as an estimator has it.

    Attributes:
        features: of all rows.
        targets: of all rows; one-hot for classes.
        weights: of rows, zero or more; None: 1 each.
        groups: rows of one group are left out together; None: each row for itself.
        views: the features of each population of units, by number.
        votes: weights of these in a committee; None: all the same.
        judges: whose errors on rows left out are a committee's; None: all, as nobody knows the rows.
    """

    features: Float[np.ndarray, "row feature"]
    targets: Float[np.ndarray, "row output"]
    weights: Float[np.ndarray, " row"] | None = None
    groups: np.ndarray | None = None
    views: Callable[[], Sequence[ArrayLike]] = tuple
    votes: Float[np.ndarray, " member"] | None = None
    judges: Bool[np.ndarray, " member"] | None = None


class RowPieces(NamedTuple):
    """What a readout is fitted on, as an estimator has it where the rows do not fit into memory.

    Attributes:
        rows: gives a fresh iterator over features and targets, the same at each call.
        views: the features of each population of units, by number, for so many features.
        votes: weights of these in a committee; None: all the same.
        judges: whose errors on rows left out are a committee's; None: all.
    """

    rows: Callable[[], Iterable[tuple[Float[np.ndarray, "row feature"], Float[np.ndarray, "row output"]]]]
    views: Callable[[int], Sequence[ArrayLike]]
    votes: Float[np.ndarray, " member"] | None = None
    judges: Bool[np.ndarray, " member"] | None = None


class Readout:
    """Base of all readouts.

    Attributes:
        name: as estimators name it, within the package only.
        classes: whether it tells classes apart and predicts nothing else.
        probabilities: whether its scores are logarithms of probabilities.
        streams: whether `fit_stream` fits rows that are never all in memory.
        coef_, intercept_: of what is fitted and linear.
        follows: whether `learn_many` goes on from what was learnt before.

    Example:
        >>> READOUTS.find("ridge")().config()["selection"]
        'loo'
    """

    name: ClassVar[str] = ""
    classes: ClassVar[bool] = False
    probabilities: ClassVar[bool] = False
    streams: ClassVar[bool] = False
    follows: ClassVar[bool] = False

    if TYPE_CHECKING:
        # What linear readouts have once they are fitted: attributes or properties, as each of them likes.
        @property
        def coef_(self) -> Float[np.ndarray, "feature output"]: ...

        @property
        def intercept_(self) -> Float[np.ndarray, " output"]: ...

        @property
        def error_(self) -> Float[np.ndarray, " output"]: ...

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        READOUTS.register(cls.name)(cls)

    @classmethod
    def made(cls, *, alphas: Sequence[float] | None = None, selection: str = "loo", floor: float = 0.0) -> Self:
        """A readout with the settings of an estimator, as far as it has any use for them.

        Args:
            alphas: penalties to choose from.
            selection: how they are chosen.
            floor: least deviation of a feature, as a share of the median one.
        """
        del alphas, selection, floor
        return cls()

    def fit(self, features: ArrayLike, targets: ArrayLike) -> Self:
        """Fit on rows `(row, feature)` and targets `(row, output)`."""
        raise NotImplementedError

    def predict(self, features: ArrayLike) -> np.ndarray:
        """Targets of new rows, `(row, output)`."""
        raise NotImplementedError

    def fit_table(self, table: Table) -> Self:
        """Fit on what an estimator has; on features and targets alone by default.

        Raises:
            AuritaError: rows that do not weigh the same, where the readout takes no weights.
        """
        weights = table.weights
        if weights is not None and not (weights == weights[:1]).all():
            raise AuritaError(f"{type(self).__name__} takes no weights of rows; use readout='ridge', or no weights")
        return self.fit(table.features, table.targets)

    def fit_pieces(self, pieces: RowPieces) -> Self:
        """Fit on rows that do not fit into memory.

        Raises:
            AuritaError: the readout goes over all rows many times.
        """
        raise AuritaError(
            f"{type(self).__name__} keeps all rows, and those of a dataset do not fit into memory; use readout='ridge'"
        )

    def scores(self, features: ArrayLike) -> Float[np.ndarray, "row output"]:
        """What is averaged over an ensemble: predictions, one score a class where there are classes."""
        predicted = np.asarray(self.predict(features))
        return predicted.reshape(len(predicted), -1)

    def numbers(self) -> int:
        """How many numbers a fit has found: weights and intercepts where it is linear, all that is saved elsewhere."""
        if hasattr(self, "coef_"):
            return int(np.size(self.coef_) + np.size(self.intercept_))
        return sum(array.size for array in self.to_arrays().values())

    def linear_weights(self) -> Weights:
        """Weights and intercepts.

        Raises:
            AuritaError: the readout has none.
        """
        if not hasattr(self, "coef_"):
            raise AuritaError(f"a {type(self).__name__} has no coef_ and intercept_, which this needs")
        return np.asarray(self.coef_, float), np.asarray(self.intercept_, float)

    def _fitted(self) -> None:
        if not hasattr(self, "coef_"):
            raise AuritaError(f"this {type(self).__name__} is not fitted; call fit first")

    def spread(self) -> float:
        """The size of an error, in which scores become probabilities."""
        error = getattr(self, "error_", None)
        return 1.0 if error is None or self.probabilities else float(np.mean(error))

    @classmethod
    def weights_by_penalty(cls, moments: Moments) -> Callable[[float], Weights]:
        """Weights and intercepts from sums over rows, as a function of the penalty: what forecasts want.

        Raises:
            AuritaError: the readout is none of sums.
        """
        del moments
        raise AuritaError(f"{cls.__name__} cannot be fitted on moments, which forecasts want; use readout='ridge'")

    @classmethod
    def at_penalty(cls, moments: Moments, alpha: float) -> Self:
        """The readout of these sums and this penalty, with `coef_`, `intercept_` and `error_`.

        Raises:
            AuritaError: the readout is none of sums.
        """
        made = cls()
        coef, intercept = cls.weights_by_penalty(moments)(alpha)
        vars(made).update(coef_=coef, intercept_=intercept, error_=np.zeros(len(intercept)))
        return made

    def config(self) -> Document:
        """Settings as plain values, for JSON: the parameters of `__init__`."""
        return {name: _plain(getattr(self, name)) for name in signature(type(self)).parameters}

    def to_arrays(self) -> dict[str, np.ndarray]:
        """What was fitted, as named arrays: attributes whose names end in `_`.

        Raises:
            AuritaError: not fitted, for the readouts of the package.
        """
        return {name[:-1]: np.asarray(value) for name, value in vars(self).items() if name.endswith("_")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, object]) -> Self:
        """The readout that `to_arrays` and `config` came from; it predicts the same bytes.

        Raises:
            AuritaError: settings that it does not take, or arrays that are missing or of the wrong shape.
        """
        made = cls.from_config(config)
        for name, array in arrays.items():
            if not name.isidentifier() or callable(getattr(made, f"{name}_", None)):
                raise AuritaError(f"the saved readout sets {name!r}, which is nothing that a fit leaves")
            setattr(made, f"{name}_", array[()] if array.ndim == 0 else array)
        return made

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """The readout that `config` came from, not fitted.

        Raises:
            AuritaError: settings that it does not take.
        """
        names = signature(cls).parameters
        try:
            return cls(**{name: value for name, value in config.items() if name in names})
        except TypeError as error:
            raise AuritaError(f"a {cls.__name__} does not take these settings: {error}") from None

    def check(self, shape: tuple[int, int], largest: float) -> None:
        """Refuse a readout from elsewhere that no fit on so many features and outputs can have left.

        Args:
            shape: features, outputs.
            largest: bound on the weights.

        Raises:
            AuritaError: weights or errors of another shape or type, not finite, or too large.
        """
        if not hasattr(self, "coef_"):
            return
        coef, intercept = np.asarray(self.coef_), np.asarray(getattr(self, "intercept_", 0))
        if coef.shape != shape or intercept.shape != shape[1:]:
            raise AuritaError(f"a readout has weights of shape {coef.shape} and {intercept.shape}; expected {shape}")
        if coef.dtype.kind != "f" or intercept.dtype.kind != "f":
            raise AuritaError(f"a readout has weights of {coef.dtype} and {intercept.dtype}; expected floating numbers")
        _check_finite([coef, intercept], largest)
        if self.probabilities or not hasattr(self, "error_"):
            return
        error = np.asarray(self.error_)
        if error.shape != shape[1:] or error.dtype.kind != "f" or getattr(self, "_flat", False):
            raise AuritaError(f"a readout has errors of shape {error.shape}; expected {shape[1:]}")
        _check_finite([error], np.inf)


READOUTS: Registry[type[Readout]] = Registry.of_subclasses("readout", Readout)
"""Readouts by name."""


def _check_finite(arrays: Sequence[np.ndarray], largest: float) -> None:
    for array in arrays:
        # A NaN makes the maximum NaN, and no comparison with NaN holds.
        if array.size and not float(np.abs(array).max()) < largest:
            bound = "" if largest == np.inf else f" below {largest:g}"
            raise AuritaError(f"a readout holds NaN, infinite or absurdly large values; expected finite ones{bound}")


def _plain(value: object) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
