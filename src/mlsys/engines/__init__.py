"""Where work happens: one machine, or a cluster."""

from mlsys.engines.local import Engine, LocalEngine

__all__ = ["Engine", "LocalEngine"]
