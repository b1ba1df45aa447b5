"""What a monitor is given: rows, names, times and windows that fit, or an error that says which do not."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlsys import DetectDrift, Monitor
from mlsys.errors import ConfigurationError, DataError, MlsysError

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {
        "x": RNG.normal(size=1_000),
        "y": 1,
        "p": RNG.random(1_000),
        "t": pd.date_range("2023-01-01", periods=1_000, freq="D"),
    }
)
DAYS = ROWS["t"]


def two_of(name: str) -> pd.DataFrame:
    return pd.concat([ROWS, ROWS[[name]]], axis=1)


WRONG: dict[str, tuple[type[MlsysError], str, Callable[[], Any]]] = {
    "no frame": (DataError, "got list, not a DataFrame", lambda: Monitor.fit([1, 2])),  # type: ignore[arg-type]
    "one column": (DataError, "got Series, not a DataFrame", lambda: Monitor.fit(ROWS["x"])),  # type: ignore[arg-type]
    "no rows": (DataError, "got 0 rows", lambda: Monitor.fit(ROWS.head(0))),
    "no columns": (DataError, "1000 rows and 0 columns", lambda: Monitor.fit(ROWS[[]])),
    "two of a name": (DataError, "two columns named 'x'", lambda: Monitor.fit(two_of("x"))),
    "names that are numbers": (DataError, "0 is int", lambda: Monitor.fit(pd.DataFrame(np.ones((5, 2))))),
    "names in two levels": (DataError, "names must be strings", lambda: Monitor.fit(pd.concat({"a": ROWS}, axis=1))),
    "target= of no column": (DataError, "target= names 'label'", lambda: Monitor.fit(ROWS, target="label")),
    "time= of no column": (DataError, "time= names 'when'", lambda: Monitor.fit(ROWS, time="when")),
    "prediction= of no column": (DataError, "prediction= names 'q'", lambda: Monitor.fit(ROWS, prediction="q")),
    "columns= of no column": (DataError, "columns= names 'z'", lambda: Monitor.fit(ROWS, columns=["x", "z"])),
    "columns= of nothing": (ConfigurationError, r"columns=\[\] names no", lambda: Monitor.fit(ROWS, columns=[])),
    "columns= as a text": (ConfigurationError, r"write columns=\['x'\]", lambda: Monitor.fit(ROWS, columns="x")),
    "columns= of a list": (ConfigurationError, "holds 3", lambda: Monitor.fit(ROWS, columns=["x", 3])),
    "target= of a list": (DataError, "target= names", lambda: Monitor.fit(ROWS, target=["y"])),  # type: ignore[arg-type]
    "columns= twice": (ConfigurationError, "names 'x' twice", lambda: Monitor.fit(ROWS, columns=["x", "x"])),
    "columns= with the target": (
        ConfigurationError, "asks for 'y', which target= excludes",
        lambda: Monitor.fit(ROWS, columns=["x", "y"], target="y"),
    ),
    "one column for two roles": (
        ConfigurationError, "name one column twice", lambda: Monitor.fit(ROWS, target="y", prediction="y"),
    ),
    "nothing left to watch": (
        DataError, "no column to monitor", lambda: Monitor.fit(ROWS[["y", "t"]], target="y", time="t"),
    ),
    "an effect below zero": (ConfigurationError, "least_effect=-1", lambda: Monitor.fit(ROWS, least_effect=-1)),
    "an effect that is no number": (
        ConfigurationError, "least_effect=nan", lambda: Monitor.fit(ROWS, least_effect=float("nan")),
    ),
    "a window without times": (ConfigurationError, "needs times", lambda: Monitor.fit(ROWS, window="7D")),
    "a time of numbers": (DataError, "'x' must hold times but holds numbers", lambda: Monitor.fit(ROWS, time="x")),
    "a time of words": (
        DataError, "'soon' in row 999", lambda: Monitor.fit(ROWS.assign(t=[*DAYS.astype(str)[:-1], "soon"]), time="t"),
    ),
    "a time of days first": (
        DataError, "'01.01.2023' in row 0", lambda: Monitor.fit(ROWS.assign(t=DAYS.dt.strftime("%d.%m.%Y")), time="t"),
    ),
    "a time of years": (
        DataError, "'2023' in row 0", lambda: Monitor.fit(ROWS.assign(t=DAYS.dt.strftime("%Y")), time="t"),
    ),
    "times with and without a zone": (
        DataError, "'2025-09-26T00:00:00Z' in row 999 is unlike",
        lambda: Monitor.fit(ROWS.assign(t=[*DAYS.astype(str)[:-1], "2025-09-26T00:00:00Z"]), time="t"),
    ),
    "timestamps with and without a zone": (
        DataError, "in row 1 is unlike",
        lambda: Monitor.fit(ROWS.assign(t=[DAYS[0], *DAYS[1:].dt.tz_localize("UTC")]), time="t"),
    ),
    "another zone than none": (
        DataError, "'t' holds times with a zone in these rows and without one in the reference",
        lambda: Monitor.fit(ROWS, time="t").check(ROWS.assign(t=DAYS.dt.tz_localize("Asia/Tokyo"))),
    ),
    "no zone where there was one": (
        DataError, "with a zone in the reference and without one in these rows",
        lambda: Monitor.fit(ROWS.assign(t=DAYS.dt.tz_localize("Asia/Tokyo")), time="t").check(ROWS),
    ),
    "a check of no frame": (DataError, "got dict", lambda: Monitor.fit(ROWS).check({"x": [1]})),  # type: ignore[arg-type]
    "a check of no rows": (DataError, "got 0 rows", lambda: Monitor.fit(ROWS).check(ROWS.head(0))),
    "a check of two of a name": (DataError, "two columns named 'x'", lambda: Monitor.fit(ROWS).check(two_of("x"))),
    "a check without a column": (DataError, "lack 'x'", lambda: Monitor.fit(ROWS).check(ROWS.drop(columns="x"))),
    "a check without the time": (
        DataError, "lack 't'", lambda: Monitor.fit(ROWS, time="t").check(ROWS.drop(columns="t")),
    ),
    "a check of words for times": (
        DataError, "'soon' in row 0", lambda: Monitor.fit(ROWS, time="t").check(ROWS.assign(t="soon")),
    ),
    "drift of nothing": (ConfigurationError, r"columns=\[\] names no column", lambda: DetectDrift([])),
    "drift of one twice": (ConfigurationError, "names 'x' twice", lambda: DetectDrift(["x", "x"])),
    "drift by less than nothing": (ConfigurationError, "least_effect=-0.1", lambda: DetectDrift(least_effect=-0.1)),
    "drift of two of a name": (
        MlsysError, "two columns named 'x'", lambda: DetectDrift(["x"]).of(train=two_of("x"), validation=ROWS),
    ),
    "drift of no rows": (MlsysError, "0 rows", lambda: DetectDrift(["x"]).of(train=ROWS, validation=ROWS.head(0))),
    "drift of a column that is not there": (
        DataError, "'z'", lambda: DetectDrift(["z"]).of(train=ROWS, validation=ROWS),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused_with_its_name(case: str) -> None:
    kind, said, ask = WRONG[case]
    with pytest.raises(kind, match=said) as caught:
        ask()
    assert caught.value.remedy


@pytest.mark.parametrize(
    "window", ["weekly", "1M", "1Y", "0D", "-7D", "7", "", "NaT", 7, 7.0, "1ms", "7D 3", ("7D",), pd.NaT, "2024-01-01"]
)
def test_a_window_is_a_stretch_of_fixed_length(window: Any) -> None:
    with pytest.raises(ConfigurationError, match="window=") as caught:
        Monitor.fit(ROWS, time="t", window=window)
    assert '"7D"' in caught.value.remedy


def test_windows_are_not_so_short_that_nobody_can_count_in_them() -> None:
    with pytest.raises(ConfigurationError, match="window='1min' cuts the reference's .* more than 10,000 windows"):
        Monitor.fit(ROWS, time="t", window="1min")
    whole = Monitor.fit(ROWS, time="t", window="7D").check(ROWS.tail(50))
    for window in (pd.Timedelta("7D"), datetime.timedelta(days=7), "168h"):
        check = Monitor.fit(ROWS, time="t", window=window).check(ROWS.tail(50))  # type: ignore[arg-type]
        pd.testing.assert_frame_equal(check.table, whole.table)


def test_drift_of_rows_of_one_moment_against_years_of_seconds_is_counted() -> None:
    later = ROWS.assign(t=DAYS.max() + pd.Timedelta("1D"))
    assert DetectDrift(["x"]).of(train=ROWS, validation=later, time="t").verdict == "no alarm"


TIMES: dict[str, Callable[[pd.Series], pd.Series]] = {
    "nanoseconds": lambda times: times.astype("datetime64[ns]"),
    "seconds": lambda times: times.astype("datetime64[s]"),
    "Arrow": lambda times: times.astype(pd.ArrowDtype(pa.timestamp("ms"))),
    "Arrow's dates": lambda times: times.astype(pd.ArrowDtype(pa.date32())),
    "dates": lambda times: times.dt.date,
    "objects": lambda times: times.astype(object),
    "ISO texts of days": lambda times: times.dt.strftime("%Y-%m-%d"),
    "ISO texts": lambda times: times.dt.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    "texts in Arrow": lambda times: times.astype(str).astype(pd.ArrowDtype(pa.string())),
    "categories": lambda times: times.astype("category"),
    "categories of texts": lambda times: times.astype(str).astype("category"),
    "texts and nulls": lambda times: times.astype(str).where(times.index % 50 > 0, None),
    "dates and timestamps": lambda times: times.astype(object).where(times.index % 2 == 0, times.dt.date),
}


@pytest.mark.parametrize("kind", TIMES)
def test_times_are_taken_in_every_type_that_says_them_exactly(kind: str) -> None:
    nulls = DAYS.mask(DAYS.index % 50 == 0) if kind == "texts and nulls" else DAYS
    plain, other = ROWS.assign(t=nulls), ROWS.assign(t=TIMES[kind](DAYS))
    reference, moved = plain.index < 800, {"x": ROWS["x"] + 1}
    expected = Monitor.fit(plain[reference], time="t", window="30D").check(plain[~reference].assign(**moved))
    for one, two in ((plain, other), (other, plain), (other, other)):
        check = Monitor.fit(one[reference], time="t", window="30D").check(two[~reference].assign(**moved))
        pd.testing.assert_frame_equal(check.table, expected.table)
        assert check.summary == expected.summary
    parts = {"train": other[reference], "validation": other[~reference].assign(**moved)}
    assert DetectDrift(["x"]).of(**parts, time="t").verdict == "alarm: x"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_same_instants_in_any_zone_lie_in_the_same_windows(zone: str) -> None:
    zoned = DAYS.dt.tz_localize("UTC")
    monitor = Monitor.fit(ROWS.assign(t=zoned).head(800), time="t", window="30D")
    expected = monitor.check(ROWS.assign(t=zoned).tail(200)).table
    elsewhere = zoned.dt.tz_convert(zone)
    mixed = pd.Series([each.tz_convert(["UTC", zone][place % 2]) for place, each in enumerate(zoned)], dtype=object)
    for times in (elsewhere, elsewhere.astype(object), elsewhere.astype(str), mixed, mixed.astype(str)):
        pd.testing.assert_frame_equal(monitor.check(ROWS.assign(t=times).tail(200)).table, expected)


@pytest.mark.parametrize("made", [list, tuple, pd.Index, np.array, iter])
def test_columns_are_named_by_anything_that_holds_names(made: Callable[[list[str]], Any]) -> None:
    assert Monitor.fit(ROWS, columns=made(["x", "p"]), least_effect=np.float32(0.1)).columns == ("x", "p")  # type: ignore[arg-type]


def test_the_prediction_is_watched_also_where_columns_leave_it_out() -> None:
    monitor = Monitor.fit(ROWS, columns=["x"], prediction="p")
    assert monitor.columns == ("x", "p")
    assert monitor.check(ROWS.assign(p=0.0, x=9.0)).verdict == "alarm: p, x"


def test_ids_of_rows_do_not_matter_and_other_columns_may_come_along() -> None:
    days = pd.concat([ROWS.head(500), ROWS.head(500)])  # as files of two days are put together
    assert Monitor.fit(days, time="t").check(days.assign(more=1)).verdict == "no alarm"


def test_a_reference_without_a_known_time_is_compared_without_a_season() -> None:
    check = Monitor.fit(ROWS.assign(t=pd.NaT), time="t").check(ROWS)
    assert check.verdict == "no alarm" and "year" not in check.summary
    unknown = Monitor.fit(ROWS, time="t").check(ROWS.assign(t=None, x=9.0))
    assert unknown.verdict == "alarm: x"
