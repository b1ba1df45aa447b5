"""A sample of rows that depends only on their ids and a seed, not on order or partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.summaries.hashing import Hashes, hash_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray


class BottomK:
    """The ``k`` rows with the smallest hash of their id.

    Parameters
    ----------
    rows : pandas.DataFrame or pandas.Series
        Sampled rows, ordered by hash. Build samples with :meth:`of` and ``+``.
    hashes : array of uint64, shape (rows, 2)
        Hash of each id, and a second one for ties.
    k : int
        Size of the sample; all rows if there are fewer.

    Notes
    -----
    Every row is as likely to be chosen as any other (Cohen and Kaplan 2007), without replacement. Ids must be
    unique: rows that share an id share a hash, and their order would decide.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": range(10)})
    >>> parts = BottomK.of(frame[:4], frame.index[:4], k=3) + BottomK.of(frame[4:], frame.index[4:], k=3)
    >>> parts.rows.equals(BottomK.of(frame[::-1], frame.index[::-1], k=3).rows)
    True
    """

    def __init__(self, rows: pd.DataFrame | pd.Series, hashes: Hashes, k: int) -> None:
        self.rows = rows
        self.hashes = hashes
        self.k = k

    @classmethod
    def of(
        cls, rows: pd.DataFrame | pd.Series, ids: pd.Series | pd.Index | NDArray[Any], k: int, seed: int = 0
    ) -> BottomK:
        """Sample rows by the hash of their ids."""
        if len(rows) != len(ids):
            raise DataError(f"{len(ids)} ids for {len(rows)} rows", "give one id for each row")
        first = hash_ids(ids, seed)
        near = np.argpartition(first, k)[: k + 1] if len(first) > k + 1 else np.arange(len(first))
        near = np.flatnonzero(first <= first[near].max()) if len(near) else near
        second = hash_ids(ids[near] if isinstance(ids, np.ndarray | pd.Index) else ids.iloc[near], ~seed)
        return cls(rows.iloc[near], np.column_stack([first[near], second]), k)._smallest()

    def _smallest(self) -> BottomK:
        order = np.lexsort((self.hashes[:, 1], self.hashes[:, 0]))[: self.k]
        return BottomK(self.rows.iloc[order], self.hashes[order], self.k)

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: BottomK) -> BottomK:
        if not isinstance(other, BottomK):
            return NotImplemented
        if self.k != other.k:
            raise DataError(f"samples of {self.k} and of {other.k} rows cannot be added", "use the same k")
        if not len(other) or not len(self):
            return self if len(self) else other
        rows: Any = pd.concat([self.rows, other.rows])
        return BottomK(rows, np.concatenate([self.hashes, other.hashes]), self.k)._smallest()
