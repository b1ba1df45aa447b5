"""RandomSplit: parts by hash of the row's id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.sampling._shares import SHARE, SplitsByShares, dealt, one_stratum, unit_of
from mlsys.steps import Field
from mlsys.steps.facts import Dealing
from mlsys.steps.splitting import hashed_folds

if TYPE_CHECKING:
    import pandas as pd


class RandomSplit(SplitsByShares):
    """Split at random, so that old rows stay in their part when new rows arrive.

    Parameters
    ----------
    validation, test : float
        Shares of the rows; the rest is for training. 0 means no such part.
    seed : int
        A different seed gives a different split.
    parts : dict of str to float, optional
        Shares by name, instead of ``validation`` and ``test``, such as
        ``{"validation": .2, "calibration": .1, "test": .2}``; the rest is for training.
    exact : bool
        Whether sizes are exact to within one row: rows are cut in order of their hash. Rows near a cut may then move to
        the neighbouring part when rows are added.
    keep_duplicates_together : bool
        Whether rows that duplicate another in all features stay with it.

    Notes
    -----
    The part of a row depends only on the hash of its id, so the sizes of parts are binomial, not exact: with 1,000
    rows a share of .2 is 200 give or take 25. Rows that duplicate another in all features follow the first of them,
    and the card counts them; :doc:`/splits` says when this may move an old row. Assumes that rows are exchangeable:
    rows of one customer and rows in time order are not; use :class:`GroupSplit` or :class:`TimeSplit` for
    them. One hash per row.

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

    @property
    def deals(self) -> Dealing:
        """Rows are dealt by chance."""
        return "by chance"

    def keeps_repeats(self, grouped: bool, /) -> bool:
        """Whether rows that repeat another go where that goes."""
        return self.keep_duplicates_together

    @property
    def assigns_alone(self) -> bool:
        """Whether the part of a row depends on its own keys alone."""
        return not self.exact

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        return dealt(unit_of(keys), self._shares, self.seed, keys, one_stratum(keys) if self.exact else None)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments by hash; groups stay together."""
        return hashed_folds(keys, k, self.seed)
