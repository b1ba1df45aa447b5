"""Resampling and augmentation before the split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import dealt, ending
from mlsys import PredefinedSplit, RandomSplit, Resample, Reshape, StratifiedSplit, TrainOnly

KIND = "resampling before the split"
ORDER = "what changes training rows alone stands before the split"
FRAUD = {"target": "fraud"}


def _sampled(sampler: object) -> object:
    """Return the function that resamples all rows by hand."""

    def prepare(frame: pd.DataFrame) -> pd.DataFrame:
        features, target = sampler.fit_resample(frame.drop(columns="fraud"), frame["fraud"])
        return features.assign(fraud=target)

    return prepare


@case(KIND, "imbalanced-learn sampler as a step", Expected((1,), ORDER, ("oversample",)))
def repeats_before_the_split(leaky: bool) -> Trial:
    """RandomOverSampler stands before the split."""
    sample, split = ("oversample", RandomOverSampler(random_state=0)), StratifiedSplit()
    steps = [sample, split, *ending()] if leaky else [split, sample, *ending()]
    by_hand = ByHand(_sampled(RandomOverSampler(random_state=0))) if leaky else ByHand()
    return Trial(lambda: steps, tables.rare(), FRAUD, by_hand=by_hand)


@case(KIND, "TrainOnly step", Expected((1,), ORDER, ("Resample",)))
def smote_before_the_split(leaky: bool) -> Trial:
    """Resample(SMOTE) stands before the split."""
    sample, split = Resample(SMOTE(random_state=0)), StratifiedSplit()
    steps = [sample, split, *ending()] if leaky else [split, sample, *ending()]
    by_hand = ByHand(_sampled(SMOTE(random_state=0))) if leaky else ByHand()
    return Trial(lambda: steps, tables.rare(), FRAUD, by_hand=by_hand)


def mixed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return all rows, and rows that lie between two rows of the same class."""
    made = []
    for _, rows in frame.groupby("fraud"):
        first, second = rows.sample(len(rows) // 3, random_state=1), rows.sample(len(rows) // 3, random_state=2)
        made.append(pd.DataFrame(0.9 * first.to_numpy() + 0.1 * second.to_numpy(), columns=rows.columns))
    return pd.concat([frame, *made], ignore_index=True).astype({"fraud": frame["fraud"].dtype})


class Mix(TrainOnly):
    """Add rows that lie between two rows of the same class."""

    def change(self, train, rng):
        return mixed(pd.DataFrame(train))


@case(KIND, "TrainOnly step of one's own", Expected((1,), ORDER, ("Mix",)))
def mixed_rows_before_the_split(leaky: bool) -> Trial:
    """A step that mixes rows of a class stands before the split."""
    split = StratifiedSplit()
    steps = [Mix(), split, *ending()] if leaky else [split, Mix(), *ending()]
    by_hand = ByHand(mixed) if leaky else ByHand()
    return Trial(lambda: steps, tables.rare(), FRAUD, by_hand=by_hand)


def shaken(frame: pd.DataFrame) -> pd.DataFrame:
    """Return all rows, and of the rare ones four copies with a little noise."""
    rng = np.random.default_rng(7)
    few = frame[frame["fraud"] == 1]
    copies = pd.concat([few] * 4, ignore_index=True)
    features = [name for name in frame.columns if name != "fraud"]
    copies[features] += rng.normal(0, 0.002, copies[features].shape)
    return pd.concat([frame, copies], ignore_index=True)


class Augment(Reshape):
    """Add shaken copies of the rare rows."""

    def reshape(self, frame):
        return shaken(pd.DataFrame(frame))


class AugmentTrain(TrainOnly):
    """Add shaken copies of the rare training rows."""

    def change(self, train, rng):
        return shaken(pd.DataFrame(train))


@case(
    KIND, "Reshape of one's own",
    Expected((2,), "copies of one row, but for a little noise, stand on both sides", ("augment", "RandomSplit")),
)  # fmt: skip
def augmented_by_a_reshape(leaky: bool) -> Trial:
    """A step that may make rows out of all rows adds shaken copies of the rare ones, before the split."""
    split = RandomSplit()
    steps = [Augment(name="augment"), split] if leaky else [split, AugmentTrain(name="augment")]
    by_hand = ByHand(shaken) if leaky else ByHand()
    return Trial(lambda: [*steps, *ending()], tables.rare(), FRAUD, by_hand=by_hand)


@case(
    KIND, "function applied before run",
    Expected((2,), "rows of the rare class lie on lines between rows of the other part", ("RandomSplit",)),
)  # fmt: skip
def smote_before_the_run(leaky: bool) -> Trial:
    """The frame is resampled with SMOTE before the pipeline ever sees it."""
    rows, sampler = tables.rare(), SMOTE(random_state=0)
    if leaky:
        return Trial(lambda: [RandomSplit(), *ending()], _sampled(sampler)(rows), FRAUD)
    return Trial(lambda: [RandomSplit(), Resample(sampler), *ending()], rows, FRAUD)


@case(
    KIND, "function applied before run, parts in a column",
    Expected((2,), "repeated rows of the rare class stand on both sides", ("PredefinedSplit",)),
)  # fmt: skip
def repeated_before_they_were_dealt(leaky: bool) -> Trial:
    """Rare rows are repeated and then dealt to parts; the careful twin deals first and repeats training rows."""
    rows = tables.rare()
    if leaky:
        rows = _sampled(RandomOverSampler(random_state=0))(rows)
        rows["part"] = dealt(len(rows), 103)
    else:
        rows["part"] = dealt(len(rows), 103)
        few = rows[(rows["part"] == "train") & (rows["fraud"] == 1)]
        rows = pd.concat([rows, *[few] * 9], ignore_index=True)
    return Trial(lambda: [PredefinedSplit("part"), *ending()], rows, FRAUD, by_hand=ByHand(split="part"))


CASES: tuple[Case, ...] = (
    repeats_before_the_split,
    smote_before_the_split,
    mixed_rows_before_the_split,
    augmented_by_a_reshape,
    smote_before_the_run,
    repeated_before_they_were_dealt,
)
