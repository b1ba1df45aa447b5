"""Held numbers that no single column explains: statistics of groups without names, curves, logarithms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mlsys.leakage.coincidence import chance_of_order
from mlsys.leakage.digits import EXACT, FEWEST, RELATIVE, accidents, digits_of, is_typed
from mlsys.leakage.explaining import MOST_NUMBERS, Explained
from mlsys.leakage.power import is_measured
from mlsys.leakage.statistics import MOST_CLASSES, MOST_GROUPS, Match, Population
from mlsys.leakage.walking import is_number
from mlsys.values import Kind, plain, values_of

_TRANSFORMED: dict[str, Callable[[Any], Any]] = {
    "logarithm": np.log,
    "log1p": np.log1p,
    "decimal logarithm": np.log10,
    "square root": np.sqrt,
    "square": np.square,
    "absolute value": np.abs,
    "difference to the row before": np.diff,
}
_GROUPS = frozenset({Kind.NUMBER, Kind.TRUTH, Kind.TEXT, Kind.DATE, Kind.PERIOD})
_BY_GROUP = ("mean", "median", "sum", "std", "count")
"""Extremes of groups may be known of them beforehand."""
BALANCED, OTHERS_A_ROW, ROOT_OF_OTHERS = (
    "weights that balance the classes",
    "number of rows of other classes for each row of a class",
    "square root of the number of rows of other classes for each row of a class",
)
WEIGHTS = frozenset({BALANCED, OTHERS_A_ROW, ROOT_OF_OTHERS})
"""Statistics that weigh classes."""
FEWEST_NUMBERS = 3
"""Of groups without names: two numbers meet two others by accident."""
HIGHEST_DEGREE = 8
UPRIGHT = 1e-5
"""Cosine between what a curve leaves over and a power of its column, below which it is the curve of least squares. That
of other rows has about one over the root of their number, .003 for 100,000."""
MOST_DIVIDED = 12
"""Columns of which every two are divided."""
MOST_CELLS = 20_000_000
"""Rows by pairs of columns from which on lines and curves cost too much to be tried."""


Ask = Callable[[Population, Collection[str]], Iterator[tuple[Match, float]]]
"""Yields what a value is in some rows, and the chance that other rows have it as well."""


@dataclass(frozen=True)
class _Found:
    """A number that rows give, the statistic that it is, the other column it is made of, and the values it is of."""

    number: float
    match: Match
    other: str
    values: Callable[[], np.ndarray] | None = None

    @property
    def chance(self) -> float:
        """That a median of other rows is the number."""
        return 0.0 if self.values is None else chance_of_order(self.values(), "median", self.number)


@dataclass(frozen=True)
class WorkedOut:
    """Explains numbers and arrays that are no statistic of one column.

    Parameters
    ----------
    everywhere, training : sequence of Population
        Rows that reach beyond the training rows; training rows.
    """

    everywhere: Sequence[Population]
    training: Sequence[Population]
    _known: dict[int, tuple[list[_Found], np.ndarray]] = field(default_factory=dict)
    _levels: dict[int, dict[str, int]] = field(default_factory=dict)

    def of(self, value: Any, own: Collection[str]) -> Explained | None:
        """Return what explains a value, columns aside that were made with it; ``None`` where nothing does."""
        if isinstance(value, (dict, pd.Series)):
            if is_enumeration(pd.Series(value)):
                return Explained(True)
            value = pd.to_numeric(pd.Series(value), errors="coerce").dropna().to_numpy(dtype=np.float64)
            if len(value) > MOST_NUMBERS:
                return None
        ask = self._asking(value)
        if ask is None:
            return None
        if any(True for rows in self.training for _ in ask(rows, own)):
            return Explained(True)
        for rows in self.everywhere:
            found = sorted(ask(rows, own), key=lambda each: each[1])
            if found:
                return Explained(True, (found[0][0], rows.name), found[0][1])
        return None

    def _asking(self, value: Any) -> Ask | None:
        if is_number(value):
            return (
                (lambda rows, own: self._numbers(float(value), rows, own))
                if _is_exact(value) and not is_typed(value)
                else None
            )
        if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind not in "iuf":
            return None
        numbers = value.astype(np.float64)
        if not np.isfinite(numbers).all() or sum(map(digits_of, numbers.tolist()[:MOST_GROUPS])) < FEWEST:
            return None
        return lambda rows, own: self._arrays(numbers, rows, own)

    def _arrays(self, numbers: np.ndarray, rows: Population, own: Collection[str]) -> Iterator[tuple[Match, float]]:
        if FEWEST_NUMBERS <= len(numbers) <= MOST_GROUPS and len(np.unique(numbers)) > 1:
            yield from ((match, 0.0) for match in _unnamed(np.sort(numbers), rows, self._levels_of(rows), own))
        if 1 < len(numbers) <= HIGHEST_DEGREE + 1:
            yield from ((match, 0.0) for match in _curves(numbers, rows, own))
        if 1 < len(numbers) <= MOST_NUMBERS:
            asked = numbers.tolist()  # such as a line with its error, or all correlations
            found = [list(self._numbers(each, rows, own)) if _is_exact(each) else [] for each in asked]
            by_accident = accidents(asked, [len(each) > 0 for each in found])
            for matches, chance in zip(found, by_accident, strict=True):
                yield from () if chance else ((match, min(each * len(asked), 1.0)) for match, each in matches)

    def _levels_of(self, rows: Population) -> dict[str, int]:
        """Return how many values each column has that may be a group."""
        if id(rows) not in self._levels:
            self._levels[id(rows)] = {
                str(name): int(column.nunique())
                for name, column in rows.frame.items()
                if values_of(column).means in _GROUPS and not pd.api.types.is_float_dtype(column)
            }
        return self._levels[id(rows)]

    def _numbers(self, number: float, rows: Population, own: Collection[str]) -> Iterator[tuple[Match, float]]:
        """Yield the statistics of transformed columns, and of pairs of columns, that a number is, and their chance."""
        if id(rows) not in self._known:
            known = [*_of_classes(rows), *_transformed(rows), *_lengths(rows), *_ratios(rows), *_lines(rows)]
            self._known[id(rows)] = known, np.array([each.number for each in known])
        known, numbers = self._known[id(rows)]
        for place in np.flatnonzero(np.abs(numbers - number) <= RELATIVE * abs(number)).tolist():
            found = known[place]
            if not {found.match.column, found.other} & set(own):
                yield found.match, found.chance


def is_enumeration(mapping: pd.Series) -> bool:
    """Whether a mapping numbers its keys in their own order, which says nothing of any row.

    Examples
    --------
    >>> is_enumeration(pd.Series({"a": 1, "b": 2, "c": 3})), is_enumeration(pd.Series({"a": 2, "b": 1, "c": 3}))
    (True, False)
    """
    try:
        places = mapping.sort_index().to_numpy(dtype=np.float64)
    except (TypeError, ValueError):  # keys without an order, or other values than numbers
        return False
    return len(places) > 1 and bool(
        (np.abs(np.diff(places)) == 1).all() and abs(places[-1] - places[0]) == len(places) - 1
    )


def _is_exact(number: Any) -> bool:
    return digits_of(float(number)) >= EXACT


def _of_classes(rows: Population) -> Iterator[_Found]:
    """Yield what the numbers of rows by class give to weigh classes, or to begin a model with."""
    for target in rows.targets:
        if target not in rows.frame.columns or is_measured(rows.frame[target]):
            continue
        counts = rows.frame[target].value_counts()
        total, classes = int(counts.sum()), len(counts)
        for count in counts.tolist() if 1 < classes <= MOST_CLASSES else ():
            others = total - count
            found = {
                BALANCED: total / (classes * count),
                OTHERS_A_ROW: others / count,
                ROOT_OF_OTHERS: (others / count) ** 0.5,
                "log odds of a class": float(np.log(count / others)),
                "share of a class": count / total,
            }
            yield from (_Found(number, Match(word, target), target) for word, number in found.items())


def _transformed(rows: Population) -> Iterator[_Found]:
    for name, values in _columns(rows, ()):
        for word, transform in _TRANSFORMED.items():
            make = partial(_finite, transform, values)
            yield from _simple(make, f"of the {word}", name, name)


def _lengths(rows: Population) -> Iterator[_Found]:
    """Yield the usual statistics of the lengths of texts, in characters and in words."""
    for name, column in rows.frame.items():
        if values_of(column).kind is not Kind.TEXT:
            continue
        texts = plain(column).dropna()
        counted = {"characters": texts.str.len()}
        if int(counted["characters"].sum()) <= MOST_CELLS:
            counted["words"] = texts.str.count(r"\S+")
        for word, lengths in counted.items():
            make = partial(lengths.to_numpy, dtype=np.float64)
            yield from _simple(make, f"of the number of {word}", str(name), str(name))


def _ratios(rows: Population) -> Iterator[_Found]:
    """Yield the usual statistics of the ratio of every two columns, of few columns."""
    columns = dict(_columns(rows, ()))
    if len(columns) > MOST_DIVIDED or len(rows.frame) * len(columns) ** 2 > MOST_CELLS:
        return
    for x, y in itertools.permutations(columns, 2):
        make = partial(_finite, np.divide, columns[x], columns[y])
        yield from _simple(make, f"ratio to {y!r}", x, y)


def _finite(transform: Callable[..., Any], *columns: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        made = np.asarray(transform(*columns), dtype=np.float64)
    return made[np.isfinite(made)]


def _simple(make: Callable[[], np.ndarray], word: str, column: str, other: str) -> Iterator[_Found]:
    """Yield the usual statistics of values; these are made again for a median that is found."""
    values = make()
    if len(values) > 1:
        yield _Found(float(values.mean()), Match(f"mean {word}", column), other)
        yield _Found(float(np.median(values)), Match(f"median {word}", column), other, make)
        yield _Found(float(values.std(ddof=1)), Match(f"standard deviation {word}", column), other)
        yield _Found(float(values.std()), Match(f"standard deviation (ddof 0) {word}", column), other)


def _lines(rows: Population) -> Iterator[_Found]:
    """Yield slope, intercept and correlation of every two columns."""
    columns = dict(_columns(rows, ()))
    if not columns or len(rows.frame) * len(columns) ** 2 > MOST_CELLS:
        return
    table, names = pd.DataFrame(columns), list(columns)
    means, spreads = table.mean().to_numpy(), table.cov().to_numpy()
    with np.errstate(all="ignore"):
        slopes = spreads / np.diag(spreads)[:, None]  # of each column on the one of the row
        found = {
            "slope on": slopes,
            "intercept on": means[None, :] - slopes * means[:, None],
            "correlation with": spreads / np.sqrt(np.outer(np.diag(spreads), np.diag(spreads))),
        }
    for word, numbers in found.items():
        for x, y in zip(*np.nonzero(~np.eye(len(names), dtype=bool)), strict=True):
            yield _Found(float(numbers[x, y]), Match(f"{word} {names[x]!r}", names[y]), names[x])


def _unnamed(numbers: np.ndarray, rows: Population, levels: Mapping[str, int], own: Collection[str]) -> Iterator[Match]:
    """Yield statistics in as many groups as there are numbers, whatever order these are in."""
    for by in rows.frame.columns if len(numbers) in levels.values() else ():
        if levels.get(str(by)) != len(numbers):
            continue
        groups = (str(by),)
        for statistic in _BY_GROUP:
            for name, found in rows.grouped(groups, statistic).items():
                match = Match(statistic, str(name).partition("\0")[0], groups)
                if name != "" and not rows.is_looked_at(str(name), own):
                    continue
                there = np.sort(found.to_numpy(dtype=np.float64))
                near = (np.abs(there - numbers) <= RELATIVE * np.abs(numbers)).all()
                if near and (statistic == "count" or len(rows.varied_groups(match)) >= FEWEST_NUMBERS):
                    yield match


def _curves(numbers: np.ndarray, rows: Population, own: Collection[str]) -> Iterator[Match]:
    """Yield the column for which numbers are the least-squares polynomial on another column or on row position."""
    columns = dict(_columns(rows, own))
    if len(rows.frame) * len(columns) ** 2 > MOST_CELLS or len(rows.frame) <= len(numbers):
        return
    places = {"the place of a row": np.arange(float(len(rows.frame)))}
    for name, x in [*((repr(name), each) for name, each in columns.items()), *places.items()]:
        for coefficients in (numbers, numbers[::-1]):
            with np.errstate(all="ignore"):
                said = np.polyval(coefficients, x)
            for target, y in columns.items():
                if _is_upright(x, y - said, len(numbers)) and np.nanstd(y - said) > RELATIVE * np.nanstd(said) > 0:
                    yield Match(f"best polynomial of degree {len(numbers) - 1} on {name}", target)


def _is_upright(x: np.ndarray, left: np.ndarray, terms: int) -> bool:
    """Whether what a curve leaves over stands upright on each of its powers, as after least squares."""
    known = np.isfinite(left)
    x, left = x[known], left[known]
    size = np.linalg.norm(left)
    if len(np.unique(x)) <= terms or not size or abs(left.mean()) > UPRIGHT * size:
        return False
    powers = (x**degree for degree in range(terms))
    return all(abs(power @ left) <= UPRIGHT * np.linalg.norm(power) * size for power in powers)


def _columns(rows: Population, own: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    for name, column in rows.numbers().items():
        if rows.is_looked_at(str(name), own):
            yield str(name).partition("\0")[0], column.to_numpy()
