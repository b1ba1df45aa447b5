"""What the steps that change columns of numbers in place have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlsys.errors import DataError
from mlsys.features._columns import (
    NUMBERS,
    TakesColumns,
    blocks_of_numbers,
    replaced,
    require,
    require_kinds,
)
from mlsys.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.summaries import Moments
    from mlsys.values import Values


class ChangesNumbers(TakesColumns, kind="Transform"):
    """A transform of columns of numbers in place; its state names them under ``columns``."""

    def changed(self, block: NDArray[np.float64], state: Any, columns: slice, /) -> NDArray[np.float64]:
        """Return some of the columns, one a row of the array, as they become; null stays null."""
        raise NotImplementedError

    def added(self, frame: pd.DataFrame, state: Any, /) -> dict[str, Any]:
        """Return the columns that are added behind; most steps add none."""
        return {}

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns changed."""
        require(frame, state["columns"], self.title)
        changed: dict[str, Any] = {}
        for names, block in blocks_of_numbers(frame, state["columns"], self.title):
            columns = slice(len(changed), len(changed) + len(names))
            changed.update(zip(names, self.changed(block, state, columns), strict=True))
        return replaced(frame, changed, self.added(frame, state))

    def takes(self, values: Values, /) -> bool:
        """Whether these are numbers; truth values stay 0 and 1."""
        return values.kind is Kind.NUMBER

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the changed columns."""
        return tuple(state["columns"])

    def columns_of(self, part: Rows) -> Iterator[tuple[str, NDArray[np.float64]]]:
        """Yield the columns of one part with their values, null as NaN."""
        names = self.taken(part)
        require_kinds(part, names, NUMBERS, self.title)
        for some, block in blocks_of_numbers(part, names, self.title):
            yield from zip(some, block, strict=True)


def refuse_infinite(name: Any, moments: Moments, who: str) -> None:
    """Raise for a column that holds an infinite value in training rows."""
    if moments.n and not moments.total.finite:
        raise DataError(
            f"{who}: the column {name!r} holds an infinite value in training rows",
            f"replace infinite values of {name!r} in a Derive step, or leave it out of columns=",
        )
