"""The distinct texts of a column: all of them while they are few, else a sample and an estimate of how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.summaries.hashing import hash_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST = 10_000
"""Texts that are kept: an estimate of how many there are is then off by 1 % (its standard error, 1/sqrt(k - 2))."""
_LONGEST = 200
"""Of longer texts the beginning is kept; they are told apart by all of it."""


@dataclass(frozen=True)
class Distinct:
    """Distinct texts with their counts, those with the smallest hashes where there are more than are kept.

    Parameters
    ----------
    texts : tuple of str
        Ordered by hash, at most 200 characters of each.
    hashes : array of uint64
        Of the whole texts.
    counts : array of int64
        Rows of each.

    Notes
    -----
    K minimum values (Bar-Yossef et al. 2002; Beyer et al. 2007): a text that is kept of all rows was kept of each
    part, so its count is exact, and nothing depends on partitions or order.

    Examples
    --------
    >>> both = Distinct.of(["a", "b"], [2, 1]) + Distinct.of(["b"], [3])
    >>> dict(zip(both.texts, both.counts.tolist())) == {"a": 2, "b": 4}, both.number
    (True, 2)
    """

    texts: tuple[str, ...]
    hashes: NDArray[np.uint64]
    counts: NDArray[np.int64]
    most: int = MOST

    @classmethod
    def of(cls, texts: Sequence[str] | pa.LargeStringArray, counts: Any, most: int = MOST) -> Distinct:
        """Summarize texts, which may repeat, with how often each occurs."""
        given = texts if isinstance(texts, pa.LargeStringArray) else pa.array(texts, type=pa.large_string())
        hashes = hash_ids(pd.Series(pd.array(given, dtype=pd.StringDtype(na_value=np.nan))))
        return cls._smallest(given, hashes, np.asarray(counts, dtype=np.int64), most)

    @classmethod
    def _smallest(
        cls,
        texts: Sequence[Any] | pa.LargeStringArray,
        hashes: NDArray[Any],
        counts: NDArray[Any],
        most: int,
    ) -> Distinct:
        kept, first, place = np.unique(hashes, return_index=True, return_inverse=True)
        summed = np.zeros(len(kept), dtype=np.int64)
        np.add.at(summed, place, counts)
        found = tuple(str(texts[at])[:_LONGEST] for at in first[:most].tolist())
        return cls(found, kept[:most], summed[:most], most)

    def __add__(self, other: Distinct) -> Distinct:
        if not isinstance(other, Distinct):
            return NotImplemented
        hashes, counts = (np.concatenate(pair) for pair in ((self.hashes, other.hashes), (self.counts, other.counts)))
        return self._smallest([*self.texts, *other.texts], hashes, counts, self.most)

    @property
    def all_kept(self) -> bool:
        """Whether these are all that occur."""
        return len(self.texts) < self.most

    @property
    def number(self) -> int:
        """How many there are; an estimate where not all are kept."""
        if self.all_kept:
            return len(self.texts)
        return int((self.most - 1) / ((float(self.hashes[-1]) + 1.0) / 2.0**64))
