"""Metrics of classifiers are estimated from calibrated probabilities, and hold labels that come later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from mlsys.drift import estimate_performance
from mlsys.drift.performance.metrics import OF_TWO


def rows(n: int, seed: int, shift: float = 0.0, scale: float = 1.0) -> pd.DataFrame:
    """Rows of a model that says the true chances, or chances of a wrong scale."""
    rng = np.random.default_rng(seed)
    x = rng.normal(shift, 1, n)
    true = 1 / (1 + np.exp(-1.5 * x))
    said = 1 / (1 + np.exp(-1.5 * scale * x))
    return pd.DataFrame({"x": x, "p": said, "y": (rng.random(n) < true).astype(int)})


def test_expected_accuracy_is_that_of_the_chances() -> None:
    today = rows(20_000, 1).drop(columns="y")
    found = estimate_performance(rows(5_000, 0), today, target="y", probability="p", metrics="accuracy", features=[])
    expected = np.maximum(today["p"], 1 - today["p"]).mean()
    line = found.table.iloc[0]
    assert line["estimate"] == pytest.approx(expected, abs=0.01)
    assert line["lower"] < expected < line["upper"]
    assert np.isnan(line["realised"])


def test_probabilities_of_another_scale_are_calibrated() -> None:
    reference, today = rows(5_000, 0, scale=3.0), rows(5_000, 1, scale=3.0)
    found = estimate_performance(
        reference, today, target="y", probability="p", metrics=["log_loss", "brier"], features=[]
    )
    for name, estimate, realised in found.table[["metric", "estimate", "realised"]].itertuples(index=False):
        assert estimate == pytest.approx(realised, rel=0.06), name


@pytest.mark.parametrize("name", OF_TWO)
def test_realised_metrics_are_those_of_scikit_learn(name: str) -> None:
    today = rows(600, 3).assign(p=lambda frame: frame["p"].round(2))
    found = estimate_performance(rows(500, 2), today, target="y", probability="p", metrics=name, features=[])
    y, p = today["y"], today["p"]
    said = (p >= 0.5).astype(int)
    same = {
        "accuracy": metrics.accuracy_score(y, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, said),
        "precision": metrics.precision_score(y, said),
        "recall": metrics.recall_score(y, said),
        "f1": metrics.f1_score(y, said),
        "false_positive_rate": said[y == 0].mean(),
        "selection_rate": said.mean(),
        "roc_auc": metrics.roc_auc_score(y, p),
        "log_loss": metrics.log_loss(y, p.clip(1e-15, 1 - 1e-15)),
        "brier": metrics.brier_score_loss(y, p),
    }
    line = found.table.iloc[0]
    assert line["realised"] == pytest.approx(same[name], rel=1e-9)
    assert line["realised_lower"] <= line["realised"] <= line["realised_upper"]


def test_estimates_never_use_labels_of_today() -> None:
    reference, today = rows(1_000, 0), rows(500, 1)
    turned = today.assign(y=1 - today["y"])
    kept = ["estimate", "lower", "upper"]
    first, second = (
        estimate_performance(reference, each, target="y", probability="p", features=[]).table[kept]
        for each in (today, turned)
    )
    pd.testing.assert_frame_equal(first, second)


def moved(n: int, seed: int, share: float) -> pd.DataFrame:
    """Rows of two kinds; the model does not know that its chances are wrong for one of them."""
    rng = np.random.default_rng(seed)
    kind = rng.random(n) < share
    p = rng.random(n)
    true = np.where(kind, 0.5, p)
    return pd.DataFrame({"kind": np.where(kind, "new", "old"), "p": p, "y": (rng.random(n) < true).astype(int)})


def test_weights_follow_rows_that_calibration_alone_misses() -> None:
    reference, today = moved(3_000, 0, 0.2), moved(3_000, 1, 0.8)
    plain, weighted = (
        estimate_performance(
            reference, today, target="y", probability="p", metrics="accuracy", method=method
        ).table.iloc[0]
        for method in ("cbpe", "auto")
    )
    assert weighted["method"] == "weighted cbpe"
    assert plain["estimate"] - plain["realised"] > 0.1
    assert weighted["estimate"] == pytest.approx(weighted["realised"], abs=0.03)
    assert weighted["verdict"] == "worse"


def test_rows_unlike_the_reference_are_refused() -> None:
    found = estimate_performance(rows(300, 0), rows(300, 1, shift=6.0), target="y", probability="p")
    assert found.verdict == "not assessed"
    assert "the reference has next to none" in found.summary
    assert found.table["estimate"].isna().all()
    assert found.table["realised"].notna().any()
    alone = estimate_performance(rows(300, 0), rows(300, 1, shift=6.0), target="y", probability="p", features=[])
    assert "beyond all of the reference's" in alone.summary


def several(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet([1.0, 1.0, 1.0], n)
    y = (chances.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    names = np.array(["cat", "dog", "owl"])
    return pd.DataFrame(chances, columns=[f"probability_{name}" for name in names]).assign(y=names[y])


@pytest.mark.long
def test_several_classes_have_an_expected_confusion() -> None:
    today = several(4_000, 1)
    found = estimate_performance(several(4_000, 0), today, target="y", features=[])
    said = today.filter(like="probability_").to_numpy()
    names = np.array(["cat", "dog", "owl"])[said.argmax(axis=1)]
    accuracy, macro = found.table.set_index("metric").loc[["accuracy", "macro_f1"]].itertuples()
    assert accuracy.estimate == pytest.approx(said.max(axis=1).mean(), abs=0.015)
    assert accuracy.realised == pytest.approx((names == today["y"]).mean())
    assert macro.realised == pytest.approx(metrics.f1_score(today["y"], names, average="macro"))
    assert accuracy.lower < accuracy.realised < accuracy.upper


def test_periods_follow_the_clock_whatever_the_order_of_rows() -> None:
    today = rows(300, 1).assign(day=pd.date_range("2024-01-01", periods=300, freq="2h"))
    ordered, mixed = (
        estimate_performance(
            rows(500, 0), each, target="y", probability="p", metrics="accuracy", time="day", every="10D", features=[]
        ).table
        for each in (today, today.sample(frac=1, random_state=0))
    )
    assert list(ordered["period"]) == ["2024-01-01", "2024-01-11", "2024-01-21"]
    assert list(ordered["rows"]) == [120, 120, 60]
    pd.testing.assert_frame_equal(
        ordered[["period", "rows", "estimate"]], mixed[["period", "rows", "estimate"]], rtol=1e-9
    )


def covered(times: int, seed: int, weighted: bool = False) -> float:
    """Return how often the interval holds the metric that labels give later."""
    hits = []
    for number in range(times):
        reference, today = (rows(n, seed + 2 * number + which, scale=1.5) for which, n in ((0, 2_000), (1, 1_000)))
        if weighted:
            reference, today = (
                moved(n, seed + 2 * number + which, share) for which, n, share in ((0, 4_000, 0.2), (1, 2_000, 0.6))
            )
        found = estimate_performance(
            reference, today, target="y", probability="p", features=["kind"] if weighted else [], seed=number
        ).table
        hits += ((found["lower"] <= found["realised"]) & (found["realised"] <= found["upper"])).tolist()
    return float(np.mean(hits))


@pytest.mark.long
def test_intervals_hold_what_labels_give_in_95_of_100_cases() -> None:
    assert 0.93 <= covered(100, 10_000) <= 0.97


@pytest.mark.long
def test_intervals_of_weighted_references_hold_what_labels_give_in_95_of_100_cases() -> None:
    assert 0.93 <= covered(150, 20_000, weighted=True) <= 0.97


def test_intervals_hold_most_of_a_few() -> None:
    assert covered(2, 0) >= 0.7
