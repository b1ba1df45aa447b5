"""Changed columns are found alike in narrow and wide frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.execution.changed import changed_columns


@pytest.mark.parametrize("width", [3, 60])
def test_what_changed_is_named(width: int) -> None:
    values = np.random.default_rng(0).normal(size=(20, width))
    values[::4, 0] = np.nan
    before = pd.DataFrame(values).rename(columns="f{}".format).assign(text="a", whole=1)
    assert changed_columns(before, before.copy()) == set()
    after = before.copy().assign(f1=before["f1"].where(before.index != 7, 0.5), whole=1.0, new=before["f0"])
    after.loc[3, "text"] = "b"
    after.loc[0, "f0"] = 0.0  # a null that is filled
    assert changed_columns(before, after) == {"f0", "f1", "whole", "new", "text"}
    assert changed_columns(before, after, {"f1", "f2", "gone"}) == {"f1"}


@pytest.mark.parametrize("width", [3, 60])
def test_other_rows_are_other_values(width: int) -> None:
    before = pd.DataFrame(np.arange(4.0 * width).reshape(4, width)).rename(columns="f{}".format)
    assert changed_columns(before, before.copy().set_axis([5, 6, 7, 8])) == set(before.columns)
