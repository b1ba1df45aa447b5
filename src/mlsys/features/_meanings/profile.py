"""Profiles of columns, taken part by part; meanings are decided once all parts are added."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlsys.features._columns import numbers as floats_of
from mlsys.features._meanings.reading import NUMBERS, encoded
from mlsys.summaries import Distinct, hash_ids, is_hashable, row_hashes
from mlsys.values import Kind, Values, values_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from mlsys.dataset import Rows

_COUNTERS = re.compile(
    r"(^|[^a-z])(id|idx|index|no|nr|num|seq|seqno|obs|obsno|case|row|key|code|pid|idcase|instant|number|unnamed|rownames)"
    r"([^a-z]|$)|id$|^id"
)
"""Names that somebody gives to a column that numbers the rows."""

_SOME = 100
"""Texts that are looked at first: most columns of texts are not numbers at all."""

_FIRST_DAY, _LAST_DAY = 18000101, 22001231
"""Whole numbers between these may be days written as yyyymmdd."""

_READ_AS_MOMENTS = frozenset({Kind.MOMENT, Kind.DATE, Kind.PERIOD})
_PLAIN_NUMBERS = frozenset({Kind.NUMBER, Kind.TRUTH, Kind.DURATION})


def use_of(column: pd.Series, values: Values) -> str:
    """Return how a column is taken: as number, truth, moment, text, nothing; "nested" for what no model takes.

    Examples
    --------
    >>> codes = pd.Series([1, 2], dtype="category")
    >>> use_of(codes, values_of(codes))
    'text'
    """
    if values.kind is Kind.CATEGORY and values.means is Kind.NUMBER:
        return "number" if getattr(column.dtype, "ordered", False) else "text"
    if values.means is Kind.NOTHING:
        return "nothing"
    if values.means is Kind.TRUTH:
        return "truth"
    if values.means in _PLAIN_NUMBERS or values.detail.startswith("int beyond"):
        return "number"
    if values.means in _READ_AS_MOMENTS:
        return "moment"
    return "nested" if values.means is Kind.NESTED else "text"


@dataclass(frozen=True)
class Profile:
    """One column.

    Parameters
    ----------
    uses : frozenset of str
        How its values are taken; more than one where parts differ.
    rows, nulls : int
        Rows, and those of which nothing is known: null, infinite, or a text that says so.
    content : int
        Equal for columns of equal values, whatever holds them.
    low, high : float
        Smallest and largest number; for moments and texts hashes, which are equal where all values are.
    whole : bool
        Whether all numbers are whole.
    ids : array of int64, optional
        The numbers in order while each is another one, of columns that are named as counters are.
    texts : Distinct, optional
        Of texts, and of whole numbers that may be days.
    marks : frozenset of str
        Decimal marks with which every text reads as a number.
    """

    uses: frozenset[str]
    rows: int
    nulls: int
    content: int | None = None
    low: float = np.inf
    high: float = -np.inf
    whole: bool = True
    ids: NDArray[np.int64] | None = None
    texts: Distinct | None = None
    marks: frozenset[str] = frozenset(NUMBERS)

    def __add__(self, other: Profile) -> Profile:
        if not isinstance(other, Profile):
            return NotImplemented
        contents = None if self.content is None or other.content is None else self.content + other.content
        texts = [each.texts for each in (self, other) if each.texts is not None]
        return Profile(
            self.uses | other.uses,
            self.rows + other.rows,
            self.nulls + other.nulls,
            None if contents is None else contents % 2**64,
            min(self.low, other.low),
            max(self.high, other.high),
            self.whole and other.whole,
            _all_different(self, other),
            None if not texts else texts[0] if len(texts) == 1 else texts[0] + texts[1],
            self.marks & other.marks,
        )

    @property
    def use(self) -> str:
        """How the column is taken; values that differ by part are texts."""
        uses = self.uses - {"nothing"}
        if len(uses) > 1:
            return "nested" if "nested" in uses else "text"
        return next(iter(uses), "nothing")

    @property
    def known(self) -> int:
        """Rows of which something is known."""
        return self.rows - self.nulls


def _all_different(one: Profile, other: Profile) -> NDArray[np.int64] | None:
    if one.ids is None or other.ids is None:
        return None
    both = np.union1d(one.ids, other.ids)
    return both if len(both) == len(one.ids) + len(other.ids) else None


def profiles(part: Rows, names: list[str], look: bool) -> dict[Hashable, Profile]:
    """Return the profile of each column; only the types where nothing is to be decided."""
    weights = (hash_ids(part.index) | np.uint64(1)) if look else None
    return {name: _profile(part[name], weights) for name in names}


def _profile(column: pd.Series, weights: NDArray[np.uint64] | None) -> Profile:
    values = values_of(column)
    use = use_of(column, values)
    uses, rows = frozenset({use}), len(column)
    if weights is None:
        return Profile(uses, rows, 0)
    if use in {"nested", "nothing"}:
        return Profile(uses, rows, 0 if use == "nested" else rows)
    content = None
    if is_hashable(column):
        words = row_hashes(column.to_frame("x"))
        content = int((words * weights).sum(dtype=np.uint64))
    if use == "text":
        return _of_texts(column, uses, content, values.means in {Kind.TEXT, Kind.MIXED})
    if use == "moment":
        missing = column.isna().to_numpy()
        known = words[~missing].astype(np.float64)
        low, high = (known.min(), known.max()) if len(known) else (np.inf, -np.inf)
        found = Profile(uses, rows, int(missing.sum()), content, float(low), float(high))
    else:
        found = _of_numbers(column, values, uses, content)
    if column.dtype == object:  # another part may hold texts
        as_texts = _of_texts(column, uses, content)
        found = replace(found, texts=as_texts.texts, marks=as_texts.marks)
    return found


def as_floats(column: pd.Series, values: Values) -> NDArray[np.float64]:
    """Return numbers, truth values, durations (in seconds) and categories of these as floats, infinite as NaN."""
    if values.kind is Kind.CATEGORY:
        column = pd.Series(column.cat.categories).reindex(column.cat.codes.to_numpy()).set_axis(column.index)
        values = values_of(column)
    if values.kind is Kind.DURATION:
        found = pd.TimedeltaIndex(column.array).total_seconds().to_numpy()
    elif values.detail.startswith("int beyond"):
        found = np.array([np.nan if value is None else float(value) for value in column.where(column.notna(), None)])
    else:
        found = floats_of(column, "")
    infinite = np.isinf(found)
    return np.where(infinite, np.nan, found) if infinite.any() else found


def _of_numbers(column: pd.Series, values: Values, uses: frozenset[str], content: int | None) -> Profile:
    found = as_floats(column, values)
    missing = np.isnan(found)
    known = found[~missing] if missing.any() else found
    nulls = len(found) - len(known)
    if not len(known):
        return Profile(uses, len(found), nulls, content)
    low, high = float(known.min()), float(known.max())
    whole = bool(values.whole or (np.floor(known) == known).all())
    ids: NDArray[np.int64] | None = None
    texts: Distinct | None = None
    if whole and not nulls and values.kind is Kind.NUMBER and _COUNTERS.search(str(column.name).lower()):
        ordered = np.unique(known.astype(np.int64)) if high - low < 2**53 else np.zeros(0, dtype=np.int64)
        ids = ordered if len(ordered) == len(known) else None
    if whole and low >= _FIRST_DAY and high <= _LAST_DAY:
        days, counts = np.unique(known.astype(np.int64), return_counts=True)
        texts = Distinct.of([str(day) for day in days.tolist()], counts)
    return Profile(uses, len(found), nulls, content, low, high, whole, ids, texts)


def _of_texts(column: pd.Series, uses: frozenset[str], content: int | None, may_be_numbers: bool = True) -> Profile:
    known = encoded(column)
    counts = np.bincount(known.codes[known.codes >= 0], minlength=len(known.texts))
    kept = np.flatnonzero(known.texts.is_valid().to_numpy(zero_copy_only=False) & (counts > 0))
    found = known.texts.take(pa.array(kept))
    texts = Distinct.of(found, counts[kept])
    marks = frozenset(mark for mark, pattern in NUMBERS.items() if may_be_numbers and _all_match(found, pattern))
    return Profile(uses, len(column), len(column) - int(counts[kept].sum()), content, texts=texts, marks=marks)


def _all_match(found: pa.LargeStringArray, pattern: str) -> bool:
    few = found[:_SOME]
    return all(pc.all(pc.match_substring_regex(each, pattern)).as_py() is not False for each in (few, found))
