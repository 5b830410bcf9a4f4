"""A readout of somebody's own that has no weights: the mean of the targets."""

import numpy as np

from aurita.readout import Readout


class Average(Readout):
    """Predicts the same for all rows."""

    def fit(self, features, targets):
        self.mean_ = np.asarray(targets, float).mean(0)
        return self

    def predict(self, features):
        return np.repeat(self.mean_[None], len(features), 0)
