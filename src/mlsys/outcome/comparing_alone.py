"""Comparing runs without a target: by what each says of itself, and by how far they say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, score_columns
from mlsys.errors import ConfigurationError
from mlsys.evaluation import Evaluation
from mlsys.evaluation.alone.stability import adjusted_rand, rank_correlation
from mlsys.evaluation.intervals import Interval


def refuse_unlike(evaluated: Mapping[str, Evaluation]) -> None:
    """Raise where only some runs have a target, or they are after different things."""
    alone = [name for name, each in evaluated.items() if each.nothing_beside]
    others = [name for name in evaluated if name not in alone]
    if others:
        raise ConfigurationError(
            f"compare() needs rows whose truth is known, but {alone[0]} was evaluated without a target, and "
            f"{others[0]} with one",
            "name the target for all runs, or for none",
        )
    tasks = {name: each.task for name, each in evaluated.items()}
    if len(set(tasks.values())) > 1:
        said = ", ".join(f"{name} finds {task}" for name, task in tasks.items())
        raise ConfigurationError(
            f"the runs are after different things: {said}", "compare detectors, or compare clusterers"
        )


def values_alone(evaluated: Mapping[str, Evaluation], metric: str) -> dict[str, Interval]:
    """Return the value of each run, as its evaluation has it.

    Raises
    ------
    ConfigurationError
        If one was not evaluated by the metric.
    """
    found = {}
    for name, each in evaluated.items():
        rows = {str(row["metric"]): row for row in each.table.to_dict("records") if row["model"] == "model"}
        if metric not in rows:
            raise ConfigurationError(
                f"compare(metric={metric!r}): {name} was evaluated by {', '.join(rows)}",
                "name one of these, or leave metric= out",
            )
        row = rows[metric]
        found[name] = Interval(row["value"], row["lower"], row["upper"], int(row["n"]), "")
    return found


def difference_alone(one: Interval, other: Interval) -> Interval:
    """Return the difference of two values that were measured apart, with an interval.

    Notes
    -----
    Each end is as far from the difference as the two ends that make it are from their values, taken together as
    independent errors (Zou and Donner 2008). Where the same rows move both values, it is wider than need be.

    Examples
    --------
    >>> difference_alone(Interval(.8, .7, .9, 10, ""), Interval(.5, .4, .6, 10, "")).lower.round(3)
    np.float64(0.159)
    """
    value = one.value - other.value
    below = np.hypot(one.value - one.lower, other.upper - other.value)
    above = np.hypot(one.upper - one.value, other.value - other.lower)
    return Interval(value, value - below, value + above, min(one.n, other.n), "")


def sameness(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Return how far two runs say the same of the same rows.

    Returns
    -------
    float
        Of scores of anomalies their rank correlation; of clusters the adjusted Rand index. 1 if they say the same.
    """
    scores = [score_columns(each.columns) for each in (one, other)]
    if all(scores):
        mine, theirs = (
            each[names[-1]].to_numpy(dtype=np.float64) for each, names in zip((one, other), scores, strict=True)
        )
        return float(rank_correlation(mine, theirs))
    codes: list[Any] = [pd.factorize(each[PREDICTION])[0] for each in (one, other)]
    return float(adjusted_rand(*codes))
