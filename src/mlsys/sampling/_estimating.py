"""Means and totals of all rows from a sample of them, with the intervals of its design.

Every estimate is a total of a variable ``z``: of the values themselves, or for a mean of ``(value - mean) / rows``, by
which a ratio moves to first order (Särndal, Swensson and Wretman 1992, section 5.5). A design knows one thing: how a
total of ``z`` varies from sample to sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT, effective_size, require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._ids import sizes_of
from mlsys.steps import Select
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

Variance = tuple[float, float]
"""Of a total, with its degrees of freedom."""


class ProbabilitySample(Select, kind="Select"):
    """A sample in which the chance of every row is known, so that means and totals of all rows can be estimated."""

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how the weighted total of ``z`` varies from sample to sample, and its degrees of freedom."""
        return of_simple(weights, z)

    def estimate(
        self, sample: pd.DataFrame, column: str, *, by: str | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Estimate the mean and the total of a column over all rows, from rows that this design drew.

        Parameters
        ----------
        sample : DataFrame
            What ``select`` returned, with its column ``sampling_weight``.
        column : str
            Numbers or truth values, of which the mean is a share.
        by : str, optional
            Estimate for each value of this column.
        level : float
            Of the intervals.

        Returns
        -------
        DataFrame
            A row an estimate: ``of`` (mean or total), ``value``, ``lower``, ``upper``, ``error`` (standard error),
            ``rows`` and ``effective_rows``; with ``by`` its value first.

        Raises
        ------
        DataError
            If the column or the weights are absent, null or no numbers.
        """
        from scipy.stats import t

        if not 0 < level < 1:
            raise ConfigurationError(f"level={level} is not between 0 and 1", "write level=0.95, for example")
        values, weights = _numbers(sample, column, self.title), _weights(sample, self.title)
        groups = [(None, np.ones(len(sample), dtype=bool))]
        if by is not None:
            require_columns(sample.columns, [by], self.title, "correct by=")
            groups = [(key, (sample[by] == key).to_numpy(dtype=bool, na_value=False))
                      for key in sorted(sample[by].dropna().unique())]  # fmt: skip
        rows = []
        for key, inside in groups:
            known = np.where(inside, weights, 0.0).sum()
            mean = float((weights * values)[inside].sum() / known)
            for of, value, z in (
                ("mean", mean, np.where(inside, (values - mean) / known, 0.0)),
                ("total", mean * known, np.where(inside, values, 0.0)),
            ):
                variance, degrees = self.variance_of(sample, weights, z)
                error = float(np.sqrt(variance))
                half = error * float(t.ppf((1 + level) / 2, degrees)) if error else 0.0
                rows.append(
                    ({} if by is None else {by: key})
                    | {"of": of, "value": value, "lower": value - half, "upper": value + half, "error": error,
                       "rows": int(inside.sum()), "effective_rows": effective_size(weights[inside])}
                )  # fmt: skip
        return pd.DataFrame(rows)


def of_simple(weights: Values, z: Values) -> Variance:
    """Of rows drawn by chance, each as likely as any other (Cochran 1977, theorem 2.2)."""
    return _of_stratum(float(weights.sum()), z), max(len(z) - 1, 1)


def of_strata(weights: Values, z: Values, strata: NDArray[np.int64]) -> Variance:
    """Of rows drawn within strata, with Satterthwaite's degrees of freedom (Cochran 1977, section 5.9).

    A stratum with one row drawn of several has no spread of its own: it counts by its distance from the mean of all.
    """
    found, degrees = 0.0, 0.0
    for code in np.unique(strata):
        inside = strata == code
        size, n = float(weights[inside].sum()), int(inside.sum())
        if n == 1 and size > 1.5:  # noqa: PLR2004  more rows than the one that was drawn
            variance, n = size * (size - 1) * float((z[inside][0] - np.average(z, weights=weights)) ** 2), 2
        else:
            variance = _of_stratum(size, z[inside])
        found += variance
        degrees += variance**2 / max(n - 1, 1)
    return found, found**2 / degrees if degrees else 1.0


def _of_stratum(size: float, z: Values) -> float:
    n = len(z)
    return size**2 * max(1 - n / size, 0.0) * float(z.var(ddof=1)) / n if n > 1 else 0.0


def of_unequal(weights: Values, z: Values) -> Variance:
    """Of rows drawn with chances of their own, each apart from the others or as if it were.

    That of Poisson sampling (Särndal et al. 1992, section 3.5), and of the rows with the smallest keys given the next
    key, whose chances are uncorrelated (Cohen and Kaplan 2007).
    """
    return float((np.maximum(1 - 1 / weights, 0.0) * (weights * z) ** 2).sum()), max(len(z) - 1, 1)


def of_clusters(weights: Values, z: Values, clusters: NDArray[np.int64]) -> Variance:
    """Of clusters drawn by chance and taken whole (Cochran 1977, section 9.3)."""
    totals = np.bincount(clusters, z).astype(np.float64)
    return _of_stratum(float(weights[0]) * len(totals), totals), max(len(totals) - 1, 1)


def of_stages(weights: Values, z: Values, clusters: NDArray[np.int64]) -> Variance:
    """Of clusters drawn by chance and rows drawn within them, as if clusters were put back: slightly too wide.

    The totals of the clusters as drawn vary by both stages (Hansen, Hurwitz and Madow 1953, "ultimate clusters").
    """
    totals = np.bincount(clusters, weights * z)
    m = len(totals)
    return (m * float(totals.var(ddof=1)) if m > 1 else 0.0), max(m - 1, 1)


def _numbers(sample: pd.DataFrame, column: str, who: str) -> Values:
    require_columns(sample.columns, [column], who, "name a column of the sample")
    held = values_of(sample[column])
    if held.kind not in {Kind.NUMBER, Kind.TRUTH}:
        raise DataError(f"{who}: the column {column!r} holds {held}, not numbers", "estimate a column of numbers")
    values = plain(sample[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise DataError(
            f"{who}: {column!r} is null or infinite in {int(wrong.sum()):,} of {len(sample):,} rows (the first is row "
            f"{sample.index[wrong].tolist()[0]!r})",
            "who does not answer may differ from who does: fill the values by a rule that you can defend",
        )
    return values


def _weights(sample: pd.DataFrame, who: str) -> Values:
    if SAMPLING_WEIGHT not in sample.columns or sample.empty:
        raise DataError(
            f"{who}.estimate() needs the rows that it drew, with their column {SAMPLING_WEIGHT!r}",
            "draw them first: sample = design.select(frame)",
        )
    return sizes_of(sample, SAMPLING_WEIGHT, who, SAMPLING_WEIGHT)
