"""Columns read many at a time hold what they hold one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import blocks
from mlsys.blocks import dtypes_of, is_plain, number_blocks


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    columns = {
        "float": rng.normal(size=50), "small": rng.normal(size=50).astype("float32"), "whole": rng.integers(0, 9, 50),
        "large": np.full(50, 2**63, dtype="uint64"), "truth": rng.random(50) < 0.5, "gaps": [np.nan, 1.0] * 25,
    }  # fmt: skip
    return pd.DataFrame(columns, index=rng.permutation(50))


@pytest.mark.parametrize("most_rows", [10, 1000], ids=["long frame", "short frame"])
@pytest.mark.parametrize("most_values", [100, 10_000], ids=["several blocks", "one block"])
@pytest.mark.parametrize("names", [None, ["gaps", "whole", "float"], ["truth"], []], ids=str)
def test_blocks_hold_the_columns_in_order(frame, monkeypatch, most_rows: int, most_values: int, names) -> None:
    monkeypatch.setattr(blocks, "MOST_ROWS", most_rows)
    monkeypatch.setattr(blocks, "MOST_VALUES", most_values)
    names = list(frame.columns) if names is None else names
    found: dict[str, np.ndarray] = {}
    for some, block in number_blocks(frame, names):
        found.update(zip(some, block, strict=True))
    assert list(found) == names
    for name, values in found.items():
        np.testing.assert_array_equal(values, frame[name].to_numpy(dtype=np.float64))


def test_plain_is_what_numpy_counts_with(frame) -> None:
    assert all(is_plain(dtype) for dtype in dtypes_of(frame).values())
    others = pd.DataFrame({"text": ["a"], "nullable": pd.array([1], dtype="Int64"), "time": pd.Timestamp("2020")})
    assert not any(is_plain(dtype) for dtype in dtypes_of(others).values())
