"""Units with linear heads on their hidden features: their own future at each horizon, and the broadcast target."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aurita._jax import jnp
from aurita._typing import Array, Float
from aurita.units.lanes import Params, linear
from aurita.units.unit import Derived, Response, Unit

if TYPE_CHECKING:
    from aurita.units.objectives import Objective


@dataclass(frozen=True, kw_only=True)
class HeadedUnit(Unit, abstract=True):
    """Base of the units that learn by gradient: everything that concerns their heads."""

    @property
    def _phi_size(self) -> int:
        """Width of the hidden features, the inputs among them."""
        raise NotImplementedError

    def _phi(self, response: Response) -> Float[Array, "phi *lanes"]:
        kinds = ("received", "context", "hidden")
        return jnp.concatenate([response.features[kind] for kind in kinds if kind in response.features])

    def derived_features(self, targets: int) -> dict[str, Derived]:
        derived = {}
        if len(self.horizons) > 1:
            derived["ahead"] = Derived((len(self.horizons) - 1) * self.slots, self._further_predictions)
        if targets:
            derived["target"] = Derived(targets, self.target_features)
        return derived

    def trains(self, name: str, objective: "type[Objective]") -> bool:
        if name in ("target_w", "target_b"):
            return objective.target
        return objective.own or not (name in ("ahead_w", "ahead_b") or self._only_predicts(name))

    def _only_predicts(self, name: str) -> bool:
        """Whether a weight bears on the prediction of the next input alone, and on no feature."""
        raise NotImplementedError

    def target_features(self, params: Params, response: Response) -> Float[Array, "target *lanes"]:
        return linear(params["target_w"], self._phi(response)) + params["target_b"]

    def _further_predictions(self, params: Params, response: Response) -> Float[Array, "prediction *lanes"]:
        """The unit's own inputs at its horizons after the first, stacked."""
        return linear(params["ahead_w"], self._phi(response)) + params["ahead_b"]

    def _predictions(self, params: Params, response: Response) -> Float[Array, "horizon slot *lanes"]:
        first = self._first_prediction(params, response)[None]
        if len(self.horizons) == 1:
            return first
        further = self._further_predictions(params, response)
        return jnp.concatenate([first, further.reshape(len(self.horizons) - 1, self.slots, *further.shape[1:])])

    def _first_prediction(self, params: Params, response: Response) -> Float[Array, "slot *lanes"]:
        """The unclipped output: the prediction that the local loss scores."""
        raise NotImplementedError

    def _init_heads(self, normals: Callable[..., np.ndarray], targets: int) -> dict[str, np.ndarray]:
        """Zero heads for targets, so that all units start from the same guess; random ones for further horizons."""
        params: dict[str, np.ndarray] = {}
        if len(self.horizons) > 1:
            ahead = (len(self.horizons) - 1) * self.slots
            params |= {"ahead_w": normals(ahead, self._phi_size), "ahead_b": 0 * normals(ahead)}
        if targets:
            params |= {"target_w": 0 * normals(targets, self._phi_size), "target_b": 0 * normals(targets)}
        return params

    def _shapes_of_heads(self, targets: int) -> dict[str, tuple[int, ...]]:
        """Shapes of what `_init_heads` draws."""
        ahead = (len(self.horizons) - 1) * self.slots
        shapes: dict[str, tuple[int, ...]] = {}
        if ahead:
            shapes |= {"ahead_w": (ahead, self._phi_size), "ahead_b": (ahead,)}
        if targets:
            shapes |= {"target_w": (targets, self._phi_size), "target_b": (targets,)}
        return shapes
