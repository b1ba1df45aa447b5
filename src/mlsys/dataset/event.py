"""The event: of two classes the one that recall, precision, cost and probability speak of. It is decided here alone."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.values import Kind, plain, values_of

Tally = Sequence[tuple[Any, float]]
"""The different values of a target in their order, each with the weight of its rows."""

MOST_TALLIED = 20
"""Different values beyond this many are no classes that a person would choose an event among."""

_WORDS = ("true", "yes")
"""Texts that mean yes beside whatever other class."""
_PAIRS = {("1", "0"), ("1", "-1"), ("t", "f"), ("y", "n")}
"""Numbers and letters that mean yes only beside the one that means no: of classes 1 and 2 neither does."""


@dataclass(frozen=True)
class Event:
    """The class that recall, precision, cost and probability speak of, and why it is this one.

    Parameters
    ----------
    value : bool, number or str
        As it stands in the target.
    why : {"named", "yes", "rarer", "later"}
        Named by the user; the class that means yes; the rarer one among training rows; of two as frequent the later.
    share : float, optional
        Of the training rows, by weight; not given where it was not counted.

    Examples
    --------
    >>> print(Event("bad", "rarer", 0.3))
    'bad', because it is the rarer class (30.0 % of the training rows); event= names another
    """

    value: Any
    why: Literal["named", "yes", "rarer", "later"] = "named"
    share: float | None = None

    @classmethod
    def named(cls, value: Any) -> Event:
        """Take a class that the user names.

        Raises
        ------
        ConfigurationError
            When it is no text, number or truth value.
        """
        plainly = value.item() if isinstance(value, np.generic) else value
        if not isinstance(plainly, (str, bool, int, float)) or plainly != plainly:  # noqa: PLR0124  NaN
            raise ConfigurationError(f"event={value!r} is not a class", 'name one class of the target: event="bad"')
        return cls(plainly)

    def is_called(self, text: str) -> bool:
        """Whether a text names this class, as columns of probabilities do."""
        if text == str(self.value):
            return True
        try:
            return not isinstance(self.value, (str, bool)) and float(text) == self.value
        except ValueError:
            return False

    def because(self) -> str:
        """Say why it is this class."""
        counted = "" if self.share is None else f" ({100 * self.share:.1f} % of the training rows)"
        rarer = f"it is the rarer class{counted}"
        said = {
            "named": "named by event=",
            "yes": "because it is the class that means yes",
            "rarer": f"because {rarer}; event= names another",
            "later": "because it is the later of two equally frequent classes in order; event= names another",
        }
        return said[self.why]

    def __str__(self) -> str:
        return f"{self.value!r}, {self.because()}"


def tally(target: pd.Series, weight: Any = None) -> list[tuple[Any, float]]:
    """Count the different values of a target, sorted or as an ordered target has them, by weight.

    Parameters
    ----------
    target : Series
        Of training rows, of any type.
    weight : array, optional
        One a row; each counts 1 when not given. What is no weight counts nothing.

    Returns
    -------
    list of tuple
        At most 21: whoever has more than 20 different values has no classes. None where they are no truth values,
        numbers or texts.

    Examples
    --------
    >>> tally(pd.Series(["no", "yes", "no"]))
    [('no', 2.0), ('yes', 1.0)]
    >>> tally(pd.Series(["lo", "hi"], dtype=pd.CategoricalDtype(["lo", "hi"], ordered=True)))
    [('lo', 1.0), ('hi', 1.0)]
    """
    values = plain(target)
    if values_of(values).means not in {Kind.TRUTH, Kind.NUMBER, Kind.TEXT}:
        return []
    counted = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=np.float64)
    counted = np.where(np.isfinite(counted) & (counted > 0), counted, 0.0)
    codes, different = pd.factorize(values)
    totals = np.bincount(codes[codes >= 0], counted[codes >= 0], len(different))
    held = {value: total for value, total in zip(pd.Index(different).tolist(), totals.tolist(), strict=True) if total}
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        ordered = [value for value in values.cat.categories.tolist() if value in held]
    else:
        ordered = sorted(held)
    return [(value, held[value]) for value in ordered[: MOST_TALLIED + 1]]


def added_tallies(one: Tally, other: Tally) -> list[tuple[Any, float]]:
    """Return the tally of the rows of two, whose weights are whole numbers and whose values have no order of their own.

    Examples
    --------
    >>> added_tallies([("no", 2.0), ("yes", 1.0)], [("no", 1.0)])
    [('no', 3.0), ('yes', 1.0)]
    """
    held = dict(one)
    for value, weight in other:
        held[value] = held.get(value, 0.0) + weight
    return [(value, held[value]) for value in sorted(held)[: MOST_TALLIED + 1]]


def decided(found: Tally) -> Event | None:
    """Return the event of two classes where nobody names one; ``None`` where there are not two.

    Examples
    --------
    >>> decided([("no", 1.0), ("yes", 5.0)]).value, decided([("bad", 1.0), ("good", 5.0)]).value
    ('yes', 'bad')
    """
    if len(found) != 2:
        return None
    (first, light), (second, heavy) = found
    total = light + heavy or 1.0
    for value, other, weight in ((first, second, light), (second, first, heavy)):
        if _means_yes(value, other):
            return Event(value, "yes", weight / total)
    if light == heavy:
        return Event(second, "later", 0.5)
    return Event(first, "rarer", light / total) if light < heavy else Event(second, "rarer", heavy / total)


def settled(event: Event | None, found: Tally, target: str | None) -> Event | None:
    """Return the event decided: the one that is named, else the class that means yes, else the rarer one.

    Parameters
    ----------
    event : Event or None
        As the roles have it.
    found : sequence of (value, weight)
        The tally of the training rows' target. Of anything but two classes there is no event.
    target : str or None
        Name of the target, for messages.

    Raises
    ------
    DataError
        If the named event is not a class of the target, or the target does not have two classes.
    """
    if event is None:
        return decided(found)
    if event.why != "named" or not found:
        return event
    values = [value for value, _ in found]
    if len(values) > 2:
        many = f"{len(values)} classes ({_listed(values)})" if len(values) <= MOST_TALLIED else "more than 20 values"
        raise DataError(
            f"event={event.value!r} is one of two classes, but the target {target!r} has {many}",
            "leave event= out, or derive two classes from the target before the split: NaturalLabel(..., rule=lambda "
            f"value: value == {event.value!r})",
        )
    same = next((value for value in values if value == event.value), None)
    if same is None:
        near = _near(event.value, values)
        meant = f"write event={near!r}" if near is not None else " or ".join(f"event={value!r}" for value in values)
        raise DataError(
            f"event={event.value!r} is not a class of the target {target!r}; training rows hold {_listed(values)}",
            meant if near is not None else f"name one of them: {meant}",
        )
    total = sum(weight for _, weight in found)
    return replace(event, value=same, share=dict(found)[same] / total)


def _means_yes(value: Any, other: Any) -> bool:
    said, beside = _read(value), _read(other)
    return (said in _WORDS and beside not in _WORDS) or (said, beside) in _PAIRS


def _read(value: Any) -> str:
    """Return how a class reads, whatever its type: ``1``, ``1.0``, ``"1"`` alike."""
    if isinstance(value, (bool, str)):
        return str(value).strip().casefold()
    return f"{float(value):g}"


def _near(event: Any, values: Sequence[Any]) -> Any:
    """Return the class that was meant: of another type or case, or spelt nearly so; ``None`` where none is near."""
    reads = {_read(value): value for value in values}
    if _read(event) in reads:
        return reads[_read(event)]
    close = difflib.get_close_matches(_read(event), reads, 1, 0.6) if isinstance(event, str) else []
    return reads[close[0]] if close else None


def _listed(values: Sequence[Any]) -> str:
    shown = ", ".join(map(repr, values[:5]))
    return f"{shown}, ..." if len(values) > 5 else shown
