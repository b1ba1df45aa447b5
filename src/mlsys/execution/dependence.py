"""Dependence between rows: undeclared groups, codes made from targets, repeats with a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import Roles
from mlsys.errors import Finding
from mlsys.execution.chosen import left_out
from mlsys.execution.each_target import findings_of_each, known_in
from mlsys.execution.looked_at import interleaves, rows_to_check
from mlsys.execution.parts import Parts
from mlsys.execution.work import At, Task, Work
from mlsys.features import Apply
from mlsys.leakage.all_but_one import all_but_one_findings
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.as_by_chance import as_by_chance
from mlsys.leakage.carried import with_power
from mlsys.leakage.chosen_columns import chosen_column_findings
from mlsys.leakage.encodings import gap_findings, own_target_findings
from mlsys.leakage.fold_means import fold_mean_findings
from mlsys.leakage.groups import group_findings
from mlsys.leakage.level_statistics import level_statistic_findings
from mlsys.leakage.mappings import mapping_findings
from mlsys.leakage.mirrored import mirrored_findings
from mlsys.leakage.own_window import window_findings
from mlsys.leakage.power import FEWEST
from mlsys.leakage.projected import projection_findings
from mlsys.leakage.repeats import repeat_findings
from mlsys.leakage.scaled import scaled_findings
from mlsys.leakage.spelling import spelling_findings
from mlsys.plan import Plan, Planned
from mlsys.steps.questions import divides
from mlsys.tables import Table

_MADE = "made: "
"""Before the name of a part as the last step left it."""


def look_for_dependence(plan: Plan, parts: Parts, work: Work) -> Parts:
    """Look for rows that reveal the targets of others, once the model's features are known.

    Parameters
    ----------
    plan : Plan
        Its split determines whether rows were split at random.
    parts : Parts
        As the last step left them.
    work : Work
        How the work is done.

    Notes
    -----
    Targets of held-out rows are only compared with values made from targets, and passed to nothing else.
    """
    divided, targets = parts.divided, parts.roles.targets
    if work.quiet or divided is None or not targets or "train" not in divided.parts:
        return parts
    there = list(divided.parts["train"].head(0).columns)
    if not {*targets}.issubset(there) or len(divided.parts) < 2:  # noqa: PLR2004  nothing is judged
        return parts
    gone = left_out(parts.learned).keys()
    features = [name for name in parts.catalog.features(there) if name not in gone]
    made = _made_after(plan.after, parts)
    split = plan.split.step if plan.split is not None and divides(plan.split.step) else None
    deals = split.deals if split is not None else "as given"
    given: dict[str, Any] = {
        "features": features,
        "asked": features + [name for name in there if name not in features and _left_out_by_choice(parts, name)],
        "by chance": deals == "by chance" and parts.roles.group is None,
        "by group": deals == "by group" and parts.roles.group in there,
        "interleaved": interleaves(plan.split),
        "judges": [name for name in divided.parts if name not in {"train", *parts.learned.fitted_on.values()}],
        "made": made,
        "makers": parts.catalog.makers({each.name for each in plan.before}),
        "name": "" if plan.split is None else plan.split.name,
        "named beforehand": [] if split is None or parts.roles.group is not None else list(split.withholds()),
    }
    uses = _uses(parts, features)
    given |= {"by time": deals == "by time", "uses": uses}
    later = {f"{_MADE}{name}": table for name, table in parts.rows.items()} if made or uses else {}
    return parts.told(
        [work.do(Task("leakage checks", "dependence", dependent, {**divided.parts, **later}, given), parts)]
    )


def dependent(at: At, planned: None, rows: dict[str, Table], **given: Any) -> Made:
    """Add findings about dependence between rows."""
    frames = rows_to_check(rows, given["interleaved"])
    made = {name.removeprefix(_MADE): frames.pop(name) for name in list(frames) if name.startswith(_MADE)}

    def find(roles: Roles) -> list[Finding]:
        mine = known_in(frames, roles)
        if len(mine["train"]) < FEWEST:
            return []
        with np.errstate(all="ignore"):  # differences of numbers at the end of what floats hold are endless
            return _found(mine["train"], mine, known_in(made, roles), str(roles.target), at, given)

    at.findings += findings_of_each(at.roles, find)
    return Made()


def _found(
    train: pd.DataFrame,
    frames: dict[str, pd.DataFrame],
    made: dict[str, pd.DataFrame],
    target: str,
    at: At,
    given: dict[str, Any],
) -> list[Finding]:
    features, asked = given["features"], given["asked"]
    judged = _one_frame([frames[name] for name in given["judges"] if len(frames[name])])
    others = _one_frame([frame for name, frame in frames.items() if name != "train"])
    together = AllParts.of(train, train[:0] if others is None else others, target, features, asked)
    found = own_target_findings(together) + mapping_findings(together) + fold_mean_findings(together)
    found += window_findings(together, at.roles.time)
    found = [replace(each, step=_maker(each, given["makers"])) for each in found]
    by_level = level_statistic_findings(together, given["makers"])
    told = {name for each in by_level for name in each.columns}
    found += by_level + scaled_findings(together, given["makers"], told, at.roles.time)
    found += projection_findings(together, given["makers"], {name for each in found for name in each.columns})
    found = with_power(found, train, target) + chosen_column_findings(together)
    found += _left_out_of_their_own(made, train, target, given)
    if judged is not None:
        shared = _shared(train, judged, target, at.roles.group, given)
        found += [
            replace(each, step=given["name"])
            for each in [*shared, *_equal_to_the_model(made, target, given["uses"], by_time=given["by time"])]
        ]
    if given["by chance"] and judged is not None:
        found += _named(group_findings(together), given)
        found += gap_findings(train, frames.get("validation", judged), target, features)
        found += _of_made(made, train, target, given["made"])
    elif judged is not None:
        if given["by group"]:
            found += _named(group_findings(together, at.roles.group), given)
        found += _of_parts_as_by_chance(train, judged, target, given)
    return found


def _one_frame(frames: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    """Return the rows of all frames; a single one as it is, and ``None`` where there is none."""
    return pd.concat(frames) if len(frames) > 1 else next(iter(frames), None)


def _named(found: Sequence[Finding], given: dict[str, Any]) -> list[Finding]:
    """Return findings about the split."""
    return [replace(each, step=given["name"]) for each in found]


def _of_parts_as_by_chance(
    train: pd.DataFrame, judged: pd.DataFrame, target: str, given: dict[str, Any]
) -> list[Finding]:
    """Return findings about features made from the targets of training rows, for given parts."""
    found = gap_findings(train, judged, target, given["features"]) if given["named beforehand"] else []
    accused = {name for each in found for name in each.columns}
    return found if found and as_by_chance(train, judged, accused, {target, *given["named beforehand"]}) else []


def _shared(
    train: pd.DataFrame, judged: pd.DataFrame, target: str, group: str | None, given: dict[str, Any]
) -> list[Finding]:
    """Return findings about rows that are one case although they are not equal."""
    features = given["features"]
    found = mirrored_findings(train, judged, "judged", features, target)
    found += spelling_findings(train, judged, "judged", given["asked"], group)
    # in time the same customer comes again, with one column that moved on
    return found if given["by time"] else found + all_but_one_findings(train, judged, "judged", features, target)


def _equal_to_the_model(
    made: dict[str, pd.DataFrame], target: str, uses: Sequence[str], *, by_time: bool
) -> list[Finding]:
    """Return findings about rows that are equal, or nearly, in the few columns that a model uses."""
    if not uses or "validation" not in made:
        return []
    columns = "all columns that the model uses"
    sides = made["train"], made["validation"], "validation", uses, target
    found = repeat_findings(*sides, compared=columns)
    near = [] if by_time else all_but_one_findings(*sides, compared=columns)
    return [*(each for each in found if each.severity != "information"), *near]


def _of_made(
    made: dict[str, pd.DataFrame], train: pd.DataFrame, target: str, steps: dict[str, list[str]]
) -> list[Finding]:
    """Return findings about columns that steps after the split made, if a validation part contains them."""
    if "validation" not in made or target not in made["validation"].columns:
        return []
    rows = _known(made, train)
    if target not in rows.columns:
        return []
    return [
        each for step, names in steps.items() for each in gap_findings(rows, made["validation"], target, names, step)
    ]


def _left_out_of_their_own(
    made: dict[str, pd.DataFrame], train: pd.DataFrame, target: str, given: dict[str, Any]
) -> list[Finding]:
    """Return findings about columns that steps after the split made from the targets of all other training rows."""
    rows = _known(made, train)
    if target not in rows.columns:
        return []
    found = []
    for step, names in given["made"].items():
        asked = [name for name in given["asked"] if name in rows.columns and name not in names]
        found += own_target_findings(AllParts.of(rows, rows[:0], target, names, asked), by=step)
    return found


def _known(made: dict[str, pd.DataFrame], train: pd.DataFrame) -> pd.DataFrame:
    """Return training rows as the last step left them; rows that a step made know others."""
    rows = made.get("train", train[:0])
    return rows[rows.index.isin(train.index) & ~rows.index.duplicated()]


def _uses(parts: Parts, features: Sequence[str]) -> list[str]:
    """Return the columns of a model that uses but some of the features; none where it uses all."""
    model, there = parts.learned.model, set(parts.features)
    chosen = [] if model is None else [name for name in model.features if name in there]
    return chosen if len(chosen) < len(there) and not set(features) <= set(chosen) else []


def _left_out_by_choice(parts: Parts, column: str) -> bool:
    """Whether a column is not a feature because it was excluded or is an id, not because it knows the outcome."""
    if column in parts.catalog.withheld or column in parts.catalog.late:
        return False
    return parts.roles.columns().get(column, "id") in {"id", "group"}


def _made_after(steps: Sequence[Planned], parts: Parts) -> dict[str, list[str]]:
    """Return the features that steps after the split made by code of the user's, by name of the step."""
    names = {
        each.name for each in steps if not each.step.is_ours or each.step.runs_user_code or isinstance(each.step, Apply)
    }
    makers, found = parts.catalog.makers(names), dict[str, list[str]]()
    for column in parts.features:
        if column in makers:
            found.setdefault(makers[column], []).append(column)
    return found


def _maker(finding: Finding, made_by: Mapping[str, str]) -> str:
    """Return the step that made the columns a finding is about; empty for columns of the source."""
    makers = {made_by.get(column, "") for column in finding.columns}
    return makers.pop() if len(makers) == 1 else ""
