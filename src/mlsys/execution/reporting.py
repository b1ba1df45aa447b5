"""What reports and sinks see of a part: columns as they left the split, added columns, and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from mlsys.dataset import beside
from mlsys.errors import DataError
from mlsys.tables import Table


@dataclass(frozen=True)
class Loader:
    """Reads some columns of a part, or all.

    Parameters
    ----------
    raw : Table
        The part as it left the split.
    current : Table or None
        The part after the steps since then.
    predictions : Table or None
        What the model says of it.
    """

    raw: Table
    current: Table | None
    predictions: Table | None

    def __call__(self, columns: Sequence[str] | None) -> pd.DataFrame:
        """Return the columns that are there."""
        there = self.raw.head(0).columns
        frame = self.raw.frame(None if columns is None else [name for name in columns if name in there])
        wanted = self._added(columns)
        if wanted and self.current is not None:
            extra = self.current.frame(wanted)
            if extra.index.equals(frame.index):
                frame = pd.concat([frame, extra], axis=1)
        if self.predictions is None:
            return frame
        written = self.predictions.head(0).columns
        named = [name for name in written if columns is None or name in set(columns)]
        return beside(frame, self.predictions.frame(named))

    def _added(self, columns: Sequence[str] | None) -> list[str]:
        """Return the columns that steps after the split have added, or those of ``columns``."""
        there = self.raw.head(0).columns
        added = [] if self.current is None else [name for name in self.current.head(0).columns if name not in there]
        return added if columns is None else [name for name in added if name in set(columns)]


class PieceLoader(Loader):
    """Reads a part that is not in memory; it is summarized and sampled partition by partition."""

    def reduce(self, function: Callable[[pd.DataFrame], Any], columns: Sequence[str]) -> Any:
        """Return the sum of what a function makes of each partition."""
        if self._added(columns):
            return function(self(columns))
        there = self.raw.head(0).columns
        narrow = [name for name in columns if name in there]
        return self.raw.reduce(partial(_of_some, function, narrow), narrow)

    def sample(self, most: int, columns: Sequence[str] | None, further: Sequence[str] = ()) -> pd.DataFrame:
        """Return at most so many rows: ``columns`` as they left the split, and of what was added since, ``further``."""
        there = self.raw.head(0).columns
        narrow = None if columns is None else [name for name in columns if name in there]
        rows, wanted = self.raw.sample(most, columns=narrow), self._added(further)
        if not wanted or self.current is None:
            return rows
        extra = self.current.frame(wanted)
        return pd.concat([rows, extra.loc[rows.index]], axis=1) if rows.index.isin(extra.index).all() else rows


def _of_some(function: Callable[[pd.DataFrame], Any], columns: Sequence[str], frame: pd.DataFrame) -> Any:
    return function(frame[list(columns)])


def loader(raw: Table, current: Table | None, predictions: Table | None) -> Loader:
    """Return what reads some columns of a part, or all."""
    return (Loader if raw.in_memory else PieceLoader)(raw, current, predictions)


def with_predictions(part: Table, predictions: Table | None, who: str) -> Table:
    """Return a part with its predictions, as it is written outside."""
    if predictions is None:
        return part
    predicted = predictions.frame()
    twice = [name for name in predicted.columns if name in part.head(0).columns]
    if twice:
        raise DataError(
            f"{who} writes rows beside their predictions, and {twice[0]!r} is a column of both",
            f"rename the data column first, such as frame.rename(columns={{{twice[0]!r}: 'earlier_{twice[0]}'}})",
        )
    return part.map(lambda frame: pd.concat([frame, predicted.loc[frame.index]], axis=1))
