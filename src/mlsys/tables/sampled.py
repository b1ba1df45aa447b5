"""A sample that is the same whatever the partitions: the rows whose ids have the smallest hashes, in plan order."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlsys.summaries import sample_by_hash


@dataclass(frozen=True)
class Sampled:
    """Rows chosen among those of some partitions; adding goes on choosing, so that few rows are ever held.

    Parameters
    ----------
    rows : DataFrame
        The rows chosen, in plan order; the index has their ids.
    most : int
        How many are chosen.
    stream : int
        Another number chooses other rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": range(10)})
    >>> parts = Sampled.of(frame[:4], 3) + Sampled.of(frame[4:], 3)
    >>> parts.rows.equals(Sampled.of(frame, 3).rows)
    True
    """

    rows: pd.DataFrame
    most: int
    stream: int = 0

    @classmethod
    def of(cls, rows: pd.DataFrame, most: int, stream: int = 0) -> Sampled:
        """Choose among the rows of one partition."""
        return cls(sample_by_hash(rows, most, stream), most, stream)

    def __add__(self, other: Sampled) -> Sampled:
        return Sampled.of(pd.concat([self.rows, other.rows]), self.most, self.stream)
