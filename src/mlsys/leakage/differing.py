"""Columns that distinguish training rows from evaluated rows, which none does under a random split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of, is_plain
from mlsys.errors import Finding
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import auc_of, aucs_of_numbers, in_hash_order, levels_of
from mlsys.summaries import hashable_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE = 5_000
"""Rows of each side: an AUC of .55 is then eight standard errors from chance."""
EFFECT = 0.05
"""Distance of an AUC from .5 below which a difference is too small to matter."""
FALSE_ALARMS = 5.7e-7
"""Chance of one false alarm a part, over all its columns (Bonferroni): five standard errors for a single column."""


def difference_findings(
    train: pd.DataFrame, part: pd.DataFrame, name: str, features: Sequence[str], by_chance: bool
) -> list[Finding]:
    """Return a finding about columns whose values differ between training rows and a part.

    Parameters
    ----------
    train, part : DataFrame
        The rows of both sides.
    name : str
        Name of the part.
    features : sequence of str
        Columns compared.
    by_chance : bool
        Whether rows were dealt out one by one and by chance, so that the sides must not differ; otherwise (by time,
        by group, by the user) they may, and it is information.

    Notes
    -----
    For each column the AUC with which it tells the sides apart, worked out on one half and judged on the other.
    """
    from scipy.special import ndtri

    each = min(SAMPLE, len(train), len(part))
    comparable = set(hashable_columns(train)).intersection(hashable_columns(part))
    names = [column for column in features if column in comparable]
    if each < 2 or not names:  # half of them is judged
        return []
    sides = [in_hash_order(side[names], each) for side in (train, part)]
    turn = np.arange(2 * each).reshape(2, each).T.ravel()  # one of each in turn, so that both halves are alike
    event, half = np.tile([False, True], each), each // 2 * 2
    bar = float(-ndtri(FALSE_ALARMS / 2 / len(names)))
    kinds = [dtypes_of(side) for side in sides]
    numbers = [column for column in names if all(is_plain(each[column]) for each in kinds)]
    known = aucs_of_numbers(pd.concat([side[numbers] for side in sides], ignore_index=True).iloc[turn], [event], half)
    differing = []
    for column in names:
        if column not in known:
            values = pd.concat([side[column] for side in sides], ignore_index=True).iloc[turn]
            known[column] = auc_of(levels_of(values, half), event, half)
        auc, error = known[column]
        if auc - 0.5 > EFFECT and auc - 0.5 > bar * error:
            differing.append((auc, error, column))
    if not differing:
        return []
    differing.sort(reverse=True)
    named = ", ".join(f"{column!r} (AUC {auc:.2f} ± {error:.2f})" for auc, error, column in differing[:5])
    more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
    told = (
        f"which a random split does not cause; {REMEDIES['parts differ']}"
        if by_chance
        else "so the scores hold for rows like these; where it is no change in time, " + REMEDIES["parts differ"]
    )
    return [
        Finding(
            "LK217",
            f"{named}{more} differ{'s' if len(differing) == 1 else ''} between training and {name} rows, {told}",
            "warning" if by_chance else "information",
            columns=tuple(column for *_, column in differing),
        )
    ]
