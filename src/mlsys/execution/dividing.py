"""The split: keys in, named parts out; unknown labels and rows in no part are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.cache import Made
from mlsys.dataset import Roles, tally
from mlsys.errors import ContractError, DataError
from mlsys.execution.assigning import Assigned, assigned_in_pieces, can_be_assigned_in_pieces
from mlsys.execution.divided import Divided
from mlsys.execution.fitness import Dealt, counting_rows, is_of_classes, refuse_unfit, weighing
from mlsys.execution.keys import assigned_by, keys_and_notes, not_compared, targets_of, wanted, weights_of
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.told import Withheld
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps import Split
from mlsys.steps.aims import WITHOUT_TARGET, Aim
from mlsys.steps.questions import aim_of, divides, takes_unlabelled
from mlsys.steps.splitting import key_of, of_known, split_keys
from mlsys.tables import Deferred, Identity, Table, add_in_order

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
        keys = {"keys": _narrowed(table, wanted(step, table, parts.roles, parts.catalog))}
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
    if can_be_assigned_in_pieces(step, table, at.roles, unlabelled):
        made = assigned_in_pieces(planned, table, at, sample, aim not in WITHOUT_TARGET)
        if made is not None and not _are_few(made[0].dealt.rows, supplied, aim):
            return _made_of_pieces(planned, step, *made, at, sample)
    return _assigned_at_once(planned, table, at, supplied, sample, aim, unlabelled)


def _made_of_pieces(
    planned: Planned, step: Split, found: Assigned, said: tuple[str, ...], at: At, sample: bool
) -> Made:
    dealt = found.dealt
    none = _in_no_part(dealt.unknown, found.left_out, dealt.rows, at.roles, found.has_target)
    refuse_unfit(planned.name, dealt, () if sample else step.parts_named)
    ordered = _in_order(dealt.named)
    plain = {"none": none, "rows": {name: dealt.named[name] for name in ordered},
             "notes": [*said, *not_compared(step, at.roles)], "folds": [], "tally": dict(found.tallies)}  # fmt: skip
    return Made({"assignment": at.hold(found.column(ordered))}, plain=plain)


def _assigned_at_once(
    planned: Planned, table: Table, at: At, supplied: bool, sample: bool, aim: Aim, unlabelled: bool
) -> Made:
    step = planned.step
    assert divides(step)
    keys, notes = keys_and_notes(step, table, at)
    shown, assigned = keys, assigned_by(step, keys, planned.name)
    if unlabelled:
        assigned = _with_unlabelled(step, assigned, keys)
    if aim in WITHOUT_TARGET:
        keys = keys.drop(columns="target", errors="ignore")
    unknown = pd.Series(False, index=keys.index)
    if "target" in keys.columns:
        unknown = keys["target"].isna()
        if unlabelled and not unknown.all():
            unknown &= assigned != "train"
    left_out = int((assigned.isna() & ~unknown).sum())
    none = _in_no_part(int(unknown.sum()), left_out, len(keys), at.roles, "target" in keys.columns)
    assigned = assigned.where(~unknown)
    asked = step.parts_named
    small = _are_few(len(keys), supplied, aim)
    judged_by_folds = aim != "clusters" and (
        small or ("validation" not in asked and not (assigned == "validation").any())
    )
    if judged_by_folds:
        assigned = assigned.mask(assigned == "validation", "train")
    if sample or small:  # of few rows the library's own choice may leave a part empty; nobody asked for it
        asked = ()
    weight = weights_of(table, at.roles)
    counting = counting_rows(weight, len(keys))
    held = targets_of(table, at.roles) if "target" in shown.columns else {}
    targets = held if "target" in keys.columns else {}
    dealt = Dealt.of(assigned, keys[["id"]] if sample else keys, counting, {} if sample else targets)
    refuse_unfit(planned.name, dealt, asked)
    ordered = _in_order(dealt.named)
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
    plain = {"none": none, "rows": {name: dealt.named[name] for name in ordered},
             "notes": [*step.explain(shown), *notes], "folds": list(columns)[1:],
             "tally": _tallied(held, weight, learned)}  # fmt: skip
    return Made({"assignment": at.hold(pd.DataFrame(columns, index=keys.index))}, plain=plain)


def _are_few(rows: int, supplied: bool, aim: Aim) -> bool:
    """Whether a supplied split evaluates by folds because there are few rows."""
    return supplied and rows < FOLD_BELOW and aim != "clusters"


def _in_no_part(unknown: int, left_out: int, rows: int, roles: Roles, has_target: bool) -> dict[str, int]:
    """Return the rows in no part by reason; raise if no label is known."""
    if unknown == rows and has_target:
        raise DataError(
            f"the {_called(roles)} null in every row ({rows:,} rows)",
            "fill it, name another column with target=, or check the step that makes it",
        )
    found = {"label unknown": unknown, "left out by the split": left_out}
    return {reason: count for reason, count in found.items() if count}


def _in_order(names: Iterable[str]) -> list[str]:
    """Return the parts with training first and test last."""
    return sorted(names, key=lambda name: {"train": 0, "validation": 1, "test": 9}.get(name, 5))


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
    targets_there = targets_of(train, parts.roles)
    counted = _tallied(targets_there, weights_of(train, parts.roles), np.ones(train.rows, dtype=bool))
    folds: list[pd.Series] = []
    if "validation" not in found and aim != "clusters":
        any_split = AnySplit()
        keys = split_keys(found["train"].frame(), parts.roles)
        folds = any_split.folds(keys, any_split.fold_count)
        if "target" in keys.columns and aim not in WITHOUT_TARGET:
            folds = [of_known(fold, keys["target"].notna()) for fold in folds]
    return parts, Divided(found, {"label unknown": none} if none else {}, folds, (), counts, None, counted)


def _refuse_given(parts: Mapping[str, Table], roles: Roles) -> None:
    targets = {name: targets_of(each, roles) for name, each in parts.items()}
    shared = [name for name in roles.targets if all(name in each for each in targets.values())]
    dealt = add_in_order(
        Dealt.of(
            pd.Series(name, index=range(each.rows), dtype="str"),
            split_keys(each.frame(), roles).reset_index(drop=True),
            counting_rows(weights_of(each, roles), each.rows),
            {target: targets[name][target].reset_index(drop=True) for target in shared},
        )
        for name, each in parts.items()
    )
    refuse_unfit("run()", dealt, [name for name in parts if name != "train"])


class AnySplit(Split):
    """Folds by hash for parts that were given."""

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return training rows alone."""
        return pd.Series("train", index=keys.index)


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
