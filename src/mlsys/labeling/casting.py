"""Cast votes: run labeling functions on rows, keep their votes, count their errors and what they cost."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, fields, is_dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, Finding, MlsysError, StateError, listed
from mlsys.labeling._labeling_function import LabelingFunction, as_labeling_function
from mlsys.labeling.statistics import VoteMatrix
from mlsys.labeling.votes import Votes
from mlsys.pages import Page, Remarks, Shown, Table, Text, Title, filled
from mlsys.states import digest
from mlsys.tables.identity import column_digest
from mlsys.usercode.reach import CodeWalk

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 256
"""Columns of votes kept in the process; of 100,000 rows each has about a megabyte."""
MOST_FAILED = 0.01
"""Share of rows on which a function may fail by default."""

_kept: OrderedDict[str, _Column] = OrderedDict()
_at_the_kept = Lock()


@dataclass(frozen=True)
class _Column:
    """Votes of one function, and the rows on which it failed with the message of each."""

    votes: pd.Series
    seconds: float
    failed: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class CastResult(Shown):
    """Votes of labeling functions.

    Parameters
    ----------
    votes : DataFrame
        One column a function, null where it abstains.
    table : DataFrame
        One row a function: ``votes``, ``coverage``, ``seconds`` that it took, ``rows_per_second``, whether its votes
        were ``kept`` from before, and ``failed`` rows.
    errors : DataFrame
        One row a failure: ``function``, ``row``, ``error``.
    versions : dict
        Fingerprint of each function.
    findings : tuple of Finding
        What to be warned of.

    Examples
    --------
    >>> from mlsys.labeling import cast_votes, keyword
    >>> mail = pd.DataFrame({"text": ["a free prize", "see you", "free to see you"]})
    >>> cast = cast_votes([keyword("text", "free", "spam"), keyword("text", "see", "ham")], mail)
    >>> cast.votes
      has_free has_see
    0     spam    None
    1     None     ham
    2     spam     ham
    >>> cast.table[["function", "votes", "coverage"]].round(2)
       function  votes  coverage
    0  has_free      2      0.67
    1   has_see      2      0.67
    """

    votes: pd.DataFrame
    table: pd.DataFrame
    errors: pd.DataFrame
    versions: dict[str, str]
    findings: tuple[Finding, ...]

    def matrix(self, classes: Sequence[Any] = ()) -> VoteMatrix:
        """Return the votes as places among the classes."""
        return VoteMatrix.of(self.votes, classes)

    def long(self) -> Votes:
        """Return the votes as a long table, with the version of each function."""
        return Votes.of(self.votes, "function", self.versions, pd.Timestamp.now())

    def _page(self) -> Page:
        said = f"{len(self.table)} functions on {len(self.votes):,} rows, {self.table['seconds'].sum():.2f} s"
        return Page(
            [Title("Votes cast"), Text(said), Table(filled(self.table)), Remarks(self.findings, rest=".findings")]
        )


def cast_votes(
    functions: Sequence[Any], frame: pd.DataFrame, most_failed: float = MOST_FAILED, keep: bool = True
) -> CastResult:
    """Run labeling functions on rows.

    Parameters
    ----------
    functions : sequence of LabelingFunction or callable
        With distinct names.
    frame : DataFrame
        The rows.
    most_failed : float
        Share of rows on which a function may raise an error. Such rows abstain, are counted and listed; above the
        share the error of the first is raised.
    keep : bool
        Whether votes are kept in the process, by the code of the function and the content of its columns: editing one
        function runs that one again. Functions whose code cannot be compared always run.

    Examples
    --------
    >>> from mlsys.labeling import keyword
    >>> mail = pd.DataFrame({"text": ["a free prize", "see you"]})
    >>> cast_votes([keyword("text", "free", "spam"), keyword("text", "see", "ham")], mail).votes.to_numpy().tolist()
    [['spam', None], [None, 'ham']]
    """
    made = [as_labeling_function(each) for each in functions]
    names = [each.name for each in made]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"two labeling functions are named {twice!r}", "give one of them another name")
    contents: dict[Any, str] = {}
    found, rows, errors, versions = dict[str, pd.Series](), [], [], dict[str, str]()
    for each in made:
        versions[each.name] = version = fingerprint(each)
        column, kept = _column(each, frame, version, contents, most_failed, keep)
        found[each.name] = column.votes
        voted = int(column.votes.notna().sum())
        rows.append({
            "function": each.name, "votes": voted, "coverage": voted / max(len(frame), 1),
            "seconds": column.seconds, "rows_per_second": round(len(frame) / max(column.seconds, 1e-9)),
            "kept": kept, "failed": len(column.failed),
        })  # fmt: skip
        errors += [{"function": each.name, "row": frame.index[place], "error": said} for place, said in column.failed]
    table = pd.DataFrame(
        rows, columns=["function", "votes", "coverage", "seconds", "rows_per_second", "kept", "failed"]
    )
    failures = pd.DataFrame(errors, columns=["function", "row", "error"])
    return CastResult(
        pd.DataFrame(found, index=frame.index), table, failures, versions, tuple(_warned_of(made, failures))
    )


def fingerprint(function: LabelingFunction) -> str:
    """Return a digest of a function's code and of all that it reaches; empty where these cannot be compared."""
    inner = function.function
    walk = CodeWalk(digest)
    given = (type(inner).__qualname__, [getattr(inner, each.name) for each in fields(inner)]) if (
        is_dataclass(inner) and not isinstance(inner, type)
    ) else inner  # fmt: skip
    token = walk.reach((given, function.on, function.votes, function.rows))
    return "" if walk.notes else digest((token, sorted(walk.units.items())))[:16]


def _column(
    function: LabelingFunction, frame: pd.DataFrame, version: str, contents: dict[Any, str], most: float, keep: bool
) -> tuple[_Column, bool]:
    """Return the votes of a function, and whether they were kept from before."""
    key = ""
    if keep and version:
        names = function.columns or tuple(map(str, frame.columns))
        try:
            for name in names:
                if name in frame.columns and name not in contents:
                    contents[name] = column_digest(frame[name])
            key = digest((function.name, version, len(frame), [(name, contents.get(name)) for name in names]))
        except StateError:
            key = ""
    with _at_the_kept:
        if key and key in _kept:
            _kept.move_to_end(key)
            held = _kept[key]
            if len(held.failed) > most * len(frame):
                raise _too_many(function, frame, held.failed, most)
            return _Column(held.votes.set_axis(frame.index), held.seconds, held.failed), True
    begin = time.perf_counter()
    votes, failed = _voted(function, frame, most)
    column = _Column(votes, time.perf_counter() - begin, failed)
    if key:
        with _at_the_kept:
            _kept[key] = column
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
    return column, False


def _voted(
    function: LabelingFunction, frame: pd.DataFrame, most: float
) -> tuple[pd.Series, tuple[tuple[int, str], ...]]:
    """Return votes; where a function fails, the rows are halved until those that it fails on are alone."""
    try:
        return function.vote(frame), ()
    except MlsysError:
        raise  # it was described or written in a way that cannot work on any row
    except Exception as error:
        if len(frame) <= 1:
            raise
        first = error
    votes = np.full(len(frame), None, dtype=object)
    failed: list[tuple[int, str]] = []
    waiting = [(0, len(frame))]
    while waiting:
        start, stop = waiting.pop()
        if stop - start < len(frame):
            try:
                votes[start:stop] = function.vote(frame.iloc[start:stop]).to_numpy(dtype=object)
                continue
            except Exception as error:
                if stop - start == 1:
                    failed.append((start, f"{type(error).__name__}: {error}"[:200]))
                    if len(failed) > most * len(frame):
                        raise _too_many(function, frame, failed, most) from first
                    continue
        middle = (start + stop) // 2
        waiting += [(middle, stop), (start, middle)]
    return pd.Series(votes, index=frame.index, dtype=object), tuple(failed)


def _too_many(
    function: LabelingFunction, frame: pd.DataFrame, failed: Sequence[tuple[int, str]], most: float
) -> DataError:
    place, said = failed[0]
    return DataError(
        f"the labeling function {function.name!r} fails on more than {most:.0%} of {len(frame):,} rows, row "
        f"{frame.index.tolist()[place]!r} first: {said}",
        "correct the function, let it abstain there, or allow more with most_failed=",
    )


def _warned_of(functions: Sequence[LabelingFunction], errors: pd.DataFrame) -> list[Finding]:
    found = []
    for name, count in errors["function"].value_counts(sort=False).items():
        first = errors[errors["function"] == name].iloc[0]
        found.append(Finding(
            "LB106",
            f"{name} failed on {count:,} rows, which abstain: row {first['row']!r} with {first['error']}",
            "warning",
        ))  # fmt: skip
    slow = [each.name for each in functions if each.rows]
    if slow:
        said = f"{listed(slow)} {'is' if len(slow) == 1 else 'are'} called for each row, which is slow"
        found.append(Finding("LB107", f"{said}; write a function of columns, or use keyword(...)", "information"))
    return found
