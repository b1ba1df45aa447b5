"""RandomSplit: parts by hash of the row's id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.sampling._shares import check_shares, parts_by_hash, shares_of, unit_of
from mlsys.steps import Split
from mlsys.steps.splitting import hashed_folds

if TYPE_CHECKING:
    import pandas as pd


class RandomSplit(Split):
    """Split at random, in a way that old rows stay in their part when new rows come.

    Parameters
    ----------
    validation, test : float
        Shares of the rows; the rest is for training. 0 for no such part.
    seed : int
        Another seed gives another split.

    Notes
    -----
    A row's part follows from the hash of its id alone, so the sizes of parts are binomial, not exact: with 1,000
    rows a share of .2 is 200 give or take 25. Rows that are equal in all features go to the same part where the
    keys tell. Assumes that rows are exchangeable: rows of one customer, or rows that follow in time, are not; use
    :class:`GroupSplit` or :class:`TimeSplit` for them. One hash a row.

    Examples
    --------
    >>> import pandas as pd
    >>> split = RandomSplit(validation=0.25, test=0.25)
    >>> old = split.assign(pd.DataFrame({"id": range(100)}))
    >>> new = split.assign(pd.DataFrame({"id": range(200)}))
    >>> old.equals(new[:100])
    True
    """

    validation: float = 0.2
    test: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the shares."""
        check_shares(self.title, self.validation, self.test)

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        return parts_by_hash(unit_of(keys), shares_of(self.validation, self.test), self.seed)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments by hash; groups stay together."""
        return hashed_folds(keys, k, self.seed)
