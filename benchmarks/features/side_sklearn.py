"""scikit-learn: each job as its manual has it, all of them in one ColumnTransformer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import FeatureHasher
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, StandardScaler, TargetEncoder
from table import BINNED, BINS, CROSSED, FEW, FOLDS, HASHED, MANY, NUMBERS, TARGET, TOP, WIDE


def _lists(frame: Any) -> Any:
    return [[value] for value in frame[WIDE]]


def _pairs(frame: Any) -> Any:
    return (frame[FEW[0]] + "_" + frame[FEW[1]]).to_frame()


def parts() -> dict[str, tuple[Any, list[str]]]:
    """Return the transformer and the columns of each job."""
    hot = {"handle_unknown": "infrequent_if_exist"}
    return {
        "impute": (SimpleImputer(strategy="median", add_indicator=True), NUMBERS),
        "standardize": (StandardScaler(), NUMBERS),
        "one-hot": (OneHotEncoder(max_categories=TOP, **hot), FEW),
        "hash": (make_pipeline(FunctionTransformer(_lists), FeatureHasher(HASHED, input_type="string")), [WIDE]),
        "target": (TargetEncoder(cv=FOLDS, target_type="binary", random_state=0), MANY),
        "bins": (make_pipeline(SimpleImputer(), KBinsDiscretizer(BINS, encode="ordinal", subsample=None)), BINNED),
        "cross": (make_pipeline(FunctionTransformer(_pairs), OneHotEncoder(max_categories=CROSSED, **hot)), FEW),
    }


def _job(name: str) -> Callable[[pd.DataFrame], int]:
    def job(frame: pd.DataFrame) -> int:
        transformer, columns = parts()[name]
        return int(transformer.fit_transform(frame[columns], frame[TARGET]).shape[1])

    return job


def together(frame: pd.DataFrame) -> int:
    found = parts()
    found["impute"] = (make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), NUMBERS)
    del found["standardize"]
    whole = ColumnTransformer([(name, each, columns) for name, (each, columns) in found.items()])
    return int(whole.fit_transform(frame, frame[TARGET]).shape[1])


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {**{name: _job(name) for name in parts()}, "all": together}
