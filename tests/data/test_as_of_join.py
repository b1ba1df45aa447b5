"""AsOfJoin adds the newest row of a table that was known before each decision."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.data import AsOfJoin
from mlsys.errors import ConfigurationError, DataError

START = pd.Timestamp("2024-01-01")


def hours(*numbers: float | None) -> pd.Series:
    return pd.Series([pd.NaT if number is None else START + pd.Timedelta(hours=number) for number in numbers])


ROWS = pd.DataFrame({"who": ["a", "a", "b", "a", None], "at": hours(2, 9, 2, None, 2).array}, index=[3, 1, 4, 5, 9])
SIDE = pd.DataFrame({"who": ["a", "a", "b"], "seen": hours(0, 1, 2), "v": [10, 11, 20]})


def joined(side: pd.DataFrame = SIDE, rows: pd.DataFrame = ROWS, **options: object) -> pd.DataFrame:
    named = {"by": "who", "time": "seen", "known_after": "0s", "at": "at", **options}
    return AsOfJoin(side, **named).apply(rows)


def values(frame: pd.DataFrame) -> list[float]:
    return frame["v"].fillna(-1).tolist()


def test_the_newest_known_row_wins_and_rows_stay() -> None:
    out = joined()
    assert values(out) == [11, 11, -1, -1, -1]
    assert out.index.tolist() == ROWS.index.tolist()


def test_the_same_instant_counts_only_when_not_strict() -> None:
    assert values(joined(strict=False)) == [11, 11, 20, -1, -1]


def test_known_later_counts_later() -> None:
    assert values(joined(known_after="90min")) == [10, 11, -1, -1, -1]
    assert values(joined(at="1h before at")) == [10, 11, -1, -1, -1]


def test_tolerance_is_the_age_of_the_event_at_the_decision() -> None:
    assert values(joined(tolerance="8h")) == [11, 11, -1, -1, -1]
    assert values(joined(tolerance="7h59min")) == [11, -1, -1, -1, -1]


def test_a_correction_counts_from_when_it_was_known() -> None:
    side = pd.DataFrame({"who": "a", "seen": hours(0, 0, 1), "said": hours(0, 5, 3), "v": [1, 2, 3]})
    rows = pd.DataFrame({"who": "a", "at": hours(1, 4, 6)})
    # At 6 h the correction of the older event is the last thing heard, but the newer event still wins.
    assert values(joined(side, rows, known_after=None, known_at="said")) == [1, 3, 3]
    assert values(joined(side[:2], rows, known_after=None, known_at="said")) == [1, 1, 2]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 9)), unique=True, max_size=25),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=80),
    st.booleans(),
    st.sampled_from([None, 2, 5]),
)
def test_it_equals_a_search_through_all_rows(
    side_rows: list[tuple[int, int, int]], asked: list[tuple[int, int]], strict: bool, tolerance: int | None
) -> None:
    side = pd.DataFrame(side_rows, columns=["who", "seen", "delay"], dtype="int64")
    side["known"] = side["seen"] + side["delay"]
    side["v"] = np.arange(len(side), dtype=float)
    rows = pd.DataFrame(asked, columns=["who", "at"])
    expected = []
    for who, at in asked:
        heard = side[(side["who"] == who) & ((side["known"] < at) | ((side["known"] == at) & (not strict)))]
        best = heard.sort_values(["seen", "known"]).tail(1)
        fresh = not best.empty and (tolerance is None or at - best["seen"].iloc[0] <= tolerance)
        expected.append(best["v"].iloc[0] if fresh else -1.0)
    as_times = {name: START + pd.to_timedelta(side[name], "h") for name in ("seen", "known")}
    out = AsOfJoin(
        side.assign(**as_times),
        "who",
        "seen",
        columns=["v"],
        known_at="known",
        tolerance=None if tolerance is None else f"{tolerance}h",
        at="at",
        strict=strict,
    ).apply(rows.assign(at=START + pd.to_timedelta(rows["at"], "h")))
    assert values(out) == expected


def test_clock_times_of_the_table_are_read_in_the_rows_zone() -> None:
    rows = ROWS.assign(at=ROWS["at"].dt.tz_localize("America/New_York"))
    assert values(joined(rows=rows)) == values(joined())
    step = AsOfJoin(SIDE, "who", "seen", known_after="0s", at="at")
    assert str(step.side_known("America/New_York").dt.tz) == "America/New_York"
    assert "zone" in " ".join(step.notes())


def test_a_table_with_a_zone_and_rows_without_cannot_be_compared() -> None:
    side = SIDE.assign(seen=SIDE["seen"].dt.tz_localize("UTC"))
    with pytest.raises(DataError, match="'at' has none, so they cannot be compared"):
        joined(side)
    rows = ROWS.assign(at=ROWS["at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    assert values(joined(side, rows)) == values(joined())


def test_texts_of_a_file_are_read_as_times() -> None:
    SIDE.assign(seen=SIDE["seen"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_csv("side.csv", index=False)
    rows = ROWS.assign(at=ROWS["at"].dt.tz_localize("UTC"))
    assert values(joined("side.csv", rows)) == values(joined())


def test_rows_that_say_the_same_twice_are_one_and_contradictions_are_refused() -> None:
    assert values(joined(pd.concat([SIDE, SIDE]))) == values(joined())
    contradicting = pd.concat([SIDE, SIDE.assign(v=99)])
    with pytest.raises(
        DataError, match="3 rows of the table have the same key, event time and known time as another row"
    ):
        joined(contradicting)
    assert values(joined(contradicting, duplicates="last")) == [99, 99, -1, -1, -1]


@pytest.mark.parametrize("rows", [[0], [2], [0, 4]])
def test_one_row_alone_equals_that_row_of_the_batch(rows: list[int]) -> None:
    pd.testing.assert_frame_equal(joined(rows=ROWS.iloc[rows]), joined().iloc[rows])


def test_a_table_of_one_series_needs_no_key() -> None:
    assert values(joined(SIDE.drop(columns="who"), by=[])) == [11, 20, 11, -1, 11]


def test_an_empty_table_gives_nulls() -> None:
    assert joined(SIDE.head(0))["v"].isna().all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not say when the rows of its table were known"):
        AsOfJoin(SIDE, "who", "seen")
    with pytest.raises(ConfigurationError, match="twice"):
        AsOfJoin(SIDE, "who", "seen", known_at="seen", known_after="1h")
    with pytest.raises(ConfigurationError, match="negative tolerance"):
        AsOfJoin(SIDE, "who", "seen", known_after="1h", tolerance="-1h")
    with pytest.raises(ConfigurationError, match="tolerance: '5' has no unit"):
        joined(tolerance="5")
    with pytest.raises(ConfigurationError, match="'soon' is not a duration"):
        AsOfJoin(SIDE, "who", "seen", known_after="soon")
    with pytest.raises(ConfigurationError, match="does not know the decision moment of the rows"):
        joined(at=None)
    with pytest.raises(DataError, match="column 'seen' holds 'later' in row 0"):
        joined(SIDE.assign(seen="later"))


def test_what_it_reads_and_carries() -> None:
    step = AsOfJoin(SIDE.assign(other=1), "who", "seen", columns=["v"], known_after="1h", at="1h before at")
    assert step.columns_read(["who", "at", "x"]) == ("who", "at")
    assert list(step.side_state().columns) == ["who", "seen", "v"]
    assert step.at_serving == "input"
    assert step.with_table(step.side_state()).apply(ROWS).equals(step.apply(ROWS))
