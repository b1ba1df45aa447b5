"""What notebooks show of errors."""

from mlsys.notebooks.shell import install, restore

__all__ = ["install", "restore"]
