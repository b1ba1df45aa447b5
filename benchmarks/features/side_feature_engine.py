"""feature-engine: the jobs that it has; its target encoder learns and acts on the same rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from feature_engine.discretisation import EqualFrequencyDiscretiser
from feature_engine.encoding import MeanEncoder, OneHotEncoder
from feature_engine.imputation import AddMissingIndicator, MeanMedianImputer
from feature_engine.wrappers import SklearnTransformerWrapper
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from table import BINNED, BINS, FEW, MANY, NUMBERS, TARGET, TOP


def parts() -> dict[str, Any]:
    """Return the transformer of each job."""
    fill = MeanMedianImputer("median", variables=NUMBERS)
    return {
        "impute": make_pipeline(AddMissingIndicator(variables=NUMBERS), fill),
        "standardize": SklearnTransformerWrapper(StandardScaler(), variables=NUMBERS),
        "one-hot": OneHotEncoder(top_categories=TOP, variables=FEW),
        "target": MeanEncoder(variables=MANY, smoothing=20),
        "bins": make_pipeline(
            MeanMedianImputer("median", variables=BINNED), EqualFrequencyDiscretiser(q=BINS, variables=BINNED)
        ),
    }


def _job(name: str) -> Callable[[pd.DataFrame], int]:
    def job(frame: pd.DataFrame) -> int:
        filled = frame.fillna(dict.fromkeys(NUMBERS, 0.0)) if name == "standardize" else frame
        return int(parts()[name].fit_transform(filled, frame[TARGET]).shape[1])

    return job


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {name: _job(name) for name in parts()}
