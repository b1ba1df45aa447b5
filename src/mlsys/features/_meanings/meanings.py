"""Meanings of columns, decided from the profiles of all training rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.features._meanings.profile import Profile
from mlsys.features._meanings.reading import PAIRS, read_moments
from mlsys.summaries import Distinct
from mlsys.warned import hushed

_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y",
    "%m-%d-%Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d%b%Y",
    "%Y%m%d", "%Y.%m.%d", "%Y-%m",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FORMATS = (*(date + time for time in _TIMES for date in _DATES), "ISO8601")
"""Ways to write a moment; of two that read equally many texts the first counts."""
DAYS = "%Y%m%d"

_READS, _SHORTEST, _LONGEST, _FEWEST = 0.95, 6, 35, 6
"""A format must read this share of the distinct texts, which have 6 to 35 characters and are 6 or more."""
_SOME = 200
"""Texts on which a format is tried before it reads all."""
_MARKS = frozenset("-/.:")
_LEADING_ZEROS = 0.05
"""Texts of which more begin with 0 are codes (zip codes, phone numbers), not numbers."""
_COUNTER_ROWS, _COUNTER_SPAN = 50, 1.7
"""A counter has a number for each of 50 rows or more, out of at most 1.7 times as many."""
_NEW, _SHARED, _COVERED = 0.95, 0.02, 0.2
"""Names and keys are new in 95 % of the rows, and no words that come back (in 3 of them and 2 %) cover a fifth."""
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = (1500, 2500)
"""Whatever reads as a moment outside these years is a code."""
_WORD = re.compile(r"[^\W\d_]{2,}")

COUNTS_ROWS, NEW_EVERY_ROW = "counts the rows", "a new value in every row"


@dataclass(frozen=True)
class Meaning:
    """The meaning of one column.

    Parameters
    ----------
    use : str
        "number", "truth", "moment" or "text"; "nested" for lists and mappings.
    form : str
        Of texts that say numbers the decimal mark, of texts and whole numbers that say moments the format, of texts
        that say yes and no "text"; else empty.
    why_dropped : str
        Why nothing can be learned from it; empty where something can.
    levels, rows, known : int
        Distinct texts, rows, and those of which something is known.
    words, length : float
        Mean number of words and characters of distinct texts.
    """

    use: str
    form: str = ""
    why_dropped: str = ""
    rows: int = 0
    known: int = 0
    levels: int = 0
    words: float = 0.0
    length: float = 0.0

    @property
    def has_nulls(self) -> bool:
        """Whether nothing is known of some training rows."""
        return self.known < self.rows


def meanings(found: Mapping[Any, Profile], taken: Mapping[str, Any]) -> dict[str, Meaning]:
    """Return what each column means.

    Parameters
    ----------
    found : mapping of column to Profile
        Of all training rows.
    taken : mapping
        What was said: ``numbers`` and ``moments`` (mappings or None), ``truths`` (names or None), ``drop`` (names,
        True or False).
    """
    drop = taken["drop"]
    made: dict[str, Meaning] = {}
    contents: dict[tuple[int, int], str] = {}
    for name, profile in found.items():
        use, form = _said(str(name), profile, taken)
        why = ""
        if profile.use == "nested":
            why = "lists or mappings"
        elif drop is True:
            why = _why_dropped(profile, use)
            if not why and profile.content is not None:
                twin = contents.setdefault((profile.content, profile.rows), str(name))
                why = f"copy of {twin}" if twin != name else ""
        elif drop is not False and name in drop:
            why = "left out"
        texts = profile.texts if profile.use == "text" else None
        made[str(name)] = Meaning(
            use, form, why, profile.rows, profile.known, *((0, 0.0, 0.0) if texts is None else _sizes(texts))
        )
    return made


def _said(name: str, profile: Profile, taken: Mapping[str, Any]) -> tuple[str, str]:
    """Return the use and form of a column, as configured or as its values suggest."""
    for kind, use in (("numbers", "number"), ("moments", "moment")):
        if taken[kind] is not None and name in taken[kind]:
            return use, taken[kind][name]
    if taken["truths"] is not None and name in taken["truths"]:
        return "truth", "text" if profile.use == "text" else ""
    texts = profile.texts
    if profile.use == "number" and texts is not None and taken["moments"] is None and _are_days(texts):
        return "moment", DAYS
    if profile.use == "nothing":
        return "number", ""
    if profile.use != "text" or texts is None or not texts.texts:
        return profile.use, ""
    if taken["truths"] is None and texts.all_kept and _are_truths(texts.texts):
        return "truth", "text"
    if taken["numbers"] is None:
        mark = next((each for each in (".", ",") if each in profile.marks), "")
        if mark and _share(texts.texts, lambda text: text[0] == "0" and text[1:2].isdigit()) <= _LEADING_ZEROS:
            if not (taken["moments"] is None and _are_days(texts)):
                return "number", mark
    if taken["moments"] is None:
        form = format_of(texts.texts)
        if form:
            return "moment", form
    return "text", ""


def _why_dropped(profile: Profile, use: str) -> str:
    if not profile.known:
        return "no value"
    if profile.use == "text":
        assert profile.texts is not None
        if profile.texts.number == 1 and not profile.nulls:
            return "constant"
        return NEW_EVERY_ROW if use == "text" and _is_new_every_row(profile, profile.texts) else ""
    if profile.low == profile.high and not profile.nulls:
        return "constant"
    counts = profile.ids is not None and use == "number" and profile.rows >= _COUNTER_ROWS
    return COUNTS_ROWS if counts and profile.high - profile.low + 1 <= _COUNTER_SPAN * profile.rows else ""


def _is_new_every_row(profile: Profile, texts: Distinct) -> bool:
    if profile.known < _COUNTER_ROWS or texts.number < _NEW * profile.known:
        return False
    needed = max(3.0, _SHARED * len(texts.texts))
    words = pd.Series([word for text in texts.texts for word in _WORD.findall(text.lower())], dtype=object)
    counts = words.value_counts()
    recurring = counts[counts >= needed]
    return not len(recurring) or recurring.sum() <= _COVERED * len(texts.texts)


def _are_truths(texts: tuple[str, ...]) -> bool:
    words = tuple(sorted({text.lower() for text in texts}))
    return any(words == tuple(sorted(pair)) for pair in PAIRS)


def _are_days(texts: Distinct) -> bool:
    return len(texts.texts) > 10 and all(len(text) == 8 for text in texts.texts) and _reads(texts.texts, DAYS) > 0.99


def format_of(texts: tuple[str, ...]) -> str:
    """Return the format that reads nearly all texts as moments; empty where none does.

    Examples
    --------
    >>> format_of(tuple(f"2024-01-{day:02}" for day in range(1, 20)))
    '%Y-%m-%d'
    """
    lengths = [len(text) for text in texts]
    if len(texts) < _FEWEST or min(lengths) < _SHORTEST or max(lengths) > _LONGEST:
        return ""
    if _share(texts, lambda text: any(character.isdigit() for character in text)) <= _READS:
        return ""
    some = texts[:_SOME]
    alike = Counter(_marks(text) for text in some)
    shares = {
        form: _reads(texts, form)
        for form in FORMATS
        if (form == "ISO8601" or alike[_marks(form)] >= _READS * len(some)) and _reads(some, form) >= _READS
    }
    best = max(shares, key=lambda form: shares[form], default="")
    return best if best and shares[best] >= _READS else ""


def _marks(text: str) -> frozenset[str]:
    """Return the marks that a text, or a format, has between numbers: formats of other marks need not be tried."""
    return _MARKS.intersection(text)


def _reads(texts: tuple[str, ...], form: str) -> float:
    if form == "ISO8601" and _share(texts, lambda text: _ISO.match(text) is not None) < _READS:
        return 0.0
    with hushed():
        years = read_moments(texts, form).year
    return float(((years >= _YEARS[0]) & (years <= _YEARS[1])).mean())


def _share(texts: tuple[str, ...], holds: Any) -> float:
    return float(np.mean([holds(text) for text in texts])) if texts else 0.0


def _sizes(texts: Distinct) -> tuple[int, float, float]:
    if not texts.texts:
        return 0, 0.0, 0.0
    words = float(np.mean([len(text.split()) for text in texts.texts]))
    return texts.number, words, float(np.mean([len(text) for text in texts.texts]))
