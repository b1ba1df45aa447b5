"""No test set: the model is judged by rows that it learned from."""

from __future__ import annotations

import pandas as pd

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import ORDERS, dealt, ending, model
from mlsys import Evaluate, Impute, OneHot, PredefinedSplit, Standardize, StratifiedSplit

KIND = "no test set; judged on training rows"


@case(
    KIND, "scikit-learn estimator before the split",
    Expected((1,), "a model that stands before the split learns from the rows it is judged by", ("Train",)),
)  # fmt: skip
def model_before_the_split(leaky: bool) -> Trial:
    """The estimator stands before the split."""
    split, rest = StratifiedSplit(), [Impute(), OneHot(["city", "channel"]), Standardize()]
    steps = [*rest, model(), split] if leaky else [split, *rest, model()]
    by_hand = ByHand(drop=("order",), deed="fit all" if leaky else "")
    return Trial(lambda: steps, tables.orders(), ORDERS, by_hand=by_hand)


@case(
    KIND, "argument of a report",
    Expected((1,), "training rows give no estimate; the order shows that they are asked for", ("Evaluate",)),
)  # fmt: skip
def evaluated_on_train(leaky: bool) -> Trial:
    """The evaluation is told to judge by the training part."""

    def steps() -> list[object]:
        return [StratifiedSplit(), *ending("city", "channel"), Evaluate(on="train" if leaky else None)]

    by_hand = ByHand(drop=("order",), deed="assess train" if leaky else "")
    return Trial(steps, tables.orders(), ORDERS, by_hand=by_hand)


@case(
    KIND, "one frame under two names",
    Expected((2,), "all judged rows carry ids that training rows have", columns=("order",)),
)  # fmt: skip
def one_frame_twice(leaky: bool) -> Trial:
    """The training frame is handed in as the validation frame as well."""
    rows = tables.orders()
    half = len(rows) // 2
    parts = {"train": rows[:half], "validation": rows[:half] if leaky else rows[half:]}
    return Trial(lambda: ending("city", "channel"), parts, ORDERS, by_hand=ByHand(drop=("order",)))


@case(
    KIND, "part column made by hand",
    Expected((2,), "every judged row equals a training row in all columns", ("PredefinedSplit",)),
)  # fmt: skip
def training_rows_appended(leaky: bool) -> Trial:
    """A sample of the training rows is appended as validation rows in place of rows set aside."""
    rows = tables.orders().drop(columns="order")
    rows["part"] = dealt(len(rows), 101)
    if leaky:
        judged = rows[rows["part"] == "train"].sample(frac=0.4, random_state=0).assign(part="validation")
        rows = pd.concat([rows[rows["part"] != "validation"], judged], ignore_index=True)
    return Trial(
        lambda: [PredefinedSplit("part"), *ending("city", "channel")],
        rows,
        {"target": "returned"},
        by_hand=ByHand(split="part"),
    )


CASES: tuple[Case, ...] = (model_before_the_split, evaluated_on_train, one_frame_twice, training_rows_appended)
