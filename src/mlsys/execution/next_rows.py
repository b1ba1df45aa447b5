"""Rows ahead: what a served model of forecasts is asked where nobody gives it rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mlsys.dataset import Moment
from mlsys.errors import ConfigurationError
from mlsys.steps import Fitted, History
from mlsys.steps.capabilities import AsksAhead
from mlsys.steps.questions import sees_history


def makes_forecasts(steps: Sequence[tuple[str, Fitted]]) -> bool:
    """Whether a served model may be asked by a horizon."""
    return any(isinstance(fitted.step, AsksAhead) for _, fitted in steps)


def rows_ahead(steps: Sequence[tuple[str, Fitted]], decision: Moment | None, horizon: Any = None) -> pd.DataFrame:
    """Return the rows of the next decision: each series that a history holds, at each horizon.

    Parameters
    ----------
    steps : sequence of (str, Fitted)
        Of a served model.
    decision : Moment or None
        When a row is decided.
    horizon : int or str, optional
        How far ahead; as in training when not given.

    Raises
    ------
    ConfigurationError
        When the model makes no forecasts, or none of its histories holds the series.
    """
    maker = next((fitted.step for _, fitted in steps if isinstance(fitted.step, AsksAhead)), None)
    if maker is None or decision is None:
        raise ConfigurationError("the model makes no forecasts, so it needs rows to predict", "call predict(frame)")
    held = [fitted for _, fitted in steps if sees_history(fitted.step) and _same_keys(fitted.step, maker)]
    known = [each.state["until"] for each in held if each.state["until"] is not None]
    if not known:
        by = ", ".join(map(repr, maker.key_columns)) or "()"
        raise ConfigurationError(
            f"no history of the model holds the series by {by}, so the next rows are not known",
            "call predict(frame) with a row for each series and horizon",
        )
    names = list(maker.key_columns)
    keys = pd.concat([each.state["tail"][names] for each in held], ignore_index=True)
    keys = keys.drop_duplicates(ignore_index=True) if names else keys.iloc[:1]
    return maker.rows_ahead(keys, max(known), decision.column, horizon)


def _same_keys(step: History, maker: AsksAhead) -> bool:
    return set(step.key_columns) == set(maker.key_columns)
