"""Which rows and values differ between two tables, and between what two runs read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier

from mlsys import Pipeline, data_diff
from mlsys.errors import ConfigurationError, DataError

VALUES = st.sampled_from([None, 1.0, 2.5]), st.sampled_from([None, "a", "b"])
TABLES = st.lists(st.tuples(st.integers(0, 6), *VALUES), min_size=1, max_size=8)


def frame_of(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "x", "s"]).astype({"x": "float64", "s": "str"})


def plain(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(None if pd.isna(each) else each for each in row)  # type: ignore[call-overload]


@given(TABLES, TABLES)
def test_rows_are_matched_by_all_values_as_multisets(
    first: list[tuple[object, ...]], second: list[tuple[object, ...]]
) -> None:
    found = data_diff(frame_of(first), frame_of(second))
    left = list(first)
    added = [row for row in second if row not in left or left.remove(row)]  # type: ignore[func-returns-value]
    assert found.counts == {"equal": len(second) - len(added), "changed": 0, "old": len(left), "new": len(added)}
    assert sorted(map(str, map(plain, found.added.itertuples(index=False)))) == sorted(map(str, added))


@given(
    st.dictionaries(st.integers(0, 6), st.tuples(*VALUES), min_size=1),
    st.dictionaries(st.integers(0, 6), st.tuples(*VALUES), min_size=1),
)
def test_rows_of_the_same_key_are_compared_value_by_value(
    old: dict[int, tuple[object, ...]], new: dict[int, tuple[object, ...]]
) -> None:
    found = data_diff(*(frame_of([(key, *row) for key, row in each.items()]) for each in (old, new)), on="id")
    both = old.keys() & new.keys()
    changed = [key for key in both if old[key] != new[key]]
    assert found.counts == {
        "equal": len(both) - len(changed), "changed": len(changed), "old": len(old) - len(both),
        "new": len(new) - len(both),
    }  # fmt: skip
    by_column = dict(zip(found.columns["column"], found.columns["rows"], strict=True))
    expected = {name: sum(old[key][at] != new[key][at] for key in both) for at, name in enumerate(["x", "s"])}
    assert by_column == {name: count for name, count in expected.items() if count}


def test_two_runs_are_compared_by_their_ids_without_test_rows() -> None:
    frame = pd.DataFrame({"id": range(200), "x": np.arange(200) % 7, "y": np.arange(200) % 2})
    corrected = frame.assign(x=frame["x"].where(frame["id"] % 50 != 3, 99))
    runs = [
        Pipeline([DummyClassifier()], target="y", id="id").run(each, track=False, cache=False)
        for each in (frame, corrected)
    ]
    found = data_diff(*runs)
    assert found.by == "id"
    assert found.counts["old"] == found.counts["new"] == 0 and 0 < found.counts["changed"] <= 4
    assert sum(found.counts.values()) == 160
    assert found.columns["column"].tolist() == ["x"]
    assert "to 99" in str(found)
    assert not data_diff(runs[0], runs[0])


def test_what_cannot_be_compared_is_refused() -> None:
    frame = pd.DataFrame({"id": [1, 1], "x": [1, 2]})
    with pytest.raises(DataError, match="1 rows of the old table repeat the key id"):
        data_diff(frame, frame, on="id")
    with pytest.raises(DataError, match="the old table has no column 'key'"):
        data_diff(frame, frame, on="key")
    with pytest.raises(ConfigurationError, match="data_diff"):
        data_diff(frame, "run-1")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="share no column"):
        data_diff(frame, pd.DataFrame({"z": [1]}))
