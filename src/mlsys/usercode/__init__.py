"""Code of the user's: what of it a step reaches, whether it was edited, and its source beside a model."""

from mlsys.usercode.imports import finds_beside
from mlsys.usercode.source import named

__all__ = ["finds_beside", "named"]
