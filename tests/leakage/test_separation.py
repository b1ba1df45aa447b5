"""Many columns at once are judged as each alone, to the last bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mlsys.leakage.separation import auc_of, aucs_of_numbers, levels_of


@given(st.integers(0, 2**32), st.integers(4, 120), st.sampled_from([2, 5, 1000]), st.floats(0.05, 0.95))
def test_columns_together_are_judged_as_alone(seed: int, rows: int, values: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "whole": rng.integers(0, values, rows), "float": rng.normal(size=rows), "constant": np.full(rows, 3.0),
        "coarse": np.round(rng.normal(size=rows), 1), "small": rng.normal(size=rows).astype("float32"),
    })  # fmt: skip
    events, half = [rng.random(rows) < share, rng.random(rows) < 0.5], rows // 2
    together = aucs_of_numbers(frame, events, half)
    alone = {name: max(auc_of(levels_of(frame[name], half), event, half) for event in events) for name in frame.columns}
    assert together == alone


def test_columns_with_nulls_infinities_or_no_numbers_are_left_to_be_judged_alone() -> None:
    frame = pd.DataFrame({"gap": [1.0, np.nan] * 10, "infinite": [1.0, np.inf] * 10, "text": ["a", "b"] * 10, "x": 1.0})
    assert list(aucs_of_numbers(frame, [np.tile([True, False], 10)], 10)) == ["x"]
