"""The end of a run: drop findings that no longer apply, and report predictions that are too good to be true."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mlsys.blocks import dtypes_of
from mlsys.dataset import Roles, Rows
from mlsys.errors import Finding
from mlsys.execution.chosen import left_out
from mlsys.execution.each_target import findings_of_each
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.findings import OF_FEATURES
from mlsys.leakage.too_good import nearly_right, too_good_finding
from mlsys.tables import FIRST_ROWS, Table


def concluded(parts: Parts, work: Work) -> Parts:
    """Return parts with the findings that apply to the whole run."""
    predicted = {name: each for name, each in parts.predictions.items() if name not in parts.learned.fitted_on}
    return doubted({"train": parts.judged} if parts.judged is not None else predicted, without_moot(parts), work)


def doubted(predicted: Mapping[str, Table], parts: Parts, work: Work) -> Parts:
    """Report predictions of evaluated rows that are correct without exception.

    Parameters
    ----------
    predicted : mapping of str to Table
        Predictions by part; for ``train`` out-of-fold predictions, if these are evaluated.
    parts : Parts
        With the rows as they left the split, and remarks about columns.
    work : Work
        Whether findings are needed.
    """
    assert parts.divided is not None
    roles, rows_of = parts.roles, parts.divided.parts
    for name, table in predicted.items():
        if work.quiet or not roles.targets or not table.in_memory:
            continue
        predictions, rows = table.frame(), _with_targets(rows_of[name], table.frame(), roles)
        if rows is not None and predictions.index.is_unique and predictions.index.isin(rows.index).all():
            judged = Rows.of(rows.loc[predictions.index], roles, (), predictions=predictions)
            said = "out-of-fold" if name == "train" else name
            parts = parts.told(findings_of_each(roles, functools.partial(_too_good, judged, said, parts.findings)))
    return parts


def _with_targets(table: Table, predictions: pd.DataFrame, roles: Roles) -> pd.DataFrame | None:
    """Return the rows; of pieces the targets alone, and none where the first rows show that not all are right."""
    if table.in_memory:
        return table.frame()
    first = table.head(FIRST_ROWS)
    first = first[first.index.isin(predictions.index)]
    targets = [name for name in roles.targets if name in first.columns]
    if "prediction" in predictions.columns and not any(
        nearly_right(first[name], predictions["prediction"].loc[first.index]) for name in targets
    ):
        return None
    return table.frame(targets)


def _too_good(judged: Rows, said: str, findings: Sequence[Finding], roles: Roles) -> list[Finding]:
    target = str(roles.target)
    if target not in judged.columns:
        return []
    rows = judged.of_target(target)
    found = too_good_finding(rows[target], rows.predictions, said, findings)
    return [] if found is None else [found]


def without_moot(parts: Parts) -> Parts:
    """Drop findings about columns that the model does not receive, or not unchanged."""
    gone, same = left_out(parts.learned).keys(), _seen_as_they_were(parts)
    kept = tuple(
        each
        for each in parts.findings
        if not (each.columns and gone >= set(each.columns))
        and (each.code not in OF_FEATURES or same is None or not same.isdisjoint(each.columns))
    )
    return replace(parts, findings=kept)


def _seen_as_they_were(parts: Parts) -> frozenset[str] | None:
    """Return the features of the model that no step after the split changed in type; ``None`` without a model."""
    model = parts.learned.model
    if model is None or parts.divided is None:
        return None
    then, now = (dtypes_of(rows["train"].head(0)) for rows in (parts.divided.parts, parts.rows))
    return frozenset(name for name in model.features if then.get(name) == now.get(name))
