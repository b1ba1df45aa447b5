"""Every summary is written as JSON and read back equal; equal summaries have equal digests."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.errors import DataError
from mlsys.summaries import (
    BottomK,
    CategoryTargets,
    Counts,
    Covariance,
    Distinct,
    DistinctCount,
    ExactSum,
    GroupedSum,
    LogBuckets,
    Moments,
    Quantiles,
    SummaryMap,
    as_json,
    from_json,
    summary_digest,
)

LEVELS = ["a", "b", "", "Łódź", None]
ROWS = st.lists(
    st.tuples(
        st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, 2.0**63, np.nan]),
        st.sampled_from(LEVELS),
        st.integers(0, 1),
    ),
    max_size=30,
    unique_by=lambda row: (repr(row[0]), row[1], row[2]),
)


def frame_of(rows: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["x", "level", "y"]).astype({"x": "float64", "level": "str", "y": "int64"})
    return frame.set_axis([f"{row!r}" for row in rows])


SUMMARIES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "moments": lambda part: Moments.of(part["x"]),
    "sum": lambda part: ExactSum.of(part["x"].dropna()),
    "products": lambda part: Covariance.of(("x", "y"), part[["x", "y"]].to_numpy(float).T),
    "quantiles": lambda part: Quantiles.of(part["x"]),
    "buckets": lambda part: LogBuckets.of(part["x"], 0.1),
    "counts": lambda part: Counts.of(part["level"]),
    "pairs": lambda part: Counts.of_pairs(part["level"], part["y"]),
    "distinct": lambda part: DistinctCount.of(part["level"], most=3),
    "texts": lambda part: Distinct.of(part["level"].dropna().tolist(), np.ones(part["level"].count()), most=2),
    "groups": lambda part: GroupedSum.of(part["y"], np.nan_to_num(part["x"], posinf=1, neginf=-1), 2),
    "targets": lambda part: CategoryTargets.of(part["level"], part["y"]),
    "sample": lambda part: BottomK.of(part, part.index, k=4),
}


@pytest.mark.parametrize("name", SUMMARIES)
@settings(max_examples=8)
@given(rows=ROWS, pieces=st.sampled_from([1, 7, 12]), random=st.randoms())
def test_any_cut_order_and_tree_gives_equal_bytes_that_are_read_back(
    name: str, rows: list[Any], pieces: int, random: Any
) -> None:
    of = SUMMARIES[name]
    whole = of(frame_of(rows))
    random.shuffle(rows)
    parts = [of(frame_of(rows[start::pieces])) for start in range(pieces)]
    text = as_json(reduce(add, parts))
    while len(parts) > 1:  # any tree
        parts.append(parts.pop(random.randrange(len(parts))) + parts.pop(random.randrange(len(parts))))
    assert as_json(whole) == text == as_json(parts[0])
    assert as_json(from_json(text)) == text
    assert json.loads(text)["$"] == type(whole).__name__


def test_summaries_of_later_passes_and_by_name_are_written_too() -> None:
    first = Quantiles.of([3.0, 1.0, -0.0])
    zoom = first.next_zoom([0.5])
    found = SummaryMap(
        x=Quantiles.of([3.0, 1.0, -0.0], zoom), when=Counts.of(pd.Series(pd.to_datetime(["2024-01-01"])))
    )
    again = from_json(as_json(found))
    assert summary_digest(again) == summary_digest(found)
    assert again["x"].finish([0.5]).tolist() == [1.0]
    assert again["when"][pd.Timestamp("2024-01-01")] == 1


def test_what_has_no_form_is_named() -> None:
    with pytest.raises(DataError, match=r"holds \(?b'x'\)?"):
        as_json(Counts({b"x": 1}))
