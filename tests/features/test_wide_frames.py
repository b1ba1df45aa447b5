"""Wide frames: many columns at once give what few give, in time that grows with the columns."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import DetectDrift, Evaluate, Impute, Pipeline, Standardize, StratifiedSplit


def wide(columns: int, rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, columns))
    values[rng.random(values.shape) < 0.02] = np.nan
    frame = pd.DataFrame(values).rename(columns="f{}".format)
    kinds = {"float32": frame["f1"].astype("float32"), "Float64": frame["f2"].astype("Float64")}
    whole = pd.Series(rng.integers(0, 9, rows))
    more = {"int": whole, "bool": whole > 4, "Int8": whole.astype("Int8"), "text": whole.astype("str")}
    return pd.concat([frame, pd.DataFrame({**kinds, **more})], axis=1)


@pytest.mark.parametrize("step", [Impute(), Impute(numeric="mean"), Standardize()], ids=repr)
def test_a_wide_frame_is_treated_as_its_pieces_are(step) -> None:
    frame = wide(150)
    whole = step.fit(frame).transform(frame)
    pieces = [frame.iloc[:, start : start + 13] for start in range(0, frame.shape[1], 13)]
    apart = pd.concat([step.fit(piece).transform(piece) for piece in pieces], axis=1)
    pd.testing.assert_frame_equal(whole, apart[whole.columns.tolist()])
    assert whole.columns.tolist()[: frame.shape[1]] == frame.columns.tolist()


@pytest.mark.parametrize("step", [Impute(), Standardize()], ids=repr)
def test_a_row_of_a_wide_frame_alone_is_as_among_others(step) -> None:
    frame = wide(150)
    fitted = step.fit(frame)
    alone, among = fitted.transform(frame.iloc[[7]]), fitted.transform(frame).iloc[[7]]
    pd.testing.assert_frame_equal(alone, among, check_dtype=False)  # without a null to fill, float32 stays what it is


def test_the_frame_given_is_not_written_to() -> None:
    frame = wide(150)
    before = frame.copy()
    for step in (Impute(), Standardize()):
        made = step.fit(frame).transform(frame)
        made.loc[:, frame.columns[:100]] = 0.0
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.long
def test_seconds_grow_with_the_columns_and_not_with_their_square() -> None:
    def seconds(columns: int) -> float:
        rng = np.random.default_rng(0)
        frame = pd.DataFrame(rng.normal(size=(2_000, columns))).rename(columns="f{}".format)
        frame["y"] = (frame["f0"] > 0).astype(int)
        steps = [StratifiedSplit(), Impute(), Standardize(), LogisticRegression(max_iter=20), Evaluate(), DetectDrift()]
        begin = time.perf_counter()
        Pipeline(steps, target="y").run(frame, track=False, cache=False, verbose=False)
        return time.perf_counter() - begin

    seconds(20)
    assert min(seconds(1_600), seconds(1_600)) < 8 * max(seconds(400), seconds(400))  # 4 times the columns; 16 squared
