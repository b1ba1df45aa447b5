"""Whatever a pipeline is asked, it works on partitions where it is told to, and answers the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Impute, Pipeline, RandomSplit, Standardize
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.settings import override
from mlsys.states import digest

QUIETLY: dict[str, Any] = {"cache": False, "verbose": False}


class Elsewhere:
    """Counts the work that it is given."""

    name, cuts_frames = "elsewhere", True

    def __init__(self) -> None:
        self.done = 0
        self._local = LocalEngine()

    def hold(self, partitions: Any, frame: Any) -> Any:
        self.done += 1
        return self._local.hold(partitions, frame)

    def each(self, work: Any, pieces: Any) -> Any:
        return self._local.each(work, pieces)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"one": rng.normal(size=400), "two": rng.normal(size=400)})
    return frame.assign(y=(frame["one"] + rng.normal(size=400) > 0).astype(int))


PIPELINE = Pipeline([RandomSplit(), Impute(), Standardize(), LogisticRegression()], target="y")
ASKED: dict[str, Callable[[pd.DataFrame, Any], Any]] = {
    "run": lambda rows, engine: PIPELINE.run(rows, track=False, engine=engine, **QUIETLY).predictions["validation"],
    "preview": lambda rows, engine: PIPELINE.preview(rows, engine=engine)["Standardize"],
    "audit_leakage": lambda rows, engine: PIPELINE.audit_leakage(rows, engine=engine, **QUIETLY).verdict,
    "cross_validate": lambda rows, engine: (
        PIPELINE.cross_validate(2, rows, track=False, engine=engine, **QUIETLY).table
    ),
    "ablate": lambda rows, engine: PIPELINE.ablate(["two"], rows, engine=engine, **QUIETLY).table,
    "tune": lambda rows, engine: PIPELINE.tune(
        {"Train.estimator__C": [0.01, 1.0]}, rows, trials=4, track=False, engine=engine, **QUIETLY
    ).table.drop(columns=["seconds"]),
    "variants": lambda rows, engine: (
        PIPELINE.variants(a={}, b={"Train": LogisticRegression(C=0.1)})
        .run(rows, track=False, engine=engine, **QUIETLY)["b"]
        .predictions["validation"]
    ),
}


@pytest.mark.parametrize("verb", ASKED)
def test_it_works_where_it_is_told_to(verb: str, rows: pd.DataFrame) -> None:
    engine = Elsewhere()
    with override(rows_per_partition=150):
        assert digest(ASKED[verb](rows, engine)) == digest(ASKED[verb](rows, None))
    assert engine.done


@pytest.mark.parametrize("verb", ASKED)
def test_what_is_no_engine_is_refused(verb: str, rows: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="engine='spark' is not an engine"):
        ASKED[verb](rows, "spark")
