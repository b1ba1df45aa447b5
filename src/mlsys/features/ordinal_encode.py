"""OrdinalEncode: replace levels by their position in an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._columns import replaced, require
from mlsys.features._encoder import CountsLevels
from mlsys.features._levels import looked_up
from mlsys.steps import ColumnChoice
from mlsys.summaries.counts import text_and_type
from mlsys.tables import column_of

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.summaries import Counts


class OrdinalEncode(CountsLevels):
    """Replace categories by the position of each level in an order: 0, 1, 2, ...

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to encode in place: text, categories, integers or truth values; by default all text and category
        features.
    order : dict of str to list, optional
        All levels of a column, from lowest to highest. By default numbers are ordered by size, text alphabetically.
    unseen : float
        Position of a level that is absent from the training rows.

    Raises
    ------
    DataError
        If training rows hold a level that the ``order`` of its column does not name; if a column holds lists,
        times or other values that are not levels.

    Notes
    -----
    Trees can split any order; a linear model interprets positions as distances, so give it a meaningful ``order``, or
    use `OneHot`. Null stays null. A level named in ``order`` keeps its position even if the training rows lack it.
    Columns are ``float64``. The state does not depend on the partitions or the order of the rows. One pass.

    Examples
    --------
    >>> import pandas as pd
    >>> train = pd.DataFrame({"size": ["small", "large", "small", "medium"]})
    >>> fitted = OrdinalEncode(["size"], order={"size": ["small", "medium", "large"]}).fit(train)
    >>> fitted.transform(pd.DataFrame({"size": ["large", "small", "huge", None]}))["size"].tolist()
    [2.0, 0.0, -1.0, nan]
    """

    columns: ColumnChoice = None
    order: Mapping[str, list[Any]] | None = None
    unseen: float = -1.0
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse an empty list of columns, and orders that name a level twice or belong to no column."""
        super().__post_init__()
        for name, levels in (self.order or {}).items():
            if self.named is not None and name not in self.named:
                raise ConfigurationError(
                    f"OrdinalEncode got an order for {name!r}, which is not among its columns",
                    f"add {name!r} to columns=, or remove its order",
                )
            if not levels or len(set(levels)) < len(levels):
                raise ConfigurationError(
                    f"OrdinalEncode: the order of {name!r} is empty or names a level twice", "name each level once"
                )

    def of_column(self, column: str, counts: Counts, /) -> dict[str, Any]:
        """Return the levels of a column in their order."""
        asked = (self.order or {}).get(column)
        if asked is None:
            return {"column": column, "levels": sorted(counts, key=_by_size_or_text)}
        left_out = [level for level, _ in counts.ordered() if level not in set(asked)]
        if left_out:
            raise DataError(
                f"{self.title}: the column {column!r} holds {left_out[0]!r}, which its order does not name",
                f"add it to order={{{column!r}: [...]}}, or set it to null in a Derive step first",
            )
        return {"column": column, "levels": list(asked)}

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns encoded."""
        known = self.prepared(state)
        require(frame, [each["column"] for each in known], self.title)
        changed = {}
        for each in known:
            table = np.array([*range(len(each["codes"])), self.unseen, np.nan], dtype=np.float64)
            changed[each["column"]] = looked_up(column_of(frame, each["column"]), each["codes"], table, each["column"])
        return replaced(frame, changed)


def _by_size_or_text(level: Any) -> tuple[Any, ...]:
    if isinstance(level, (int, float)):
        return (False, float(level), "", "")
    return (True, 0.0, *text_and_type(level))
