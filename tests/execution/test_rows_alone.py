"""A user's ``Transform`` that looks at the other rows of its frame is found on the run, not only by ``check_step``."""

from __future__ import annotations

import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Rows, Transform


class CentredByBatch(Transform):
    """Leaks: the mean is that of whatever rows come."""

    def learn(self, train: Rows) -> float:
        return 0.0

    def apply(self, frame: pd.DataFrame, state: float) -> pd.DataFrame:
        return frame.assign(centred=frame["price"] - frame["price"].mean())


class Centred(Transform):
    """Clean: the mean is learned."""

    def learn(self, train: Rows) -> float:
        return float(train["price"].mean())

    def apply(self, frame: pd.DataFrame, state: float) -> pd.DataFrame:
        return frame.assign(centred=frame["price"] - state)


def codes(step: Transform, shop: pd.DataFrame) -> list[tuple[str, tuple[str, ...]]]:
    pipeline = Pipeline([step, LogisticRegression(max_iter=500)], target="returned", features=["price"])
    return [(finding.code, finding.columns) for finding in pipeline.run(shop, track=False).findings]


def test_a_transform_that_looks_at_other_rows_is_named_with_its_column(shop: pd.DataFrame) -> None:
    assert codes(CentredByBatch(), shop) == [("LK201", ("centred",))]


def test_a_transform_that_learned_what_it_needs_is_not_accused(shop: pd.DataFrame) -> None:
    assert codes(Centred(), shop) == []
