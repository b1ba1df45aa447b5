"""Columns that are skewed to the right, and the scale of their logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.summaries import Again, ExactSum, Given, Moments, Quantiles, SummaryMap, finish_quantiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SKEWED = 2.0
"""The skewness of an exponential distribution."""
_MEDIAN = (0.5,)


def logarithm(values: Floats, unit: float) -> Floats:
    """Return the logarithm of 1 + values in units; what lies below 0 counts as 0.

    Examples
    --------
    >>> logarithm(np.array([-1.0, 0.0, 10.0]), 10.0).round(3).tolist()
    [0.0, 0.0, 0.693]
    """
    with np.errstate(over="ignore"):
        return np.asarray(np.log1p(np.maximum(values, 0.0) / unit))


def mean_and_scale(moments: Moments) -> tuple[float, float]:
    """Return what a column is centred at and divided by: 0 where it is empty, 1 where it is constant."""
    deviation = moments.deviation() if moments.n else 0.0
    scale = deviation if deviation > 0 and math.isfinite(deviation) else 1.0
    return (moments.mean if moments.n else 0.0), scale


def is_flag(moments: Moments) -> bool:
    """Whether all values are 0 or 1: then, and only then, those between 0 and 1 add up to what their squares do.

    Examples
    --------
    >>> is_flag(Moments.of([0, 1, 1])), is_flag(Moments.of([0, 0.5])), is_flag(Moments.of([0, 2]))
    (True, False, False)
    """
    return moments.minimum >= 0 and moments.maximum <= 1 and moments.total == moments.squares


@dataclass(frozen=True)
class Skewness:
    """The sum of cubed standard scores of a column; build it with :meth:`of` and ``+``.

    Notes
    -----
    Scores are taken from the exact mean and deviation of an earlier pass, so that nothing cancels; their cubes are
    added exactly, so partitions do not matter.
    """

    n: int
    cubes: ExactSum

    @classmethod
    def of(cls, values: Floats, mean: float, scale: float) -> Skewness:
        """Add up one part; NaN is null."""
        scores = (values[~np.isnan(values)] - mean) / scale
        return cls(len(scores), ExactSum.of(scores * scores * scores))

    def __add__(self, other: Skewness) -> Skewness:
        return Skewness(self.n + other.n, self.cubes + other.cubes)

    @property
    def high(self) -> bool:
        """Whether most values lie together and a few far above."""
        return float(self.cubes) > _SKEWED * self.n


def finish_first(summary: SummaryMap, state: dict[str, Any]) -> dict[str, Any] | Again:
    """Ask for the skewness and the median of each column that could be skewed."""
    may_be = [name for name, moments in summary["moments"].items() if moments.minimum >= 0 and not is_flag(moments)]
    if not may_be:
        return {**state, "logs": []}
    zooms = {name: summary["quantiles"][name].next_zoom(_MEDIAN) for name in may_be}
    scales = {name: mean_and_scale(summary["moments"][name]) for name in may_be}
    return Again({"state": state, "wanted": may_be, "zooms": zooms, "scales": scales})


def summary_of_logs(blocks: Iterable[tuple[Sequence[Any], Floats]], partial: Mapping[str, Any]) -> SummaryMap:
    """Summarize the wanted columns of one part: skewness and quantiles, then moments of logarithms."""
    found = SummaryMap(known=Given(partial), skewness=SummaryMap(), quantiles=SummaryMap(), logarithms=SummaryMap())
    for some, block in blocks:
        for name, values in zip(some, block, strict=True):
            if "units" in partial:
                found["logarithms"][name] = Moments.of(logarithm(values, partial["units"][name]))
                continue
            found["quantiles"][name] = Quantiles.of(values, partial["zooms"][name])
            if "scales" in partial:
                found["skewness"][name] = Skewness.of(values, *partial["scales"][name])
    return found


def finish_logs(summary: SummaryMap) -> dict[str, Any] | Again:
    """Return the state with the logarithms that are added, or ask for another pass."""
    known = summary["known"]
    state = known["state"]
    if "units" in known:
        logs = []
        for name, moments in summary["logarithms"].items():
            mean, scale = mean_and_scale(moments)
            logs.append({"column": name, "unit": known["units"][name], "mean": mean, "scale": scale})
        return {**state, "logs": logs}
    skewed = [name for name in known["wanted"] if "scales" not in known or summary["skewness"][name].high]
    if not skewed:
        return {**state, "logs": []}
    medians = finish_quantiles({name: summary["quantiles"][name] for name in skewed}, _MEDIAN)
    if isinstance(medians, Again):
        return Again({"state": state, "wanted": skewed, "zooms": medians.partial})
    units = {name: float(each[0]) if each[0] > 0 else 1.0 for name, each in medians.items()}
    return Again({"state": state, "wanted": skewed, "units": units})
