"""OneHot: one column of 0 and 1 for each level that training rows have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.features._columns import of_block, refuse_taken, replaced, require
from mlsys.features._encoder import CountsLevels
from mlsys.features._levels import NULL, UNSEEN, codes_of, refuse_alike
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Counts, hash_ids
from mlsys.tables import Column, column_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TOP = 100
"""Levels kept of a column: more make wide tables of which a rare level is known from few rows (try TargetEncode)."""


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
    other : bool
        Whether levels without a column (rare, or unseen in training) get ``<column>_other``;
        otherwise all columns are zero.

    Notes
    -----
    Levels are ordered by count, then by value, so the state does not depend on the partitions or the order of the rows.
    Null has a column ``<column>_null`` if training rows hold nulls. Columns are ``uint8``, one block for each encoded
    column; only clearing that block takes time proportional to rows times levels.

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
    other: bool = False
    serves_columns: ClassVar[bool] = True

    def of_column(self, column: str, counts: Counts, /) -> dict[str, Any]:
        """Return the levels of a column that are kept, and the names of its outputs."""
        levels = [level for level, count in counts.ordered(self.top) if count >= self.min_count]
        names = [f"{column}_{told}" for told in _told(levels)]
        names += [f"{column}_null"] if counts.nulls else []
        names += [f"{column}_other"] if self.other else []
        refuse_alike(names, column, self.title)
        return {"column": column, "levels": levels, "null": bool(counts.nulls), "other": self.other, "names": names}

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns replaced."""
        known = self.prepared(state)
        dropped = [each["column"] for each in known]
        require(frame, dropped, self.title)
        names = [name for each in known for name in each["names"]]
        refuse_taken(frame, names, dropped, self.title)
        # Filled by output, so that each column lies together in memory.
        block = np.zeros((len(names), len(frame)), dtype=np.uint8)
        start = 0
        for each in known:
            places = _places(column_of(frame, each["column"]), each)
            rows = np.flatnonzero(places >= 0)
            block[start + places[rows], rows] = 1
            start += len(each["names"])
        return replaced(frame, {}, of_block(names, block, frame), dropped)


def _told(levels: Sequence[Any]) -> list[str]:
    """Return levels as parts of names; a long text by its beginning and its hash."""
    texts = list(map(str, levels))
    long = [text for text in texts if len(text) > _LONGEST]
    hashes = dict(zip(long, hash_ids(pd.Series(long, dtype="str")).tolist(), strict=True))
    return [f"{text[:_LONGEST]}_{hashes[text]:016x}" if text in hashes else text for text in texts]


def _places(column: Column, known: dict[str, Any]) -> NDArray[np.int64]:
    """Return the place of each row's 1 among the outputs of its column; -1 for none."""
    codes = codes_of(column, known["codes"])
    places = np.where(codes == NULL, len(known["levels"]) if known["null"] else -1, codes)
    places[codes == UNSEEN] = len(known["names"]) - 1 if known["other"] else -1
    return places
