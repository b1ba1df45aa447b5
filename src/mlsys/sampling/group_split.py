"""GroupSplit: all rows of a group in one part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.errors import DataError
from mlsys.sampling._shares import check_shares, parts_by_hash, shares_of
from mlsys.steps import Split
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

    Raises
    ------
    DataError
        There is no group role, or rows without a group.

    Notes
    -----
    Old groups stay in their part when new rows or groups come. Shares are of groups: with few or very unequal
    groups the shares of rows may be far from them. One hash a row.

    Examples
    --------
    >>> import pandas as pd
    >>> keys = pd.DataFrame({"id": range(6), "group": ["ann", "ann", "bob", "bob", "eve", "eve"]})
    >>> GroupSplit(validation=0.3, test=0.3).assign(keys).groupby(keys["group"]).nunique().tolist()
    [1, 1, 1]
    """

    validation: float = 0.2
    test: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the shares."""
        check_shares(self.title, self.validation, self.test)

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        if "group" not in keys.columns:
            raise DataError(
                f"{self.title} splits by group, but no column has the group role",
                'name it: Pipeline(..., group="customer_id"), or split(frame, group="customer_id")',
            )
        missing = keys["group"].isna()
        if missing.any():
            raise DataError(
                f"{self.title}: {int(missing.sum()):,} of {len(keys):,} rows have no group (the first is row "
                f"{keys.index[missing][0]!r}), so it cannot be said where they belong",
                "drop these rows in a Select step, or give each a group of its own with Derive",
            )
        return parts_by_hash(keys["group"], shares_of(self.validation, self.test), self.seed)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments; the rows of a group share a fold."""
        return hashed_folds(keys, k, self.seed)
