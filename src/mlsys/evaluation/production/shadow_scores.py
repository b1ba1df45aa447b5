"""Scores of two models on the same labelled requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, probability_columns, score_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation._metric import Metric
from mlsys.evaluation.comparison import paired_difference, scored_interval
from mlsys.evaluation.metrics import usual_metrics
from mlsys.evaluation.own import metric_of
from mlsys.evaluation.sample import task_of
from mlsys.values import plain

_NOT_TOLD_APART, _NOT_ENOUGH = "not told apart", "not enough data"


def scored(said: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    """Return truth and answers of the requests whose label is known."""
    if PREDICTION not in said.columns:
        raise DataError("shadow: labels of models with several targets are not compared", "leave labels out")
    known = truth.notna().to_numpy()
    if not known.any():
        raise DataError("shadow: no label is known", "wait for the first, or leave labels out")
    shares = probability_columns(said.columns) or score_columns(said.columns)
    held = plain(truth).reset_index(drop=True).rename("y")
    frame = pd.concat([held, said[[PREDICTION, *shares]].reset_index(drop=True)], axis=1)[known]
    return frame.astype({"y": frame["y"].infer_objects().dtype})


def scores(
    one: pd.DataFrame, other: pd.DataFrame, metrics: Sequence[Any] | None, level: float, names: Sequence[str]
) -> tuple[pd.DataFrame, str, str]:
    """Return one row for each metric, the verdict of the first, and why."""
    common = [name for name in one.columns if name in other.columns]
    one, other = one[common], other[common]
    rows = []
    for metric in _chosen(one, metrics):
        gap = paired_difference(metric, other, one, level)
        values = [scored_interval(metric, each, level).value for each in (one, other)]
        found = dict(zip(names, values, strict=True))
        rows.append({"metric": metric.name, **found, "difference": gap.value, "lower": gap.lower, "upper": gap.upper,
                     "verdict": _verdict(metric, gap.lower, gap.upper)})  # fmt: skip
    table = pd.DataFrame(rows)
    first = rows[0]
    return table, str(first["verdict"]), f"by {first['metric']} on {len(one):,} requests with a label"


def _chosen(one: pd.DataFrame, metrics: Sequence[Any] | None) -> list[Metric]:
    task, columns = task_of(one), list(one.columns)
    if metrics is None:
        shares, ranks = bool(probability_columns(columns)), bool(score_columns(columns))
        return usual_metrics(task, shares, ranks, columns)
    if isinstance(metrics, str) or not len(metrics):
        raise ConfigurationError(f"shadow: metrics={metrics!r}", 'write metrics=["accuracy"]')
    asked = [metric_of(each) for each in metrics]
    for metric in asked:
        if task not in metric.applies_to or not metric.has_what_it_needs(columns):
            why = f"is not for {task}" if task not in metric.applies_to else f"needs {metric.needs}"
            raise ConfigurationError(f"shadow: the metric {metric.name!r} {why}", "leave it out of metrics=")
    return asked


def _verdict(metric: Metric, lower: float, upper: float) -> str:
    if np.isnan(lower):
        return _NOT_ENOUGH
    ends = (lower, upper) if metric.greater_is_better else (-upper, -lower)
    return "better" if ends[0] > 0 else "worse" if ends[1] < 0 else _NOT_TOLD_APART
