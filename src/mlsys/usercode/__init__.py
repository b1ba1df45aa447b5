"""User code: what a step reaches of it, whether it was edited, and its source in a model."""

from mlsys.usercode.imports import finds_beside
from mlsys.usercode.source import named

__all__ = ["finds_beside", "named"]
