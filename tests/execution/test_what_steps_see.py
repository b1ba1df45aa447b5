"""What reaches a hook: training rows and nothing else, whatever the step and whoever judges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from mlsys import (
    Calibrate,
    Impute,
    Model,
    Pipeline,
    Postprocess,
    RandomSplit,
    Report,
    Result,
    Rows,
    Train,
    TrainOnly,
    Transform,
)
from mlsys.summaries import Counts


def remember(who: str, rows: pd.DataFrame) -> None:
    """Write down in the test's folder: what a hook reaches in memory would be searched for leaks, for minutes."""
    with open("seen.jsonl", "a") as file:
        file.write(json.dumps([who, (rows["row"] if "row" in rows else rows.index).tolist()]) + "\n")


def seen() -> dict[str, list[frozenset[int]]]:
    calls: dict[str, list[frozenset[int]]] = {}
    for line in Path("seen.jsonl").read_text().splitlines():
        who, rows = json.loads(line)
        calls.setdefault(who, []).append(frozenset(rows))
    return calls


class SpyTransform(Transform):
    def learn(self, train: Rows) -> int:
        remember("transform", train)
        return len(train)

    def apply(self, frame: pd.DataFrame, state: int) -> pd.DataFrame:
        return frame


class SpySummary(Transform):
    columns: tuple[str, ...] = ("row", "price")

    def columns_read(self, columns: Any) -> tuple[str, ...]:
        return self.columns

    def summarize(self, part: Rows, partial: Any = None) -> Counts:
        remember("summary", part)
        return Counts.of(part["row"])

    def finish(self, summary: Counts) -> int:
        return len(summary.ordered(top=None))

    def apply(self, frame: pd.DataFrame, state: int) -> pd.DataFrame:
        return frame


class SpyCrossFit(Transform):
    def learn(self, train: Rows) -> float:
        remember("cross-fit", train)
        return float(train["price"].mean())

    def apply(self, frame: pd.DataFrame, state: float) -> pd.DataFrame:
        return frame.assign(mean=state)

    def apply_cross_fitted(self, part: Rows, fold_states: Any) -> pd.DataFrame:
        assert part.folds is not None
        return pd.DataFrame(part).assign(mean=np.asarray(fold_states)[part.folds])


class SpyResampler(TrainOnly):
    """Repeats rows and spoils a column: held-out rows must show neither."""

    def learn(self, train: Rows) -> int:
        remember("resampler", train)
        return len(train)

    def change(self, train: Rows, rng: np.random.Generator, state: int) -> pd.DataFrame:
        remember("resampler", train)
        return pd.concat([train, train]).assign(spoilt=1.0)


class SpyModel(Model):
    def learn(self, train: Rows) -> float:
        remember("model", train)
        return float(train.y.mean())

    def predict(self, frame: pd.DataFrame, rate: float) -> pd.DataFrame:
        return pd.DataFrame(
            {"prediction": 1, "probability_0": 1 - rate, "probability_1": rate + 0 * frame["price"]}, index=frame.index
        )


class SpyPostprocess(Postprocess):
    def learn(self, calibration: Rows) -> float:
        remember("postprocess", calibration)
        return 0.0

    def apply(self, predictions: pd.DataFrame, state: float) -> pd.DataFrame:
        return predictions


class SpyReport(Report):
    def report(self, dataset: Any) -> Result:
        for part in dataset:
            remember(f"report {part}", dataset[part])
        return Result("spy", pd.DataFrame({"part": list(dataset)}))


@pytest.fixture
def rows(shop: pd.DataFrame) -> pd.DataFrame:
    return shop[["price", "returned"]].assign(row=shop.index, spoilt=0.0)


EVERYONE = [SpyTransform(), SpySummary(), SpyCrossFit(), SpyResampler(), SpyModel(), SpyPostprocess(), SpyReport()]
LEARNERS = ["transform", "summary", "cross-fit", "resampler", "model", "postprocess"]


def test_no_held_out_row_reaches_a_hook_that_learns(rows: pd.DataFrame) -> None:
    run = Pipeline([RandomSplit(), *EVERYONE], target="returned", id="row").run(rows, track=False)
    train = frozenset(run.frame("train", after="RandomSplit")["row"])
    before = seen()
    assert set(before) >= set(LEARNERS)
    for who in LEARNERS:
        assert frozenset().union(*before[who]) == train, who
    run.final_test()
    after = seen()
    assert {who: len(after[who]) for who in LEARNERS} == {
        who: len(before[who]) for who in LEARNERS
    }  # nothing learns again


def test_reports_see_open_parts_and_the_test_rows_only_once_opened(rows: pd.DataFrame) -> None:
    run = Pipeline([RandomSplit(), *EVERYONE], target="returned").run(rows, track=False)
    assert {who for who in seen() if who.startswith("report")} == {"report train", "report validation"}
    run.final_test()
    opened = seen()
    held_out = opened["report test"][0]
    assert not held_out & frozenset().union(*opened["transform"], *opened["report validation"])
    assert len(held_out) == run.rows["test"]


def test_folds_keep_each_judged_row_from_the_tail_that_judges_it(rows: pd.DataFrame) -> None:
    pipeline = Pipeline([SpyTransform(), SpyModel()], target="returned")
    run = pipeline.run(rows, track=False)
    divided = run._live.execution.divided
    assert divided is not None and len(divided.folds) == 5
    everyone = frozenset(run.frame("train")["row"])
    assert run.rows["test"] > 0 and len(everyone) == run.rows["train"]
    for who in ("transform", "model"):
        *inside, last = seen()[who]
        assert len(inside) == 5 and last == everyone
        judged = [everyone - taught for taught in inside]
        assert sum(map(len, judged)) == len(everyone) and frozenset().union(*judged) == everyone


def test_a_calibration_part_is_what_a_postprocess_learns_from(rows: pd.DataFrame) -> None:
    part = np.random.default_rng(0).choice(["train", "calibration", "validation"], len(rows), p=[0.6, 0.2, 0.2])
    parts = {str(name): rows[part == name] for name in np.unique(part)}
    Pipeline([SpyModel(), SpyPostprocess()], target="returned").run(parts, track=False)
    assert seen()["model"] == [frozenset(parts["train"].index)]
    assert seen()["postprocess"] == [frozenset(parts["calibration"].index)]


def test_without_a_calibration_part_each_row_is_predicted_by_a_model_that_did_not_see_it(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([RandomSplit(), SpyModel(), SpyPostprocess()], target="returned", features=["price"])
    run = pipeline.run(shop.assign(row=shop.index), track=False)
    train = frozenset(run.frame("train", after="RandomSplit")["row"])
    first, *crossed = seen()["model"]
    assert first == train and len(crossed) > 1
    left_out = [train - taught for taught in crossed]
    assert frozenset().union(*left_out) == train and sum(map(len, left_out)) == len(train)


def test_repeated_rows_are_calibrated_by_models_that_saw_no_copy_of_them(rows: pd.DataFrame) -> None:
    steps = [RandomSplit(), SpyResampler(), SpyModel(), SpyPostprocess()]
    run = Pipeline(steps, target="returned", id="row").run(rows, track=False)
    train = frozenset(run.frame("train", after="RandomSplit")["row"])
    first, *crossed = seen()["model"]
    left_out = [train - taught for taught in crossed]
    assert first == train and len(crossed) > 1
    assert frozenset().union(*left_out) == train and sum(map(len, left_out)) == len(train)
    assert seen()["postprocess"] == [train]


def test_calibration_undoes_what_repeating_a_class_did_to_the_probabilities() -> None:
    class RepeatEvents(TrainOnly):
        def change(self, train: Rows, rng: np.random.Generator) -> pd.DataFrame:
            return pd.concat([train, *[train[train.y == 1]] * 6])

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=4_000), "b": rng.normal(size=4_000)})
    frame["y"] = (rng.random(4_000) < 1 / (1 + np.exp(2.5 - frame["a"]))).astype(int)
    forest = Train(RandomForestClassifier(40, min_samples_leaf=5))
    said, loss = {}, {}
    for label, steps in {"plain": [], "repeated": [RepeatEvents()]}.items():
        run = Pipeline([RandomSplit(), *steps, forest, Calibrate()], target="y").run(frame, track=False)
        predicted = run.predictions["validation"]["probability_1"]
        said[label] = predicted.mean()
        loss[label] = log_loss(frame.loc[predicted.index, "y"], predicted)
    assert said["repeated"] == pytest.approx(frame["y"].mean(), abs=0.03)
    assert loss["repeated"] == pytest.approx(loss["plain"], abs=0.03)


def test_train_only_changes_training_rows_alone(rows: pd.DataFrame) -> None:
    run = Pipeline([RandomSplit(), SpyResampler(), SpyModel()], target="returned").run(rows, track=False)
    train, validation = run.frame("train", after="SpyResampler"), run.frame("validation", after="SpyResampler")
    assert len(train) == 2 * run.rows["train"] and (train["spoilt"] == 1).all() and train.index.is_unique
    pd.testing.assert_frame_equal(validation, run.frame("validation", after="RandomSplit"))
    assert (validation["spoilt"] == 0).all()
    assert run.predictions["validation"].index.equals(validation.index)
    assert "SpyResampler" not in [name for name, _ in run.model.steps]


def test_rows_kept_under_none_reach_nobody(shop: pd.DataFrame) -> None:
    frame = shop[["price", "returned"]].assign(row=shop.index)
    frame["returned"] = frame["returned"].astype("Int64").mask(frame["row"] % 10 == 0)
    run = Pipeline([RandomSplit(), SpyTransform(), SpyModel()], target="returned").run(frame, track=False)
    assert run.rows["none: label unknown"] == 200
    assert all(row % 10 for taught in seen()["transform"] + seen()["model"] for row in taught)


def test_a_calibrated_model_is_judged_on_rows_that_nothing_learned_from(shop: pd.DataFrame) -> None:
    steps = [RandomSplit(), Impute(), Train(LogisticRegression(max_iter=500)), Calibrate()]
    run = Pipeline(steps, target="returned", features=["price", "days_since_last"]).run(shop, track=False)
    assert run.evaluation is not None and run.evaluation.part == "validation" and run.evaluation.contaminated == ""


def test_judging_on_what_was_learned_from_is_said_and_refused(shop: pd.DataFrame) -> None:
    from mlsys import Evaluate, Gate, metric

    part = np.random.default_rng(0).choice(["train", "calibration", "validation"], len(shop), p=[0.6, 0.2, 0.2])
    parts = {str(name): shop[part == name] for name in np.unique(part)}
    steps = [Train(LogisticRegression(max_iter=500)), Calibrate(), Evaluate(on="calibration")]
    run = Pipeline(steps, target="returned", features=["price"]).run(parts, track=False)
    assert "Calibrate learned from calibration, so these numbers are no estimate" in repr(run)
    registration = run.register("never", gate=Gate(metric("roc_auc").value >= 0.0))
    assert not registration
    assert registration.terms.set_index("term")["verdict"]["evaluated on untouched rows"] == "fail"
