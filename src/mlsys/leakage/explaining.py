"""Explain a piece of held data as a statistic of training rows, or of rows beyond them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mlsys.leakage.coincidence import PROVES, chance_by_group, chance_of_bins, chance_of_match
from mlsys.leakage.digits import (
    EXACT,
    FEWEST,
    FEWEST_OF_RATE,
    accidents,
    digits_of,
    is_computed,
    is_typed,
    tolerance_of,
)
from mlsys.leakage.mappings import Targets, follows_held_out
from mlsys.leakage.ordering import FEWEST as FEWEST_GROUPS
from mlsys.leakage.ordering import orders, slips
from mlsys.leakage.statistics import FEWEST_EDGES, MOST_GROUPS, Match, Population, days_of
from mlsys.values import Kind, plain, values_of

MOST_NUMBERS = 200
"""Numbers of one array that are compared."""
SEVERAL = 3
"""Number of fractions of four digits that together were computed, although each alone may be arbitrary."""
EXACT_IN_FLOAT = 2**53
ALONE, ALONE_IN_CLASSES = 3, 20
"""Minimum number of groups of held-out rows only that a mapping must agree with: fewer may be chance."""
WORKED_OUT = frozenset(
    {"mean", "median", "sum", "standard deviation", "smoothed mean", "relative mean", "centred mean"}
)
"""Statistics that require the rows of a group; counts and extremes may have been known beforehand."""
ROUND_MINUTES = 5
"""Minutes that people type; any other that is a statistic of all rows was computed from them."""
ONE_MICROSECOND = 1e-6 / 86_400


@dataclass(frozen=True)
class Explained:
    """The explanation of one piece of data.

    Parameters
    ----------
    by_training : bool
        Whether training rows explain it, or no explanation is needed.
    found : tuple of Match and str, optional
        The statistic over rows that reach beyond the training rows, and the name of these rows.
    chance : float, optional
        That other rows have this statistic as well.
    """

    by_training: bool
    found: tuple[Match, str] | None = None
    chance: float = 0.0


_INNOCENT, _UNEXPLAINED = Explained(True), Explained(False)


@dataclass(frozen=True)
class Explainer:
    """All rows and the training rows, asked about one piece of data at a time.

    Parameters
    ----------
    everywhere, training : sequence of Population
        Rows that reach beyond the training rows, all rows of the source first; and training rows.
    own : collection of str
        Columns that were made with the data, which equal it everywhere.
    """

    everywhere: Sequence[Population]
    training: Sequence[Population]
    own: Collection[str] = field(default=())

    def of(self, value: Any) -> list[Explained]:
        """Return what explains a value, piece by piece."""
        if isinstance(value, pd.DataFrame):
            return [each for column in _keyed_columns(value, self.everywhere[0]) for each in self.of(column)]
        if isinstance(value, (dict, pd.Series)):
            return self._of_column(pd.Series(value).dropna())
        if isinstance(value, np.ndarray):
            return self._of_array(value)
        if isinstance(value, pd.Index):
            return [self._of_members(value)]
        return [self._of_moment(value) if isinstance(value, pd.Timestamp) else self._of_number(value)]

    def goes_with(self, number: float, siblings: Sequence[Any]) -> tuple[Match, str] | None:
        """Return rows of which a number is the count, if what stands beside it is a statistic of the same rows.

        Another sample may have the same size, so a count alone proves nothing.
        """
        if any(len(rows.frame) == number for rows in self.training):
            return None
        for rows in self.everywhere:
            if len(rows.frame) == number and any(self._is_statistic(each, rows) for each in siblings):
                return Match("number of rows", ""), rows.name
        return None

    def _is_statistic(self, value: Any, rows: Population) -> bool:
        numbers = value.ravel().tolist() if isinstance(value, np.ndarray) else [value]
        return any(
            isinstance(each, (int, float, np.number)) and digits_of(float(each)) >= SEVERAL
            and any(True for _ in rows.of(float(each), tolerance_of(each), self.own))
            for each in numbers[:MOST_NUMBERS]
        )  # fmt: skip

    def _of_number(self, number: Any) -> Explained:
        short = not is_computed(number)
        if is_typed(number) or (short and digits_of(float(number)) < FEWEST_OF_RATE):
            return _INNOCENT
        tolerance = tolerance_of(np.float64(number) if short else number)
        if any(True for each in self.training for _ in each.of(float(number), tolerance, self.own)):
            return _INNOCENT
        wanted = [Match("mean", name) for name in self.everywhere[0].targets] if short else None
        found = list(self._found(float(number), tolerance, wanted))
        if found:
            return min(found, key=lambda each: each.chance)
        return Explained(short or digits_of(float(number)) < EXACT)

    def _found(self, number: float, tolerance: float, wanted: Collection[Match] | None) -> Iterator[Explained]:
        """Yield the statistics that a number is, with their chance, until one is beyond it."""
        for rows in self.everywhere:
            for match in rows.of(number, tolerance, self.own):
                if match.statistic != "count" and (wanted is None or match in wanted):
                    chance = chance_of_match(match, number, [self.everywhere[0], rows])
                    yield Explained(True, (match, rows.name), chance)
                    if not chance:
                        return

    def _of_moment(self, time: pd.Timestamp) -> Explained:
        zoneless = time if time.tz is None else time.tz_convert("UTC").tz_localize(None)
        to_the_minute = zoneless.second == zoneless.microsecond == zoneless.nanosecond == 0
        if time == time.normalize() or (to_the_minute and zoneless.minute % ROUND_MINUTES == 0):
            return _INNOCENT
        days = float((zoneless - pd.Timestamp(0)) / pd.Timedelta("1D"))
        if any(True for each in self.training for _ in each.of_moments(days, ONE_MICROSECOND, self.own)):
            return _INNOCENT
        for rows in self.everywhere:
            match = next(rows.of_moments(days, ONE_MICROSECOND, self.own), None)
            if match is not None:
                return Explained(True, (match, rows.name))
        return _INNOCENT if to_the_minute else _UNEXPLAINED

    def _of_array(self, values: np.ndarray) -> list[Explained]:
        edges = self._of_edges(values)
        if edges is not None:
            return [edges]
        if _may_be_ids(values):
            return [self._of_members(pd.Index(values.astype(np.int64)))]
        numbers = values.ravel()[:MOST_NUMBERS].tolist()
        return [*self._of_each(numbers), *([_UNEXPLAINED] if self._are_several(numbers) else [])]

    def _of_each(self, numbers: Sequence[Any]) -> list[Explained]:
        """Return what explains each of some numbers, without those that meet a statistic by accident."""
        answers = [self._of_number(number) for number in numbers]
        values = [float(each) for each in numbers]
        on_grid = [answer.chance > PROVES for answer in answers]
        by_accident = accidents(values, [answer.found is not None for answer in answers], on_grid)
        return [_INNOCENT if chance else answer for answer, chance in zip(answers, by_accident, strict=True)]

    def _are_several(self, numbers: Sequence[float]) -> bool:
        """Whether numbers together were computed, but not from training rows."""
        told = [number for number in numbers if is_chosen_by_nobody(number) and digits_of(float(number)) < EXACT]
        return len(told) >= SEVERAL and not all(
            any(True for each in self.training for _ in each.of(number, tolerance_of(number), self.own))
            for number in told
        )

    def _of_edges(self, values: np.ndarray) -> Explained | None:
        """Return what explains bounds of bins: quantiles at equal steps; ``None`` where they are none of any rows."""
        edges = np.unique(values[np.isfinite(values)]) if values.ndim == 1 and values.dtype.kind == "f" else values[:0]
        if len(edges) < FEWEST_EDGES or not np.array_equal(edges, values[np.isfinite(values)]):
            return None
        if max(map(digits_of, edges.tolist())) < FEWEST_OF_RATE:
            return None
        if any(True for rows in self.training for _ in rows.bins(edges, self.own)):
            return _INNOCENT
        for rows in self.everywhere:
            for match, levels in rows.bins(edges, self.own):
                return Explained(True, (match, rows.name), chance_of_bins(match, levels, [self.everywhere[0], rows]))
        return None

    def _of_column(self, column: pd.Series) -> list[Explained]:
        kind = values_of(column).kind
        if kind is Kind.NUMBER:
            return self._of_numbers(plain(column), counts=values_of(column).whole)
        if kind is Kind.TRUTH:
            return self._of_numbers(plain(column).astype("float64"), counts=True)
        days = days_of(column)
        if days is None:
            return []
        explained = self._of_mapping(days.dropna(), moments=True)
        if explained is None and any(True for _ in self.everywhere[0].groupings(column.index)):
            return [_UNEXPLAINED]
        return [explained] if explained is not None else []

    def _of_numbers(self, mapping: pd.Series, counts: bool) -> list[Explained]:
        mapping = mapping.astype("float64") if mapping.dtype.kind not in "iuf" else mapping
        explained = self._of_mapping(mapping) or self._of_order(mapping)
        if explained is not None:
            return [explained]
        if counts and len(mapping) >= FEWEST_GROUPS and any(True for _ in self.everywhere[0].groupings(mapping.index)):
            return [_UNEXPLAINED]
        return self._of_each(mapping.tolist()[:MOST_NUMBERS])

    def _of_mapping(self, mapping: pd.Series, moments: bool = False) -> Explained | None:
        """Return what explains a mapping from groups to numbers by its values; ``None`` where nothing does."""
        if mapping.nunique() < 2 or (not moments and sum(digits_of(float(each)) for each in mapping) < FEWEST):  # noqa: PLR2004
            return None if any(map(is_computed, mapping)) else _INNOCENT
        for rows in self.everywhere:
            for match in rows.by_group(mapping, self.own, moments):
                same = any(each.same_by_group(match, mapping, moments) for each in self.training)
                if not same or self._only_held_out(match, mapping, rows, moments):
                    return Explained(True, (match, rows.name), chance_by_group(match, mapping, rows, moments))
        if any(True for each in self.training for _ in each.by_group(mapping, self.own, moments)):
            return _INNOCENT
        return None

    def _only_held_out(self, match: Match, mapping: pd.Series, rows: Population, moments: bool) -> bool:
        """Whether a mapping holds statistics of groups that training rows lack, which their own rows alone explain."""
        known = [each.grouped(match.by, "count").index for each in self.training if set(match.by) <= set(each.frame)]
        alone = mapping[mapping.index.isin(rows.varied_groups(match, moments))]
        alone = alone[~np.logical_or.reduce([np.zeros(len(alone), bool), *(alone.index.isin(each) for each in known)])]
        if match.statistic in WORKED_OUT and alone.nunique() > 1:
            enough = ALONE if any(map(is_computed, alone)) else ALONE_IN_CLASSES
            return len(alone) >= enough
        return match.column in rows.targets and alone.nunique() > 1 and len(alone) >= ALONE_IN_CLASSES

    def _of_order(self, mapping: pd.Series) -> Explained | None:
        if any(True for each in self.training for _ in orders(mapping, each, self.own)):
            return _INNOCENT
        for rows in self.everywhere:
            for match in orders(mapping, rows, self.own):
                if all(slips(mapping, each, match) for each in self.training):
                    return Explained(True, (match, rows.name))
        return self._of_smoothed_order(mapping)

    def _of_smoothed_order(self, mapping: pd.Series) -> Explained | None:
        """Return what explains numbers in the order of the target's means that were drawn to a prior, as logits are."""
        whole = [rows for rows in self.everywhere if rows.name == self.everywhere[0].name]
        for rows, own in zip(whole, self.training, strict=False):
            for by in rows.groupings(mapping.index):
                for name, targets in _targets_by_level(mapping.index, by, rows, own):
                    if follows_held_out(mapping.to_numpy(dtype=np.float64), targets) == "order":
                        return Explained(True, (Match("order of the smoothed mean", name, by), rows.name))
        return None

    def _of_members(self, members: pd.Index) -> Explained:
        """Return what explains a set or a list of values: which groups it has, and in which order."""
        rows = self.everywhere[0]
        by = next(rows.groupings(members), None)
        if by is None or len(members) < FEWEST_GROUPS:
            return _INNOCENT
        groups = pd.Index(rows.frame[by[0]].dropna().unique())
        inside = pd.Series(groups.isin(members).astype("float64"), index=groups)
        listed = pd.Series(np.arange(len(members), dtype=np.float64), index=members)
        asked = [each for each in (inside, listed) if each.nunique() > 1]
        answers = [self._of_mapping(each) or self._of_order(each) for each in asked]
        found = next((each for each in answers if each is not None and each.found is not None), None)
        if found is not None or len(members) == len(groups):  # all there are: a vocabulary
            return found or _INNOCENT
        return _INNOCENT if any(each is not None for each in answers) else _UNEXPLAINED


def _targets_by_level(
    levels: pd.Index, by: tuple[str, ...], rows: Population, own: Population
) -> Iterator[tuple[str, Targets]]:
    """Yield the sums and counts of a target, or of each of its classes, in levels: of all rows and of training rows.

    Rows with unknown targets count for no class and no mean.
    """
    if not rows.targets or not {*by, *rows.targets} <= set(own.frame.columns):
        return
    found = [each.grouped(by, word).reindex(levels) for each in (rows, own) for word in ("sum", "count")]
    for name in found[0].columns:
        target = str(name).partition("\0")[0]
        if target in rows.targets and all(name in each.columns for each in found):
            yield target, Targets(*(each[name].fillna(0.0).to_numpy(dtype=np.float64) for each in found))


def is_chosen_by_nobody(number: float) -> bool:
    """Whether several such numbers were worked out: a fraction of four digits or more.

    Examples
    --------
    >>> is_chosen_by_nobody(0.346), is_chosen_by_nobody(-1.328), is_chosen_by_nobody(1999)
    (False, True, False)
    """
    return bool(number % 1) and digits_of(float(number)) >= FEWEST_OF_RATE


def _may_be_ids(values: np.ndarray) -> bool:
    """Whether numbers are whole and each stands once, as those of a list of ids do."""
    if values.ndim != 1 or not FEWEST_GROUPS <= len(values) <= MOST_GROUPS or not np.isfinite(values).all():
        return False
    return bool((values % 1 == 0).all() and (np.abs(values) < EXACT_IN_FLOAT).all()) and len(np.unique(values)) == len(
        values
    )


def _keyed_columns(table: pd.DataFrame, rows: Population) -> Iterator[pd.Series]:
    """Yield the columns of a table under its row ids, or under one or two columns that identify rows."""
    if not isinstance(table.index, pd.RangeIndex):
        yield from (column for _, column in table.items())
        return
    names = [name for name, column in table.items() if values_of(column).kind is not Kind.NESTED
             and not pd.api.types.is_float_dtype(column)]  # fmt: skip
    one = next(([name] for name in names if table[name].is_unique), None)
    shared = [name for name in names if name in rows.frame.columns]
    pairs = itertools.combinations(shared, 2)
    key = one or next((list(pair) for pair in pairs if not table.duplicated(list(pair)).any()), None)
    if key is not None:
        yield from (column for _, column in table.set_index(key).items())
