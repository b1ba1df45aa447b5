"""The split: keys in, named parts out; unknown labels and rows in no part are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.cache import Made
from mlsys.dataset import Roles, tally
from mlsys.errors import ContractError, DataError
from mlsys.execution.catalog import Catalog, moment_of
from mlsys.execution.divided import Divided
from mlsys.execution.fitness import counting_rows, is_of_classes, refuse_unfit, weighing
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.told import Withheld
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps import Split
from mlsys.steps.aims import WITHOUT_TARGET, Aim
from mlsys.steps.questions import aim_of, divides, takes_unlabelled
from mlsys.steps.repeats import Repeats, find_repeats
from mlsys.steps.splitting import key_of, of_known, shown_target, split_keys
from mlsys.tables import Deferred, Identity, Table

FOLD_BELOW = 5_000
"""Number of rows below which a supplied split evaluates by folds: a small validation part says too little."""


def divided_by(
    planned: Planned, table: Table, parts: Parts, work: Work, steps: Sequence[Planned]
) -> tuple[Parts, Divided]:
    """Run a split over keys only, and cut the rows by it.

    Parameters
    ----------
    planned : Planned
        The split; a supplied one evaluates few rows by folds.
    table : Table
        All rows.
    parts : Parts
        What is known of them.
    work : Work
        How the work is done.
    steps : sequence of Planned
        All steps: some learn also from rows whose label is not known, and clusters are not judged by folds, whose
        clusters are others.
    """
    step = planned.step
    assert divides(step)
    with work.doing(planned, {"all": table}) as record:
        parts = parts.told([Withheld(step.withholds(), f"names the part, read by {planned.name}")])
        keys = {"keys": _narrowed(table, _wanted(step, table, parts.roles, parts.catalog))}
        given = {"supplied": str(bool(planned.supplied)), "sample": str(work.sample), "aim": aim_of(steps)}
        given |= {"unlabelled": str(takes_unlabelled(steps))}
        made = work.do(Task(planned, "assign", assign, keys, given), parts)
        assignment, plain = made.tables["assignment"], made.plain
        rows = {"rows": table, "assignment": assignment}
        tasks = {
            name: Task(planned, f"part {name}", part, rows, {"part": name}, sees_view=False, keep_rows=False)
            for name in plain["rows"]
        }
        found = {name: work.do(task, parts).tables["part"] for name, task in tasks.items()}
        counted = {name: [(value, weight) for value, weight in each] for name, each in plain["tally"].items()}
        frame = assignment.frame()[plain["folds"]] if plain["folds"] else pd.DataFrame()
        folds = [frame[name].dropna() for name in plain["folds"]]
        divided = Divided(found, plain["none"], folds, tuple(plain["notes"]), plain["rows"], assignment, counted)
        record.rows.update(divided.rows)
        record.rows.update({"none": sum(divided.none.values())} if divided.none else {})
    return parts.told([made], split=planned), divided


def part(at: At, planned: Planned, rows: dict[str, Table], part: str) -> Made:
    """Return the rows of one part."""
    return Made({"part": _part(rows["rows"], rows["assignment"].frame()["part"], part)})


def assign(
    at: At, planned: Planned, rows: dict[str, Table], supplied: str, sample: str, aim: Aim, unlabelled: str
) -> Made:
    """Return the part of each row, and its side in each fold where the training rows are judged by folds."""
    given = (supplied == "True", sample == "True", aim, unlabelled == "True")
    return _assignment(planned, rows["keys"], at, *given)


def _assignment(
    planned: Planned, table: Table, at: At, supplied: bool, sample: bool, aim: Aim, unlabelled: bool
) -> Made:
    step = planned.step
    assert divides(step)
    keys, notes = _keys_and_notes(step, table, at)
    shown, assigned = keys, _assigned(step, keys, planned.name)
    none: dict[str, int] = {}
    if unlabelled:
        assigned = _with_unlabelled(step, assigned, keys)
    if aim in WITHOUT_TARGET:
        keys = keys.drop(columns="target", errors="ignore")
    if "target" in keys.columns:
        unknown = keys["target"].isna()
        if unlabelled and not unknown.all():
            unknown &= assigned != "train"
        if unknown.all():
            raise DataError(
                f"the {_called(at.roles)} null in every row ({len(keys):,} rows)",
                "fill it, name another column with target=, or check the step that makes it",
            )
        if int(unknown.sum()):
            none["label unknown"] = int(unknown.sum())
        none_by_split = int((assigned.isna() & ~unknown).sum())
        assigned = assigned.where(~unknown)
    else:
        none_by_split = int(assigned.isna().sum())
    if none_by_split:
        none["left out by the split"] = none_by_split
    asked = step.parts_named
    small = supplied and len(keys) < FOLD_BELOW and aim != "clusters"
    judged_by_folds = aim != "clusters" and (
        small or ("validation" not in asked and not (assigned == "validation").any())
    )
    if judged_by_folds:
        assigned = assigned.mask(assigned == "validation", "train")
    if sample or small:  # of few rows the library's own choice may leave a part empty; nobody asked for it
        asked = ()
    weight = _weights(table, at.roles)
    counting = counting_rows(weight, len(keys))
    held = _targets(table, at.roles) if "target" in shown.columns else {}
    targets = held if "target" in keys.columns else {}
    refuse_unfit(planned.name, assigned, keys[["id"]] if sample else keys, asked, counting, {} if sample else targets)
    names = [str(name) for name in assigned.dropna().unique()]
    ordered = sorted(names, key=lambda name: {"train": 0, "validation": 1, "test": 9}.get(name, 5))
    counts = {name: int((assigned == name).sum()) for name in ordered}
    columns = {"part": pd.Series(_categories(assigned, ordered), index=keys.index)}
    learned = (assigned == "train").to_numpy(dtype=bool, na_value=False)
    if judged_by_folds:
        judged = shown[learned]
        folds = folds_of(step, judged, step.fold_count)
        if "target" in keys.columns:
            folds = [of_known(fold, judged["target"].notna()) for fold in folds]
        columns |= {f"fold {number}": fold.astype("str").reindex(keys.index) for number, fold in enumerate(folds, 1)}
        for target in targets.values():
            known = (target[learned], counting[learned] & target[learned].notna().to_numpy())
            notes = (*notes, *_poor_folds(planned.name, folds, *known, sample))
        notes = tuple(dict.fromkeys(notes))
    if unlabelled and "target" in keys.columns:
        without = int((keys["target"].isna() & (assigned == "train")).sum())
        notes = (*notes, f"training rows without a known label: {without:,}") if without else notes
    plain = {"none": none, "rows": counts, "notes": [*step.explain(shown), *notes], "folds": list(columns)[1:],
             "tally": _tallied(held, weight, learned)}  # fmt: skip
    return Made({"assignment": at.hold(pd.DataFrame(columns, index=keys.index))}, plain=plain)


def _categories(assigned: pd.Series, ordered: Sequence[str]) -> Any:
    """Return the part of each row as a category; made of texts at once, each row would be a text of Python."""
    codes, there = pd.factorize(assigned)
    places = np.append(pd.Index(ordered).get_indexer(pd.Index(there)), -1)  # null has the code -1, the last
    return pd.Categorical.from_codes(places[codes], dtype=pd.CategoricalDtype(list(ordered)))


def _with_unlabelled(step: Split, assigned: pd.Series, keys: pd.DataFrame) -> pd.Series:
    """Let rows whose label is unknown be trained on, where a split by chance would give them to no part or another one.

    Not those that go together with a row of another part: its copies, or the rest of its group.
    """
    if "target" not in keys.columns or step.deals != "by chance":
        return assigned
    unknown, units = keys["target"].isna(), key_of(keys)
    held = units[~unknown & assigned.notna() & (assigned != "train")]
    return assigned.mask(unknown & (assigned.isna() | ~units.isin(held)), "train")


def _wanted(step: Split, table: Table, roles: Roles, catalog: Catalog) -> list[str]:
    """Return the columns that a split is shown, or that say when rows are decided and known."""
    there = [str(name) for name in table.head(0).columns]
    missing = [name for name in step.key_columns if name not in there]
    if missing:
        raise DataError(
            f"{step.title} splits by the column {missing[0]!r}, which is not in the data", "correct the name"
        )
    named = {getattr(roles, name) for name in ("id", "group", "time", "weight")} | {*roles.targets}
    wanted = named | catalog.columns_needed() | set(step.key_columns)
    if _looks_for_repeats(step, table, roles):
        wanted |= set(catalog.features(there))
    return [name for name in there if name in wanted]


def _looks_for_repeats(step: Split, table: Table, roles: Roles) -> bool:
    """Whether rows are compared in all features; those of a table beyond memory are not."""
    return table.in_memory and step.keeps_repeats(roles.group is not None)


def _narrowed(table: Table, columns: Sequence[str]) -> Table:
    """Return some columns of a table, read when needed; the content of other columns does not count."""
    identity = table.identity
    if identity is None or identity.lineage or not table.in_memory:
        return table
    narrow = Identity({name: identity.columns[name] for name in columns}, identity.index)
    empty = table.head(0)[list(columns)]
    load = Deferred(table.rows, empty, lambda names: table.frame(columns if names is None else names))
    some = table.like(load)
    some.identity = narrow
    return some


def _weights(table: Table, roles: Roles) -> pd.Series | None:
    """Return the weight of each row; ``None`` without a weight role."""
    weight = roles.weight
    return None if weight is None or weight not in table.head(0).columns else table.frame([weight])[weight]


def _targets(table: Table, roles: Roles) -> dict[str, pd.Series]:
    """Return the targets as a split is shown one."""
    frame = table.frame([name for name in roles.targets if name in table.head(0).columns])
    return {str(name): shown_target(frame[name]) for name in frame.columns}


def _called(roles: Roles) -> str:
    return f"target {roles.targets_said} is" if len(roles.targets) == 1 else f"targets {roles.targets_said} are"


def _tallied(
    targets: Mapping[str, pd.Series], weight: pd.Series | None, learned: NDArray[np.bool_]
) -> dict[str, list[tuple[Any, float]]]:
    """Return the tally of each target among training rows; the model refuses invalid weights."""
    counts = weighing(weight, len(learned))
    return {name: tally(target[learned], counts[learned]) for name, target in targets.items()}


def divided_given(parts: Parts, work: Work, steps: Sequence[Planned]) -> tuple[Parts, Divided]:
    """Use given parts as they are; rows without a label are in no part, except test rows, unless steps take them."""
    found, none, targets, aim = dict[str, Table](), 0, list(parts.roles.targets), aim_of(steps)
    whole = {SEALED, "train"} if takes_unlabelled(steps) else {SEALED}
    for each in parts.rows.values():
        needed = parts.catalog.columns_needed()
        parts = parts.told(parts.catalog.late_in(each.frame([n for n in each.head(0).columns if n in needed])))
    for name, given in parts.rows.items():
        frame = given.frame()
        if targets and {*targets}.issubset(frame.columns) and name not in whole and aim not in WITHOUT_TARGET:
            known = frame[targets].notna().any(axis=1)
            none += int((~known).sum())
            labelled = frame[known.to_numpy()]
            found[name] = given if known.all() else work.identified(work.engine.hold(None, labelled))
        else:
            found[name] = given
    counts = {name: table.rows for name, table in found.items()}
    _refuse_given(found, parts.roles if aim not in WITHOUT_TARGET else parts.roles.without_target())
    train = found["train"]
    targets_there = _targets(train, parts.roles)
    counted = _tallied(targets_there, _weights(train, parts.roles), np.ones(train.rows, dtype=bool))
    folds: list[pd.Series] = []
    if "validation" not in found and aim != "clusters":
        any_split = AnySplit()
        keys = split_keys(found["train"].frame(), parts.roles)
        folds = any_split.folds(keys, any_split.fold_count)
        if "target" in keys.columns and aim not in WITHOUT_TARGET:
            folds = [of_known(fold, keys["target"].notna()) for fold in folds]
    return parts, Divided(found, {"label unknown": none} if none else {}, folds, (), counts, None, counted)


def _refuse_given(parts: Mapping[str, Table], roles: Roles) -> None:
    keys = {name: split_keys(each.frame(), roles) for name, each in parts.items()}
    assigned = pd.Series([name for name, rows in keys.items() for _ in range(len(rows))], dtype="str")
    together = pd.concat([rows.drop(columns="id") for rows in keys.values()], ignore_index=True)
    counts = np.concatenate([counting_rows(_weights(each, roles), each.rows) for each in parts.values()])
    targets = [_targets(each, roles) for each in parts.values()]
    joined = {name: pd.concat([each[name] for each in targets if name in each], ignore_index=True)
              for name in roles.targets if all(name in each for each in targets)}  # fmt: skip
    refuse_unfit("run()", assigned, together, [name for name in parts if name != "train"], counts, joined)


class AnySplit(Split):
    """Folds by hash for parts that were given."""

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return training rows alone."""
        return pd.Series("train", index=keys.index)


def keys_for(step: Split, table: Table, parts: Parts, work: Work) -> pd.DataFrame:
    """Return what a split is shown of a table: ids, roles, when labels are known, and columns it asks for."""
    return keys_at(step, table, At(parts.roles, parts.catalog, work.seed, work.detached()))


def keys_at(step: Split, table: Table, at: At) -> pd.DataFrame:
    """Return the same to a piece of work; nothing is told."""
    return _keys_and_notes(step, table, At(at.roles, at.catalog, at.seed, at.work))[0]


def _keys_and_notes(step: Split, table: Table, at: At) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return what a split receives, and notes on rows that repeat others."""
    roles = at.roles
    narrow = table.frame(_wanted(step, table, roles, at.catalog))
    at.tell(*at.catalog.late_in(narrow))
    catalog = at.catalog
    if roles.id in narrow and narrow[roles.id].isna().any():
        nameless = narrow[roles.id].isna()
        raise DataError(
            f"{int(nameless.sum()):,} rows have no id in {roles.id!r}, the first is row {nameless.idxmax()}",
            "fill the column, drop these rows before the split, or leave id= out: rows are then identified by position",
        )
    known_at = None
    for moment in catalog.targets_known_at():
        moments = moment_of(moment, narrow, roles)
        known_at = moments if known_at is None else known_at.where(known_at > moments, moments)
    keys = split_keys(narrow, roles, known_at, **{name: narrow[name] for name in step.key_columns})
    if not _looks_for_repeats(step, table, roles):
        beyond = step.keeps_repeats(roles.group is not None)
        return keys, (
            "rows larger than memory were not compared: duplicates are assigned by their own ids",
        ) if beyond else ()
    features = catalog.features(table.head(0).columns)
    repeats = find_repeats(narrow[list(features)], keys) if features else Repeats()
    return keys if repeats.unit is None else keys.assign(duplicate=repeats.unit), repeats.notes()


def _assigned(step: Split, keys: pd.DataFrame, name: str) -> pd.Series:
    assigned = step.assign(keys)
    if not isinstance(assigned, pd.Series) or not assigned.index.equals(keys.index):
        raise ContractError(
            f"assign() of {name} returned {type(assigned).__name__}, not a Series with the keys' index",
            "return pd.Series(names, index=keys.index)",
        )
    return assigned


def _part(table: Table, assigned: pd.Series, name: str) -> Table:
    return table.keep((assigned == name).to_numpy(dtype=bool, na_value=False))


def folds_of(step: Split, keys: pd.DataFrame, count: int) -> list[pd.Series]:
    """Return the folds that a split makes, checked."""
    folds = step.folds(keys, count)
    for fold in folds:
        if not isinstance(fold, pd.Series) or not set(fold.dropna().unique()) <= {"train", "validation"}:
            raise ContractError(
                f"folds() of {step.title} must return Series of 'train' and 'validation'",
                "see the documentation page on kinds",
            )
    return folds


def _poor_folds(
    who: str, folds: Sequence[pd.Series], target: pd.Series, counts: NDArray[np.bool_], sample: bool
) -> tuple[str, ...]:
    """Return a note on folds evaluated on rows of one class; raise if a model would learn from one class."""
    if target.nunique() < 2 or not is_of_classes(target):
        return ()
    poor = []
    for number, fold in enumerate(folds, 1):
        for side in ("train", "validation"):
            found = target[(fold == side).to_numpy(dtype=bool, na_value=False) & counts].dropna()
            if found.nunique() != 1:
                continue
            if side == "train" and not sample:
                raise DataError(
                    f"{who}: in fold {number} of {len(folds)} all {len(found):,} training rows have the same class of "
                    f"the target, {found.iloc[0]!s}, of {target.nunique()} classes in the data, so nothing can "
                    "be learned there",
                    "give each fold rows of every class: other groups or boundaries, another seed= or number of folds, "
                    "more rows, or KFolds, which gives each fold its share of every class",
                )
            poor.append(f"{number} ({side})")
    return (f"folds with rows of a single class: {', '.join(poor)}",) if poor else ()
