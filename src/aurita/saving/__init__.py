"""Saving and loading: one format for everything that is kept."""

from aurita.saving.files import FORMAT, load, save

__all__ = ["FORMAT", "load", "save"]
