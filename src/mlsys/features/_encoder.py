"""What encoders of categories have in common: levels counted in training rows, one entry of the state a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlsys.features._columns import (
    LEVELS,
    TEXTS_AND_CATEGORIES,
    TakesColumns,
    of_levels,
    require_kinds,
)
from mlsys.features._levels import check_levels, numbered
from mlsys.summaries import Counts, SummaryMap

if TYPE_CHECKING:
    from mlsys.dataset import Rows
    from mlsys.values import Values


class CountsLevels(TakesColumns, kind="Transform"):
    """An encoder that learns how often each level of its columns occurs.

    Its state is a list of what is known of each column: ``column``, ``levels`` and what it adds.
    """

    takes_all: ClassVar[str] = TEXTS_AND_CATEGORIES

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return how often each level occurs."""
        names = self.taken(part)
        require_kinds(part, names, LEVELS, self.title)
        return SummaryMap({name: Counts.of(part[name]) for name in names})

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return what is known of each column."""
        state = [self.of_column(str(name), counts) for name, counts in summary.items()]
        for each in state:
            check_levels(each["levels"], each["column"], self.title)
        return state

    def of_column(self, column: str, counts: Counts, /) -> dict[str, Any]:
        """Return what is known of a column by how often its levels occur."""
        raise NotImplementedError

    def prepare(self, state: Any, /) -> list[dict[str, Any]]:
        """Return the state with the code of each level."""
        return [{**each, "codes": numbered(each["levels"])} for each in state]

    def prepared(self, state: Any) -> list[dict[str, Any]]:
        """Return a state that is prepared, whether it was or not."""
        return state if not state or "codes" in state[0] else self.prepare(state)

    def takes(self, values: Values, /) -> bool:
        """Whether these are texts or categories."""
        return of_levels(values)

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the encoded columns."""
        return tuple(each["column"] for each in state)
