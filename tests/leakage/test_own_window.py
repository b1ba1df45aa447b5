"""Windows over targets that hold the row's own target, or later ones, in columns of the data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.own_window import window_findings

Window = Callable[[pd.Series], pd.Series]


def readings(rng: np.random.Generator, machines: int = 40, each: int = 40, measured: bool = False) -> pd.DataFrame:
    """A reading a day of machines, in order of time; the target is an alarm, or a load."""
    day = np.repeat(pd.date_range("2024-01-01", periods=each), machines)
    frame = pd.DataFrame({"machine": np.tile([f"m{one:02d}" for one in range(machines)], each), "day": day})
    load = rng.normal(50, 9, len(frame)).round(1)
    return frame.assign(heat=rng.normal(size=len(frame)), y=load if measured else (load > 58).astype(int))


def found(frame: pd.DataFrame, time: str | None = "day") -> list[str]:
    """Return what is said of the column ``w``, with the last third of the rows held out."""
    cut = len(frame) * 2 // 3
    parts = AllParts.of(frame[:cut], frame[cut:], "y", ["heat", "w"], ["machine"])
    findings = window_findings(parts, time)
    assert all(each.columns == ("w",) and each.severity == "error" for each in findings)
    return [each.message for each in findings]


INSIDE: dict[str, Window] = {
    "running sum": lambda y: y.cumsum(),
    "mean so far": lambda y: y.expanding().mean(),
    "mean of three": lambda y: y.rolling(3, min_periods=1).mean(),
    "exponential mean": lambda y: y.ewm(alpha=0.4).mean(),
    "change": lambda y: y.diff().fillna(0),
}


@pytest.mark.parametrize("window", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("measured", [False, True])
def test_a_window_with_its_own_row_is_an_error_and_one_that_ends_before_it_is_none(
    rng: np.random.Generator, window: Window, measured: bool
) -> None:
    frame = readings(rng, measured=measured)
    by = frame.groupby("machine")["y"]
    (message,) = found(frame.assign(w=by.transform(window)))
    assert "'w' is computed within each 'machine'" in message and "own target" in message and "shift(1)" in message
    assert found(frame.assign(w=by.transform(lambda y: window(y.shift(fill_value=0))))) == []


@pytest.mark.parametrize("window", [lambda y: y.shift(-1), lambda y: y.rolling(3, center=True, min_periods=1).mean()])
def test_targets_of_later_rows_are_named(rng: np.random.Generator, window: Window) -> None:
    frame = readings(rng, machines=1, each=900, measured=True)
    (message,) = found(frame.assign(w=window(frame["y"]).fillna(50)))
    assert "targets of later rows" in message and "in the order of rows" in message


def test_without_times_the_newest_row_may_be_the_first(rng: np.random.Generator) -> None:
    frame = readings(rng, machines=1, each=900, measured=True).drop(columns="day")
    assert found(frame.assign(w=frame["y"].shift(-1, fill_value=50)), time=None) == []  # of a file in reverse, a lag
    assert len(found(frame.assign(w=frame["y"].rolling(3, min_periods=1).mean()), time=None)) == 1


def test_rows_out_of_order_are_put_in_order_by_time(rng: np.random.Generator) -> None:
    frame = readings(rng)
    frame = frame.assign(w=frame.groupby("machine")["y"].cumsum())
    assert len(found(frame.sample(frac=1, random_state=1))) == 1


def test_columns_that_are_no_windows_are_not_accused(rng: np.random.Generator) -> None:
    frame = readings(rng, measured=True)
    place = frame.groupby("machine").cumcount()
    for honest in (place, np.sin(place), frame["y"] * 2 + rng.normal(size=len(frame)), frame["heat"].cumsum()):
        assert found(frame.assign(w=honest)) == []


def test_a_panel_that_repeats_itself_is_no_window(rng: np.random.Generator) -> None:
    counties = pd.DataFrame({"w": rng.normal(size=90).round(3), "heat": 0.0, "y": rng.integers(0, 2, 90)})
    years = [counties.assign(machine=f"y{year}", day=pd.Timestamp(2000 + year, 1, 1)) for year in range(7)]
    assert found(pd.concat(years, ignore_index=True)) == []


def test_the_rest_of_a_sum_is_no_window_within_the_other_part(rng: np.random.Generator) -> None:
    casual, registered = rng.integers(0, 20, 1_200), rng.integers(0, 90, 1_200)
    rides = pd.DataFrame({"machine": casual, "w": registered, "heat": 0.0, "y": casual + registered + 0.0})
    assert found(rides, time=None) == []


@pytest.mark.parametrize("rows", [0, 1, 40])
def test_few_rows_are_not_assessed(rng: np.random.Generator, rows: int) -> None:
    frame = readings(rng).assign(w=lambda each: each["y"].cumsum()).head(rows)
    assert found(frame) == []


def test_missing_values_and_targets_do_not_hide_a_window(rng: np.random.Generator) -> None:
    frame = readings(rng, machines=6, each=400)
    frame = frame.assign(w=frame.groupby("machine")["y"].cumsum())
    frame.loc[rng.choice(len(frame), 20, replace=False), "y"] = np.nan
    assert len(found(frame)) == 1
