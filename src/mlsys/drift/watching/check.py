"""Check: what a monitor says of today's rows, layer by layer, and who has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.drift.result import DriftResult
from mlsys.drift.watching.layers import NOT_ASSESSED, PAGE, TICKET
from mlsys.errors import ConfigurationError, MlsysError
from mlsys.pages import Block, Page, Table, filled

LAYERS, SLICES, ATTRIBUTION, CLASSES, JOINT = "layers", "slices", "attribution", "classes", "joint"
"""Names of further tables of a check."""


class DriftAlarm(MlsysError, RuntimeError):
    """Raised by ``raise_if_alarm`` when columns have drifted, or the model got worse.

    Examples
    --------
    >>> from mlsys import Monitor
    >>> rows = pd.DataFrame({"age": [*range(20, 70)] * 40})
    >>> try:
    ...     Monitor.fit(rows).check(rows + 30).raise_if_alarm()
    ... except DriftAlarm as alarm:
    ...     print(alarm.remedy)
    look at .table and .plot(), then fix the data or retrain
    """


@dataclass(frozen=True, repr=False)
class Check(DriftResult):
    """Result of ``monitor.check``: table, verdict, layers, figure.

    Examples
    --------
    >>> from mlsys import Monitor
    >>> rows = pd.DataFrame({"age": [*range(20, 70)] * 40})
    >>> check = Monitor.fit(rows).check(rows.head(1_000))
    >>> check.verdict, check.level, list(check.table["column"])
    ('no alarm', '', ['age'])
    """

    @property
    def level(self) -> str:
        """``"page"``: labels or an estimate say that the model is worse; ``"ticket"``: something moved; or nothing."""
        return str(self.facts["level"])

    @property
    def cause(self) -> str:
        """``inputs``, ``labels`` (shares of classes), ``relation``, ``schema``, ``season``, or nothing."""
        return str(self.facts["cause"])

    @property
    def layers(self) -> pd.DataFrame:
        """Labels, estimate, predictions, features, schema: verdict, level, and the effect in natural units."""
        return self.tables[LAYERS]

    def raise_if_alarm(self, least: str = TICKET) -> None:
        """Raise ``DriftAlarm`` if a column has drifted or the model got worse; for scripts that must stop.

        Parameters
        ----------
        least : {"ticket", "page"}
            ``"page"`` raises only where labels or an estimate say that the model is worse.
        """
        if at_least(self.level, least, "raise_if_alarm"):
            raise DriftAlarm(self.summary, "look at .table and .plot(), then fix the data or retrain")

    def message(self) -> dict[str, Any]:
        """Return what alerts send: plain data without a row."""
        return {
            "text": f"{self.level or 'no alarm'}: {self.summary}", "verdict": self.verdict, "level": self.level,
            "cause": self.cause, "columns": list(self.facts["alarms"]), "rows": self.facts["rows"],
            "time": self.facts["time"],
        }  # fmt: skip

    def _page(self) -> Page:
        page = super()._page()
        layers = self.layers[self.layers["verdict"] != NOT_ASSESSED]
        if len(layers) <= 2 and not self.facts["cause"]:  # features and schema, which the table below says
            return page
        shown: list[Block] = [Table(filled(self.layers))]
        return Page([*page.blocks[:2], *shown, *page.blocks[2:]])


def at_least(level: str, least: str, who: str) -> bool:
    """Whether a level is as serious as ``least``."""
    if least not in {PAGE, TICKET}:
        raise ConfigurationError(f"{who}: {least!r} is no level", 'write "page" or "ticket"')
    return level == PAGE or (level == TICKET and least == TICKET)
