"""Where a supplied Prepare stands: behind steps that read the rows as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import DropMissingRows, LabelModel, Pipeline, Standardize, StratifiedSplit, TextHash, WeighClasses


def made() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    late = rng.random(300) < 0.3
    frame = pd.DataFrame({"x": rng.normal(size=300), "text": np.where(late, "send money now", "see you soon")})
    votes = {f"vote_{name}": np.where(rng.random(300) < 0.9, late, ~late).astype(int) for name in "abc"}
    frame.loc[::4, "x"] = np.nan
    return frame.assign(**votes, late=late.astype(int))


def test_rows_with_nulls_are_dropped_before_nulls_are_filled() -> None:
    rows = made()[["x", "text", "late"]]
    run = Pipeline([StratifiedSplit(), DropMissingRows(), LogisticRegression()], target="late").run(rows, track=False)
    assert [each.name for each in run.pipeline.steps][:3] == ["StratifiedSplit", "DropMissingRows", "Prepare"]
    assert len(run.frame("train")) == rows.loc[run.frame("train", after="StratifiedSplit").index, "x"].notna().sum()


def test_a_step_of_the_users_own_finds_the_text_behind_a_step_that_reads_labels() -> None:
    rows = made()
    for step, columns in (
        (WeighClasses(), ["x", "text", "late"]),
        (LabelModel(columns=["vote_a", "vote_b", "vote_c"]), list(rows)),
    ):
        steps = [StratifiedSplit(), step, TextHash(["text"]), LogisticRegression()]
        run = Pipeline(steps, target="late").run(rows[columns], track=False)
        names = [each.name for each in run.pipeline.steps]
        assert names.index("TextHash") < names.index("Train") and run.evaluation.part == "validation"


def test_training_rows_are_shown_as_each_step_left_them_behind_one_that_changed_them() -> None:
    rows = made()[["x", "late"]].dropna()
    steps = [StratifiedSplit(), WeighClasses(), Standardize(), LogisticRegression()]
    run = Pipeline(steps, target="late").run(rows, track=False)
    raw, weighed = run.frame("train", after="StratifiedSplit"), run.frame("train", after="WeighClasses")
    assert weighed["x"].equals(raw["x"]) and len(weighed.columns) > len(raw.columns)
    scaled = (raw["x"] - raw["x"].mean()) / raw["x"].std(ddof=0)
    for shown in (run.frame("train", after="Standardize"), run.frame("train")):
        np.testing.assert_allclose(shown["x"], scaled, rtol=1e-9)
