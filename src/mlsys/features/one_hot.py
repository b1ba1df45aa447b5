"""OneHot: one column of 0 and 1 for each level that training rows have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.features._columns import of_block, refuse_taken, replaced, require
from mlsys.features._encoder import CountsLevels
from mlsys.features._levels import Known, hashes_of, looked_up, refuse_alike
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Counts, hash_ids
from mlsys.tables import column_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST = 10_000
"""Columns made of one: a million rows of so many are 10 GB."""
_TOP = 100
"""Levels kept of a column: more make wide tables of which a rare level is known from few rows (try TargetEncode)."""


_FEW_ROWS = 64
"""In more rows than these comparing all with a place is faster than setting ones, whatever the places are."""
_LONGEST = 100
"""Characters of a level that stand in the name of its column."""


class OneHot(CountsLevels):
    """Replace categorical columns by a 0/1 column ``<column>_<level>`` for each frequent level.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to encode, each of which is dropped; by default all text and category features.
    top : int or None
        Maximum number of levels per column, the most frequent first; ``None`` keeps all.
    min_count : int
        Minimum number of training rows for a level.
    other : bool or "apart"
        Whether levels without a column (rare, or unseen in training) get ``<column>_other``; with ``"apart"`` rare
        ones get ``<column>_rare`` and unseen ones ``<column>_unseen``; otherwise all columns are zero.

    Notes
    -----
    Levels are ordered by count, then by value, so the state does not depend on the partitions or the order of the rows.
    Null has a column ``<column>_null`` if training rows hold nulls; a null where they hold none is all zeros. Of rare
    levels the state holds the hash, 8 bytes each. In training rows no level is unseen: a model learns nothing of
    ``<column>_unseen``, which is there to be watched. Columns are ``uint8``, one block for each encoded column; only
    clearing that block takes time proportional to rows times levels.

    Examples
    --------
    >>> frame = pd.DataFrame({"carrier": ["UA", "DL", "UA", None]})
    >>> OneHot(["carrier"]).fit(frame).transform(frame)
       carrier_UA  carrier_DL  carrier_null
    0           1           0             0
    1           0           1             0
    2           1           0             0
    3           0           0             1
    """

    columns: ColumnChoice = None
    top: int | None = Field(default=_TOP, ge=1)
    min_count: int = Field(default=1, ge=1)
    other: bool | Literal["apart"] = False
    serves_columns: ClassVar[bool] = True

    def of_column(self, column: str, counts: Counts, /) -> dict[str, Any]:
        """Return the levels of a column that are kept, and the names of its outputs."""
        levels = [level for level, count in counts.ordered(self.top) if count >= self.min_count]
        if len(levels) > _MOST:
            raise DataError(
                f"{self.title}: {column!r} has {len(levels):,} levels, and each would be a column",
                f"keep the most frequent ones with top={_TOP}, or use HashEncode or TargetEncode",
            )
        rare = np.sort(hashes_of([level for level in counts if level not in set(levels)]))
        names = [f"{column}_{told}" for told in _told(levels)]
        names += [f"{column}_null"] if counts.nulls else []
        apart = [f"{column}_rare", f"{column}_unseen"]
        names += apart if self.other == "apart" else [f"{column}_other"] if self.other else []
        refuse_alike(names, column, self.title)
        known = {"column": column, "levels": levels, "null": bool(counts.nulls), "other": self.other, "names": names}
        return known | ({"rare": rare} if len(rare) else {})

    def prepare(self, state: Any, /) -> list[dict[str, Any]]:
        """Return the state with the code of each level, and the place of its 1."""
        return [
            {**each, "codes": Known(each["codes"], each["rare"]) if "rare" in each else each["codes"],
             "places": _places(each)}
            for each in super().prepare(state)
        ]  # fmt: skip

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns replaced."""
        known = self.prepared(state)
        dropped = [each["column"] for each in known]
        require(frame, dropped, self.title)
        names = [name for each in known for name in each["names"]]
        refuse_taken(frame, names, dropped, self.title)
        # Filled by output, so that each column lies together in memory.
        block = np.empty((len(names), len(frame)), dtype=np.uint8)
        start = 0
        for each in known:
            places = looked_up(column_of(frame, each["column"]), each["codes"], each["places"], each["column"])
            end = start + len(each["names"])
            _set_ones(block[start:end], places)
            start = end
        return replaced(frame, {}, of_block(names, block, frame), dropped)


def _told(levels: Sequence[Any]) -> list[str]:
    """Return levels as parts of names; a long text by its beginning and its hash."""
    texts = list(map(str, levels))
    long = [text for text in texts if len(text) > _LONGEST]
    hashes = dict(zip(long, hash_ids(pd.Series(long, dtype="str")).tolist(), strict=True))
    return [f"{text[:_LONGEST]}_{hashes[text]:016x}" if text in hashes else text for text in texts]


def _set_ones(block: NDArray[np.uint8], places: NDArray[np.signedinteger[Any]]) -> None:
    """Write a 1 at each row's place, and 0 elsewhere."""
    if len(places) > _FEW_ROWS:
        for place, row in enumerate(block):
            np.equal(places, place, out=row.view(bool))
        return
    block[:] = 0
    rows = np.flatnonzero(places >= 0)
    block[places[rows], rows] = 1


def _places(known: dict[str, Any]) -> NDArray[np.signedinteger[Any]]:
    """Return, for levels, rare, unseen ones and null, the place of the 1 among the outputs; -1 for none."""
    count, outputs = len(known["levels"]), len(known["names"])
    unseen, null = outputs - 1 if known["other"] else -1, count if known["null"] else -1
    rare = outputs - 2 if known["other"] == "apart" else unseen
    return np.array([*range(count), rare, unseen, null], dtype=np.min_scalar_type(-outputs - 1))
