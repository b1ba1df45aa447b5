"""Every public step works on partitions with the same bytes, or its plan says beforehand what it gathers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, RandomSplit, ReadParquet, Run, Train
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps import Model, Source
from mlsys.steps.gathering import Extent
from mlsys.tables import Partition

from .test_public_steps import CASES

FEW = 50
"""Rows in memory: four times as many are gathered, and more are refused."""
ROLES = {"target": "returned"}
BATCHES = {"Train_3"}
"""Fed in batches of rows that are not in memory, and fitted at once to those that are."""


OTHERWISE: dict[str, Any] = {"Train_3": {"classes": [0, 1]}}
PRODUCTS = {"Train_2", "Stacking"}
"""Predict by a product of matrices, whose last bits depend on how many rows are computed at once."""


class InPieces(Source):
    """Rows of a frame, in pieces of which none is held."""

    frame: Any
    pieces: int

    def open(self):
        ends = np.linspace(0, len(self.frame), self.pieces + 1).astype(int)
        places = [slice(start, stop) for start, stop in zip(ends[:-1], ends[1:], strict=True)]
        return [Partition(p.stop - p.start, Piece(self.frame.iloc[p]), f"rows {p.start}") for p in places]

    def extent(self):
        return Extent(len(self.frame), 80.0)


class Piece:
    """Reads some rows of a frame."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __call__(self, columns: Any) -> pd.DataFrame:
        return self.frame if columns is None else self.frame[list(columns)]


class LaterIsLikelier(Model):
    """Predicts from the hour; learns nothing that depends on how rows come."""

    def start(self, rng):
        return {"middle": 12}

    def learn_part(self, part, state, rng):
        return state

    def predict(self, frame, state):
        share = 1 / (1 + np.exp(-(frame["hour"] - state["middle"]) / 4))
        said = {"prediction": (share > 0.5).astype(int), "probability_0": 1 - share, "probability_1": share}
        return pd.DataFrame(said, index=frame.index)


def orders(shop: pd.DataFrame) -> pd.DataFrame:
    first = shop.iloc[::5].set_axis(np.arange(400))
    return first.assign(country=first["country"].where(np.arange(400) % 17 > 0), hour=first["ordered"].dt.hour)


def pipeline_of(name: str, data: pd.DataFrame, pieces: int) -> Pipeline:
    """Return a pipeline with a step of the catalogue where its kind stands."""
    step, given, roles = CASES[name](data)
    frame = pd.concat(given.values()) if isinstance(given, dict) else given
    roles = {role: column for role, column in roles.items() if column in frame}
    step = step.with_(**OTHERWISE.get(name, {}))
    Path("out.db").unlink(missing_ok=True)
    kind, source = step.kind, InPieces(frame.reset_index(drop=True), pieces)
    if kind in {"Reshape", "Select", "History", "Label", "RowTransform", "Split"}:
        return Pipeline([source, step], **roles)
    if kind in {"Postprocess", "Report", "Sink"}:
        frame = frame.drop(columns=[each for each in frame if str(each).startswith(("prediction", "probability"))])
        steps = [InPieces(frame.reset_index(drop=True), pieces), RandomSplit(), LaterIsLikelier(), step]
        return Pipeline(steps, **(roles | ROLES), features=["hour"])
    return Pipeline([source, RandomSplit(), step], **roles)


def outcome(run: Run, name: str) -> dict[str, Any]:
    """Return the rows after a step, its state and its reports as they can be compared."""
    parts = [part for part in ("all", "train", "validation") if part in run.rows]
    found: dict[str, Any] = {part: run.frame(part, after=name) for part in parts}
    try:
        found["state"] = digest(run.state(name))
    except ValueError:  # it learns nothing
        pass
    return found | {f"report {title}": result.table for title, result in run.reports.items()}


def assert_same(one: dict[str, Any], other: dict[str, Any], *, exactly: bool) -> None:
    assert list(one) == list(other)
    for name, value in one.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(other[name], value, check_exact=exactly, rtol=1e-12, obj=name)
        else:
            assert other[name] == value, name


TRIED = [name for name, make in CASES.items() if not name.startswith("Read")]


@pytest.mark.quick(every=5)
@pytest.mark.parametrize("name", TRIED)
def test_a_step_gives_equal_bytes_on_partitions_or_its_plan_says_that_it_gathers(name: str, shop: pd.DataFrame) -> None:
    data = orders(shop)
    pipeline = pipeline_of(name, data, 3)
    kind = type(CASES[name](data)[0])
    step, gathers = next((each.name, each.step.gathers) for each in pipeline.planned if type(each.step) is kind)
    said = [note for note in pipeline.plan().notes if note.startswith(f"{step}: gathers")]
    assert len(said) == (gathers is not None)
    whole_needed = gathers is not None and not gathers.columns
    found = []
    for pieces in (1, 3, 7):
        with override(rows_in_memory=399 if whole_needed else FEW):
            run = pipeline_of(name, data, pieces).run(track=False, cache=False, verbose=False)
        with override(rows_in_memory=399):  # to look at the rows
            found.append(outcome(run, step))
    first, *others = found[1:] if name in BATCHES else found
    for each in others:
        assert_same(first, each, exactly=name not in PRODUCTS)


def test_a_plan_says_the_size_of_what_is_gathered_and_what_will_be_refused() -> None:
    pd.DataFrame({"x": np.arange(400) * 1.0, "word": "a", "y": np.arange(400) % 2}).to_parquet("rows.parquet")
    pipeline = Pipeline([ReadParquet("rows.parquet"), RandomSplit(), Train(LogisticRegression())], target="y")
    assert not [note for note in pipeline.plan().notes if "gathers" in note]  # all fits into memory
    with override(rows_in_memory=FEW):
        said = [note for note in pipeline.plan().notes if note.startswith("Train: gathers")]
    assert said == [
        "Train: gathers training rows with all columns: at most 400 rows, about 0 MiB; refused beyond 200 rows "
        "(4 x MLSYS_ROWS_IN_MEMORY)"
    ]


def test_a_plan_of_a_folder_that_is_not_there_says_nothing_of_sizes() -> None:
    plan = Pipeline([ReadParquet("nowhere"), RandomSplit(), Train(LogisticRegression())], target="y").plan()
    assert not [note for note in plan.notes if "gathers" in note]


def test_a_plan_says_where_workers_would_train_a_model_together() -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="workers train boosters together")
    pd.DataFrame({"x": np.arange(400) * 1.0, "y": np.arange(400) % 2}).to_parquet("rows.parquet")
    models = lightgbm.LGBMClassifier(class_weight="balanced"), lightgbm.LGBMClassifier()
    with override(rows_in_memory=FEW):
        plans = [Pipeline([ReadParquet("rows.parquet"), RandomSplit(), each], target="y").plan() for each in models]
    said = [[note for note in plan.notes if 'with engine="dask" nothing is gathered' in note] for plan in plans]
    assert not said[0]  # weights of classes are known in one process only
    assert len(said[1]) == 1 and said[1][0].endswith("workers train it together, each on its own partitions")
