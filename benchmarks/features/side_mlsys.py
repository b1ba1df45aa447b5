"""mlsys: each job as a step, all of them one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from table import BINNED, BINS, CROSSED, FEW, HASHED, MANY, NUMBERS, TARGET, TOP, WIDE

from mlsys.features import Bin, Cross, HashEncode, Impute, OneHot, Standardize, TargetEncode


def steps() -> dict[str, Any]:
    """Return the step of each job, in an order in which none takes away what another reads."""
    return {
        "cross": Cross([FEW], top=CROSSED),
        "impute": Impute(NUMBERS),
        "bins": Bin(BINNED, bins=BINS),
        "standardize": Standardize(NUMBERS[2:]),
        "one-hot": OneHot(FEW, top=TOP),
        "hash": HashEncode([WIDE], bits=HASHED.bit_length() - 1),
        "target": TargetEncode(MANY),
    }


def _changed(frame: pd.DataFrame, step: Any) -> pd.DataFrame:
    if step.cross_fits:  # training rows get codes of the other folds, as in a pipeline
        return step.as_sklearn().fit_transform(frame.drop(columns=TARGET), frame[TARGET])
    return step.fit(frame, target=TARGET, id="id").transform(frame)


def _job(name: str) -> Callable[[pd.DataFrame], int]:
    def job(frame: pd.DataFrame) -> int:
        step = Standardize(NUMBERS) if name == "standardize" else steps()[name]
        return _changed(frame, step).shape[1]

    return job


def together(frame: pd.DataFrame) -> int:
    for step in steps().values():
        frame = _changed(frame, step)
    return frame.shape[1]


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {**{name: _job(name) for name in steps()}, "all": together}
