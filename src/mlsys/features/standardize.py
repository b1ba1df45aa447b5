"""Standardize: subtract the mean, divide by the standard deviation of training rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import DataError
from mlsys.features._columns import NUMBERS, blocks_of_numbers, chosen, replaced, require, require_kinds
from mlsys.steps import Transform
from mlsys.summaries import Moments, SummaryMap
from mlsys.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from mlsys.dataset import Rows


class Standardize(Transform):
    """Bring columns of numbers to mean 0 and standard deviation 1 over training rows.

    Parameters
    ----------
    columns : list of str, optional
        Columns to scale; all features of numbers (truth values aside) when not given.

    Raises
    ------
    DataError
        When a column holds an infinite value, or no numbers.

    Notes
    -----
    The standard deviation has the divisor n, as scikit-learn's ``StandardScaler``. Nulls are left out and stay null;
    a constant column is centred and not divided. Sums are exact and rounded once, so the state does not depend on
    partitions or order; sample weights are not used. One pass, a few milliseconds for 300,000 rows and column.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [1.0, 3.0], "y": [5, 5], "who": ["a", "b"]})
    >>> Standardize().fit(frame).transform(frame)
         x    y who
    0 -1.0  0.0   a
    1  1.0  0.0   b
    """

    columns: tuple[str, ...] | list[str] | None = None

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return the moments of each column."""
        names = chosen(part, self.columns, frozenset({Kind.NUMBER}))
        require_kinds(part, names, NUMBERS, self.title)
        blocks = blocks_of_numbers(part, names, self.title)
        found = SummaryMap()
        for some, block in blocks:
            found.update({name: Moments.of(values) for name, values in zip(some, block, strict=True)})
        return found

    def finish(self, summary: SummaryMap, /) -> dict[str, Any]:
        """Return means and scales."""
        means, scales = [], []
        for name, moments in summary.items():
            if moments.n and not moments.total.finite:
                raise DataError(
                    f"{self.title}: the column {name!r} holds an infinite value in training rows",
                    f"replace infinite values of {name!r} in a Derive step, or leave it out of columns=",
                )
            deviation = moments.deviation() if moments.n else 0.0
            means.append(moments.mean if moments.n else 0.0)
            scales.append(deviation if deviation > 0 and math.isfinite(deviation) else 1.0)
        return {"columns": list(summary), "mean": means, "scale": scales}

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns scaled."""
        require(frame, state["columns"], self.title)
        changed: dict[str, Any] = {}
        means, scales = np.array(state["mean"]), np.array(state["scale"])
        for names, block in blocks_of_numbers(frame, state["columns"], self.title):
            here = slice(len(changed), len(changed) + len(names))
            with np.errstate(over="ignore"):
                changed.update(zip(names, (block - means[here, None]) / scales[here, None], strict=True))
        return replaced(frame, changed)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all there are."""
        return tuple(columns if self.columns is None else self.columns)
