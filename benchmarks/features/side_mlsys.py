"""mlsys: each job as a step, all of them one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from table import FEW, MANY, NUMBERS, TARGET, TOP

from mlsys.features import Impute, OneHot, Standardize, TargetEncode


def steps() -> dict[str, Any]:
    """Return the step of each job."""
    return {
        "impute": Impute(NUMBERS),
        "standardize": Standardize(NUMBERS),
        "one-hot": OneHot(FEW, top=TOP),
        "target": TargetEncode(MANY),
    }


def _fitted(frame: pd.DataFrame, step: Any) -> pd.DataFrame:
    return step.fit(frame, target=TARGET, id="id").transform(frame)


def _job(name: str) -> Callable[[pd.DataFrame], int]:
    return lambda frame: _fitted(frame, steps()[name]).shape[1]


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {name: _job(name) for name in steps()}
