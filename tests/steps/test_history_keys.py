"""Keys of a history match by value, and moments of any era are ordered."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from mlsys.errors import DataError
from mlsys.steps.history import Past


def past(now_keys: pd.Series, row_keys: pd.Series, days: list[dt.datetime]) -> pd.Series:
    rows = pd.DataFrame({"k": row_keys, "v": range(len(row_keys))})
    now = pd.DataFrame({"k": now_keys})
    decide = pd.Series([days[-1]] * len(now))
    return Past(now, rows, "k", decide, pd.Series(days[:-1])).last("v")


DAYS = [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 3)]


def test_keys_match_by_value_across_types() -> None:
    assert past(pd.Series([2.0, None]), pd.Series([1, 2]), DAYS).tolist()[0] == 1
    assert past(pd.Series(["b"], dtype="category"), pd.Series(["a", "b"]), DAYS).tolist() == [1]


def test_keys_that_can_never_match_are_refused() -> None:
    with pytest.raises(DataError, match="history key 'k' is text .* in the rows and whole numbers .* in the history"):
        past(pd.Series(["1"]), pd.Series([1, 2]), DAYS)


def test_moments_beyond_nanoseconds_are_ordered() -> None:
    days = [dt.datetime(9998, 1, 1), dt.datetime(1500, 1, 1), dt.datetime(9999, 1, 1)]

    assert past(pd.Series([1]), pd.Series([1, 1]), days).tolist() == [0]
    assert past(pd.Series([1]), pd.Series([1, 1]), [*days[:2], dt.datetime(9997, 1, 1)]).tolist() == [1]
