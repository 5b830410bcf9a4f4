"""Networks trained end to end by gradients: a transformer decoder and an LSTM, at a size of one's choice."""

from aurita.studies.models.networks.trained import lstm, transformer

__all__ = ["lstm", "transformer"]
