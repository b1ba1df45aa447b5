"""Each finding about a step says what mends its own cause: the table is gone over, cause by cause."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.tree import DecisionTreeClassifier

from mlsys import AsOfJoin, Derive, History, Label, Pipeline, Reshape, Transform
from mlsys.errors import Finding
from mlsys.leakage.remedies import REMEDIES

ROWS = 400


def sales() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    price = rng.gamma(2.0, 20.0, ROWS)
    return pd.DataFrame(
        {
            "order": range(ROWS),
            "price": price,
            "country": rng.choice(["DE", "FR", "PL"], ROWS),
            "shop": rng.integers(0, 40, ROWS),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), "h"),
            "late": (rng.random(ROWS) < 1 / (1 + np.exp(-(price - 40) / 20))).astype(int),
        }
    )


def rate_by_shop(frame):
    return frame.groupby("shop")["late"].transform("mean")


class LooksAhead(History):
    by: str = "shop"

    def apply(self, frame, past):
        return frame.assign(z=frame.groupby("shop")["price"].shift(-1))


class AsksTooLate(AsOfJoin):
    def apply(self, frame, /):
        return super().apply(frame.assign(at=frame["at"] + pd.Timedelta("24h"))).assign(at=frame["at"])


class Centred(Reshape):
    def reshape(self, frame):
        rows = pd.DataFrame(frame)
        return rows.assign(z=rows["price"] - rows["price"].mean())


class HoldsItsLabel(Reshape):
    """A window that ends with the row."""

    def reshape(self, frame):
        rows = pd.DataFrame(frame)
        recent = rows.groupby("shop")["late"].transform(lambda each: each.rolling(3, min_periods=1).mean())
        return rows.assign(was_late=rows["late"], z=recent)


class AboveTheMedian(Label):
    def label(self, frame):
        return (frame["price"] > frame["price"].median()).astype(int)


class InSample(Transform):
    def learn(self, train):
        return train.y.groupby(train["shop"]).mean().to_dict()

    def apply(self, frame, rates):
        return frame.assign(z=frame["shop"].map(rates).fillna(0.5))


class OfItsBatch(Transform):
    def learn(self, train):
        return 0.0

    def apply(self, frame, state):
        return frame.assign(z=frame["price"] - frame["price"].mean() - state)


class ReadsLabelsInBulk(Transform):
    def learn(self, train):
        return 0.0

    def apply(self, frame, state):
        return frame.assign(z=frame["late"] * 1.0 if len(frame) > 50 else state)


def weather() -> pd.DataFrame:
    hours = pd.date_range("2024-01-01", periods=ROWS + 48, freq="h")
    return pd.DataFrame({"hour": hours, "z": np.random.default_rng(3).normal(size=len(hours))})


def of_one_row(frame):
    return pd.Series(np.gradient(frame["price"].to_numpy()), index=frame.index)


MEAN = float(sales()["price"].mean())
TABLE = sales()

CASES: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "statistic": (Derive({"z": lambda f: f["price"] - f["price"].mean()}), "LK301", {}),
    "codes": (Derive({"z": lambda f: f["country"].astype("category").cat.codes}), "LK201", {}),
    "order": (Derive({"z": lambda f: f["price"].shift(-1)}), "LK301", {}),
    "past": (LooksAhead("shop"), "LK301", {}),
    "side table": (AsksTooLate(weather(), [], "hour", columns=["z"], known_after="0s"), "LK301", {}),
    "by target": (Derive({"z": rate_by_shop}), "LK301", {}),
    "reshape": (Centred(), "LK301", {"id": "order"}),
    "label": (AboveTheMedian("dear"), "LK301", {"target": "dear", "exclude": ["order", "country", "late"]}),
    "in sample": (InSample(), "LK302", {}),
    "own row": (HoldsItsLabel(), "LK302",
                {"target": "was_late", "id": "order", "exclude": ["late", "country"]}),
    "own label": (ReadsLabelsInBulk(), "LK304", {}),
    "batch": (OfItsBatch(), "LK303", {}),
    "alone": (Derive({"z": of_one_row}), "LK202", {}),
    "held": (Derive({"z": lambda f: f["price"] - MEAN}), "LK220", {}),
    "held rows": (Derive({"z": lambda f: f["price"] - TABLE["price"].mean()}), "LK221", {}),
}  # fmt: skip
OF_COLUMNS = {
    "late column",
    "fitted beforehand",
    "encoded beforehand",
    "scaled beforehand",
    "filled beforehand",
    "cut beforehand",
}
"""Whose tests stand beside those of the findings that give them."""
ASKED_ONLY = {"unexplained", "held predictions", *OF_COLUMNS}


def found(cause: str) -> Finding:
    step, code, roles = CASES[cause]
    roles = {"target": "late", "time": "at", "exclude": ["order", "country"], **roles}
    roles["exclude"] = [name for name in roles["exclude"] if name != roles.get("id")]
    run = Pipeline([step, DecisionTreeClassifier(max_depth=3)], **roles).run(sales(), track=False, cache=False)
    run.audit_leakage()
    mine = [finding for finding in run.findings if finding.code == code]
    assert mine, run.findings
    return mine[0]


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("cause", CASES)
def test_a_finding_names_step_and_column_and_mends_its_own_cause(cause: str) -> None:
    finding = found(cause)
    assert REMEDIES[cause] in finding.message
    assert not [other for other in REMEDIES.values() if other in finding.message and other not in REMEDIES[cause]]
    assert finding.step and finding.step in finding.message
    named = "dear" if cause == "label" else "z"
    assert cause == "alone" or named in finding.columns
    if finding.code == "LK301":
        assert re.search(r"\d+ of \d+ training rows change", finding.message)


def test_every_cause_of_the_table_has_a_case() -> None:
    assert set(REMEDIES) == {*CASES, *ASKED_ONLY}


def test_clusters_of_all_rows_are_not_called_rows_of_the_data() -> None:
    frame = sales()
    clusters = KMeans(8, n_init=1, random_state=0).fit(frame[["price"]].to_numpy())
    step = Derive({"z": lambda f: clusters.predict(f[["price"]].to_numpy())})
    pipeline = Pipeline(
        [step, DecisionTreeClassifier(max_depth=3)], target="late", time="at", exclude=["order", "country"]
    )
    run = pipeline.run(frame, track=False, cache=False)
    told = {finding.code: finding.message for finding in run.findings if finding.step == "Derive"}
    assert "LK221" not in told and set(told) & {"LK220", "LK222"}, told
