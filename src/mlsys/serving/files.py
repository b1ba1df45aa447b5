"""The names that a model's folder is made of."""

from __future__ import annotations

FORMAT = 2
"""Version of the folder's layout."""
DESCRIPTION = "pipeline.json"
"""File that says what the model is made of."""
CODE_REFERENCE = "__code__"
"""Key of an object in the configuration that stands for a function or class."""
