"""PowerTransform: make numeric columns more normal by a power learned from training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mlsys.errors import DataError
from mlsys.features._numbers import ChangesNumbers, refuse_infinite
from mlsys.features._powers import best_power, raised
from mlsys.features._skewed import mean_and_scale
from mlsys.steps import ColumnChoice
from mlsys.summaries import Again, Given, LogBuckets, Moments, SummaryMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_ERROR = 2.0**-15
"""Relative error of the values that the power is fitted to; it moves the power in the fourth digit at most."""


class PowerTransform(ChangesNumbers):
    """Raise columns of numbers to the power that makes them most nearly normal, and standardize them.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to change; by default all numeric features except truth values.
    method : {"yeo-johnson", "box-cox"}
        The Yeo-Johnson transform accepts any number, Box-Cox only positive ones.
    standardize : bool
        Whether to scale the result to mean 0 and standard deviation 1 over training rows.

    Raises
    ------
    DataError
        If a column holds an infinite value, no numbers, or, with Box-Cox, values that are not positive.

    Notes
    -----
    See Yeo and Johnson (2000) and Box and Cox (1964). The power maximizes the likelihood, as in scikit-learn's
    ``PowerTransformer``, but of values rounded to 0.003 %: it is found from counts of their leading bits, in one pass,
    at the same cost for any number of rows, and does not depend on partitions or order. A second pass computes the
    exact mean and standard deviation. A constant column keeps its values (the power is 1). Nulls stay null; with
    Box-Cox, a later value that is not positive is replaced by the smallest value of the training rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"income": [1.0, 2.0, 4.0, 8.0, 16.0]})
    >>> fitted = PowerTransform(method="box-cox").fit(frame)
    >>> [round(abs(power), 2) for power in fitted.state["power"]]  # 0: the logarithm
    [0.0]
    >>> fitted.transform(frame)["income"].round(3).tolist()
    [-1.414, -0.707, 0.0, 0.707, 1.414]
    """

    columns: ColumnChoice = None
    method: Literal["yeo-johnson", "box-cox"] = "yeo-johnson"
    standardize: bool = True
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers"

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return moments and leading bits of each column, then moments of what they become."""
        if partial is None:
            moments, buckets = SummaryMap(), SummaryMap()
            for name, values in self.columns_of(part):
                moments[name], buckets[name] = Moments.of(values), LogBuckets.of(values, _ERROR)
            return SummaryMap(moments=moments, buckets=buckets)
        place = {name: at for at, name in enumerate(partial["columns"])}
        made = SummaryMap()
        for name, values in self.columns_of(part):
            made[name] = Moments.of(self._raised(values[None], partial, slice(place[name], place[name] + 1)))
        return SummaryMap(state=Given(partial), made=made)

    def finish(self, summary: SummaryMap, /) -> dict[str, Any] | Again:
        """Return powers, means and scales, or ask for a second pass."""
        if "made" in summary:
            state = dict(summary["state"])
            scales = [mean_and_scale(summary["made"][name]) for name in state["columns"]]
            return {**state, "mean": [mean for mean, _ in scales], "scale": [scale for _, scale in scales]}
        state = {"columns": [], "power": [], "minimum": []}
        for name, moments in summary["moments"].items():
            refuse_infinite(name, moments, self.title)
            if self.method == "box-cox" and moments.n and moments.minimum <= 0:
                raise DataError(
                    f"{self.title}: {name!r} holds {moments.minimum} in training rows, but the Box-Cox transform "
                    "requires positive numbers",
                    f"take method='yeo-johnson', or leave {name!r} out of columns=",
                )
            buckets = summary["buckets"][name]
            varies = moments.n and moments.minimum < moments.maximum
            power = best_power(buckets.middles(), buckets.counts(), self.method) if varies else 1.0
            state["columns"].append(name)
            state["power"].append(power)
            state["minimum"].append(moments.minimum if moments.n else 1.0)
        if self.standardize:
            return Again(state)
        return {**state, "mean": [0.0] * len(state["columns"]), "scale": [1.0] * len(state["columns"])}

    def changed(self, block: NDArray[np.float64], state: Any, columns: slice, /) -> NDArray[np.float64]:
        """Return columns raised and scaled."""
        mean, scale = (np.array(state[name][columns])[:, None] for name in ("mean", "scale"))
        with np.errstate(over="ignore"):
            return np.asarray((self._raised(block, state, columns) - mean) / scale)

    def _raised(self, block: NDArray[np.float64], state: Any, columns: slice) -> NDArray[np.float64]:
        powers, smallest = state["power"][columns], state["minimum"][columns]
        made = np.empty_like(block)
        for place, (values, power, minimum) in enumerate(zip(block, powers, smallest, strict=True)):
            taken = np.where(values <= 0, minimum, values) if self.method == "box-cox" else values
            made[place] = raised(taken, power, self.method)
        return made
