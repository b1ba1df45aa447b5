"""Categories fixes levels by training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Pipeline
from mlsys.errors import ConfigurationError, DataError
from mlsys.features import Categories


def test_levels_are_ordered_by_count_then_value_and_others_are_null() -> None:
    train = pd.DataFrame({"c": ["b", "a", "z", "z", None]})
    out = Categories(["c"], top=2).fit(train).transform(pd.DataFrame({"c": ["a", "b", "z", None, "never"]}))["c"]
    assert out.cat.categories.tolist() == ["z", "a"]
    assert out.cat.codes.tolist() == [1, -1, 0, -1, -1]


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (pd.Series([7, 5, 7]), [7, 5]),
        (pd.Series([7, None, 7], dtype="Int64"), [7]),
        (pd.Series([True, False, True]), [True, False]),
        (pd.Series([7, 5, 7]).astype("category"), [7, 5]),
        (pd.Series([1, "a", "a"], dtype=object), ["a", "1"]),
        (pd.Series([None, None], dtype=object), []),
    ],
    ids=["whole numbers", "nullable", "truths", "categories of numbers", "mixed", "nothing"],
)
def test_every_type_of_level(values: pd.Series, levels: list[object]) -> None:
    frame = pd.DataFrame({"c": values})
    out = Categories(["c"]).fit(frame).transform(frame)["c"]
    assert out.cat.categories.tolist() == levels
    assert out.isna().tolist() == values.isna().tolist()


def test_boosting_splits_on_levels_natively() -> None:
    rng = np.random.default_rng(0)
    level = rng.integers(0, 300, 9000)
    frame = pd.DataFrame({"c": np.char.add("v", level.astype(str)), "y": (level % 2).astype(int)})
    run = Pipeline([Categories(["c"]), HistGradientBoostingClassifier(max_iter=20)], target="y").run(
        frame, track=False, cache=False, verbose=False
    )
    found = run.metrics.query("metric == 'roc_auc' and model == 'model' and part == 'validation'")["value"].item()
    assert found > 0.9


def test_lists_and_names_that_collide_are_refused() -> None:
    with pytest.raises(DataError, match="'c' holds lists"):
        Categories(["c"]).fit(pd.DataFrame({"c": [[1]]}))
    with pytest.raises(DataError, match="would both be named '1'"):
        Categories(["c"]).fit(pd.DataFrame({"c": [1, "1"]})).transform(pd.DataFrame({"c": [1]}))
    with pytest.raises(ConfigurationError):
        Categories([])
