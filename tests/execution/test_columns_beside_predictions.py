"""Columns that postprocessing reads beside predictions: the same in training, reports, on test rows and in requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import mlsys
from mlsys import Conformal, OneHot, Pipeline, RandomSplit
from mlsys.errors import DataError, LeakageError

SPLIT = RandomSplit(parts={"calibration": 0.4, "validation": 0.2, "test": 0.2})


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "who": rng.choice(["calm", "wild"], 300)})
    return frame.assign(y=frame["x"] + rng.normal(size=300) * np.where(frame["who"] == "wild", 10.0, 1.0))


def run(rows: pd.DataFrame, *steps: Any, **options: Any) -> Any:
    pipeline = Pipeline([SPLIT, *steps, LinearRegression(), Conformal(0.8, by="who")], target="y", **options)
    return pipeline.run(rows, track=False, cache=False, verbose=False)


@pytest.mark.parametrize(("steps", "options"), [((OneHot(["who"]),), {}), ((), {"features": ["x"]})])
def test_a_group_is_known_by_its_column_at_the_split_wherever_rows_are_predicted(
    rows: pd.DataFrame, steps: Any, options: Any, tmp_path: Path
) -> None:
    found = run(rows, *steps, **options)
    assert set(found.model.inputs) == {"x", "who"}
    said = found.model.predict(rows)
    wide = said["prediction_upper"] - said["prediction_lower"]
    assert wide[rows["who"] == "calm"].max() < wide[rows["who"] == "wild"].min() / 3
    assert "who" not in said.columns
    for part, predicted in found.predictions.items():
        assert predicted.equals(said.loc[predicted.index, predicted.columns.tolist()]), part
    tested = found.final_test().predictions["test"]
    assert tested.equals(said.loc[tested.index, tested.columns.tolist()])
    one = found.model.predict(rows.iloc[[7]]).iloc[0]
    assert one["prediction_upper"] == pytest.approx(said["prediction_upper"].iloc[7])
    found.save(tmp_path / "model")
    pd.testing.assert_frame_equal(mlsys.load(tmp_path / "model").predict(rows), said)
    with pytest.raises(DataError, match="the request lacks the column 'who'"):
        found.model.predict(rows[["x"]])


def test_the_audit_asks_each_row_alone_with_its_columns(rows: pd.DataFrame) -> None:
    audit = run(rows, features=["x"]).audit_leakage()
    assert audit.verdict == "not observed"


def test_a_column_that_is_not_there_or_not_known_in_time_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"(?s)reads the column 'who'.*did you mean 'Who'"):
        run(rows.rename(columns={"who": "Who"}))
    late = rows.assign(day=pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(300), "h"))
    late["after"] = late["day"] + pd.Timedelta("1D")
    with pytest.raises(LeakageError, match="Conformal reads 'who' to serve predictions"):
        run(late, time="day", decide_at="day", known_at={"who": "after"})
    with pytest.raises(LeakageError, match="it is the target"):
        Pipeline([SPLIT, LinearRegression(), Conformal(0.8, by="y")], target="y").run(rows[["x", "y"]], track=False)
