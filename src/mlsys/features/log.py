"""Log: take the logarithm of right-skewed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlsys.errors import DataError
from mlsys.features._numbers import ChangesNumbers, refuse_infinite
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Moments, SummaryMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows


class Log(ChangesNumbers):
    """Replace numbers by the natural logarithm of ``offset`` plus the number.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to change; by default all numeric features whose training values have a logarithm (with an offset of
        1: those without negative values).
    offset : float
        Number to add first; 1 keeps zeros at 0, 0 is the plain logarithm.

    Raises
    ------
    DataError
        If a named column holds a value without a logarithm in training rows, an infinite value, or no numbers.

    Notes
    -----
    Use it for incomes, prices and counts, whose ratios matter more than their differences. A later value without a
    logarithm is replaced by the smallest value of the training rows. Nulls stay null. One pass.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"price": [0.0, 9.0, 99.0], "change": [-1.0, 0.0, 1.0]})
    >>> Log().fit(frame).transform(frame).round(3)
       price  change
    0  0.000    -1.0
    1  2.303     0.0
    2  4.605     1.0
    """

    columns: ColumnChoice = None
    offset: float = Field(default=1.0, ge=0)
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers that have a logarithm"

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return the moments of each column."""
        return SummaryMap({name: Moments.of(values) for name, values in self.columns_of(part)})

    def finish(self, summary: SummaryMap, /) -> dict[str, Any]:
        """Return the columns that have logarithms, with the smallest value of each."""
        state: dict[str, Any] = {"columns": [], "minimum": []}
        for name, moments in summary.items():
            refuse_infinite(name, moments, self.title)
            if moments.n and moments.minimum + self.offset <= 0:
                self._refuse(name, moments.minimum)
                continue
            state["columns"].append(name)
            state["minimum"].append(moments.minimum if moments.n else 0.0)
        return state

    def changed(self, block: NDArray[np.float64], state: Any, columns: slice, /) -> NDArray[np.float64]:
        """Return logarithms."""
        minimum = np.array(state["minimum"][columns])[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            none = block + self.offset <= 0
        values = np.where(none, minimum, block)
        with np.errstate(divide="ignore", over="ignore"):
            return np.log1p(values) if self.offset == 1 else np.log(values + self.offset)

    def _refuse(self, name: Any, smallest: float) -> None:
        if self.named is not None:
            raise DataError(
                f"{self.title}: the smallest value of {name!r} in training rows is {smallest}, and "
                f"{smallest} + {self.offset} has no logarithm",
                f"give a larger offset=, use PowerTransform, or leave {name!r} out of columns=",
            )
