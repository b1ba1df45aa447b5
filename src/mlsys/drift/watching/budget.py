"""Budget: how many false pages are accepted in which time, and the level of each check that follows."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from mlsys.dataset.roles import duration_of
from mlsys.errors import ConfigurationError

_SAID = re.compile(
    r"\s*(?P<pages>\d+(\.\d+)?)\s+(false\s+)?(pages?|alarms?)\s+(per|in|a|every)\s+(?P<times>\d+(\.\d+)?\s*)?"
    r"(?P<unit>checks?|hours?|days?|weeks?|months?|quarters?|years?)\s*",
    re.IGNORECASE,
)
_DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.2425 / 12, "quarter": 365.2425 / 4, "year": 365.2425}
LARGEST = 0.2
"""Level of a check beyond which an alarm says nothing."""
REMEDY = 'write it as "1 false page per 90 days" or "1 false page per 100 checks"'


@dataclass(frozen=True)
class Budget:
    """False pages that are accepted in a time, or in a number of checks.

    Parameters
    ----------
    said : str
        As the user wrote it.
    every : Timedelta or None
        Time between two checks; not needed where checks are counted.
    level : float
        Probability of a false page that each check may have.

    Notes
    -----
    The expected number of false pages is the sum of the probabilities of the checks, however much these depend on each
    other, as all checks against one reference do; so each check gets an equal part. Within a check the level is spread
    over columns, slices and their signals by e-values (e-BH), which needs no independence either.

    Examples
    --------
    >>> round(Budget.of("1 false page per 90 days", "1D").level, 4)
    0.0111
    >>> Budget.of("1 false page per 100 checks").level
    0.01
    """

    said: str
    every: pd.Timedelta | None
    level: float

    @classmethod
    def of(cls, said: str, every: str | pd.Timedelta | None = None, who: str = "Monitor.fit") -> Budget:
        """Read a budget.

        Parameters
        ----------
        said : str
            ``"1 false page per 90 days"``, ``"2 false pages per year"``, ``"1 false page per 100 checks"``.
        every : str or Timedelta, optional
            Time between two checks; a day if not given.
        who : str
            Named in errors.
        """
        found = _SAID.fullmatch(said) if isinstance(said, str) else None
        if found is None or not float(found["pages"]) or float(found["times"] or 1) == 0:
            raise ConfigurationError(f"{who}: budget={said!r} is no budget", REMEDY)
        pages, times = float(found["pages"]), float(found["times"] or 1)
        unit = found["unit"].lower().rstrip("s")
        if unit == "check":
            between, level = None, pages / times
        else:
            between = duration_of("1D" if every is None else every, f"{who}: every")
            if between <= pd.Timedelta(0):
                raise ConfigurationError(f"{who}: every={every!r} is no time between checks", 'write "1D" or "1h"')
            level = pages * (between / pd.Timedelta(days=1)) / (times * _DAYS[unit])
        if level > LARGEST:
            raise ConfigurationError(
                f"{who}: budget={said!r} lets {level:.0%} of all checks page falsely",
                f"check more rarely (every=...), or accept fewer false pages; at most {LARGEST:.0%} is allowed",
            )
        return cls(said, between, level)

    def expected(self, checks: int) -> float:
        """Return how many false pages so many checks may have."""
        return self.level * checks
