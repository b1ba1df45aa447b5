"""Columns that were scaled, ranked, filled or binned over all rows beforehand; the original columns may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.binned import binned_columns
from mlsys.leakage.components import components
from mlsys.leakage.filled import cut_off, filled_by_level, filled_with
from mlsys.leakage.imputed import imputed_columns
from mlsys.leakage.interpolated import interpolated_columns
from mlsys.leakage.one_end import cut_at_one_end
from mlsys.leakage.read_once import Number
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.scales import FEWEST, OF_THE_LARGEST, scale_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MOST_NAMED = 3


def scaled_findings(
    together: AllParts, made_by: Mapping[str, str], told: Collection[str] = (), time: str | None = None
) -> list[Finding]:
    """Return findings for features whose values show a statistic over all rows, but not over training rows.

    Parameters
    ----------
    together : AllParts
        All rows.
    made_by : mapping of str to str
        Columns to the steps that made them.
    told : collection of str
        Columns that are already reported, such as those centred by level, which are centred as a whole too.
    time : str, optional
        The time column.

    Notes
    -----
    Over the rows from which it was computed, a z-score has mean 0 and standard deviation 1, a robust score has median 0
    and interquartile range 1, a range of 0 to 1 or -1 to 1 has both ends, and a rank is a row's place divided by the
    number of rows. No sample has these properties to nine digits by accident. Gaps that were filled equal the mean or
    median of the other rows, ends that were cut off hold as many rows as a quantile leaves, and bins are those of
    quantiles of another column. All rows must have the property, and training rows must not.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> x = np.random.default_rng(0).gamma(2, size=100)
    >>> rows = pd.DataFrame({"x": x, "z": (x - x.mean()) / x.std(), "y": x > 1})
    >>> [each.columns for each in scaled_findings(AllParts.of(rows[:60], rows[60:], "y", ["x", "z"], []), {})]
    [('z',)]
    """
    found: dict[str, dict[str, str]] = {}
    for name, column in together.columns.items():
        how = "" if name in told else _how(column)
        if how:
            found.setdefault(made_by.get(name, ""), {})[name] = how
    scaled = [_finding(step, columns) for step, columns in found.items()]
    made: dict[str, dict[str, str]] = {}
    for name in components(together, {*told, *(name for columns in found.values() for name in columns)}):
        made.setdefault(made_by.get(name, ""), {})[name] = "is a component, orthogonal to the next,"
    scaled += [_told(step, columns, "components beforehand") for step, columns in made.items()]
    return scaled + _filled(together, {*told, *(name for each in scaled for name in each.columns)}, made_by, time)


def _filled(together: AllParts, told: Collection[str], made_by: Mapping[str, str], time: str | None) -> list[Finding]:
    """Return findings for columns that were filled, cut off or cut into bins."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name, column in together.columns.items():
        if name in told:
            continue
        step = made_by.get(name, "")
        word, by = filled_with(column), ""
        if not word:
            by = filled_by_level(column, together.groupings)
        cut = cut_off(column) or cut_at_one_end(column)
        if word or by:
            said = f"{word}" if word else f"its means by {by!r}"
            found.setdefault((step, "filled beforehand"), {})[name] = f"was filled with {said}"
        elif cut:
            found.setdefault((step, "cut beforehand"), {})[name] = f"was cut off at its {cut}"
    for name in interpolated_columns(together, time, told):
        said = "was filled by interpolation between earlier and later rows"
        found.setdefault((made_by.get(name, ""), "filled beforehand"), {})[name] = said
    reported = {*told, *(name for each in found.values() for name in each)}
    for name, how in imputed_columns(together, reported):
        found.setdefault((made_by.get(name, ""), "filled beforehand"), {})[name] = f"was filled {how}"
    for name, source in binned_columns(together):
        said = f"has the bins of equal size of {repr(source) if source else 'a column that is gone'}"
        found.setdefault((made_by.get(name, ""), "cut beforehand"), {})[name] = said
    return [_told(step, columns, cause) for (step, cause), columns in found.items()]


def _how(column: Number) -> str:
    """Return how a column was scaled over all rows; empty if it was not, or if training rows alone are scaled."""
    own = int((column.known & column.training).sum())
    if own < FEWEST or own == len(column.everywhere) or not column.has_fractions:
        return ""
    how = scale_of(column.everywhere)
    mine = scale_of(column.own) if how else ""
    return how if not mine or mine == OF_THE_LARGEST != how else ""  # places among all rows have one denominator


def _finding(step: str, columns: Mapping[str, str]) -> Finding:
    return _told(step, {name: f"is {how}" for name, how in columns.items()}, "scaled beforehand")


def _in_words(names: Sequence[str], how: str) -> str:
    """Return what holds for some columns, of which the first are named.

    Examples
    --------
    >>> _in_words(["a"], "is centred"), _in_words(["a", "b", "c", "d"], "is centred")
    ("'a' is centred", "'a', 'b', 'c' and 1 more: each is centred")
    """
    if len(names) == 1:
        return f"{names[0]!r} {how}"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(map(repr, names[:MOST_NAMED]))}{more}: each {how}"


def _told(step: str, columns: Mapping[str, str], cause: str) -> Finding:
    said = ", ".join(_in_words([name for name, each in columns.items() if each == how], how) for how in
                     dict.fromkeys(columns.values()))  # fmt: skip
    mended = f"give {step} the original column" if step else "use the original column"
    return Finding(
        "LK226",
        f"{said} over all rows, including held-out ones, but not over training rows; {mended}, and "
        f'{REMEDIES[cause]}; if it was published like this, waive={{"LK226": "why"}}',
        "warning",
        columns=tuple(columns),
        step=step,
    )
