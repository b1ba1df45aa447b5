"""Layers of trust: matured labels, estimate, predictions, features, schema; only the first two page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

LABELS, ESTIMATE, PREDICTIONS, FEATURES, SCHEMA = "labels", "estimate", "predictions", "features", "schema"
PAGING = (LABELS, ESTIMATE)
"""What somebody is called for: the model is worse, or probably so. The others are looked at in working hours."""
PAGE, TICKET, NOTHING = "page", "ticket", ""
ALARM, NO_ALARM, NOT_ASSESSED = "alarm", "no alarm", "not assessed"


@dataclass(frozen=True)
class Layer:
    """What one layer says.

    Parameters
    ----------
    name : str
        ``labels``, ``estimate``, ``predictions``, ``features`` or ``schema``.
    verdict : {"alarm", "no alarm", "not assessed"}
        Whether it alarms.
    said : str
        Effect in natural units, or why it is not assessed.
    """

    name: str
    verdict: str
    said: str = ""

    @property
    def level(self) -> str:
        """``"page"``, ``"ticket"`` or nothing."""
        return NOTHING if self.verdict != ALARM else PAGE if self.name in PAGING else TICKET


def table_of(layers: Sequence[Layer]) -> pd.DataFrame:
    """Return one row per layer, the most trusted first."""
    rows = [(each.name, each.verdict, each.level, each.said) for each in layers]
    return pd.DataFrame(rows, columns=["layer", "verdict", "level", "said"])


def level_of(layers: Sequence[Layer]) -> str:
    """Return the level of a check: that of its most serious layer."""
    levels = {each.level for each in layers}
    return PAGE if PAGE in levels else TICKET if TICKET in levels else NOTHING
