"""The same entity on both sides of the split."""

from __future__ import annotations

import pandas as pd

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import dealt, ending
from mlsys import GroupSplit, PredefinedSplit, RandomSplit, Split

KIND = "same entity on both sides"
BOTH = "visits of one patient stand on both sides, and the patient is declared as the group"
VISITS = {"target": "relapse", "group": "patient"}


@case(KIND, "random split", Expected((2,), BOTH, ("RandomSplit",), ("patient",)))
def patients_dealt_by_visit(leaky: bool) -> Trial:
    """Visits are dealt at random, although a patient has six of them."""
    split = RandomSplit() if leaky else GroupSplit()
    by_hand = ByHand(split="random" if leaky else "group")
    return Trial(lambda: [split, *ending()], tables.visits(), VISITS, by_hand=by_hand)


@case(KIND, "parts in a column", Expected((2,), BOTH, ("PredefinedSplit",), ("patient",)))
def parts_by_visit(leaky: bool) -> Trial:
    """The part column was drawn for each visit, not for each patient."""
    rows = tables.visits()
    names = sorted(rows["patient"].unique())
    of_patient = rows["patient"].map(dict(zip(names, dealt(len(names), 104), strict=True)))
    rows["part"] = dealt(len(rows), 104) if leaky else of_patient.astype("str")
    return Trial(lambda: [PredefinedSplit("part"), *ending()], rows, VISITS, by_hand=ByHand(split="part"))


class LastVisit(Split):
    """Judge by visits from the fifth on, or by patients from the 240th on."""

    by_visit: bool

    @property
    def key_columns(self):
        return ("visit",)

    def assign(self, keys):
        late = keys["visit"] > 4 if self.by_visit else keys["group"] >= "P0240"
        return pd.Series("train", index=keys.index).mask(late, "validation")


@case(KIND, "Split of one's own", Expected((2,), BOTH, ("LastVisit",), ("patient",)))
def judged_by_later_visits(leaky: bool) -> Trial:
    """A split of one's own judges by the last visits of patients whose first visits train."""
    by_hand = ByHand(split="random" if leaky else "group")
    return Trial(lambda: [LastVisit(leaky), *ending()], tables.visits(), VISITS, by_hand=by_hand)


@case(
    KIND, "parts given as frames",
    Expected((2,), "ids of judged rows are ids of training rows", columns=("order",)),
)  # fmt: skip
def snapshots_of_the_same_orders(leaky: bool) -> Trial:
    """The validation frame is a later snapshot of some of the training orders."""
    rows = tables.orders()
    train, judged = rows[:1_600], rows[1_600:]
    if leaky:
        judged = train.sample(800, random_state=24)
        judged = judged.assign(age=judged["age"] + 0.5, distance=judged["distance"] * 1.3, amount=judged["amount"] + 2)
    return Trial(
        lambda: ending("city", "channel"),
        {"train": train, "validation": judged},
        {"target": "returned", "id": "order"},
        by_hand=ByHand(),
    )


CASES: tuple[Case, ...] = (
    patients_dealt_by_visit,
    parts_by_visit,
    judged_by_later_visits,
    snapshots_of_the_same_orders,
)
