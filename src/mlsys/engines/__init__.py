"""Where work happens: one machine, or a cluster."""

from mlsys.engines.choosing import AnyEngine, engine_of, opened
from mlsys.engines.dask import DaskEngine
from mlsys.engines.local import LocalEngine
from mlsys.tables import Engine

__all__ = ["AnyEngine", "DaskEngine", "Engine", "LocalEngine", "engine_of", "opened"]
