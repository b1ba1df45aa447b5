"""Serving: writing, checking and reading a model's folder, and testing it in a separate process."""

from mlsys.serving.loaded import LoadedModel
from mlsys.serving.loading import load

__all__ = ["LoadedModel", "load"]
