"""RobustScale: subtract the median and divide by a quantile range of the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._numbers import ChangesNumbers
from mlsys.steps import ColumnChoice
from mlsys.summaries import Again, Quantiles, SummaryMap, finish_quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows


class RobustScale(ChangesNumbers):
    """Scale numeric columns to median 0 and a quantile range of 1 over training rows.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to scale; by default all numeric features except truth values.
    lower, upper : float
        Quantiles whose distance becomes 1; by default the quartiles.

    Raises
    ------
    DataError
        If a column holds no numbers, or its quantiles are infinite.

    Notes
    -----
    Equal to scikit-learn's ``RobustScaler``: up to a quarter of the values can be arbitrary without affecting the
    scale. Quantiles are exact and equal ``numpy.quantile``. Nulls stay null; a column whose quantiles are equal is
    centred but not divided. Two passes, at most four.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 1000.0]})
    >>> RobustScale().fit(frame).transform(frame)["x"].tolist()
    [-1.0, -0.5, 0.0, 0.5, 498.5]
    """

    columns: ColumnChoice = None
    lower: float = 0.25
    upper: float = 0.75
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        """Refuse quantiles that are none."""
        super().__post_init__()
        if not 0 <= self.lower < self.upper <= 1:
            raise ConfigurationError(
                f"{self.title}: lower={self.lower} and upper={self.upper} are not valid quantiles",
                "give lower= below upper=, both between 0 and 1, such as 0.25 and 0.75",
            )

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return what a part says of the quantiles of each column."""
        zooms = partial or {}
        return SummaryMap({name: Quantiles.of(values, zooms.get(name)) for name, values in self.columns_of(part)})

    def finish(self, summary: SummaryMap, /) -> dict[str, Any] | Again:
        """Return medians and ranges, or ask for another pass to find them."""
        found = finish_quantiles(summary, (self.lower, 0.5, self.upper))
        if isinstance(found, Again):
            return found
        state: dict[str, Any] = {"columns": [], "center": [], "scale": []}
        for name, quantiles in found.items():
            lower, center, upper = quantiles.tolist() if summary[name].n else (0.0, 0.0, 0.0)
            if not np.isfinite([lower, center, upper, upper - lower]).all():
                raise DataError(
                    f"{self.title}: quantiles of {name!r} are infinite ({lower}, {center}, {upper})",
                    f"replace infinite values of {name!r} in a Derive step, or leave it out of columns=",
                )
            state["columns"].append(name)
            state["center"].append(center)
            state["scale"].append(upper - lower or 1.0)
        return state

    def changed(self, block: NDArray[np.float64], state: Any, columns: slice, /) -> NDArray[np.float64]:
        """Return columns centred and scaled."""
        center, scale = (np.array(state[name][columns])[:, None] for name in ("center", "scale"))
        with np.errstate(over="ignore"):
            return np.asarray((block - center) / scale)
