"""Bin: bins of scikit-learn, pandas and decision trees, and the information that they lose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import KBinsDiscretizer
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlsys import Bin
from mlsys.errors import ConfigurationError, DataError


def made(rows: int = 2000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.lognormal(0, 1, rows)
    return pd.DataFrame(
        {"x": x, "few": rng.integers(0, 40, rows), "number": np.sin(2 * x) + rng.normal(0, 0.3, rows)}
    ).assign(kind=lambda frame: np.where(frame["number"] > 0.5, "high", np.where(frame["few"] % 9 < 4, "low", "mid")))


@pytest.mark.parametrize(("by", "theirs"), [("quantile", "quantile"), ("width", "uniform")])
def test_bins_are_scikit_learns(by: str, theirs: str) -> None:
    frame = made()[["x"]]
    options = {"quantile_method": "linear"} if theirs == "quantile" else {}
    reference = KBinsDiscretizer(7, encode="ordinal", strategy=theirs, subsample=None, **options).fit(frame)
    later = pd.DataFrame({"x": np.linspace(-1, 30, 300)})
    ours = Bin(by=by, bins=7).fit(frame).transform(later)
    np.testing.assert_array_equal(ours["x"], reference.transform(later)[:, 0])


@pytest.mark.parametrize(("target", "tree"), [("number", DecisionTreeRegressor), ("kind", DecisionTreeClassifier)])
def test_a_tree_cuts_where_a_decision_tree_cuts(target: str, tree: type) -> None:
    frame = made()
    fitted = Bin(["few"], by="tree", bins=6, min_count=30).fit(frame, target=target)
    reference = tree(max_leaf_nodes=6, min_samples_leaf=30, random_state=0).fit(frame[["few"]], frame[target])
    thresholds = np.sort(reference.tree_.threshold[reference.tree_.feature >= 0])
    assert np.ceil(fitted.state["edges"][0]).tolist() == np.ceil(thresholds).tolist()


def test_given_edges_hold_their_lower_end_and_nulls_stay_null() -> None:
    frame = pd.DataFrame({"age": [17.9, 18.0, 65.0, np.nan, -np.inf, np.inf]})
    step = Bin(by="edges", edges={"age": [18, 65]})
    assert step.fit(frame).transform(frame)["age"].fillna(-1).tolist() == [0, 1, 2, -1, 0, 2]
    named = step.with_(labels=True).fit(frame).transform(frame)["age"]
    assert named.cat.categories.tolist() == ["below 18", "18 to 65", "65 and above"]
    assert named.tolist()[:3] == ["below 18", "18 to 65", "65 and above"]


def test_equal_quantiles_make_fewer_bins() -> None:
    frame = pd.DataFrame({"x": [0.0] * 90 + list(range(1, 11)), "same": 1.0, "none": np.nan})
    fitted = Bin(bins=10).fit(frame)
    assert [len(edges) for edges in fitted.state["edges"]] == [1, 0, 0]
    out = fitted.transform(frame)
    assert out["same"].tolist() == [0.0] * 100
    assert out["none"].isna().all()


def test_the_information_lost_is_what_the_target_says() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, 20_000)
    frame = pd.DataFrame({"x": x, "y": x + rng.normal(0, 0.1, 20_000), "chance": rng.normal(size=20_000)})
    step = Bin(["x"], bins=4)
    lost = step.information_lost(step.fit(frame, target="y").state)["lost"]["x"]
    # Of a uniform number four equal bins keep all but 1/16 of the variance, and x explains 1/12 of 1/12 + 0.01.
    assert lost == pytest.approx(1 / 16, abs=0.01)
    assert (
        step.fit(frame, target="chance").state["lost"][0] is None
        or step.fit(frame, target="chance").state["lost"][0] <= 1
    )
    assert step.fit(frame).state["lost"] == [None]
    classes = frame.assign(kind=np.where(frame["y"] > 0.25, "above", "below"))
    assert step.with_(by="tree").fit(classes, target="kind").state["lost"][0] < 0.1


def test_a_tree_of_other_rows_keeps_more_than_equal_widths() -> None:
    frame = made(4000)
    lost = {by: Bin(["x"], by=by, bins=6).fit(frame, target="number").state["lost"][0] for by in ("tree", "width")}
    assert lost["tree"] < lost["width"]


def test_edges_and_targets_that_are_missing_are_told() -> None:
    with pytest.raises(ConfigurationError, match="by='edges' needs edges="):
        Bin(by="edges")
    with pytest.raises(ConfigurationError, match="takes no edges="):
        Bin(edges={"x": [1]})
    with pytest.raises(ConfigurationError, match=r"the edges of 'x' are \[2.*1"):
        Bin(by="edges", edges={"x": [2, 1]})
    with pytest.raises(ConfigurationError, match="columns= name different columns"):
        Bin(["y"], by="edges", edges={"x": [2]})
    with pytest.raises(DataError, match="target"):
        Bin(by="tree").fit(pd.DataFrame({"x": [1.0, 2.0]}))
    with pytest.raises(DataError, match="'x' holds an infinite value"):
        Bin(by="width").fit(pd.DataFrame({"x": [1.0, np.inf]}))
