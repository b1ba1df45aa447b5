"""What every table of mistakes stands on: a small frame, and the check that a row of a table goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys.errors import MlsysError

Attempt = Callable[[pd.DataFrame], Any]


def make_orders() -> pd.DataFrame:
    """320 made-up orders: numbers, nulls, texts, times, an id, a weight, a binary and a numeric outcome."""
    generator = np.random.default_rng(11)
    rows = 320
    price, days = generator.gamma(2.0, 30.0, rows), generator.integers(0, 30, rows).astype(float)
    country = generator.choice(["DE", "FR", "PL"], rows)
    chance = 1 / (1 + np.exp(2.5 - 0.02 * price - 0.06 * days))
    return pd.DataFrame(
        {
            "order": [f"o{number:03d}" for number in range(rows)],
            "ordered": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(generator.integers(0, 8_760, rows)), "h"),
            "price": price,
            "days": np.where(generator.random(rows) < 0.1, np.nan, days),
            "country": pd.Series(country, dtype="str"),
            "customer": generator.integers(0, 60, rows),
            "weight": generator.uniform(0.5, 2.0, rows),
            "returned": (generator.random(rows) < chance).astype(int),
            "refund": price * generator.uniform(0.3, 0.5, rows),
        }
    )


def told(error: BaseException) -> str:
    """Everything that a user reads of an error: its text and its notes."""
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


@pytest.fixture
def holds(request: pytest.FixtureRequest) -> Callable[[type[Exception], tuple[str, ...], Attempt, Attempt], None]:
    """Return the check: the mistake says what it must, its remedy works, and the user's frame stays as it was.

    A remedy runs what the mistake stopped: the quick tier tries one of four, the long tier all.
    """
    place = max(request.node.callspec.indices.values())
    tries_remedy = place % 4 == 0 or request.config.option.markexpr != "not long"

    def check(kind: type[Exception], says: tuple[str, ...], mistake: Attempt, remedy: Attempt) -> None:
        given = make_orders()
        with pytest.raises(kind) as caught:
            mistake(given)
        message = told(caught.value)
        missing = [part for part in says if part not in message]
        assert not missing, f"the message lacks {missing}:\n{message}"
        assert "Remedy: " in message, message
        assert not isinstance(caught.value, MlsysError) or caught.value.remedy
        pd.testing.assert_frame_equal(given, make_orders())
        if tries_remedy:
            remedy(given)
            pd.testing.assert_frame_equal(given, make_orders())

    return check
