"""Evaluation of anomalies without labels, and of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, SCORE, Dataset, Rows, score_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.alone.stability import (
    FEWEST_LISTED,
    RESAMPLES,
    adjusted_rand,
    bootstrapped,
    normal_mean,
    over_resamples,
    rank_correlation,
    shared_top,
)
from mlsys.evaluation.alone.unusual import told_apart_by, unusual_values
from mlsys.evaluation.evaluation import UNUSUAL, Evaluation
from mlsys.evaluation.intervals import Interval
from mlsys.evaluation.picture import draw_scores
from mlsys.summaries import sample_by_hash

MOST_MEASURED = 5_000
"""Rows that are compared with each other or over resamples: the silhouette takes time and memory by their square."""
NOTHING = "nothing to compare with; no target says what is right, so there is no baseline and no error"
COLUMNS = ["part", "model", "slice", "metric", "value", "lower", "upper", "n", "verdict"]


def evaluated_alone(dataset: Dataset, part: str, level: float, metrics: Sequence[Any] | None = None) -> Evaluation:
    """Return what can be said of a model that learned no target.

    Parameters
    ----------
    dataset : Dataset
        With a model of anomalies or clusters.
    part : str
        The part to evaluate on.
    level : float
        Confidence level of the intervals.
    metrics : sequence of str, optional
        Those to report, the first as the headline; all if none are named.

    Raises
    ------
    DataError
        If the rows have no predictions.
    ConfigurationError
        If a named metric needs a target.
    """
    rows = dataset[part]
    said = rows.predictions
    if PREDICTION not in said.columns:
        raise DataError("the rows to evaluate have no predictions", "place Evaluate after the model")
    anomalies = dataset.aim == "anomalies" or (dataset.aim == "target" and len(score_columns(said.columns)) == 2)
    scores, tables, scored = _anomalies(dataset, rows, level) if anomalies else _clusters(dataset, rows, level)
    chance = scores.pop("random", None)
    scores = _chosen(scores, metrics, "anomalies without labels" if anomalies else "clusters")
    chance = chance if "stability" in scores else None
    named = [("model", name, each) for name, each in scores.items()]
    named += [] if chance is None else [("random", "stability", chance)]
    table = [
        {"part": part, "model": who, "slice": "all", "metric": metric, "value": each.value, "lower": each.lower,
         "upper": each.upper, "n": each.n, "verdict": each.note}
        for who, metric, each in named
    ]  # fmt: skip
    capped = f"{MOST_MEASURED:,} of {len(rows):,} rows, chosen by hash" if len(rows) > MOST_MEASURED else ""
    return Evaluation(
        "evaluate",
        pd.DataFrame(table, columns=COLUMNS),
        summary=f"{next(iter(scores))} on {part}",
        tables=tables,
        draw=draw_scores,
        task="anomalies" if anomalies else "clusters",
        part=part,
        headline=next(iter(scores)),
        folds=dataset.folds if part == "validation" else 0,
        contaminated=dataset.fitted_on.get(part, ""),
        nothing_beside=NOTHING,
        measured_on=capped,
        scored=scored,
    )


def _chosen(scores: dict[str, Interval], metrics: Sequence[Any] | None, what: str) -> dict[str, Interval]:
    """Return the named scores in order."""
    other = [each for each in metrics or () if not isinstance(each, str) or each not in scores]
    if other:
        raise ConfigurationError(
            f"the metric {other[0]!r} needs a target, but this is {what}",
            f"choose among {', '.join(scores)}, or name the target by which to judge",
        )
    return scores if not metrics else {name: scores[name] for name in metrics}


Found = tuple[dict[str, Interval], dict[str, pd.DataFrame], pd.DataFrame]


def _anomalies(dataset: Dataset, rows: Rows, level: float) -> Found:
    """Judge how stable the order of the rows is, and list the most anomalous with what is unusual about them."""
    said = rows.predictions
    scores = score_columns(said.columns)
    odd = scores[-1]
    flagged = (said[PREDICTION].astype("str") == odd.removeprefix(SCORE)).to_numpy(dtype=bool)
    shown = sample_by_hash(pd.DataFrame(rows), MOST_MEASURED)
    mine = said.loc[shown.index, odd].to_numpy(dtype=np.float64)
    most = min(max(FEWEST_LISTED, int(flagged.sum() * len(shown) / len(rows))), max(1, len(shown) // 2))
    again = [each.loc[shown.index, odd].to_numpy(dtype=np.float64) for each in dataset.said_again(shown, RESAMPLES)]
    share = float(flagged.mean())
    found = {
        "stability": over_resamples([shared_top(mine, other, most) for other in again], level),
        "rank_correlation": over_resamples([rank_correlation(mine, other) for other in again], level),
        "share_flagged": Interval(share, np.nan, np.nan, len(rows), "none"),
        "random": Interval(most / len(shown), np.nan, np.nan, most, "none"),
    }
    scored = said[[PREDICTION, *scores]].copy()
    top = scored[odd].sort_values(ascending=False, kind="stable").index[:FEWEST_LISTED]
    features = [name for name in dataset.features if name in rows.columns]
    train = pd.DataFrame(dataset.rows("train"))
    words = dict(zip(top, unusual_values(pd.DataFrame(rows).loc[top], train, features), strict=True))
    scored[UNUSUAL] = [words.get(row, "") for row in scored.index]
    return found, {}, scored


def _clusters(dataset: Dataset, rows: Rows, level: float) -> Found:
    """Judge how separate clusters are and how stable, and say how large they are and what tells them apart."""
    from sklearn.metrics import silhouette_samples

    frame, said = pd.DataFrame(rows), rows.predictions
    labels = said[PREDICTION].to_numpy(dtype=np.int64)
    shown = sample_by_hash(frame, MOST_MEASURED)
    mine = said.loc[shown.index, PREDICTION].to_numpy(dtype=np.int64)
    measured, silhouettes = dataset.measured(shown), np.full(len(shown), np.nan)
    if measured is not None and 1 < len(np.unique(mine)) < len(mine):
        silhouettes = np.asarray(silhouette_samples(measured, mine), dtype=np.float64)
    again = [each.loc[shown.index, PREDICTION].to_numpy() for each in dataset.said_again(shown, RESAMPLES)]
    found = {
        "silhouette": normal_mean(silhouettes, level, -1.0, 1.0),
        "stability": over_resamples([adjusted_rand(mine, other) for other in again], level),
    }
    if rows.has_target:
        found["agreement"] = _agreement(rows.y, labels, level)
    features = [name for name in dataset.features if name in frame.columns]
    lines: list[dict[str, Any]] = []
    for cluster in np.unique(labels):
        inside = labels == cluster
        lines.append({
            "cluster": int(cluster), "rows": int(inside.sum()), "share": float(inside.mean()),
            "silhouette": float(np.nanmean(silhouettes[mine == cluster])) if (mine == cluster).any() else np.nan,
            "told apart by": told_apart_by(frame, inside, features),
        })  # fmt: skip
    return found, {"clusters": pd.DataFrame(lines)}, said[[PREDICTION]].copy()


def _agreement(target: pd.Series, labels: Any, level: float) -> Interval:
    """Return the adjusted Rand index of clusters and the target, where this is known."""
    known = target.notna().to_numpy()
    truth, mine = pd.factorize(target[known])[0], labels[known]
    if len(truth) < FEWEST_LISTED:
        return Interval(np.nan, np.nan, np.nan, len(truth), "none", "not enough data")
    lower, upper = bootstrapped(lambda drawn: adjusted_rand(truth[drawn], mine[drawn]), len(truth), level)
    return Interval(adjusted_rand(truth, mine), lower, upper, len(truth), "bootstrap")
