"""Checked: rows held to a schema: those that fit, those that do not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mlsys.errors import DataError, listed, meant
from mlsys.pages import Block, Lines, Page, Shown, Table, Title, percent
from mlsys.schemas.constraints import broken, shortened, shown
from mlsys.schemas.reading import read_column, settled
from mlsys.values import with_columns

if TYPE_CHECKING:
    from mlsys.schemas.column import Column

Mask = NDArray[np.bool_]
WORST = 10
"""Rows that a message shows."""
_REASONS_OF_ROW = 3
LONGEST = 90
"""Characters of a row in a message."""


@dataclass(frozen=True)
class Problem:
    """One way in which rows do not fit.

    Parameters
    ----------
    column : str
        The column; empty for what concerns several.
    words : str
        What is said of the rows, after the value.
    rows : array of int
        Their positions.
    """

    column: str
    words: str
    rows: NDArray[np.intp]

    @property
    def reason(self) -> str:
        """The reason in words."""
        return f"{self.column}: {self.words}" if self.column else self.words


@dataclass(frozen=True, repr=False)
class Checked(Shown):
    """Rows held to a schema. Made by :meth:`mlsys.Schema.check`.

    Parameters
    ----------
    given : DataFrame
        The rows as they came.
    typed : mapping of str to Series
        Columns in the types that the schema declares, for the rows that fit.
    problems : sequence of Problem
        What is wrong, column by column.
    """

    given: pd.DataFrame
    typed: dict[str, pd.Series]
    problems: Sequence[Problem]

    @cached_property
    def bad(self) -> Mask:
        """Which rows do not fit."""
        mask = np.zeros(len(self.given), dtype=bool)
        for problem in self.problems:
            mask[problem.rows] = True
        return mask

    @property
    def fit(self) -> pd.DataFrame:
        """The rows that fit, with the columns of the schema in their declared types."""
        if not self.problems:
            changed = {name: values for name, values in self.typed.items() if values is not self.given[name]}
            return with_columns(self.given, changed) if changed else self.given
        keep = ~self.bad
        index = next((values.index for values in self.typed.values()), self.given.index[keep])
        made = {
            name: self.typed[name] if name in self.typed else kept_rows(self.given[name], keep, index)
            for name in self.given.columns
        }
        return pd.DataFrame(made, index=index, columns=self.given.columns, copy=False)

    @property
    def unfit(self) -> pd.DataFrame:
        """The rows that do not fit, as they came, with the ``reason`` in front."""
        reasons: dict[int, list[str]] = {row: [] for row in np.flatnonzero(self.bad).tolist()}
        for problem in self.problems:
            for row in problem.rows.tolist():
                reasons[row].append(problem.reason)
        places = np.array(list(reasons), dtype=np.intp)
        index = self.given.index[places]
        columns = {name: kept_rows(self.given[name], self.bad, index, places) for name in self.given.columns}
        made = pd.DataFrame(columns, index=index, columns=self.given.columns, copy=False)
        name = "reason" if "reason" not in made.columns else "reason of the schema"
        made.insert(0, name, pd.Series(list(map("; ".join, reasons.values())), index=made.index, dtype="str"))
        return made

    @property
    def table(self) -> pd.DataFrame:
        """One row a problem: ``column``, ``problem``, ``rows``, their ``share``, and the first value."""
        lines = [
            (
                each.column,
                each.words,
                len(each.rows),
                len(each.rows) / max(len(self.given), 1),
                shown(self.given[each.column].iloc[each.rows[0]]) if each.column in self.given.columns else "",
            )
            for each in sorted(self.problems, key=lambda each: -len(each.rows))
        ]
        return pd.DataFrame(lines, columns=["column", "problem", "rows", "share", "for example"])

    def counts(self) -> dict[str, int]:
        """Return rows by reason, the most frequent first."""
        return dict(Counter({each.reason: len(each.rows) for each in self.problems}).most_common())

    def worst(self, most: int = WORST) -> list[int]:
        """Return the positions of the rows with most problems, earlier rows first among equals."""
        times = np.zeros(len(self.given), dtype=np.int64)
        for problem in self.problems:
            times[problem.rows] += 1
        rows = np.flatnonzero(times)
        return [int(each) for each in rows[np.argsort(-times[rows], kind="stable")][:most]]

    def refusal(self, who: str, row_name: Callable[[int], str], unread: Sequence[str] = ()) -> DataError:
        """Return the error that names the worst rows, each with its row, column and value.

        Parameters
        ----------
        who : str
            For messages.
        row_name : callable
            Names the row at a position.
        unread : sequence of str
            What is said of rows that are none, which are the worst.
        """
        bad, rows = int(self.bad.sum()) + len(unread), len(self.given) + len(unread)
        lines = [f"\n  {shortened(each, LONGEST)}" for each in unread[: WORST // 2]]
        lines += [f"\n  {row_name(row)}: {self._described(row)}" for row in self.worst(WORST - len(lines))]
        more = f"\n  and {bad - len(lines):,} more rows" if bad > len(lines) else ""
        return DataError(
            f"{who}: {bad:,} of {rows:,} rows do not fit the schema{''.join(lines)}{more}",
            'correct these rows or the schema; or set them aside with bad_rows="quarantine" (kept, with reasons) or '
            '"drop" in the schema',
        )

    def _described(self, row: int) -> str:
        told = self._told(row)
        said = []
        for each in told[:_REASONS_OF_ROW]:
            if each.column not in self.given.columns:
                said.append(each.words)
            elif each.words == "null":
                said.append(f"{each.column} is null")
            else:
                said.append(f"{each.column} is {shown(self.given[each.column].iloc[row])}, {each.words}")
        more = len(told) - len(said)
        return "; ".join(said) + (f"; {more} more" if more else "")

    def _told(self, row: int) -> list[Problem]:
        return [each for each in self.problems if (each.rows == row).any()]

    def _page(self) -> Page:
        bad, rows = int(self.bad.sum()), len(self.given)
        said = f"{rows:,}, of which {bad:,} do not fit ({percent(bad / max(rows, 1))})" if bad else f"{rows:,}, all fit"
        blocks: list[Block] = [Title("Rows against the schema"), Lines([("rows", said)])]
        if bad:
            blocks.append(Table(self.table))
        return Page(blocks)


@dataclass(frozen=True)
class Demands:
    """What rows must be.

    Parameters
    ----------
    columns : mapping of str to Column
        By name.
    key : sequence of str
        Columns that together do not repeat.
    closed : bool
        Whether there may be no other columns.
    """

    columns: Mapping[str, Column]
    key: Sequence[str] = ()
    closed: bool = False

    @property
    def key_in_words(self) -> str:
        """What the columns of the key are called together."""
        return " and ".join(self.key)


def checked(
    demands: Demands,
    frame: pd.DataFrame,
    parse: str | None,
    who: str,
    pieces: bool = False,
    repeated: Mapping[str, NDArray[np.intp]] | None = None,
) -> Checked:
    """Hold rows to a schema.

    Parameters
    ----------
    demands : Demands
        What they must be.
    frame : DataFrame
        Any index.
    parse : str or None
        The decimal mark where texts are read as numbers, times and truth values.
    who : str
        For messages.
    pieces : bool
        Whether these are some of the rows, so that a type must not depend on them.
    repeated : mapping of str to array of int, optional
        Rows that repeat what stands in an earlier piece, by what must not repeat.
    """
    _refuse_columns(demands, frame, who)
    problems: list[Problem] = []
    typed: dict[str, pd.Series] = {}
    for name, declared in demands.columns.items():
        read = read_column(frame[name], declared, parse, who)
        found = list(read.bad)
        values = read.values
        if found:
            strange = np.logical_or.reduce([mask for mask, _ in found])
            if values[strange].notna().any():  # anything may stand there
                values = values.mask(pd.Series(strange, index=values.index))
        if not declared.null and frame[name].hasnans:
            found.insert(0, (frame[name].isna().to_numpy(), "null"))
        found += [(mask, words) for mask, words in broken(values, declared, who, _of(repeated, name))]
        problems += [Problem(name, words, np.flatnonzero(mask)) for mask, words in found if mask.any()]
        typed[name] = read.values
    problems += _across(demands, frame, _of(repeated, demands.key_in_words))
    made = Checked(frame, typed, problems)
    keep = ~made.bad if problems else None
    index = frame.index if keep is None else frame.index[keep]
    for name, values in typed.items():
        typed[name] = settled(values if keep is None else kept_rows(values, keep, index), demands.columns[name], pieces)
    return made


def kept_rows(values: pd.Series, keep: Mask, index: pd.Index, places: NDArray[np.intp] | None = None) -> pd.Series:
    """Return some rows with their labels: Arrow copies runs of text at once; few others are taken at their places."""
    if not isinstance(values.dtype, pd.StringDtype):
        return pd.Series(values.array[keep if places is None else places], index=index, name=values.name, copy=False)
    dtype: Any = values.dtype
    texts = pa.array(values.array).filter(pa.array(keep))
    return pd.Series(dtype.__from_arrow__(texts), index=index, name=values.name, copy=False)


def _of(repeated: Mapping[str, NDArray[np.intp]] | None, name: str) -> NDArray[np.intp]:
    return (repeated or {}).get(name, np.zeros(0, dtype=np.intp))


def _across(demands: Demands, frame: pd.DataFrame, earlier: NDArray[np.intp]) -> list[Problem]:
    if not demands.key:
        return []
    repeated = np.union1d(np.flatnonzero(frame.duplicated(list(demands.key)).to_numpy()), earlier)
    words = f"{' and '.join(demands.key)} together repeat those of an earlier row"
    return [Problem("", words, repeated)] if len(repeated) else []


def _refuse_columns(demands: Demands, frame: pd.DataFrame, who: str) -> None:
    there = [str(name) for name in frame.columns]
    missing = [name for name in (*demands.columns, *demands.key) if name not in frame.columns]
    if missing:
        raise DataError(
            f"{who}: the schema has the columns {listed(map(repr, missing))}, which the rows do not have (their "
            f"columns: {listed(there)})",
            f"{meant(missing[0], there)}correct the names in the schema, or read the columns",
        )
    others = [name for name in there if name not in demands.columns]
    if demands.closed and others:
        raise DataError(
            f"{who}: the rows have the columns {listed(map(repr, others))}, which the closed schema does not have",
            "add them to the schema, leave them out when reading (columns=), or set closed=False",
        )
