"""Names of columns that are not texts: every verb that takes a table refuses them in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Monitor, Pipeline, ReadFrame, Schema, compare_tables, data_diff, look
from mlsys.errors import DataError

PIPELINE = Pipeline([LogisticRegression()], target="y")
VERBS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "run": lambda f: PIPELINE.run(f, track=False),
    "a source": lambda f: Pipeline([ReadFrame(f), LogisticRegression()], target="y").run(track=False),
    "preview": PIPELINE.preview,
    "cross_validate": lambda f: PIPELINE.cross_validate(data=f, track=False),
    "look": look,
    "Schema.infer": Schema.infer,
    "Schema.check": lambda f: Schema({}).check(f),
    "compare_tables": lambda f: compare_tables(f, f),
    "data_diff": lambda f: data_diff(f, f),
    "Monitor.fit": Monitor.fit,
}
NAMES: dict[str, tuple[list[Any], str, str]] = {
    "a number": (["a", 7, "y"], "7 is int", "rename(columns=str) first"),
    "null": (["a", None, "y"], "nan is float", "rename(columns=str) first"),
    "several levels": ([("a", "x"), ("b", "x"), ("y", "")], "('a', 'x') is tuple", "'_'.join(map(str, name))"),
}


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("verb", VERBS)
def test_names_that_are_not_texts_are_refused_alike(verb: str, names: str) -> None:
    columns, said, remedy = NAMES[names]
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({0: rng.normal(size=60), 1: rng.normal(size=60), 2: rng.integers(0, 2, 60)})
    frame.columns = pd.MultiIndex.from_tuples(columns) if isinstance(columns[0], tuple) else pd.Index(columns)
    with pytest.raises(DataError) as caught:
        VERBS[verb](frame)
    assert f"column names must be strings, but {said}" in str(caught.value) and remedy in str(caught.value)
