"""Past: against a loop over rows that looks at every earlier row of the same key."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys import Past
from mlsys.errors import DataError

START = pd.Timestamp("2024-01-01")
rows_of_history = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.one_of(st.none(), st.integers(0, 6)),
        st.integers(0, 3),
        st.one_of(st.none(), st.integers(-5, 5)),
    ),
    min_size=1,
    max_size=25,
)


def frame_of(rows: list[tuple[str | None, int | None, int, int | None]]) -> pd.DataFrame:
    """Key, day of decision (or null), days until known, value (or null)."""
    return pd.DataFrame(
        {
            "key": pd.array([row[0] for row in rows], dtype="str"),
            "decide": pd.to_datetime([None if row[1] is None else START + pd.Timedelta(days=row[1]) for row in rows]),
            "delay": pd.to_timedelta([row[2] for row in rows], unit="D"),
            "value": np.array([row[3] for row in rows], dtype="float64"),
        },
        index=np.arange(len(rows))[::-1] + 100,
    )


def brute_force(frame: pd.DataFrame, known: pd.Series) -> list[pd.DataFrame]:
    """Return the history of each row: same key, known strictly before the decision."""
    return [
        frame[(frame["key"] == row["key"]) & (known < row["decide"])] if pd.notna(row["decide"]) else frame.iloc[:0]
        for _, row in frame.iterrows()
    ]


@settings(max_examples=60, deadline=None)
@given(rows_of_history)
def test_past_is_what_a_loop_over_rows_finds(rows: list[tuple[str | None, int | None, int, int | None]]) -> None:
    frame = frame_of(rows)
    known = frame["decide"] + frame["delay"]
    past = Past(frame, frame, "key", frame["decide"], known)
    histories = brute_force(frame, known)
    assert past.count().tolist() == [len(each) for each in histories]
    np.testing.assert_allclose(past.sum("value"), [each["value"].sum() for each in histories], atol=1e-12)
    np.testing.assert_allclose(past.mean("value"), [each["value"].mean() for each in histories], atol=1e-12)
    for position, history in enumerate(histories):
        assert sorted(past.of(position).index) == sorted(history.index)
        assert past.of(position).index.map(known).is_monotonic_increasing
        last = past.last("value").iloc[position]
        latest = known[history.index].max()
        candidates = history["value"][known[history.index] == latest]
        assert (candidates.isna().any() or candidates.empty) if pd.isna(last) else last in candidates.to_list()
    assert past.count().index.equals(frame.index)


def test_the_row_itself_is_no_history() -> None:
    frame = frame_of([("a", 1, 0, 5)])
    assert Past(frame, frame, "key", frame["decide"], frame["decide"]).count().tolist() == [0]


def test_rows_to_compute_for_may_be_others_than_the_history() -> None:
    rows = frame_of([("a", 0, 0, 1), ("a", 1, 0, 2), ("b", 0, 0, 7)])
    now = frame_of([("a", 3, 0, None), ("never seen", 3, 0, None), ("b", 0, 0, None)])
    past = Past(now, rows, "key", now["decide"], rows["decide"])
    assert past.count().tolist() == [2, 0, 0]
    assert past.last("value").fillna(-1).tolist() == [2, -1, -1]
    assert past.last("value", back=2).fillna(-1).tolist() == [1, -1, -1]


def test_a_null_in_one_row_leaves_the_sums_of_other_keys_alone() -> None:
    rows = frame_of([("a", 0, 0, None), ("b", 0, 0, 3), ("b", 1, 0, 4), ("b", 2, 0, None)])
    assert Past(rows, rows, "key", rows["decide"], rows["decide"]).sum("value").tolist() == [0, 0, 3, 7]


def test_time_zones_are_brought_together() -> None:
    rows = frame_of([("a", 0, 0, 1), ("a", 1, 0, 2)])
    zoned = rows["decide"].dt.tz_localize("Europe/Berlin")
    assert Past(rows, rows, "key", zoned, zoned.dt.tz_convert("UTC")).count().tolist() == [0, 1]


def test_a_key_or_time_that_is_none_is_told() -> None:
    frame = frame_of([("a", 0, 0, 1)])
    with pytest.raises(DataError, match="history key 'who' is not a column"):
        Past(frame, frame, "who", frame["decide"], frame["decide"])
    with pytest.raises(DataError, match="not timestamps"):
        Past(frame, frame, "key", frame["value"], frame["decide"])


@pytest.mark.parametrize("large", [1e17, np.inf])
def test_large_values_of_one_key_do_not_reach_another(large: float) -> None:
    rows = frame_of([("a", 0, 0, None), ("a", 1, 0, 1), ("b", 0, 0, 3), ("b", 1, 0, 4)])
    rows = rows.assign(value=[large, 1.0, 0.1, 0.2])
    assert Past(rows, rows, "key", rows["decide"], rows["decide"]).sum("value").tolist()[2:] == [0.0, 0.1]
