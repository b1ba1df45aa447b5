"""Every column of rows at a glance."""

from mlsys.overview.column import Alone, Described, Moved, Use, described
from mlsys.overview.looking import alone_of, moved_of, some_rows
from mlsys.overview.overview import Overview
from mlsys.overview.spread import Spread

__all__ = ["Alone", "Described", "Moved", "Overview", "Spread", "Use", "alone_of", "described", "moved_of", "some_rows"]
