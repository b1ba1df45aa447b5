"""Votes as a matrix, and what label models need of them: distinct rows with counts, which merge exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.errors import DataError
from mlsys.labeling import VoteMatrix, VoteStats
from mlsys.labeling.statistics.distinct import counted, distinct
from mlsys.labeling.statistics.sums import Totals, _Digits, _Sparse


def made(rows: int, sources: int, classes: int, seed: int = 0, share: float = 0.6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, (rows, sources)).astype(np.int8)
    codes[rng.random(codes.shape) > share] = -1
    return codes


@given(cut=st.integers(0, 40), seed=st.integers(0, 5), sources=st.sampled_from([1, 3, 70]))
@settings(max_examples=20, deadline=None)
def test_parts_of_the_rows_add_up_to_all_of_them(cut, seed, sources):
    codes, true = made(40, sources, 3, seed), pd.Series(np.random.default_rng(seed).integers(0, 3, 40))
    true[true.index % 4 > 0] = None
    parts = [
        VoteStats.of(VoteMatrix(codes[a:b], range(3), items=range(a, b)), true[a:b]) for a, b in ((0, cut), (cut, 40))
    ]
    whole, added = VoteStats.of(VoteMatrix(codes, range(3)), true), parts[1] + parts[0]
    for name in ("patterns", "counts", "gold"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(added, name))
    assert added.rows == 40


@pytest.mark.parametrize(("rows", "columns", "classes"), [
    (0, 3, 2), (1, 1, 1), (5, 0, 2), (500, 20, 2), (500, 33, 2), (500, 34, 2), (500, 5, 6), (300, 73, 2), (100, 9, 127),
    (20_000, 11, 3),
])  # fmt: skip
def test_distinct_rows_are_those_of_numpy_and_marked_rows_are_found_among_them(rows, columns, classes):
    codes, marked = made(rows, columns, classes), np.random.default_rng(1).permutation(rows)[: rows // 3]
    patterns, counts, places = counted(codes, classes + 1, marked)
    expected, of_each = np.unique(codes, axis=0, return_counts=True) if columns else (codes[:1], np.array([rows]))
    np.testing.assert_array_equal(patterns, expected)
    np.testing.assert_array_equal(counts, of_each)
    np.testing.assert_array_equal(patterns[places], codes[marked])
    again, (summed,) = distinct(codes, classes + 1, np.ones(rows, np.int64))
    np.testing.assert_array_equal(again, patterns)
    np.testing.assert_array_equal(summed, counts)


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_pairs_count_items_of_both_and_of_the_same_class(classes):
    codes = made(200, 5, classes)
    both, agreed = VoteStats.of(VoteMatrix(codes, range(classes))).pairs()
    for one in range(5):
        for other in range(5):
            spoken = (codes[:, one] >= 0) & (codes[:, other] >= 0)
            assert both[one, other] == spoken.sum()
            assert agreed[one, other] == (spoken & (codes[:, one] == codes[:, other])).sum()


def test_parts_may_know_other_sources_and_classes():
    one = VoteStats.of(pd.DataFrame({"a": ["x", "y"]}))
    two = VoteStats.of(pd.DataFrame({"b": ["z"]}))
    both = one + two
    assert both.classes == ("x", "y", "z") and both.sources == ("a", "b") and both.rows == 3
    assert both.votes.tolist() == [[1, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize("kind", [_Digits, _Sparse])
@pytest.mark.parametrize(("sources", "classes"), [(1, 2), (9, 2), (14, 3), (4, 80)])
def test_sums_over_votes_are_those_of_a_plain_loop(kind, sources, classes):
    codes, rng = made(60, sources, classes), np.random.default_rng(1)
    tables, weights = rng.normal(size=(sources, classes, classes)), rng.random((60, classes))
    rows, votes = np.zeros((60, classes)), np.zeros_like(tables)
    for row in range(60):
        for source in range(sources):
            if codes[row, source] >= 0:
                rows[row] += tables[source, codes[row, source]]
                votes[source, codes[row, source]] += weights[row]
    sums = kind(codes, classes)
    np.testing.assert_allclose(sums.by_rows(tables), rows, atol=1e-12)
    np.testing.assert_allclose(sums.by_votes(weights), votes, atol=1e-12)


def test_few_votes_among_many_sources_are_summed_one_by_one():
    assert isinstance(Totals(made(50, 30, 2, share=0.02), 2).by_rows.__self__, _Sparse)
    assert isinstance(Totals(made(50, 30, 2, share=0.5), 2).by_rows.__self__, _Digits)


def test_a_frame_becomes_a_matrix_and_comes_back():
    frame = pd.DataFrame({"a": ["x", None, "y"], "b": [None, None, "x"]}, index=list("pqr"), dtype=object)
    matrix = VoteMatrix.of(frame)
    assert matrix.codes.dtype == np.int8 and matrix.covered.tolist() == [True, False, True]
    pd.testing.assert_frame_equal(matrix.frame(), frame)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: VoteMatrix.of(pd.DataFrame({"a": ["x"]}), classes=["y"]), "voted for 'x'"),
        (lambda: VoteMatrix([[0.5]], ["x"]), "not whole numbers"),
        (lambda: VoteMatrix([[2]], ["x", "y"]), "a vote is 2"),
        (lambda: VoteMatrix([[0]], range(200)), "200 classes"),
        (lambda: VoteMatrix.of(pd.DataFrame({"a": range(200)})), "200 classes"),
        (lambda: VoteMatrix([[0, 0]], ["x"], ["a", "a"]), "source 'a' comes twice"),
        (lambda: VoteMatrix([[0], [0]], ["x"], items=[7, 7]), "item 7 comes twice"),
        (lambda: VoteMatrix([[0]], ["x"], ["a", "b"]), "came with 2 sources"),
        (lambda: VoteMatrix.of([["x"]]), "not a frame"),
        (lambda: VoteMatrix([[0]], ["x"], ["a"]).of_sources(["b"]), "of whom nothing was learned"),
        (lambda: VoteStats.of(pd.DataFrame({"a": ["x"]}), gold=pd.Series(["x"], [9])), "items without votes"),
        (lambda: VoteStats.of(pd.DataFrame({"a": ["x"]}), gold=pd.Series(["x", "y"], [0, 0])), "item 0 twice"),
    ],
)
def test_odd_votes_are_refused_with_what_is_wrong(make, says):
    with pytest.raises(DataError, match=says):
        make()
