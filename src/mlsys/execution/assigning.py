"""Assigning rows to parts piece by piece, where a split assigns each row alone: no key of all rows is held at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_object_dtype

from mlsys.dataset import Roles, added_tallies, tally
from mlsys.execution.catalog import Catalog
from mlsys.execution.fitness import Dealt
from mlsys.execution.keys import assigned_by, keys_of, nameless, refuse_nameless, shown_targets, wanted
from mlsys.execution.work import At
from mlsys.plan import Planned
from mlsys.steps import Split
from mlsys.steps.capabilities import assigns_alone
from mlsys.steps.questions import divides
from mlsys.steps.settling import Settled, SettlesByTime, settles_by_time
from mlsys.summaries import SummaryMap
from mlsys.tables import Table

_FEW = 128
"""Parts whose numbers fit into a byte."""


@dataclass(frozen=True)
class Assigned:
    """Rows that were assigned; adds over pieces in plan order.

    Parameters
    ----------
    codes : tuple of array of int8 or int16
        The part of each row as its number among the names of its piece, below 0 for none.
    names : tuple of tuple of str
        Names of parts of each piece.
    index : tuple of Index
        Row ids of each piece.
    dealt : Dealt
        What is known of the rows by part.
    left_out : int
        Rows with a known label that the split gives to no part.
    nameless : tuple of int and str
        Rows without an id, and the first of them.
    tallies : mapping of str to sequence of (value, weight)
        Targets of training rows.
    has_target : bool
        Whether rows need a known label.
    told : SummaryMap
        Counts of a split that was settled before; of others nothing.
    """

    codes: tuple[NDArray[Any], ...]
    names: tuple[tuple[str, ...], ...]
    index: tuple[pd.Index, ...]
    dealt: Dealt
    left_out: int
    nameless: tuple[int, str]
    tallies: Mapping[str, Sequence[tuple[Any, float]]]
    has_target: bool
    told: SummaryMap

    def __add__(self, other: Assigned) -> Assigned:
        return Assigned(
            self.codes + other.codes,
            self.names + other.names,
            self.index + other.index,
            self.dealt + other.dealt,
            self.left_out + other.left_out,
            (self.nameless[0] + other.nameless[0], self.nameless[1] or other.nameless[1]),
            {name: added_tallies(each, other.tallies[name]) for name, each in self.tallies.items()},
            self.has_target,
            self.told + other.told,
        )

    def column(self, ordered: Sequence[str]) -> pd.DataFrame:
        """Return the part of each row as a category, in the column ``part``."""
        codes: NDArray[np.integer[Any]] = np.empty(self.dealt.rows, dtype=np.int8 if len(ordered) < _FEW else np.int16)
        start = 0
        for each, names in zip(self.codes, self.names, strict=True):
            places = np.append(pd.Index(ordered).get_indexer(pd.Index(names, dtype=object)), -1)  # null is the last
            codes[start : start + len(each)] = places[each]
            start += len(each)
        parts = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(ordered)))
        index = self.index[0].append(list(self.index[1:])) if len(self.index) > 1 else self.index[0]
        return pd.DataFrame({"part": parts}, index=index, copy=False)


def can_be_assigned_in_pieces(step: Split, table: Table, roles: Roles, unlabelled: bool) -> bool:
    """Whether rows can be assigned piece by piece with the same bytes.

    Not where rows wait for others: folds deal out all rows in order, rows without a label join the rest of their
    group, weights are added up in the order of rows, classes may have an order of their own, and of objects it takes
    all to say what they are.
    """
    if table.in_memory or not (assigns_alone(step) or settles_by_time(step)) or roles.weight is not None:
        return False
    head = table.head(0)
    keys = [name for name in (roles.id, roles.group, roles.time, *roles.targets) if name in head.columns]
    waits = unlabelled and any(name in head.columns for name in roles.targets)
    return not waits and not any(_needs_all(head[name].dtype) for name in keys)


def _needs_all(dtype: Any) -> bool:
    return is_object_dtype(dtype) or (isinstance(dtype, pd.CategoricalDtype) and bool(dtype.ordered))


def assigned_in_pieces(
    planned: Planned, table: Table, at: At, sample: bool, with_target: bool
) -> tuple[Assigned, tuple[str, ...]] | None:
    """Return the part of each row and what is known of the parts, and how the split explains them.

    ``None`` where no row has a time that settles a split, or a part is empty: whoever sees all keys can say why.

    Parameters
    ----------
    planned : Planned
        The split.
    table : Table
        Rows that are read when needed.
    at : At
        Roles and catalog; is told which columns are late.
    sample : bool
        Whether parts are not held to anything.
    with_target : bool
        Whether a row needs a known label.
    """
    step, roles = planned.step, at.roles
    assert divides(step)
    columns = wanted(step, table, roles, at.catalog)
    if roles.decision is not None and at.catalog.known_at:  # late is what is late in any row
        needed = at.catalog.columns_needed()
        at.tell(*at.catalog.late_in(table.frame([name for name in columns if name in needed])))
    settled = _settled(step, table, roles, at.catalog, columns)
    if isinstance(step, SettlesByTime) and settled is None:
        return None
    found: Assigned = table.reduce(
        partial(_piece, step, settled, planned.name, roles, at.catalog, columns, sample, with_target), columns
    )
    refuse_nameless(*found.nameless, roles)
    if settled is None:
        return found, ()
    return None if settled.empty(found.told) else (found, settled.explained(found.told))


def _settled(step: Split, table: Table, roles: Roles, catalog: Catalog, columns: list[str]) -> Settled | None:
    """Return a split by time with its boundaries, for which no more than the times of all rows are held."""
    if not isinstance(step, SettlesByTime) or roles.time not in columns:
        return None
    times = table.gather(partial(_times, step, roles, catalog, columns), columns)["time"]
    return step.settled(times) if len(times) else None


def _times(step: Any, roles: Roles, catalog: Catalog, columns: list[str], frame: pd.DataFrame) -> pd.DataFrame:
    times: pd.Series = step.times_to_settle(keys_of(step, frame[columns], roles, catalog))
    return times.to_frame("time")


def _piece(
    step: Split,
    settled: Settled | None,
    name: str,
    roles: Roles,
    catalog: Catalog,
    columns: list[str],
    sample: bool,
    with_target: bool,
    frame: pd.DataFrame,
) -> Assigned:
    """Return what is known of the rows of one piece; done where the piece is."""
    narrow = frame[columns]
    keys = keys_of(step, narrow, roles, catalog)
    assigned = assigned_by(step, keys, name) if settled is None else settled.assign(keys)
    told = SummaryMap() if settled is None else settled.told(keys)
    shown = shown_targets(narrow[[each for each in roles.targets if each in columns]])
    if not with_target:
        keys = keys.drop(columns="target", errors="ignore")
    known = keys["target"].notna() if "target" in keys.columns else pd.Series(True, index=keys.index)
    left_out = int((assigned.isna() & known).sum())
    codes, names = pd.factorize(assigned.where(known))
    # Compared by their numbers from here on; as texts, each comparison would read every row's text.
    assigned = pd.Series(pd.Categorical.from_codes(codes, pd.Index(names, dtype="str")), index=keys.index)
    counts = np.ones(len(keys), dtype=bool)
    held_to = shown if with_target and not sample else {}
    dealt = Dealt.of(assigned, keys.drop(columns="time", errors="ignore") if sample else keys, counts, held_to)
    learned = (assigned == "train").to_numpy(dtype=bool, na_value=False)
    return Assigned(
        (codes.astype(np.int8 if len(names) < _FEW else np.int16),),
        (tuple(map(str, names)),),
        (frame.index,),
        dealt,
        left_out,
        nameless(narrow, roles),
        {target: tally(values[learned]) for target, values in shown.items()},
        "target" in keys.columns,
        told,
    )
