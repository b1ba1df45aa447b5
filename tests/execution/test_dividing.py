"""Parts that cannot be learned from or judged by are refused with the reason; repeats are counted on the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression

from mlsys import Calibrate, GroupFolds, Pipeline, PredefinedSplit, RandomSplit, ReadParquet, StratifiedSplit, TimeSplit
from mlsys.errors import DataError
from mlsys.settings import override
from mlsys.steps import Split
from mlsys.steps import repeats as repeats_module


def rows(count: int = 200, **more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{place}": rng.normal(size=count) for place in range(6)})
    return frame.assign(y=(np.arange(count) % 4 == 0).astype(int), **more)


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(when=pd.date_range("2024-01-01", periods=len(frame)))


def run(split: Split | None, data: Any, *, model: Any = None, **roles: Any) -> Any:
    steps = [model or DummyClassifier()]
    return Pipeline([split, *steps] if split else steps, target="y", **roles).run(data, track=False, cache=False)


class Own(Split):
    """Parts as a column of the frame has them."""

    names: tuple[str, ...]

    def assign(self, keys: pd.DataFrame) -> pd.Series:
        return pd.Series(np.resize(self.names, len(keys)), index=keys.index).sort_values().set_axis(keys.index)


def test_a_part_that_was_asked_for_and_is_empty_is_refused() -> None:
    with pytest.raises(DataError, match="RandomSplit left no test rows .parts: "):
        run(RandomSplit(0.4, 0.001), rows(30))
    with pytest.raises(DataError, match="left no validation rows"):
        run(RandomSplit(0.001, 0.4), rows(30))


def test_a_part_whose_labels_are_all_unknown_is_an_empty_part() -> None:
    frame = rows().assign(y=lambda f: f["y"].astype("Int64"))
    frame.loc[RandomSplit().assign(pd.DataFrame({"id": frame.index})) == "validation", "y"] = pd.NA
    with pytest.raises(DataError, match="left no validation rows.*rows without a known label"):
        run(RandomSplit(), frame)


@pytest.mark.parametrize(("part", "said"), [("train", "training"), ("validation", "validation"), ("test", "test")])
def test_a_part_of_one_class_is_refused(part: str, said: str) -> None:
    frame = rows(part=np.resize(["train", "validation", "test"], 200))
    frame.loc[frame["part"] == part, "y"] = 1
    with pytest.raises(DataError, match=f"all 6[67] {said} rows have the same class of the target, 1, of 2 classes"):
        run(PredefinedSplit("part"), frame)


def test_numbers_that_are_no_classes_may_be_equal_in_a_part() -> None:
    frame = rows(part=np.resize(["train", "validation", "test"], 200)).assign(y=lambda f: f["x0"])
    frame.loc[frame["part"] == "test", "y"] = 0.5
    assert run(PredefinedSplit("part"), frame, model=DummyRegressor()).rows["test"] == 66


def test_what_other_parts_hold_is_the_users_business() -> None:
    frame = rows(part=np.resize(["train", "validation", "frauds"], 200))
    frame.loc[frame["part"] == "frauds", "y"] = 1
    assert run(PredefinedSplit("part"), frame).rows["frauds"] == 66


def test_data_of_one_class_alone_is_the_models_to_refuse() -> None:
    with pytest.raises(DataError, match="DummyClassifier|Train"):
        run(RandomSplit(), rows().assign(y=1))


def test_training_rows_after_all_that_they_are_judged_by_are_refused() -> None:
    frame = rows(part=["validation"] * 50 + ["train"] * 100 + ["test"] * 50)
    with pytest.raises(DataError, match="all 100 training rows, the first at 2024-02-20 .* all 50 validation rows"):
        run(PredefinedSplit("part"), timed(frame), time="when")
    assert run(PredefinedSplit("part"), frame).rows["train"] == 100


def test_training_rows_between_the_others_stay_a_finding() -> None:
    done = run(RandomSplit(), timed(rows()), time="when")
    assert "LK210" in {finding.code for finding in done.findings}


@pytest.mark.parametrize(
    ("change", "roles", "said"),
    [
        (lambda parts: {**parts, "validation": parts["validation"].assign(y=0)}, {}, "all 60 validation rows have"),
        (
            lambda parts: {**parts, "validation": parts["train"], "train": parts["validation"]},
            {"time": "when"},
            "later",
        ),
        (lambda parts: {**parts, "validation": parts["validation"].assign(y=None)}, {}, "left no validation rows"),
    ],
)
def test_parts_that_were_given_are_held_to_the_same(
    change: Callable[[dict[str, pd.DataFrame]], dict[str, pd.DataFrame]], roles: dict[str, str], said: str
) -> None:
    frame = timed(rows()) if roles else rows()
    parts = {"train": frame[:140], "validation": frame[140:]}
    assert run(None, parts, **roles).rows["validation"] == 60
    with pytest.raises(DataError, match=said):
        run(None, change(parts), **roles)


def test_a_preview_of_few_rows_is_not_held_to_it() -> None:
    frame = rows(part=np.resize(["train", "validation"], 200)).assign(y=lambda f: f["y"].mask(f["part"] != "train", 0))
    pipeline = Pipeline([PredefinedSplit("part"), DummyClassifier()], target="y")
    assert "PredefinedSplit" in pipeline.preview(frame)
    with pytest.raises(DataError, match="all 100 validation rows have the same class"):
        pipeline.run(frame, track=False, cache=False)


def test_a_fold_of_one_class_is_named_on_the_card() -> None:
    frame = rows(100).assign(y=lambda f: f.index.isin([3, 60]).astype(int))
    done = run(RandomSplit(0.0, 0.0), frame)
    assert any(note.startswith("folds with rows of a single class: ") for note in done._live.execution.divided.notes)


def test_a_fold_that_would_learn_from_one_class_is_refused_with_its_number() -> None:
    frame = pd.DataFrame({"x": np.arange(200.0), "y": (np.arange(200) < 20).astype(int), "who": np.arange(200) // 10})
    said = r"(?s)GroupFolds: in fold \d of 4 all \d+ training rows have the same class of the target, 0, of 2 .*KFolds"
    groups = frame["who"].where(frame["who"] > 1, 0)  # the class is in one group: one fold trains without it
    with pytest.raises(DataError, match=said):
        run(GroupFolds(4), frame.assign(who=groups), group="who")


def test_rows_that_repeat_another_are_counted_and_stay_together() -> None:
    frame = rows(400)
    again = frame.sample(34, random_state=1)
    both = pd.concat([frame, again], ignore_index=True)
    done = run(RandomSplit(), both)
    assert "34 rows repeat another in all features and stay in its part" in done._live.execution.divided.notes
    assert "34 rows repeat another" in str(done)
    train = done.frame("train", after="RandomSplit").index
    assert all((old in train) == (new in train) for old, new in zip(again.index, range(400, 434), strict=True))
    apart = run(RandomSplit(keep_duplicates_together=False), both)
    assert not any("repeat" in note for note in apart._live.execution.divided.notes)


def test_rows_are_repeats_by_what_a_model_may_use() -> None:
    frame = pd.concat([rows(200)] * 2, ignore_index=True).assign(
        number=range(400), late=np.random.default_rng(1).normal(size=400)
    )
    assert not run(RandomSplit(), frame, id="number")._live.execution.divided.notes
    notes = run(RandomSplit(), frame, id="number", exclude=["late"])._live.execution.divided.notes
    assert notes == ("200 rows repeat another in all features and stay in its part",)


def test_features_are_compared_only_for_splits_that_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("features were compared")

    monkeypatch.setattr(repeats_module, "row_hashes", never)
    frame = rows(group=np.arange(200) // 4)
    run(TimeSplit(), timed(frame), time="when")
    run(PredefinedSplit(parts={"train": 0.6, "validation": 0.2, "test": 0.2}), frame, group="group")
    run(StratifiedSplit(keep_duplicates_together=False), frame)
    with pytest.raises(AssertionError, match="were compared"):
        run(PredefinedSplit(parts={"train": 0.6, "validation": 0.2, "test": 0.2}), frame)


def test_rows_beyond_memory_are_not_compared_and_that_is_said(tmp_path: Any) -> None:
    pd.concat([rows(400), rows(400)]).to_parquet(tmp_path / "rows.parquet")
    with override(rows_per_partition=100, rows_in_memory=300):
        done = Pipeline([ReadParquet(str(tmp_path)), RandomSplit(), DummyClassifier()], target="y").run(track=False)
    assert "rows larger than memory were not compared" in done._live.execution.divided.notes[-1]


def test_the_calibration_part_calibrates() -> None:
    split = RandomSplit(parts={"validation": 0.2, "calibration": 0.2, "test": 0.2})
    frame = rows(1_000)
    done = Pipeline([split, LogisticRegression(), Calibrate()], target="y").run(frame, track=False, cache=False)
    assert done.rows["calibration"] == pytest.approx(200, abs=60)
