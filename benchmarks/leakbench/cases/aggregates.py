"""Aggregates computed over everything, then joined to each row."""

from __future__ import annotations

import pandas as pd

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import Before, assigning, ending
from mlsys import Derive, Join, Reshape, TimeSplit

KIND = "aggregate over everything, then joined"
ROWS = "what a row gets depends on other rows of its customer, held-out ones included"
BY_TIME = {"target": "returned", "time": "ordered", "id": "order", "exclude": ["customer"]}


def _trial(before: list[object], prepare: object = lambda frame: frame) -> Trial:
    steps = [*before, TimeSplit(validation=0.2, test=0.2), *ending("city", "channel")]
    by_hand = ByHand(prepare, "time", ("order", "customer"))
    return Trial(lambda: steps, tables.purchases(), BY_TIME, by_hand=by_hand)


def _careful() -> Trial:
    """What was known of the customer before each order."""
    return _trial([Before("customer", column="amount")])


@case(KIND, "group-by in a pandas function", Expected((2, 3), ROWS, ("Derive",), ("usual",)))
def group_mean(leaky: bool) -> Trial:
    """A function takes the mean amount of each customer."""
    columns = {"usual": lambda f: f.groupby("customer")["amount"].transform("mean")}
    return _trial([Derive(columns)], assigning(columns)) if leaky else _careful()


def add_usual(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the median amount and the number of orders of each customer."""
    of_customer = frame.groupby("customer").agg(usual=("amount", "median"), times=("amount", "size"))
    return frame.assign(
        usual=frame["customer"].map(of_customer["usual"]), times=frame["customer"].map(of_customer["times"])
    )


@case(KIND, "aggregate and look-up in a function step", Expected((2, 3), ROWS, ("add_usual",), ("usual", "times")))
def aggregated_in_a_function(leaky: bool) -> Trial:
    """A function step aggregates by customer and looks the result up."""
    return _trial([add_usual], add_usual) if leaky else _careful()


class WithUsual(Reshape):
    """Rows with the aggregates of their customer."""

    def reshape(self, frame):
        return add_usual(pd.DataFrame(frame))


@case(
    KIND, "Reshape of one's own",
    Expected((3,), "a Reshape may see all rows, so only replacing held-out rows shows that training rows move",
             ("WithUsual",), ("usual", "times")),
)  # fmt: skip
def aggregated_in_a_reshape(leaky: bool) -> Trial:
    """A step that may see all rows adds the aggregates of each customer."""
    return _trial([WithUsual()], add_usual) if leaky else _careful()


@case(
    KIND, "captured table",
    Expected((2,), "the captured series equals the customers' means over all rows, not over training rows",
             ("Derive",), ("amount", "customer")),
)  # fmt: skip
def captured_aggregate(leaky: bool) -> Trial:
    """A function looks up means by customer, computed on all rows beforehand."""
    usual = tables.purchases().groupby("customer")["amount"].mean()
    columns = {"usual": lambda frame: frame["customer"].map(usual)}
    return _trial([Derive(columns)], assigning(columns)) if leaky else _careful()


@case(
    KIND, "Join of an aggregated table",
    Expected((2,), "the joined column equals the target's mean by city over all rows, not over training rows",
             ("Join",), ("returned", "city", "city_rate")),
)  # fmt: skip
def joined_target_means(leaky: bool) -> Trial:
    """Return rates by city, computed on all orders, are joined; the twin joins those of the year before."""
    rows = tables.purchases() if leaky else tables.purchases(seed=27)
    rates = rows.groupby("city", as_index=False).agg(city_rate=("returned", "mean"))
    return _trial([Join(rates, on="city")], lambda frame: frame.merge(rates, on="city", how="left"))


CASES: tuple[Case, ...] = (
    group_mean,
    aggregated_in_a_function,
    aggregated_in_a_reshape,
    captured_aggregate,
    joined_target_means,
)
