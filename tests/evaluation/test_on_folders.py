"""Metrics, slices, gates and drift of a folder in partitions are those of its rows in one frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.engines.equal import assert_same
from tests.engines.scattered import ScatteredEngine

from mlsys import (
    Abstain,
    Conformal,
    DetectDrift,
    Evaluate,
    FindSlices,
    Gate,
    GroupSplit,
    LabelModel,
    Monitor,
    Pipeline,
    RandomSplit,
    ReadParquet,
    Run,
    TimeSplit,
    Train,
    beats,
    gap,
    metric,
    no_alarm,
    no_findings,
)
from mlsys.engines import LocalEngine
from mlsys.evaluation.metrics import METRICS
from mlsys.evaluation.without_labels import WITHOUT_LABELS
from mlsys.settings import override
from mlsys.states import digest

QUIETLY: dict[str, Any] = {"track": False, "cache": False, "verbose": False}
ROWS, EACH = 420, 60
ALONE = {"mase", "rmsse"}
"""Of forecasts: they need the errors of a naive one, which a Forecast step leaves."""


@pytest.fixture
def source(shop: pd.DataFrame) -> ReadParquet:
    """Seven partitions: three files of two, two and three."""
    rows = shop.iloc[:: len(shop) // ROWS][:ROWS].reset_index(drop=True)
    rows["size"] = pd.cut(rows["price"], [0, 40, 80, np.inf], labels=["small", "middle", "large"]).astype("str")
    rows["relevance"] = np.digitize(rows["price"], [40, 80])
    rows["session"] = np.arange(ROWS) // 7
    rows["hour"] = rows["ordered"].dt.hour
    Path("rows").mkdir()
    for start, stop in ((0, 120), (120, 240), (240, ROWS)):
        rows.iloc[start:stop].to_parquet(f"rows/{start}.parquet", index=False)
    return ReadParquet("rows")


CLASSIFIER, REGRESSOR = DecisionTreeClassifier(max_depth=3), DecisionTreeRegressor(max_depth=3)
MADE: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "binary": ([RandomSplit(), Train(CLASSIFIER)], {"target": "returned"}),
    "binary, sets": ([RandomSplit(), Train(CLASSIFIER), Conformal(0.8)], {"target": "returned"}),
    "binary, abstaining": ([RandomSplit(), Train(CLASSIFIER), Abstain(rate=0.2)], {"target": "returned"}),
    "multiclass": ([RandomSplit(), Train(CLASSIFIER)], {"target": "size", "exclude": ["price", "relevance"]}),
    "regression": ([RandomSplit(), Train(REGRESSOR)], {"target": "refund", "exclude": ["price", "size", "relevance"]}),
    "regression, intervals": ([RandomSplit(), Train(REGRESSOR), Conformal(0.8)], {"target": "refund"}),
    "ranking": ([GroupSplit(), Train(REGRESSOR)], {"target": "relevance", "group": "session"}),
    "anomalies": ([RandomSplit(), Train(IsolationForest(n_estimators=10))], {}),
    "clusters": ([RandomSplit(), Train(KMeans(3))], {"target": "country"}),
}
BESIDE = {"intervals or sets": ("sets", "intervals"), "intervals": ("intervals",), "sets": ("sets",)}
FEATURES = ["price", "days_since_last", "hour"]


def metrics_of(case: str) -> list[str]:
    """Return the metrics of the registry that such a pipeline can measure."""
    task, _, beside = case.partition(", ")
    if task in ("anomalies", "clusters"):
        return [name for name, each in WITHOUT_LABELS.items() if task in each.tasks]
    if task == "ranking":
        return [name for name, each in METRICS.items() if "ranking" in each.tasks]
    fit = [each for each in METRICS.values() if task in each.tasks and "ranking" not in each.tasks]
    return [
        each.name
        for each in fit
        if each.name not in ALONE and (not each.beside or beside in BESIDE.get(each.beside, (each.beside,)))
    ]


def outcome(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = {"findings": list(map(str, run.findings)), "rows": run.rows, "metrics": run.metrics}
    for title, result in run.reports.items():
        found |= {f"{title} {table}": rows for table, rows in {"report": result.table, **result.tables}.items()}
        found |= {f"{title} scalars": repr(result.scalars), f"{title} verdict": result.verdict}
    return found | {f"predictions of {part}": rows for part, rows in run.predictions.items()}


def both(pipeline: Pipeline, engine: Any = None) -> tuple[Run, Run]:
    """Run on one frame, and on seven partitions."""
    with override(rows_in_memory=ROWS - 1, rows_per_partition=EACH):
        pieces = pipeline.run(**QUIETLY, engine=engine or LocalEngine())
    return pipeline.run(**QUIETLY), pieces


def test_every_metric_has_a_line() -> None:
    measured = {name for case in MADE for name in metrics_of(case)}
    assert measured == {*METRICS, *WITHOUT_LABELS} - ALONE


@pytest.mark.quick("binary, abstaining", "regression, intervals", "ranking")
@pytest.mark.parametrize("case", MADE)
def test_every_metric_is_that_of_one_frame(case: str, source: ReadParquet) -> None:
    steps, roles = MADE[case]
    names = metrics_of(case)
    report = Evaluate() if case in ("anomalies", "clusters") else Evaluate(names, slices=["country"])
    roles = {"features": [name for name in FEATURES if name not in roles.get("exclude", ())], **roles}
    roles.pop("exclude", None)
    whole, pieces = both(Pipeline([source, *steps, report], **roles))
    assert set(names) <= {*whole.metrics["metric"]}
    assert_same(outcome(whole), outcome(pieces))


def judged(source: ReadParquet, split: Any) -> Pipeline:
    """Return a pipeline with slices, drift and what a search for slices finds."""
    steps = [source, split, Train(CLASSIFIER), Evaluate(slices=["country"]), FindSlices("recall", smallest=5)]
    roles = {"target": "returned", "time": "ordered", "features": [*FEATURES, "country"]}
    return Pipeline([*steps, DetectDrift()], **roles)


@pytest.mark.quick("chance")
@pytest.mark.parametrize("split", [RandomSplit(), TimeSplit(validation=0.2, test=0.2)], ids=["chance", "time"])
def test_slices_drift_gates_and_monitors_are_those_of_one_frame(split: Any, source: ReadParquet) -> None:
    whole, pieces = both(judged(source, split))
    assert_same(outcome(whole), outcome(pieces))
    terms = metric("roc_auc").lower >= 0.99, gap("recall", by="country").upper <= 0.0, beats("zero_rule"), no_findings()
    gate = Gate(*terms, no_alarm("drift"))
    assert gate.check(whole) == gate.check(pieces)
    with override(rows_in_memory=ROWS - 1, rows_per_partition=EACH):
        monitors = [Monitor.from_run(run) for run in (whole, pieces)]
    assert digest(monitors[0].profile) == digest(monitors[1].profile)


METHODS = ("auto", "majority", "dawid_skene", "one_coin", "triplet")


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_label_models_learn_what_they_learn_from_one_frame(method: str, source: ReadParquet) -> None:
    def votes(frame: pd.DataFrame) -> pd.DataFrame:
        dear, recent = (frame["price"] > 80).astype(int), (frame["days_since_last"] < 5).astype(int)
        return frame.assign(vote_dear=dear, vote_recent=recent, vote_late=(frame["hour"] > 12).astype(int))

    steps = [source, votes, RandomSplit(), LabelModel(method), Train(CLASSIFIER)]
    whole, pieces = both(Pipeline(steps, target="returned", features=FEATURES))
    assert_same(outcome(whole), outcome(pieces))


@pytest.mark.long
@pytest.mark.parametrize("split", [RandomSplit(), TimeSplit(validation=0.2, test=0.2)], ids=["chance", "time"])
def test_reports_of_partitions_in_processes_of_their_own(split: Any, source: ReadParquet) -> None:
    assert_same(*map(outcome, both(judged(source, split), ScatteredEngine())))
