"""Columns of long frames are handed over without copies, and yet belong to one column of one frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.features import Bin, Impute, OneHot, Standardize

ROWS = 20_000


def long_frame() -> pd.DataFrame:
    numbers = np.arange(ROWS, dtype=np.float64) % 97
    texts = pd.Series(np.resize(["a", "b", None], ROWS), dtype="str")
    return pd.DataFrame({"x": numbers, "y": np.where(numbers < 5, np.nan, numbers), "one": texts, "other": texts})


@pytest.mark.parametrize(
    "step", [Standardize(["x", "y"]), Impute(["x", "y"]), Bin(["x", "y"]), OneHot(["one"])], ids=lambda step: step.title
)
def test_writing_to_what_comes_out_changes_nothing_else(step) -> None:
    frame = long_frame()
    before = frame.copy(deep=True)
    out = step.fit(frame).transform(frame)
    expected = out.copy(deep=True)
    for name in out.columns:
        if out[name].dtype.kind in "fiu":
            out.loc[3, name] = 1
            expected[name] = expected[name].where(expected.index != 3, 1)
    pd.testing.assert_frame_equal(out, expected)
    pd.testing.assert_frame_equal(frame, before)


def test_two_columns_made_of_the_same_values_are_not_one() -> None:
    frame = long_frame()
    fitted = Impute(["one", "other"], categorical="a").fit(frame)
    out = fitted.transform(frame.assign(one="b", other="b"))
    out.loc[0, "one_missing"] = 1
    assert (out["one_missing"].sum(), out["other_missing"].sum()) == (1, 0)
