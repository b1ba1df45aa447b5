"""ClipOutliers: clip values far from the others to limits learned from training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mlsys.errors import ConfigurationError
from mlsys.features._columns import blocks_of_numbers, refuse_taken, replaced, require
from mlsys.features._numbers import ChangesNumbers, refuse_infinite
from mlsys.steps import ColumnChoice
from mlsys.summaries import Again, Given, Moments, Quantiles, SummaryMap, finish_quantiles

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_DEFAULTS = {"quantiles": 0.01, "quartiles": 1.5, "deviations": 3.0}
"""One per cent on each side; Tukey's fences (1977); three standard deviations."""


class ClipOutliers(ChangesNumbers):
    """Clip values to limits learned from training rows.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to change; by default all numeric features except truth values.
    by : {"quantiles", "quartiles", "deviations"}
        How limits are set: by a quantile on each side, by the quartiles and a multiple of their distance (Tukey's
        fences), or by the mean and a multiple of the standard deviation.
    beyond : float, optional
        The share of rows on each side (0.01), the multiple of the distance of the quartiles (1.5) or of the standard
        deviation (3).
    side : {"both", "below", "above"}
        Which limits apply.
    indicator : bool
        Whether to add ``<column>_outlier`` (0 or 1) if training rows had values beyond the limits.

    Raises
    ------
    DataError
        If a column holds no numbers, or infinite values with ``by="deviations"``.

    Notes
    -----
    Clipping at quantiles is winsorizing (Dixon 1960). An extreme value increases the mean and standard deviation and
    may thereby mask itself; quantiles and quartiles are robust to this. If more than half of the values of a column
    are equal, its quartiles may coincide; ``"quartiles"`` then leaves it unchanged. Nulls stay null; infinite values
    become the limits. The state counts the values of training rows beyond the limits (``below``, ``above``). Limits
    are exact: two passes, and one to count.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 1000.0]})
    >>> fitted = ClipOutliers(by="quartiles", indicator=True).fit(frame)
    >>> fitted.transform(frame).tail(2)
         x  x_outlier
    3  4.0          0
    4  7.0          1
    >>> fitted.state["above"]
    [1]
    """

    columns: ColumnChoice = None
    by: Literal["quantiles", "quartiles", "deviations"] = "quantiles"
    beyond: float | None = None
    side: Literal["both", "below", "above"] = "both"
    indicator: bool = False
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        """Refuse limits that are none."""
        super().__post_init__()
        if self.beyond is not None and not 0 < self.beyond < (0.5 if self.by == "quantiles" else np.inf):
            raise ConfigurationError(
                f"{self.title}: beyond={self.beyond} is not valid with by={self.by!r}",
                f"give a number above 0{' and below 0.5' if self.by == 'quantiles' else ''}, or omit it",
            )

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return what a part says of the limits, then how many values lie beyond them."""
        if partial is not None and "limits" in partial:
            counts = SummaryMap()
            for name, values in self.columns_of(part):
                lower, upper = partial["limits"][name]
                counts[name] = np.array([(values < lower).sum(), (values > upper).sum()], dtype=np.int64)
            return SummaryMap(limits=Given(partial["limits"]), counts=counts)
        zooms = (partial or {}).get("zooms", {})
        of = Moments.of if self.by == "deviations" else None
        found = self.columns_of(part)
        return SummaryMap({name: of(values) if of else Quantiles.of(values, zooms.get(name)) for name, values in found})

    def finish(self, summary: SummaryMap, /) -> dict[str, Any] | Again:
        """Return the limits and how many values lie beyond, or ask for another pass."""
        if "counts" in summary:
            limits, counts = summary["limits"], summary["counts"]
            return {
                "columns": list(limits),
                "lower": [limits[name][0] for name in limits],
                "upper": [limits[name][1] for name in limits],
                "below": [int(counts[name][0]) for name in limits],
                "above": [int(counts[name][1]) for name in limits],
            }
        if self.by == "deviations":
            return Again({"limits": {name: self._by_deviations(name, each) for name, each in summary.items()}})
        found = finish_quantiles(summary, self._probabilities)
        if isinstance(found, Again):
            return Again({"zooms": found.partial})
        return Again({"limits": {name: self._by_quantiles(each) for name, each in found.items()}})

    def changed(self, block: NDArray[np.float64], state: Any, columns: slice, /) -> NDArray[np.float64]:
        """Return clipped columns."""
        lower, upper = (np.array(state[name][columns])[:, None] for name in ("lower", "upper"))
        return np.clip(block, lower, upper)

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns clipped, and indicators behind."""
        clipped = super().apply(frame, state)
        if not self.indicator:
            return clipped
        require(frame, state["columns"], self.title)
        limits = {
            name: (lower, upper)
            for name, lower, upper, *beyond in zip(*(state[key] for key in _KEYS), strict=True)
            if any(beyond)
        }
        refuse_taken(frame, [f"{name}_outlier" for name in limits], (), self.title)
        added: dict[str, Any] = {}
        for names, block in blocks_of_numbers(frame, list(limits), self.title):
            for name, values in zip(names, block, strict=True):
                lower, upper = limits[name]
                added[f"{name}_outlier"] = ((values < lower) | (values > upper)).astype(np.uint8)
        return replaced(clipped, {}, added)

    @property
    def _far(self) -> float:
        return _DEFAULTS[self.by] if self.beyond is None else self.beyond

    @property
    def _probabilities(self) -> tuple[float, float]:
        return (0.25, 0.75) if self.by == "quartiles" else (self._far, 1 - self._far)

    def _by_quantiles(self, quantiles: NDArray[np.float64]) -> tuple[float, float]:
        lower, upper = quantiles.tolist()
        if self.by == "quartiles":
            distance = upper - lower
            if distance == 0:
                return self._open(np.nan, np.nan)
            lower, upper = lower - self._far * distance, upper + self._far * distance
        return self._open(lower, upper)

    def _by_deviations(self, name: Any, moments: Moments) -> tuple[float, float]:
        refuse_infinite(name, moments, self.title)
        reach = self._far * moments.deviation() if moments.n else np.nan
        return self._open(moments.mean - reach, moments.mean + reach)

    def _open(self, lower: float, upper: float) -> tuple[float, float]:
        """Return the limits of the sides that count; what sets none is no limit."""
        lower = -np.inf if self.side == "above" or np.isnan(lower) else lower
        return lower, np.inf if self.side == "below" or np.isnan(upper) else upper


_KEYS = ("columns", "lower", "upper", "below", "above")
