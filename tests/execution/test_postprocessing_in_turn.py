"""Steps of postprocessing in turn: none learns from what an earlier one says of rows that it learned from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Calibrate, Pipeline, Postprocess, RandomSplit, Rows, TuneThreshold
from mlsys.dataset import Roles


class Memorize(Postprocess):
    """Gives rows that it learned from a probability that tells so."""

    def learn(self, calibration: Rows) -> list[str]:
        return calibration["row"].astype(str).tolist()

    def apply(self, predictions: pd.DataFrame, state: list[str]) -> pd.DataFrame:
        known = predictions.index.astype(str).isin(state)
        shares = np.where(known, 1.0, predictions["probability_True"])
        return predictions.assign(probability_True=shares, probability_False=1 - shares)


class Look(Postprocess):
    """Writes down of how many rows it was told that they are known."""

    def learn(self, calibration: Rows) -> float:
        known = (calibration.predictions["probability_True"] == 1.0).sum()
        with open("looked.jsonl", "a") as file:
            file.write(json.dumps([len(calibration), int(known)]) + "\n")
        return 0.0

    def apply(self, predictions: pd.DataFrame, state: float) -> pd.DataFrame:
        return predictions


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "row": range(300)})
    return frame.assign(y=rng.random(300) < 1 / (1 + np.exp(-2 * frame["x"])))


def run(steps: list[Any], rows: pd.DataFrame, split: Any) -> Any:
    pipeline = Pipeline([split, LogisticRegression(), *steps], target="y", id="row", features=["x"])
    return pipeline.run(rows, track=False, cache=False, verbose=False)


SPLITS = [RandomSplit(test=0), RandomSplit(parts={"calibration": 0.4, "validation": 0.2})]


@pytest.mark.parametrize("split", SPLITS, ids=["out of fold", "calibration part"])
def test_no_row_that_an_earlier_step_learned_from_is_shown_as_it_changes_it(rows: pd.DataFrame, split: Any) -> None:
    found = run([Memorize(), Memorize(name="again"), Look()], rows, split)
    where = "calibration" if "calibration" in found.rows else "train"
    assert json.loads(Path("looked.jsonl").read_text().splitlines()[-1]) == [found.rows[where], 0]


@pytest.mark.parametrize("split", SPLITS, ids=["out of fold", "calibration part"])
def test_the_card_says_which_rows_each_step_learned_from(rows: pd.DataFrame, split: Any) -> None:
    found = run([Calibrate(), TuneThreshold(recall=0.8)], rows, split)
    first, second = [said for label, said in found.card.lines if label == "predictions"]
    where = "calibration rows" if "calibration" in found.rows else "training rows, which models of other folds"
    assert first.startswith("Calibrate: ") and where in first and where in second
    assert second.endswith("; after Calibrate, learned without the fold of each row") and "; after" not in first


def test_one_step_alone_learns_from_what_the_model_says(rows: pd.DataFrame) -> None:
    plain, calibrated = run([], rows, SPLITS[1]), run([Calibrate()], rows, SPLITS[1])
    said = plain.predictions["calibration"]
    labelled = rows.set_index(rows["row"]).loc[said.index, ["y"]].join(said)
    alone = Calibrate().learn(Rows.of(labelled, Roles(target="y"), ()))
    assert calibrated.state("Calibrate")["maps"] == alone["maps"]
