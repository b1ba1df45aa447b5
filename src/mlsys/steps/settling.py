"""Splits that assign each row alone once they have seen the times of all rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import pandas as pd

if TYPE_CHECKING:
    from mlsys.steps.base import Step
    from mlsys.summaries import SummaryMap


class Settled(Protocol):
    """A split whose boundaries are known, so that it assigns each row alone."""

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row; null for rows left out."""
        ...

    def told(self, keys: pd.DataFrame, /) -> SummaryMap:
        """Count rows; the counts of pieces add up to those of all rows."""
        ...

    def empty(self, told: SummaryMap, /) -> Sequence[str]:
        """Return the parts that have no rows to learn from or to judge by, given the counts of all rows."""
        ...

    def explained(self, told: SummaryMap, /) -> tuple[str, ...]:
        """Return what ``explain`` says of the keys of all rows."""
        ...


@runtime_checkable
class SettlesByTime(Protocol):
    """A split that can assign each row alone once it has seen the times of all rows, and no other key."""

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Requested parts other than ``train``."""
        raise NotImplementedError

    @property
    def settles_by_time(self) -> bool:
        """Whether it does, as it is configured."""
        raise NotImplementedError

    def times_to_settle(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the times that it has to see, of some rows."""
        ...

    def settled(self, times: pd.Series, /) -> Settled:
        """Return the split once the times of all rows are there, in any order."""
        ...


def settles_by_time(step: Step) -> bool:
    """Whether a split assigns each row alone once the times of all are known, and makes a validation part.

    Examples
    --------
    >>> from mlsys import TimeSplit
    >>> settles_by_time(TimeSplit()), settles_by_time(TimeSplit(keep_groups_together=True))
    (True, False)
    """
    return isinstance(step, SettlesByTime) and step.settles_by_time and "validation" in step.parts_named
