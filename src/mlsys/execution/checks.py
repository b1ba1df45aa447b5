"""Checks on the parts before anything learns: columns that must exist, rows that leak."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import Moment, Roles, Rows
from mlsys.errors import DataError, Finding, listed, meant
from mlsys.execution.catalog import moment_of
from mlsys.execution.each_target import findings_of_each, known_in
from mlsys.execution.looked_at import interleaves, rows_to_check
from mlsys.execution.parts import Parts
from mlsys.execution.told import AtSplit
from mlsys.execution.work import At, Task, Work
from mlsys.leakage.between import between_findings
from mlsys.leakage.dates import date_findings
from mlsys.leakage.differing import difference_findings
from mlsys.leakage.identifiers import identifier_findings
from mlsys.leakage.near import near_findings
from mlsys.leakage.near_text import near_text_findings
from mlsys.leakage.on_target import target_findings
from mlsys.leakage.overlap import called, overlap_findings, pairs_compared
from mlsys.leakage.power import best_power, feature_power
from mlsys.leakage.repeats import repeat_findings
from mlsys.plan import Planned
from mlsys.steps.questions import divides
from mlsys.summaries import row_hashes
from mlsys.summaries.hashing import Hashes
from mlsys.tables import Table
from mlsys.values import Kind, values_of

_LOOKED_AT = 256
"""Rows that tell whether a column holds times."""


def at_split(table: Table, parts: Parts) -> AtSplit:
    """Return the columns that reach the split; raise before anything learns if a named one is missing."""
    there = table.head(0).columns
    for column, role in parts.roles.columns().items():
        if column not in there:
            if column in table.head(0).index.names:
                raise DataError(
                    f"the {role} column {column!r} is the index of the data, not a column",
                    "call frame.reset_index() first, which turns it into a column",
                )
            raise DataError(
                f"the {role} column {column!r} is not in the data (columns: {listed(there)})",
                f"{meant(column, there)}correct {role}= of the Pipeline, "
                "or create the column with Derive or a label step",
            )
    time = parts.roles.time
    if time is not None:
        some = table.frame([time]).head(_LOOKED_AT) if table.in_memory else table.head(_LOOKED_AT)
        if values_of(some[time]).kind is not Kind.NUMBER:  # a year may be one
            Moment(time).of(some)  # raises: texts cannot be compared as times
    parts.catalog.refuse_unknown(there)
    return AtSplit(tuple(there))


def learned_from(plan: Sequence[Planned], parts: Collection[str]) -> list[str]:
    """Return the parts that a step is fitted on, ``train`` first: they must share nothing with evaluated parts."""
    others = sorted({planned.step.facts.fits_on for planned in plan} & set(parts) - {"train", "nothing"})
    return ["train", *others]


def look_for_leaks(plan: Sequence[Planned], split: Planned | None, parts: Parts, work: Work) -> Parts:
    """Look for leakage in the parts before anything learns; parts beyond memory are judged by their first rows.

    Parameters
    ----------
    plan : sequence of Planned
        All steps: parts that one is fitted on are compared with evaluated parts.
    split : Planned or None
        The step that assigned the rows; ``None`` for given parts.
    parts : Parts
        As the split left them; labels of the test part are not read.
    work : Work
        How the work is done.

    Returns
    -------
    Parts
        With findings, and with how well each feature alone predicts the target.
    """
    assert parts.divided is not None
    work.progress("leakage checks")
    dealt = f"{type(split.step).__name__} {split.name}" if split is not None else ""
    learning = learned_from(plan, parts.divided.parts)
    given = {"split": dealt, "learned from": ", ".join(learning), "total rows": sum(parts.divided.rows.values())}
    by_chance = split is not None and divides(split.step) and split.step.deals == "by chance"
    given |= {"dealt by chance": by_chance, "name": "" if split is None else split.name}
    given |= {"interleaved": interleaves(split)}
    made = work.do(Task("leakage checks", "", leaks, parts.divided.parts, given), parts)
    return parts.told([made], power=pd.DataFrame(made.plain["power"], columns=list(made.plain["power"])))


def leaks(at: At, planned: None, rows: dict[str, Table], **given: Any) -> Made:
    """Add findings about what single columns reveal, and what parts share."""
    features = at.catalog.features(rows["train"].head(0).columns)
    frames = rows_to_check(rows, given["interleaved"])
    train = Rows.of(frames["train"], at.roles, features)
    powers = {str(each.target): feature_power(train.of_target(str(each.target))) for each in at.roles.each_target()}
    power = best_power(powers)
    at.findings += _on_columns(frames, features, power, powers, at, given["total rows"])
    between = _between_parts(frames, features, at, given["dealt by chance"], given["learned from"].split(", "))
    at.findings += [replace(found, step=given["name"]) for found in between] if given["name"] else between
    return Made(plain={"power": power.to_dict("list")})


def _on_columns(
    frames: Mapping[str, pd.DataFrame],
    features: Sequence[str],
    power: pd.DataFrame,
    powers: Mapping[str, pd.DataFrame],
    at: At,
    rows: int,
) -> list[Finding]:
    """Return findings about what single columns reveal: by the best power of each, and by that for each target."""
    train, roles = frames["train"], at.roles
    found = identifier_findings(train, features, power, rows) + date_findings(frames, features, roles.time is not None)
    there, timed = [name for name in features if name in train.columns], bool(at.catalog.known_at)

    def on_target(alone: Roles) -> list[Finding]:
        target = str(alone.target)
        if target not in train.columns:
            return []
        known = known_in({"train": train}, alone)["train"]
        with np.errstate(all="ignore"):  # squares of numbers at the end of what floats hold are endless, or nothing
            return target_findings(known, there, target, powers[target], timed=timed, made_by=at.catalog.makers())

    found += findings_of_each(roles, on_target)
    return [replace(finding, step=_maker(finding, at)) for finding in found]


def _maker(finding: Finding, at: At) -> str:
    """Return the step that made all columns a finding is about; empty for columns of the source."""
    made_by = at.catalog.makers()
    makers = {made_by.get(column, "") for column in finding.columns}
    return makers.pop() if len(makers) == 1 else ""


def _between_parts(
    frames: Mapping[str, pd.DataFrame],
    features: Sequence[str],
    at: At,
    dealt_by_chance: bool,
    learning: Sequence[str],
) -> list[Finding]:
    """Return findings about what rows learned from share with evaluated rows, and how training rows differ."""
    train, roles = frames["train"], at.roles
    found = overlap_findings(frames, roles, _label_known_at(train, at), learning)
    by_chance = dealt_by_chance and roles.group is None
    columns = [column for column in features if column in train.columns]
    hashes = {name: row_hashes(frames[name][columns]) for name in learning}
    for learned, name in pairs_compared(frames, learning):
        rows, part, said = frames[learned], frames[name], called(learned)
        judged = part.drop(columns=list(roles.targets), errors="ignore") if name == "test" else part
        repeats = functools.partial(_repeats, rows, judged, name, features, hashes[learned], said)
        found += findings_of_each(roles, repeats) if roles.targets else repeats(roles)
        near = near_findings(rows, judged, name, features, said)
        found += near or between_findings(rows, judged, name, features, said)
        found += near_text_findings(rows, judged, name, features, said)
        told = by_chance or not any(finding.code == "LK217" for finding in found)  # once, where it may be
        found += difference_findings(rows, judged, name, features, by_chance) if learned == "train" and told else []
    return found


def _repeats(
    rows: pd.DataFrame,
    judged: pd.DataFrame,
    name: str,
    features: Sequence[str],
    hashes: Hashes,
    said: str,
    roles: Roles,
) -> list[Finding]:
    """Return findings about rows that come twice; of several targets each judges the rows where it is known."""
    known = known_in({"rows": rows, "judged": judged}, roles)
    same = known["rows"] is rows
    return repeat_findings(known["rows"], known["judged"], name, features, roles.target, hashes if same else None, said)


def _label_known_at(rows: pd.DataFrame, at: At) -> pd.Series | None:
    """Return when the label of each row was known, if that is declared."""
    roles = at.roles
    moments = at.catalog.targets_known_at()
    known = [moment_of(moment, rows, roles) for moment in moments]
    return pd.concat(known, axis=1).max(axis=1, skipna=False) if known else None


def check_same_columns(tables: Mapping[str, Table], excluded: Sequence[str]) -> None:
    """Raise when a part lacks what the training rows have, unless nothing uses it."""
    for name, table in tables.items():
        there = {*table.head(0).columns, *excluded}
        missing = [column for column in tables["train"].head(0).columns if column not in there]
        if missing:
            raise DataError(
                f"the part {name!r} lacks {', '.join(map(repr, missing))}, which the part 'train' has",
                "give all parts the same columns (null for unknown values), or leave these out with exclude=",
            )
