"""How a split brings rows to their parts, which leakage checks ask."""

import numpy as np
import pandas as pd
import pytest

from mlsys import (
    GroupFolds,
    GroupSplit,
    KFolds,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    StratifiedSplit,
    TimeFolds,
    TimeSplit,
)
from mlsys.steps import Split


@pytest.mark.parametrize(
    ("split", "deals"),
    [
        (RandomSplit(), "by chance"),
        (StratifiedSplit(), "by chance"),
        (KFolds(3), "by chance"),
        (PredefinedSplit(parts={"train": 0.6, "test": 0.4}), "by chance"),
        (PredefinedSplit("part"), "as given"),
        (GroupSplit(), "by group"),
        (GroupFolds(3), "by group"),
        (TimeSplit(), "by time"),
        (TimeFolds(3), "by time"),
    ],
    ids=repr,
)
def test_each_split_says_how_it_deals(split, deals):
    assert split.deals == deals


class Coin(Split):
    """Parts by chance, as somebody else would write it."""

    said: bool = True

    @property
    def deals(self):
        """As the field says."""
        return "by chance" if self.said else "as given"

    def assign(self, keys, /):
        """Return the part of each row."""
        part = np.random.default_rng(0).choice(["train", "validation", "test"], len(keys), p=[0.6, 0.2, 0.2])
        return pd.Series(part, index=keys.index)


@pytest.mark.parametrize("said", [True, False])
def test_a_group_that_nobody_declared_is_seen_under_a_custom_split_that_deals_by_chance(said):
    rng = np.random.default_rng(1)
    patient = np.repeat(np.arange(150), 8)
    ill = rng.random(150) < 0.4
    frame = pd.DataFrame(
        {"patient": [f"p{n:03}" for n in patient], "pulse": rng.normal(70, 9, len(patient)), "ill": ill[patient] * 1}
    )
    run = Pipeline([Coin(said=said)], target="ill").run(frame, track=False)
    named = [each for each in run.findings if each.code == "LK227" and "patient" in each.columns]
    assert bool(named) is said
