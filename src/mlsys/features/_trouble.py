"""Errors of transformers, rephrased with the names of columns and a remedy."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.errors import DataError, MlsysError
from mlsys.features._columns import NUMBERS, kinds_of
from mlsys.values import values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlsys.dataset import Rows

_MOST_QUOTED = 300
"""Characters of a complaint: one lists every level it does not know."""

_NOT_THERE = re.compile(r"not columns of the dataframe: \{(.*)\}|columns are missing: \{(.*)\}")
_ASKS_FOR_Y = re.compile(r"requires y\b|'y'")
"""What scikit-learn says of a target that it was not given."""


@contextmanager
def learning(who: str, inputs: pd.DataFrame | pd.Series, columns: Sequence[str]) -> Iterator[None]:
    """Name texts that a transformer cannot learn from, and columns that it wants but does not get."""
    try:
        yield
    except MlsysError:
        raise
    except (ValueError, TypeError) as error:
        missing = _NOT_THERE.search(str(error))
        if missing:
            raise DataError(
                f"{who} asks for the column {missing[1] or missing[2]}, which is not a feature here "
                f"(features: {', '.join(columns)})",
                "correct its list of columns; run.features says why a column is not a feature, and roles are none",
            ) from error
        frame = inputs.to_frame() if isinstance(inputs, pd.Series) else inputs
        texts = [name for name, kind in kinds_of(frame, columns).items() if kind not in NUMBERS]
        if texts:
            told = ", ".join(f"the column {name!r}, which holds {values_of(frame[name])}" for name in texts)
            raise DataError(
                f"{who} cannot learn from {told}: {_quoted(error)}",
                "encode them first with OneHot or TargetEncode, or name other columns in columns=",
            ) from error
        error.add_note(f"while {who} learned from {', '.join(columns)}")
        raise


@contextmanager
def given_no_target(train: Rows, who: str) -> Iterator[None]:
    """Say why a transformer that asks for a target gets none where there are several."""
    try:
        yield
    except (ValueError, TypeError) as error:
        if not (train.roles.has_several_targets and _ASKS_FOR_Y.search(str(error))):
            raise
        raise DataError(
            f"{who} learns from one target, but there are {len(train.roles.targets)}: {train.roles.targets_said}",
            "use SelectFeatures or TargetEncode, which know several, or one pipeline for each target",
        ) from error


@contextmanager
def transforming(who: str) -> Iterator[None]:
    """Add the remedy for levels that training rows did not have."""
    try:
        yield
    except ValueError as error:
        if "nknown categor" not in str(error):
            raise
        raise DataError(
            f"{who} found values that no training row has:  {_quoted(error)}",
            'set handle_unknown="ignore" in its encoder (OrdinalEncoder: "use_encoded_value"), or use OneHot(columns)',
        ) from error


def _quoted(error: Exception) -> str:
    said = str(error)
    return said if len(said) <= _MOST_QUOTED else said[: _MOST_QUOTED - 3] + "..."
