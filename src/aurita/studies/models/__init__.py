"""What a study compares, by name: reservoirs and the models beside them.

A model is a function `(task, splits, *, seed, **parameters) -> Fitted`: it fits on `task.train` alone and predicts the
splits asked for. Its keyword arguments are what a study may set or search.
"""

from aurita.studies.models.fitted import Features, Fitted, Predictions, ReadOut, read_out
from aurita.studies.models.registry import MODELS, model_named, model_names

__all__ = ["MODELS", "Features", "Fitted", "Predictions", "ReadOut", "model_named", "model_names", "read_out"]
