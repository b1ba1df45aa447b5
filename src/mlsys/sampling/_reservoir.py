"""Reservoirs: draws from a stream that touch only the rows they keep."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._ids import kept_in_words, sizes_of
from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

_EVENTS = 1_024
"""Replacements that are drawn at once."""


@dataclass
class _Held:
    """Rows of a stream and the places in it that they have."""

    places: Places = field(default_factory=lambda: np.empty(0, np.int64))
    rows: pd.DataFrame | None = None

    def now(self, places: Places, frame: pd.DataFrame, first: int) -> None:
        """Hold the rows at these places, of which new ones are in ``frame``, whose first row has place ``first``."""
        wanted = np.sort(places)
        new = wanted[wanted >= first]
        old = np.searchsorted(self.places, wanted[wanted < first])
        piece = frame.iloc[new - first]
        self.rows = piece if self.rows is None else pd.concat([self.rows.iloc[old], piece])
        self.places = wanted


class Reservoir:
    """A draw of so many rows, each as likely as any other, from a stream of unknown length (Li 1994, Algorithm L).

    After ``n`` rows a new one is kept with chance ``rows / n``. How many are skipped until then is drawn at once, so
    that the work grows with the logarithm of the stream; the chances themselves do not depend on the rows, and are
    drawn many at a time.
    """

    def __init__(self, design: Any, rows: int, seed: int) -> None:
        self.design, self.count, self.seen = design, rows, 0
        self.rng = np.random.default_rng(seed)
        self.slots: Places = np.empty(0, np.int64)
        self.held = _Held()
        self._log_chance, self._last = -self.rng.exponential() / rows, rows - 1  # of the next replacement
        self._next: Places = np.empty(0, np.int64)

    def push(self, frame: pd.DataFrame, /) -> Self:
        """Show it the next rows."""
        first, end = self.seen, self.seen + len(frame)
        filling = np.arange(first, min(end, self.count))
        slots = np.append(self.slots, filling)
        places = self._replacements(end)
        if len(places):
            slots[self.rng.integers(0, self.count, len(places))] = places  # of equal slots the last one holds
        if len(filling) or len(places) or self.held.rows is None:
            self.held.now(slots, frame, first)
        self.slots, self.seen = slots, end
        return self

    def _replacements(self, end: int) -> Places:
        """Return the places before ``end`` whose rows replace another, as they follow from what was drawn before."""
        found: list[Places] = []
        while not len(self._next) or self._next[-1] < end:
            found.append(self._next)
            fallen = np.cumsum(self.rng.exponential(size=_EVENTS)) / self.count
            log_chance = self._log_chance - np.append(0.0, fallen[:-1])
            with np.errstate(divide="ignore", over="ignore"):
                skips = np.floor(-self.rng.exponential(size=_EVENTS) / np.log1p(-np.exp(log_chance)))
            steps = np.minimum(skips, 2.0**40).astype(np.int64) + 1
            self._next = self._last + np.cumsum(steps)
            self._log_chance, self._last = float(self._log_chance - fallen[-1]), int(self._next[-1])
        found.append(self._next[self._next < end])
        self._next = self._next[self._next >= end]
        return np.concatenate(found)

    def __add__(self, other: Any) -> Reservoir:
        """Return the draw of the rows of both: as many of each as a draw from all would have (hypergeometric)."""
        if not isinstance(other, Reservoir):
            return NotImplemented
        refuse_other_design(self.design, other.design)
        if self.held.rows is None or other.held.rows is None:
            return self if other.held.rows is None else other
        made = Reservoir(self.design, self.count, int(self.rng.integers(2**63)))
        seen = self.seen + other.seen
        of_first = int(made.rng.hypergeometric(self.seen, other.seen, min(self.count, seen)))
        pieces = []
        for each, count in ((self, of_first), (other, min(self.count, seen) - of_first)):
            assert each.held.rows is not None
            places = np.sort(made.rng.choice(len(each.held.rows), count, replace=False))
            pieces.append(each.held.rows.iloc[places])
        made.held = _Held(np.arange(min(self.count, seen)), pd.concat(pieces))
        made.slots, made.seen = made.held.places.copy(), seen
        if seen >= self.count:  # go on with the chance of one that saw as many: the rows-th smallest of so many numbers
            made._log_chance, made._last = float(np.log(made.rng.beta(self.count, seen - self.count + 1))), seen - 1
        return made

    @property
    def said(self) -> str:
        """How many of how many rows are kept."""
        return f"{kept_in_words(len(self.slots), self.seen, self.count)} of a stream, by chance"

    def sample(self) -> pd.DataFrame:
        """Return the kept rows with their weights, in the order they came in."""
        if self.held.rows is None or not len(self.held.rows):
            raise DataError("no rows were drawn", "push rows first")
        return with_columns(self.held.rows, {SAMPLING_WEIGHT: self.seen / len(self.held.rows)})


class WeightedReservoir:
    """A draw of so many rows in proportion to size from a stream, with exponential jumps (A-ExpJ).

    A row arrives after an exponential time with its size as rate, and the earliest are kept. How much size goes by
    until one is early enough is exponential, too, so that only rows that are kept cost a random number (Efraimidis
    and Spirakis 2006).
    """

    def __init__(self, design: Any, rows: int, size: str, seed: int) -> None:
        self.design, self.count, self.size, self.seen, self.total = design, rows, size, 0, 0.0
        self.root, self.rng = seed, np.random.default_rng(seed)
        self.arrived: list[tuple[float, int, float]] = []  # minus the time, place, size: the latest first
        self.held = _Held()
        self._jump = 0.0

    def push(self, frame: pd.DataFrame, /) -> Self:
        """Show it the next rows."""
        sizes = sizes_of(frame, self.size, self.design.title, "size")
        first, at = self.seen, 0
        while at < len(sizes) and len(self.arrived) < self.count:
            if sizes[at] > 0:
                self._arrive(self.rng.exponential() / sizes[at], first + at, float(sizes[at]))
            at += 1
        if len(self.arrived) == self.count and at < len(sizes):
            self._jumps(sizes, at, first)
        self.total += float(sizes.sum())
        self.seen += len(frame)
        self.held.now(np.array([place for _, place, _ in self.arrived], dtype=np.int64), frame, first)
        return self

    def _arrive(self, time: float, place: int, size: float) -> None:
        entry = (-time, place, size)
        if len(self.arrived) < self.count:
            heapq.heappush(self.arrived, entry)
        else:
            heapq.heapreplace(self.arrived, entry)
        if len(self.arrived) == self.count:
            self._jump = self.rng.exponential() / -self.arrived[0][0]

    def _jumps(self, sizes: NDArray[np.float64], at: int, first: int) -> None:
        gone = np.cumsum(sizes)
        before = float(gone[at - 1]) if at else 0.0
        while True:
            place = int(np.searchsorted(gone, before + self._jump, side="right"))
            if place >= len(sizes):
                self._jump -= float(gone[-1]) - before
                return
            latest, size = -self.arrived[0][0], float(sizes[place])
            time = -np.log1p(self.rng.random() * np.expm1(-size * latest)) / size  # given that it is before the latest
            self._arrive(float(time), first + place, size)
            before = float(gone[place])

    def __add__(self, other: Any) -> WeightedReservoir:
        """Return the draw of the rows of both: the earliest of all."""
        if not isinstance(other, WeightedReservoir):
            return NotImplemented
        refuse_other_design(self.design, other.design)
        if self.held.rows is None or other.held.rows is None:
            return self if other.held.rows is None else other
        made = WeightedReservoir(self.design, self.count, self.size, int(self.rng.integers(2**63)))
        made.seen, made.total = self.seen + other.seen, self.total + other.total
        both = [*self.arrived, *((time, place + self.seen, size) for time, place, size in other.arrived)]
        made.arrived = heapq.nlargest(self.count, both)
        heapq.heapify(made.arrived)
        if len(made.arrived) == self.count:
            made._jump = made.rng.exponential() / -made.arrived[0][0]
        places = np.concatenate([self.held.places, other.held.places + self.seen])
        wanted = np.sort([place for _, place, _ in made.arrived])
        rows = pd.concat([self.held.rows, other.held.rows]).iloc[np.searchsorted(places, wanted)]
        made.held = _Held(wanted, rows)
        return made

    @property
    def said(self) -> str:
        """How many of how many rows are kept."""
        return f"{kept_in_words(len(self.arrived), self.seen, self.count)} of a stream, in proportion to {self.size!r}"

    def sample(self) -> pd.DataFrame:
        """Return the kept rows with their weights, in the order they came in."""
        if self.held.rows is None or not len(self.held.rows):
            raise DataError("no rows were drawn", "push rows first")
        ordered = sorted(self.arrived, key=lambda each: each[1])
        sizes = np.array([size for _, _, size in ordered])
        left = self.total - sizes.sum()
        weights = np.ones(len(sizes))
        if len(ordered) == self.count and left > 1e-9 * self.total:
            # What was not kept comes later than the latest by an exponential time, for they have no memory.
            after = np.random.default_rng([self.root, self.seen]).exponential() / left
            weights = 1 / -np.expm1(-sizes * (-self.arrived[0][0] + after))
        return with_columns(self.held.rows, {SAMPLING_WEIGHT: weights})


def refuse_other_design(one: Any, other: Any) -> None:
    """Raise where two draws are not of one design."""
    if one != other:
        raise ConfigurationError("draws of different designs cannot be added", "use one design for all streams")
