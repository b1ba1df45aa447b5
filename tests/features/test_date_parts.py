"""DateParts turns moments into days and parts of calendar and clock."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.errors import ConfigurationError, DataError
from mlsys.features import DateParts

MOMENTS = st.lists(st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)), min_size=2, unique=True)


@given(MOMENTS, st.sampled_from(["s", "ms", "us", "ns"]))
def test_parts_are_those_of_the_calendar(moments: list[datetime.datetime], unit: str) -> None:
    frame = pd.DataFrame({"t": pd.Series(moments).dt.as_unit(unit)})
    out = DateParts(["t"]).fit(frame).transform(frame)
    for part, attribute in {"year": "year", "month": "month", "day": "day", "weekday": "day_of_week"}.items():
        values = getattr(frame["t"].dt, attribute)
        assert (f"t_{part}" in out) == (values.nunique() > 1)
        if f"t_{part}" in out:
            assert out[f"t_{part}"].tolist() == values.tolist()
    hours = (frame["t"].dt.hour * 60 + frame["t"].dt.minute) / 60
    assert out["t_hour"].tolist() == hours.tolist() if "t_hour" in out else hours.nunique() == 1
    if frame["t"].nunique() > 1:
        days = (frame["t"] - pd.Timestamp(0)) / pd.Timedelta("1D")
        np.testing.assert_allclose(out["t_days"], days, rtol=1e-12, atol=1e-9)


def test_only_parts_that_vary_in_training_rows_are_kept() -> None:
    train = pd.DataFrame({"t": pd.to_datetime(["2024-03-04", "2024-03-05"])})
    later = pd.DataFrame({"t": pd.to_datetime(["2031-08-11 17:00"])})
    assert DateParts().fit(train).transform(later).to_dict("list") == {
        "t_days": [22502 + 17 / 24],
        "t_day": [11.0],
        "t_weekday": [0.0],
    }


def test_a_column_that_says_nothing_is_dropped() -> None:
    train = pd.DataFrame({"t": pd.to_datetime(["2024-03-04"] * 2), "x": [1, 2]})
    assert DateParts().fit(train).transform(train).columns.tolist() == ["x"]


def test_age_is_counted_to_the_decision() -> None:
    frame = pd.DataFrame({"born": ["1990-01-01", "2000-01-01", None], "visit": ["2020-01-02"] * 3}).apply(
        pd.to_datetime
    )
    out = DateParts(["born"], parts=[], before="1D before visit").fit(frame, time="visit").transform(frame)
    assert out["born_age"].tolist()[:2] == [10957.0, 7305.0]
    assert np.isnan(out["born_age"].iloc[2])


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([datetime.date(2024, 1, 1), datetime.date(2024, 2, 1), None]),
        pd.Series(pd.PeriodIndex(["2024-01", "2024-02", None], freq="M")),
        pd.Series(pd.to_datetime(["2024-01-01T02:00+02:00", "2024-02-01T02:00+02:00", None])),
        pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01", None])).astype("category"),
        pd.Series(["2024-01-01", "2024-02-01", None], dtype="datetime64[s]").astype("timestamp[s][pyarrow]"),
        pd.Series(["2024-01-01", "2024-02-01", None], dtype="datetime64[s]").astype("date32[pyarrow]"),
    ],
    ids=["dates", "periods", "zones", "categories", "arrow", "arrow dates"],
)
def test_every_kind_of_moment(values: pd.Series) -> None:
    frame = pd.DataFrame({"t": values})
    out = DateParts(parts=["month"]).fit(frame).transform(frame)
    assert out.fillna(-1).to_dict("list") == {"t_days": [19723.0, 19754.0, -1.0], "t_month": [1.0, 2.0, -1.0]}


def test_linear_models_get_levels_and_circles() -> None:
    frame = pd.DataFrame({"t": pd.to_datetime(["2024-01-01 06:00", "2024-05-01 12:00", None])})
    out = DateParts(parts=["month", "hour"], age=False, cyclic=True).fit(frame).transform(frame)
    assert out["t_month_1"].tolist() == [1, 0, 0]
    assert out["t_month_5"].tolist() == [0, 1, 0]
    np.testing.assert_allclose(out["t_hour_sin1"], [1, 0, np.nan], atol=1e-12)
    np.testing.assert_allclose(out["t_hour_cos2"], [-1, 1, np.nan], atol=1e-12)


def test_what_is_no_moment_and_what_makes_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="takes times, dates and periods, but the column 'x' holds whole numbers"):
        DateParts(["x"]).fit(pd.DataFrame({"x": [1]}))
    with pytest.raises(ConfigurationError, match="neither parts nor age"):
        DateParts(parts=[], age=False)
