"""Temporal leaks: what comes later reaches what is judged, or learned, earlier."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import Before, Columns, assigning, ending
from mlsys import Derive, PredefinedSplit, RandomSplit, TimeSplit

KIND = "temporal"
LATER = "its value at a row moves when later rows do"
PEAK = {"target": "peak", "time": "time", "exclude": ["station", "demand"]}
DROP = ("station", "demand")


def _on_hours(leaky: Columns | None, before: list[object]) -> Trial:
    """Return a trial on hours, with columns by functions or by steps that look back."""
    first = before if leaky is None else [Derive(dict(leaky))]
    prepare = (lambda f: f) if leaky is None else assigning(leaky)
    steps = [*first, TimeSplit(validation=0.2, test=0.2), *ending()]
    return Trial(lambda: steps, tables.hours(), PEAK, by_hand=ByHand(prepare, "time", DROP))


@case(KIND, "random split", Expected((2,), "rows judged lie before rows learned from", ("RandomSplit",), ("time",)))
def random_split_of_hours(leaky: bool) -> Trial:
    """Hours are dealt at random although they follow in time and drift."""
    split = RandomSplit() if leaky else TimeSplit(validation=0.2, test=0.2)
    by_hand = ByHand(split="random" if leaky else "time", drop=DROP)
    return Trial(lambda: [split, *ending()], tables.hours(), PEAK, by_hand=by_hand)


@case(KIND, "look-ahead: shift(-1)", Expected((2, 3), LATER, ("Derive",), ("temperature_next",)))
def next_hours_temperature(leaky: bool) -> Trial:
    """A function takes the temperature of the next hour."""
    columns = {"temperature_next": lambda f: f["temperature"].shift(-1)}
    return _on_hours(columns if leaky else None, [Before("station", column="temperature")])


@case(KIND, "look-ahead: centred window", Expected((2, 3), LATER, ("Derive",), ("wind_smooth",)))
def centred_window(leaky: bool) -> Trial:
    """A function smooths over three hours before and after."""
    columns = {"wind_smooth": lambda f: f["wind"].rolling(7, center=True, min_periods=1).mean()}
    return _on_hours(columns if leaky else None, [Before("station", column="wind")])


@case(KIND, "look-ahead: backward fill", Expected((2, 3), LATER, ("Derive",), ("humidity_filled",)))
def backward_fill(leaky: bool) -> Trial:
    """A function fills gaps with the next value."""
    columns = {"humidity_filled": lambda f: f["humidity"].bfill()}
    filled = {"humidity_filled": lambda f: f["humidity"].fillna(70.0)}
    return _on_hours(columns if leaky else filled, [])


@case(
    KIND, "parts in a column",
    Expected((1,), "all training rows are later than the rows that judge them", ("PredefinedSplit",)),
)  # fmt: skip
def trained_on_the_future(leaky: bool) -> Trial:
    """The parts are named the wrong way round: the newest hours train."""
    rows = tables.hours()
    names = ["test", "validation", "train"] if leaky else ["train", "validation", "test"]
    cuts = [0.2, 0.4] if leaky else [0.6, 0.8]
    place = np.searchsorted(cuts, np.arange(len(rows)) / len(rows), side="right")
    rows["part"] = pd.Series(np.array(names)[place], dtype="str")
    return Trial(lambda: [PredefinedSplit("part"), *ending()], rows, PEAK, by_hand=ByHand(split="part", drop=DROP))


@case(
    KIND, "captured table of later values",
    Expected((2,), "the function holds the source's own rows, held-out ones included",
             ("Derive",), ("demand", "time")),
)  # fmt: skip
def captured_next_demand(leaky: bool) -> Trial:
    """A function looks up the demand of the next hour in a captured series of all rows."""
    demand = tables.hours().set_index("time")["demand"]

    def next_demand(frame: pd.DataFrame) -> pd.Series:
        return pd.Series(demand.reindex(frame["time"] + pd.Timedelta("1h")).to_numpy(), index=frame.index)

    return _on_hours({"demand_next": next_demand} if leaky else None, [Before("station", column="demand")])


CASES: tuple[Case, ...] = (
    random_split_of_hours,
    next_hours_temperature,
    centred_window,
    backward_fill,
    trained_on_the_future,
    captured_next_demand,
)
