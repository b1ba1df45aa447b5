"""Serving: a model's folder, written, checked, read, and asked in a process of its own."""

from mlsys.serving.loaded import LoadedModel
from mlsys.serving.loading import load

__all__ = ["LoadedModel", "load"]
