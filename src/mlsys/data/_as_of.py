"""The look-up behind AsOfJoin: sorted once, then one binary search a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.data._keys import KeyCodes
from mlsys.data._side import that_can_be_null
from mlsys.errors import DataError
from mlsys.values import nanoseconds, ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

Integers = NDArray[np.int64]


class AsOfLookUp:
    """Rows of a table, found by key and by what was known at a moment.

    Parameters
    ----------
    side : DataFrame
        The table.
    by : tuple of str
        Key columns; none for one series.
    events, known : Series
        When each row happened and when it was known; both with a zone or both without.
    added : sequence of str
        Columns that will be taken.
    tolerance : Timedelta or None
        Greatest age of an event at the decision.
    who : str
        For messages.

    Notes
    -----
    Rows are sorted by key and known time, both numbered, so that one integer holds both. The latest event among the
    rows known so far is a running maximum of the row's rank by (key, event, known): ranks of a later key are larger,
    so the maximum starts anew with each key.
    """

    def __init__(
        self,
        side: pd.DataFrame,
        by: tuple[str, ...],
        events: pd.Series,
        known: pd.Series,
        added: Sequence[str],
        tolerance: pd.Timedelta | None,
        who: str,
    ) -> None:
        self._by, self._who, self._tolerance = by, who, tolerance
        self.added = tuple(added)
        keep = (events.notna() & known.notna()).to_numpy()
        if by:
            keep = keep & side[list(by)].notna().all(axis=1).to_numpy()
        self._keys = KeyCodes(side[keep], by, who) if by else None
        codes = self._keys.codes if self._keys else np.zeros(int(keep.sum()), dtype=np.int64)
        moments, happened = nanoseconds(known[keep]), nanoseconds(events[keep])
        self._moments = np.unique(moments)
        self._span = len(self._moments) + 1
        combined = codes * self._span + np.searchsorted(self._moments, moments)
        by_event = np.lexsort((ranks(moments), ranks(happened), codes))
        self._repeated = _repeats(codes[by_event], happened[by_event], moments[by_event])
        rank = np.empty(len(codes), dtype=np.int64)
        rank[by_event] = np.arange(len(codes))
        by_known = np.lexsort((rank, combined))
        self._sorted, self._codes = combined[by_known], codes[by_known]
        self._newest = np.maximum.accumulate(rank[by_known]) if len(codes) else rank
        self._happened, self._events = happened[by_event], events[keep].iloc[by_event]
        ordered = side[keep].iloc[by_event]
        self._ordered = ordered
        self.side = {name: that_can_be_null(ordered[name]).array for name in added}

    def positions(self, frame: pd.DataFrame, moments: pd.Series, strict: bool) -> Integers:
        """Return the place in ``side`` for each row of ``frame``; -1 where nothing was known."""
        decided = nanoseconds(moments)
        codes = self._keys.of(frame) if self._keys else np.zeros(len(frame), dtype=np.int64)
        ranks = np.searchsorted(self._moments, decided, side="left" if strict else "right")
        last = np.searchsorted(self._sorted, codes * self._span + ranks, side="left") - 1
        found = (last >= 0) & (codes >= 0) & moments.notna().to_numpy()
        found[found] = self._codes[last[found]] == codes[found]
        rows = np.full(len(frame), -1, dtype=np.int64)
        rows[found] = self._newest[last[found]]
        if self._tolerance is not None and found.any():
            too_old = decided[found] - self._happened[rows[found]] > self._tolerance.as_unit("ns").value
            rows[np.flatnonzero(found)[too_old.astype(bool)]] = -1
        return rows

    def refuse_repeated(self) -> None:
        """Raise when two rows of one key, event and known time say different things."""
        at = np.flatnonzero(self._repeated)
        if not len(at):
            return
        columns = list(self.added)
        differ = [
            place
            for place in at
            if not self._ordered.iloc[place - 1][columns].equals(self._ordered.iloc[place][columns])
        ]
        if differ:
            example = self._ordered.iloc[differ[0]]
            shown = ", ".join(f"{name}={example[name]!r}" for name in self._by)
            raise DataError(
                f"{self._who}: {len(differ):,} rows of the table have the same key, event time and known time as "
                f"another row but different values, for example {shown} at {self._events.iloc[differ[0]]}",
                'keep one row of each, say with known_at= which was known later, or use the last: duplicates="last"',
            )


def _repeats(*sorted_parts: NDArray[Any]) -> NDArray[np.bool_]:
    repeated = np.zeros(len(sorted_parts[0]), dtype=bool)
    if len(repeated) > 1:
        repeated[1:] = np.logical_and.reduce([part[1:] == part[:-1] for part in sorted_parts])
    return repeated
