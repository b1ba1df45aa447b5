"""Every refusal shows the order of steps that would not leak, and that order is taken."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import (
    AsOfJoin,
    Impute,
    NaturalLabel,
    OneHot,
    Pipeline,
    RandomSplit,
    Reshape,
    Select,
    Source,
    Standardize,
    StratifiedSplit,
    TargetEncode,
    Train,
    TrainOnly,
)
from mlsys.errors import ConfigurationError, LeakageError


class Rows(Source):
    def read(self):
        return pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})


class Half(Select):
    def keep(self, frame, rng):
        return frame["x"] > 0


class Twice(TrainOnly):
    def change(self, train, rng):
        return pd.concat([train, train])


class Same(Reshape):
    def reshape(self, frame):
        return pd.DataFrame(frame)


MODEL = Train(LogisticRegression())
SPLIT = StratifiedSplit()
LABEL = NaturalLabel("y", from_column="raw", rule=lambda raw: raw > 0)

REFUSED: dict[str, tuple[list[Any], type[Exception], str, str]] = {
    "a transform before the split": ([Standardize(), SPLIT, MODEL], LeakageError, "Standardize stands before",
                                     "StratifiedSplit > Standardize > Train"),
    "a scaler of scikit-learn": ([StandardScaler(), SPLIT, MODEL], LeakageError, "Apply(StandardScaler) stands before",
                                 "StratifiedSplit > Apply(StandardScaler) > Train"),
    "a selection": ([SelectKBest(k=2), SPLIT, MODEL], LeakageError, "Apply(SelectKBest) stands before",
                    "StratifiedSplit > Apply(SelectKBest) > Train"),
    "a projection": ([PCA(2), SPLIT, MODEL], LeakageError, "Apply(PCA) stands before",
                     "StratifiedSplit > Apply(PCA) > Train"),
    "target means": ([TargetEncode(["c"]), SPLIT, MODEL], LeakageError, "TargetEncode stands before",
                     "StratifiedSplit > TargetEncode > Train"),
    "resampling": ([Twice(), SPLIT, MODEL], LeakageError, "both sides of the split",
                   "StratifiedSplit > Twice > Train"),
    "a model": ([MODEL, SPLIT], LeakageError, "trained on the rows that evaluate it", "StratifiedSplit > Train"),
    "two equal steps, one of them early": ([Impute(), SPLIT, Impute(), MODEL], LeakageError, "Impute stands before",
                                           "StratifiedSplit > Impute > Impute > Train"),
    "two splits": ([SPLIT, RandomSplit(), MODEL], ConfigurationError, "two splits", "StratifiedSplit > Train"),
    "two targets": ([LABEL, NaturalLabel("y", from_column="z", name="again"), SPLIT, MODEL], ConfigurationError,
                    "both write the target 'y'", "NaturalLabel > StratifiedSplit > Train"),
    "a source that is second": ([Half(), Rows(), SPLIT, MODEL], ConfigurationError, "is step 2",
                                "Rows > Half > StratifiedSplit > Train"),
    "rows that are chosen after the split": ([SPLIT, Half(), MODEL], ConfigurationError, "changes all rows",
                                             "Half > StratifiedSplit > Train"),
    "rows that are made after the split": ([SPLIT, Same(), MODEL], ConfigurationError, "changes all rows",
                                           "Same > StratifiedSplit > Train"),
    "the target in a served step": ([SPLIT, OneHot(["c", "y"]), MODEL], LeakageError, "it is the target",
                                    "StratifiedSplit > OneHot(columns=['c']) > Train"),
    "the target alone in a served step": ([SPLIT, OneHot(["y"]), MODEL], LeakageError, "it is the target",
                                          "StratifiedSplit > Train"),
    "what the label is made of": ([LABEL, SPLIT, Impute(["raw", "x"]), MODEL], LeakageError, "is derived from it",
                                  "NaturalLabel > StratifiedSplit > Impute(columns=['x']) > Train"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_the_message_shows_the_order_that_would_not_leak(mistake):
    steps, kind, problem, corrected = REFUSED[mistake]
    with pytest.raises(kind) as caught:
        Pipeline(steps, target="y")
    assert problem in caught.value.problem
    assert corrected in caught.value.remedy


def test_the_order_that_is_shown_is_taken():
    for steps, kind, _, corrected in REFUSED.values():
        if kind is not LeakageError or "(" in corrected:
            continue
        left = list(steps)
        order = []
        for title in corrected.split(" > "):  # of two equal steps the first is the one that was moved
            order.append(left.pop(next(i for i, step in enumerate(left) if step.title == title)))
        assert [planned.step.title for planned in Pipeline(order, target="y").steps][: len(order)] == [
            step.title for step in order
        ]


def test_a_late_column_in_a_served_step_is_taken_out():
    with pytest.raises(LeakageError, match=r"known only at '1h'.*\n.*Impute\(columns=\['x'\]\) > Train"):
        Pipeline([SPLIT, Impute(["x", "late"]), MODEL], target="y", time="t", known_at={"late": "1h"})


def test_a_join_at_a_moment_after_the_decision_is_refused():
    table = pd.DataFrame({"at": pd.to_datetime(["2024-01-01"]), "level": [1.0]})

    def pipeline(at):
        join = AsOfJoin(table, [], "at", known_after="0s", at=at)
        return Pipeline([join, SPLIT, MODEL], target="y", time="t", decide_at="1h before t")

    said = r"adds columns as known at='t', 0 days 01:00:00 after the decision\n.*omit at="
    with pytest.raises(LeakageError, match=said):
        pipeline("t")
    pipeline("2h before t")
    pipeline(None)


def test_a_reason_admits_what_is_meant_to_see_all_rows():
    steps = [Standardize(["x"], allow_all_rows="a unit, no statistic"), SPLIT, HistGradientBoostingClassifier()]
    assert "a unit, no statistic" in repr(Pipeline(steps, target="y").plan())
