"""The Dask engine: partitions are processed by the workers of a cluster, one started here or one given by address."""

from mlsys.engines.dask.engine import DaskEngine

__all__ = ["DaskEngine"]
