"""Duplicates: rows that stand on both sides of the split, exactly or nearly."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import dealt, ending, model
from mlsys import Apply, GroupSplit, PredefinedSplit, RandomSplit, Select, TimeSplit

KIND = "duplicates across the split"
EXACT = "judged rows equal training rows in all features, and numbers this fine do not meet by chance"
NEAR = "judged rows are copies of training rows but for noise, far nearer than training rows are to one another"
DEFECT = {"target": "defect"}


def _repeated(share: float, seed: int) -> pd.DataFrame:
    """Specimens, some of which were entered twice."""
    rows = tables.specimens()
    again = rows.sample(frac=share, random_state=seed)
    return pd.concat([rows, again]).sample(frac=1.0, random_state=seed, ignore_index=True)


class FirstOfEach(Select):
    """Keep the first of rows that are equal in some columns."""

    columns: tuple[str, ...]

    def keep(self, frame, rng):
        return ~frame.duplicated(list(self.columns))


@case(KIND, "rows entered twice, random split", Expected((2,), EXACT, ("RandomSplit",)))
def entered_twice(leaky: bool) -> Trial:
    """Three in ten rows stand twice, and the split is told to deal them row by row."""

    def steps() -> list[object]:
        return [RandomSplit(keep_duplicates_together=False) if leaky else RandomSplit(), *ending()]

    by_hand = ByHand() if leaky else ByHand(lambda frame: frame.drop_duplicates(ignore_index=True))
    return Trial(steps, _repeated(0.3, 1), DEFECT, by_hand=by_hand)


@case(KIND, "rows entered twice, parts in a column", Expected((2,), EXACT, ("PredefinedSplit",)))
def entered_twice_dealt_by_hand(leaky: bool) -> Trial:
    """Rows are dealt to parts by ``train_test_split`` before repeats are removed."""
    rows = _repeated(0.3, 2)
    if not leaky:
        rows = rows.drop_duplicates(ignore_index=True)
    rows["part"] = dealt(len(rows), 102)
    return Trial(lambda: [PredefinedSplit("part"), *ending()], rows, DEFECT, by_hand=ByHand(split="part"))


@case(KIND, "parts given as frames", Expected((2,), EXACT))
def frames_that_share_rows(leaky: bool) -> Trial:
    """A third of the validation frame was copied from the training frame."""
    rows = tables.specimens()
    train, judged = rows[:1000], rows[1000:]
    if leaky:
        judged = pd.concat([judged, train.sample(250, random_state=3)], ignore_index=True)
    return Trial(ending, {"train": train, "validation": judged}, DEFECT)


@case(KIND, "monthly export, split by time", Expected((2,), EXACT, ("TimeSplit",)))
def exported_again(leaky: bool) -> Trial:
    """Open records are exported again the next month, so that old rows come back with a new date."""
    rows = tables.purchases().drop(columns="customer")
    again = rows.sample(frac=0.4, random_state=4)
    again["ordered"] = again["ordered"] + pd.Timedelta("90D")
    rows = pd.concat([rows, again]).sort_values("ordered", ignore_index=True)
    first = [] if leaky else [FirstOfEach(("order",))]
    return Trial(
        lambda: [*first, TimeSplit(validation=0.2, test=0.2), *ending("city", "channel")],
        rows,
        {"target": "returned", "time": "ordered", "exclude": ["order"]},
        by_hand=ByHand(
            split="time",
            drop=("order",),
            prepare=(lambda f: f) if leaky else (lambda f: f.drop_duplicates("order", ignore_index=True)),
        ),
    )


@case(KIND, "measured twice, jitter on all columns", Expected((2,), NEAR, ("RandomSplit",)))
def measured_twice(leaky: bool) -> Trial:
    """Half of the specimens were measured a second time; a random split deals the two measurements apart."""
    rng = np.random.default_rng(5)
    rows = tables.specimens()
    rows["specimen"] = np.arange(len(rows))
    again = rows.sample(frac=0.5, random_state=5)
    features = list(rows.columns[:6])
    again[features] += rng.normal(0, 0.002, again[features].shape)
    rows = pd.concat([rows, again]).sample(frac=1.0, random_state=5, ignore_index=True)
    if leaky:
        return Trial(
            lambda: [RandomSplit(), *ending()],
            rows,
            {**DEFECT, "exclude": ["specimen"]},
            by_hand=ByHand(drop=("specimen",)),
        )
    return Trial(
        lambda: [GroupSplit(), *ending()],
        rows,
        {**DEFECT, "group": "specimen"},
        by_hand=ByHand(split="group"),
    )


@case(KIND, "texts edited a little", Expected((2,), NEAR, ("RandomSplit",), ("text",)))
def edited_texts(leaky: bool) -> Trial:
    """Two in five tickets were sent again with one word changed; a random split deals the versions apart."""
    rng = np.random.default_rng(6)
    rows = tables.tickets()
    rows["thread"] = np.arange(len(rows))
    again = rows.sample(frac=0.4, random_state=6)
    again["text"] = [_edited(text, rng) for text in again["text"]]
    again["urgency"] += rng.normal(0, 0.5, len(again))
    rows = pd.concat([rows, again]).sample(frac=1.0, random_state=6, ignore_index=True)
    rows["text"] = rows["text"].astype("str")
    rest = [Apply(TfidfVectorizer(max_features=120), columns=["text"]), model()]
    if leaky:
        return Trial(
            lambda: [RandomSplit(), *rest],
            rows,
            {"target": "escalated", "exclude": ["thread"]},
            by_hand=ByHand(drop=("thread",)),
        )
    return Trial(
        lambda: [GroupSplit(), *rest],
        rows,
        {"target": "escalated", "group": "thread"},
        by_hand=ByHand(split="group"),
    )


def _edited(text: str, rng: np.random.Generator) -> str:
    words = text.split()
    words[int(rng.integers(2, len(words)))] = "please"
    return " ".join(words)


CASES: tuple[Case, ...] = (
    entered_twice,
    entered_twice_dealt_by_hand,
    frames_that_share_rows,
    exported_again,
    measured_twice,
    edited_texts,
)
