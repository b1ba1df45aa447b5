"""One training row's target is flipped: what holds it is violated, what all rows share is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer

from mlsys import Apply, Pipeline, Standardize, StratifiedSplit, TargetEncode, Transform
from mlsys.audit import LeakageAudit

PROBE = "own target flipped"


def sites(rows: int = 300, levels: int = 4, noise: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(rng.normal(size=(rows, noise))).add_prefix("x")
    frame["site"] = [f"s{place}" for place in rng.integers(0, levels, rows)]
    return frame.assign(y=(frame["x0"] + rng.normal(size=rows) > 0).astype(int))


class InSample(Transform):
    """The mean of the target at the row's site, the row itself included."""

    def learn(self, train):
        return train.y.groupby(train["site"]).mean().to_dict()

    def apply(self, frame, rates):
        return frame.assign(site=frame["site"].map(rates).fillna(0.5))


def audit(frame: pd.DataFrame, *steps: Any) -> LeakageAudit:
    return Pipeline([StratifiedSplit(), *steps, LogisticRegression()], target="y").audit_leakage(frame)


SHARED: dict[str, Any] = {
    "mean and scale": Standardize(),
    "largest and smallest": Apply(MinMaxScaler()),
    "ranks": Apply(QuantileTransformer(n_quantiles=20)),
    "directions": Apply(PCA(3)),
}


@pytest.mark.parametrize("what", SHARED)
def test_codes_out_of_fold_that_are_brought_to_one_scale_tell_no_row_its_target(what: str) -> None:
    found = audit(sites(), TargetEncode(["site"]), SHARED[what])
    assert found.verdict == "not observed", repr(found)
    assert PROBE in set(found.table["probe"])


def test_a_projection_of_few_columns_that_turns_for_all_rows_accuses_nobody() -> None:
    found = audit(sites(150).drop(columns="site"), Apply(LinearDiscriminantAnalysis()))
    assert found.verdict == "not observed", repr(found)


def test_a_projection_of_nearly_as_many_columns_as_rows_holds_each_row_s_target() -> None:
    found = audit(sites(200, noise=100).drop(columns="site"), Apply(LinearDiscriminantAnalysis()))
    assert found.violated["probe"].unique().tolist() == [PROBE]


@pytest.mark.parametrize("levels", [4, 60])
def test_codes_in_sample_are_violated_at_their_step_and_at_no_later_one(levels: int) -> None:
    found = audit(sites(levels=levels), InSample(), Standardize())
    assert found.violated[["step", "probe"]].to_numpy().tolist() == [["InSample", PROBE]], repr(found)
    assert found.violated["columns"].tolist() == [("site",)]
    assert "'site' " in found.violated["detail"].iloc[0]
