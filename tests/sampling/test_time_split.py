"""Splits by time: dates, durations, shares, embargo, labels known in time."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling import TimeSplit

ZONE = "America/New_York"


def days(rows: int = 100, zone: str | None = None, **more) -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=rows, freq="D", tz=zone)
    return pd.DataFrame({"id": range(rows), "time": times, **more})


def ends(frame: pd.DataFrame, parts: pd.Series) -> dict[str, tuple[int, int]]:
    return {str(name): (ids.min(), ids.max()) for name, ids in frame["id"].groupby(parts)}


@pytest.mark.parametrize(
    ("validation", "test"),
    [("2024-03-01", "2024-03-21"), (pd.Timestamp("2024-03-01"), 0.2), ("20D", "19D"), (0.2, 0.2), (0.2, "19D")],
)
def test_dates_durations_and_shares_name_the_same_boundaries(validation, test):
    frame = days()
    parts = TimeSplit(validation, test).assign(frame)
    assert ends(frame, parts) == {"train": (0, 59), "validation": (60, 79), "test": (80, 99)}


def test_the_order_of_rows_does_not_matter():
    frame = days().sample(frac=1, random_state=0)
    split = TimeSplit(embargo="3D")
    assert split.assign(frame).sort_index().equals(split.assign(frame.sort_index()))


def test_a_bare_date_is_read_in_the_zone_of_the_time_column_and_said():
    frame = pd.DataFrame({"id": range(4), "time": pd.date_range("2024-02-29 23:00", periods=4, freq="h", tz=ZONE)})
    split = TimeSplit("2024-03-01", None)
    assert split.assign(frame).tolist() == ["train", "validation", "validation", "validation"]
    assert split.explain(frame)[0] == (
        f"validation starts at 2024-03-01 (date read in {ZONE}, the zone of the time column)"
    )


def test_a_zoned_date_is_converted_and_refused_for_times_without_zone():
    frame = days(zone=ZONE)
    parts = TimeSplit("2024-03-01T05:00:00Z", None).assign(frame)
    assert ends(frame, parts)["validation"] == (60, 99)
    with pytest.raises(DataError, match="has a time zone, but"):
        TimeSplit("2024-03-01T05:00:00Z", None).assign(days())


def test_the_embargo_takes_rows_that_are_learned_from():
    frame = days()
    parts = TimeSplit("2024-03-01", "2024-03-21", embargo="2D").assign(frame)
    assert ends(frame, parts) == {"train": (0, 57), "validation": (60, 79), "test": (80, 99)}
    named = TimeSplit(parts={"calibration": "2024-02-20", "validation": "2024-03-01", "test": "2024-03-21"},
                      embargo="2D").assign(frame)  # fmt: skip
    assert ends(frame, named) == {
        "train": (0, 47), "calibration": (50, 57), "validation": (60, 79), "test": (80, 99),
    }  # fmt: skip


def test_a_row_is_learned_from_only_if_its_label_was_known_before_the_next_part_starts():
    known = pd.date_range("2024-01-01", periods=100, freq="D") + pd.Timedelta("10D")
    frame = days(known_at=known, target=1).assign(known_at=lambda f: f["known_at"].mask(f["id"] == 5))
    split = TimeSplit("2024-03-01", "2024-03-21")
    parts = split.assign(frame)
    assert parts.isna()[lambda gone: gone].index.tolist() == [5, *range(50, 60)]
    assert split.explain(frame)[1:] == (
        "11 earlier rows whose label was not known at 2024-03-01, when validation starts",
    )
    three = TimeSplit(parts={"calibration": "2024-02-10", "validation": "2024-03-01"})
    assert three.assign(frame).isna()[lambda gone: gone].index.tolist() == [5, *range(30, 40), *range(50, 60)]
    assert "10 earlier rows whose label was not known at 2024-03-01, when validation starts" in three.explain(frame)


def test_validation_rows_whose_labels_take_long_are_judged_like_those_that_are_known_quickly():
    slow = pd.Series([0, 1] * 50)
    known = pd.date_range("2024-01-01", periods=100, freq="D") + pd.to_timedelta(30 * slow, unit="D")
    frame = days(known_at=known, target=slow)
    parts = TimeSplit("2024-03-01", "2024-03-21", embargo="30D").assign(frame)
    assert slow[(parts == "validation").to_numpy()].mean() == 0.5
    assert slow[(parts == "train").to_numpy()].mean() == 0.5


def test_shares_and_durations_count_from_the_last_known_label():
    frame = days(target=[1.0] * 80 + [None] * 20)
    parts = TimeSplit(0.25, 0.25).assign(frame)[:80]
    assert parts.value_counts().to_dict() == {"train": 40, "validation": 20, "test": 20}


def test_rows_without_a_time_are_in_no_part():
    frame = days().assign(time=lambda f: f["time"].mask(f["id"] == 7))
    assert TimeSplit().assign(frame).isna().sum() == 1


def test_folds_are_expanding_windows_over_time_with_the_embargo():
    frame = days()
    folds = TimeSplit(embargo="1D").folds(frame, 4)
    assert [ends(frame, fold) for fold in folds] == [
        {"train": (0, start - 2), "validation": (start, start + 19)} for start in (20, 40, 60, 80)
    ]


def test_folds_hold_labels_to_their_own_start():
    frame = days(known_at=pd.date_range("2024-01-01", periods=100) + pd.Timedelta("30D"), target=1)
    folds = TimeSplit().folds(frame, 4)
    assert [ends(frame, fold)["train"] for fold in folds] == [(0, 9), (0, 29), (0, 49)]


@pytest.mark.parametrize(
    ("split", "frame", "said"),
    [
        (TimeSplit(), days().drop(columns="time"), "time role"),
        (TimeSplit(), days().assign(time=range(100)), "not timestamps"),
        (TimeSplit("2023-01-01", None), days(), "run from 2024-01-01 00:00:00 to 2024-04-09 00:00:00"),
        (TimeSplit("2024-03-01", "2025-01-01"), days(), "test would start at 2025-01-01"),
        (TimeSplit("2024-03-21", "2024-03-01"), days(), "not before the next part"),
        (TimeSplit("2024-03-01", None, embargo="80D"), days(), "no labelled rows for train"),
        (TimeSplit(), days(target=None), "has both a time and a label"),
        (TimeSplit(), days(known_at=pd.Timestamp("2024-01-01", tz="UTC")), "cannot be compared"),
        (TimeSplit(), days(3).assign(time=pd.Timestamp("2024-01-01")), "leaves no rows on one side"),
    ],
)
def test_what_cannot_be_split_is_refused_with_the_range_of_the_data(split, frame, said):
    with pytest.raises(DataError, match=said):
        split.assign(frame)


@pytest.mark.parametrize("wrong", ["soon", 1.5, 0, True, "-3D", object()])
def test_what_is_no_boundary_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ConfigurationError, match="2013-09-01"):
        TimeSplit(wrong)


def test_a_year_is_a_date_and_not_nanoseconds():
    frame = pd.DataFrame({"id": range(3), "time": pd.to_datetime(["2022-01-01", "2023-05-01", "2024-01-01"])})
    assert TimeSplit("2023", "2024").assign(frame).tolist() == ["train", "validation", "test"]


def test_at_least_one_part_must_follow_and_the_embargo_is_a_duration():
    with pytest.raises(ConfigurationError, match="neither"):
        TimeSplit(None, None)
    with pytest.raises(ConfigurationError, match="embargo"):
        TimeSplit(embargo="a while")


def test_parts_have_names_and_follow_each_other_in_the_order_written():
    split = TimeSplit(parts={"validation": "20D", "calibration": "10D", "test": 0.1})
    frame = days()
    assert ends(frame, split.assign(frame)) == {
        "train": (0, 59),
        "validation": (60, 79),
        "calibration": (80, 89),
        "test": (90, 99),
    }
    other = TimeSplit(parts={"calibration": "10D", "validation": "20D", "test": 0.1})
    assert split != other and split == split.with_()


def test_parts_and_validation_are_not_both_given_and_train_is_what_comes_before():
    with pytest.raises(ConfigurationError, match="got parts= and also"):
        TimeSplit(0.1, parts={"test": 0.2})
    with pytest.raises(ConfigurationError, match="names 'train'"):
        TimeSplit(parts={"train": 0.5, "test": 0.2})


def test_a_group_goes_to_one_of_the_windows_it_spans_and_its_other_rows_are_left_out():
    frame = days(300, group=[f"g{each % 60}" for each in range(300)])
    split = TimeSplit(0.2, 0.2, keep_groups_together=True)
    parts, plain = split.assign(frame), TimeSplit(0.2, 0.2).assign(frame)
    assert (parts.groupby(frame["group"]).nunique() == 1).all()
    assert (parts.dropna() == plain[parts.notna()]).all()
    dealt = parts.dropna().groupby(frame["group"]).first().value_counts()
    assert dealt.sum() == 60 and 24 <= dealt["train"] <= 48  # 36 expected, 3.8 standard deviation
    left = int(parts.isna().sum())
    assert f"{left} rows of 60 groups in several parts" in split.explain(frame)[-1]
    shuffled = frame.sample(frac=1, random_state=0)
    assert split.assign(shuffled).sort_index().equals(parts)


def test_a_group_that_spans_two_windows_is_never_dealt_to_a_third():
    frame = days(100, group=["early"] * 50 + ["both"] * 20 + ["late"] * 30)
    parts = TimeSplit(0.4, 0.2, keep_groups_together=True).assign(frame)
    by_group = parts.dropna().groupby(frame["group"]).first()
    assert by_group["early"] in ("train", "validation") and by_group["late"] in ("validation", "test")


@pytest.mark.parametrize(
    ("date", "start", "said"),
    [
        ("2024-10-27 02:30", "2024-10-27T02:30+02:00", "that hour occurs twice, so the first is used"),
        ("2024-03-31 02:30", "2024-03-31T03:00+02:00", "clocks skip that hour, so the next valid moment is used"),
    ],
)
def test_an_hour_that_clocks_show_twice_or_skip_is_read_and_said(date, start, said):
    times = pd.date_range("2024-01-01", "2025-01-01", freq="30min", tz="Europe/Berlin")
    frame = pd.DataFrame({"id": range(len(times)), "time": times})
    split = TimeSplit(date, None)
    first = frame["time"][split.assign(frame) == "validation"].min()
    assert first == pd.Timestamp(start)
    assert said in split.explain(frame)[0]
    assert "occurs twice" in split.notes()[0]


@pytest.mark.parametrize("form", ["object", "date32[day][pyarrow]", "timestamp[us][pyarrow]", "datetime64[s]"])
def test_dates_are_times_whatever_holds_them(form):
    frame = days()
    dates = frame.assign(time=frame["time"].dt.date if form == "object" else frame["time"].astype(form))
    dates.loc[3, "time"] = None
    split = TimeSplit("2024-03-01", "20D", embargo="1D")
    expected = split.assign(frame.assign(time=frame["time"].mask(frame["id"] == 3)))
    assert split.assign(dates).equals(expected)
    assert split.explain(dates)[-1] == "1 rows without a time"
    assert (
        TimeSplit("2024-03-01", datetime.date(2024, 3, 21))
        .assign(frame)
        .equals(TimeSplit("2024-03-01", "2024-03-21").assign(frame))
    )


def test_rows_before_a_date_stay_where_they_are_when_later_ones_come():
    split = TimeSplit("2024-02-01", "2024-02-20", embargo="2D")
    old, new = split.assign(days(70)), split.assign(days(100).sample(frac=1, random_state=0))
    assert new.loc[old.index].equals(old)
