"""Mirrored pairs: an evaluated row that is a training row with its two sides exchanged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import is_measured
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.summaries import hash_ids, is_hashable
from mlsys.values import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

SIDES = (
    ("home", "away"), ("host", "guest"), ("1", "2"), ("0", "1"), ("one", "two"), ("a", "b"), ("first", "second"),
    ("left", "right"), ("l", "r"), ("lhs", "rhs"), ("red", "blue"), ("white", "black"), ("source", "target"),
    ("src", "dst"), ("from", "to"), ("head", "tail"), ("u", "v"), ("i", "j"), ("p", "q"), ("own", "opponent"),
    ("player", "opponent"), ("team", "opponent"),
)  # fmt: skip
"""Words by which the names of two columns of a pair differ."""
MOST_TRAIN, MOST_JUDGED = 20_000, 2_000
SPARE_BITS = 10
"""Bits required beyond those that identify one training row: another row then agrees by chance once in a thousand."""
FEWEST, SHARE = 5, 0.01
"""Evaluated rows, and their share, that mirror a training row."""
AGREE = 0.9
"""Share of mirrored training rows that have the same target, or the other one."""
_WORD = re.compile(r"\d+|[A-Z]?[a-z]+|[A-Z]+")


def mirrored_findings(
    train: pd.DataFrame, part: pd.DataFrame, name: str, features: Sequence[str], target: str
) -> list[Finding]:
    """Return a finding when rows of a part are training rows with two sides exchanged.

    Parameters
    ----------
    train, part : DataFrame
        Training rows and evaluated rows; the target of the latter is not read.
    name : str
        Name of the part.
    features : sequence of str
        Columns whose names differ by one word of a pair (``home_score`` and ``away_score``) are its sides.
    target : str
        Target column, which mirrored rows share or have reversed.

    Notes
    -----
    Values of a mirrored row must be so rare together that chance does not explain them: two teams that meet twice in a
    season do not count. Of 41 public tables with such columns none is accused.
    """
    named = ([pair for pair in sides(features, *way) if _comparable(train, part, pair)] for way in SIDES)
    found = [pairs for pairs in named if pairs]
    if not found:
        return []
    known, asked = in_hash_order(train, MOST_TRAIN), in_hash_order(part, MOST_JUDGED)
    for pairs in found:
        here, there = _Sides(known, pairs), _Sides(asked, pairs)
        mirrors = np.isin(there.mirrored, here.own) & (there.mirrored != there.own)
        mirrors &= _bits(known, asked, pairs) >= np.log2(len(known)) + SPARE_BITS
        count, seen = int(mirrors.sum()), len(known) / len(train)
        if count < FEWEST or count < SHARE * seen * len(asked):
            continue
        how = _in_common(here, known[target])
        if how:
            return [_finding(pairs, name, count / len(asked) / seen, how)]
    return []


def sides(names: Sequence[str], left: str, right: str) -> list[tuple[str, str]]:
    """Return the pairs of names that differ by one word, or by one word wherever it stands.

    Examples
    --------
    >>> sides(["home_score", "away_score", "day"], "home", "away"), sides(["a0", "b0", "a1"], "a", "b")
    ([('home_score', 'away_score')], [('a0', 'b0')])
    """
    there = {_words(name): name for name in names}
    found = []
    for words, name in there.items():
        other = tuple(right if word == left else word for word in words)
        if other != words and right not in words and other in there:
            found.append((name, there[other]))
    return found


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(str(name)))


def _comparable(train: pd.DataFrame, part: pd.DataFrame, pair: tuple[str, str]) -> bool:
    return all(name in frame.columns and is_hashable(frame[name]) for name in pair for frame in (train, part))


class _Sides:
    """Hashes of the pairs of each row, as they are and with their sides exchanged."""

    def __init__(self, rows: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> None:
        self.own, self.mirrored = np.zeros(len(rows), dtype=np.uint64), np.zeros(len(rows), dtype=np.uint64)
        for place, pair in enumerate(pairs):
            one, other = (hash_ids(plain(rows[name]), seed=place) for name in pair)
            turn = np.uint64(2 * place + 3)
            self.own += one * turn + (other ^ (other >> np.uint64(7)))
            self.mirrored += other * turn + (one ^ (one >> np.uint64(7)))


def _bits(known: pd.DataFrame, asked: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Return how rare the values of each row are, in bits."""
    found = np.zeros(len(asked))
    for pair in pairs:
        for name, mate in (pair, pair[::-1]):
            shares = plain(known[mate]).value_counts(normalize=True, dropna=False)
            there = plain(asked[name]).map(shares).to_numpy(dtype=np.float64, na_value=np.nan)
            found -= np.log2(np.where(np.isnan(there), 1.0, there))
    return found


def _in_common(here: _Sides, target: pd.Series) -> str:
    """Return what the targets of training rows that mirror each other have in common; empty if nothing."""
    order = np.argsort(here.own, kind="stable")
    places = np.minimum(np.searchsorted(here.own[order], here.mirrored), len(order) - 1)
    mates = order[places]
    paired = (here.own[mates] == here.mirrored) & (here.own != here.mirrored)
    if paired.sum() < FEWEST:
        return ""
    one, other = target[paired], target.iloc[mates[paired]]
    same = float((one.to_numpy() == other.to_numpy()).mean())
    if same >= AGREE:
        return "the same target"
    if is_measured(target):
        opposite = np.isclose(one.to_numpy(dtype=np.float64), -other.to_numpy(dtype=np.float64))
        return "the opposite target" if opposite.mean() >= AGREE else ""
    return "the other target" if same <= 1 - AGREE else ""


def _finding(pairs: Sequence[tuple[str, str]], name: str, share: float, how: str) -> Finding:
    shown = ", ".join(f"{one!r} and {other!r}" for one, other in pairs[:2]) + (" and others" if len(pairs) > 2 else "")  # noqa: PLR2004
    return Finding(
        "LK230",
        f"about {min(share, 1.0):.0%} of the {name} rows are a training row with its sides exchanged ({shown}), and "
        f"such rows have {how}; {REMEDIES['mirrored']}",
        "warning",
        columns=tuple(column for pair in pairs for column in pair),
    )
