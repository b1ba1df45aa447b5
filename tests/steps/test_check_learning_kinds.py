"""check_step passes a right step of each kind after the split, and catches wrong ones by the check meant for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MinMaxScaler

from mlsys import Model, Postprocess, Report, Result, Sink, Step, TrainOnly, Transform
from mlsys.testing import StepCheckFailed, check_step


class Center(Transform):
    def learn(self, train):
        return float(train["price"].mean())

    def apply(self, frame, mean):
        return frame.assign(price=frame["price"] - mean)


class CentersEachBatch(Center):
    """What it learned is not what it uses."""

    def apply(self, frame, mean):
        return frame.assign(price=frame["price"] - frame["price"].mean())


class SumsInOrder(Center):
    """Float sums depend on how the rows are cut."""

    def summarize(self, part, partial=None):
        return np.array([part["price"].sum(), len(part)])

    def finish(self, summary):
        return float(summary[0] / summary[1])


class Strict(Transform):
    """Knows what it saw and stops at everything else."""

    def learn(self, train):
        return {str(level): place for place, level in enumerate(sorted(train["country"].unique()))}

    def apply(self, frame, places):
        return frame.assign(country=[places[level] for level in frame["country"]])


class TargetMean(Transform):
    def learn(self, train):
        return {"all": float(train.y.mean()), **train.y.groupby(train["country"]).mean().to_dict()}

    def apply(self, frame, means):
        return frame.assign(country=frame["country"].map(means).fillna(means["all"]).astype(float))

    def apply_cross_fitted(self, part, fold_states):
        pieces = [self.apply(pd.DataFrame(part)[part.folds == fold], state) for fold, state in enumerate(fold_states)]
        return pd.concat(pieces).loc[part.index]


class TargetMeanOfOneFold(TargetMean):
    """Uses one fold's state for all rows, so that most rows see their own target."""

    def apply_cross_fitted(self, part, fold_states):
        return self.apply(pd.DataFrame(part), fold_states[0])


class FitsItsField(Transform):
    """Fits the estimator it was configured with, rather than a clone."""

    scaler: Any

    def learn(self, train):
        return self.scaler.fit(train[["price"]])

    def apply(self, frame, scaler):
        return frame.assign(price=scaler.transform(frame[["price"]])[:, 0])


class Counts(Transform):
    """Counts what it is applied to, in its state."""

    def learn(self, train):
        return {"seen": 0}

    def apply(self, frame, state):
        state["seen"] += len(frame)
        return frame


class Under(TrainOnly):
    def change(self, train, rng):
        return pd.DataFrame(train)[(train.y == 1) | (rng.random(len(train)) < 0.3)]


class LosesIds(Under):
    """Numbers the rows anew."""

    def change(self, train, rng):
        return super().change(train, rng).reset_index(drop=True)


class Rate(Model):
    def learn(self, train):
        return train.y.groupby(train["country"]).mean().to_dict()

    def predict(self, frame, rates):
        share = frame["country"].map(rates).fillna(0.5).astype(float)
        return pd.DataFrame(
            {"prediction": (share > 0.5).astype(int), "probability_0": 1 - share, "probability_1": share}
        )


class Scores(Rate):
    """Calls scores probabilities."""

    def predict(self, frame, rates):
        return super().predict(frame, rates).assign(probability_1=2.0)


class RanksTheBatch(Rate):
    """The best half of whatever comes is positive."""

    def predict(self, frame, rates):
        made = super().predict(frame, rates)
        return made.assign(prediction=(made["probability_1"].rank(pct=True) > 0.5).astype(int))


class Shrink(Postprocess):
    def learn(self, calibration):
        return float(calibration.y.mean())

    def apply(self, predictions, share):
        one = 0.5 * predictions["probability_1"] + 0.5 * share
        return predictions.assign(probability_0=1 - one, probability_1=one)


class ShrinksOneClass(Shrink):
    """Changes one probability and leaves the other."""

    def apply(self, predictions, share):
        return predictions.assign(probability_1=0.5 * predictions["probability_1"])


class Sizes(Report):
    def report(self, dataset):
        table = pd.DataFrame({"part": list(dataset), "rows": [len(dataset[part]) for part in dataset]})
        return Result("sizes", table, scalars={"parts": float(len(dataset))})


class SizesAsText(Report):
    """Mixes numbers and words in one column."""

    def report(self, dataset):
        return Result("sizes", pd.DataFrame({"rows": [*(len(dataset[part]) for part in dataset), "all"]}))


class MarksRows(Sizes):
    """Adds its own column to the rows it looks at."""

    def report(self, dataset):
        for part in dataset.values():
            part["error"] = 0.0
        return super().report(dataset)


class ToCSV(Sink):
    path: str

    def write(self, rows):
        for part, table in rows.items():
            draft = Path(f"{self.path}-{part}.tmp")
            try:
                draft.write_text("".join(frame.to_csv() for frame in table.frames()))
                draft.rename(f"{self.path}-{part}.csv")
            finally:
                draft.unlink(missing_ok=True)


class ToCSVDirectly(ToCSV):
    """Leaves half a file when rows stop coming."""

    def write(self, rows):
        for part, table in rows.items():
            with Path(f"{self.path}-{part}.csv").open("w") as file:
                for frame in table.frames():
                    frame.to_csv(file)


class Appends(ToCSV):
    def write(self, rows):
        for part, table in rows.items():
            table.frame().to_csv(f"{self.path}-{part}.csv", mode="a")


@pytest.fixture(scope="module")
def orders(shop: pd.DataFrame) -> pd.DataFrame:
    first = shop.head(300).set_axis(np.arange(1000, 1300))
    share = np.linspace(0.1, 0.9, len(first))
    predicted = {"prediction": (share > 0.5).astype(int), "probability_0": 1 - share, "probability_1": share}
    return first.assign(**predicted)


ROLES = {"target": "returned", "time": "ordered"}
RIGHT: list[Step] = [Center(), TargetMean(), Under(), Rate(), Shrink(), Sizes(), ToCSV("out")]
WRONG: list[tuple[Step, str]] = [
    (CentersEachBatch(), "row_local"),
    (SumsInOrder(), "partition_invariant"),
    (Strict(), "unseen_values"),
    (TargetMeanOfOneFold(), "cross_fitted"),
    (FitsItsField(MinMaxScaler()), "learns_nothing_aside"),
    (Counts(), "state_unchanged"),
    (LosesIds(), "changed_rows_have_ids"),
    (Scores(), "predictions"),
    (RanksTheBatch(), "row_local"),
    (ShrinksOneClass(), "predictions"),
    (SizesAsText(), "returns_result"),
    (MarksRows(), "input_unchanged"),
    (ToCSVDirectly("out"), "writes_atomically"),
    (Appends("out"), "writes_atomically"),
]
KINDS = {"Transform", "TrainOnly", "Model", "Postprocess", "Report", "Sink"}


def named(step: Any) -> str:
    return step.title if isinstance(step, Step) else str(step)


@pytest.mark.parametrize("step", RIGHT, ids=named)
def test_right_steps_pass(step: Step, orders: pd.DataFrame) -> None:
    assert check_step(step, orders, **ROLES).ok


@pytest.mark.parametrize(("step", "check"), WRONG, ids=named)
def test_wrong_steps_are_caught_by_the_check_that_names_the_mistake(
    step: Step, check: str, orders: pd.DataFrame
) -> None:
    report = check_step(step, orders, raise_on_failure=False, **ROLES)
    assert check in report.failed, report
    with pytest.raises(StepCheckFailed, match=check):
        check_step(step, orders, **ROLES)


@pytest.mark.parametrize(("steps"), [RIGHT, [step for step, _ in WRONG]], ids=["right", "wrong"])
def test_every_kind_is_tried(steps: list[Step]) -> None:
    assert {step.kind for step in steps} == KINDS


def test_nothing_is_left_behind_and_the_data_is_as_it_was(orders: pd.DataFrame, tmp_path: Path) -> None:
    before = orders.copy(deep=True)
    for step in (MarksRows(), Appends("out"), ToCSV("out")):
        check_step(step, orders, raise_on_failure=False, **ROLES)
    pd.testing.assert_frame_equal(orders, before)
    assert not list(tmp_path.iterdir())
