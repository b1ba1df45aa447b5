"""Every column of a run: seen by the estimator or not, and why; what became of those that steps took away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.steps.capabilities import LeavesOut
from mlsys.steps.questions import chooses

if TYPE_CHECKING:
    from mlsys.execution.catalog import Catalog
    from mlsys.execution.execution import Execution

COUNTS = "counts the rows"
TELLING = 0.6
"""An AUC that a column which says nothing hardly has."""
MOST_NAMED = 5
"""Columns named in a sentence."""


@dataclass(frozen=True)
class Gone:
    """A column that a step took away: which step, what it made of it, and of which others as well."""

    step: str
    made: tuple[str, ...] = ()
    together: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.made:
            return f"dropped by {self.step}"
        others = f", with {_listed(self.together)}," if self.together else ""
        return f"encoded{others} as {_listed(self.made)} by {self.step}"


def features_of(execution: Execution) -> pd.DataFrame:
    """Return one row a column: ``column``, ``used`` (whether the estimator saw it), ``reason``, ``made by``."""
    catalog, seen = execution.parts.catalog, _seen_by_estimator(execution)
    columns, last, gone = _history(execution)
    left_out = execution.left_out()
    rows = []
    for column, reason in zip(columns, catalog.reasons(columns), strict=True):
        why = reason
        if not why and column not in last:
            why = str(gone[column]) if column in gone else "dropped by a step"
            if column in left_out:
                why = "left out by {}: {}".format(*left_out[column])
        elif not why and seen is not None and column not in seen:
            why = "left out by the model"
        made = catalog.made_by.get(column, "data")
        rows.append({"column": column, "used": not why, "reason": why or "feature", "made by": made})
    return pd.DataFrame(rows, columns=["column", "used", "reason", "made by"])


def counters_in_words(execution: Execution) -> list[str]:
    """Return, of features left out because they count the rows, those that predict the target all the same."""
    power = execution.parts.power
    if power is None:
        return []
    known = dict(zip(power["column"], zip(power["auc"], power["error"], strict=True), strict=True))
    found = []
    for column, (_, why) in execution.left_out().items():
        auc, error = known.get(column, (0.0, 0.0))
        if why == COUNTS and auc - 3 * error > TELLING:
            sorted_by = "is the file sorted by the target, or by time?"
            found.append(f"{column} was left out; alone it predicts the target (AUC {auc:.3f}): {sorted_by}")
    return found


def taken_in_words(execution: Execution) -> str:
    """Return, for each step that names no columns, the features that it took."""
    said = []
    for planned in execution.ran:
        reads = execution.parts.catalog.reads.get(planned.name)
        if reads is None or not chooses(planned.step):
            continue
        records = (*execution.done_before, *execution.work.records)
        there = next((record.columns for record in records if record.name == planned.name), ())
        took = [name for name in there if name in reads]
        if isinstance(planned.step, LeavesOut):
            said.append(f"{planned.name}: {_listed(took)} left out" if took else f"{planned.name}: nothing left out")
            continue
        nothing = f"nothing, because there is no feature {planned.step.chosen_in_words}"
        said.append(f"{planned.name}: {_listed(took) if took else nothing}")
    return "; ".join(said)


def _seen_by_estimator(execution: Execution) -> frozenset[str] | None:
    """Return the features of the model; ``None`` where none was trained."""
    model = execution.parts.learned.model
    return None if model is None else frozenset(model.features)


def _history(execution: Execution) -> tuple[list[str], frozenset[str], dict[str, Gone]]:
    """Return all columns there ever were, those at the end, and what became of the others."""
    entries: dict[str, tuple[str, ...]] = {}
    for record in (*execution.done_before, *execution.work.records):
        if record.columns:
            entries.setdefault(record.name, record.columns)  # of parts that were given, the first tells for all
    last = _last_columns(execution) or tuple(next(reversed(entries.values()), ()))
    steps, after = list(entries), [*list(entries.values()), last][1:]
    gone: dict[str, Gone] = {}
    for step, before, then in zip(steps, entries.values(), after, strict=True):
        gone.update(_taken_away(step, before, then, execution.parts.catalog))
    columns = dict.fromkeys(
        [*execution.parts.source_dtypes, *(name for each in (*entries.values(), last) for name in each)]
    )
    return list(columns), frozenset(last), gone


def _last_columns(execution: Execution) -> tuple[str, ...]:
    """Return the columns as the last step left them."""
    if execution.parts.is_divided and "train" in execution.parts.rows:
        return tuple(map(str, execution.parts.rows["train"].head(0).columns))
    if execution.divided is not None:
        return tuple(map(str, execution.divided.parts["train"].head(0).columns))
    return () if execution.undivided is None else tuple(map(str, execution.undivided.head(0).columns))


def _taken_away(step: str, before: Sequence[str], after: Sequence[str], catalog: Catalog) -> Iterator[tuple[str, Gone]]:
    """Yield each column that a step took away, with what the step made of it."""
    there, left = set(before), set(after)
    gone = [name for name in before if name not in left]
    new = [name for name in after if name not in there]
    made_of = {name: catalog.lineage.get((step, name), frozenset()) for name in new}
    named = _by_name(gone, new, left)
    if named:
        for column in gone:
            yield column, Gone(step, tuple(name for name in named[column] if column in made_of[name]))
        return
    together = set(gone).intersection(*made_of.values()) if new else set[str]()
    for column in gone:
        made = tuple(name for name in new if column in made_of[name])
        yield (
            column,
            Gone(step, made, tuple(name for name in gone if name in together and name != column) if made else ()),
        )


def _by_name(gone: Sequence[str], new: Sequence[str], left: Collection[str]) -> dict[str, list[str]]:
    """Return the new columns of each that is gone, where every new name begins with that of a column; else nothing."""
    longest = sorted({*gone, *left}.difference(new), key=len, reverse=True)
    found: dict[str, list[str]] = {name: [] for name in gone}
    for name in new:
        of = next((each for each in longest if name.startswith(each) and not name[len(each) :][:1].isalnum()), None)
        if of is None:
            return {}
        if of in found:
            found[of].append(name)
    return found if new else {}


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
