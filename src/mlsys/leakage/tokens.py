"""Texts that name the outcome: a single word of a column that predicts the target."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import FEWEST, STRONG, events_of, is_measured
from mlsys.leakage.remedies import NOBODY, advised
from mlsys.leakage.separation import BINS, auc_of, in_hash_order
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD = re.compile(r"[^\W\d_]+|\d+")
"""Letters or digits: codes and file names are split into their components."""
MOST_ROWS, LONGEST, MOST_WORDS = 3_000, 2_000, 2_000
"""Rows looked at, characters of each, and words of a column, those in most rows first."""
SURE, NEAR = 0.75, 0.8
"""Lower bound of the AUC of a word, and its AUC on the half that it is chosen on."""
FEWEST_ROWS = 20
"""Rows that hold a word, at least."""
PURE_ROWS, COVERS, CHANCE = 50, 0.3, -6.0
"""Rows of one class that hold a word, all of them; their share of the class; the power of ten of the chance."""
SHOWN = 3


def token_findings(
    train: pd.DataFrame, features: Sequence[str], target: str, made_by: Mapping[str, str] = NOBODY
) -> list[Finding]:
    """Return findings about columns of text in which one word predicts the target.

    Parameters
    ----------
    train : DataFrame
        Training rows; at most 3,000 are used.
    features : sequence of str
        Features; texts of more than twenty values are used.
    target : str
        The target column.
    made_by : mapping of str to str
        Columns to the steps that made them.

    Notes
    -----
    A word is chosen on one half, and its AUC computed on the other: at least .85, and at least .75 less three standard
    errors. It is a warning if every class has such a word, and information for one class of several and for a numeric
    target. A word in at least fifty rows, all of one class, that covers 30 % of the class is a question (information)
    if chance produces it in less than one of a million columns. Time grows with the length of the texts, of which 2,000
    characters are read.
    """
    if len(train) < FEWEST:
        return []
    rows = in_hash_order(train[[*features, target]], MOST_ROWS)
    events = events_of(rows[target])
    found = []
    for name in features if events else ():
        if values_of(rows[name]).kind is Kind.TEXT and rows[name].nunique() > BINS:
            found += _of_column(name, rows[name], events, is_measured(rows[target]), made_by)
    return found


def _of_column(
    name: str, column: pd.Series, events: Sequence[NDArray[np.bool_]], measured: bool, made_by: Mapping[str, str]
) -> list[Finding]:
    words, table = _words(column)
    half = len(column) // 2
    telling = [_told_by(words, table, event, half) for event in events]
    said = [each for each in telling if each]
    if said:
        severity = "information" if measured or len(said) < len(events) else "warning"
        return [_finding(f"{said[0]} in {name!r} predicts the target", name, severity, made_by)]
    pure = [] if measured else [word for event in events for word in _pure(words, table, event)]
    if not pure:
        return []
    shown = ", ".join(map(repr, pure[:SHOWN]))
    return [_finding(f"texts of {name!r} with the word {shown} are all of one class", name, "information", made_by)]


def _finding(said: str, name: str, severity: str, made_by: Mapping[str, str]) -> Finding:
    message = advised(f"{said}, like a note extended after the outcome", "LK224", [name], made_by, asked=True)
    return Finding("LK224", message, severity, columns=(name,))


def _words(column: pd.Series) -> tuple[list[str], NDArray[np.bool_]]:
    """Return the words of a column of texts, and which rows hold which."""
    codes, texts = pd.factorize(plain(column).str.slice(0, LONGEST).str.lower().fillna(""))
    held, rows_of = [set(WORD.findall(text)) for text in texts], np.bincount(codes)
    counts: Counter[str] = Counter()
    for each, rows in zip(held, rows_of.tolist(), strict=True):
        counts.update(dict.fromkeys(each, rows))
    ranked = sorted(counts, key=lambda word: (-counts[word], word.isdigit(), -len(word), word))[:MOST_WORDS]
    words = [word for word in ranked if counts[word] >= FEWEST_ROWS]
    places = {word: place for place, word in enumerate(words)}
    table = np.zeros((len(held), len(words)), dtype=bool)
    for row, each in enumerate(held):
        table[row, [places[word] for word in each if word in places]] = True
    return words, table[codes]


def _told_by(words: Sequence[str], table: NDArray[np.bool_], event: NDArray[np.bool_], half: int) -> str:
    """Return the word that predicts an event, with its AUC on the other half; empty if none does."""
    place = _telling(table[:half], event[:half])
    if place is None:
        return ""
    auc, error = auc_of(table[:, place].astype(np.int64), event, half)
    return (
        f"the word {words[place]!r} (AUC {auc:.3f} ± {error:.3f})" if auc >= STRONG and auc - 3 * error > SURE else ""
    )


def _telling(table: NDArray[np.bool_], event: NDArray[np.bool_]) -> int | None:
    """Return the place of the word whose presence predicts an event best; nothing if none does."""
    if not table.shape[1] or not 0 < event.sum() < len(event):
        return None
    apart = np.abs(table[event].mean(axis=0) - table[~event].mean(axis=0))
    best = int(apart.argmax())
    return best if apart[best] / 2 + 0.5 >= NEAR else None


def _pure(words: Sequence[str], table: NDArray[np.bool_], event: NDArray[np.bool_]) -> list[str]:
    """Return words that only rows of an event hold, or only all others, and many of them."""
    counts, hits = table.sum(axis=0), table[event].sum(axis=0)
    found = []
    for place in np.flatnonzero((counts >= PURE_ROWS) & ((hits == counts) | (hits == 0))).tolist():
        share = event.mean() if hits[place] else 1 - event.mean()
        covers = counts[place] / (share * len(event))
        if covers >= COVERS and counts[place] * np.log10(share) < CHANCE - np.log10(len(words)):
            found.append(words[place])
    return found
