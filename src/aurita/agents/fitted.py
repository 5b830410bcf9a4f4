"""Agents in files: what a fit left, held against each other so that it can act."""

import numpy as np

from aurita._kinds import saved
from aurita._typing import Document
from aurita.agents._acting import acting_in
from aurita.agents._checks import check_agent
from aurita.agents._senses import width_of
from aurita.agents.agent import ReservoirAgent
from aurita.errors import AuritaError
from aurita.reservoir import Reservoir
from aurita.worlds import Continuous, Discrete

_MOST = 1 << 20
_LARGEST = 1e12
_FORMER = {"hears": "receives"}
_FITTED = (
    *("actions_", "history_", "log_deviation_", "observation_size_", "optimiser_", "reservoir_", "seed_", "senses_"),
    *("partners_", "silent_", "steps_", "symbiosis_"),
)


def check_fitted_agent(agent: ReservoirAgent) -> None:
    """Refuse an agent whose fitted attributes do not fit each other; one that is not fitted has none.

    Raises:
        AuritaError: an attribute that is missing, of another type or shape, or not finite.
    """
    check_agent(agent)
    if not hasattr(agent, "reservoir_"):
        return
    reservoir, actions, seen = agent.reservoir_, agent.actions_, agent.observation_size_
    if not isinstance(reservoir, Reservoir) or not isinstance(actions, Discrete | Continuous):
        raise AuritaError("the agent has no units, or no actions")
    if type(seen) is not int or not 1 <= seen <= _MOST or reservoir.inputs != seen + width_of(actions) + 2:
        raise AuritaError(f"the agent sees {seen!r} numbers and its units receive {reservoir.inputs}, which do not fit")
    outputs = acting_in(actions).outputs
    if reservoir.targets != outputs + 1:
        raise AuritaError(
            f"the units have {reservoir.targets} heads; expected {outputs} for actions and one for a value"
        )
    for name in ("seed_", "steps_"):
        if type(getattr(agent, name, None)) is not int or getattr(agent, name) < 0:
            raise AuritaError(f"{name} of the agent is no whole number from 0")
    units, changes = reservoir.units, agent.partners_
    if not isinstance(changes, np.ndarray) or changes.dtype.kind != "i" or changes.shape[1:] != (4,):
        raise AuritaError("the agent's changes of partners are no rows of four whole numbers")
    _array("silent_", agent.silent_, (units,), "b")
    _array("log_deviation_", agent.log_deviation_, (outputs if isinstance(actions, Continuous) else 0,))
    for name, size in (("observed", seen), ("returned", 1)):
        moments = _table(agent.senses_, name)
        _array(f"the mean of what was {name}", moments.get("mean"), (size,))
        _array(f"the spread of what was {name}", moments.get("squares"), (size,))
        count = moments.get("count")
        if not isinstance(count, float) or not 0 <= count < _LARGEST or (moments["squares"] < 0).any():
            raise AuritaError(f"the moments of what was {name} are none")
    for name, shape in (("help", (units,)), ("size", (units,)), ("divergence", (units,)), ("pairs", (units, units))):
        _array(name, _table(agent.__dict__, "symbiosis_").get(name), shape)
    # Files of agents that were saved before help had a direction have none.
    _array("helps", agent.symbiosis_.get("helps", agent.symbiosis_["pairs"]), (units, units))
    if not isinstance(agent.symbiosis_.get("count"), float):
        raise AuritaError("the symbiosis of the agent is of no number of steps")
    history = _table(agent.__dict__, "history_")
    if not all(isinstance(part, np.ndarray) and part.dtype.kind in "if" for part in history.values()):
        raise AuritaError("the history of the agent is no table of numbers")


def _parts(agent: ReservoirAgent) -> Document:
    check_fitted_agent(agent)
    parameters = agent.get_params(deep=False)
    # Who watched a fit is nothing that a model keeps; what was drawn of a generator gives the same fit again.
    parameters["callback"] = None
    parameters["verbose"] = None if callable(parameters["verbose"]) else parameters["verbose"]
    if isinstance(parameters["random_state"], np.random.RandomState | np.random.Generator):
        if not hasattr(agent, "seed_"):
            raise AuritaError("random_state is a generator, which cannot be saved; fit first, or give a whole number")
        parameters["random_state"] = agent.seed_
    fitted = {name: value for name, value in vars(agent).items() if name.endswith("_") and name not in parameters}
    return {"parameters": parameters, "fitted": fitted}


def _made(parts: Document) -> ReservoirAgent:
    made = ReservoirAgent(**{_FORMER.get(name, name): value for name, value in parts["parameters"].items()})
    for name, value in parts["fitted"].items():
        if name not in _FITTED:
            raise AuritaError(f"the file sets {name!r}, which is nothing that a fit of an agent leaves")
        setattr(made, name, value)
    check_fitted_agent(made)
    return made


saved(_parts, _made)(ReservoirAgent)


def _table(given: object, name: str) -> Document:
    found = given.get(name) if isinstance(given, dict) else None
    if not isinstance(found, dict):
        raise AuritaError(f"{name} of the agent is a {type(found).__name__}; expected a table")
    return found


def _array(name: str, value: object, shape: tuple[int, ...], kind: str = "f") -> None:
    if not isinstance(value, np.ndarray) or value.shape != shape or value.dtype.kind != kind:
        raise AuritaError(
            f"{name} of the agent is of shape {getattr(value, 'shape', ())}; expected an array of shape {shape}"
        )
    if kind == "f" and not (np.abs(value) < _LARGEST).all():
        raise AuritaError(f"{name} of the agent holds numbers that are not finite, or absurdly large")
