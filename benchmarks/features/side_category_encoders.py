"""category_encoders: the jobs that it has; no level is left out, and its target encoder acts on the rows it learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from category_encoders import OneHotEncoder, TargetEncoder
from table import FEW, MANY, TARGET


def parts() -> dict[str, Any]:
    """Return the transformer of each job."""
    return {"one-hot": OneHotEncoder(cols=FEW), "target": TargetEncoder(cols=MANY)}


def _job(name: str) -> Callable[[pd.DataFrame], int]:
    return lambda frame: int(parts()[name].fit_transform(frame, frame[TARGET]).shape[1])


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {name: _job(name) for name in parts()}
