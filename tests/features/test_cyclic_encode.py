"""CyclicEncode puts hours on a circle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.errors import ConfigurationError, DataError
from mlsys.features import CyclicEncode


def test_a_full_period_is_no_distance() -> None:
    out = CyclicEncode({"hour": 24}).apply(pd.DataFrame({"hour": [0, 24, 6]}))
    np.testing.assert_allclose(out.iloc[0], out.iloc[1], atol=1e-12)
    np.testing.assert_allclose((out**2).sum(axis=1), 1)


def test_the_column_goes_unless_kept() -> None:
    frame = pd.DataFrame({"hour": pd.array([1, None], "Int64"), "x": [1, 2]})
    assert list(CyclicEncode({"hour": 24}).apply(frame).columns) == ["x", "hour_sin", "hour_cos"]
    kept = CyclicEncode({"hour": 24}, keep=True).apply(frame)
    assert list(kept.columns) == ["hour", "x", "hour_sin", "hour_cos"]
    assert kept["hour_sin"].isna().tolist() == [False, True]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="period of 'hour' is 0"):
        CyclicEncode({"hour": 0.0})
    with pytest.raises(DataError, match="needs the column 'hour'"):
        CyclicEncode({"hour": 24}).apply(pd.DataFrame({"x": [1]}))
    with pytest.raises(DataError, match="takes numbers"):
        CyclicEncode({"hour": 24}).apply(pd.DataFrame({"hour": ["x"]}))
