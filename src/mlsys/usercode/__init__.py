"""Code of the user's: what of it a step reaches, whether it was edited, and its source beside a model."""

from mlsys.usercode.source import named

__all__ = ["named"]
