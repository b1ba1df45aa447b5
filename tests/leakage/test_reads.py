"""Which columns a user's function is seen to read: that, and nothing it only lets through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import Pipeline, RandomSplit, Rows, Transform
from mlsys.errors import LeakageError
from mlsys.execution.spy import columns_seen

FRAME = pd.DataFrame({"a": [1, 4, 3], "b": [4.0, 5.0, np.nan], "c": [True, False, False]}, index=[5, 6, 7])
SIDE = pd.DataFrame({"a": [1, 3, 4], "q": 1})

# what a function does: the function, and the columns that its answer depends on
FUNCTIONS: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], set[str]]] = {
    "takes one column": (lambda f: f.assign(z=f["a"] + 1), {"a"}),
    "takes one as an attribute": (lambda f: f.assign(z=f.a + 1), {"a"}),
    "takes one with loc": (lambda f: f.assign(z=f.loc[:, "a"]), {"a"}),
    "takes a list": (lambda f: f.assign(z=f[["a", "b"]].sum(axis=1)), {"a", "b"}),
    "takes one from a walk over all": (lambda f: f.assign(z=sum(v for n, v in f.items() if n == "a")), {"a"}),
    "goes row by row": (lambda f: f.assign(z=[row["a"] + 1 for _, row in f.iterrows()]), {"a"}),
    "applies a function to rows": (lambda f: f.assign(z=f.apply(lambda row: row["a"] + 1, axis=1)), {"a"}),
    "adds up rows": (lambda f: f.assign(z=f.sum(axis=1)), {"a", "b", "c"}),
    "counts nulls in rows": (lambda f: f.assign(z=f.isna().sum(axis=1)), {"a", "b", "c"}),
    "takes all as an array": (lambda f: f.assign(z=np.asarray(f, dtype=float)[:, 0]), {"a"}),
    "adds up an array": (lambda f: f.assign(z=np.nansum(np.asarray(f, dtype=float), axis=1)), {"a", "b", "c"}),
    "looks another table up": (lambda f: f.merge(SIDE, on="a", how="left").set_axis(f.index), {"a"}),
    "fills nulls everywhere": (lambda f: f.fillna(0.0), set()),
    "adds a constant": (lambda f: f.assign(z=1), set()),
    "renames": (lambda f: f.rename(columns={"a": "z"}), set()),
    "drops a column": (lambda f: f.drop(columns="b"), set()),
    "resets the index": (lambda f: f.reset_index(drop=True), set()),
    "does nothing": (lambda f: f, set()),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_reads_is_seen(name: str) -> None:
    function, reads = FUNCTIONS[name]
    assert columns_seen(function, FRAME) == reads


class FillEverywhere(Transform):
    """Fill nulls in all columns by one number, the target's among them."""

    def learn(self, train: Rows) -> float:
        return float(train["days"].median())

    def apply(self, frame: pd.DataFrame, state: float, /) -> pd.DataFrame:
        return frame.fillna({"days": state}) if "days" in frame.columns else frame.fillna(state)


class AddUp(Transform):
    """Add up whole rows, the target's value among them."""

    def learn(self, train: Rows) -> float:
        return 0.0

    def apply(self, frame: pd.DataFrame, state: float, /) -> pd.DataFrame:
        return frame.assign(total=np.nansum(np.asarray(frame, dtype=float), axis=1) + state)


def test_only_a_transform_whose_answer_holds_the_target_is_refused(rng: np.random.Generator) -> None:
    days = np.where(rng.random(200) < 0.2, np.nan, rng.integers(0, 9, 200))
    frame = pd.DataFrame({"days": days, "price": rng.normal(size=200), "y": rng.integers(0, 2, 200)})

    def of(step: Transform) -> Pipeline:
        return Pipeline([RandomSplit(), step, DecisionTreeClassifier(max_depth=1)], target="y")

    run = of(FillEverywhere()).run(frame, track=False)
    assert run.frame("train", after="FillEverywhere")["days"].notna().all()
    with pytest.raises(LeakageError, match="AddUp reads 'y' to serve predictions, but it is the target"):
        of(AddUp()).run(frame, track=False)
