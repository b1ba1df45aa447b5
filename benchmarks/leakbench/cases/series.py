"""Time: windows that hold the row itself or what comes later, and tables of later rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.signal import savgol_filter
from sklearn.linear_model import Ridge

from leakbench import tables, worlds
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import Before, ending, plain
from mlsys import History, Impute, Join, NaturalLabel, RandomSplit, Reshape, Standardize, TimeSplit

KIND = "time"
LATER = "its value at a row moves when later rows do"
OWN = "the window holds the row's own label"
BY_TIME = TimeSplit(validation=0.2, test=0.2)
NUMBERS = [Impute(), Standardize(), Ridge()]
LOAD = {"target": "load", "time": "at", "id": "hour_id"}
MACHINE = {"target": "fails", "time": "day", "id": "reading", "exclude": ["machine", "alarm"]}
Series = Callable[[Any], Any]


class OfMachine(Reshape):
    """Name the label and add a column of the machine's rows, as one function of a notebook does."""

    made: str
    column: str
    how: Any

    def reshape(self, frame: pd.DataFrame) -> pd.DataFrame:
        rows = pd.DataFrame(frame).sort_values(["day", "machine"], ignore_index=True)
        return rows.assign(fails=rows["alarm"], **{self.made: self.how(rows.groupby("machine")[self.column])})


def _of_machine(made: str, how: Series, column: str = "alarm") -> Trial:
    step = OfMachine(made, column, how)
    return plain(worlds.machines(), before=[step], split=BY_TIME, end=ending(),
                 by_hand=ByHand(step.reshape, "time", ("reading", "machine", "alarm")), **MACHINE)  # fmt: skip


def _rolling(shift: int) -> Series:
    return lambda rows: rows.transform(lambda s: s.shift(shift).rolling(5, min_periods=1).mean()).fillna(0.0)


@case(KIND, "Reshape: rolling without shift", Expected((2, 3), OWN, ("OfMachine",), ("recent",)))
def rolling_without_shift(leaky: bool) -> Trial:
    """The share of alarms in the last five readings, this one among them; the twin shifts first."""
    return _of_machine("recent", _rolling(0 if leaky else 1))


def _so_far(rows: Any) -> Any:
    return rows.cumsum()


def _so_far_without(rows: Any) -> Any:
    return rows.cumsum() - rows.transform(lambda s: s)


@case(KIND, "Reshape: cumulative count", Expected((2, 3), OWN, ("OfMachine",), ("alarms",)))
def counted_with_the_row_itself(leaky: bool) -> Trial:
    """Alarms so far, this reading's among them; the twin takes the reading's own off."""
    return _of_machine("alarms", _so_far if leaky else _so_far_without)


def _until(rows: Any) -> Any:
    return rows.transform(lambda s: s[::-1].rolling(6, min_periods=1).max()[::-1]).astype("float64")


@case(KIND, "Reshape: window turned around", Expected((2, 3), LATER, ("OfMachine",), ("soon",)))
def alarm_within_the_next_readings(leaky: bool) -> Trial:
    """Whether an alarm comes within the next six readings; the twin looks at the six before."""
    before = lambda rows: rows.transform(lambda s: s.shift(1).rolling(6, min_periods=1).max()).fillna(0.0)  # noqa: E731
    return _of_machine("soon", _until if leaky else before)


def _decayed(rows: Any) -> Any:
    return rows.transform(lambda s: s.ewm(alpha=0.4).mean())


def _decayed_before(rows: Any) -> Any:
    return rows.transform(lambda s: s.shift(1).ewm(alpha=0.4).mean()).fillna(0.0)


@case(KIND, "Reshape: exponential mean", Expected((2, 3), OWN, ("OfMachine",), ("habit",)))
def exponential_mean_with_the_row_itself(leaky: bool) -> Trial:
    """An exponential mean of alarms that ends with this reading's; the twin's ends before."""
    return _of_machine("habit", _decayed if leaky else _decayed_before)


@case(KIND, "expanding mean in a function", Expected((1, 2, 3), "a function in the served path reads the target",
                                                     ("Derive",), ("load", "usual")))  # fmt: skip
def expanding_mean_of_the_target(leaky: bool) -> Trial:
    """A function takes the mean load so far of the same hour, this row's among them; the twin looks back by History."""
    if not leaky:
        return plain(worlds.demand(), before=[Before("hour", column="load")], split=BY_TIME, end=NUMBERS,
                     exclude=["n", "day"], by_hand=None, **LOAD)  # fmt: skip
    columns = {"usual": lambda f: f.groupby("hour")["load"].transform(lambda s: s.expanding().mean())}
    return plain(worlds.demand(), columns=columns, split=BY_TIME, end=NUMBERS, exclude=["n", "day"], **LOAD)


@case(KIND, "Join of a table by day", Expected((2,), "means of days that only judged rows have are their own targets",
                                               ("Join",), ("day_mean", "load", "day")))  # fmt: skip
def days_means_joined(leaky: bool) -> Trial:
    """Mean loads by day are joined, of the very day; the split is at midnight. The twin joins the day before's."""
    rows = worlds.demand()
    means = rows.groupby("day")["load"].mean().rename("day_mean").reset_index()
    if not leaky:
        means["day_mean"] = means["day_mean"].shift(1)
    split = TimeSplit(validation="2024-05-01", test="2024-05-12")
    by_hand = ByHand(lambda f: f.merge(means, on="day", how="left"), "time", ("hour_id",))
    return plain(rows, before=[Join(means, on="day")], split=split, end=NUMBERS, exclude=["n", "day"],
                 by_hand=by_hand, **LOAD)  # fmt: skip


@case(KIND, "interpolated gaps", Expected((2, 3), LATER, ("Derive",), ("filled",)))
def gaps_interpolated(leaky: bool) -> Trial:
    """Gaps of humidity are filled on the line to the next value; the twin fills a round figure."""
    between = {"filled": lambda f: f["humidity"].interpolate(limit_direction="both")}
    columns = between if leaky else {"filled": lambda f: f["humidity"].fillna(70.0)}
    return plain(tables.hours(), "peak", columns=columns, split=BY_TIME, time="time",
                 exclude=["station", "demand"])  # fmt: skip


@case(KIND, "Savitzky-Golay filter", Expected((2, 3), LATER, ("Derive",), ("smooth",)))
def filtered_both_ways(leaky: bool) -> Trial:
    """Real temperatures are smoothed by a filter that looks both ways; the twin takes the last before."""
    rows = worlds.temperatures()
    if leaky:
        columns = {"smooth": lambda f: savgol_filter(f["temperature"], 25, 2, mode="nearest")}
        return plain(rows, "warm", columns=columns, split=BY_TIME, time="at", id="reading",
                     exclude=["n", "temperature"])  # fmt: skip
    rows["place"] = pd.Series(["SF"] * len(rows), dtype="str")
    return plain(rows, "warm", before=[Before("place", column="temperature")], split=BY_TIME, time="at", id="reading",
                 exclude=["n", "temperature", "place"], by_hand=None)  # fmt: skip


@case(KIND, "Fourier transform of the whole series", Expected((2, 3), LATER, ("denoised",), ("clean_wind",)))
def denoised_by_fourier(leaky: bool) -> Trial:
    """High frequencies of the whole series are removed; the twin squares the wind."""

    def denoised(frame: pd.DataFrame) -> pd.DataFrame:
        waves = np.fft.rfft(frame["wind"].to_numpy())
        waves[len(waves) // 8 :] = 0
        return frame.assign(clean_wind=np.fft.irfft(waves, len(frame)) if leaky else frame["wind"] ** 2)

    return plain(worlds.demand(), before=[denoised], split=BY_TIME, end=NUMBERS, exclude=["n", "day"], **LOAD)


PURCHASE = {"time": "ordered", "id": "order", "exclude": ["customer"]}


def _on_purchases(columns: Any, leaky: bool) -> Trial:
    if leaky:
        return plain(tables.purchases(), "returned", columns=columns, split=BY_TIME, texts=["city", "channel"],
                     **PURCHASE)  # fmt: skip
    return plain(tables.purchases(), "returned", before=[Before("customer", column="amount")], split=BY_TIME,
                 texts=["city", "channel"], by_hand=None, **PURCHASE)  # fmt: skip


@case(KIND, "dict of last dates", Expected((2,), "the function holds dates of held-out rows", ("Derive",)))
def last_seen_in_the_whole_file(leaky: bool) -> Trial:
    """How long until the customer's last order of the file, from a dict; the twin looks back."""
    last = tables.purchases().groupby("customer")["ordered"].max().to_dict()
    columns = {"until_last": lambda f: (f["customer"].map(last) - f["ordered"]).dt.total_seconds() / 86400}
    return _on_purchases(columns, leaky)


@case(KIND, "Series of counts", Expected((2,), "counts by customer are those over all rows", ("Derive",)))
def orders_in_a_lifetime(leaky: bool) -> Trial:
    """How many orders the customer has in the whole file, from a Series; the twin looks back."""
    times = tables.purchases()["customer"].value_counts()
    return _on_purchases({"lifetime": lambda f: f["customer"].map(times)}, leaky)


@case(KIND, "largest value so far and ever", Expected((2, 3), LATER, ("Derive",), ("largest",)))
def largest_order_ever(leaky: bool) -> Trial:
    """The customer's largest amount, later ones included; the twin looks back."""
    return _on_purchases({"largest": lambda f: f.groupby("customer")["amount"].transform("max")}, leaky)


@case(KIND, "column in the data: the next value", Expected((2,), "one column alone tells the target",
                                                           columns=("load_after",)))  # fmt: skip
def next_value_in_the_data(leaky: bool) -> Trial:
    """The export has the load of the quarter hour after, named like a forecast; the twin excludes it."""
    rows = worlds.demand()
    rows["load_after"] = (rows["load"] + np.random.default_rng(9).normal(0, 0.25, len(rows))).round(2)
    return plain(rows, split=BY_TIME, end=NUMBERS, exclude=["n", "day", *([] if leaky else ["load_after"])], **LOAD)


@case(KIND, "split by chance, time undeclared", Expected((2,), "rows a quarter hour apart stand on both sides",
                                                         ("RandomSplit",)), claim="documented as missed")  # fmt: skip
def neighbouring_hours_undeclared(leaky: bool) -> Trial:
    """Hours are dealt at random, and no time is declared, only a running number; the twin splits by time."""
    rows = worlds.demand()
    if leaky:
        return plain(rows, "load", split=RandomSplit(), end=NUMBERS, id="hour_id", exclude=["at", "day"])
    return plain(rows, split=BY_TIME, end=NUMBERS, exclude=["day", "n"], **LOAD)


class LastOutcome(History):
    """The last outcome of the same customer."""

    column: str

    def apply(self, frame: pd.DataFrame, past: Any) -> pd.DataFrame:
        return frame.assign(last_outcome=past.last(self.column), usual=past.mean(self.column))


def _at_once(returned: pd.Series) -> pd.Series:
    return returned > 0


@case(KIND, "History of labels that are settled later",
      Expected((2, 3), "outcomes are handed out before they are settled, and nobody said when that is",
               ("LastOutcome",), ("last_outcome", "usual")), claim="documented as missed")  # fmt: skip
def labels_known_later_undeclared(leaky: bool) -> Trial:
    """Returns are settled after 45 days, which is not declared, and a History reads them at once."""
    rows = tables.purchases().rename(columns={"returned": "outcome"})
    rows["settled"] = rows["ordered"] + pd.Timedelta("45D")
    told = {} if leaky else {"known_at": "settled"}
    label = NaturalLabel("returned", from_column="outcome", rule=_at_once, **told)
    return plain(rows, "returned", before=[label, LastOutcome("customer", column="returned")], split=BY_TIME,
                 texts=["city", "channel"], time="ordered", id="order", exclude=["customer", "settled"],
                 by_hand=None)  # fmt: skip


@case(KIND, "merge_asof forward in a function", Expected((2,), "the function holds the source's own later rows",
                                                         ("report",), ("wind", "wind_report")))  # fmt: skip
def next_report_merged(leaky: bool) -> Trial:
    """The nearest report, which may be an hour later, is looked up in a captured table; the twin's is before."""
    rows = worlds.demand()
    told = rows[["at", "wind"]].rename(columns={"wind": "wind_report"}).iloc[1::2].reset_index(drop=True)
    if not leaky:
        told = worlds.demand(seed=94)[["at", "wind"]].rename(columns={"wind": "wind_report"}).iloc[1::2]

    def report(frame: pd.DataFrame) -> pd.DataFrame:
        place = frame["at"].sort_values().index
        found = pd.merge_asof(frame.loc[place], told, on="at", direction="forward" if leaky else "backward")
        return frame.assign(wind_report=found["wind_report"].set_axis(place))

    return plain(rows, before=[report], split=BY_TIME, end=NUMBERS, exclude=["n", "day"], **LOAD)


CASES: tuple[Case, ...] = (
    rolling_without_shift,
    counted_with_the_row_itself,
    alarm_within_the_next_readings,
    exponential_mean_with_the_row_itself,
    expanding_mean_of_the_target,
    days_means_joined,
    gaps_interpolated,
    filtered_both_ways,
    denoised_by_fourier,
    last_seen_in_the_whole_file,
    orders_in_a_lifetime,
    largest_order_ever,
    next_value_in_the_data,
    neighbouring_hours_undeclared,
    labels_known_later_undeclared,
    next_report_merged,
)
