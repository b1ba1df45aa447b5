"""SelectFeatures drops what says little, is mostly null or repeats another, by training rows alone, and says why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.feature_selection import RFE, SelectKBest, f_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mlsys import Impute, Pipeline, RandomSplit, SelectFeatures, Train
from mlsys.errors import ConfigurationError, DataError, LeakageError
from mlsys.testing import check_step

ROWS = 600


def make_rows(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    strong, weak = rng.normal(size=(2, rows))
    city = rng.choice(["Oslo", "Rome", "Bonn"], rows)
    target = 2 * strong + 0.5 * weak + (city == "Oslo") + rng.normal(size=rows)
    return pd.DataFrame(
        {
            "noise": rng.normal(size=rows),
            "weak": weak,
            "strong": strong,
            "twin": np.exp(strong),
            "city": pd.Series(city, dtype="str"),
            "town": pd.Series(pd.Categorical(np.char.upper(city))),
            "id": pd.Series([f"case {number}" for number in range(rows)], dtype="str"),
            "hollow": np.where(rng.random(rows) < 0.9, np.nan, strong),
            "y": target,
        }
    )


def dropped(step: SelectFeatures, frame: pd.DataFrame, **roles: Any) -> dict[str, str]:
    fitted = step.fit(frame, **(roles or {"target": "y"}))
    why = step.left_out(fitted.state)
    assert list(fitted.transform(frame).columns) == [name for name in frame.columns if name not in why]
    return why


def test_power_is_the_share_of_variance_that_a_column_explains() -> None:
    """Of y = 2 s + w / 2 + c + e: 4, .25 and 2/9 of 5.47; an id explains nothing, noise next to nothing."""
    step = SelectFeatures(top=3)
    scores = step.scores(step.fit(make_rows(20_000), target="y").state)["score"]
    total = 4 + 0.25 + 2 / 9 + 1
    assert scores["strong"] == pytest.approx(4 / total, abs=0.02)
    assert scores["twin"] == pytest.approx(scores["strong"], abs=1e-3)
    assert scores["weak"] == pytest.approx(0.25 / total, abs=0.01)
    assert scores["city"] == pytest.approx(2 / 9 / total, abs=0.01)
    assert scores["noise"] < 0.01 and scores["id"] == 0


def test_the_first_few_are_kept_and_each_other_has_its_rank() -> None:
    why = dropped(SelectFeatures(top=2), make_rows())
    assert set(why) == {"noise", "weak", "city", "town", "id", "hollow"}
    assert "of 8; the first 2 are kept" in why["noise"]


def test_coverage_score_and_relation_are_told_apart() -> None:
    why = dropped(SelectFeatures(least=0.02, coverage=0.5, related=0.95), make_rows(3000))
    assert why["hollow"].startswith("has a value in ") and "% of training rows, below 0.5" in why["hollow"]
    assert why["id"] == "explains 0, below 0.02" and why["noise"].endswith("below 0.02")
    assert why["twin"].startswith("goes with 'strong'") or why["strong"].startswith("goes with 'twin'")
    assert why["town"] == "goes with 'city', which stands before it"
    assert len(why) == 5


def test_a_null_that_tells_the_target_counts() -> None:
    frame = make_rows(2000)[["noise", "y"]]
    frame["noise"] = frame["noise"].mask(frame["y"] > 2)
    assert dropped(SelectFeatures(least=0.2), frame.assign(other=frame["noise"].fillna(0) * 0)) == {
        "other": "explains 0, below 0.2"
    }


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_are_told_by_their_shares(classes: int) -> None:
    frame = make_rows(2000)
    frame["y"] = pd.qcut(frame["y"], classes, labels=list("abc")[:classes]).astype(str)
    assert not {"strong", "twin"} & set(dropped(SelectFeatures(top=2), frame))


def test_without_a_target_coverage_and_relation_still_choose() -> None:
    frame = make_rows(1000).drop(columns="y")
    assert set(dropped(SelectFeatures(coverage=0.5, related=0.95), frame, id=None)) == {"twin", "town", "hollow"}
    with pytest.raises(DataError, match="ranks features by the target"):
        SelectFeatures(top=3).fit(frame)


@pytest.mark.parametrize(
    "by", ["importance", ExtraTreesRegressor(20, random_state=0), LinearRegression()], ids=["forest", "trees", "linear"]
)
def test_importances_rank_what_counts_together(by: Any) -> None:
    frame = make_rows().drop(columns=["twin", "hollow"])
    step = SelectFeatures(by=by, top=1)
    fitted = step.fit(frame, target="y")
    assert fitted.transform(frame).columns.tolist() == ["strong", "y"]
    assert "has the importance" in step.left_out(fitted.state)["noise"]


def test_a_selector_of_scikit_learn_chooses_itself() -> None:
    frame = make_rows().drop(columns=["twin", "hollow"])
    assert "strong" not in dropped(SelectFeatures(by=SelectKBest(f_regression, k=2)), frame)
    why = dropped(SelectFeatures(by=RFE(LinearRegression(), n_features_to_select=2)), frame)
    assert len(why) == 4 and set(why.values()) == {"RFE does not choose it"}


def test_columns_that_are_not_named_stay() -> None:
    frame = make_rows()
    assert set(dropped(SelectFeatures("text", top=1), frame)) == {"id"}
    assert set(dropped(SelectFeatures(["noise", "weak"], top=1), frame)) == {"noise"}


def test_before_the_split_it_is_refused() -> None:
    with pytest.raises(LeakageError, match="SelectFeatures"):
        Pipeline([SelectFeatures(top=5), RandomSplit(), Train(LogisticRegression())], target="y")


@pytest.mark.long
def test_it_is_learned_anew_in_each_fold() -> None:
    """Of 300 columns of noise the best 5 predict nothing in rows that did not choose them."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(120, 300))).add_prefix("x").assign(y=rng.integers(0, 2, 120))
    steps = [RandomSplit(), SelectFeatures(top=5), Train(LogisticRegression())]
    run = Pipeline(steps, target="y").run(frame, track=False, verbose=False)
    judged = run.metrics.query("slice == 'all' and model == 'model' and metric == 'roc_auc'")
    assert judged["value"].max() < 0.75
    why = run.features.set_index("column")["reason"]
    assert (why.str.startswith("left out by SelectFeatures: explains")).sum() == 295


def test_the_audit_sees_a_choice_by_training_rows_alone() -> None:
    frame = make_rows(300).drop(columns="id")
    frame["y"] = (frame["y"] > 0).astype(int)
    steps = [RandomSplit(), Impute(), SelectFeatures(["noise", "weak", "strong", "twin"], top=2, related=0.9)]
    assert Pipeline(steps, target="y").audit_leakage(frame, verbose=False).verdict == "not observed"


def test_a_served_model_does_not_ask_for_what_was_dropped() -> None:
    frame = make_rows()[["noise", "weak", "strong", "y"]].assign(y=lambda rows: rows["y"] > 0)
    steps = [RandomSplit(), SelectFeatures(top=1), Train(LogisticRegression())]
    model = Pipeline(steps, target="y").run(frame, track=False, verbose=False).model
    assert list(model.inputs) == ["strong"]
    assert len(model.predict(frame[["strong"]].head(2))) == 2


def test_what_cannot_be_is_refused_with_a_remedy_that_works() -> None:
    frame = make_rows()[["noise", "y"]]
    for wrong, match in [
        ({}, "was not told what to keep"),
        ({"by": "luck", "top": 1}, "neither"),
        ({"by": LinearRegression, "top": 1}, "neither"),
        ({"by": SelectKBest(), "top": 1}, "chooses how many"),
    ]:
        with pytest.raises(ConfigurationError, match=match):
            SelectFeatures(**wrong)
    with pytest.raises(DataError, match="would drop all 1 features; the best is 'noise'") as caught:
        SelectFeatures(least=0.5).fit(frame, target="y")
    assert "lower least=" in caught.value.remedy and SelectFeatures(least=0.0).fit(frame, target="y")
    with pytest.raises(ConfigurationError, match="has neither feature_importances_ nor coef_"):
        SelectFeatures(by=KNeighborsClassifier(), top=1).fit(frame.assign(y=frame["y"] > 0), target="y")


def test_it_keeps_the_contract_of_a_transform() -> None:
    frame = make_rows(200).drop(columns="id")
    check_step(SelectFeatures(least=0.01, coverage=0.5, related=0.9), frame, target="y")
