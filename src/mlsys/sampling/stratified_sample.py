"""StratifiedSample: fewer rows, chosen within strata, weighted back to all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._shares import SAMPLE_STREAM, ranks_within, strata_codes
from mlsys.sampling.reservoir_sample import ids_of
from mlsys.steps import Field, Select
from mlsys.summaries import hash_ids
from mlsys.values import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class StratifiedSample(Select):
    """Keep some rows of every stratum, with Horvitz-Thompson weights.

    Parameters
    ----------
    by : str or list of str
        Columns whose combinations are the strata, where null is a value; use the target to keep rare classes.
    rows : int, optional
        Total number of rows to keep.
    share : float or dict, optional
        Share of each stratum to keep; by value of ``by`` (one column) such as ``{True: 1.0, False: 0.1}``.
        Either ``rows`` or ``share`` is given.
    allocation : {"proportional", "equal"}
        How ``rows`` are divided: by size of the strata, or the same number from each (all of a smaller stratum; the
        others share what is left).
    seed : int
        A different seed keeps different rows.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    ConfigurationError
        If neither or both of ``rows`` and ``share`` are given, or a share is not above 0 and at most 1.
    DataError
        If a column is missing, ``share`` has no share for a value, or ``rows`` is less than the number of strata.

    Notes
    -----
    At least one row of every stratum is kept. Within a stratum, the rows with the smallest hash of their id are
    kept, whatever their order. The weight of a row is one over its probability of being kept (Horvitz and Thompson
    1952): the size of its stratum / kept rows of it; weighted sums estimate sums over all rows. It goes to the
    weight role; without that role, a model takes the mix of the sample for the real one. Cost: one sort.

    Examples
    --------
    >>> frame = pd.DataFrame({"fraud": [True] * 10 + [False] * 990})
    >>> sample = StratifiedSample("fraud", share={True: 1.0, False: 0.1}).select(frame)
    >>> sample.groupby("fraud")["weight"].agg(["size", "first"]).to_dict("index")
    {False: {'size': 99, 'first': 10.0}, True: {'size': 10, 'first': 1.0}}
    """

    by: str | tuple[str, ...] | list[str]
    rows: int | None = Field(default=None, kw_only=True)
    share: float | dict[Any, float] | None = Field(default=None, kw_only=True)
    allocation: Literal["proportional", "equal"] = Field(default="proportional", kw_only=True)
    seed: int = Field(default=0, kw_only=True)
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check that the size is said once and makes sense."""
        if (self.rows is None) == (self.share is None):
            raise ConfigurationError(
                f"{self.title} needs either rows= or share=", 'write StratifiedSample("late", rows=10_000), for example'
            )
        shares = self.share.values() if isinstance(self.share, dict) else [self.share or 1.0]
        if (self.rows is not None and self.rows < 1) or not all(0 < share <= 1 for share in shares) or self.share == 0:
            raise ConfigurationError(
                f"{self.title}: rows={self.rows}, share={self.share} is not a sample size",
                "keep at least one row, and shares above 0 and at most 1; drop a stratum in a Select step",
            )

    @property
    def strata_columns(self) -> tuple[str, ...]:
        """Columns whose combinations are the strata."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the strata and of the id."""
        return self.strata_columns if self.id is None else (*self.strata_columns, self.id)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> tuple[pd.Series, NDArray[np.float64]]:
        """Return the mask of kept rows, and their weights."""
        remedy = "correct by=, or create the column with a Derive step first"
        require_columns(frame.columns, self.strata_columns, self.title, remedy)
        strata = strata_codes(
            frame[list(self.strata_columns)].apply(lambda column: told_apart(column, f"{self.title}: {column.name!r}"))
        )
        rank, size = ranks_within(strata, hash_ids(ids_of(frame, self.id, self.title), self.seed ^ SAMPLE_STREAM))
        kept = self._kept_of(frame, strata)[strata]
        mask = rank < kept
        return pd.Series(mask, index=frame.index), np.where(mask, size / kept, 0.0)

    def _kept_of(self, frame: pd.DataFrame, strata: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many rows of each stratum are kept."""
        sizes = np.bincount(strata)
        if self.rows is not None:
            return self._allocated(sizes, min(self.rows, int(sizes.sum())))
        if not isinstance(self.share, dict):
            return _rounded(float(self.share or 1.0) * sizes)
        values = frame[self.strata_columns[0]].iloc[np.unique(strata, return_index=True)[1]].tolist()
        unnamed = [value for value in values if value not in self.share]
        if unnamed or len(self.strata_columns) > 1:
            raise DataError(
                f"{self.title}: share= names no share for {', '.join(map(repr, unnamed[:5])) or 'combinations'}",
                "name every value of one column, or give one share for all strata",
            )
        return _rounded(np.array([self.share[value] for value in values]) * sizes)

    def _allocated(self, sizes: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
        if rows < len(sizes):
            raise DataError(
                f"{self.title}: rows={rows:,} is fewer than the {len(sizes):,} strata of "
                f"{', '.join(self.strata_columns)}",
                "keep more rows, or stratify by fewer or coarser columns",
            )
        wanted = np.full(len(sizes), rows / len(sizes)) if self.allocation == "equal" else rows * sizes / sizes.sum()
        kept: NDArray[np.int64] = np.minimum(np.maximum(np.floor(wanted), 1), sizes).astype(np.int64)
        while kept.sum() > rows:  # strata lifted to one row take it from the largest
            kept[np.argmax(kept)] -= 1
        while kept.sum() < rows:  # one more where most is still owed, as long as there are rows
            lacking = np.flatnonzero(kept < sizes)
            if self.allocation == "equal":
                more = (rows - int(kept.sum())) // len(lacking)
                kept[lacking] = np.minimum(kept[lacking] + more, sizes[lacking])
                if more:
                    continue
            kept[lacking[np.argmax((wanted - kept)[lacking])]] += 1
        return kept


def _rounded(wanted: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Whole rows, at least one of every stratum."""
    return np.asarray(np.maximum(np.round(wanted), 1), dtype=np.int64)
