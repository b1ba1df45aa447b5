"""The columns of a run: what they hold, what they are for, what they tell alone, whether they moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mlsys.drift.between import compare_rows
from mlsys.errors import DataError, Finding, how_many
from mlsys.execution.execution import Execution
from mlsys.overview import Described, Moved, Overview, Use, alone_of, described, moved_of, some_rows
from mlsys.overview.looking import MOST_ROWS, rows_in_words
from mlsys.overview.spread import NAMES
from mlsys.steps import Result
from mlsys.tables import Table

_JUDGES = "validation"
COMPARED = 10_000
"""Rows of a part that drift is told from where no report compares all: an effect of .1 is then far beyond chance."""
_ALONE = (
    "AUC of the feature alone on training rows, learned on one half and evaluated on the other; "
    "for a numeric target, above or below its median"
)
_VALUES = "for training rows; in the figure, the line shows validation rows on the same scale"
_DRIFT = "validation rows compared with training rows, as in DetectDrift: effects above .1 that are not chance"


def columns_of(execution: Execution, features: pd.DataFrame, findings: Sequence[Finding], name: str) -> Overview:
    """Return the columns of a run; of rows, training and validation rows alone are looked at.

    Parameters
    ----------
    execution : Execution
        What came out.
    features : DataFrame
        Each column with its use, as ``run.features`` says it.
    findings : sequence of Finding
        What was remarked.
    name : str
        Of the pipeline.
    """
    looks = _Looks(execution)
    lines = {str(line["column"]): line for line in features.to_dict("records")}
    seen = {column: looks.at(column) for column in lines}
    moved, why_not = _moved(execution, looks, [column for column, each in seen.items() if each.spread.words != NAMES])
    alone, codes = alone_of(execution.parts.power), _codes(findings)
    columns = [
        replace(
            each,
            use=_use(lines[column], column, execution),
            alone=alone.get(column),
            moved=moved.get(column),
            findings=codes.get(column, ()),
        )
        for column, each in seen.items()
    ]
    notes = [("rows", looks.in_words()), ("columns", _counted(columns))]
    notes += [("alone", _ALONE)] if alone else []
    notes += [("values", _VALUES), ("drift", why_not or _DRIFT)] if _JUDGES in looks.first else []
    return Overview(f"Columns of {name}", tuple(columns), tuple(notes))


class _Looks:
    """Training and validation rows as the split left them; columns made later, as the last step left them."""

    def __init__(self, execution: Execution) -> None:
        parts, divided = execution.parts, execution.divided
        whole = {"all": execution.undivided} if execution.undivided is not None else {}
        tables = whole if divided is None else divided.parts
        self.rows = {name: table.rows for name, table in tables.items()} if divided is None else dict(divided.rows)
        self.sealed = divided is not None and "test" in divided.parts
        self.first = _open(tables)
        self._last = parts.rows if divided is not None else {}
        self._made: dict[str, pd.DataFrame] | None = None
        self.main = next((name for name in ("train", "all") if name in self.first), "")

    def at(self, column: str) -> Described:
        """Return what the values of a column tell; nothing where it was gone before the split."""
        rows = self.first
        if self.main and column not in rows[self.main].columns:
            if self._made is None:
                self._made = _open(self._last)
            rows = self._made
        main = rows.get(self.main)
        if main is None or column not in main.columns:
            return Described(column)
        later = rows.get(_JUDGES)
        return described(column, main[column], None if later is None or column not in later.columns else later[column])

    def in_words(self) -> str:
        """Return which rows were looked at."""
        said = [rows_in_words(name, self.rows.get(name, len(frame)), len(frame)) for name, frame in self.first.items()]
        return ", ".join([*said, *(["test rows are not read"] if self.sealed else [])])


def _open(tables: Mapping[str, Table]) -> dict[str, pd.DataFrame]:
    found = {}
    for name in ("train", _JUDGES, "all"):
        table = tables.get(name)
        if table is not None:
            found[name] = some_rows(table.frame() if table.in_memory else table.head(MOST_ROWS))
    return found


def _moved(execution: Execution, looks: _Looks, telling: Sequence[str]) -> tuple[dict[str, Moved], str]:
    """Return which columns moved; and why nothing is said, where it is not.

    What a report compared is taken from it; else features and target are compared, if they are among those that tell
    something.
    """
    if _JUDGES not in looks.first:
        return {}, ""
    reported = next((each for each in execution.parts.results.values() if _is_drift(each)), None)
    if reported is not None:
        return moved_of(reported.table), ""
    train, later = (some_rows(looks.first[name], COMPARED) for name in ("train", _JUDGES))
    roles = execution.parts.roles
    wanted = {*execution.parts.catalog.features(train.columns), *roles.targets}
    columns = [name for name in telling if name in wanted and name in train.columns and name in later.columns]
    time = roles.time if roles.time in later.columns else None
    try:
        return (moved_of(compare_rows(train, later, columns, time).table) if columns and len(later) else {}), ""
    except DataError as error:
        return {}, f"not assessed: {error.problem}"


def _is_drift(result: Result) -> bool:
    return result.name == "drift" and result.facts.get("part") == _JUDGES


def _codes(findings: Sequence[Finding]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in findings:
        for column in each.columns:
            found.setdefault(column, []).append(each.code)
    return {column: list(dict.fromkeys(codes)) for column, codes in found.items()}


def _use(line: Mapping[Any, Any], column: str, execution: Execution) -> Use:
    """Return what a column is for, and why."""
    reason = str(line["reason"])
    shown = "" if reason == "feature" or reason.startswith("role: ") else reason
    return Use(_use_in_words(line["used"], reason, column, execution), shown, _made_by(column, execution))


def _use_in_words(used: bool, reason: str, column: str, execution: Execution) -> str:
    catalog = execution.parts.catalog
    role = catalog.roles.columns().get(column)
    if role:
        return role
    if used:
        return "feature"
    if column in catalog.withheld:
        return "withheld"
    if column in catalog.late:
        return "known too late"
    return "encoded" if reason.startswith("encoded") else "left out"


def _made_by(column: str, execution: Execution) -> str:
    """Return the first step that wrote a column that the source does not have."""
    parts = execution.parts
    if column in parts.source_dtypes:
        return "data"
    return next((step for step, written in parts.catalog.writes.items() if column in written), "data")


def _counted(columns: Sequence[Described]) -> str:
    uses: dict[str, int] = {}
    for each in columns:
        assert each.use is not None
        uses[each.use.words] = uses.get(each.use.words, 0) + 1
    nouns = {"feature", "target"}
    said = [how_many(count, words) if words in nouns else f"{count:,} {words}" for words, count in uses.items()]
    return f"{len(columns):,}: {', '.join(said)}"
