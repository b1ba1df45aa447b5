"""Late corrections: values that were written after the decision."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import Before, ending
from mlsys import AsOfJoin, Derive, Join, TimeSplit

KIND = "late correction"
BY_TIME = {"target": "returned", "time": "ordered", "id": "order", "exclude": ["customer"]}
DROP = ("order", "customer")


def _trial(rows: pd.DataFrame, steps: list[object], prepare: object, **roles: object) -> Trial:
    rest = [TimeSplit(validation=0.2, test=0.2), *ending("city", "channel")]
    return Trial(lambda: [*steps, *rest], rows, {**BY_TIME, **roles}, by_hand=ByHand(prepare, "time", DROP))


def _ratings(rows: pd.DataFrame) -> pd.DataFrame:
    """Credit ratings: one a customer and fortnight."""
    rng = np.random.default_rng(20)
    customers = sorted(rows["customer"].unique())
    days = pd.date_range("2023-12-01", "2025-02-15", freq="14D")
    grid = pd.MultiIndex.from_product([customers, days], names=["customer", "rated"]).to_frame(index=False)
    return grid.assign(rating=rng.normal(0, 1, len(grid)))


@case(
    KIND, "AsOfJoin at a later moment",
    Expected((1, 3), "the join's moment lies a month after the decision; later table rows move training rows",
             ("AsOfJoin",), ("rating",)),
)  # fmt: skip
def joined_as_of_a_month_later(leaky: bool) -> Trial:
    """The rating is the one known a month after the order, when the analysis was made."""
    rows = tables.purchases()
    ratings = _ratings(rows)
    at = "30D after ordered" if leaky else "ordered"

    def prepare(frame: pd.DataFrame) -> pd.DataFrame:
        moment = frame.assign(at=frame["ordered"] + pd.Timedelta("30D" if leaky else "0D"))
        found = pd.merge_asof(moment, ratings, left_on="at", right_on="rated", by="customer")
        return found.drop(columns=["at", "rated"])

    ratings = ratings.sort_values("rated", ignore_index=True)
    steps = [AsOfJoin(ratings, by="customer", time="rated", columns=["rating"], known_after="1h", at=at)]
    return _trial(rows, steps, prepare)


@case(
    KIND, "AsOfJoin told the wrong known_after",
    Expected((2,), "what is joined was written when the case was closed, so it alone tells the target",
             ("AsOfJoin",), ("balance",)),
)  # fmt: skip
def known_at_once_it_says(leaky: bool) -> Trial:
    """Final balances carry the day of the order but are booked three weeks later; the join is told "known at once"."""
    rows = tables.purchases()
    rng = np.random.default_rng(21)
    balances = rows[["customer"]].assign(day=rows["ordered"], booked=rows["ordered"] + pd.Timedelta("21D"))
    balances["balance"] = np.where(rows["returned"] == 1, -1.0, 1.0) * rng.gamma(4.0, 10.0, len(rows))
    balances["balance"] += rng.normal(0, 6, len(rows))
    known = {"known_after": "0s"} if leaky else {"known_at": "booked"}
    options = {"time": "day", "columns": ["balance"], "strict": False, "duplicates": "last"}
    steps = [AsOfJoin(balances, by="customer", **options, **known)]

    def prepare(frame: pd.DataFrame) -> pd.DataFrame:
        when = "day" if leaky else "booked"
        table = balances[["customer", when, "balance"]].sort_values(when)
        found = pd.merge_asof(frame, table, left_on="ordered", right_on=when, by="customer")
        return found.drop(columns=when)

    return _trial(rows, steps, prepare)


@case(
    KIND, "pandas function reads a column declared as late",
    Expected((1,), "the final amount is known a month after the decision", ("Derive",), ("final_amount", "price")),
)  # fmt: skip
def final_amount_read(leaky: bool) -> Trial:
    """A function computes a price an item from the corrected amount in place of the one first written."""
    rows = tables.purchases()
    rng = np.random.default_rng(22)
    rows["final_amount"] = rows["amount"] * np.where(rows["returned"] == 1, rng.uniform(0.3, 1.0, len(rows)), 1.0)
    read = "final_amount" if leaky else "amount"
    columns = {"price": lambda f: f[read] / f["items"]}

    def prepare(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**columns).drop(columns="final_amount")

    return _trial(rows, [Derive(columns)], prepare, known_at={"final_amount": "30D"})


@case(
    KIND, "Join of a table aggregated over the future",
    Expected((2,), "the table equals the customers' sums over all rows, those to come included",
             ("Join",), ("amount", "spent", "customer")),
)  # fmt: skip
def joined_with_the_years_totals(leaky: bool) -> Trial:
    """What each customer spent over the whole year is joined to orders of that year."""
    rows = tables.purchases()
    totals = rows.groupby("customer", as_index=False).agg(spent=("amount", "sum"))
    steps = [Join(totals, on="customer")] if leaky else [Before("customer", column="amount")]

    def prepare(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.merge(totals, on="customer", how="left") if leaky else frame

    return _trial(rows, steps, prepare)


@case(
    KIND, "captured later snapshot",
    Expected((2,), "the function holds a later copy of the source's own rows", ("Derive",), ("order", "amount")),
)  # fmt: skip
def captured_snapshot(leaky: bool) -> Trial:
    """A function looks amounts up in this month's export of the same orders, which holds corrections."""
    rows = tables.purchases()
    rng = np.random.default_rng(23)
    snapshot = rows.set_index("order")[["amount"]]
    corrected = rng.random(len(rows)) < 0.15
    snapshot.loc[corrected, "amount"] *= np.where(rows["returned"][corrected] == 1, 0.5, 0.9)

    def amount_now(frame: pd.DataFrame) -> pd.Series:
        return pd.Series(snapshot["amount"].reindex(frame["order"]).to_numpy(), index=frame.index)

    columns = {"price": (lambda f: amount_now(f) / f["items"]) if leaky else (lambda f: f["amount"] / f["items"])}
    return _trial(rows, [Derive(columns)], lambda frame: frame.assign(**columns))


CASES: tuple[Case, ...] = (
    joined_as_of_a_month_later,
    known_at_once_it_says,
    final_amount_read,
    joined_with_the_years_totals,
    captured_snapshot,
)
