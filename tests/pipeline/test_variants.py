"""Variants share what they have in common: it is run once, and each variant is what it would be alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from mlsys import Evaluate, Impute, Pipeline, RandomSplit, Rows, RowTransform, Source, Standardize, Train, Transform
from mlsys.errors import ConfigurationError
from mlsys.states import digest

CALLS: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def no_calls_yet() -> None:
    CALLS.clear()


class Counted(Transform):
    """Counts how often it learns."""

    label: str = "counted"

    def learn(self, train: Rows) -> Any:
        CALLS[self.label] += 1
        return float(train["price"].mean())

    def apply(self, frame: pd.DataFrame, mean: Any) -> pd.DataFrame:
        return frame.assign(price=frame["price"] - mean)


class Shop(Source):
    """Counts how often it is read."""

    def read(self) -> pd.DataFrame:
        CALLS["read"] += 1
        return FRAMES["shop"].copy()


FRAMES: dict[str, pd.DataFrame] = {}


class Marked(RowTransform):
    """Counts the frames it is given that are all rows."""

    factor: float = 1.0

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        CALLS["marked"] += len(frame) == len(FRAMES["shop"])
        return frame.assign(price=frame["price"] * self.factor)


@pytest.fixture
def pipeline(shop: pd.DataFrame) -> Pipeline:
    FRAMES["shop"] = shop
    return Pipeline(
        [Shop(), Marked(), RandomSplit(), Counted(), Impute(), Train(LogisticRegression(max_iter=500))],
        target="returned",
        features=["price", "days_since_last"],
    )


def tree(depth: int) -> Train:
    return Train(DecisionTreeClassifier(max_depth=depth, random_state=0))


def test_shared_steps_run_once(pipeline: Pipeline) -> None:
    variants = pipeline.variants(linear={}, shallow={"Train": tree(2)}, deep={"Train": tree(6)})
    assert [planned.name for planned in variants.shared()] == ["Shop", "Marked", "RandomSplit", "Counted", "Impute"]
    runs = variants.run(track=False)
    assert list(runs) == ["linear", "shallow", "deep"]
    assert CALLS["counted"] == 1 and CALLS["read"] == 1


def test_each_variant_is_what_it_would_be_alone(pipeline: Pipeline) -> None:
    variants = pipeline.variants(linear={}, shallow={"Train": tree(2)}, raw={"Counted": None})
    for label, run in variants.run(track=False).items():
        alone = variants[label].run(track=False)
        for step in ("Impute", "Train"):
            assert digest(run.state(step)) == digest(alone.state(step)), (label, step)
        pd.testing.assert_frame_equal(run.metrics, alone.metrics, check_exact=True)
        assert run.variant == label and f"({label})" in repr(run)


def test_what_stands_behind_a_difference_runs_for_each(pipeline: Pipeline) -> None:
    variants = pipeline.variants(one={}, other={"Impute": Impute(numeric="mean")}, third={"Counted": Counted("third")})
    variants.run(track=False, cache=False)
    assert CALLS["counted"] == 2 and CALLS["third"] == 1  # the two that have it, and the one that has another


def test_the_source_is_read_once_where_variants_differ_before_the_split(pipeline: Pipeline) -> None:
    variants = pipeline.variants(
        one={}, two={"RandomSplit": RandomSplit(seed=1)}, three={"RandomSplit": RandomSplit(seed=2)}
    )
    runs = variants.run(track=False)
    assert CALLS["read"] == 1 and CALLS["counted"] == 3
    alone = pipeline.run(track=False)
    assert digest(runs["one"].state("Train")) == digest(alone.state("Train"))
    assert len({run.digest("train") for run in runs.values()}) == 3


def test_variants_of_a_row_transform_do_not_touch_each_other(pipeline: Pipeline) -> None:
    runs = pipeline.variants(one={}, hundred={"Marked": Marked(100.0)}).run(track=False)
    prices = {label: run.frame("train", after="Marked")["price"].mean() for label, run in runs.items()}
    assert prices["hundred"] == pytest.approx(100 * prices["one"])
    assert digest(runs["one"].state("Counted")) != digest(runs["hundred"].state("Counted"))


@pytest.mark.quick("change0")
@pytest.mark.parametrize(
    "change", [{"RandomSplit": RandomSplit(seed=1)}, {"Train": tree(2)}, {"Evaluate": Evaluate(["accuracy"])}]
)
def test_variants_over_given_parts_are_what_they_are_alone(pipeline: Pipeline, shop: pd.DataFrame, change: Any) -> None:
    parts = {"train": shop.iloc[:1200], "validation": shop.iloc[1200:1600], "test": shop.iloc[1600:]}
    variants = pipeline.variants(one={}, other=change)
    for label, run in variants.run(parts, track=False).items():
        alone = variants[label].run(parts, track=False)
        assert digest(run.state("Train")) == digest(alone.state("Train"))
        pd.testing.assert_frame_equal(run.metrics, alone.metrics, check_exact=True)
        assert run.rows == {"train": 1200, "validation": 400, "test": 400}


def test_variants_judged_by_folds_are_what_they_are_alone(shop: pd.DataFrame) -> None:
    pipeline = Pipeline(
        [Impute(), Standardize(), Train(LogisticRegression())], target="returned", features=["price", "days_since_last"]
    )
    variants = pipeline.variants(linear={}, shallow={"Train": tree(2)})
    for label, run in variants.run(shop, track=False).items():
        pd.testing.assert_frame_equal(run.metrics, variants[label].run(shop, track=False).metrics, check_exact=True)


def test_a_findings_waiver_and_the_test_rows_belong_to_each_variant(pipeline: Pipeline) -> None:
    runs = pipeline.variants(one={}, two={"Train": tree(3)}).run(track=False)
    final = runs["two"].final_test()
    assert final.stage == "test" and runs["one"].stage == runs["two"].stage == "validation"
    assert "test" not in set(runs["one"].metrics["part"])


def test_variants_are_a_mapping_of_pipelines(pipeline: Pipeline) -> None:
    variants = pipeline.variants(linear={}, shallow={"Train": tree(2)})
    assert len(variants) == 2 and variants["linear"] == pipeline and "shallow" in variants
    assert "Shop, Marked, RandomSplit, Counted, Impute" in repr(variants)


def test_a_variant_of_an_unknown_step_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(ConfigurationError, match="there is no step 'Trian'"):
        pipeline.variants(wrong={"Trian": tree(2)})
