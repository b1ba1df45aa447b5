"""Errors of regression models are estimated from features and predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.drift import estimate_performance


def rows(n: int, seed: int, wild: float) -> pd.DataFrame:
    """Rows whose noise is 3 where ``wild``, and 1 elsewhere."""
    rng = np.random.default_rng(seed)
    x, is_wild = rng.normal(size=n), rng.random(n) < wild
    noise = np.where(is_wild, 3.0, 1.0)
    return pd.DataFrame({"x": x, "place": np.where(is_wild, "sea", "land"), "said": 2 * x,
                         "y": 2 * x + noise * rng.normal(size=n)})  # fmt: skip


def test_errors_follow_the_share_of_difficult_rows() -> None:
    found = estimate_performance(
        rows(1_500, 0, 0.3), rows(1_500, 1, 0.7), target="y", prediction="said", features=["place"]
    )
    mae, rmse = found.table.set_index("metric").loc[["mae", "rmse"]].itertuples()
    half_normal = np.sqrt(2 / np.pi)
    assert mae.estimate == pytest.approx(half_normal * (0.7 * 3 + 0.3), rel=0.1)
    assert rmse.estimate == pytest.approx(np.sqrt(0.7 * 9 + 0.3), rel=0.1)
    assert mae.lower < mae.realised < mae.upper
    assert mae.verdict == "worse"
    assert mae.reference == pytest.approx(half_normal * (0.3 * 3 + 0.7), rel=0.1)


def test_the_realised_error_is_that_of_rows_with_labels() -> None:
    today = rows(200, 1, 0.5)
    today.loc[:99, "y"] = np.nan
    found = estimate_performance(rows(400, 0, 0.5), today, target="y", prediction="said", metrics="mae", features=[])
    line = found.table.iloc[0]
    assert line["labelled"] == 100
    assert line["realised"] == pytest.approx((today["y"] - today["said"]).abs().mean())


def covered(times: int, seed: int) -> float:
    hits = []
    for number in range(times):
        reference, today = rows(1_000, seed + 2 * number, 0.3), rows(500, seed + 2 * number + 1, 0.5)
        found = estimate_performance(reference, today, target="y", prediction="said", features=["place"]).table
        hits += ((found["lower"] <= found["realised"]) & (found["realised"] <= found["upper"])).tolist()
    return float(np.mean(hits))


@pytest.mark.long
def test_intervals_hold_what_labels_give() -> None:
    assert covered(20, 500) >= 0.92
