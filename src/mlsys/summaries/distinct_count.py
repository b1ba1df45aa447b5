"""How many distinct values a column has: exact while there are few, else estimated from the smallest hashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.summaries.hashing import hash_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 4_096
"""Hashes that are kept: the standard error of an estimate is 1/sqrt(k - 2), here 1.6 %."""


@dataclass(frozen=True, eq=False)
class DistinctCount:
    """The smallest hashes of the values of a column; build it with :meth:`of` and ``+``.

    Parameters
    ----------
    nulls : int
        Null values.
    hashes : array of uint64
        Distinct and sorted, at most ``most``.
    most : int
        Hashes that are kept.

    Notes
    -----
    K minimum values (Bar-Yossef et al. 2002; Beyer et al. 2007). The smallest hashes of all rows are among the
    smallest of each part, so neither partitions nor order matter. Values are equal as in :func:`hash_ids`.

    Examples
    --------
    >>> both = DistinctCount.of(pd.Series([1, 2, 2, None])) + DistinctCount.of(pd.Series([2.0, 3.0]))
    >>> both.number, both.exact
    (3, True)
    """

    nulls: int
    hashes: NDArray[np.uint64]
    most: int = MOST

    @classmethod
    def of(cls, values: pd.Series | pd.Index | NDArray[Any], most: int = MOST) -> DistinctCount:
        """Summarize the values of a column, of any type but lists and mappings."""
        column = pd.Series(values)
        missing = column.isna().to_numpy()
        hashes = np.unique(hash_ids(column[~missing] if missing.any() else column))
        return cls(int(missing.sum()), hashes[:most], most)

    def __add__(self, other: DistinctCount) -> DistinctCount:
        if not isinstance(other, DistinctCount):
            return NotImplemented
        if self.most != other.most:
            raise DataError(
                f"{self.most} and {other.most} hashes cannot be added", "use the same number for every part"
            )
        hashes = np.union1d(self.hashes, other.hashes)[: self.most]
        return DistinctCount(self.nulls + other.nulls, hashes, self.most)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DistinctCount)
            and (self.nulls, self.most) == (other.nulls, other.most)
            and np.array_equal(self.hashes, other.hashes)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def exact(self) -> bool:
        """Whether every distinct value was kept."""
        return len(self.hashes) < self.most

    @property
    def number(self) -> int:
        """How many distinct values there are, null aside; an estimate where not all are kept."""
        if self.exact:
            return len(self.hashes)
        return round((self.most - 1) / ((float(self.hashes[-1]) + 1.0) / 2.0**64))
