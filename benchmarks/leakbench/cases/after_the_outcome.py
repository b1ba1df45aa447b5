"""Columns that are written after the outcome, or that the outcome is computed from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from leakbench import worlds
from leakbench.case import Case, Expected, Trial, case
from leakbench.cases.common import ending, plain
from mlsys import Impute, RandomSplit, Standardize

KIND = "columns after the outcome"
TELLS = "this column alone tells the target far better than any other"
MADE = "the target follows from these columns by arithmetic"
NUMBERS: list[Any] = [Impute(), Standardize(), Ridge()]


def _without(leaky: bool, *late: str) -> list[str]:
    """Return what the careful twin excludes."""
    return [] if leaky else list(late)


def _of_clients(rows: pd.DataFrame, leaky: bool, *late: str, texts: tuple[str, ...] = ()) -> Trial:
    kept = [name for name in texts if leaky or name not in late]
    return plain(rows, "left", id="client", texts=["tariff", *kept], exclude=_without(leaky, *late))


def _of_numbers(rows: pd.DataFrame, target: str, leaky: bool, *late: str, **roles: Any) -> Trial:
    gone = [*_without(leaky, *late), *roles.pop("exclude", [])]
    return plain(rows, target, split=RandomSplit(), end=NUMBERS, exclude=gone, **roles)


@case(KIND, "parts of a sum", Expected((2,), MADE, columns=("registered", "casual")), claim="not stated")
def riders_casual_and_registered(leaky: bool) -> Trial:
    """All riders are casual and registered ones together, and both are columns, as in the bike-sharing table."""
    rng = np.random.default_rng(51)
    rows = worlds.demand()[["at", "temperature", "hour", "wind"]]
    warm = np.maximum(0.1, rows["temperature"] / 12)
    rows["casual"] = rng.poisson(30 * warm)
    rows["registered"] = rng.poisson(90 + 40 * np.sin(np.pi * rows["hour"] / 12))
    rows["riders"] = rows["casual"] + rows["registered"]
    return _of_numbers(rows, "riders", leaky, "casual", "registered", exclude=["at"])


@case(KIND, "price a square metre", Expected((2,), MADE, columns=("price_per_metre", "area")), claim="not stated")
def price_a_square_metre(leaky: bool) -> Trial:
    """The price a square metre is a column beside the area, rounded to cents."""
    rows = worlds.homes()
    rows["price_per_metre"] = (rows["price"] / rows["area"]).round(2)
    return _of_numbers(rows, "price", leaky, "price_per_metre", id="home")


@case(KIND, "difference of two columns", Expected((2,), MADE, columns=("revenue", "cost")), claim="not stated")
def revenue_less_cost(leaky: bool) -> Trial:
    """Profit is revenue less cost, both of the same books."""
    rng = np.random.default_rng(52)
    rows = worlds.loans()[["loan", "income", "years"]].rename(columns={"loan": "shop"})
    rows["staff"] = rng.poisson(9, len(rows))
    rows["revenue"] = (rows["staff"] * rng.gamma(20, 4.0, len(rows))).round(2)
    rows["cost"] = (rows["revenue"] * rng.uniform(0.6, 1.05, len(rows))).round(2)
    rows["profit"] = (rows["revenue"] - rows["cost"]).round(2)
    return _of_numbers(rows, "profit", leaky, "revenue", "cost", id="shop")


@case(KIND, "sum of four columns", Expected((2,), MADE, columns=("reading", "writing", "numbers", "science")),
      claim="not stated")  # fmt: skip
def four_marks_and_their_total(leaky: bool) -> Trial:
    """The total of four marks is predicted from the marks and a few other things."""
    rng = np.random.default_rng(53)
    gift, hours = rng.normal(0, 1, 1_500), rng.gamma(2, 3, 1_500).round(1)
    rows = pd.DataFrame({"hours": hours, "age": rng.integers(12, 19, 1_500), "siblings": rng.poisson(1.2, 1_500)})
    marks = ["reading", "writing", "numbers", "science"]
    for name in marks:
        rows[name] = (60 + 9 * gift + 0.6 * hours + rng.normal(0, 7, 1_500)).round()
    rows["total"] = rows[marks].sum(axis=1)
    return _of_numbers(rows, "total", leaky, *marks)


@case(KIND, "ratio in another unit", Expected((2,), TELLS, columns=("litres",)))
def litres_a_hundred_kilometres(leaky: bool) -> Trial:
    """Real cars: miles a gallon are predicted, and litres a hundred kilometres are a column."""
    rows = worlds.cars()
    rows["litres"] = (235.21 / rows["mpg"]).round(1)
    return plain(rows, "mpg", split=RandomSplit(), end=[*ending("origin")[:-1], Ridge()],
                 exclude=_without(leaky, "litres"))  # fmt: skip


@case(KIND, "the target in another scale", Expected((2,), TELLS, columns=("score",)))
def score_of_the_same_visit(leaky: bool) -> Trial:
    """Real patients: the progression is also there as a score of the same visit, rounded."""
    rows = worlds.diabetes()
    rows["score"] = (rows["progression"] * 0.37 + 4).round(1)
    return _of_numbers(rows, "progression", leaky, "score")


@case(KIND, "exclusive or of two columns", Expected((2,), "two columns tell together what neither tells alone",
                                                    columns=("door", "hand")), claim="not stated")  # fmt: skip
def exclusive_or_of_two_codes(leaky: bool) -> Trial:
    """Two codes are set at the exit: they differ where the client left."""
    rows = worlds.clients()
    rng = np.random.default_rng(54)
    rows["door"] = rng.integers(0, 2, len(rows))
    rows["hand"] = np.where(
        rng.random(len(rows)) < 0.995, rows["door"] ^ rows["left"], 1 - (rows["door"] ^ rows["left"])
    )
    return _of_clients(rows, leaky, "door", "hand")


@case(KIND, "code filled for a third", Expected((2,), "two codes are pure in opposite classes", columns=("closing",)),
      claim="not stated")  # fmt: skip
def code_filled_for_a_third(leaky: bool) -> Trial:
    """A closing code is filled in for a third of the clients, and says how it ended."""
    rows = worlds.clients()
    rng = np.random.default_rng(55)
    said = np.where(rows["left"] == 1, "moved", "renewed")
    rows["closing"] = pd.Series(np.where(rng.random(len(rows)) < 0.33, said, "none"), dtype="str")
    return _of_clients(rows, leaky, "closing", texts=("closing",))


@case(KIND, "family of columns", Expected((2,), "a family of columns tells the target, each shielding the others",
                                          columns=("churn_score", "survey", "offers", "tickets")),
      claim="not stated")  # fmt: skip
def four_columns_of_the_exit_desk(leaky: bool) -> Trial:
    """A score, a survey, an offer and tickets are all written once a client has given notice."""
    rows = worlds.clients()
    rng, left = np.random.default_rng(56), rows["left"].to_numpy()
    rows["churn_score"] = rng.normal(45 + 26 * left, 12).round()
    rows["survey"] = np.where(rng.random(len(rows)) < np.where(left == 1, 0.85, 0.08), rng.integers(1, 6, len(rows)), 0)
    rows["offers"] = rng.poisson(0.1 + 1.8 * left)
    rows["tickets"] = rng.poisson(0.5 + 2.5 * left)
    return _of_clients(rows, leaky, "churn_score", "survey", "offers", "tickets")


@case(KIND, "late column beside a strong one", Expected((2,), TELLS, columns=("balance",)))
def late_column_beside_an_honest_score(leaky: bool) -> Trial:
    """A balance of the last bill (AUC .997) stands beside an honest score (.92)."""
    rows = worlds.clients()
    rng = np.random.default_rng(57)
    rows["bureau_score"] = rows["left"] * 2.0 + rng.normal(0, 1, len(rows))
    rows["balance"] = rows["left"] * 3.9 + rng.normal(0, 1, len(rows))
    return _of_clients(rows, leaky, "balance")


@case(KIND, "small table", Expected((2,), TELLS, columns=("discharge",)), claim="not stated")
def copy_in_a_small_study(leaky: bool) -> Trial:
    """Eighty-four patients, and the code of discharge is the outcome."""
    rng = np.random.default_rng(58)
    rows = pd.DataFrame({"age": rng.normal(61, 9, 84).round(), "marker": rng.normal(0, 1, 84).round(2),
                         "dose": rng.choice([5, 10, 20], 84), "weight": rng.normal(76, 12, 84).round(1)})  # fmt: skip
    rows["died"] = (rng.random(84) < 1 / (1 + np.exp(-0.7 * rows["marker"]))).astype(int)
    rows["discharge"] = np.where(rows["died"] == 1, 7, 1)
    return plain(rows, "died", exclude=_without(leaky, "discharge"))


@case(KIND, "table of two features", Expected((2,), TELLS, columns=("stay",)), claim="not stated")
def two_features_one_late(leaky: bool) -> Trial:
    """There are two features, and one of them was written afterwards."""
    rows = worlds.clients()[["months", "left"]]
    rows["stay"] = np.random.default_rng(59).normal(3 - 3.2 * rows["left"], 0.6).round(2)
    return plain(rows, "left", exclude=_without(leaky, "stay"))


@case(KIND, "real table, result of the biopsy", Expected((2,), TELLS, columns=("grade",)))
def grade_of_the_biopsy(leaky: bool) -> Trial:
    """Real tumours: the grade that the laboratory gives once the diagnosis stands, one in a hundred mistyped."""
    rows = worlds.biopsies()
    rng = np.random.default_rng(60)
    grade = np.where(rows["benign"] == 1, 0, rng.integers(1, 4, len(rows)))
    rows["grade"] = np.where(rng.random(len(rows)) < 0.004, 3 - grade, grade)
    return plain(rows, "benign", exclude=_without(leaky, "grade"))


@case(KIND, "one class of several", Expected((2,), "one class is told by this column without error",
                                             columns=("label_colour",)), claim="not stated")  # fmt: skip
def bottle_of_one_grower(leaky: bool) -> Trial:
    """Real wines: one grower's bottles were labelled anew after the tasting."""
    rows = worlds.wine()
    rng = np.random.default_rng(61)
    rows["label_colour"] = np.where(rows["grower"] == "second", 4, rng.integers(1, 4, len(rows)))
    return plain(rows, "grower", exclude=_without(leaky, "label_colour"))


@case(KIND, "one moderate column", Expected((2,), "one column of AUC .8 looks like any honest one",
                                            columns=("call_seconds",)), claim="documented as missed")  # fmt: skip
def length_of_the_call(leaky: bool) -> Trial:
    """How long the call took in which the client cancelled, as in the bank-marketing table."""
    rows = worlds.clients()
    rng = np.random.default_rng(62)
    rows["call_seconds"] = rng.gamma(2.0, np.where(rows["left"] == 1, 190, 95)).round()
    return _of_clients(rows, leaky, "call_seconds")


@case(KIND, "list of events", Expected((2,), "what is made of the events tells the target far better than any other",
                                       ("Derive",), ("last_event", "events_seen", "events")))  # fmt: skip
def events_after_the_purchase(leaky: bool) -> Trial:
    """The list of a session's events goes on after the purchase; its length and its last are features."""
    rng = np.random.default_rng(63)
    bought = (rng.random(1_500) < 0.35).astype(int)

    def session(buys: int) -> str:
        seen = rng.choice(["home", "list", "item", "search"], int(rng.integers(2, 12)))
        return " ".join([*seen, *(["cart", "pay", "thanks"] if buys and leaky else [])])

    rows = pd.DataFrame({"events": [session(each) for each in bought], "mobile": rng.integers(0, 2, 1_500),
                         "hour": rng.integers(0, 24, 1_500), "visits": rng.poisson(2 + bought)})  # fmt: skip
    rows = rows.assign(bought=bought).astype({"events": "str"})
    columns = {"events_seen": lambda f: f["events"].str.split().str.len(),
               "last_event": lambda f: f["events"].str.split().str[-1]}  # fmt: skip
    return plain(rows, "bought", columns=columns, texts=["last_event"], exclude=["events"])


@case(KIND, "level that only one class has", Expected((2,), "a ward that only one class has, in a quarter of it",
                                                      columns=("ward",)), claim="not stated")  # fmt: skip
def ward_of_the_dying(leaky: bool) -> Trial:
    """Some of those who die are moved to a ward of their own, and others of the living to another."""
    rows = worlds.clients().rename(columns={"left": "died", "client": "patient", "tariff": "insurance"})
    rng = np.random.default_rng(64)
    ward = rng.choice(["north", "south", "west"], len(rows))
    moved = rng.random(len(rows)) < 0.25
    ward = np.where(moved & (rows["died"] == 1), "hospice", np.where(moved & (rows["died"] == 0), "home", ward))
    rows["ward"] = pd.Series(ward, dtype="str")
    return plain(rows, "died", id="patient", texts=["insurance", *(["ward"] if leaky else [])],
                 exclude=_without(leaky, "ward"))  # fmt: skip


@case(
    KIND, "missing in a late column", Expected((2,), "whether a value is there tells the target", columns=("rebate",))
)
def rebate_of_those_who_stayed(leaky: bool) -> Trial:
    """A rebate is filled in for those who stayed, and rarely for others."""
    rows = worlds.clients()
    rng = np.random.default_rng(65)
    there = rng.random(len(rows)) < np.where(rows["left"] == 1, 0.02, 0.97)
    rows["rebate"] = np.where(there, rng.gamma(2, 5, len(rows)).round(2), np.nan)
    return _of_clients(rows, leaky, "rebate")


@case(KIND, "made by a step of two late columns", Expected((2,), TELLS, ("Derive",), ("open_days",)))
def days_until_closed(leaky: bool) -> Trial:
    """A function makes the days between two dates, the later of which is set by the outcome."""
    rows = worlds.clients()
    rng = np.random.default_rng(66)
    rows["opened"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, len(rows)), "D")
    lasted = np.where(rows["left"] == 1, rng.integers(1, 31, len(rows)), rng.integers(29, 200, len(rows)))
    rows["closed"] = rows["opened"] + pd.to_timedelta(lasted, "D")
    columns = {"opened_month": lambda f: f["opened"].dt.month}
    if leaky:
        columns["open_days"] = lambda f: (f["closed"] - f["opened"]).dt.days
    return plain(rows, "left", columns=columns, id="client", texts=["tariff"], exclude=["opened", "closed"])


CASES: tuple[Case, ...] = (
    riders_casual_and_registered,
    price_a_square_metre,
    revenue_less_cost,
    four_marks_and_their_total,
    litres_a_hundred_kilometres,
    score_of_the_same_visit,
    exclusive_or_of_two_codes,
    code_filled_for_a_third,
    four_columns_of_the_exit_desk,
    late_column_beside_an_honest_score,
    copy_in_a_small_study,
    two_features_one_late,
    grade_of_the_biopsy,
    bottle_of_one_grower,
    length_of_the_call,
    events_after_the_purchase,
    ward_of_the_dying,
    rebate_of_those_who_stayed,
    days_until_closed,
)
