"""MinMaxScale: scale numeric columns so that the training rows cover a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlsys.errors import ConfigurationError
from mlsys.features._numbers import ChangesNumbers, refuse_infinite
from mlsys.steps import ColumnChoice
from mlsys.summaries import Moments, SummaryMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows


class MinMaxScale(ChangesNumbers):
    """Scale numeric columns to the range from ``low`` to ``high`` over training rows.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to scale; by default all numeric features except truth values.
    low, high : float
        New values of the smallest and largest value of the training rows.
    clip : bool
        Whether to clip later values to ``low`` and ``high``; otherwise they may lie outside.

    Raises
    ------
    DataError
        If a column holds an infinite value, or no numbers.

    Notes
    -----
    Equal to scikit-learn's ``MinMaxScaler``. A single extreme value determines the scale of all others; see
    `RobustScale`. Nulls stay null; a constant column becomes ``low``. One pass, a few
    milliseconds for 300,000 rows and column.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [10.0, 20.0, 15.0], "who": ["a", "b", "c"]})
    >>> MinMaxScale().fit(frame).transform(frame)
         x who
    0  0.0   a
    1  1.0   b
    2  0.5   c
    """

    columns: ColumnChoice = None
    low: float = 0.0
    high: float = 1.0
    clip: bool = False
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        """Refuse a range without width."""
        super().__post_init__()
        if not np.isfinite([self.low, self.high]).all() or self.low >= self.high:
            raise ConfigurationError(
                f"{self.title}: low={self.low} is not below high={self.high}", "give low= below high=, such as 0 and 1"
            )

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return the moments of each column."""
        return SummaryMap({name: Moments.of(values) for name, values in self.columns_of(part)})

    def finish(self, summary: SummaryMap, /) -> dict[str, Any]:
        """Return the smallest value and the width of each column."""
        state: dict[str, Any] = {"columns": [], "minimum": [], "width": []}
        for name, moments in summary.items():
            refuse_infinite(name, moments, self.title)
            width = (moments.maximum - moments.minimum) if moments.n else 0.0
            state["columns"].append(name)
            state["minimum"].append(moments.minimum if moments.n else 0.0)
            state["width"].append(width if 0 < width < np.inf else 1.0)
        return state

    def changed(self, block: NDArray[np.float64], state: Any, columns: slice, /) -> NDArray[np.float64]:
        """Return columns on the new range."""
        minimum, width = (np.array(state[name][columns])[:, None] for name in ("minimum", "width"))
        with np.errstate(over="ignore"):
            scaled = (block - minimum) / width * (self.high - self.low) + self.low
        return np.asarray(np.clip(scaled, self.low, self.high) if self.clip else scaled)
