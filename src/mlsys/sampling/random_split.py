"""RandomSplit: parts by hash of the row's id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.sampling._shares import (
    SHARE,
    asked_for,
    check_shares,
    named,
    parts_by_hash,
    parts_by_rank,
    shares_of,
    unit_of,
)
from mlsys.steps import Field, Split
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
    parts : dict of str to float, optional
        Shares by name in place of ``validation`` and ``test``, such as
        ``{"validation": .2, "calibration": .1, "test": .2}``; the rest is for training.
    exact : bool
        Whether sizes are exact within one row: rows are cut in order of their hash. Rows near a cut may then move to
        the neighbouring part when others come.
    keep_duplicates_together : bool
        Whether rows that repeat another in all features go where that goes.

    Notes
    -----
    A row's part follows from the hash of its id alone, so the sizes of parts are binomial, not exact: with 1,000
    rows a share of .2 is 200 give or take 25. Rows that repeat another in all features follow the first of them,
    which the card counts; :doc:`/splits` says when an old row may move for that. Assumes that rows are exchangeable:
    rows of one customer, or rows that follow in time, are not; use :class:`GroupSplit` or :class:`TimeSplit` for
    them. One hash a row.

    Examples
    --------
    >>> import pandas as pd
    >>> split = RandomSplit(validation=0.25, test=0.25)
    >>> old = split.assign(pd.DataFrame({"id": range(100)}))
    >>> new = split.assign(pd.DataFrame({"id": range(200)}))
    >>> old.equals(new[:100])
    True
    >>> exact = RandomSplit(parts={"calibration": 0.1, "test": 0.2}, exact=True)
    >>> exact.assign(pd.DataFrame({"id": range(100)})).value_counts().to_dict()
    {'train': 70, 'test': 20, 'calibration': 10}
    """

    validation: float = SHARE
    test: float = SHARE
    seed: int = 0
    parts: dict[str, float] | None = Field(default=None, kw_only=True)
    exact: bool = Field(default=False, kw_only=True)
    keep_duplicates_together: bool = Field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        """Check the shares."""
        check_shares(self.title, self.validation, self.test, self.parts)

    @property
    def _shares(self) -> dict[str, float]:
        return shares_of(self.validation, self.test, self.parts)

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Parts that have a share."""
        return asked_for(self._shares)

    def keeps_repeats(self, grouped: bool, /) -> bool:
        """Whether rows that repeat another go where that goes."""
        return self.keep_duplicates_together

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        if not self.exact:
            return parts_by_hash(unit_of(keys), self._shares, self.seed)
        one_stratum = np.zeros(len(keys), dtype=np.int64)
        places = parts_by_rank(one_stratum, unit_of(keys), self._shares, self.seed, keys)
        return named(places, list(self._shares), keys.index)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments by hash; groups stay together."""
        return hashed_folds(keys, k, self.seed)
