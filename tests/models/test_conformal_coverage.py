"""How often the truth lies inside, over many simulated tables, alone and after other steps of postprocessing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Calibrate, Conformal, Pipeline, RandomSplit, TuneThreshold

PART = RandomSplit(parts={"calibration": 0.3, "test": 0.4})
FOLDS = RandomSplit(validation=0, test=0.4)


def table(seed: int, rows: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=rows), "z": rng.normal(size=rows), "who": rng.choice(["p", "q"], rows)})
    amount = 2 * frame["x"] + rng.standard_t(4, size=rows) * np.where(frame["who"] == "p", 2.0, 1.0)
    return frame.assign(amount=amount, event=rng.random(rows) < 1 / (1 + np.exp(-2 * frame["x"])))


def covered(target: str, steps: list[Any], split: Any, seed: int) -> tuple[float, pd.DataFrame]:
    frame = table(seed)
    pipeline = Pipeline([split, *steps], target=target, features=["x", "z"], seed=seed)
    run = pipeline.run(frame, track=False, cache=False, verbose=False)
    later = table(seed + 100_000, 2_000)
    said = run.model.predict(later)
    if target == "amount":
        inside = (said["prediction_lower"] <= later["amount"]) & (later["amount"] <= said["prediction_upper"])
    else:
        inside = pd.Series(np.where(later["event"], said["in_set_True"], said["in_set_False"]), index=later.index)
    return float(inside.mean()), inside.groupby(later["who"]).mean()


CASES = {
    "numbers, part": ("amount", [LinearRegression(), Conformal(0.95)], PART),
    "numbers, folds": ("amount", [LinearRegression(), Conformal(0.95)], FOLDS),
    "numbers, groups": ("amount", [LinearRegression(), Conformal(0.95, by="who")], PART),
    "classes, part": ("event", [LogisticRegression(), Conformal(0.95)], PART),
    "classes, folds": ("event", [LogisticRegression(), Conformal(0.95)], FOLDS),
    "in turn, part": ("event", [LogisticRegression(), Calibrate(), TuneThreshold(recall=0.8), Conformal(0.95)], PART),
    "in turn, folds": ("event", [LogisticRegression(), Calibrate("isotonic"), Conformal(0.95)], FOLDS),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_the_truth_lies_inside_as_often_as_asked(case):
    target, steps, split = CASES[case]
    found, groups = zip(*(covered(target, steps, split, seed) for seed in range(25)), strict=True)
    assert 0.93 <= np.mean(found) <= 0.97, np.mean(found)
    by_group = pd.concat(groups, axis=1).mean(axis=1)
    if case == "numbers, groups":
        assert by_group.between(0.93, 0.97).all(), by_group
    elif case == "numbers, part":
        assert by_group["p"] < 0.93 and by_group["q"] > 0.96, "one width for all covers the noisier group too rarely"


def test_the_truth_lies_inside_as_often_as_asked_over_many_calibration_parts():
    rng = np.random.default_rng(0)
    errors = np.abs(rng.standard_t(3, size=(400, 150)))
    from mlsys.models._conforming import conformal_quantile

    reach = np.array([conformal_quantile(each, np.ones(150), 0.95) for each in errors])
    later = np.abs(rng.standard_t(3, size=(400, 500)))
    assert 0.945 <= (later <= reach[:, None]).mean() <= 0.96
