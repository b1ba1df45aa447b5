"""StratifiedSample: fewer rows, chosen within strata, weighted back to all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._allocating import allocated, rounded
from mlsys.sampling._estimating import Variance, of_strata
from mlsys.sampling._ids import ids_of, kept_in_words, sizes_of
from mlsys.sampling._shares import SAMPLE_STREAM, ranks_within, strata_codes
from mlsys.sampling.weighted_sample import GivesWeights
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn
from mlsys.summaries import hash_ids
from mlsys.values import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class StratifiedSample(GivesWeights):
    """Keep some rows of every stratum, with Horvitz-Thompson weights.

    Parameters
    ----------
    by : str or list of str
        Columns whose combinations are the strata, where null is a value; use the target to keep rare classes.
    rows : int or dict, optional
        Total number of rows to keep; or the number for each value of ``by`` (of several columns: for each tuple of
        values), such as ``{True: 500, False: 500}``.
    share : float or dict, optional
        Share of each stratum to keep; or the share for each value of ``by``, such as ``{True: 1.0, False: 0.1}``.
        Either ``rows`` or ``share`` is given.
    allocation : {"proportional", "equal", "neyman"}
        How ``rows`` are divided: by size of the strata; the same number from each (all of a smaller stratum; the
        others share what is left); or by size times the spread of the column ``spread``, which makes the error of its
        mean smallest (Neyman 1934).
    spread : str, optional
        For ``"neyman"``: a column of numbers that is known of all rows and goes with what will be estimated.
    seed : int
        A different seed keeps different rows.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    ConfigurationError
        If neither or both of ``rows`` and ``share`` are given, a share is not above 0 and at most 1, or ``spread`` is
        given without ``"neyman"`` or the other way round.
    DataError
        If a column is missing, a value of ``by`` has no rows or share, or ``rows`` is less than the number of strata.

    Notes
    -----
    At least one row of every stratum is kept. Within a stratum, the rows with the smallest hash of their id are
    kept, whatever their order. The weight of a row is one over its probability of being kept (Horvitz and Thompson
    1952): the size of its stratum / kept rows of it; weighted sums estimate sums over all rows. Weights stand in
    ``sampling_weight``, which takes the weight role unless the pipeline has one, whose weights they multiply. Needs
    all rows at once, for the sizes of the strata. Cost: one sort.

    Examples
    --------
    >>> frame = pd.DataFrame({"fraud": [True] * 10 + [False] * 990})
    >>> sample = StratifiedSample("fraud", share={True: 1.0, False: 0.1}).select(frame)
    >>> sample.groupby("fraud")["sampling_weight"].agg(["size", "first"]).to_dict("index")
    {False: {'size': 99, 'first': 10.0}, True: {'size': 10, 'first': 1.0}}
    """

    by: str | tuple[str, ...] | list[str]
    rows: int | dict[Any, int] | None = Field(default=None, kw_only=True)
    share: float | dict[Any, float] | None = Field(default=None, kw_only=True)
    allocation: Literal["proportional", "equal", "neyman"] = Field(default="proportional", kw_only=True)
    spread: str | None = Field(default=None, kw_only=True)
    seed: int = Field(default=0, kw_only=True)
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check that the size is said once and makes sense."""
        if (self.rows is None) == (self.share is None):
            raise ConfigurationError(
                f"{self.title} needs either rows= or share=", 'write StratifiedSample("late", rows=10_000), for example'
            )
        shares = self.share.values() if isinstance(self.share, dict) else [1.0 if self.share is None else self.share]
        counts = self.rows.values() if isinstance(self.rows, dict) else [1 if self.rows is None else self.rows]
        if any(count < 1 for count in counts) or not all(0 < share <= 1 for share in shares):
            raise ConfigurationError(
                f"{self.title}: rows={self.rows}, share={self.share} is not a sample size",
                "keep at least one row, and shares above 0 and at most 1; drop a stratum in a Select step",
            )
        if (self.allocation == "neyman") != (self.spread is not None) or (
            self.spread and not isinstance(self.rows, int)
        ):
            raise ConfigurationError(
                f"{self.title}: allocation={self.allocation!r} with spread={self.spread!r} and rows={self.rows!r}",
                'write rows=1_000, allocation="neyman", spread="income": Neyman\'s allocation needs all three',
            )

    @property
    def strata_columns(self) -> tuple[str, ...]:
        """Columns whose combinations are the strata."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the strata, of the spread and of the id."""
        return (*self.strata_columns, *(name for name in (self.spread, self.id) if name is not None))

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        strata = self._strata(frame)
        rank, size = ranks_within(strata, hash_ids(ids_of(frame, self.id, self.title), self.seed ^ SAMPLE_STREAM))
        kept = self._kept_of(frame, strata)[strata]
        mask = rank < kept
        asked = self.rows if isinstance(self.rows, int) else None
        said = f"{kept_in_words(int(mask.sum()), len(frame), asked)}, from each of {int(strata.max()) + 1:,} strata of "
        return Drawn(mask, np.where(mask, size / kept, 0.0), said + " and ".join(map(repr, self.strata_columns)))

    def variance_of(self, sample: pd.DataFrame, weights: NDArray[np.float64], z: NDArray[np.float64]) -> Variance:
        """Return how a total varies within the strata."""
        return of_strata(weights, z, self._strata(sample))

    def _strata(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        remedy = "correct by=, or create the column with a Derive step first"
        require_columns(frame.columns, self.strata_columns, self.title, remedy)
        columns = frame[list(self.strata_columns)]
        return strata_codes(columns.apply(lambda column: told_apart(column, f"{self.title}: {column.name!r}")))

    def _kept_of(self, frame: pd.DataFrame, strata: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many rows of each stratum are kept."""
        sizes = np.bincount(strata)
        if isinstance(self.rows, dict):
            wanted = np.array(self._named(frame, strata, self.rows, "rows"))
            return np.asarray(np.minimum(wanted, sizes), dtype=np.int64)
        if isinstance(self.share, dict):
            return rounded(np.array(self._named(frame, strata, self.share, "share")) * sizes)
        if self.rows is None:
            return rounded(float(self.share or 1.0) * sizes)
        rows = min(self.rows, int(sizes.sum()))
        if rows < len(sizes):
            raise DataError(
                f"{self.title}: rows={rows:,} is fewer than the {len(sizes):,} strata of "
                f"{', '.join(self.strata_columns)}",
                "keep more rows, or stratify by fewer or coarser columns",
            )
        if self.allocation == "proportional":
            return allocated(rows * sizes / sizes.sum(), sizes, rows)
        if self.allocation == "equal":
            return allocated(np.full(len(sizes), rows / len(sizes)), sizes, rows, evenly=True)
        assert self.spread is not None
        values = pd.Series(sizes_of(frame, self.spread, self.title, "spread", any_sign=True))
        spreads = sizes * values.groupby(strata).std(ddof=0).to_numpy()
        if not spreads.any():
            raise DataError(
                f"{self.title}: {self.spread!r} does not vary within any stratum",
                'name a column that does, or write allocation="proportional"',
            )
        return allocated(rows * spreads / spreads.sum(), sizes, rows, fewest=2)

    def _named(self, frame: pd.DataFrame, strata: NDArray[np.int64], given: dict[Any, Any], argument: str) -> list[Any]:
        """Return what is given for each stratum, in their order."""
        first = frame[list(self.strata_columns)].iloc[np.unique(strata, return_index=True)[1]]
        values = [row[0] if len(row) == 1 else row for row in first.itertuples(index=False, name=None)]
        unnamed = [value for value in values if value not in given]
        if unnamed:
            raise DataError(
                f"{self.title}: {argument}= names no {argument} for {', '.join(map(repr, unnamed[:5]))}",
                f"name every value of {', '.join(self.strata_columns)}, or give one {argument} for all strata",
            )
        return [given[value] for value in values]
