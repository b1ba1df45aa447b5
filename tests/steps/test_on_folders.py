"""Every public step learns and gives from a folder in partitions what it learns and gives from one frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.engines.equal import assert_same, states
from tests.engines.scattered import ScatteredEngine

from mlsys import Pipeline, RandomSplit, ReadParquet, Run
from mlsys.engines import LocalEngine
from mlsys.settings import override
from mlsys.states import digest
from mlsys.tables import Engine

from .test_gathering import BATCHES, FEW, OTHERWISE, PRODUCTS, ROLES, LaterIsLikelier, orders
from .test_public_steps import CASES

QUIETLY: dict[str, Any] = {"track": False, "cache": False, "verbose": False}
FILES = (0, 120, 240, 400)
EACH = 60
"""Rows of a partition: two, two and three of them."""
TIMED = {"ReadCSV", "ReadEvents", "ReadFrame", "ReadGraph"}
"""Say when columns become known, which is a moment before each row's time."""
OTHER_ROWS = {"Aggregate", "Pivot", "ConvenienceSample", "QuotaSample"}
"""Have no target afterwards, or too few rows for one of two classes in each part."""


def folder(frame: pd.DataFrame) -> ReadParquet:
    """Write rows in three files, and return what reads them."""
    Path("rows").mkdir(exist_ok=True)
    for start, stop in zip(FILES[:-1], FILES[1:], strict=True):
        frame.iloc[start:stop].to_parquet(f"rows/{start}.parquet", index=False)
    return ReadParquet("rows")


def pipeline_of(name: str, data: pd.DataFrame) -> tuple[Pipeline, str]:
    """Return a pipeline with a step of the catalogue where its kind stands, and the name of the step."""
    step, given, roles = CASES[name](data)
    step = step.with_(**OTHERWISE.get(name, {}))
    kind = step.kind
    if kind == "Source":
        pipeline = Pipeline([step, RandomSplit()], time="ordered" if name in TIMED else None)
        return pipeline, pipeline.planned[0].name
    frame = pd.concat(given.values()) if isinstance(given, dict) else given
    roles = {role: column for role, column in roles.items() if column in frame and name not in OTHER_ROWS}
    if kind in {"Postprocess", "Report", "Sink"}:
        frame = frame.drop(columns=[each for each in frame if str(each).startswith(("prediction", "probability"))])
        steps = [folder(frame), RandomSplit(), LaterIsLikelier(), step]
        pipeline = Pipeline(steps, **(roles | ROLES), features=["hour"])
    elif kind == "Split":
        pipeline = Pipeline([folder(frame), step], **roles)
    elif kind in {"Reshape", "Select", "History", "Label", "RowTransform"}:
        roles.pop("group", None)  # which RandomSplit would separate
        pipeline = Pipeline([folder(frame), step, RandomSplit()], **roles)
    else:
        pipeline = Pipeline([folder(frame), RandomSplit(), step], **roles)
    return pipeline, next(each.name for each in pipeline.planned if type(each.step) is type(step))


def in_pieces(pipeline: Pipeline, name: str, engine: Engine) -> dict[str, Any]:
    """Run in seven partitions, of which only a step that gathers whole rows may hold all, and return what came out."""
    needed = next(each.step.gathers for each in pipeline.planned if each.name == name)
    held = 399 if needed is not None and not needed.columns else FEW
    with override(rows_in_memory=held, rows_per_partition=EACH):
        run = pipeline.run(**QUIETLY, engine=engine)
    with override(rows_in_memory=399, rows_per_partition=EACH):  # to look at the rows
        return outcome(run, name)


def outcome(run: Run, name: str) -> dict[str, Any]:
    """Return the rows after a step, and all that was learned, predicted, measured and remarked."""
    found: dict[str, Any] = {part: run.frame(part, after=name) for part in ("train", "validation") if part in run.rows}
    found |= {f"state of {step}": digest(state) for step, state in states(run, list(run.steps["step"]))}
    for title, result in run.reports.items():
        found |= {f"{title} {table}": rows for table, rows in {"report": result.table, **result.tables}.items()}
        found |= {f"{title} scalars": repr(result.scalars), f"{title} verdict": result.verdict}
    found |= {f"predictions of {part}": rows for part, rows in run.predictions.items()}
    return found | {"rows": run.rows, "assignment": run.assignment, "findings": list(map(str, run.findings))}


def assert_close(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Compare but for the last bits of numbers."""
    for name, value in one.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(other[name], value, rtol=1e-12, obj=name)


@pytest.mark.quick(every=19)
@pytest.mark.parametrize("name", [each for each in CASES if each not in BATCHES])
def test_a_folder_in_partitions_is_one_frame(name: str, shop: pd.DataFrame) -> None:
    pipeline, step = pipeline_of(name, orders(shop))
    pieces = in_pieces(pipeline, step, LocalEngine())
    whole = outcome(pipeline.run(**QUIETLY), step)
    (assert_close if name in PRODUCTS else assert_same)(whole, pieces)


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_partitions_in_processes_of_their_own_are_those_of_this_one(name: str, shop: pd.DataFrame) -> None:
    pipeline, step = pipeline_of(name, orders(shop))
    assert_same(in_pieces(pipeline, step, LocalEngine()), in_pieces(pipeline, step, ScatteredEngine()))
