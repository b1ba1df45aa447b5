"""Metrics by slice are scikit-learn's of each slice, and counts of partitions are those of all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from tests.evaluation.test_metrics import BINARY, CLASSES, NUMBERS, classified

from mlsys import Evaluate, Metric, count_slices, score_slices
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.by_slice.slice_counts import SliceCounts

EXACT = {"rel": 1e-12, "abs": 1e-14}


def by_slice(table: pd.DataFrame) -> pd.Series:
    return table.set_index(["slice", "metric"])["value"]


def levels(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Slices of which each holds some rows."""
    return np.array(["north", "south", "east"])[rng.permutation(np.arange(rows) % 3)]


@pytest.mark.quick("True")
@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(30, 200), ties=st.booleans(), classes=st.sampled_from([2, 3]))
def test_classes_by_slice_are_scored_as_scikit_learn_scores_each(
    weighted: bool, seed: int, rows: int, ties: bool, classes: int
) -> None:
    rng = np.random.default_rng(seed)
    y, p = classified(rng, rows, classes, ties)
    region, said = levels(rng, rows), p.argmax(axis=1)
    weight = rng.exponential(size=rows) if weighted else None
    asked = BINARY if classes == 2 else CLASSES
    found = by_slice(
        score_slices(y, said, region, metrics=[*asked], probability=p, weight=weight, event=1 if classes == 2 else None,
                     level=None).table
    )  # fmt: skip
    for name in ("all", *np.unique(region)):
        rows_of = np.full(rows, True) if name == "all" else region == name
        some = None if weight is None else weight[rows_of]
        if len(np.unique(y[rows_of])) < classes or len(np.unique(said[rows_of])) < classes:
            continue  # scikit-learn warns or raises
        for metric, reference in asked.items():
            expected = reference(y[rows_of], said[rows_of], p[rows_of], some)
            slice_name = name if name == "all" else f"slice={name}"
            assert found[slice_name, metric] == pytest.approx(expected, **EXACT), (name, metric)


@pytest.mark.quick("True")
@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(9, 200))
def test_numbers_by_slice_are_scored_as_scikit_learn_scores_each(weighted: bool, seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    y, region = rng.normal(50, 10, rows), levels(rng, rows)
    said, weight = y + rng.normal(0, 5, rows), rng.exponential(size=rows) if weighted else None
    found = by_slice(score_slices(y, said, {"region": region}, metrics=[*NUMBERS], weight=weight, level=None).table)
    for name in np.unique(region):
        of = region == name
        for metric, reference in NUMBERS.items():
            expected = reference(y[of], said[of], None, None if weight is None else weight[of])
            assert found[f"region={name}", metric] == pytest.approx(expected, **EXACT), metric


def test_r2_of_a_target_far_from_zero_loses_no_digits(rng: np.random.Generator) -> None:
    y = 1e7 + rng.normal(size=500)
    said = y + rng.normal(0, 0.5, 500)
    found = count_slices(y, said, metrics=["r2"]).scores(level=None)["value"][0]
    assert found == pytest.approx(sk.r2_score(y, said), rel=1e-9)


@pytest.mark.quick("weighted classes")
@pytest.mark.parametrize("kind", ["classes", "weighted classes", "numbers"])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), parts=st.integers(1, 5))
def test_counts_of_partitions_are_those_of_all_rows_to_the_last_bit(kind: str, seed: int, parts: int) -> None:
    rng, rows = np.random.default_rng(seed), 120
    y, p = classified(rng, rows, 2, ties=True)
    frame = pd.DataFrame({"region": levels(rng, rows), "size": rng.integers(0, 4, rows)})
    weight = rng.exponential(size=rows) if "weighted" in kind else None
    numbers = rng.normal(size=rows)

    def count(some: np.ndarray) -> SliceCounts:
        held = None if weight is None else weight[some]
        if kind == "numbers":
            asked = ["rmse", "mae", "r2", "pinball_0.9"]
            return count_slices(numbers[some], p[some, 1], frame.iloc[some], metrics=asked)
        asked = ["roc_auc", "average_precision", "log_loss", "brier", "f1", "mcc"]
        return count_slices(y[some], None, frame.iloc[some], metrics=asked, probability=pd.DataFrame(p[some]),
                            weight=held, event=1)  # fmt: skip

    order = rng.permutation(rows)
    pieces = [count(piece) for piece in np.array_split(order, parts)]
    total = pieces[0]
    for each in pieces[1:]:
        total = total + each
    keys = ["slice", "metric"]
    mine, whole = (each.scores().sort_values(keys).reset_index(drop=True) for each in (total, count(np.arange(rows))))
    for end in ("value", *(["lower", "upper"] if kind == "numbers" else [])):
        assert mine[end].tolist() == pytest.approx(whole[end].tolist(), rel=0, abs=0, nan_ok=True)
    assert mine["n"].tolist() == whole["n"].tolist()


def test_what_cannot_be_added_says_what_differs() -> None:
    one, other = count_slices([0, 1], [0, 1], metrics=["recall"]), count_slices([2, 1], [2, 1], metrics=["recall"])
    with pytest.raises(DataError, match=r"of the classes 1, 2 .* cannot be added .* 0, 1"):
        one + other


@pytest.fixture
def scored(rng: np.random.Generator) -> pd.DataFrame:
    rows = 900
    known = rng.normal(size=rows)
    p = 1 / (1 + np.exp(1 - known))
    frame = pd.DataFrame({"y": (rng.random(rows) < p).astype(int), "prediction": (p > 0.4).astype(int)})
    frame["probability_0"], frame["probability_1"] = 1 - p, p
    return frame.assign(region=levels(rng, rows), client=rng.integers(0, 60, rows), w=rng.exponential(size=rows))


ASKED = ["roc_auc", "average_precision", "log_loss", "accuracy", "recall", "precision", "f1"]


@pytest.mark.quick("rows")
@pytest.mark.parametrize("roles", [{}, {"weight": "w"}, {"group": "client"}], ids=["rows", "weights", "groups"])
def test_values_intervals_and_verdicts_are_those_of_evaluate(scored: pd.DataFrame, roles: dict[str, str]) -> None:
    found = score_slices(
        scored["y"], scored["prediction"], scored["region"], metrics=ASKED, probability=scored["probability_1"],
        event=1, **{role: scored[column] for role, column in roles.items()},
    ).table.set_index(["slice", "metric"])  # fmt: skip
    parts = {"train": scored, "validation": scored}
    report = Evaluate(metrics=ASKED, slices=["region"]).of(**parts, target="y", event=1, **roles)
    table = report.table.query("model == 'model' and part == 'validation'").set_index(["slice", "metric"])
    assert set(table.index) == set(found.index)
    for name in table.index:
        for each in ("value", "lower", "upper"):
            assert found.loc[name, each] == pytest.approx(table.loc[name, each], rel=1e-9, nan_ok=True), name
        assert found.loc[name, "verdict"] == table.loc[name, "verdict"]
        assert found.loc[name, "n"] == table.loc[name, "n"]


def test_columns_are_sliced_one_by_one_or_crossed_and_null_is_a_level(scored: pd.DataFrame) -> None:
    by = scored[["region"]].assign(size=pd.Series([1, 2, None] * 300, dtype="Int64"))
    alone = score_slices(scored["y"], scored["prediction"], by, metrics=["accuracy"], level=None).table
    assert set(alone["slice"]) == {
        "all", "region=north", "region=south", "region=east", "size=1", "size=2", "size=nan"
    }  # fmt: skip
    both = score_slices(scored["y"], scored["prediction"], by, metrics=["accuracy"], crossed=True, level=None).table
    assert len(both) == 10
    some = (by["region"] == "east") & by["size"].isna()
    expected = (scored["y"] == scored["prediction"])[some].mean()
    assert by_slice(both)["region=east, size=nan", "accuracy"] == pytest.approx(expected)
    assert both["n"].sum() == 2 * len(scored)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), bins=st.sampled_from([5, 20, 100]))
def test_bins_hide_no_more_than_the_bound_says(seed: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    y, p = classified(rng, 150, 2, ties=False)
    asked = {"metrics": ["roc_auc", "average_precision"], "probability": p[:, 1], "event": 1}
    region = levels(rng, 150)
    exact = score_slices(y, None, region, level=None, **asked).table
    binned = score_slices(y, None, region, level=None, bins=bins, **asked).table
    assert (np.abs(exact["value"] - binned["value"]) <= binned["bound"] + 1e-12).all()
    assert (binned["bound"] > 0).any()


def test_own_metrics_and_medians_are_computed_from_the_rows_of_each_slice(rng: np.random.Generator) -> None:
    y, region = rng.normal(size=93), levels(rng, 93)
    said = y + rng.normal(size=93)
    widest = Metric("widest", lambda y, said: np.abs(y - said).max(), greater_is_better=False, interval="none")
    table = score_slices(y, said, region, metrics=["mae", widest, "median_absolute_error"]).table
    assert table["metric"].tolist()[:3] == ["mae", "widest", "median_absolute_error"]
    some = region == "east"
    assert by_slice(table)["slice=east", "widest"] == np.abs(y - said)[some].max()
    assert by_slice(table)["slice=east", "median_absolute_error"] == pytest.approx(np.median(np.abs(y - said)[some]))


def test_very_many_classes_take_no_table_of_them(rng: np.random.Generator) -> None:
    y = rng.integers(0, 600, 1_000)
    said = np.where(rng.random(1_000) < 0.7, y, rng.permutation(y))
    found = score_slices(y, said, metrics=["accuracy", "mcc", "macro_f1", "balanced_accuracy"], level=None).table
    expected = [sk.accuracy_score(y, said), sk.matthews_corrcoef(y, said), sk.f1_score(y, said, average="macro"),
                sk.recall_score(y, said, average="macro", labels=np.unique(y))]  # fmt: skip
    assert found["value"].tolist() == pytest.approx(expected, rel=1e-12)


def test_ten_thousand_slices_have_one_verdict_each(rng: np.random.Generator) -> None:
    y, said = rng.integers(0, 2, 20_000), rng.integers(0, 2, 20_000)
    found = score_slices(y, said, np.arange(20_000) // 2, metrics=["accuracy", "recall", "f1"], level=None).table
    assert len(found) == 30_003
    few = score_slices(y[:40], said[:40], np.arange(40), metrics=["accuracy"]).table
    assert few["verdict"].tolist() == ["", *["not enough data"] * 40]


def test_truth_values_are_the_classes_0_and_1() -> None:
    for y, said in (([0, 1, 1], [False, True, False]), ([False, True, True], [0, 1, 0])):
        assert score_slices(y, said, metrics=["accuracy"]).table["value"].tolist() == [pytest.approx(2 / 3)]


def test_a_level_that_no_row_has_is_no_slice() -> None:
    by = pd.Series(pd.Categorical(["a", "b"] * 10, categories=["a", "z", "b"]), name="c")
    found = score_slices([0, 1] * 10, [0, 1] * 10, by, metrics=["accuracy"]).table
    assert found["slice"].tolist() == ["all", "c=a", "c=b"]


def test_a_slice_without_events_or_of_one_class_says_so(rng: np.random.Generator) -> None:
    y = np.r_[np.zeros(50, int), rng.integers(0, 2, 50)]
    p = rng.random(100)
    region = np.repeat(["quiet", "mixed"], 50)
    found = score_slices(y, p > 0.5, region, metrics=["recall", "roc_auc", "accuracy"], probability=p, event=1).table
    found = found.set_index(["slice", "metric"])["verdict"]
    assert found["slice=quiet", "recall"] == found["slice=quiet", "roc_auc"] == "not defined here"
    assert found["slice=quiet", "accuracy"] in {"worse", "not worse"}


def test_rows_without_truth_or_weight_do_not_count() -> None:
    found = score_slices(["a", "b", None, "b"], ["a", "a", "a", "b"], metrics=["accuracy"], weight=[1, 1, 1, 0])
    assert found.table[["value", "n"]].values.tolist() == [[0.5, 2]]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"prediction": [0, 1]}, DataError, r"prediction is of length 2, and y of 4"),
        ({"by": ["a"]}, DataError, r"slice is of length 1, and y of 4"),
        (
            {"probability": [0.1, 0.2, np.nan, 0.4]},
            DataError,
            r"probability is null, first in row 2",
        ),
        ({"probability": [0.1, 0.2, 1.7, 0.4]}, DataError, r"probability is 1\.7 in row 2[^$]*score="),
        ({"probability": np.full((4, 3), 1 / 3)}, DataError, r"3 columns for the classes 0, 1"),
        ({"metrics": ["acuracy"]}, ConfigurationError, r"did you mean 'accuracy'"),
        ({"metrics": ["rmse"]}, ConfigurationError, r"'rmse' is for regression, but this is binary"),
        ({"metrics": ["roc_auc"]}, ConfigurationError, r"needs probabilities"),
        ({"weight": [1, -1, 1, 1]}, DataError, r"weight is -1\.0 in row 1"),
        ({"y": [None] * 4}, DataError, r"no row has a known truth"),
        ({"prediction": None}, ConfigurationError, r"there is no prediction"),
        ({"prediction": ["x", "z"] * 2}, DataError, r"no class is in both"),
        ({"event": 7}, DataError, r"event=7 is no class of y"),
        ({"by": pd.Series([[1]] * 4, name="tags")}, DataError, r"by='tags' holds"),
        ({"bins": 10}, ConfigurationError, r"bins=10 needs probabilities"),
    ],
)
def test_bad_input_is_refused_with_the_remedy(given: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        score_slices(**{"y": [0, 1, 1, 0], "prediction": [0, 1, 0, 0], **given})


def test_a_picture_shows_the_headline_by_slice(scored: pd.DataFrame) -> None:
    found = score_slices(scored["y"], scored["prediction"], scored["region"], metrics=["accuracy"])
    named = [text.get_text() for text in found.plot().get_yticklabels()]
    assert sorted(named) == ["all", "region=east", "region=north", "region=south"]
    assert "region=north" in repr(found)
