"""Tables that a step declares for its functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError


def refuse_no_tables(step: str, lookup: Sequence[Any]) -> None:
    """Raise when ``lookup=`` holds something other than tables."""
    wrong = [each for each in lookup if not isinstance(each, (pd.DataFrame, pd.Series, Mapping, np.ndarray))]
    if wrong:
        raise ConfigurationError(
            f"{step} got lookup= with the {type(wrong[0]).__name__} {str(wrong[0])[:40]!r}, which is not a table",
            "give the tables themselves, in a list: lookup=[holidays]",
        )


def lookup_notes(lookup: Sequence[Any]) -> tuple[str, ...]:
    """Say how many tables are looked up.

    Examples
    --------
    >>> lookup_notes([{"DE": 0.19, "FR": 0.2}])
    ('looks up 1 declared table, taken for known beforehand',)
    """
    many = f"{len(lookup)} declared table{'s' if len(lookup) > 1 else ''}"
    return (f"looks up {many}, taken for known beforehand",) if lookup else ()
