"""Labeling functions without code: keywords, patterns, look-ups, thresholds, and models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling._labeling_function import LabelingFunction

if TYPE_CHECKING:
    from numpy.typing import NDArray


def keyword(
    on: str, words: str | Sequence[str], votes: Any, *, name: str = "", whole: bool = False, case: bool = False
) -> LabelingFunction:
    """Vote where a text contains one of some words.

    Parameters
    ----------
    on : str
        Column of texts; null abstains.
    words : str or list of str
        What to look for, as it is written.
    votes : object
        The class it votes for.
    name : str
        By default the first word with ``_`` for anything else than letters and digits.
    whole : bool
        Whether only whole words count: "free" is not in "freedom".
    case : bool
        Whether upper and lower case differ.

    Returns
    -------
    LabelingFunction

    Notes
    -----
    Searched by Arrow, without a Python call a row: about 50 times as fast as a function of each row.

    Examples
    --------
    >>> keyword("text", ["free", "prize"], "spam").vote(pd.DataFrame({"text": ["FREE!", "see you"]})).tolist()
    ['spam', None]
    """
    wanted = [words] if isinstance(words, str) else list(words)
    if not wanted or not all(isinstance(word, str) and word for word in wanted):
        raise ConfigurationError(f"keyword({on!r}) got words={words!r}", "give one or more texts that are not empty")
    pattern = "|".join(map(_escaped, wanted))
    pattern = rf"\b(?:{pattern})\b" if whole else pattern
    plain = wanted[0] if len(wanted) == 1 and not whole else ""
    return LabelingFunction(_Matches(pattern, case, plain), name or _named("has", wanted[0]), on, votes)


def regex(on: str, pattern: str, votes: Any, *, name: str = "", case: bool = False) -> LabelingFunction:
    r"""Vote where a text matches a regular expression anywhere.

    Parameters
    ----------
    on : str
        Column of texts; null abstains.
    pattern : str
        As in Python's ``re``. What Arrow's engine (RE2) does not know, such as a look-ahead, is searched by Python.
    votes : object
        The class it votes for.
    name : str
        By default made of the pattern.
    case : bool
        Whether upper and lower case differ.

    Examples
    --------
    >>> regex("text", r"\d{4,}", "spam", name="long_number").vote(pd.DataFrame({"text": ["call 08712", "7"]})).tolist()
    ['spam', None]
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(f"regex({on!r}) got the pattern {pattern!r}: {error}", "correct the pattern") from None
    return LabelingFunction(_Matches(pattern, case, ""), name or _named("matches", pattern), on, votes)


def lookup(on: str, table: Mapping[Any, Any], *, name: str = "") -> LabelingFunction:
    """Vote for the class that a table has for a value; abstain where it has none.

    Examples
    --------
    >>> lookup("shop", {"Oslo": "north", "Rome": "south"}).vote(pd.DataFrame({"shop": ["Rome", "Bonn"]})).tolist()
    ['south', None]
    """
    if not isinstance(table, Mapping) or not table:
        raise ConfigurationError(f"lookup({on!r}) got no filled mapping", "give {value: class}")
    return LabelingFunction(_LooksUp(tuple(table), tuple(table.values())), name or f"lookup_{on}", on)


def threshold(
    on: str, votes: Any, *, above: float | None = None, below: float | None = None, name: str = ""
) -> LabelingFunction:
    """Vote where a number is above, or below, a limit; between both, if both are given. Null abstains.

    Examples
    --------
    >>> threshold("wind", "storm", above=40).vote(pd.DataFrame({"wind": [50.0, 40.0, None]})).tolist()
    ['storm', None, None]
    """
    if above is None and below is None:
        raise ConfigurationError(f"threshold({on!r}) has no limit", "give above=, below=, or both")
    limits = "_".join(f"{word}_{limit:g}" for word, limit in (("above", above), ("below", below)) if limit is not None)
    return LabelingFunction(_Beyond(above, below), name or f"{on}_{limits}".replace("-", "minus_"), on, votes)


def from_model(model: Any, *, least: float = 0.0, name: str = "model") -> LabelingFunction:
    """Vote for what a model predicts where it is sure enough.

    Parameters
    ----------
    model : ServedModel, Fitted or other
        Whatever has ``predict(frame)``: a loaded model (``mlsys.load("models:/old@champion")``), a step that has
        learned, an estimator that takes frames. It must not have learned from the rows that it votes on.
    least : float
        Probability from which it votes; needs a model that gives ``probability_<class>``.
    name : str
        Of the source.
    """
    if not hasattr(model, "predict"):
        raise ConfigurationError(
            f"from_model() got {type(model).__name__}, which has no predict(frame)",
            'load the model first: from_model(mlsys.load("models:/old@champion"))',
        )
    return LabelingFunction(_Predicts(model, least), name)


@dataclass(frozen=True)
class _Matches:
    """Whether texts match."""

    pattern: str
    case: bool
    plain: str

    def __call__(self, texts: pd.Series) -> pd.Series:
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            array = pa.array(texts, pa.large_string(), from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            problem = f"column {texts.name!r} holds other values than texts"
            raise DataError(problem, "make it text with a Derive step") from None
        if self.plain:
            found = pc.match_substring(array, self.plain, ignore_case=not self.case)
        else:
            try:
                found = pc.match_substring_regex(array, self.pattern, ignore_case=not self.case)
            except pa.ArrowInvalid:  # what RE2 does not know
                search = re.compile(self.pattern, 0 if self.case else re.IGNORECASE).search
                found = pa.array([text is not None and search(text) is not None for text in array.to_pylist()])
        return pd.Series(found.fill_null(False).to_numpy(zero_copy_only=False), index=texts.index)


@dataclass(frozen=True)
class _LooksUp:
    """The class of each value."""

    answers_classes: ClassVar[bool] = True
    values: tuple[Any, ...]
    classes: tuple[Any, ...]

    def __call__(self, column: pd.Series) -> pd.Series:
        codes, found = pd.factorize(column)
        table = dict(zip(self.values, self.classes, strict=True))
        known = np.array([*(table.get(value) for value in pd.Index(found).tolist()), None], dtype=object)
        return pd.Series(known[codes], index=column.index, dtype=object)


@dataclass(frozen=True)
class _Beyond:
    """Whether numbers are beyond limits."""

    above: float | None
    below: float | None

    def __call__(self, numbers: pd.Series) -> pd.Series:
        values: NDArray[np.float64] = pd.to_numeric(numbers).to_numpy(dtype=np.float64, na_value=np.nan)
        with np.errstate(invalid="ignore"):
            over = np.ones(len(values), bool) if self.above is None else values > self.above
            under = np.ones(len(values), bool) if self.below is None else values < self.below
        return pd.Series(over & under & ~np.isnan(values), index=numbers.index)


@dataclass(frozen=True)
class _Predicts:
    """What a model predicts where it is sure."""

    answers_classes: ClassVar[bool] = True
    model: Any
    least: float

    def __call__(self, frame: pd.DataFrame) -> pd.Series:
        said = self.model.predict(frame)
        if not isinstance(said, pd.DataFrame):
            said = pd.DataFrame({"prediction": np.asarray(said)}, index=frame.index)
        labels = pd.Series(said["prediction"].to_numpy(), index=frame.index).astype(object)
        if not self.least:
            return labels
        names = [name for name in said.columns if str(name).startswith("probability_")]
        if not names:
            raise DataError("from_model(least=...) needs probabilities, and the model gives none", "leave least= out")
        return labels.where(said[names].max(axis=1).to_numpy() >= self.least, None)


def _escaped(word: str) -> str:
    r"""Return a word as a pattern in which nothing has a special meaning, for both engines."""
    return re.sub(r"([^\w\s])", r"\\\1", word)


def _named(kind: str, text: str) -> str:
    readable = re.sub(r"\W+", "_", text).strip("_")
    return f"{kind}_{readable}"[:40]
