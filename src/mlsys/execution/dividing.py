"""The split: keys in, named parts out; unknown labels and rows in no part are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mlsys.cache import Identity, Outcome
from mlsys.errors import ContractError, DataError
from mlsys.execution.catalog import moment_of
from mlsys.execution.context import Context
from mlsys.execution.planned import Planned
from mlsys.partitions import Deferred, Table
from mlsys.steps import Split
from mlsys.steps.splitting import split_keys

FOLD_BELOW = 5_000
"""With fewer rows than this a supplied split is judged by folds: one small validation part says too little."""
FOLDS = 5


@dataclass
class Divided:
    """Parts after the split.

    Parameters
    ----------
    parts : dict of str to Table
        Rows by part, in the order they were in.
    none : dict of str to int
        Rows in no part, by reason.
    folds : list of Series
        Assignments over the training rows when they are judged by folds.
    notes : tuple of str
        Where the parts begin, in the split's words.
    rows : dict of str to int
        Rows by part; counted here, because parts beyond memory are read only when needed.
    """

    parts: dict[str, Table]
    none: dict[str, int] = field(default_factory=dict)
    folds: list[pd.Series] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)


def divide(planned: Planned, table: Table, context: Context, supplied: bool) -> Divided:
    """Run a split over keys only and cut the rows by it."""
    step = planned.step
    assert isinstance(step, Split)
    with context.doing(planned, table.head(0)) as record:
        context.catalog.withhold(step.withholds(), f"names the part, read by {planned.name}")
        wanted = _wanted(step, table, context)
        outcome = context.kept(
            planned.name,
            "assign",
            lambda at: _assignment(planned, table, at, supplied),
            {"keys": _narrowed(table, wanted)},
            {"supplied": str(supplied)},
            sees_columns=True,
        )
        assignment, plain = outcome.tables["assignment"], outcome.plain
        parts = {
            name: context.kept(
                planned.name,
                f"part {name}",
                lambda _, name=name: Outcome({"part": _part(table, assignment.frame()["part"], name)}),  # type: ignore[misc]
                {"rows": table, "assignment": assignment},
                keep_rows=False,
            ).tables["part"]
            for name in plain["rows"]
        }
        divided = Divided(parts, plain["none"], notes=tuple(plain["notes"]), rows=plain["rows"])
        if plain["folds"]:
            folds = assignment.frame()[plain["folds"]]
            divided.folds = [folds[name].dropna() for name in plain["folds"]]
        record.rows.update(divided.rows)
        record.rows.update({"none": sum(divided.none.values())} if divided.none else {})
    return divided


def _assignment(planned: Planned, table: Table, context: Context, supplied: bool) -> Outcome:
    """Return the part of each row, and its side in each fold where the training rows are judged by folds."""
    step = planned.step
    assert isinstance(step, Split)
    keys = keys_for(step, table, context)
    assigned = _assigned(step, keys, planned.name)
    none: dict[str, int] = {}
    if "target" in keys.columns:
        unknown = keys["target"].isna()
        if int(unknown.sum()):
            none["label unknown"] = int(unknown.sum())
        none_by_split = int((assigned.isna() & ~unknown).sum())
        assigned = assigned.where(~unknown)
    else:
        none_by_split = int(assigned.isna().sum())
    if none_by_split:
        none["left out by the split"] = none_by_split
    names = [str(name) for name in assigned.dropna().unique()]
    if "train" not in names:
        raise DataError(
            f"{planned.name} left no training rows (parts: {', '.join(names) or 'none'}; "
            f"rows without a known label: {none.get('label unknown', 0):,} of {len(keys):,})",
            "move its boundaries or shares, or check that the target is filled",
        )
    small = supplied and len(keys) < FOLD_BELOW
    if "validation" not in names or small:
        assigned = assigned.mask(assigned == "validation", "train")
        names = [name for name in names if name != "validation"]
    ordered = sorted(names, key=lambda name: {"train": 0, "validation": 1, "test": 9}.get(name, 5))
    counts = {name: int((assigned == name).sum()) for name in ordered}
    columns = {"part": pd.Series(pd.Categorical(assigned, categories=ordered), index=keys.index)}
    if "validation" not in names:
        folds = _folds(step, keys[(assigned == "train").to_numpy()])
        columns |= {f"fold {number}": fold.astype("str").reindex(keys.index) for number, fold in enumerate(folds, 1)}
    plain = {"none": none, "rows": counts, "notes": list(step.explain(keys)), "folds": list(columns)[1:]}
    return Outcome({"assignment": Table.of(pd.DataFrame(columns, index=keys.index))}, plain=plain)


def _wanted(step: Split, table: Table, context: Context) -> list[str]:
    """Return the columns that a split is shown, or that say when rows are decided and known."""
    there = [str(name) for name in table.head(0).columns]
    missing = [name for name in step.key_columns if name not in there]
    if missing:
        raise DataError(
            f"{step.title} splits by the column {missing[0]!r}, which is not in the data", "correct the name"
        )
    roles = {getattr(context.roles, name) for name in ("id", "group", "time", "target")}
    wanted = roles | context.catalog.columns_needed() | set(step.key_columns)
    return [name for name in there if name in wanted]


def _narrowed(table: Table, columns: Sequence[str]) -> Table:
    """Return some columns of a table, read when somebody asks; what the others hold does not count."""
    identity = table.identity
    if identity is None or identity.lineage or not table.in_memory:
        return table
    narrow = Identity({name: identity.columns[name] for name in columns}, identity.index)
    empty = table.head(0)[list(columns)]
    load = Deferred(table.rows, empty, lambda names: table.frame(columns if names is None else names))
    return Table(deferred=load, identity=narrow)


def divide_given(frames: Mapping[str, Table], context: Context) -> Divided:
    """Take parts the user gave as a dict of frames."""
    parts, none = {}, 0
    target = context.roles.target
    for name, given in frames.items():
        frame = given.frame()
        if target in frame.columns and name != "test":
            known = frame[target].notna()
            none += int((~known).sum())
            parts[name] = given if known.all() else context.identified(Table.of(frame[known.to_numpy()]))
        else:
            parts[name] = given
    counts = {name: part.rows for name, part in parts.items()}
    divided = Divided(parts, {"label unknown": none} if none else {}, rows=counts)
    if "validation" not in parts:
        divided.folds = Split.folds(_AnySplit(), split_keys(parts["train"].frame(), context.roles), FOLDS)
    return divided


class _AnySplit(Split):
    """Folds by hash for parts that were given."""

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        return pd.Series("train", index=keys.index)


def keys_for(step: Split, table: Table, context: Context) -> pd.DataFrame:
    """Return what a split is shown of a table: ids, roles, when labels are known, and columns it asks for."""
    roles, catalog = context.roles, context.catalog
    narrow = table.frame(_wanted(step, table, context))
    catalog.settle(narrow)
    if roles.id in narrow and narrow[roles.id].isna().any():
        nameless = narrow[roles.id].isna()
        raise DataError(
            f"{int(nameless.sum()):,} rows have no id in {roles.id!r}, the first is row {nameless.idxmax()}",
            "fill the column, drop these rows before the split, or leave id= out: rows then count by their place",
        )
    known_at = None
    for moment in sorted(catalog.known_at.get(roles.target or "", ())):
        moments = moment_of(moment, narrow, roles)
        known_at = moments if known_at is None else known_at.where(known_at > moments, moments)
    return split_keys(narrow, roles, known_at, **{name: narrow[name] for name in step.key_columns})


def _assigned(step: Split, keys: pd.DataFrame, name: str) -> pd.Series:
    assigned = step.assign(keys)
    if not isinstance(assigned, pd.Series) or not assigned.index.equals(keys.index):
        raise ContractError(
            f"assign() of {name} returned {type(assigned).__name__}, not a Series with the keys' index",
            "return pd.Series(names, index=keys.index)",
        )
    return assigned


def _part(table: Table, assigned: pd.Series, name: str) -> Table:
    mask = (assigned == name).fillna(False).astype(bool)
    if table.in_memory:
        return Table.of(table.frame()[mask.to_numpy()])
    return table.map(lambda frame: frame[mask.loc[frame.index].to_numpy()])


def _folds(step: Split, keys: pd.DataFrame) -> list[pd.Series]:
    folds = step.folds(keys, FOLDS)
    for fold in folds:
        if not isinstance(fold, pd.Series) or not set(fold.dropna().unique()) <= {"train", "validation"}:
            raise ContractError(
                f"folds() of {step.title} must return Series of 'train' and 'validation'", "see the page on kinds"
            )
    return folds
