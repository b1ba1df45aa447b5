"""StratifiedSplit: the same share of every class in every part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import DataError
from mlsys.sampling._shares import (
    check_shares,
    named,
    parts_by_hash,
    parts_by_rank,
    shares_of,
    strata_codes,
    unit_of,
)
from mlsys.steps import Split
from mlsys.steps.splitting import MOST_STRATA, hashed_folds

if TYPE_CHECKING:
    import pandas as pd


class StratifiedSplit(Split):
    """Split at random within each class of the target, so that every part has its share of each.

    Parameters
    ----------
    validation, test : float
        Shares of the rows; the rest is for training. 0 for no such part.
    by : str or list of str, optional
        Columns whose combinations are the strata; the target when not given.
    seed : int
        Another seed gives another split.

    Notes
    -----
    Within a stratum rows are ordered by hash of their id and cut, so sizes are exact within one row; rows with equal
    features count as one where the keys tell. Near a cut a row may move to the neighbouring part when new rows come;
    :class:`RandomSplit` moves none. A row without a target is in no part. A target with more than 20 distinct values
    is no set of classes: the split is then as by :class:`RandomSplit`. Cost: one sort by hash.

    Examples
    --------
    >>> import pandas as pd
    >>> keys = pd.DataFrame({"id": range(100), "target": [0] * 90 + [1] * 10})
    >>> parts = StratifiedSplit(validation=0.2, test=0.2).assign(keys)
    >>> keys["target"].groupby(parts).sum().to_dict()
    {'test': 2, 'train': 6, 'validation': 2}
    """

    validation: float = 0.2
    test: float = 0.2
    by: str | tuple[str, ...] | list[str] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the shares."""
        check_shares(self.title, self.validation, self.test)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns the keys must hold beside the roles."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by or ())

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row; null where the target is."""
        shares = shares_of(self.validation, self.test)
        strata = self._strata(keys)
        if strata is None:
            return parts_by_hash(unit_of(keys), shares, self.seed)
        return named(parts_by_rank(strata, unit_of(keys), shares, self.seed), list(shares), keys.index)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments with the target's classes spread evenly."""
        return hashed_folds(keys, k, self.seed)

    def _strata(self, keys: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
        """Number the strata, -1 for an unknown target; ``None`` where there are none."""
        missing = [name for name in self.key_columns or ("target",) if name not in keys.columns]
        if missing:
            raise DataError(
                f"{self.title} needs the {'column' if self.key_columns else 'role'} {missing[0]!r} for its strata, "
                f"which the keys do not have (they have {', '.join(map(str, keys.columns))})",
                'name the target (target="..."), or use RandomSplit, which needs none',
            )
        if self.key_columns:
            return strata_codes(keys[list(self.key_columns)])
        if keys["target"].nunique() > MOST_STRATA:
            return None
        return np.where(keys["target"].isna(), -1, strata_codes(keys[["target"]]))
