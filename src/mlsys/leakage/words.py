"""Held mappings and lists of words that the texts of all rows explain, and those of training rows do not."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mlsys.leakage.digits import RELATIVE
from mlsys.leakage.explaining import Explained, Explainer
from mlsys.leakage.statistics import MOST_GROUPS, Match, Population
from mlsys.values import Kind, plain, values_of, with_columns

FEWEST = 20
"""Words of a mapping or a list: fewer may be known from elsewhere."""
OFTEN = 0.5
"""Share of values with several words, from which on a column is one of texts."""
MOST_ROWS, MOST_CHARACTERS = 50_000, 5_000_000
"""Texts that are taken apart."""
_TOKEN = re.compile(r"\b\w\w+\b")
"""As scikit-learn's vectorizers take texts apart."""


@dataclass(frozen=True)
class Words:
    """Explains numbers of words, and lists of words, by the texts that hold them and the targets of these.

    Parameters
    ----------
    everywhere, training : Population
        All rows of the source, and training rows.
    """

    everywhere: Population
    training: Population
    _parted: dict[tuple[str, bool, bool], tuple[Population, Population]] = field(default_factory=dict)

    def of(self, value: Any) -> list[Explained]:
        """Return what explains a value; nothing if it is not about words of texts."""
        keys = value if isinstance(value, pd.Index) else pd.Series(value).index if _is_mapping(value) else None
        if keys is None or not FEWEST <= len(keys) <= MOST_GROUPS or not all(isinstance(key, str) for key in keys):
            return []
        for name in self._texts():
            for lower, repeated in itertools.product((False, True), repeat=2):
                everywhere, training = self._of(name, lower, repeated)
                if not keys.isin(everywhere.frame[_called(name)].unique()).all():
                    continue
                found = self._explained(value, name, everywhere, training)
                if found:
                    return found
        return []

    def _explained(self, value: Any, name: str, everywhere: Population, training: Population) -> list[Explained]:
        if _is_mapping(value):
            mapping = pd.Series(value)
            if _is_rarity(mapping, everywhere, name):
                return [] if _is_rarity(mapping, training, name) else [_found("rarity", name, everywhere)]
        answers = Explainer([everywhere], [training]).of(value)
        return [each for each in answers if each.found is not None]

    def _texts(self) -> Iterator[str]:
        for name, column in self.everywhere.frame.items():
            if len(column) <= MOST_ROWS and values_of(column).kind is Kind.TEXT and name in self.training.frame.columns:
                if column.str.len().sum() <= MOST_CHARACTERS and column.str.contains(" ").mean() > OFTEN:
                    yield str(name)

    def _of(self, name: str, lower: bool, repeated: bool) -> tuple[Population, Population]:
        """Return a row for each word of each text, of all rows and of training rows."""
        key = name, lower, repeated
        if key not in self._parted:
            self._parted[key] = _taken_apart(self.everywhere, *key), _taken_apart(self.training, *key)
        return self._parted[key]


def _is_mapping(value: Any) -> bool:
    return isinstance(value, (dict, pd.Series))


def _called(name: str) -> str:
    return f"words of {name}"


def _found(statistic: str, name: str, rows: Population) -> Explained:
    return Explained(True, (Match(statistic, _called(name)), rows.name))


def _taken_apart(rows: Population, name: str, lower: bool, repeated: bool) -> Population:
    """Return a row for each word of each text, or each different word, with the targets of the text."""
    texts = plain(rows.frame[name]).fillna("").astype(object)
    words = [_TOKEN.findall(text.lower()) if lower else text.split() for text in texts]
    parted = words if repeated else [list(dict.fromkeys(each)) for each in words]
    targets = [each for each in rows.targets if each in rows.frame.columns]
    frame = with_columns(rows.frame[targets], {_called(name): pd.Series(parted, index=rows.frame.index, dtype=object)})
    return Population(rows.name, frame.explode(_called(name), ignore_index=True).dropna(), rows.targets)


def _is_rarity(mapping: pd.Series, rows: Population, name: str) -> bool:
    """Whether numbers are logarithms of how few texts hold a word, as inverse document frequencies are."""
    counts = rows.frame[_called(name)].value_counts().reindex(mapping.index).to_numpy(dtype=np.float64)
    values = pd.to_numeric(mapping, errors="coerce").to_numpy(dtype=np.float64)
    if len(np.unique(counts)) < 2 or not np.isfinite(values).all() or np.isnan(counts).any():  # noqa: PLR2004
        return False
    for added in (0.0, 1.0):  # whatever the base, and whatever is added after the logarithm
        logs = np.log(counts + added)
        line = np.polyfit(logs, values, 1)
        if line[0] < 0 and np.abs(np.polyval(line, logs) - values).max() <= RELATIVE * 10 * np.abs(values).max():
            return True
    return False
