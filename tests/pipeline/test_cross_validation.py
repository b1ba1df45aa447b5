"""Cross-validation: what runs once, what runs for each fold, what no fold sees, and what is said of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    Evaluate,
    GroupFolds,
    GroupSplit,
    Impute,
    KFolds,
    NaturalLabel,
    Pipeline,
    PredefinedSplit,
    Rows,
    RowTransform,
    Sink,
    Source,
    Split,
    Standardize,
    StratifiedSplit,
    TimeFolds,
    TimeSplit,
    Train,
    Transform,
)
from mlsys.errors import ConfigurationError, DataError
from mlsys.run import CrossValidation

CALLS: Counter[str] = Counter()
SEEN: list[set[Any]] = []
FRAMES: dict[str, pd.DataFrame] = {}
NUMBERS = ["price", "days_since_last"]


@pytest.fixture(scope="module")
def shop(shop: pd.DataFrame) -> pd.DataFrame:
    """Fewer orders, which folds learn from faster."""
    return shop.head(800)


@pytest.fixture(autouse=True)
def no_calls_yet(shop: pd.DataFrame) -> None:
    CALLS.clear()
    SEEN.clear()
    FRAMES["shop"] = shop


class Shop(Source):
    """Counts how often it is read."""

    def read(self) -> pd.DataFrame:
        CALLS["read"] += 1
        return FRAMES["shop"].copy()


class Watched(Transform):
    """Notes which rows it learned from."""

    def learn(self, train: Rows) -> Any:
        SEEN.append(set(train.index))
        return float(train["price"].mean())

    def apply(self, frame: pd.DataFrame, mean: Any) -> pd.DataFrame:
        return frame.assign(price=frame["price"] - mean)


class Counted(RowTransform):
    """Counts whole frames."""

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        CALLS["prefix"] += len(frame) == len(FRAMES["shop"])
        return frame.assign(double=frame["price"] * 2)


class Writes(Sink):
    """Counts how often it writes."""

    def write(self, rows: Any) -> None:
        CALLS["written"] += 1


def judged(found: CrossValidation, metric: str, model: str = "model") -> pd.DataFrame:
    return found.folds[(found.folds["metric"] == metric) & (found.folds["model"] == model)]


def classifier(split: Split | None = None, **arguments: Any) -> Pipeline:
    steps = [*([split] if split is not None else []), Impute(), Standardize(), LogisticRegression()]
    return Pipeline(steps, target="returned", **{"features": NUMBERS, **arguments})


def quick(pipeline: Pipeline, folds: Any = None, data: Any = None, **more: Any) -> CrossValidation:
    return pipeline.cross_validate(folds, data, track=False, **{"cache": False, **more})


def test_steps_before_the_split_run_once_and_those_after_it_for_each_fold() -> None:
    pipeline = Pipeline(
        [Shop(), Counted(), StratifiedSplit(), Watched(), Impute(), LogisticRegression(max_iter=500)],
        target="returned", features=NUMBERS,
    )  # fmt: skip
    quick(pipeline, KFolds(4))
    assert CALLS["read"] == 1 and CALLS["prefix"] == 1 and len(SEEN) == 4


def test_no_fold_sees_a_test_row_and_every_other_labelled_row_is_judged_once(shop: pd.DataFrame) -> None:
    frame = shop.assign(returned=shop["returned"].where(shop.index % 10 != 3))
    pipeline = Pipeline(
        [StratifiedSplit(test=0.25), Watched(), Impute(), LogisticRegression(max_iter=500)],
        target="returned", features=NUMBERS,
    )  # fmt: skip
    test = set(pipeline.run(frame, track=False, cache=False).digest("train")) and set(
        pipeline.run(frame, track=False, cache=False)._live.execution.divided.parts["test"].frame().index  # type: ignore[union-attr]
    )
    SEEN.clear()
    found = quick(pipeline, KFolds(5), frame)
    assert not set().union(*SEEN) & test
    sides = pd.DataFrame(dict(enumerate(found.windows)))
    assert (sides == "validation").sum(axis=1).eq(1).all()
    assert set(sides.index) == set(frame.index[frame["returned"].notna()]) - test
    assert found.sealed == len(test) and f"{len(test):,} test rows, which no fold saw" in repr(found)


def test_each_fold_is_what_the_pipeline_run_on_these_parts_is(shop: pd.DataFrame) -> None:
    pipeline = classifier(StratifiedSplit(test=0.0))
    found = quick(pipeline, KFolds(3), shop)
    for window, (name, states) in zip(found.windows, found.states.items(), strict=True):
        parts = {side: shop[(window == side).to_numpy()] for side in ("train", "validation")}
        run = pipeline.run(parts, track=False, cache=False)
        mine = run.metrics.query("part == 'validation' and slice == 'all' and model == 'model'")
        theirs = found.folds[(found.folds["fold"] == name) & (found.folds["model"] == "model")]
        assert mine["value"].tolist() == theirs["value"].tolist()
        from mlsys.states import digest

        assert states["Train"] == digest(run.state("Train"))


def test_the_mean_is_scikit_learns_on_the_same_folds(shop: pd.DataFrame) -> None:
    pipeline = classifier(StratifiedSplit(test=0.0))
    found = quick(pipeline, KFolds(5), shop)
    places = {row: place for place, row in enumerate(shop.index)}
    cv = [tuple(np.array([places[row] for row in each.index[each == side]]) for side in ("train", "validation"))
          for each in found.windows]  # fmt: skip
    theirs = cross_val_score(pipeline.as_sklearn(), shop[NUMBERS], shop["returned"], cv=cv, scoring="roc_auc")
    assert judged(found, "roc_auc")["value"].to_numpy() == pytest.approx(theirs)
    row = found.table.query("metric == 'roc_auc' and model == 'model'").iloc[0]
    assert row["value"] == pytest.approx(theirs.mean()) and row["lower"] < row["value"] < row["upper"]


def test_processes_come_to_the_same_byte_for_byte(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([GroupSplit(), Impute(), DecisionTreeClassifier(max_depth=4)], target="returned",
                        group="customer", features=NUMBERS)  # fmt: skip
    one, two = (quick(pipeline, data=shop, n_jobs=jobs) for jobs in (1, 2))
    columns = [name for name in one.folds if name != "seconds"]
    pd.testing.assert_frame_equal(one.folds[columns], two.folds[columns], check_exact=True)
    assert one.states == two.states and one.table.equals(two.table)
    assert one.findings == two.findings


def test_kept_results_are_used_again_and_come_to_the_same(shop: pd.DataFrame) -> None:
    pipeline = Pipeline(
        [StratifiedSplit(), Watched(), Impute(), LogisticRegression(max_iter=500)], target="returned", features=NUMBERS
    )
    first = quick(pipeline, 3, shop, cache=True)
    assert len(SEEN) == 3
    again = quick(pipeline, 3, shop, cache=True)
    assert len(SEEN) == 3 and again.table.equals(first.table)


def test_folds_follow_from_the_roles_and_say_so(shop: pd.DataFrame) -> None:
    for arguments, kind, why in (
        ({}, "KFolds", "neither a time nor a group role"),
        ({"group": "customer"}, "GroupFolds", "there is a group role"),
        ({"time": "ordered"}, "TimeFolds", "there is a time role"),
    ):
        found = quick(classifier(**arguments), data=shop)
        assert found.how.startswith(kind) and why in found.how, found.how
    own = quick(classifier(KFolds(3)), data=shop)
    assert len(own.windows) == 3 and "as the pipeline divides its rows" in own.how


def test_windows_in_time_inherit_the_embargo_and_say_that_their_interval_is_a_rule_of_thumb(shop: pd.DataFrame) -> None:
    found = quick(classifier(TimeSplit(embargo="2D"), time="ordered"), data=shop)
    assert "embargo='2D'" in found.how and found.in_time and "rule of thumb" in found.assumes
    folds = found.folds.drop_duplicates("fold")
    assert (folds["judged from"] - folds["learned until"]).min() >= pd.Timedelta("2D")
    assert "rule of thumb" not in quick(classifier(), data=shop).assumes


def test_a_label_that_was_not_known_yet_teaches_no_fold(shop: pd.DataFrame) -> None:
    frame = shop.assign(seen=shop["ordered"] + pd.Timedelta("30D"), outcome=shop["returned"])
    pipeline = Pipeline(
        [NaturalLabel("late", from_column="outcome", rule=lambda outcome: outcome > 0, known_at="seen"),
         TimeSplit(validation=None, test=0.2), Impute(), LogisticRegression()],
        target="late", time="ordered", features=NUMBERS,
    )  # fmt: skip
    found = quick(pipeline, TimeFolds(3), frame)
    folds = found.folds.drop_duplicates("fold")
    assert (folds["judged from"] - folds["learned until"]).min() >= pd.Timedelta("30D")


def test_groups_on_both_sides_are_found_in_the_folds_that_have_them(shop: pd.DataFrame) -> None:
    pipeline = classifier(group="customer")
    found = {finding.code: finding for finding in quick(pipeline, KFolds(4), shop).findings}
    assert "LK211" in found and "(in 4 of 4 folds)" in found["LK211"].message
    assert "LK211" not in {finding.code for finding in quick(pipeline, GroupFolds(4), shop).findings}


def test_a_waiver_holds_for_folds(shop: pd.DataFrame) -> None:
    found = quick(classifier(group="customer", waive={"LK211": "asked for"}), KFolds(3), shop)
    assert {finding.waived for finding in found.findings if finding.code == "LK211"} == {"asked for"}


def test_baselines_are_compared_fold_by_fold(shop: pd.DataFrame) -> None:
    found = quick(classifier(), 4, shop)
    mine, other = (judged(found, "accuracy", who)["value"].to_numpy() for who in ("model", "zero_rule"))
    row = found.table.query("metric == 'accuracy' and model == 'zero_rule'").iloc[0]
    assert row["difference"] == pytest.approx((mine - other).mean())
    half = (row["difference upper"] - row["difference lower"]) / 2
    from scipy.stats import t

    sides = found.folds.drop_duplicates("fold")
    factor = 1 / 4 + (sides["judged"] / sides["learned"]).mean()
    assert half == pytest.approx(t.ppf(0.975, 3) * np.sqrt(factor * (mine - other).var(ddof=1)))


@pytest.mark.long
def test_two_pipelines_are_compared_on_the_same_folds(shop: pd.DataFrame) -> None:
    linear, other = classifier(), classifier().replace(Train=Train(DecisionTreeClassifier(random_state=0)))
    one, two = (quick(each, KFolds(5), shop) for each in (linear, other))
    row = one.against(two).set_index("metric").loc["log_loss"]
    assert row["verdict"] == "better" and row["difference"] == pytest.approx(row["value"] - row["other"])
    back = two.against(one).set_index("metric").loc["log_loss"]
    assert back["verdict"] == "worse" and back["difference"] == pytest.approx(-row["difference"])
    with pytest.raises(DataError, match="different folds"):
        one.against(quick(linear, KFolds(5, seed=1), shop))
    with pytest.raises(ConfigurationError, match="got int"):
        one.against(5)  # type: ignore[arg-type]


def test_repeats_are_windows_of_their_own(shop: pd.DataFrame) -> None:
    found = quick(classifier(), KFolds(3, repeats=2), shop)
    assert len(found.windows) == 6 and found.folds["fold"].nunique() == 6
    assert (pd.DataFrame(dict(enumerate(found.windows))) == "validation").sum(axis=1).eq(2).all()


def test_numbers_are_predicted_by_folds_too(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([Impute(), LinearRegression()], target="refund", features=NUMBERS)
    found = quick(pipeline, 5, shop)
    assert found.headline == "rmse" and "better by" in repr(found)
    row = found.table.query("metric == 'rmse' and model == 'zero_rule'").iloc[0]
    assert row["difference"] < 0  # a smaller error is better, and the card turns the sign


def test_nothing_is_written_outside_for_a_fold(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([StratifiedSplit(), Impute(), LogisticRegression(), Writes()], target="returned",
                        features=NUMBERS)  # fmt: skip
    quick(pipeline, 3, shop)
    assert CALLS["written"] == 0


class Fails(Transform):
    """Fails on rows that hold the row 7."""

    def learn(self, train: Rows) -> Any:
        if 7 not in train.index:
            raise ValueError("no row 7 here")
        return 0.0

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_names_the_fold_and_the_step(shop: pd.DataFrame, n_jobs: int) -> None:
    pipeline = Pipeline([KFolds(3), Impute(), LogisticRegression()], target="returned", features=NUMBERS)
    if n_jobs == 1:
        pipeline = pipeline.insert(Fails(), after="KFolds")
    else:
        pipeline = pipeline.replace(Train=Train(LogisticRegression(solver="wrong")))
    with pytest.raises(ValueError) as caught:
        quick(pipeline, data=shop, n_jobs=n_jobs)
    notes = "\n".join(caught.value.__notes__)
    assert "mlsys: in fold " in notes and " of 3" in notes and "mlsys: step" in notes


class Lopsided(Split):
    """Makes a fold without training rows."""

    def assign(self, keys: pd.DataFrame) -> pd.Series:
        return pd.Series("train", index=keys.index)

    def folds(self, keys: pd.DataFrame, k: int) -> list[pd.Series]:
        return [pd.Series("validation", index=keys.index)]


def test_what_cannot_be_divided_is_refused_with_the_reason(shop: pd.DataFrame) -> None:
    pipeline = classifier()
    with pytest.raises(DataError, match="fold 1 of 1 of Lopsided has no rows for train"):
        quick(pipeline, Lopsided(), shop)
    with pytest.raises(ConfigurationError, match="is not a way to make folds"):
        quick(pipeline, "5", shop)
    with pytest.raises(DataError, match="has parts"):
        quick(pipeline, 3, {"train": shop.iloc[:400], "test": shop.iloc[400:]})
    with pytest.raises(ConfigurationError, match="needs a pipeline with a model"):
        quick(Pipeline([Impute()], target="returned"), 3, shop)


def test_any_split_makes_folds(shop: pd.DataFrame) -> None:
    frame = shop.assign(part=np.where(shop.index % 5 == 0, "test", "train"))
    found = quick(classifier(PredefinedSplit("part")), StratifiedSplit(), frame)
    assert len(found.windows) == 5 and found.sealed == int((frame["part"] == "test").sum())


def test_it_shows_as_text_as_html_and_as_a_picture(shop: pd.DataFrame) -> None:
    found = quick(classifier(), 3, shop)
    assert "corrected resampled t" in repr(found) and "<svg" in found._repr_html_()
    drawn = found.plot()
    assert "mean over 3 folds" in drawn.get_xlabel()
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["model", "zero_rule", "random"]


def test_metrics_asked_for_are_those_shown(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([Impute(), LogisticRegression(), Evaluate(["brier"])], target="returned", features=NUMBERS)
    found = quick(pipeline, 3, shop)
    assert found.headline == "brier" and set(found.table["metric"]) == {"brier"}
