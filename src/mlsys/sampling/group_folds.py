"""GroupFolds: every group is judged once by a model that saw none of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.sampling._folds import balanced, check_count, refuse_too_few
from mlsys.sampling._groups import groups_of
from mlsys.sampling._shares import parts_by_hash, test_apart
from mlsys.steps import Split
from mlsys.steps.facts import Dealing
from mlsys.steps.splitting import sides

if TYPE_CHECKING:
    import pandas as pd


class GroupFolds(Split):
    """Evaluate by folds of groups, so that no customer, patient or machine is on both sides.

    Parameters
    ----------
    n : int
        Number of folds.
    test : float
        Share of the groups for a test part, which is in no fold and is sealed in a pipeline; 0 for none.
    seed : int
        A different seed gives different folds.

    Raises
    ------
    DataError
        If there is no group role, rows have no group, or there are fewer groups than folds.

    Notes
    -----
    Groups are sorted by their hash and cut into folds of equally many rows, so folds differ in size by about
    one group; if a group is larger than a fold, groups are dealt in that order instead. Dealing the largest
    first would make sizes more equal, but then a new row could move every group. Classes are not stratified: a fold
    may lack a rare one. Assumes that rows of different groups are independent. Cost: one sort of the groups by hash.

    Examples
    --------
    >>> import pandas as pd
    >>> keys = pd.DataFrame({"id": range(6), "group": ["ann", "ann", "bob", "bob", "eve", "eve"]})
    >>> [sorted(set(keys["group"][fold == "validation"])) for fold in GroupFolds(3).windows(keys)]
    [['eve'], ['ann'], ['bob']]
    """

    n: int = 5
    test: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_count(self.title, self.n, self.test)

    @property
    def deals(self) -> Dealing:
        """Rows are dealt by their group."""
        return "by group"

    @property
    def fold_count(self) -> int:
        """Number of folds."""
        return self.n

    @property
    def parts_named(self) -> tuple[str, ...]:
        """The test part, if there is one."""
        return ("test",) if self.test else ()

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return ``test`` for its share of the groups, ``train`` for all others."""
        return parts_by_hash(groups_of(keys, self.title), test_apart(self.test), self.seed)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments; the rows of a group share a fold."""
        groups = groups_of(keys, self.title)
        refuse_too_few(self.title, int(groups.nunique()), k, "groups")
        return sides(balanced(groups, k, self.seed), k, keys.index)
