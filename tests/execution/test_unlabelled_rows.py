"""Rows without a known label: trained on where a step takes them, and never judged by."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import (
    Calibrate,
    Evaluate,
    GroupSplit,
    Pipeline,
    RandomSplit,
    Result,
    StratifiedSplit,
    TargetEncode,
    TimeSplit,
    Train,
    TrainOnly,
)


class Counting(TrainOnly):
    """Leaves training rows as they are, and tells how many have no label."""

    takes_unlabelled: ClassVar[bool] = True

    def learn(self, train):
        return {"unknown": int(train.y.isna().sum()), "rows": len(train)}

    def change(self, train, rng, state):
        return pd.DataFrame(train)

    def told(self, state):
        return Result("counted", pd.DataFrame([state]))


def rows(count: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 3))
    y = pd.array((x[:, 0] + 0.5 * rng.normal(size=count) > 0).astype(int), dtype="Int64")
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(count), unit="h")
    frame = pd.DataFrame(x, columns=list("abc")).assign(
        city=rng.choice(list("uvw"), count), who=np.arange(count) // 3, at=times, y=y
    )
    frame.loc[rng.random(count) < 0.6, "y"] = pd.NA
    return frame


def run(split, *steps, after=(), **roles):
    frame = rows()
    drop = [name for name in ("who", "at") if name not in (roles.get("group"), roles.get("time"))]
    pipeline = Pipeline([split, *steps, Train(LogisticRegression()), *after, Evaluate()], target="y", **roles)
    return pipeline.run(frame.drop(columns=drop), track=False, cache=False)


@pytest.mark.parametrize("split", [StratifiedSplit(), RandomSplit()], ids=["stratified", "random"])
def test_all_rows_without_a_label_are_training_rows_of_a_split_by_chance(split):
    made = run(split, TargetEncode(["city"]), Counting())
    unknown = int(rows()["y"].isna().sum())
    assert made.reports["counted"].table["unknown"].tolist() == [unknown]
    assert made.frame("validation")["y"].notna().all()
    assert f"training rows without a known label: {unknown}" in made.card.text()


def test_a_model_learns_from_the_rows_that_have_a_label_after_the_step():
    made = run(StratifiedSplit(), Counting(), exclude=["city"])
    known = made.frame("train", after="Counting").dropna(subset=["y"])
    alone = LogisticRegression().fit(known[list("abc")], known["y"].astype(int))
    assert 0 < len(known) < len(made.frame("train"))
    np.testing.assert_allclose(made.state("Train")["estimator"].coef_, alone.coef_, rtol=1e-6)


def test_without_such_a_step_rows_without_a_label_are_in_no_part():
    made = run(StratifiedSplit())
    assert made.frame("train")["y"].notna().all()
    assert made.outcome.rows["train"] < 250


def test_folds_judge_by_known_labels_alone():
    made = run(RandomSplit(parts={"test": 0.2}), Counting(), after=[Calibrate()])
    judged = int(made.evaluation.table.query("part == 'validation' and slice == 'all'")["n"].max())
    assert judged == int(made.frame("train")["y"].notna().sum())


@pytest.mark.parametrize(
    ("split", "roles"), [(GroupSplit(), {"group": "who"}), (TimeSplit(), {"time": "at"})], ids=["groups", "time"]
)
def test_rows_that_belong_to_a_judged_group_or_time_are_not_trained_on(split, roles):
    made = run(split, Counting(), **roles)
    column = roles.get("group") or roles["time"]
    train, validation = made.frame("train"), made.frame("validation")
    unlabelled = train[train["y"].isna()]
    assert len(unlabelled)
    if column == "who":
        assert not set(train["who"]) & set(validation["who"])
    else:
        assert train["at"].max() < validation["at"].min()


def test_cross_validation_and_the_audit_take_them_too():
    pipeline = Pipeline([RandomSplit(), Counting(), Train(LogisticRegression())], target="y", exclude=["city"])
    frame = rows().drop(columns=["who", "at"])
    judged = pipeline.cross_validate(3, frame, track=False)
    assert judged.folds.drop_duplicates("fold")["judged"].sum() == frame["y"].notna().sum() - judged.sealed
    assert all("violated" not in str(each) for each in pipeline.audit_leakage(frame).table["verdict"])
