"""Frames with roles: what steps are shown."""

from mlsys.dataset.dataset import Dataset
from mlsys.dataset.roles import Moment, Roles, duration_of
from mlsys.dataset.rows import Rows

__all__ = ["Dataset", "Moment", "Roles", "Rows", "duration_of"]
