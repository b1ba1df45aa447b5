"""Counts and sums by category equal plain dictionaries."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.errors import DataError
from mlsys.summaries import Again, CategoryTargets, Counts, SummaryMap

words = st.lists(st.sampled_from(["a", "b", "ä", "", "10", None]), max_size=30)
rows_strategy = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.floats(-1e6, 1e6), st.floats(0.0, 10.0), st.integers(0, 2)),
    min_size=1,
    max_size=40,
)


@given(words, words)
def test_counts_equal_a_counter(left, right) -> None:
    parts = Counts.of(pd.Series(left, dtype="str")) + Counts.of(pd.Series(right, dtype=object))
    expected = Counter(value for value in left + right if value is not None)
    assert dict(parts) == dict(expected)
    assert parts.nulls == (left + right).count(None)
    assert parts.n == expected.total()
    assert parts.ordered() == sorted(expected.items(), key=lambda pair: (-pair[1], pair[0]))
    assert parts == Counts.of(pd.Series(right + left, dtype="str"))


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([3, 1, 3]),
        pd.Series([True, False, True]),
        pd.Series(pd.to_datetime(["2020-01-02", "2020-01-01", "2020-01-02"], utc=True)),
        pd.Series(["y", "x", "y"], dtype="category"),
        pd.Series(["y", "x", "y"], dtype=pd.CategoricalDtype(["x", "y", "unseen"])),
        pd.Series([1, 2, 1], dtype="Int64"),
    ],
)
def test_values_stay_as_they_are(series: pd.Series) -> None:
    (first, often), (second, once) = Counts.of(series).ordered()
    assert (first, often, second, once) == (series.iloc[0], 2, series.iloc[1], 1)
    assert not isinstance(first, np.generic)


def test_minus_zero_is_zero_whatever_comes_first() -> None:
    assert str(Counts.of(pd.Series([-0.0, 0.0])).ordered()) == "[(0.0, 2)]"


def test_top_and_ties() -> None:
    counts = Counts({"b": 2, "a": 2, 10: 2, "c": 5})
    assert counts.ordered(top=3) == [("c", 5), (10, 2), ("a", 2)]
    assert "values=4" in repr(counts)


def category_targets(rows, weighted: bool) -> CategoryTargets:
    names = pd.Series([row[0] for row in rows], dtype="str")
    targets = np.array([[row[1], row[3] == 1] for row in rows], dtype=float).reshape(-1, 2)
    return CategoryTargets.of(names, targets, [row[2] for row in rows] if weighted else None)


@given(rows_strategy, st.integers(0, 40), st.booleans())
def test_parts_add_to_the_whole(rows, cut: int, weighted: bool) -> None:
    whole, head, tail = (category_targets(part, weighted) for part in (rows, rows[:cut], rows[cut:]))
    assert head + tail == whole == tail + head
    assert category_targets(rows[::-1], weighted) == whole


@given(rows_strategy)
def test_means_by_category(rows) -> None:
    summary = category_targets(rows, weighted=False)
    frame = pd.DataFrame(rows, columns=["name", "value", "weight", "label"])
    for place, name in enumerate(summary.categories):
        at = frame["name"].isna() if name is None else frame["name"] == name
        assert summary.rows[place] == at.sum()
        assert summary.means()[place] == pytest.approx([frame["value"][at].mean(), (frame["label"][at] == 1).mean()])
    assert summary.overall() == pytest.approx([frame["value"].mean(), (frame["label"] == 1).mean()])


@given(rows_strategy, st.integers(0, 40), st.lists(st.integers(0, 2), min_size=40, max_size=40), st.booleans())
def test_without_a_fold_is_as_if_its_rows_had_not_been_there(rows, cut: int, draws, weighted: bool) -> None:
    folds = [draws[place % len(draws)] for place in range(len(rows))]

    def of(first: int, last: int) -> CategoryTargets:
        part, names = rows[first:last], pd.Series([row[0] for row in rows[first:last]], dtype="str")
        targets = np.array([[row[1], row[3] == 1] for row in part], dtype=float).reshape(-1, 2)
        weights = [row[2] for row in part] if weighted else None
        return CategoryTargets.of(names, targets, weights, folds[first:last], 3)

    whole = of(0, len(rows))
    assert whole == of(0, cut) + of(cut, len(rows))
    assert whole.without() == category_targets(rows, weighted)
    for fold in range(3):
        others = [row for row, own in zip(rows, folds, strict=True) if own != fold]
        assert whole.without(fold) == category_targets(others, weighted)


def test_weighted_means() -> None:
    summary = CategoryTargets.of(pd.Series(["a", "a"]), [1.0, 0.0], [3.0, 1.0])
    assert summary.means().tolist() == [[0.75]]
    assert summary.totals().tolist() == [[3.0]]


def test_what_does_not_fit_is_refused() -> None:
    one, two = CategoryTargets.of(pd.Series(["a"]), [1.0]), CategoryTargets.of(pd.Series(["a"]), [[1.0, 0.0]])
    with pytest.raises(DataError, match="target columns"):
        one + two
    with pytest.raises(DataError, match="1 and 2 folds"):
        one + CategoryTargets.of(pd.Series(["a"]), [1.0], fold_of=[1], folds=2)
    with pytest.raises(DataError, match="2 targets for 1"):
        CategoryTargets.of(pd.Series(["a"]), [1.0, 2.0])


def test_maps_add_by_name() -> None:
    total = SummaryMap(a=1) + SummaryMap(a=2, b=3)
    assert total == {"a": 3, "b": 3}
    assert Again(total).partial is total
