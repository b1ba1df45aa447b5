"""Near repeats in tables of any kind: evaluated rows that equal a training row but for one column or spelling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.levels import targets_of
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.leakage.spelling import as_folded, is_short_text
from mlsys.summaries import hash_ids, is_hashable
from mlsys.values import Kind, plain, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

MOST_TRAIN, MOST_JUDGED = 8_000, 1_000
FEWEST_COLUMNS, MOST_COLUMNS = 3, 60
SPARE_BITS = 10
"""Bits required beyond those that identify one training row."""
FEWEST, SHARE = 5, 0.01
"""Minimum number and share of evaluated rows to report."""
AGREE = 0.2
"""Minimum agreement of the targets of near repeats beyond chance."""


def all_but_one_findings(
    train: pd.DataFrame,
    part: pd.DataFrame,
    name: str,
    features: Sequence[str],
    target: str,
    compared: str = "all features",
) -> list[Finding]:
    """Return a finding when rows of a part equal a training row but for one column, or for the spelling of texts.

    Parameters
    ----------
    train, part : DataFrame
        Training rows and evaluated rows; the target of the latter is not read.
    name : str
        Name of the part.
    features : sequence of str
        Columns that the model uses; at most 60 that can be compared.
    target : str
        Target column; near repeats among training rows show whether they are one case.
    compared : str
        What the columns are, for the message.

    Notes
    -----
    Rows of few coarse columns are often alike, so the agreeing columns must hold the bits that identify one training
    row among all, and ten more. Of 260 public tables 35 have such rows; in about 22 they are one case.
    """
    there = [each for each in features if each in train.columns and each in part.columns]
    columns = [name for name in there if _is_of_single_values(train[name], part[name])][:MOST_COLUMNS]
    if len(columns) < FEWEST_COLUMNS or len(there) > MOST_COLUMNS or train.empty or part.empty:
        return []
    rows, asked = in_hash_order(train, MOST_TRAIN), in_hash_order(part, MOST_JUDGED)
    near = _near(rows, asked, columns)
    seen = len(rows) / len(train)
    if near.found.sum() < FEWEST or near.found.mean() < SHARE * seen or not _agree(near.known, rows[target]):
        return []
    shown = f" (most often {', '.join(map(repr, near.often))})" if near.often else ""
    spelled = f" or in the spelling of {', '.join(map(repr, near.spelled))}" if near.spelled else ""
    return [
        Finding(
            "LK231",
            f"about {min(float(near.found.mean()) / seen, 1.0):.0%} of the {name} rows equal a training row in "
            f"{compared} but one{shown}{spelled}, and such rows mostly have one target; {REMEDIES['one column apart']}",
            "information",
            columns=tuple(dict.fromkeys([*near.often, *near.spelled])),
        )
    ]


@dataclass(frozen=True)
class _Near:
    """Near repeats among evaluated rows.

    Parameters
    ----------
    found : array of bool
        Which rows are.
    known : array of uint64
        Hashes of the values of training rows, one row a column.
    often, spelled : sequence of str
        Columns in which they differ most often; columns of texts, where rows differ in spelling only.
    """

    found: NDArray[np.bool_]
    known: Hashes
    often: Sequence[str]
    spelled: Sequence[str]


def _near(rows: pd.DataFrame, asked: pd.DataFrame, columns: Sequence[str]) -> _Near:
    """Compare rows column by column by hash, short texts without case, punctuation and spaces."""
    as_given = [_hashes(each, columns) for each in (rows, asked)]
    texts = [name for name in columns if is_short_text(rows[name])]
    rows, asked = (with_columns(each, {name: as_folded(each[name]) for name in texts}) for each in (rows, asked))
    known, mine = (_hashes(each, columns) for each in (rows, asked)) if texts else as_given
    whole, total = known.sum(axis=0, dtype=np.uint64), mine.sum(axis=0, dtype=np.uint64)
    equal = np.isin(*(each.sum(axis=0, dtype=np.uint64) for each in as_given[::-1]))
    bits, need = _bits(known, mine), np.log2(max(len(rows), 1)) + SPARE_BITS
    spelled = np.isin(total, whole) & ~equal & (bits.sum(axis=0) >= need)
    near, where = spelled.copy(), np.zeros(len(columns), dtype=np.int64)
    for place in range(len(columns)):
        found = np.isin(total - mine[place], whole - known[place]) & ~equal & ~spelled
        found &= bits.sum(axis=0) - bits[place] >= need
        near |= found
        where[place] = found.sum()
    often = [columns[place] for place in np.argsort(-where, kind="stable")[:3] if where[place]]
    return _Near(near, known, often, texts[:3] if spelled.any() else [])


def _is_of_single_values(*columns: pd.Series) -> bool:
    """Whether each value is one text, number or the like: vectors, as of an encoder, and tuples have no hash of ids."""
    return all(values_of(each).kind not in {Kind.BLOCK, Kind.NESTED} and is_hashable(each) for each in columns)


def _hashes(rows: pd.DataFrame, columns: Sequence[str]) -> Hashes:
    """Return a hash of each value, one row a column; the same value in another column has another hash."""
    return np.stack([hash_ids(plain(rows[name]), seed=place + 1) for place, name in enumerate(columns)])


def _bits(known: Hashes, mine: Hashes) -> NDArray[np.float64]:
    """Return how rare each given value is among known rows, in bits."""
    found = np.zeros(mine.shape)
    for place, values in enumerate(known):
        levels, counts = np.unique(values, return_counts=True)
        at = np.minimum(np.searchsorted(levels, mine[place]), len(levels) - 1)
        there = np.where(levels[at] == mine[place], counts[at], 1)
        found[place] = -np.log2(there / len(values))
    return found


def _agree(known: Hashes, target: pd.Series) -> bool:
    """Whether training rows that equal another but for one column agree on the target beyond chance."""
    goals = targets_of(target, cut=True)
    if not goals:
        return False
    goal, whole = goals[0] == 1, known.sum(axis=0, dtype=np.uint64)
    base = goal.mean() ** 2 + (1 - goal.mean()) ** 2
    agreed = pairs = 0.0
    for values in known:
        codes, sizes = np.unique(whole - values, return_inverse=True, return_counts=True)[1:]
        kept = sizes[codes] > 1
        if not kept.any():
            continue
        hits = np.bincount(codes[kept], goal[kept], len(sizes))
        same = np.where(goal, hits[codes] - 1, sizes[codes] - hits[codes] - 1)
        agreed += float((same[kept] / (sizes[codes][kept] - 1)).sum())
        pairs += int(kept.sum())
    return pairs >= FEWEST and agreed / pairs > base + AGREE
