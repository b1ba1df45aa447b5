"""What nulls in numbers are filled with: by column, by group, and by a regression on other columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.features._columns import require
from mlsys.features._levels import check_levels, codes_of, numbered
from mlsys.summaries import Again, Counts, Covariance, Moments, Quantiles, SummaryMap, distinct_values, finish_quantiles
from mlsys.tables import column_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.tables import Columns

    Floats = NDArray[np.float64]

_MEDIAN = (0.5,)
_NEXT_TO_NOTHING = 1e-9
"""Directions in which columns vary less than this, beside the largest, are one column said twice."""


def summary_of(values: Floats, how: str, zoom: Any = None) -> Quantiles | Moments | Counts:
    """Summarize numbers as far as their median, mean or most frequent value asks for it; NaN is null."""
    if how == "median":
        return Quantiles.of(values, zoom)
    return Counts.of(values) if how == "mode" else Moments.of(values)


def fills_of(summaries: Mapping[Hashable, Any], how: str) -> dict[Hashable, float] | Again:
    """Return the fill of each, or ask for another pass."""
    if how == "median":
        medians = finish_quantiles(summaries, _MEDIAN)
        return medians if isinstance(medians, Again) else {name: float(each[0]) for name, each in medians.items()}
    return {name: _most_frequent(each) if how == "mode" else each.mean for name, each in summaries.items()}


def _most_frequent(counts: Counts) -> float:
    """Return the value that occurs most often, the smallest of several."""
    return float(min(counts, key=lambda value: (-counts[value], value), default=np.nan))  # type: ignore[arg-type]


def groups_in(part: pd.DataFrame, by: Sequence[str], who: str) -> Iterator[tuple[tuple[Any, ...], NDArray[np.int64]]]:
    """Yield the groups of some rows with the places of their rows; a row with a null key is in none."""
    require(part, by, who)
    places, levels, known = np.zeros(len(part), np.int64), [], np.ones(len(part), dtype=bool)
    for name in by:
        codes, distinct = distinct_values(part[name])
        check_levels(distinct, name, who)
        places, known = places * (len(distinct) + 1) + codes, known & (codes >= 0)
        levels.append((codes, distinct))
    rows = np.flatnonzero(known)
    rows = rows[np.argsort(places[rows], kind="stable")]
    for some in np.split(rows, np.flatnonzero(np.diff(places[rows])) + 1) if len(rows) else ():
        yield tuple(distinct[codes[some[0]]] for codes, distinct in levels), some


def state_of_groups(fills: Mapping[Any, float], names: Sequence[str]) -> dict[str, Any]:
    """Return fills by group as plain data; NaN where a group has no value of a column."""
    keys = sorted({key for name, key in fills if key is not None}, key=lambda key: tuple(map(str, key)))
    return {
        "keys": [list(key) for key in keys],
        "fills": {name: [fills.get((name, key), np.nan) for key in keys] for name in names},
    }


def group_of(frame: pd.DataFrame | Columns, by: Sequence[str], keys: Sequence[Sequence[Any]]) -> NDArray[np.int64]:
    """Return the place of each row's group among the known ones, -1 for none."""
    size, places = len(frame), np.zeros(len(frame), np.int64)
    radix = []
    for at, name in enumerate(by):
        codes = numbered(list(dict.fromkeys(key[at] for key in keys)))
        found = codes_of(column_of(frame, name), codes)
        places = np.where((places < 0) | (found < 0), -1, places * len(codes) + found)
        radix.append(codes)
    lookup: dict[int, int] = {}
    for number, key in enumerate(keys):
        place = 0
        for codes, level in zip(radix, key, strict=True):
            place = place * len(codes) + codes[level]
        lookup[place] = number
    used, back = np.unique(places, return_inverse=True)
    known = np.array([lookup.get(place, -1) for place in used.tolist()], dtype=np.int64)
    return known[back] if size else places


def summary_of_models(block: Floats, names: Sequence[str], fills: Mapping[str, float], wanted: set[str]) -> SummaryMap:
    """Summarize, for each wanted column, the rows that have it: covariances with the others, whose nulls are filled."""
    missing = np.isnan(block)
    filled = np.where(missing, np.array([fills[name] for name in names])[:, None], block)
    found = SummaryMap()
    for place, name in enumerate(names):
        if name in wanted:
            rows = ~missing[place]
            found[name] = SummaryMap(covariance=Covariance.of(names, filled[:, rows]), moments=Moments.of(block[place]))
    return found


def regression(name: str, summary: SummaryMap) -> dict[str, Any]:
    """Return what predicts a column from the others: least squares, the smallest of equally good coefficients."""
    found: Covariance = summary["covariance"]
    names, means, covariance = list(found.names), found.means(), found.covariance()
    at = names.index(name)
    others = [place for place in range(len(names)) if place != at]
    scales = np.sqrt(np.diag(covariance)[others])
    scales[~(scales > 0)] = 1.0
    inner = covariance[np.ix_(others, others)] / np.outer(scales, scales)
    slopes = np.linalg.pinv(inner, rcond=_NEXT_TO_NOTHING, hermitian=True) @ (covariance[others, at] / scales) / scales
    return {
        "column": name,
        "mean": float(means[at]),
        "columns": [names[place] for place in others],
        "means": means[others].tolist(),
        "slopes": slopes.tolist(),
        "lowest": summary["moments"].minimum,
        "highest": summary["moments"].maximum,
    }


def predicted(model: Mapping[str, Any], columns: Mapping[str, Floats]) -> Floats:
    """Return what a regression says of rows, inside the range of training rows; row by row the same in any batch."""
    total = np.full(len(next(iter(columns.values()))), model["mean"])
    for name, mean, slope in zip(model["columns"], model["means"], model["slopes"], strict=True):
        total = total + slope * (columns[name] - mean)
    return np.asarray(np.clip(total, model["lowest"], model["highest"]))
