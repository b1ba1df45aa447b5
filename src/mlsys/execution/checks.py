"""What is checked on the parts before anything learns: columns that are there, rows that leak."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mlsys.cache import Outcome
from mlsys.dataset import Moment, Rows
from mlsys.errors import DataError, Finding, listed, meant
from mlsys.execution.catalog import moment_of
from mlsys.execution.context import Context
from mlsys.execution.dividing import Divided
from mlsys.execution.planned import Planned
from mlsys.leakage.dates import date_findings
from mlsys.leakage.differing import difference_findings
from mlsys.leakage.identifiers import identifier_findings
from mlsys.leakage.identities import identity_findings
from mlsys.leakage.missingness import missingness_findings
from mlsys.leakage.near import near_findings
from mlsys.leakage.near_text import near_text_findings
from mlsys.leakage.overlap import called, overlap_findings, pairs_compared
from mlsys.leakage.power import COLUMNS, SAMPLE, feature_power
from mlsys.leakage.repeats import repeat_findings
from mlsys.leakage.suspicion import power_findings
from mlsys.leakage.too_good import too_good_finding
from mlsys.partitions import Table
from mlsys.sampling import RandomSplit, StratifiedSplit
from mlsys.summaries import row_hashes
from mlsys.values import Kind, values_of

_LOOKED_AT = 256
"""Rows that tell whether a column holds times."""


def check_columns(context: Context, table: Table) -> None:
    """Raise before anything learns if a role or a chosen column is not there."""
    there = table.head(0).columns
    for column, role in context.roles.columns().items():
        if column not in there:
            if column in table.head(0).index.names:
                raise DataError(
                    f"the {role} column {column!r} is the index of the data, not a column",
                    "call frame.reset_index() first, which makes a column of it",
                )
            raise DataError(
                f"the {role} column {column!r} is not in the data (columns: {listed(there)})",
                f"{meant(column, there)}correct {role}= of the Pipeline, "
                "or make the column with Derive or a label step",
            )
    time = context.roles.time
    if time is not None:
        some = table.frame([time]).head(_LOOKED_AT) if table.in_memory else table.head(_LOOKED_AT)
        if values_of(some[time]).kind is not Kind.NUMBER:  # a year may be one
            Moment(time).of(some)  # raises: texts cannot be compared as times
    context.catalog.refuse_unknown(there)
    context.catalog.at_split = tuple(there)


def learned_from(plan: Sequence[Planned], parts: Collection[str]) -> list[str]:
    """Return the parts that some step is fitted on, ``train`` first: they must share nothing with those that judge."""
    others = sorted({planned.step.facts.fits_on for planned in plan} & set(parts) - {"train", "nothing"})
    return ["train", *others]


def check_leakage(
    divided: Divided, context: Context, plan: Sequence[Planned], split: Planned | None = None
) -> pd.DataFrame:
    """Look for leakage on the parts, before anything learns; what is too large is judged by its first rows.

    Parameters
    ----------
    divided : Divided
        The parts; labels of the test part are not read.
    context : Context
        Takes the findings.
    plan : sequence of Planned
        All steps: parts that one is fitted on are compared with those that judge.
    split : Planned, optional
        The step that dealt the rows out; none where the parts were given.

    Returns
    -------
    DataFrame
        How well each feature alone tells the target; see :func:`mlsys.leakage.power.feature_power`.
    """
    context.progress("leakage checks")
    learning = learned_from(plan, divided.parts)

    def work(at: Context) -> Outcome:
        features = at.catalog.features(divided.parts["train"].head(0).columns)
        frames = {
            name: part.frame() if part.in_memory else part.head(4 * SAMPLE) for name, part in divided.parts.items()
        }
        power = feature_power(Rows.of(frames["train"], at.roles, features))
        at.findings += _on_columns(frames, features, power, at, sum(divided.rows.values()))
        at.findings += _between_parts(frames, features, at, split, learning)
        return Outcome(plain={"power": power.to_dict("list")})

    dealt = f"{type(split.step).__name__} {split.name}" if split is not None else ""
    also = {"split": dealt, "learned from": ", ".join(learning)}
    outcome = context.kept("leakage checks", "", work, divided.parts, also, sees_columns=True)
    return pd.DataFrame(outcome.plain["power"], columns=COLUMNS)


def _on_columns(
    frames: Mapping[str, pd.DataFrame], features: Sequence[str], power: pd.DataFrame, context: Context, rows: int
) -> list[Finding]:
    """Return what single columns give away."""
    train, roles = frames["train"], context.roles
    found = identifier_findings(train, features, power, rows) + date_findings(frames, features, roles.time is not None)
    if not power.empty:
        found += power_findings(power, train[roles.target]) + missingness_findings(power, train, train[roles.target])
        found += identity_findings(train, features, str(roles.target))
    return [replace(finding, step=_maker(finding, context)) for finding in found]


def doubt_perfection(context: Context, parts: Mapping[str, Table], predicted: Mapping[str, Table]) -> None:
    """Remark predictions of judged rows that are right without exception.

    Parameters
    ----------
    context : Context
        Takes the findings, and has those about columns.
    parts : mapping of str to Table
        The rows, with their targets.
    predicted : mapping of str to Table
        Predictions by part: of ``train`` those out of fold, where these judge.
    """
    target = context.roles.target
    for name, table in predicted.items():
        if context.quiet or not isinstance(target, str) or not (table.in_memory and parts[name].in_memory):
            continue
        predictions, rows = table.frame(), parts[name].frame()
        if target in rows.columns and predictions.index.is_unique and predictions.index.isin(rows.index).all():
            said = "out-of-fold" if name == "train" else name
            found = too_good_finding(rows.loc[predictions.index, target], predictions, said, context.findings)
            context.findings += [found] if found is not None else []


def _maker(finding: Finding, context: Context) -> str:
    """Return the step that made all columns a finding is about; empty for columns of the source."""
    makers = {context.catalog.made_by.get(column, "") for column in finding.columns}
    return makers.pop() if len(makers) == 1 else ""


def _between_parts(
    frames: Mapping[str, pd.DataFrame],
    features: Sequence[str],
    context: Context,
    split: Planned | None,
    learning: Sequence[str],
) -> list[Finding]:
    """Return what rows that are learned from share with those that judge, and in what training rows differ."""
    train, roles = frames["train"], context.roles
    found = overlap_findings(frames, roles, _label_known_at(train, context), learning)
    by_chance = split is not None and isinstance(split.step, (RandomSplit, StratifiedSplit)) and roles.group is None
    columns = [column for column in features if column in train.columns]
    hashes = {name: row_hashes(frames[name][columns]) for name in learning}
    for learned, name in pairs_compared(frames, learning):
        rows, part, said = frames[learned], frames[name], called(learned)
        judged = part.drop(columns=roles.target, errors="ignore") if name == "test" and roles.target else part
        found += repeat_findings(rows, judged, name, features, roles.target, hashes[learned], said)
        found += near_findings(rows, judged, name, features, said)
        found += near_text_findings(rows, judged, name, features, said)
        told = by_chance or not any(finding.code == "LK217" for finding in found)  # once, where it may be
        found += difference_findings(rows, judged, name, features, by_chance) if learned == "train" and told else []
    return found if split is None else [replace(finding, step=split.name) for finding in found]


def _label_known_at(rows: pd.DataFrame, context: Context) -> pd.Series | None:
    """Return when the label of each row was known, where that is told."""
    roles = context.roles
    moments = sorted(context.catalog.known_at.get(roles.target or "", ()))
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
                "give all parts the same columns (null where a value is not known), or leave these out with exclude=",
            )
