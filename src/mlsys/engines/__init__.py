"""Where work happens: one machine, or a cluster."""

from mlsys.engines.local import LocalEngine
from mlsys.tables import Engine

__all__ = ["Engine", "LocalEngine"]
