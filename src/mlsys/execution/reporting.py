"""What reports and sinks see of a part: columns as they left the split, added columns, and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from mlsys.dataset import beside
from mlsys.errors import DataError
from mlsys.tables import Table


def loader(
    raw: Table, current: Table | None, predictions: Table | None
) -> Callable[[Sequence[str] | None], pd.DataFrame]:
    """Return what reads some columns of a part, or all."""

    def load(columns: Sequence[str] | None) -> pd.DataFrame:
        there = raw.head(0).columns
        frame = raw.frame(None if columns is None else [name for name in columns if name in there])
        added = [] if current is None else [name for name in current.head(0).columns if name not in there]
        wanted = added if columns is None else [name for name in added if name in set(columns)]
        if wanted and current is not None:
            extra = current.frame(wanted)
            if extra.index.equals(frame.index):
                frame = pd.concat([frame, extra], axis=1)
        if predictions is None:
            return frame
        written = predictions.head(0).columns
        return beside(frame, predictions.frame([name for name in written if columns is None or name in set(columns)]))

    return load


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
