"""Augment: training rows made out of training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.sampling._ways import Way
from mlsys.steps import Field, TrainOnly
from mlsys.steps.answers import new_ids
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlsys.dataset import Rows

MADE_BY = "made_by"
"""The column of training rows that says how a row was made; null for rows of the data."""


class Augment(TrainOnly):
    """Add training rows that are made out of training rows; no other row is changed, and none made is evaluated on.

    Parameters
    ----------
    ways : way or list of ways
        Applied to each copy one after another: ``Jitter``, ``SwapCategories``, ``Typos``, ``DropWords``, ``Synonyms``,
        ``Mixup``, ``Templates``; or an object of your own with ``changed(copies, train, rng, who)``.
    copies : float
        Made rows for each training row; a fraction is that share of the rows, drawn by chance.
    only : object, optional
        Make rows of training rows with this target only, or one of these: of a rare class.

    Raises
    ------
    ConfigurationError
        If there are no ways, or ``copies`` is not above 0.
    DataError
        If no row has the target in ``only``, a column is missing or has a role, or no way changes any row.

    Notes
    -----
    Made rows keep the group, time and weight of the row that they are made from, stand after the rows of the data, have
    ids of their own, and are marked in ``made_by``, which is no feature. Copies that no way changed are left out. The
    card counts made rows. Stand it before steps that encode what it changes. Whether a changed row still has its label
    is for you to judge: noise beyond that of the measurement, or a synonym that is none, teaches errors. Compare with a
    variant without it: of what augmentation promises, little is seen in tables.

    Examples
    --------
    >>> from mlsys import Jitter
    >>> frame = pd.DataFrame({"weight": [70.0, 82.0, 91.0], "ill": [False, True, True]})
    >>> made = Augment(Jitter({"weight": 0.5}), copies=2, only=True).resample(frame, target="ill")
    >>> made["made_by"].isna().sum(), made["ill"].tolist()
    (np.int64(3), [False, True, True, True, True, True, True])
    """

    before_preparation: ClassVar[bool] = True
    ways: Any
    copies: float = 1.0
    only: Any = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check that there are ways, and how many copies."""
        strange = next((way for way in self._ways if isinstance(way, type) or not isinstance(way, Way)), None)
        if not self._ways or strange is not None:
            raise ConfigurationError(
                f"{self.title} got {strange!r}, which has no changed(copies, train, rng, who)" if self._ways
                else f"{self.title} got no ways",
                "give ways such as Jitter({'weight': 0.5}) or Typos('note')",
            )  # fmt: skip
        if not (np.isfinite(self.copies) and self.copies > 0):
            raise ConfigurationError(f"{self.title}: copies={self.copies} makes no rows", "write copies=1, for example")

    @property
    def _ways(self) -> tuple[Any, ...]:
        return tuple(self.ways) if isinstance(self.ways, (list, tuple)) else (self.ways,)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return all columns."""
        return tuple(columns)

    def withholds(self) -> tuple[str, ...]:
        """Return the mark, which is no feature."""
        return (MADE_BY,)

    def change(self, train: Rows, rng: np.random.Generator) -> pd.DataFrame:
        """Return the training rows, and those made after them."""
        frame = pd.DataFrame(train)
        rows = self._rows(train)
        whole, rest = divmod(self.copies * len(rows), len(rows))
        some = rng.choice(rows, int(round(rest)), replace=False)
        origin = np.concatenate([np.tile(rows, int(whole)), np.sort(some)])
        copies = frame.iloc[origin].reset_index(drop=True)
        made = copies
        for way in self._ways:
            made = way.changed(made, train, rng, f"{self.title}({type(way).__name__})")
        differs = _differs(copies, made)
        if not differs.any():
            raise DataError(
                f"{self.title}: no way changes any of {len(copies):,} copies",
                "check that their columns hold what the ways look for",
            )
        made = made[differs]
        marked = with_columns(frame, {MADE_BY: pd.array([None] * len(frame), dtype="str")})
        made = with_columns(made, {MADE_BY: pd.array([self._words] * len(made), dtype="str")})
        ids = new_ids(frame.index, len(made), "made")
        return pd.concat([marked, made.set_axis(ids.rename(frame.index.name), axis=0)])

    @property
    def _words(self) -> str:
        return ", ".join(type(way).__name__ for way in self._ways)

    def _rows(self, train: Rows) -> np.ndarray[Any, np.dtype[np.int64]]:
        if self.only is None:
            return np.arange(len(train))
        if train.roles.target is None:
            raise DataError(f"{self.title}: only={self.only!r} needs one target", "name it: target=")
        wanted = list(self.only) if isinstance(self.only, (list, tuple, set, frozenset)) else [self.only]
        rows = np.flatnonzero(train.y.isin(wanted).to_numpy())
        if not len(rows):
            there = listed(map(repr, train.y.dropna().unique().tolist()))
            raise DataError(
                f"{self.title}: no training row has the target {listed(map(repr, wanted))}",
                f"name values of {train.roles.target!r} in only=: {there}",
            )
        return rows


def _differs(before: pd.DataFrame, after: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which rows are not as they were."""
    found = np.zeros(len(before), dtype=bool)
    for name in before.columns:
        if before[name] is not after[name]:
            one, other = before[name].astype(object), after[name].astype(object)
            same = (one == other).fillna(False).astype(bool) | (one.isna() & other.isna())
            found |= ~same.to_numpy(dtype=bool)
    return found
