"""compare_jointly: whether rows of two frames are alike in all columns together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlsys.drift.asked import check_rows, watched_columns
from mlsys.drift.joint.coding import coded
from mlsys.drift.joint.methods import METHODS
from mlsys.errors import ConfigurationError

JOINT_TESTS = tuple(METHODS)
LEVEL = 0.05
FEWEST_ROWS = 50
"""Rows of each side that a test needs."""
MOST_ROWS = 5_000
"""Rows of each side that are looked at, drawn at random."""
LEAST = {"domain_classifier": 0.1}
"""Effects up to this are no alarms: a classifier with an area of 0.55 under its ROC curve hardly tells anything."""
NAMED = 3
"""Columns named that tell the sides apart."""


def compare_jointly(
    reference: pd.DataFrame,
    today: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    tests: Sequence[str] = JOINT_TESTS,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Test whether rows of two frames are alike in all columns together.

    Parameters
    ----------
    reference, today : DataFrame
        Rows; of more than 5,000 a sample is taken.
    columns : sequence of str, optional
        To compare; by default all of the reference.
    tests : sequence of {"domain_classifier", "mean_discrepancy", "energy_distance", "reconstruction"}
        Tests to make.
    level : float
        Probability of a false alarm over all tests together (Bonferroni).
    seed : int
        For samples, folds and permutations.

    Returns
    -------
    DataFrame
        ``test``, ``verdict``, ``effect``, ``p``, and the ``columns`` that contribute most.

    Notes
    -----
    Rows are taken as independent. Ids and times that advance differ by nature: leave them out.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=1_000)
    >>> reference = pd.DataFrame({"a": x, "b": x + 0.5 * rng.normal(size=1_000)})
    >>> today = pd.DataFrame({"a": x, "b": rng.permutation(reference["b"])})
    >>> compare_jointly(reference, today, tests=["domain_classifier", "reconstruction"])[["test", "verdict"]]
                    test verdict
    0  domain_classifier   alarm
    1     reconstruction   alarm
    """
    who = "compare_jointly"
    for frame in (reference, today):
        check_rows(frame, who)
    unknown = [name for name in tests if name not in METHODS]
    if unknown or isinstance(tests, str) or not tests:
        raise ConfigurationError(f"{who}: tests={tests!r} is no list of tests", f"choose among {list(METHODS)}")
    chosen = watched_columns(reference, columns, {}, who)
    missing = [name for name in chosen if name not in today.columns]
    if missing:
        raise ConfigurationError(f"{who}: today's rows lack {missing[0]!r}", "give both the same columns")
    rng = np.random.default_rng(seed)
    sides = [sample_of(frame[list(chosen)], MOST_ROWS, seed + place) for place, frame in enumerate((reference, today))]
    one, other, names = coded(sides[0], sides[1], chosen)
    rows = []
    for name in tests:
        if min(map(len, sides)) < FEWEST_ROWS or not names:
            why = f"fewer than {FEWEST_ROWS} rows" if names else "no column varies"
            rows.append((name, "not assessed", np.nan, np.nan, why))
            continue
        effect, p, parts = METHODS[name](one, other, rng)
        alarm = p <= level / len(tests) and effect > LEAST.get(name, 0.0)
        told = pd.Series(parts, index=names).groupby(level=0).sum().sort_values(ascending=False)
        said = ", ".join(map(str, told.index[:NAMED])) if alarm else ""
        rows.append((name, "alarm" if alarm else "no alarm", effect, p, said))
    return pd.DataFrame(rows, columns=["test", "verdict", "effect", "p", "columns"])


def sample_of(frame: pd.DataFrame, most: int, seed: int = 0) -> pd.DataFrame:
    """Return at most so many rows, drawn at random, the same for the same seed and frame."""
    if len(frame) <= most:
        return frame.reset_index(drop=True)
    places = np.sort(np.random.default_rng(seed).choice(len(frame), most, replace=False))
    return frame.iloc[places].reset_index(drop=True)
