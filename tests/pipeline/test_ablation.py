"""Ablation: what is left out says nothing, what leaks stands out, and what steps name keeps working."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Impute, OneHot, Pipeline, Rows, StratifiedSplit, Train, Transform
from mlsys.errors import ConfigurationError
from mlsys.evaluation import metric_named, paired_difference
from mlsys.execution.constant_columns import usual_value, with_constant


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    """Two useful features, one useless, one that follows the label."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "dose": rng.normal(size=1500),
            "site": pd.Series(rng.choice(["north", "south"], 1500), dtype="str"),
            "noise": rng.normal(size=1500),
            "visits": rng.integers(0, 5, 1500),
        }
    )
    frame["ill"] = (frame["dose"] + 1.5 * (frame["site"] == "north") + rng.normal(size=1500) > 0).astype(int)
    return frame.assign(discharged=frame["ill"] + rng.normal(0, 0.3, 1500))


def pipeline(**arguments: Any) -> Pipeline:
    return Pipeline(
        [StratifiedSplit(validation=0.3, test=0.2), Impute(), OneHot(["site"]), LogisticRegression()],
        target="ill", **arguments,
    )  # fmt: skip


def test_what_follows_the_label_stands_out(cases: pd.DataFrame) -> None:
    found = pipeline().ablate(data=cases, cache=False)
    assert found.table["without"].iloc[0] == "discharged" and found.carries_most == ("discharged",)
    assert "discharged removes" in repr(found) and "is it known in time?" in found._repr_html_()


def test_without_it_the_others_are_seen_to_help_and_noise_not_to(cases: pd.DataFrame) -> None:
    found = pipeline(exclude=["discharged"]).ablate(data=cases, cache=False)
    verdicts = found.table.set_index("without")["verdict"]
    assert verdicts["dose"] == verdicts["site"] == "helps" and verdicts["noise"] == "not told apart"
    assert found.table["change"].is_monotonic_increasing


def test_the_change_is_the_paired_difference_from_a_run_without_the_column(cases: pd.DataFrame) -> None:
    """A linear model cannot use a constant, so that holding a column and dropping it come to the same."""
    whole = pipeline(exclude=["discharged"])
    found = whole.ablate(["noise"], cases, cache=False)
    runs = [each.run(cases, track=False, cache=False) for each in
            (pipeline(exclude=["discharged", "noise"]), whole)]  # fmt: skip
    scored = [run.evaluation.scored for run in runs]
    gap = paired_difference(metric_named("roc_auc"), *scored)
    row = found.table.iloc[0]
    assert row["change"] == pytest.approx(gap.value, abs=1e-4)
    assert row["lower"] == pytest.approx(gap.lower, abs=1e-4)  # one feature: nothing to widen for
    assert found.table.attrs["with all"] == pytest.approx(float(metric_value(runs[1])))


def metric_value(run: Any) -> float:
    mine = run.metrics.query("metric == 'roc_auc' and model == 'model' and slice == 'all' and part == 'validation'")
    return float(mine["value"].iloc[0])


def test_intervals_are_wider_the_more_is_left_out(cases: pd.DataFrame) -> None:
    one = pipeline().ablate(["noise"], cases, cache=False).table.iloc[0]
    many = pipeline().ablate(data=cases, cache=False).table.set_index("without").loc["noise"]
    assert one["change"] == many["change"] and many["upper"] - many["lower"] > one["upper"] - one["lower"]


def test_groups_of_features_go_together(cases: pd.DataFrame) -> None:
    twice = cases.drop(columns="discharged").assign(again=cases["dose"] * 2)
    found = pipeline().ablate({"either": ["dose"], "both": ["dose", "again"]}, twice, cache=False)
    change = found.table.set_index("without")["change"]
    assert change["both"] < -0.1 and abs(change["either"]) < 0.02  # what another repeats shows no change


def test_test_rows_are_not_looked_at(cases: pd.DataFrame) -> None:
    split = StratifiedSplit(validation=0.3, test=0.2)
    test = set(split.split(cases, target="ill")["test"].index)
    changed = cases.assign(dose=cases["dose"].where(~cases.index.isin(test), 1e6))
    one, other = (pipeline().ablate(data=frame, cache=False) for frame in (cases, changed))
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.sealed == len(test)


def test_few_rows_are_judged_out_of_fold(cases: pd.DataFrame) -> None:
    small = Pipeline([OneHot(["site"]), LogisticRegression()], target="ill", exclude=["discharged"])
    found = small.ablate(data=cases.head(600), cache=False)
    assert found.judged == "training rows, out of 5 folds"
    assert found.table.set_index("without")["verdict"]["dose"] == "helps"


@pytest.mark.long
def test_processes_come_to_the_same(cases: pd.DataFrame) -> None:
    one, two = (pipeline().ablate(data=cases, n_jobs=jobs, cache=False).table for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_an_error_is_smaller_the_better(cases: pd.DataFrame) -> None:
    numbers = Pipeline([StratifiedSplit(), LinearRegression()], target="dose", features=["ill", "noise"])
    found = numbers.ablate(data=cases, cache=False)
    first = found.table.iloc[0]
    assert found.metric == "rmse" and first["without"] == "ill"
    assert first["change"] > 0 and first["verdict"] == "helps"


class NeedsSpread(Transform):
    """Fails where its column stands still."""

    def learn(self, train: Rows) -> float:
        if train["noise"].nunique() == 1:
            raise ValueError("no variance")
        return float(train["noise"].std())

    def apply(self, frame: pd.DataFrame, spread: float) -> pd.DataFrame:
        return frame.assign(noise=frame["noise"] / spread)


def test_an_error_names_what_stood_still(cases: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no variance") as caught:
        pipeline().insert(NeedsSpread(), after="Impute").ablate(["dose", "noise"], cases, cache=False)
    assert any("with 'noise' held at one value" in note for note in caught.value.__notes__)


def test_what_is_no_feature_is_refused(cases: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="'ill' is not a feature"):
        pipeline().ablate(["ill"], cases, cache=False)
    with pytest.raises(ConfigurationError, match="is a string"):
        pipeline().ablate("dose", cases, cache=False)
    with pytest.raises(ConfigurationError, match="'none' names no column"):
        pipeline().ablate({"none": []}, cases, cache=False)
    with pytest.raises(ConfigurationError, match="needs a pipeline with a model"):
        Pipeline([StratifiedSplit(), Impute()], target="ill").ablate(data=cases)


def test_parts_that_are_given_judge_as_they_are(cases: pd.DataFrame) -> None:
    parts = {"train": cases.iloc[:1000], "validation": cases.iloc[1000:]}
    found = Pipeline([OneHot(["site"]), Train(LogisticRegression())], target="ill").ablate(["dose"], parts, cache=False)
    assert found.judged == "validation rows"


def test_its_picture_has_the_greatest_loss_on_top(cases: pd.DataFrame) -> None:
    drawn = pipeline().ablate(data=cases, cache=False).plot()
    assert drawn.get_yticklabels()[0].get_text() == "discharged" and drawn.yaxis_inverted()


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([3, 1, 2, 2]), pd.Series([0.5, np.nan, 1.5]), pd.Series([True, False, True]),
        pd.Series(["b", "a", "b"], dtype="str"), pd.Series(["b", "a", None], dtype="category"),
        pd.to_datetime(pd.Series(["2024-01-02", "2024-01-01", None]), utc=True),
        pd.Series([1, None, 3], dtype="Int64"), pd.Series([None, None], dtype="Float64"),
        pd.Series([pd.Timedelta("1D"), pd.Timedelta("2D")]), pd.Series([[1], [2]], dtype=object),
    ],
    ids=lambda column: str(column.dtype),
)  # fmt: skip
def test_a_held_column_keeps_its_type_and_has_one_value_of_its_own(column: pd.Series) -> None:
    frame = with_constant(column.to_frame("x"), {"x": usual_value(column)})
    assert frame["x"].dtype == column.dtype
    known = column.dropna()
    if len(known):
        assert frame["x"].astype("str").nunique() == 1
        assert frame["x"].iloc[0] in known.tolist()


@given(st.lists(st.integers(-9, 9), min_size=1))
@settings(max_examples=50)
def test_numbers_are_held_at_the_lower_median(values: list[int]) -> None:
    assert usual_value(pd.Series(values)) == sorted(values)[(len(values) - 1) // 2]
