"""Ways that leave the label as it is: jitter, swapped categories, typing errors, lost words, synonyms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.sampling._ways import changeable, check_share, names_of, texts_changed
from mlsys.values import Kind, jittered, like, mistyped, plain, values_of, with_columns

if TYPE_CHECKING:
    from mlsys.dataset import Rows

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Jitter:
    """Move numbers by noise as large as that of the measurement.

    Parameters
    ----------
    noise : dict of str to float, optional
        For each column the standard deviation of its measurement, in the column's unit.
    repeats : str, optional
        Column whose equal values are measurements of one thing: the noise is their pooled standard deviation, of each
        number feature that varies within them. Either ``noise`` or ``repeats`` is given.

    Raises
    ------
    ConfigurationError
        If neither or both are given, or a deviation is not above 0.
    DataError
        If a column is missing or holds no numbers, or nothing was measured twice.

    Notes
    -----
    Moved numbers stay within the range of the column, whole numbers whole, nulls null. Noise larger than that of the
    measurement would make rows that nobody can label.

    Examples
    --------
    >>> Jitter({"weight": 0.5})
    Jitter(noise={'weight': 0.5}, repeats=None)
    """

    noise: Mapping[str, float] | None = None
    repeats: str | None = None

    def __post_init__(self) -> None:
        """Check that the noise is known."""
        if (self.noise is None) == (self.repeats is None):
            raise ConfigurationError(
                "Jitter needs either noise= or repeats=",
                'say how large measured noise is: Jitter({"weight": 0.5}), or Jitter(repeats="patient")',
            )
        wrong = [name for name, size in (self.noise or {}).items() if not (np.isfinite(size) and size > 0)]
        if wrong:
            raise ConfigurationError(
                f"Jitter: the noise of {wrong[0]!r} is not above 0", "give its standard deviation in the column's unit"
            )

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return the copies with noise."""
        noise = self._measured(train, who) if self.noise is None else self.noise
        for name in changeable(noise, train, who):
            if values_of(train[name]).kind is not Kind.NUMBER:
                raise DataError(
                    f"{who}: Jitter moves numbers, but {name!r} holds {values_of(train[name])}", "leave it out"
                )
        return with_columns(copies, {name: jittered(copies[name], size, rng) for name, size in noise.items()})

    def _measured(self, train: Rows, who: str) -> dict[str, float]:
        assert self.repeats is not None
        require_columns(train.columns, [self.repeats], who, "correct repeats=")
        numbers = [name for name in train.X.columns if values_of(train[name]).kind is Kind.NUMBER]
        values = pd.DataFrame({name: plain(train[name]).astype(np.float64) for name in numbers}, index=train.index)
        groups = values.groupby(train[self.repeats].to_numpy())
        within = values - groups.transform("mean")
        freedom = groups.count().sub(1).clip(lower=0).sum()
        found = ((within**2).sum() / freedom.where(freedom > 0)) ** 0.5
        noise = {str(name): float(size) for name, size in found.items() if size > 0}
        if not noise:
            raise DataError(
                f"{who}: no number feature varies among rows of one {self.repeats!r}, so no noise was measured",
                "give it: Jitter({'column': standard deviation})",
            )
        return noise


@dataclass(frozen=True)
class SwapCategories:
    """Replace categories by others that mean the same to the label.

    Parameters
    ----------
    alike : dict of str to list of list
        For each column, groups of values that may stand for each other: ``{"colour": [["red", "crimson"]]}``.

    Raises
    ------
    ConfigurationError
        If a group has fewer than two values, or a value is in two groups.

    Examples
    --------
    >>> SwapCategories({"colour": [["red", "crimson"], ["blue", "navy"]]}).alike["colour"][0]
    ['red', 'crimson']
    """

    alike: Mapping[str, Sequence[Sequence[Any]]]

    def __post_init__(self) -> None:
        """Check the groups."""
        for name, groups in self.alike.items():
            values = [value for group in groups for value in group]
            if any(len(group) < 2 for group in groups) or len(set(values)) < len(values) or not groups:  # noqa: PLR2004
                raise ConfigurationError(
                    f"SwapCategories: the groups of {name!r} need two values each, and each value in one group",
                    'write {"colour": [["red", "crimson"], ["blue", "navy"]]}',
                )

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return the copies with other values of the same groups."""
        made = {}
        for name in changeable(self.alike, train, who):
            others = {value: [each for each in group if each != value] for group in self.alike[name] for value in group}
            given = plain(copies[name]).astype(object).tolist()
            there = set(plain(train[name]).dropna().unique().tolist())
            found = [
                others[value][int(rng.integers(len(others[value])))] if value in others else value for value in given
            ]
            if not there & set(others):
                raise DataError(
                    f"{who}: SwapCategories: no training row has one of {listed(map(repr, others))} in {name!r}",
                    "write the values as the column holds them",
                )
            made[name] = like(pd.Series(found, index=copies.index, name=name), copies[name])
        return with_columns(copies, made)


@dataclass(frozen=True)
class Typos:
    """Make typing errors in texts: letters swapped, left out, doubled, or the key beside.

    Parameters
    ----------
    columns : str or list of str
        Columns of text.
    size : int
        Errors in each text.

    Examples
    --------
    >>> Typos("note", size=2)
    Typos(columns='note', size=2)
    """

    columns: str | Sequence[str]
    size: int = 1

    def __post_init__(self) -> None:
        """Check the number of errors."""
        if self.size < 1:
            raise ConfigurationError(f"Typos: size={self.size} makes no error", "write size=1, for example")

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return the copies with typing errors."""
        names = changeable(self.columns, train, who)
        texts_changed(copies, names, str, who)  # raises for columns of other values
        return with_columns(copies, {name: mistyped(copies[name], self.size, rng) for name in names})


@dataclass(frozen=True)
class DropWords:
    """Leave out words of texts, by chance; one stays.

    Parameters
    ----------
    columns : str or list of str
        Columns of text.
    share : float
        Of the words, above 0 and at most 1; at least one of several is left out.

    Examples
    --------
    >>> DropWords("note")
    DropWords(columns='note', share=0.1)
    """

    columns: str | Sequence[str]
    share: float = 0.1

    def __post_init__(self) -> None:
        """Check the share."""
        check_share("DropWords", self.share)

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return the copies with fewer words."""

        def shorter(text: str) -> str:
            words = text.split()
            if len(words) < 2:  # noqa: PLR2004
                return text
            kept = rng.random(len(words)) >= self.share
            kept[rng.integers(len(words))] = False
            if not kept.any():
                kept[rng.integers(len(words))] = True
            return " ".join(word for word, stays in zip(words, kept, strict=True) if stays)

        return texts_changed(copies, changeable(self.columns, train, who), shorter, who)


@dataclass(frozen=True)
class Synonyms:
    """Replace words of texts by others of a given table.

    Parameters
    ----------
    columns : str or list of str
        Columns of text.
    words : dict of str to list of str
        For each word those that may replace it; whatever its case.
    share : float
        Of the words that are in the table, above 0 and at most 1.

    Examples
    --------
    >>> Synonyms("note", {"fast": ["quick", "rapid"]}).words["fast"]
    ['quick', 'rapid']
    """

    columns: str | Sequence[str]
    words: Mapping[str, Sequence[str]]
    share: float = 0.5
    _table: Mapping[str, Sequence[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check the table."""
        check_share("Synonyms", self.share)
        if not self.words or any(isinstance(each, str) or not each for each in self.words.values()):
            raise ConfigurationError(
                "Synonyms: words= names for a word no list of others", 'write words={"fast": ["quick", "rapid"]}'
            )
        object.__setattr__(self, "_table", {word.casefold(): tuple(each) for word, each in self.words.items()})

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return the copies with other words."""

        def replaced(found: re.Match[str]) -> str:
            word = found[0]
            others = self._table.get(word.casefold())
            if others is None or rng.random() >= self.share:
                return word
            other = others[int(rng.integers(len(others)))]
            return (
                other.upper() if word.isupper() and len(word) > 1 else other.capitalize() if word.istitle() else other
            )

        names = changeable(names_of(self.columns), train, who)
        return texts_changed(copies, names, lambda text: _WORD.sub(replaced, text), who)
