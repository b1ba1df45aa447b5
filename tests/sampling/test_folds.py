"""Folds as steps: of rows, of groups, and of windows in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TimeSeriesSplit

from mlsys import Pipeline
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling import GroupFolds, KFolds, TimeFolds


def keys(rows: int, **more: object) -> pd.DataFrame:
    return pd.DataFrame({"id": np.arange(rows), **more})


def days(rows: int = 60, **more: object) -> pd.DataFrame:
    return keys(rows, time=pd.date_range("2024-01-01", periods=rows), **more)


def drawn(folds: list[pd.Series]) -> list[str]:
    return ["".join("." if pd.isna(part) else str(part)[0] for part in fold) for fold in folds]


def test_repeats_divide_the_rows_anew_and_each_covers_them_once() -> None:
    windows = KFolds(4, repeats=3).windows(keys(100))
    assert len(windows) == 12
    held = np.array([(fold == "validation").to_numpy() for fold in windows]).reshape(3, 4, 100)
    assert (held.sum(axis=1) == 1).all()
    together = np.array([(one.T.astype(int) @ one.astype(int)).astype(bool) for one in held])
    shared = [(together[0] & together[1]).mean(), (together[1] & together[2]).mean()]
    assert shared == pytest.approx([1 / 16 + 0.01] * 2, abs=0.03)  # two repeats agree as chance has it
    assert drawn(KFolds(4, repeats=3).folds(keys(100), 4)) == drawn(windows[:4])


def test_classes_are_spread_over_folds_and_test_part_unless_told_otherwise() -> None:
    frame = keys(200, target=np.arange(200) % 10 == 0)
    split = KFolds(5, test=0.2)
    parts = split.assign(frame)
    assert frame["target"].groupby(parts).sum().to_dict() == {"test": 4, "train": 16}
    train = frame[parts == "train"]
    positives = [int(train["target"][fold == "validation"].sum()) for fold in split.windows(train)]
    assert max(positives) - min(positives) <= 1
    free = KFolds(5, stratify=False).windows(frame)
    assert drawn(free) == drawn(KFolds(5).windows(frame.drop(columns="target")))


def test_rows_that_repeat_another_share_a_fold_and_groups_are_the_business_of_group_folds() -> None:
    frame = keys(60, duplicate=np.arange(60) // 2, group=np.zeros(60))
    for fold in KFolds(3).windows(frame):
        assert (fold.groupby(frame["duplicate"]).nunique() == 1).all()
        assert fold.nunique() == 2


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=5, max_size=40), st.integers(2, 5), st.integers(0, 9))
def test_group_folds_keep_groups_and_differ_by_about_a_group(sizes: list[int], n: int, seed: int) -> None:
    group = np.repeat(np.arange(len(sizes)), sizes)
    frame = keys(len(group), group=group)
    windows = GroupFolds(n, seed=seed).windows(frame)
    held = np.array([(fold == "validation").to_numpy() for fold in windows])
    assert (held.sum(axis=0) == 1).all() and held.any(axis=1).all()
    for one in held:
        assert not set(group[one]) & set(group[~one])
    if max(sizes) <= len(group) / n / 2:
        assert held.sum(axis=1).max() - held.sum(axis=1).min() <= 2 * max(sizes)
    shuffled = frame.sample(frac=1, random_state=seed)
    again = GroupFolds(n, seed=seed).windows(shuffled)
    assert all(one.loc[frame.index].equals(other) for one, other in zip(again, windows, strict=True))


def test_the_windows_are_those_of_scikit_learn_where_rows_are_evenly_spaced() -> None:
    frame = days(60)
    expected = []
    for train, validation in TimeSeriesSplit(5).split(frame):
        expected.append("".join("t" if i in train else "v" if i in validation else "." for i in range(60)))
    assert drawn(TimeFolds(5).windows(frame)) == expected


def test_sliding_windows_train_on_one_length_only() -> None:
    assert drawn(TimeFolds(2, "sliding", size=0.25, train_size="3D").windows(days(8))) == [".tttvv..", "...tttvv"]
    assert drawn(TimeFolds(3, "sliding").windows(days(8))) == ["ttvv....", "..ttvv..", "....ttvv"]
    assert drawn(TimeFolds(2, "sliding", size=0.25, train_size=0.5).windows(days(8))) == ["ttttvv..", "..ttttvv"]


def test_the_embargo_is_a_gap_before_each_window() -> None:
    assert drawn(TimeFolds(2, size=0.25, embargo="2D").windows(days(8))) == ["tt..vv..", "tttt..vv"]


def test_a_label_counts_in_the_windows_before_which_it_was_known() -> None:
    frame = days(8, target=[0, 1] * 4)
    frame["known_at"] = frame["time"] + pd.Timedelta("1D")
    frame.loc[1, "known_at"] = pd.Timestamp("2024-01-06")
    assert drawn(TimeFolds(2, size=0.25).windows(frame)) == ["t.t.vv..", "ttttt.vv"]


def test_a_group_stands_on_one_side_of_a_window_when_asked() -> None:
    frame = days(60, group=np.tile(np.arange(12), 5))
    for fold in TimeFolds(3, keep_groups_together=True).windows(frame):
        sides = frame["group"].groupby(fold).agg(set)
        assert not sides["train"] & sides["validation"]
        assert len(sides["train"] | sides["validation"]) == 12


def test_the_test_part_comes_after_all_windows() -> None:
    split = TimeFolds(2, test="2024-02-01", embargo="1D")
    frame = days(60)
    parts = split.assign(frame)
    assert drawn([parts]) == ["t" * 30 + "." + "t" * 29]
    assert parts.value_counts().to_dict() == {"train": 30, "test": 29}
    windows = split.folds(frame[parts == "train"], split.fold_count)
    assert drawn(windows) == ["t" * 9 + "." + "v" * 10 + "." * 10, "t" * 19 + "." + "v" * 10]
    assert "test starts at 2024-02-01" in split.explain(frame)[0]
    assert split.explain(frame)[-1] == "expanding windows, validated from 2024-01-11, 2024-01-21 on"


@pytest.mark.parametrize("folds", [KFolds(3, test=0.2), GroupFolds(3, test=0.2), TimeFolds(3, test=0.2)], ids=repr)
def test_folds_stand_in_a_pipeline_in_place_of_a_split(folds: KFolds) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=400), "who": np.arange(400) % 40})
    frame["day"] = pd.date_range("2024-01-01", periods=400)
    frame["y"] = (frame["x"] + rng.normal(size=400) > 0).astype(int)
    run = Pipeline([folds, LogisticRegression()], target="y", group="who", time="day").run(frame, track=False)
    assert run.metrics.query("metric == 'roc_auc'")["value"].max() > 0.7
    assert set(run.rows) >= {"train"}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: KFolds(1), "n=1 is not a number of folds"),
        (lambda: KFolds(test=1.0), "test=1.0 is not a share"),
        (lambda: KFolds(repeats=0), "repeats=0"),
        (lambda: GroupFolds(0), "n=0"),
        (lambda: TimeFolds(0), "n=0"),
        (lambda: TimeFolds(size="2024-01-01"), "is a date"),
        (lambda: TimeFolds(train_size="3D"), "the windows expand"),
        (lambda: TimeFolds(embargo="-1D"), "negative"),
        (lambda: TimeFolds(test="soon"), "neither a date nor a duration"),
    ],
)
def test_what_cannot_be_folds_is_refused_when_the_step_is_made(make, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make()


@pytest.mark.parametrize(
    ("folds", "frame", "said"),
    [
        (KFolds(5), keys(4), "makes 5 folds, but there are 4 rows"),
        (GroupFolds(5), keys(20, group=np.arange(20) % 3), "makes 5 folds, but there are 3 groups"),
        (GroupFolds(5), keys(20), "group role"),
        (TimeFolds(5), keys(20), "time role"),
        (TimeFolds(5, size="30D"), days(60), "leave no training rows before the first"),
        (TimeFolds(2, embargo="90D"), days(60), "finds no validation window"),
    ],
)
def test_rows_that_cannot_be_divided_are_refused(folds, frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(DataError, match=said):
        folds.windows(frame)
