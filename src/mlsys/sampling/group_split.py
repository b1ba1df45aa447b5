"""GroupSplit: all rows of a group in one part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.sampling._groups import groups_of
from mlsys.sampling._shares import SHARE, SplitsByShares, dealt, one_stratum
from mlsys.steps import Field
from mlsys.steps.facts import Dealing
from mlsys.steps.splitting import hashed_folds

if TYPE_CHECKING:
    import pandas as pd


class GroupSplit(SplitsByShares):
    """Split by hash of the group role, so that no customer, patient or machine is on both sides.

    Parameters
    ----------
    validation, test : float
        Shares of the groups; the rest is for training. 0 means no such part.
    seed : int
        A different seed gives a different split.
    parts : dict of str to float, optional
        Shares by name, instead of ``validation`` and ``test``, such as
        ``{"validation": .2, "calibration": .1, "test": .2}``; the rest is for training.
    exact : bool
        Whether the numbers of groups are exact to within one: groups are cut in order of their hash. Groups near a cut
        may then move to the neighbouring part when groups are added.

    Raises
    ------
    DataError
        If there is no group role, or rows have no group.

    Notes
    -----
    Old groups stay in their part when new rows or groups arrive. Shares refer to groups: with few or very unequal
    groups, the shares of rows may differ a lot. Duplicate rows are also assigned by their group. One hash per row.

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

    @property
    def deals(self) -> Dealing:
        """Rows are dealt by their group."""
        return "by group"

    @property
    def assigns_alone(self) -> bool:
        """Whether the part of a row depends on its own keys alone."""
        return not self.exact

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        strata = one_stratum(keys) if self.exact else None
        return dealt(groups_of(keys, self.title), self._shares, self.seed, keys, strata)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments; the rows of a group share a fold."""
        return hashed_folds(keys, k, self.seed)
