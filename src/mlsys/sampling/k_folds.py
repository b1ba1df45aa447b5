"""KFolds: every row is judged once by a model that did not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.sampling._folds import FOLD_STREAM, check_count, refuse_too_few
from mlsys.sampling._shares import dealt, strata_codes, test_apart, unit_of
from mlsys.steps import Field, Split
from mlsys.steps.facts import Dealing
from mlsys.steps.splitting import MOST_STRATA, fold_numbers, sides

if TYPE_CHECKING:
    from numpy.typing import NDArray


class KFolds(Split):
    """Evaluate by random folds of rows, stratified by the classes of the target.

    Parameters
    ----------
    n : int
        Number of folds.
    repeats : int
        Number of times all rows are divided again; :meth:`windows` returns ``n * repeats`` folds.
    stratify : bool
        Whether to stratify by the classes of the target, or by up to 20 distinct values.
    test : float
        Share of a test part, which is in no fold and is sealed in a pipeline; 0 for none.
    seed : int
        A different seed gives different folds.
    keep_duplicates_together : bool
        Whether rows that duplicate another in all features share its fold.

    Notes
    -----
    Rows are sorted by the hash of their id and dealt class by class, so fold sizes differ by at most one
    row, whatever the order of rows. When rows are added, old rows may change their fold, but do not move between the
    test part and the folds unless stratified (then as in :class:`StratifiedSplit`). Assumes exchangeable rows: groups
    are not kept together (use :class:`GroupFolds`) and time is ignored (use :class:`TimeFolds`); the run reports
    both. Cost: one sort by hash for each repeat.

    Examples
    --------
    >>> keys = pd.DataFrame({"id": range(10), "target": [0, 1] * 5})
    >>> [fold.value_counts().to_dict() for fold in KFolds(2).windows(keys)]
    [{'validation': 5, 'train': 5}, {'train': 5, 'validation': 5}]
    """

    n: int = 5
    repeats: int = 1
    stratify: bool = True
    test: float = 0.0
    seed: int = 0
    keep_duplicates_together: bool = Field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_count(self.title, self.n, self.test)
        if self.repeats < 1:
            raise ConfigurationError(f"{self.title}: repeats={self.repeats}", "divide the rows at least once")

    @property
    def deals(self) -> Dealing:
        """Rows are dealt by chance."""
        return "by chance"

    @property
    def fold_count(self) -> int:
        """Number of folds in one division of the rows."""
        return self.n

    @property
    def parts_named(self) -> tuple[str, ...]:
        """The test part, if there is one."""
        return ("test",) if self.test else ()

    def keeps_repeats(self, grouped: bool, /) -> bool:
        """Whether duplicate rows stay together."""
        return self.keep_duplicates_together

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return ``test`` for its share of the rows, ``train`` for all others."""
        return dealt(unit_of(keys), test_apart(self.test), self.seed, keys, self._strata(keys))

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments whose validation parts are disjoint and cover all rows."""
        return self._divided(keys, k, 0)

    def windows(self, keys: pd.DataFrame, /) -> list[pd.Series]:
        """Return the folds of every repeat, in order."""
        return [fold for repeat in range(self.repeats) for fold in self._divided(keys, self.n, repeat)]

    def _divided(self, keys: pd.DataFrame, k: int, repeat: int) -> list[pd.Series]:
        units = unit_of(keys)
        refuse_too_few(self.title, int(units.nunique()), k, "rows that differ")
        shown = keys.drop(columns=["group", *([] if self.stratify else ["target"])], errors="ignore")
        # Each repeat has a stream of its own, far from those of other seeds.
        seed = self.seed ^ FOLD_STREAM ^ (repeat << 40)
        return sides(fold_numbers(shown, k, seed), k, keys.index)

    def _strata(self, keys: pd.DataFrame) -> NDArray[np.int64] | None:
        if not self.stratify or "target" not in keys.columns or keys["target"].nunique() > MOST_STRATA:
            return None
        return np.where(keys["target"].isna(), -1, strata_codes(keys[["target"]]))
