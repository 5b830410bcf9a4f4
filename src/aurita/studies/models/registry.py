"""Models by name. Each is loaded when it is asked for: some need libraries of an extra, most need jax."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from inspect import signature

from aurita.errors import AuritaError
from aurita.studies.models.fitted import Fitted

MODELS = {
    "reservoir": "aurita.studies.models.reservoirs:reservoir",
    "society": "aurita.studies.models.society:society",
    "esn": "aurita.studies.models.reservoirs:esn",
    "global": "aurita.studies.models.reservoirs:trained_globally",
    "reservoirpy": "aurita.studies.models.peers:reservoirpy",
    "autoregression": "aurita.studies.models.linear:autoregression",
    "bare_inputs": "aurita.studies.models.linear:bare_inputs",
    "seasonal_naive": "aurita.studies.models.linear:seasonal_naive",
    "constant": "aurita.studies.models.linear:constant",
    "transformer": "aurita.studies.models.networks:transformer",
    "lstm": "aurita.studies.models.networks:lstm",
    "aur": "aurita.studies.models.notebook:aur",
    "anarchist": "aurita.studies.models.notebook:anarchist",
}
"""Where the function of each model is."""


def model_names() -> list[str]:
    """Names that `model_named` knows.

    Example:
        >>> "esn" in model_names()
        True
    """
    return list(MODELS)


def model_named(name: str) -> Callable[..., Fitted]:
    """The function of a model.

    Args:
        name: one of `MODELS`, or `module:function` of any other.

    Returns:
        `(task, splits, *, seed, **parameters) -> Fitted`.

    Raises:
        AuritaError: an unknown name; the nearest ones are listed.
        ImportError, AttributeError, ValueError: no such module or function.

    Example:
        >>> model_named("autoregression").__name__
        'autoregression'
    """
    if name not in MODELS and ":" not in name:
        near = get_close_matches(name, MODELS, n=3, cutoff=0.3) or model_names()
        raise AuritaError(f"model {name!r} is unknown; nearest: {', '.join(near)}")
    place, function = MODELS.get(name, name).split(":")
    return getattr(import_module(place), function)


def check_parameters(name: str, parameters: list[str]) -> None:
    """Complain about parameters that a model does not have.

    Raises:
        AuritaError: an unknown model or parameter; the nearest are listed.
    """
    known = [p.name for p in signature(model_named(name)).parameters.values() if p.kind is p.KEYWORD_ONLY]
    known.remove("seed")
    for parameter in parameters:
        if parameter not in known:
            near = get_close_matches(parameter, known, n=3, cutoff=0.3) or known
            raise AuritaError(f"model {name!r} has no parameter {parameter!r}; nearest: {', '.join(near)}")
