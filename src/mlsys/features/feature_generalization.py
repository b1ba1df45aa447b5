"""FeatureGeneralization: compare features between training rows and later parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Dataset
from mlsys.steps import Field, Report, Result
from mlsys.steps.gathering import Gathers
from mlsys.summaries import distinct_values
from mlsys.values import NUMERIC, TIMES, Kind, plain, values_of

_LEVELS = frozenset({Kind.TEXT, Kind.CATEGORY, Kind.TRUTH})
_COLUMNS = [
    "feature", "part", "coverage_train", "coverage", "overlap", "unseen", "new_nulls", "distance", "chance", "verdict",
]  # fmt: skip


class FeatureGeneralization(Report):
    """Compare each feature of later parts with the training rows: coverage, common values, distribution.

    Parameters
    ----------
    least_overlap : float
        Minimum share of rows whose value also occurs in training rows; below it the feature has *new values*.
    most_distance : float
        Maximum distance between distributions beyond chance; above it the feature has *moved*.
    most_lost : float
        Maximum loss of coverage (share of rows with a value); above it the feature is *missing*.

    Notes
    -----
    ``overlap`` is the share of rows whose value also occurs in training rows; for numbers and times, whose value lies
    between their smallest and largest. ``unseen`` counts the other rows, and ``new_nulls`` the nulls of a feature
    without nulls in training rows. ``distance`` is the total variation distance between shares of levels, or the
    Kolmogorov-Smirnov distance between numeric distributions; ``chance`` is the approximate distance between two
    samples of these sizes from one distribution, which is large if there are few rows per level. `DetectDrift` tests
    whether a distance may be chance; this report shows which features a model cannot rely on. The verdicts are
    *carries over*, *new values*, *moved* and *missing*. One pass over each column of each part.

    Examples
    --------
    >>> train = pd.DataFrame({"tail": ["N1", "N2", "N3", "N1"], "day": [1.0, 2.0, 3.0, 4.0], "y": [0, 1, 0, 1]})
    >>> later = pd.DataFrame({"tail": ["N1", "N9", "N8", "N7"], "day": [2.0, 3.0, 1.0, 4.0], "y": [0, 1, 0, 1]})
    >>> FeatureGeneralization().of(train=train, validation=later, target="y").table[["feature", "overlap", "verdict"]]
      feature  overlap       verdict
    0    tail     0.25    new values
    1     day     1.00  carries over
    """

    least_overlap: float = Field(default=0.95, ge=0.0, le=1.0)
    most_distance: float = Field(default=0.1, ge=0.0, le=1.0)
    most_lost: float = Field(default=0.05, ge=0.0, le=1.0)

    @property
    def gathers(self) -> Gathers:
        """A column at a time."""
        return Gathers("open parts", 2, "one column at a time")

    def report(self, dataset: Dataset, /) -> Result:
        """Return the comparison of every open part with the training rows."""
        parts = [name for name in dataset if name != "train" and not (name == "validation" and dataset.folds)]
        if "train" not in dataset or not parts:
            summary = "the data has training rows only"
            return Result("generalization", pd.DataFrame(columns=_COLUMNS), verdict="not assessed", summary=summary)
        rows = [
            {"feature": name, "part": part, **self._compared(train[name], dataset.rows(part, [name])[name])}
            for name in dataset.features
            for train in [dataset.rows("train", [name])]
            for part in parts
        ]
        table = pd.DataFrame(rows, columns=_COLUMNS).sort_values("overlap", kind="stable", ignore_index=True)
        odd = [str(name) for name in dict.fromkeys(table.loc[table["verdict"] != _FINE, "feature"])]
        return Result(
            "generalization",
            table,
            scalars={"generalization/features_that_do_not": float(len(odd))},
            verdict=f"look at {', '.join(odd[:3])}{' and more' if len(odd) > 3 else ''}" if odd else _FINE,
            summary=f"{len(odd)} of {len(dataset.features)} features differ from the training rows",
        )

    def _compared(self, train: pd.Series, later: pd.Series) -> dict[str, Any]:
        covered = {"coverage_train": _share(train.notna()), "coverage": _share(later.notna())}
        known = int(later.notna().sum())
        overlap, distance, chance = _in_common(train[train.notna()], later[later.notna()])
        unseen = 0 if np.isnan(overlap) else round((1 - overlap) * known)
        counted = {"unseen": unseen, "new_nulls": len(later) - known if train.notna().all() else 0}
        if covered["coverage_train"] - covered["coverage"] > self.most_lost:
            verdict = "missing"
        elif overlap < self.least_overlap:
            verdict = "new values"
        else:
            verdict = "moved" if distance - chance > self.most_distance else _FINE
        return {**covered, "overlap": overlap, **counted, "distance": distance, "chance": chance, "verdict": verdict}


_FINE = "carries over"
_MEAN_OF_KOLMOGOROV = 0.8687
"""The mean of Kolmogorov's distribution, sqrt(pi / 2) log 2."""


def _share(mask: Any) -> float:
    return float(np.mean(mask)) if len(mask) else 1.0


def _in_common(train: pd.Series, later: pd.Series) -> tuple[float, float, float]:
    """Return the share of later values that training rows have, the distance between distributions, and by chance."""
    if not len(train) or not len(later):
        return (1.0, 0.0, 0.0) if not len(later) else (0.0, 1.0, 0.0)
    kinds = {values_of(each).kind for each in (train, later)}
    if kinds <= NUMERIC - {Kind.TRUTH} or kinds <= TIMES:
        return _of_numbers(*(_as_numbers(each) for each in (train, later)))
    if kinds <= _LEVELS | NUMERIC | {Kind.MIXED}:
        return _of_levels(train, later)
    return np.nan, np.nan, np.nan


def _as_numbers(column: pd.Series) -> Any:
    values = plain(column)
    return values.to_numpy("M8[ns]").astype(np.int64) if values.dtype.kind == "M" else values.to_numpy(np.float64)


def _of_numbers(train: Any, later: Any) -> tuple[float, float, float]:
    one, other = np.sort(train), np.sort(later)
    at = np.concatenate([one, other])
    shares = [np.searchsorted(each, at, side="right") / len(each) for each in (one, other)]
    overlap = _share((later >= one[0]) & (later <= one[-1]))
    chance = _MEAN_OF_KOLMOGOROV * float(np.sqrt(1 / len(one) + 1 / len(other)))
    return overlap, float(np.abs(shares[0] - shares[1]).max()), chance


def _of_levels(train: pd.Series, later: pd.Series) -> tuple[float, float, float]:
    counts = []
    for column in (train, later):
        codes, levels = distinct_values(column)
        counts.append(dict(zip(levels, (np.bincount(codes, minlength=len(levels)) / len(codes)).tolist(), strict=True)))
    one, other = counts
    overlap = sum(share for level, share in other.items() if one.get(level, 0) > 0)
    shares = np.array([[one.get(name, 0.0), other.get(name, 0.0)] for name in {**one, **other}])
    rows = np.array([len(train), len(later)])
    middle = shares @ rows / rows.sum()
    # The mean of a normal variable's size; where a level has next to no rows, both shares beside one another.
    by_chance = np.sqrt(2 / np.pi * middle * (1 - middle) * (1 / rows).sum())
    distances = [np.abs(shares[:, 0] - shares[:, 1]), np.minimum(by_chance, 2 * middle)]
    return overlap, *(float(each.sum() / 2) for each in distances)
