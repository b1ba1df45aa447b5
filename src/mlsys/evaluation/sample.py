"""Scored rows as arrays, the task they are of, and their classes in the order of their codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import (
    ABSTAINS,
    IN_SET,
    LOWER,
    NAIVE_ERROR,
    NAIVE_SQUARED_ERROR,
    PROBABILITY,
    SCORE,
    UPPER,
    Event,
    decided,
    probability_columns,
    score_columns,
    set_columns,
)
from mlsys.errors import DataError
from mlsys.evaluation.class_levels import Levels
from mlsys.evaluation.counts import Ranked
from mlsys.evaluation.counts.formulas import MOST_CLASSES, Margins, Tables
from mlsys.evaluation.scored import classes_of, group_codes

Task = Literal["binary", "multiclass", "regression", "ranking", "anomalies", "clusters"]
Values = NDArray[np.float64]
EVENT = 1
"""Code of the event among two classes: its place in :func:`class_names`."""


class Weighed:
    """Rows with weights, and what is asked of them more than once."""

    weight: Values

    @cached_property
    def is_plain(self) -> bool:
        """Whether every row counts once: no weights."""
        return bool((self.weight == 1).all())

    @cached_property
    def known_values(self) -> dict[str, float]:
        """Values of built-in metrics that were computed from these rows, by name."""
        return {}


@dataclass(frozen=True)
class Sample(Weighed):
    """Scored rows as arrays: what metrics are computed from.

    Parameters
    ----------
    y, prediction : ndarray
        Codes of the classes (of two the event has code 1), or numbers.
    probabilities : ndarray of shape (rows, classes), optional
        For classes that have them.
    weight : ndarray
        One a row.
    classes : tuple of str
        In the order of the codes; empty for numbers.
    scores : ndarray of shape (rows, classes), optional
        What is said of each class on a scale of its own, where there are no probabilities.
    truth, said : Levels, optional
        The classes of target and prediction as they stand in the data.
    times : ndarray, optional
        How often each row was drawn, in a bootstrap; its weight has been multiplied by it.
    naive : ndarray of shape (rows, 2), optional
        Of forecasts, the mean absolute and the mean squared error that a naive forecast has made of the series so far.
    query : ndarray of int, optional
        Number of each row's group, within which rows are ordered.
    ends : ndarray of shape (rows, 2), optional
        Of predictions with intervals, where these begin and end.
    sets : ndarray of shape (rows, classes), optional
        Of predictions with sets of classes, whether each class is in the set.
    abstains : ndarray, optional
        Whether the model declines to answer a row.
    """

    y: Values
    prediction: Values
    probabilities: Values | None
    weight: Values
    classes: tuple[str, ...]
    scores: Values | None = None
    truth: Levels | None = None
    said: Levels | None = None
    times: Values | None = None
    naive: Values | None = None
    query: NDArray[np.int64] | None = None
    ends: Values | None = None
    sets: NDArray[np.bool_] | None = None
    abstains: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, scored: pd.DataFrame, classes: Sequence[str]) -> Sample:
        """Read scored rows; ``classes`` as texts, or none for numbers."""
        weight = scored["weight"].to_numpy(dtype=np.float64) if "weight" in scored else np.ones(len(scored))
        query = group_codes(scored.get("group"))
        abstains = scored[ABSTAINS].to_numpy(dtype=bool) if ABSTAINS in scored else None
        if not classes:
            y = scored["y"].to_numpy(dtype=np.float64, na_value=np.nan)
            predicted = scored["prediction"].to_numpy(dtype=np.float64, na_value=np.nan)
            naive, ends = (_pair(scored, *names) for names in ((NAIVE_ERROR, NAIVE_SQUARED_ERROR), (LOWER, UPPER)))
            return cls(y, predicted, None, weight, (), naive=naive, ends=ends, query=query, abstains=abstains)
        codes = {name: float(code) for code, name in enumerate(classes)}
        truth, said = (Levels.of(scored[name]) for name in ("y", "prediction"))
        probabilities = scores = None
        if probability_columns(scored.columns):  # a class that another model does not know has no chance with it
            shares = scored.reindex(columns=[PROBABILITY + name for name in classes], fill_value=0.0)
            probabilities = shares.to_numpy(dtype=np.float64)
        elif score_columns(scored.columns):
            given = scored.reindex(columns=[SCORE + name for name in classes], fill_value=-np.inf)
            scores = given.to_numpy(dtype=np.float64)
        coded = truth.codes(codes), said.codes(codes)
        sets = None
        if set_columns(scored.columns):
            sets = scored.reindex(columns=[IN_SET + name for name in classes], fill_value=False).to_numpy(dtype=bool)
        return cls(
            *coded, probabilities, weight, tuple(classes), scores, truth, said, query=query, sets=sets,
            abstains=abstains,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.y)

    def drawn(self, times: Values) -> Sample:
        """Return the same rows, each weighing as if it were there so many times."""
        return replace(self, weight=self.weight * times, times=times)

    def that_count(self, with_weights: bool) -> Sample:
        """Return the rows that count: those of a weight above 0, or each as often as it was drawn."""
        if with_weights:
            counts = self.weight > 0
            return self if counts.all() else self.taken(np.flatnonzero(counts))
        return self if self.times is None else self.taken(np.repeat(np.arange(len(self.y)), self.times.astype(int)))

    def labelled(self) -> tuple[NDArray[Any], Values, Values]:
        """Return the classes as they stand in the data, and true and predicted codes among them.

        The classes of the codes come first, then others that are there.
        """
        assert self.truth is not None and self.said is not None
        there = dict(zip(self.said.texts, self.said.values, strict=True))
        there |= dict(zip(self.truth.texts, self.truth.values, strict=True))
        texts = list(dict.fromkeys([*self.classes, *self.truth.texts, *self.said.texts]))
        labels = [there[text] if text in there else _like(text, there.values()) for text in texts]
        places = {text: float(place) for place, text in enumerate(texts)}
        return _array(labels), self.truth.codes(places), self.said.codes(places)

    def taken(self, rows: NDArray[np.int64]) -> Sample:
        """Return some of the rows."""
        kept = [None if each is None else each[rows] for each in (self.probabilities, self.scores)]
        levels = [None if each is None else each.taken(rows) for each in (self.truth, self.said)]
        return replace(
            self, y=self.y[rows], prediction=self.prediction[rows], weight=self.weight[rows], probabilities=kept[0],
            scores=kept[1], truth=levels[0], said=levels[1], times=None if self.times is None else self.times[rows],
            naive=None if self.naive is None else self.naive[rows],
            query=None if self.query is None else self.query[rows],
            ends=None if self.ends is None else self.ends[rows],
            sets=None if self.sets is None else self.sets[rows],
            abstains=None if self.abstains is None else self.abstains[rows],
        )  # fmt: skip

    @property
    def lacks_a_class(self) -> bool:
        """Whether no row has one of the classes, or there are fewer than two rows to tell numbers apart by."""
        return len(np.unique(self.y[~np.isnan(self.y)])) < max(2, len(self.classes))

    @property
    def by_class(self) -> Values | None:
        """Probabilities, or else scores: what orders rows."""
        return self.scores if self.probabilities is None else self.probabilities

    @cached_property
    def cell(self) -> NDArray[np.int64]:
        """Place of each row in :attr:`cells`, laid out row by row."""
        unknown = len(self.classes)
        both = (self.y, self.prediction)
        truth, said = (np.where(np.isnan(codes), unknown, codes).astype(np.int64) for codes in both)
        return truth * (unknown + 1) + said

    @cached_property
    def cells(self) -> Values:
        """Weight of rows by true class (down) and predicted class (across); last are those without a code."""
        size = len(self.classes) + 1
        return np.asarray(np.bincount(self.cell, self.weight, size * size).reshape(size, size), dtype=np.float64)

    def tables(self, weight: Values | None = None) -> Tables:
        """Return :attr:`cells`, of many classes its sums; ``weight`` in place of the rows' own."""
        size, held = len(self.classes) + 1, self.weight if weight is None else weight

        def summed(codes: NDArray[np.int64], weights: Values, count: int) -> Values:
            return np.asarray(np.bincount(codes, weights, count), dtype=np.float64)

        if size <= MOST_CLASSES:
            return self.cells if weight is None else summed(self.cell, held, size**2).reshape(size, size)
        truth, said = np.divmod(self.cell, size)
        agreed = summed(truth, np.where(truth == said, held, 0.0), size)
        return Margins(summed(truth, held, size), summed(said, held, size), agreed)

    def ranked(self, code: int = EVENT) -> Ranked:
        """Return the rows in the order of what is said of a class; they are sorted once."""
        if code not in self._rankings:
            assert self.by_class is not None
            self._rankings[code] = Ranked.of(self.by_class[:, code], self.y == code)
        return self._rankings[code]

    def counted(self, code: int = EVENT) -> tuple[Values, Values]:
        """Return the weight of rows of a class, and of others, at each distinct score of it; they are added up once."""
        if code not in self._counted:
            self._counted[code] = self.ranked(code).counted(self.weight)
        return self._counted[code]

    @cached_property
    def _counted(self) -> dict[int, tuple[Values, Values]]:
        return {}

    @cached_property
    def _rankings(self) -> dict[int, Ranked]:
        return {}

    @property
    def event(self) -> NDArray[np.bool_]:
        """Whether the event is the truth."""
        return np.asarray(self.y == EVENT)

    @property
    def score(self) -> Values:
        """Probability of the event, or else its score."""
        assert self.by_class is not None
        return np.asarray(self.by_class[:, EVENT])

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """Whether the event is predicted."""
        return np.asarray(self.prediction == EVENT)


def _pair(scored: pd.DataFrame, one: str, other: str) -> Values | None:
    """Return two columns of numbers side by side; nothing where they are not there."""
    if not {one, other} <= set(scored.columns):
        return None
    return np.asarray(scored[[one, other]].to_numpy(dtype=np.float64, na_value=np.nan))


def _array(values: Sequence[Any]) -> NDArray[Any]:
    """Return truth values or numbers as an array of them, others as objects."""
    kinds = {type(value) for value in values}
    plain = len(kinds) == 1 and kinds <= {bool, int, float}
    return np.array(values) if plain else np.fromiter(values, dtype=object, count=len(values))


def _like(text: str, values: Iterable[Any]) -> Any:
    """Return a text as a value of the kind that others are of."""
    alike = next(iter(values), text)
    try:
        if isinstance(alike, bool):
            return text == str(True)
        return type(alike)(text) if isinstance(alike, (int, float)) else text
    except ValueError:
        return text


def task_of(scored: pd.DataFrame) -> Task:
    """Return the task that scored rows are about: by their probabilities, else by the target's values."""
    classes = classes_of(scored)
    if classes:
        return "binary" if len(classes) == 2 else "multiclass"
    y = scored["y"]
    labels = not pd.api.types.is_numeric_dtype(y) or pd.api.types.is_bool_dtype(y)
    predicted = scored["prediction"]
    whole = pd.api.types.is_integer_dtype(y) and pd.api.types.is_integer_dtype(predicted)
    if labels or whole:
        return "binary" if max(y.nunique(), predicted.nunique()) <= 2 else "multiclass"
    return "regression"


def class_names(scored: pd.DataFrame, task: Task, event: Event | None = None) -> list[str]:
    """Return the classes as texts in the order of their codes; none for numbers.

    Parameters
    ----------
    scored : DataFrame
        Scored rows.
    task : str
        From :func:`task_of`.
    event : Event, optional
        Of two classes the one with code 1; decided by these rows when not given.

    Raises
    ------
    DataError
        When the rows have probabilities, and none of the event.

    Examples
    --------
    >>> scored = pd.DataFrame({"y": ["bad", "good", "good"], "prediction": "good"})
    >>> class_names(scored, "binary"), class_names(scored, "binary", Event("good"))
    (['good', 'bad'], ['bad', 'good'])
    """
    return classes_and_event(scored, task, event)[0]


def classes_and_event(scored: pd.DataFrame, task: Task, event: Event | None) -> tuple[list[str], Event | None]:
    """Return the classes in the order of their codes, and the event, which there is where there are two."""
    ordered = ordered_classes(scored, task)
    if task != "binary":
        return ordered, None
    event = event or _decided(scored, ordered)
    if event is None:
        return ordered, None
    mine = [name for name in ordered if event.is_called(name)]
    if not mine and classes_of(scored):
        raise DataError(
            f"the rows have no probability of the event {event.value!r} (there are: {', '.join(ordered)})",
            f"have the model write {PROBABILITY}{event.value}",
        )
    others = [name for name in ordered if name not in mine]
    return [*(others[:EVENT] or ["another class"]), *(mine or [str(event.value)]), *others[EVENT:]], event


def event_of(scored: pd.DataFrame) -> Event | None:
    """Return the event of scored rows of two classes where nobody says which it is."""
    return _decided(scored, ordered_classes(scored, "binary"))


def _decided(scored: pd.DataFrame, ordered: Sequence[str]) -> Event | None:
    truth = Levels.of(scored["y"])
    weight = scored["weight"].to_numpy(dtype=np.float64) if "weight" in scored else None
    sums = np.bincount(truth.nulls_last, weight, len(truth.texts) + 1)
    held = dict.fromkeys(ordered, 0.0)
    for name, each in zip(truth.texts, sums.tolist(), strict=False):
        if name in held:
            held[name] += each
    return decided(list(held.items()))


def ordered_classes(scored: pd.DataFrame, task: Task) -> list[str]:
    """Return the classes as texts in the order of the probabilities, else of an ordered target, else sorted."""
    if task in ("regression", "ranking"):
        return []
    found = classes_of(scored)
    if found:
        return found
    y = scored["y"]
    values = pd.concat([y, scored["prediction"]]).dropna().unique()
    if isinstance(y.dtype, pd.CategoricalDtype) and y.cat.ordered:
        places = {value: place for place, value in enumerate(y.cat.categories)}
        return [str(value) for value in sorted(values, key=lambda value: places.get(value, len(places)))]
    return [str(value) for value in sorted(values)]
