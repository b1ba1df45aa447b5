"""A state that another version learned is refused in one message that names the step, and learning again mends it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlsys
from mlsys.errors import StateError
from mlsys.settings import override
from mlsys.steps import Fitted, Transform

FRAME = pd.DataFrame(
    {
        "x": np.random.default_rng(0).normal(10, 1, 60),
        "t": pd.Series(list("abc") * 20, dtype="str"),
        "said": pd.Series(["late again", "on time"] * 30, dtype="str"),
        "v": [[1.0, 2.0]] * 60,
        "y": [0, 1] * 30,
    }
)
NUMBERS = ("Impute", "Standardize", "MinMaxScale", "RobustScale", "Log", "PowerTransform", "ClipOutliers", "Bin")
LEVELS = ("OneHot", "OrdinalEncode", "TargetEncode", "CountEncode", "Categories")
STEPS: list[Transform] = [
    *(getattr(mlsys, name)(["x"]) for name in NUMBERS),
    *(getattr(mlsys, name)(["t"]) for name in LEVELS),
    mlsys.TfIdf(["said"]),
    mlsys.TextComponents(["said"]),
    mlsys.Embedding(["v"]),
    mlsys.SelectFeatures(top=1),
]


@pytest.mark.parametrize("state", [{"foo": 1}, [{"foo": 1}], 3], ids=str)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_state_of_another_form_is_refused_and_learning_again_mends_it(step: Transform, state: Any) -> None:
    with pytest.raises(StateError, match=f"the state of {step.title} is not of the form") as caught:
        Fitted(step, state).transform(FRAME)
    assert "learn it again with fit()" in caught.value.remedy
    assert len(step.fit(FRAME, target="y").transform(FRAME)) == len(FRAME)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_partitions_without_rows_change_nothing(step: Transform) -> None:
    """Of 60 rows cut by 50, the second has few, and a column may be all null in it."""
    frame = FRAME.assign(t=FRAME["t"].where(np.arange(60) < 50), said=FRAME["said"].where(np.arange(60) < 50))
    whole = step.fit(frame, target="y")
    with override(rows_per_partition=50):
        cut = step.fit(frame, target="y")
    pd.testing.assert_frame_equal(cut.transform(frame), whole.transform(frame))
    none = whole.transform(frame.head(0))
    assert none.columns.tolist() == whole.transform(frame).columns.tolist() and len(none) == 0
