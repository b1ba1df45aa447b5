"""Native threads are limited to the setting while a step learns, because their number is part of what is learned."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from mlsys import Pipeline, RandomSplit, Rows, Train, Transform
from mlsys.settings import override
from mlsys.states import digest


class Threads(Transform):
    def learn(self, train: Rows) -> int:
        return max(pool["num_threads"] for pool in threadpool_info())

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame


class Applying(Transform):
    """Adds the number of threads that it is applied with."""

    def learn(self, train: Rows) -> int:
        return 0

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame.assign(threads=max(pool["num_threads"] for pool in threadpool_info()))


def test_rows_are_made_with_the_threads_of_the_setting(shop: pd.DataFrame) -> None:
    """Products of matrices depend on their number, so rows of one machine would not be those of another."""
    pipeline = Pipeline([RandomSplit(), Applying()], target="returned")
    with threadpool_limits(limits=2), override(threads=3):
        run = pipeline.run(shop[["price", "returned"]], track=False)
        made = {part: set(run.frame(part)["threads"]) for part in ("train", "validation")}
        assert max(pool["num_threads"] for pool in threadpool_info()) == 2
    assert made == {"train": {3}, "validation": {3}}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_hook_has_the_threads_of_the_setting(shop: pd.DataFrame, threads: int) -> None:
    pipeline = Pipeline([RandomSplit(), Threads(), HistGradientBoostingClassifier(max_iter=3)], target="returned")
    with threadpool_limits(limits=3), override(threads=threads):
        before = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
        run = pipeline.run(shop[["price", "customer", "returned"]], track=False)
        after = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
    assert max(before.values()) == 3 and run.state("Threads") == threads
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize("threads", [1, 2])
def test_a_model_is_the_same_again_under_each_setting(shop: pd.DataFrame, threads: int) -> None:
    model = Train(HistGradientBoostingClassifier(max_iter=10, early_stopping=True))
    pipeline = Pipeline([RandomSplit(), model], target="returned", features=["price", "days_since_last", "customer"])
    with override(threads=threads):
        one, again = (pipeline.run(shop, track=False) for _ in range(2))
    assert digest(one.state("Train")) == digest(again.state("Train"))
    pd.testing.assert_frame_equal(one.metrics, again.metrics, check_exact=True)
