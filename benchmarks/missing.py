"""How often DiagnoseMissing is right about nulls that were made in a known way.

Five ways to lose about 20 % of a column of 1,000 rows, 500 draws of each; what should be said follows from the way.

Run: ``python benchmarks/missing.py``. Writes ``docs/benchmarks/missing.rst``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from measuring import table, write_page
from mlsys import DiagnoseMissing

DRAWS, ROWS, MISSING = 500, 1_000, 0.2
DEPENDS, NOT_SEEN = "depends on other columns", "no dependence seen"
Chances = Callable[[pd.DataFrame, np.random.Generator], np.ndarray]


def by(score: np.ndarray) -> np.ndarray:
    """Return chances that grow with a score by one logit a standard deviation, near the wanted share on average."""
    score = (score - score.mean()) / score.std()
    return 1 / (1 + np.exp(-(score - 1.6)))


WAYS: dict[str, tuple[Chances, bool, str]] = {
    "MCAR": (lambda frame, rng: np.full(len(frame), MISSING), True, NOT_SEEN),
    "MAR, by a number": (lambda frame, rng: by(frame["age"].to_numpy()), True, DEPENDS),
    "MAR, by a category": (lambda frame, rng: np.where(frame["city"] == "b", 0.35, 0.15), True, DEPENDS),
    "MNAR, the value tied to another column": (lambda frame, rng: by(frame["income"].to_numpy()), True, DEPENDS),
    "MNAR, the value tied to nothing": (lambda frame, rng: by(frame["income"].to_numpy()), False, NOT_SEEN),
}
"""Chances of a null, whether income goes with age, and what should be said of income."""


def drawn(rng: np.random.Generator, tied: bool) -> pd.DataFrame:
    age, noise = rng.normal(size=(2, ROWS))
    income = 0.7 * age + 0.7 * noise if tied else noise
    return pd.DataFrame(
        {"age": age, "income": income, "city": rng.choice(list("abc"), ROWS), "rooms": rng.integers(1, 6, ROWS)}
    )


def right(way: str) -> float:
    """Return the share of draws with the right verdict."""
    chances, tied, expected = WAYS[way]
    count = 0
    for draw in range(DRAWS):
        rng = np.random.default_rng([list(WAYS).index(way), draw])
        frame = drawn(rng, tied)
        frame["income"] = frame["income"].mask(rng.random(ROWS) < chances(frame, rng))
        table = DiagnoseMissing(["income"]).of(train=frame).table
        count += table["verdict"].iloc[0] == expected
    return count / DRAWS


def main() -> None:
    warnings.simplefilter("error")
    rows = [(way, "yes" if tied else "no", expected, f"{right(way):.1%}") for way, (_, tied, expected) in WAYS.items()]
    text = f"""
{ROWS:,} rows of ``age``, ``income``, ``city`` and ``rooms``; about {MISSING:.0%} of ``income`` are made null in a known
way, {DRAWS} draws of each. *Tied*: whether income goes with age (correlation 0.7). *Right*: the share of draws with the
verdict that the way calls for.

{table(("nulls made", "tied", "should be said", "right"), rows)}

Completely at random, and by a value that nothing else tells, look the same in every column there is: ``no dependence
seen`` says that the two cannot be told apart, and every summary says that dependence on the missing value cannot be
excluded. Where the value is tied to another column, its absence is seen in that one, and the verdict says that nulls
are not completely at random; whether they are so given the other columns, no data tell.
"""
    write_page("missing", "Why values are missing", "python benchmarks/missing.py", text)


if __name__ == "__main__":
    main()
