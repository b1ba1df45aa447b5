"""ReservoirSample: a fixed number of rows, each as likely as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._shares import SAMPLE_STREAM
from mlsys.steps import Field, Select
from mlsys.summaries import BottomK
from mlsys.values import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class ReservoirSample(Select):
    """Keep a fixed number of rows, the same ones whatever their order.

    Parameters
    ----------
    rows : int
        Number of rows to keep; all if there are fewer.
    seed : int
        A different seed keeps different rows.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    DataError
        If the id column is missing, or two rows have the same id.

    Notes
    -----
    Keeps the rows with the smallest hash of their id (bottom-k sampling, Cohen and Kaplan 2007): every set of rows
    of that size is equally likely, and order and partitions do not matter, unlike in the reservoir sampling that
    gives it its name (Vitter 1985). The Horvitz-Thompson weight of each kept row is all rows / kept rows; it goes
    to the weight role if there is one. One hash per row, no sort of all rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": range(100)})
    >>> sample = ReservoirSample(10).select(frame)
    >>> sample.equals(ReservoirSample(10).select(frame[::-1])[::-1]), sample["weight"].sum()
    (True, np.float64(100.0))
    """

    rows: int
    seed: int = 0
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size."""
        if self.rows < 1:
            raise ConfigurationError(f"{self.title}: rows={self.rows}", "keep at least one row")

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the id column, if there is one."""
        return () if self.id is None else (self.id,)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> tuple[pd.Series, NDArray[np.float64]]:
        """Return the mask of kept rows, and their weights."""
        ids = ids_of(frame, self.id, self.title)
        places = pd.Series(np.arange(len(frame)))
        chosen = BottomK.of(places, ids, min(self.rows, len(frame)), self.seed ^ SAMPLE_STREAM).rows
        mask = np.zeros(len(frame), dtype=bool)
        mask[chosen.to_numpy()] = True
        weights = np.where(mask, len(frame) / mask.sum(), 0.0)
        return pd.Series(mask, index=frame.index), weights


def ids_of(frame: pd.DataFrame, column: str | None, who: str) -> pd.Series | pd.Index:
    """Return the id of each row; raise if ids do not identify rows."""
    if column is None:
        return frame.index
    require_columns(frame.columns, [column], who, "correct id=, or omit it to use the index")
    ids = told_apart(frame[column], f"{who}: the id column {column!r}")
    repeated = ids.duplicated()
    if repeated.any():
        raise DataError(
            f"{who}: {int(repeated.sum()):,} rows repeat an id of column {column!r} (the first is row "
            f"{frame.index[repeated][0]!r}), so rows cannot be sampled by it",
            "name a column that identifies single rows, or omit id= to use the index",
        )
    return ids
