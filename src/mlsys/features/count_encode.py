"""CountEncode: replace levels by their frequency among training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mlsys.features._columns import replaced, require
from mlsys.features._encoder import CountsLevels
from mlsys.features._levels import looked_up
from mlsys.steps import ColumnChoice
from mlsys.tables import column_of

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.summaries import Counts


class CountEncode(CountsLevels):
    """Replace categories by the number of training rows with the same level.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to encode in place: text, categories, integers or truth values; by default all text and category
        features.
    measure : {"count", "share", "log"}
        The number of rows, their share of all training rows, or the logarithm of 1 + the number.

    Raises
    ------
    DataError
        If a column holds lists, times or other values that are not levels.

    Notes
    -----
    The code shows how common a level is and does not use the target: two levels with equally many rows get the same
    number. Null counts as a level; a level absent from the training rows gets 0. Columns are ``float64``. Counts are
    integers, so the state does not depend on the partitions or the order of the rows. One pass.

    Examples
    --------
    >>> import pandas as pd
    >>> fitted = CountEncode(["tail"]).fit(pd.DataFrame({"tail": ["N14", "N14", "N24", None]}))
    >>> fitted.transform(pd.DataFrame({"tail": ["N14", "N24", "N99", None]}))["tail"].tolist()
    [2.0, 1.0, 0.0, 1.0]
    """

    columns: ColumnChoice = None
    measure: Literal["count", "share", "log"] = "count"
    serves_columns: ClassVar[bool] = True

    def of_column(self, column: str, counts: Counts, /) -> dict[str, Any]:
        """Return the levels of a column with their counts."""
        ordered = counts.ordered()
        rows = np.array([count for _, count in ordered], dtype=np.int64)
        return {"column": column, "levels": [level for level, _ in ordered], "rows": rows, "nulls": counts.nulls}

    def prepare(self, state: Any, /) -> list[dict[str, Any]]:
        """Return the state with the code of each level, and the number that each code is shown as."""
        return [{**each, "shown": self._shown(each)} for each in super().prepare(state)]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns encoded."""
        known = self.prepared(state)
        require(frame, [each["column"] for each in known], self.title)
        return replaced(
            frame,
            {
                each["column"]: looked_up(
                    column_of(frame, each["column"]), each["codes"], each["shown"], each["column"]
                )
                for each in known
            },
        )

    def _shown(self, known: dict[str, Any]) -> Any:
        """Return the numbers of the levels, then of what training rows lack, then of null: codes -2 and -1."""
        rows = np.concatenate([known["rows"], [0, known["nulls"]]]).astype(np.float64)
        if self.measure == "log":
            return np.log1p(rows)
        return rows / max(rows.sum(), 1.0) if self.measure == "share" else rows
