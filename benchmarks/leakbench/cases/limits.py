"""Leaks of which no layer is expected to speak: they are over before the pipeline begins, or leave no number behind."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.preprocessing import StandardScaler

from leakbench import tables
from leakbench.case import Case, Expected, Trial, case
from leakbench.cases.common import deriving, model, on_orders
from mlsys import StratifiedSplit

KIND = "beyond the guard"
NUMBERS = ["distance", "items", "amount"]


@case(KIND, "function applied before run", Expected((), "the rows arrive scaled, and nothing tells by what"))
def scaled_before_the_run(leaky: bool) -> Trial:
    """All rows are standardized before the pipeline sees them."""
    rows = tables.orders()
    if leaky:
        rows[NUMBERS] = StandardScaler().fit_transform(rows[NUMBERS])
    return on_orders(rows, [])


@case(KIND, "list of names", Expected((), "names of columns hold no number that could be compared"))
def names_chosen_beforehand(leaky: bool) -> Trial:
    """The features are the eight that correlate best with the target over all rows."""
    rows = tables.genes()
    strength = rows.corrwith(rows["relapse"]).abs().drop("relapse")
    chosen = list(strength.nlargest(8).index) if leaky else [f"gene_{number:02d}" for number in range(8)]
    return Trial(lambda: [StratifiedSplit(), model()], rows, {"target": "relapse", "features": chosen})


@case(
    KIND, "closure over a number made of a statistic",
    Expected((), "twice the mean, rounded, equals no statistic: at most it is not assessed"),
)  # fmt: skip
def twice_the_mean(leaky: bool) -> Trial:
    """A function divides by twice the mean of all rows, rounded to a tenth."""
    rows = tables.orders()
    bar = round(2 * float(rows["distance"].mean()), 1) if leaky else 36.0
    return deriving(rows, {"far": lambda frame: frame["distance"] / bar})


@case(KIND, "captured fitted model", Expected((), "its coefficients equal no statistic: at most they are not assessed"))
def captured_model(leaky: bool) -> Trial:
    """A function adds the probability of a model that was fitted on all rows; the twin has weights from elsewhere."""
    rows = tables.orders()
    if not leaky:
        return deriving(rows, {"first": lambda frame: 0.05 * frame["distance"] + 0.1 * frame["items"]})
    fitted = model().fit(rows[NUMBERS], rows["returned"])

    def first(frame: pd.DataFrame) -> Any:
        return fitted.predict_proba(frame[NUMBERS])[:, 1]

    return deriving(rows, {"first": first})


LIMITS: tuple[Case, ...] = (scaled_before_the_run, names_chosen_beforehand, twice_the_mean, captured_model)
