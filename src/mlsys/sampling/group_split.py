"""GroupSplit: all rows of a group in one part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.sampling._groups import groups_of
from mlsys.sampling._shares import SHARE, asked_for, check_shares, named, parts_by_hash, parts_by_rank, shares_of
from mlsys.steps import Field, Split
from mlsys.steps.splitting import hashed_folds

if TYPE_CHECKING:
    import pandas as pd


class GroupSplit(Split):
    """Split by hash of the group role, so that no customer, patient or machine is on two sides.

    Parameters
    ----------
    validation, test : float
        Shares of the groups; the rest is for training. 0 for no such part.
    seed : int
        Another seed gives another split.
    parts : dict of str to float, optional
        Shares by name in place of ``validation`` and ``test``, such as
        ``{"validation": .2, "calibration": .1, "test": .2}``; the rest is for training.
    exact : bool
        Whether the numbers of groups are exact within one: groups are cut in order of their hash. Groups near a cut
        may then move to the neighbouring part when others come.

    Raises
    ------
    DataError
        There is no group role, or rows without a group.

    Notes
    -----
    Old groups stay in their part when new rows or groups come. Shares are of groups: with few or very unequal
    groups the shares of rows may be far from them. Rows that repeat another go by their group too. One hash a row.

    Examples
    --------
    >>> import pandas as pd
    >>> keys = pd.DataFrame({"id": range(6), "group": ["ann", "ann", "bob", "bob", "eve", "eve"]})
    >>> GroupSplit(validation=0.3, test=0.3).assign(keys).groupby(keys["group"]).nunique().tolist()
    [1, 1, 1]
    """

    validation: float = SHARE
    test: float = SHARE
    seed: int = 0
    parts: dict[str, float] | None = Field(default=None, kw_only=True)
    exact: bool = Field(default=False, kw_only=True)

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

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        groups = groups_of(keys, self.title)
        if not self.exact:
            return parts_by_hash(groups, self._shares, self.seed)
        one_stratum = np.zeros(len(keys), dtype=np.int64)
        return named(parts_by_rank(one_stratum, groups, self._shares, self.seed, keys), list(self._shares), keys.index)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments; the rows of a group share a fold."""
        return hashed_folds(keys, k, self.seed)
