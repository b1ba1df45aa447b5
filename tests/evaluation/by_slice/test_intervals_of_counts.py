"""Intervals that are read from counts and sums are those of the rows, and add up over partitions."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk

from mlsys import count_slices, score_slices
from mlsys.errors import ConfigurationError
from mlsys.evaluation.by_slice.intervals import OF_ROWS
from mlsys.evaluation.intervals import metric_interval
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.sample import Sample

LEVEL = 0.9


def classified(rng: np.random.Generator, rows: int, classes: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Classes, and shares with ties."""
    y = rng.integers(0, classes, rows)
    p = rng.dirichlet(np.ones(classes), rows) + 0.5 * np.eye(classes)[y]
    return y, pd.DataFrame((p / p.sum(axis=1, keepdims=True)).round(2))


def of_rows(name: str, scored: pd.DataFrame, classes: list[str], group: pd.Series | None = None) -> tuple[float, ...]:
    found = metric_interval(metric_named(name), Sample.of(scored, classes), LEVEL, group=group)
    return found.value, found.lower, found.upper


def of_counts(scores: pd.DataFrame, name: str, part: str = "all") -> tuple[float, ...]:
    row = scores[(scores["metric"] == name) & (scores["slice"] == part)].iloc[0]
    return float(row["value"]), float(row["lower"]), float(row["upper"])


@pytest.mark.parametrize(
    "name", ["average_precision", "roc_auc", "f1", "mcc", "balanced_accuracy", "log_loss", "brier"]
)
def test_intervals_of_two_classes_are_those_of_the_rows(name: str, rng: np.random.Generator) -> None:
    y, p = classified(rng, 150, 2)
    scores = count_slices(y, metrics=[name], probability=p, event=1).scores(LEVEL)
    scored = pd.DataFrame(
        {"y": y, "prediction": (p[1] >= p[0]).astype(int), "probability_0": p[0], "probability_1": p[1]}
    )
    assert of_counts(scores, name) == pytest.approx(of_rows(name, scored, ["0", "1"]), rel=1e-9)


@pytest.mark.parametrize("name", ["macro_f1", "mcc", "balanced_accuracy", "accuracy", "log_loss"])
def test_intervals_of_many_classes_are_those_of_the_rows(name: str, rng: np.random.Generator) -> None:
    y, p = classified(rng, 300, 4)
    scores = count_slices(y, metrics=[name], probability=p).scores(LEVEL)
    scored = pd.DataFrame({"y": y, "prediction": p.to_numpy().argmax(axis=1), **{f"probability_{k}": p[k] for k in p}})
    assert of_counts(scores, name) == pytest.approx(of_rows(name, scored, list("0123")), rel=1e-9)


@pytest.mark.parametrize("centre", [0.0, 5_000.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_of_numbers_are_those_of_the_rows(centre: float, weighted: bool, rng: np.random.Generator) -> None:
    y = centre + 10 * rng.standard_t(5, 200)
    said, weight = y + rng.normal(0, 5, 200), rng.exponential(size=200) + 0.1 if weighted else None
    scores = count_slices(y, said, metrics=["rmse", "r2", "mae", "mape"], weight=weight).scores(LEVEL)
    scored = pd.DataFrame({"y": y, "prediction": said}).assign(**({} if weight is None else {"weight": weight}))
    for name in ("rmse", "r2", "mae", "mape"):
        assert of_counts(scores, name) == pytest.approx(of_rows(name, scored, []), rel=1e-6), name


def test_the_interval_of_r2_is_left_to_the_rows_where_sums_lose_its_digits(rng: np.random.Generator) -> None:
    y = 1e7 + rng.normal(size=300)
    said = y + rng.normal(0, 0.5, 300)
    found = count_slices(y, said, metrics=["r2"]).scores(LEVEL).iloc[0]
    assert (
        found["note"] == OF_ROWS and np.isnan(found["lower"]) and found["value"] == pytest.approx(sk.r2_score(y, said))
    )
    rows = score_slices(y, said, metrics=["r2"], level=LEVEL).table.iloc[0]
    expected = of_rows("r2", pd.DataFrame({"y": y, "prediction": said}), [])
    assert (rows["value"], rows["lower"], rows["upper"]) == pytest.approx(expected)


def of_queries(rng: np.random.Generator, queries: int = 60, size: int = 8) -> pd.DataFrame:
    query = np.repeat(np.arange(queries), size)
    relevance = rng.integers(0, 4, len(query)).astype(float)
    said = (relevance + rng.normal(0, 2, len(query))).round(1)
    return pd.DataFrame({"y": relevance, "prediction": said, "group": query, "shop": query % 3, "odd": query % 2 + 10})


@pytest.mark.parametrize("name", ["ndcg", "ndcg_3", "map", "mrr"])
def test_metrics_of_queries_are_counted_with_the_intervals_of_the_rows(name: str, rng: np.random.Generator) -> None:
    rows = of_queries(rng)
    scores = count_slices(rows["y"], rows["prediction"], rows[["shop"]], metrics=[name], group=rows["group"]).scores(
        LEVEL
    )
    for part, some in [("all", rows), ("shop=2", rows[rows["shop"] == 2])]:
        scored = some[["y", "prediction", "group"]]
        assert of_counts(scores, name, part) == pytest.approx(of_rows(name, scored, [], scored["group"]), rel=1e-9)


def test_ndcg_is_that_of_scikit_learn(rng: np.random.Generator) -> None:
    rows = of_queries(rng)
    found = of_counts(
        count_slices(rows["y"], rows["prediction"], metrics=["ndcg"], group=rows["group"]).scores(), "ndcg"
    )
    shape = (60, 8)
    expected = sk.ndcg_score(rows["y"].to_numpy().reshape(shape), rows["prediction"].to_numpy().reshape(shape))
    assert found[0] == pytest.approx(expected, rel=1e-12)


def test_slices_that_cut_through_queries_order_their_own_rows(rng: np.random.Generator) -> None:
    rows = of_queries(rng)
    half = np.arange(len(rows)) % 2
    scores = count_slices(rows["y"], rows["prediction"], half, metrics=["ndcg"], group=rows["group"]).scores(LEVEL)
    scored = rows.loc[half == 1, ["y", "prediction", "group"]]
    assert of_counts(scores, "ndcg", "slice=1") == pytest.approx(of_rows("ndcg", scored, [], scored["group"]), rel=1e-9)


@pytest.mark.parametrize("asked", [["ndcg", "mrr"], ["rmse", "r2"]], ids=str)
def test_what_intervals_need_adds_up_to_the_last_bit(asked: list[str], rng: np.random.Generator) -> None:
    rows = of_queries(rng)

    def counted(some: pd.DataFrame) -> Any:
        query = some["group"] if "ndcg" in asked else None
        return count_slices(some["y"], some["prediction"], some[["shop", "odd"]], metrics=asked, group=query)

    parts = [counted(rows[rows["group"].isin(each)]) for each in np.array_split(rng.permutation(60), 4)]
    keys = ["slice", "metric"]
    total, whole = (
        each.scores().sort_values(keys, ignore_index=True)
        for each in (functools.reduce(operator.add, parts), counted(rows))
    )
    assert whole["lower"].notna().all()
    pd.testing.assert_frame_equal(total, whole, check_exact=True)


def test_rows_of_queries_are_not_counted_as_independent() -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)rmse is read from rows.*score_slices"):
        count_slices([0.0, 1.0], [0.5, 1.5], metrics=["rmse"], group=[0, 0])


@pytest.mark.parametrize("name", ["average_precision", "roc_auc"])
def test_bins_widen_the_interval_by_what_they_hide(name: str, rng: np.random.Generator) -> None:
    y, p = classified(rng, 400, 2)
    table = score_slices(y, metrics=[name], probability=p, event=1, bins=20).table.iloc[0]
    fine = score_slices(y, metrics=[name], probability=p, event=1).table.iloc[0]
    assert table["bound"] > 0 and table["upper"] - table["lower"] > fine["upper"] - fine["lower"]
    assert table["lower"] < fine["value"] < table["upper"]
