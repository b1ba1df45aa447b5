"""StratifiedSplit: the same share of every class in every part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import DataError, listed
from mlsys.sampling._groups import groups_of
from mlsys.sampling._shares import SHARE, SplitsByShares, dealt, strata_codes, unit_of
from mlsys.steps import Field
from mlsys.steps.facts import Dealing
from mlsys.steps.splitting import MOST_STRATA, hashed_folds

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

TARGET = "target"
"""Stands for the target in ``by``, whatever its column is called."""


class StratifiedSplit(SplitsByShares):
    """Split at random within each class of the target, so that all parts have the same class shares.

    Parameters
    ----------
    validation, test : float
        Shares of the rows; the rest is for training. 0 means no such part.
    by : str or list of str, optional
        Columns whose combinations are the strata; ``"target"`` means the classes of the target, which is the default.
    seed : int
        A different seed gives a different split.
    parts : dict of str to float, optional
        Shares by name, instead of ``validation`` and ``test``, such as
        ``{"validation": .2, "calibration": .1, "test": .2}``; the rest is for training.
    keep_groups_together : bool
        Whether the rows of a group stay in one part. A group is in the stratum of its first row, so shares refer to
        groups.
    keep_duplicates_together : bool
        Whether rows that duplicate another in all features stay with it.

    Raises
    ------
    DataError
        If a column of ``by`` or a role is missing, or rows have no group.

    Notes
    -----
    Within a stratum, rows are sorted by the hash of their id and cut, so sizes are exact to within one row; duplicate
    rows count as one, in the stratum of the first of them. Near a cut, a row may move to the neighbouring part when
    new rows arrive; :class:`RandomSplit` moves none. A row without a target is in no part if the target is among the
    strata; null in another column is a value. A target with more than 20 distinct values is not a set of classes:
    without other columns, the split is then as in :class:`RandomSplit`. Cost: one sort by hash.

    Examples
    --------
    >>> import pandas as pd
    >>> keys = pd.DataFrame({"id": range(100), "target": [0] * 90 + [1] * 10})
    >>> parts = StratifiedSplit(validation=0.2, test=0.2).assign(keys)
    >>> keys["target"].groupby(parts).sum().to_dict()
    {'test': 2, 'train': 6, 'validation': 2}
    """

    validation: float = SHARE
    test: float = SHARE
    by: str | tuple[str, ...] | list[str] | None = None
    seed: int = 0
    parts: dict[str, float] | None = Field(default=None, kw_only=True)
    keep_groups_together: bool = Field(default=False, kw_only=True)
    keep_duplicates_together: bool = Field(default=True, kw_only=True)

    @property
    def deals(self) -> Dealing:
        """Rows are dealt by chance."""
        return "by chance"

    @property
    def _strata_columns(self) -> tuple[str, ...]:
        return (self.by,) if isinstance(self.by, str) else tuple(self.by or (TARGET,))

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns the keys must contain besides the roles."""
        return tuple(name for name in self._strata_columns if name != TARGET)

    def keeps_repeats(self, grouped: bool, /) -> bool:
        """Whether duplicate rows stay together; groups take precedence."""
        return self.keep_duplicates_together and not self.keep_groups_together

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row; null if the target is null."""
        units = groups_of(keys, self.title) if self.keep_groups_together else unit_of(keys)
        return dealt(units, self._shares, self.seed, keys, self._strata(keys))

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments, stratified by the classes of the target."""
        return hashed_folds(keys, k, self.seed)

    def _strata(self, keys: pd.DataFrame) -> NDArray[np.int64] | None:
        """Number the strata, -1 for an unknown target; ``None`` where there are none."""
        wanted = list(self._strata_columns)
        missing = [name for name in wanted if name not in keys.columns]
        if missing:
            what = " and ".join(f"the {'role' if name == TARGET else 'column'} {name!r}" for name in missing)
            raise DataError(
                f"{self.title} needs {what} for its strata, which the keys do not have "
                f"(they have {listed(keys.columns)})",
                'name the target (target="..."), correct by=, or use RandomSplit, which needs none',
            )
        by_class = TARGET in wanted
        if by_class and keys[TARGET].nunique() > MOST_STRATA:
            wanted.remove(TARGET)
            by_class = False
        if not wanted:
            return None
        strata = strata_codes(keys[wanted])
        return np.where(keys[TARGET].isna(), -1, strata) if by_class else strata
