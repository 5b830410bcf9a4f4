"""Seeing a reservoir: its states in a plane, its wiring, its learning, and what came of it.

Every picture is one call that returns a Plotly figure; `save_static` writes it as PNG, SVG or PDF through matplotlib.
Both draw the same small description (`aurita.pictures.drawing`). `write_page` puts all of it into one HTML file.
"""

from importlib import import_module

_HOMES: dict[str, str] = {
    "ProgressLog": "progress",
    "read_progress": "progress",
    "write_page": "paging",
    "page": "paging",
    "seen": "contents",
    "Embedding": "embedding",
    "States": "states",
    "attention_map": "statespace",
    "attention_weights": "attending",
    "critical_difference": "compared",
    "differences": "compared",
    "distance_matrix": "wired",
    "error_ahead": "forecasts",
    "fit_embedding": "embedding",
    "forecast": "forecasts",
    "kept_together": "measures",
    "local_losses": "learnt",
    "loss_map": "learnt",
    "rank_of": "measures",
    "rank_of_states": "learnt",
    "readout_weights": "learnt",
    "save_static": "static",
    "scores": "compared",
    "spaced_set": "wired",
    "state_space": "statespace",
    "states_from": "states",
    "states_of": "visiting",
    "told_by_units": "measures",
    "connectivity": "evolved",
    "fitness": "evolved",
    "motif_counts": "evolved",
    "removals": "evolved",
    "sizes": "evolved",
    "species": "evolved",
    "topology": "evolved",
    "trajectories": "statespace",
    "unit_activity": "statespace",
    "who_tells": "statespace",
    "wiring_graph": "wired",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"aurita.pictures.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'aurita.pictures' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
