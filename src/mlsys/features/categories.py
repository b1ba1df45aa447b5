"""Categories: levels as pandas categories, which estimators that tell levels apart by themselves take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.features._columns import (
    LEVELS,
    TEXTS_AND_CATEGORIES,
    TakesColumns,
    of_levels,
    replaced,
    require,
    require_kinds,
)
from mlsys.features._levels import Known, check_levels, codes_of, hashes_of, numbered, refuse_alike
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Counts, SummaryMap
from mlsys.tables import column_of

if TYPE_CHECKING:
    from mlsys.dataset import Rows
    from mlsys.values import Values

_TOP = 250
"""scikit-learn's gradient boosting takes 255 levels at most, null and a margin among them."""


class Categories(TakesColumns):
    """Convert columns to pandas categories with the levels of the training rows.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to convert in place: text, categories, integers or truth values; by default all text and category
        features.
    top : int or None
        Maximum number of levels per column, the most frequent first; ``None`` keeps all.

    Raises
    ------
    DataError
        If a column holds lists, times or other values that are not levels.

    Notes
    -----
    For scikit-learn's histogram gradient boosting, LightGBM and XGBoost, which split on sets of levels. Levels are
    ordered by count, then by value, so the state does not depend on the partitions or the order of the rows. A level
    that is rarer than the ``top`` levels or absent from the training rows becomes null. Levels of several types are
    converted to text.

    Examples
    --------
    >>> train = pd.DataFrame({"carrier": ["UA", "DL", "UA", None]})
    >>> Categories(["carrier"]).fit(train).transform(pd.DataFrame({"carrier": ["DL", "never"]}))["carrier"]
    0     DL
    1    NaN
    Name: carrier, dtype: category
    Categories (2, str): ['UA', 'DL']
    """

    columns: ColumnChoice = None
    top: int | None = Field(default=_TOP, ge=1)
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = TEXTS_AND_CATEGORIES

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return how often each level occurs."""
        names = self.taken(part)
        require_kinds(part, names, LEVELS, self.title)
        return SummaryMap({name: Counts.of(part[name]) for name in names})

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return the levels of each column."""
        state = []
        for name, counts in summary.items():
            levels = [level for level, _ in counts.ordered(self.top)]
            check_levels(levels, str(name), self.title)
            rare = np.sort(hashes_of([level for level, _ in counts.ordered()[len(levels) :]]))
            state.append({"column": str(name), "levels": levels} | ({"rare": rare} if len(rare) else {}))
        return state

    def prepare(self, state: Any, /) -> list[dict[str, Any]]:
        """Return the state with the code of each level, and the categories of the column."""
        return [
            {
                **each,
                "codes": Known(numbered(each["levels"]), each.get("rare", ())),
                "type": pd.CategoricalDtype(self._shown(each)),
            }
            for each in state
        ]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns converted to categories."""
        known = state if not state or "codes" in state[0] else self.prepare(state)
        require(frame, [each["column"] for each in known], self.title)
        changed = {}
        for each in known:
            codes = np.maximum(codes_of(column_of(frame, each["column"]), each["codes"], each["column"]), -1)
            changed[each["column"]] = pd.Categorical.from_codes(codes, dtype=each["type"])
        return replaced(frame, changed)

    def takes(self, values: Values, /) -> bool:
        """Whether these are texts or categories."""
        return of_levels(values)

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the converted columns."""
        return tuple(each["column"] for each in state)

    def _shown(self, known: dict[str, Any]) -> pd.Index:
        levels = known["levels"]
        if not levels:
            return pd.Index([], dtype="str")
        if len({type(level) for level in levels}) == 1:
            alike: pd.Index = pd.Index(levels)
            return alike
        texts = [str(level) for level in levels]
        refuse_alike(texts, known["column"], self.title)
        return pd.Index(texts)
