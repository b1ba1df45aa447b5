"""Illegitimate features: columns that are written after the outcome, or because of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case, same
from leakbench.cases.common import ORDERS, ending, on_orders
from mlsys import Apply, Derive, NaturalLabel, OneHot, StratifiedSplit, TimeSplit

KIND = "illegitimate feature"
TELLS = "this column alone tells the target far better than any other"


@case(KIND, "column in the data", Expected((2,), TELLS, columns=("refund",)))
def refund(leaky: bool) -> Trial:
    """The refund is paid because the order was returned."""
    rows = tables.orders()
    rng = np.random.default_rng(8)
    paid = np.where(rows["returned"] == 1, rows["amount"] * rng.uniform(0.7, 1.0, len(rows)), 0.0)
    goodwill = np.where(rng.random(len(rows)) < 0.04, rows["amount"] * 0.2, 0.0)
    rows["refund"] = paid + goodwill
    return _with_late_column(rows, "refund", leaky)


@case(KIND, "category in the data", Expected((2,), TELLS, columns=("status",)))
def status(leaky: bool) -> Trial:
    """The status is set by what becomes of the order."""
    rows = tables.orders()
    rng = np.random.default_rng(9)
    states = np.where(rows["returned"] == 1, "credited", "closed")
    rows["status"] = pd.Series(np.where(rng.random(len(rows)) < 0.05, "open", states), dtype="str")
    return _with_late_column(rows, "status", leaky, texts=("status",))


@case(
    KIND, "missingness in the data",
    Expected((2,), "whether a value is there tells the target, what it is does not", columns=("pickup_hour",)),
)  # fmt: skip
def filled_for_returns(leaky: bool) -> Trial:
    """The hour at which a parcel was picked up is filled in for returned orders only."""
    rows = tables.orders()
    rng = np.random.default_rng(10)
    wanted = np.where(rows["returned"] == 1, 0.93, 0.03)
    rows["pickup_hour"] = np.where(rng.random(len(rows)) < wanted, rng.uniform(8, 20, len(rows)), np.nan)
    return _with_late_column(rows, "pickup_hour", leaky)


@case(
    KIND, "id in the data",
    Expected((2,), "numbers were given out by outcome: an id, not a quantity", columns=("file_number",)),
)  # fmt: skip
def numbered_by_outcome(leaky: bool) -> Trial:
    """Returned orders were filed in another office, with numbers of its own."""
    rows = tables.orders()
    rng = np.random.default_rng(11)
    number = rng.permutation(len(rows)) + 100_000
    rows["file_number"] = np.where(rows["returned"] == 1, number + 500_000, number)
    return _with_late_column(rows, "file_number", leaky)


def _closed_day(frame: pd.DataFrame) -> pd.Series:
    return (frame["closed_on"] - pd.Timestamp("2024-01-01")).dt.days


@case(
    KIND, "date in the data",
    Expected((2,), "a date is no quantity, and this one was set by the outcome", columns=("closed_on", "closed_day")),
)  # fmt: skip
def closing_date(leaky: bool) -> Trial:
    """The day on which an order was closed is made a number; returned ones stay open for weeks."""
    rows = tables.orders()
    rng = np.random.default_rng(12)
    opened = pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 10, len(rows)), "D")
    open_for = np.where(rows["returned"] == 1, rng.integers(12, 40, len(rows)), rng.integers(1, 10, len(rows)))
    rows["closed_on"] = opened + pd.to_timedelta(open_for, "D")
    made = [Derive({"closed_day": _closed_day})] if leaky else []
    steps = [*made, StratifiedSplit(), *ending("city", "channel")]
    by_hand = ByHand((lambda f: f.assign(closed_day=_closed_day)) if leaky else same, drop=("order", "closed_on"))
    return Trial(lambda: steps, rows, {**ORDERS, "exclude": ["closed_on"]}, by_hand=by_hand)


def _late(minutes: pd.Series) -> pd.Series:
    return minutes > 15


def _trains(rows: int = 2_400) -> pd.DataFrame:
    """Trains and how late they left and arrived."""
    rng = np.random.default_rng(31)
    frame = pd.DataFrame(
        {
            "departs": pd.date_range("2024-01-01", periods=rows, freq="2h"),
            "stops": rng.integers(2, 12, rows),
            "load": rng.uniform(0.2, 1.0, rows),
            "snow": np.maximum(0.0, rng.normal(-2, 2, rows)),
            "wind": rng.gamma(3.0, 2.0, rows),
        }
    )
    frame["left_late"] = rng.gamma(1.2, 4.0, rows) + 4 * frame["snow"] + frame["stops"]
    frame["minutes"] = frame["left_late"] + rng.normal(0, 5, rows) - 2
    return frame


@case(
    KIND, "pandas function reads what the label is made of",
    Expected((1,), "the label is made of the minutes, which nothing that serves may read", ("Derive",), ("minutes",)),
)  # fmt: skip
def made_of_the_label_source(leaky: bool) -> Trial:
    """A function computes a feature from the column that the label is made of."""
    columns = {"pace": (lambda f: f["minutes"] / f["stops"]) if leaky else (lambda f: f["load"] / f["stops"])}
    label = NaturalLabel("late", from_column="minutes", rule=_late)
    return Trial(
        lambda: [Derive(columns), label, TimeSplit(validation=0.2, test=0.2), *ending()],
        _trains(),
        {"target": "late", "time": "departs", "exclude": ["left_late"]},
        by_hand=ByHand(
            lambda f: f.assign(**columns, late=(f["minutes"] > 15).astype(int)).drop(columns="minutes"),
            split="time",
            drop=("left_late",),
        ),
    )


@case(
    KIND, "scikit-learn step names a column declared as late",
    Expected((1,), "the column is known an hour after the decision, and a step that serves names it",
             ("scale",), ("left_late",)),
)  # fmt: skip
def late_column_named(leaky: bool) -> Trial:
    """The delay at departure is declared as known later, and yet scaled for the model."""
    columns = ["load", "left_late"] if leaky else ["load", "snow"]
    return Trial(
        lambda: [
            NaturalLabel("late", from_column="minutes", rule=_late),
            TimeSplit(validation=0.2, test=0.2),
            ("scale", Apply(StandardScaler(), columns=columns)),
            *ending(),
        ],
        _trains(),
        {"target": "late", "time": "departs", "known_at": {"left_late": "1h"}},
        by_hand=ByHand(
            lambda f: f.assign(late=(f["minutes"] > 15).astype(int)).drop(columns="minutes"),
            split="time",
            drop=() if leaky else ("left_late",),
        ),
    )


@case(
    KIND, "scikit-learn step names a column made of a late one",
    Expected((1,), "what is made of a late column is late too, and a step that serves names it",
             ("scale", "Derive"), ("wait", "left_late")),
)  # fmt: skip
def made_of_a_late_column(leaky: bool) -> Trial:
    """A function makes a column of the delay at departure, which is known later, and a step scales it."""
    columns = {"wait": (lambda f: f["left_late"] / f["stops"]) if leaky else (lambda f: f["load"] / f["stops"])}
    return Trial(
        lambda: [
            Derive(columns),
            NaturalLabel("late", from_column="minutes", rule=_late),
            TimeSplit(validation=0.2, test=0.2),
            ("scale", Apply(StandardScaler(), columns=["wait"])),
            *ending(),
        ],
        _trains(),
        {"target": "late", "time": "departs", "known_at": {"left_late": "1h"}},
        by_hand=ByHand(
            lambda f: f.assign(**columns, late=(f["minutes"] > 15).astype(int)).drop(columns="minutes"),
            split="time",
            drop=("left_late",),
        ),
    )


def _with_late_column(rows: pd.DataFrame, column: str, leaky: bool, texts: tuple[str, ...] = ()) -> Trial:
    """Return a trial with a column that the careful twin excludes."""
    if not leaky:
        return _without(rows, column)
    trial = on_orders(rows, [])
    if not texts:
        return trial
    steps = [StratifiedSplit(), OneHot(list(texts)), *ending("city", "channel")]
    return Trial(lambda: steps, rows, trial.roles, by_hand=trial.by_hand)


def _without(rows: pd.DataFrame, column: str) -> Trial:
    trial = on_orders(rows, [])
    return Trial(trial.steps, rows, {**trial.roles, "exclude": [column]}, by_hand=ByHand(drop=("order", column)))


CASES: tuple[Case, ...] = (
    refund,
    status,
    filled_for_returns,
    numbered_by_outcome,
    closing_date,
    made_of_the_label_source,
    late_column_named,
    made_of_a_late_column,
)
