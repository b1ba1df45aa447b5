"""Memory: what a served history holds of each key, as it answers requests and takes in rows that become known."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError, StateError
from mlsys.states import check_storable, settled
from mlsys.steps.absorbing import absorbed
from mlsys.steps.fitted import same_rows
from mlsys.steps.forms import absorbs
from mlsys.steps.history import Past
from mlsys.steps.keys import NO_KEY, KeysHeld, numbered
from mlsys.steps.kinds import History
from mlsys.values import by_value, moments_of, nanoseconds, with_columns

_FEW = 8
"""A request of more than one in so many of the rows held looks at them all: finding its keys would cost more."""


class Memory:
    """What a served history holds: the latest rows of each key and, where it absorbs, a state of those before them.

    Parameters
    ----------
    step : History
        The step.
    state : mapping
        Plain data. ``tail`` and ``known`` are the latest rows and the moments from which they are known, ``until`` is
        the last decision seen, and ``forgot`` whether earlier rows were dropped. Where the step absorbs, ``keys``,
        ``states`` and ``last`` are the keys whose earlier rows were absorbed, their states, and the moment from which
        the last of these rows was known; ``written`` are the types of the columns it makes. ``waits``, where there are
        any, are the moments, as a column and a shift, that a row waits for.
    once : bool
        Whether it is asked once: then it is not worth finding where the rows of each key lie.

    Notes
    -----
    Kept are all rows that a request may be decided before (those known after the last decision seen, or within reach
    of it), and of each key the last ``tail`` rows before these. Of a history that absorbs, these may be among the last
    ``tail`` rows: they are no part of a state, which could not be taken back, and are absorbed when a request is
    answered.
    """

    def __init__(self, step: History, state: Mapping[str, Any], once: bool = False) -> None:
        self.step, self._once = step, once
        self.state = dict(state)

    @classmethod
    def empty(
        cls,
        step: History,
        rows: pd.DataFrame,
        known: pd.Series,
        written: Mapping[str, str],
        waits: Sequence[tuple[str, pd.Timedelta]] = (),
    ) -> Memory:
        """Return what holds nothing yet, of rows with the columns and types of these."""
        state: dict[str, Any] = {"tail": rows.iloc[:0], "known": known.iloc[:0], "until": None, "forgot": False}
        state |= {"waits": list(waits)} if waits else {}
        if absorbs(step):
            state |= {"written": dict(written), "keys": rows.iloc[:0][list(step.key_columns)]}
            state |= {"states": [], "last": known.iloc[:0]}
        return cls(step, state)

    def emptied(self) -> Memory:
        """Return the same before it held anything."""
        empty = Memory.empty(self.step, self.state["tail"], self.state["known"], self.state.get("written", {}))
        return Memory(self.step, self.state | empty.state)

    def with_rows(self, rows: pd.DataFrame, known: pd.Series, decided: pd.Series) -> Memory:
        """Return what also holds rows, given when each is known and decided; those never known are left out."""
        step, state = self.step, dict(self.state)
        rows = _joined(state["tail"], rows)
        known = _joined(state["known"], known.rename(state["known"].name))
        (keys,) = numbered(step.by, rows)
        usable = np.flatnonzero(known.notna().to_numpy() & (keys != NO_KEY))
        order = usable[np.argsort(_ticks(known)[usable], kind="stable")]
        until = max((each for each in (state["until"], decided.max()) if not pd.isna(each)), default=None)
        kept = self._kept(rows.iloc[order], known.iloc[order], keys[order], until)
        if absorbs(step):
            state |= self._absorbed(rows.iloc[order[~kept]], known.iloc[order[~kept]])
        # Rows come in blocks, each with labels of its own.
        state |= {"tail": rows.iloc[order[kept]].reset_index(drop=True)}
        state |= {"known": known.iloc[order[kept]].reset_index(drop=True)}
        state |= {"until": until, "forgot": state["forgot"] or not bool(kept.all())}
        if absorbs(step):
            state |= {name: state[name].reset_index(drop=True) for name in ("keys", "last")}
        return Memory(step, state)

    def beside(self, rows: pd.DataFrame, known: pd.Series) -> Memory:
        """Return what also holds rows, though later ones may not need them all: for rows that know each other."""
        both = {"tail": _joined(self.state["tail"], rows)}
        both |= {"known": _joined(self.state["known"], known.rename(self.state["known"].name))}
        return Memory(self.step, self.state | both, once=True)

    def _kept(self, rows: pd.DataFrame, known: pd.Series, keys: NDArray[np.int64], until: Any) -> NDArray[np.bool_]:
        """Return which rows, in order of time, a later request may look at."""
        step = self.step
        if until is None:
            return np.ones(len(rows), dtype=bool)
        placed = known if step.placed_by is None else moments_of(rows[step.placed_by], step.title)
        since = until - (step.reach or pd.Timedelta(0))
        exact = absorbs(step) or step.reach is not None  # at the latest decision too, what is known then is not yet
        kept = np.array(placed >= since if exact else placed > since, dtype=bool)
        earlier = np.arange(len(rows)) if absorbs(step) else np.flatnonzero(~kept)
        kept[earlier] |= _from_the_end(keys[earlier]) < step.kept_rows
        return kept

    def _absorbed(self, rows: pd.DataFrame, known: pd.Series) -> dict[str, Any]:
        """Return keys, states and last moments once rows, in order of time, are absorbed too."""
        state, step = self.state, self.step
        states, last = list(state["states"]), state["last"].tolist()
        held, keys = numbered(step.by, state["keys"], rows)
        order = np.argsort(keys, kind="stable")
        by_key, moments = rows.iloc[order], known.iloc[order].tolist()  # slices of it take no copies
        bounds = np.flatnonzero(np.diff(keys[order], prepend=-1, append=-1)).tolist()
        first_rows = []
        for start, end in pairwise(bounds):
            number, own, before = int(keys[order[start]]), by_key.iloc[start:end], None
            if number < len(held):
                self._refuse_late(own, moments[start], last[number])
                before = copy.deepcopy(states[number])
            else:
                first_rows.append(order[start])
                states.append(None)
                last.append(None)
            states[number] = settled(absorbed(step, before, own))
            last[number] = moments[end - 1]
        changed = [states[number] for number in np.unique(keys)]
        try:
            check_storable(changed)
        except StateError as error:
            said = f"absorb() of {step.title} returned a state that cannot be stored: {error.problem}"
            raise StateError(said, error.remedy) from error
        found = _joined(state["keys"], rows[list(step.key_columns)].iloc[first_rows])
        ranks = [pd.factorize(by_value(found[name]), sort=True)[0] for name in reversed(step.key_columns)]
        sort = np.lexsort(ranks) if ranks else np.arange(len(found))
        moments_last = pd.Series(last, dtype=known.dtype).iloc[sort]
        return {"keys": found.iloc[sort], "states": [states[place] for place in sort], "last": moments_last}

    def _refuse_late(self, rows: pd.DataFrame, known: Any, last: Any) -> None:
        """Raise where rows, the first known from a moment, come before others that are in the state of their key."""
        if known >= last:
            return
        key = rows[list(self.step.key_columns)].iloc[0].tolist()
        raise DataError(
            f"{self.step.title} cannot absorb a row of {', '.join(map(repr, key))} that is known from {known}: "
            f"its state already includes rows up to {last}, and later rows cannot be removed again",
            f"absorb rows in order of time, or keep more of them as rows: tail={self.step.tail} limits how late "
            "they may arrive",
        )

    def past_of(self, rows: pd.DataFrame, decided: pd.Series) -> Past:
        """Return what was known of each row's key before it is decided."""
        step, few = self.step, len(rows) * _FEW <= len(self.state["tail"])
        near = self._near(rows) if few and not self._once else self
        states = near._states_of(rows, decided) if absorbs(step) else None
        decided = self._in_reach(decided)
        return Past(rows, near.state["tail"], step.by, decided, near.state["known"], states=states)

    def _in_reach(self, decided: pd.Series) -> pd.Series:
        """Return decisions, null for those so early that rows they would look at are forgotten."""
        step, state = self.step, self.state
        if step.reach is None or not state["forgot"]:
            return decided
        since = state["until"] - step.slack
        early = (decided < since).to_numpy(dtype=bool, na_value=False)
        if not early.any():
            return decided
        self._warn(
            decided.index[early],
            f"decided before {since}, and rows of that time are no longer kept",
            "keep rows longer (late_by=)",
        )
        return decided.where(~early)

    def _near(self, rows: pd.DataFrame) -> Memory:
        """Return what is held of the keys of some rows: nothing is done with what is held of others."""
        state, tail = self.state, self._held["tail"].places(rows)
        near = state | {"tail": state["tail"].iloc[tail], "known": state["known"].iloc[tail]}
        if absorbs(self.step):
            own = self._held["keys"].places(rows)
            near |= {"keys": state["keys"].iloc[own], "last": state["last"].iloc[own]}
            near |= {"states": [state["states"][place] for place in own.tolist()]}
        return Memory(self.step, near)

    @cached_property
    def _held(self) -> dict[str, KeysHeld]:
        names = ("tail", "keys") if absorbs(self.step) else ("tail",)
        return {name: KeysHeld(self.step.by, self.state[name]) for name in names}

    def _states_of(self, rows: pd.DataFrame, decided: pd.Series) -> Sequence[Any]:
        held, asked = numbered(self.step.by, self.state["keys"], rows)
        found = np.flatnonzero((asked != NO_KEY) & (asked < len(held)))
        last, now = (_ticks(each) for each in (self.state["last"], decided))
        in_time = last[asked[found]] < now[found]
        early = rows.index[found[~in_time & decided.notna().to_numpy()[found]]]
        self._warn(early, "decided before rows already in the state of the key", "keep more rows (tail=)")
        states: list[Any] = [None] * len(rows)
        for place in found[in_time]:
            states[place] = self.state["states"][asked[place]]
        return states

    def _warn(self, labels: pd.Index, why: str, remedy: str) -> None:
        if not len(labels):
            return
        rows, are = (f"{len(labels):,} rows", "are") if len(labels) > 1 else ("1 row", "is")
        warnings.warn(
            f"{self.step.title}: {rows} (row {labels.tolist()[0]!r} first) {are} {why}, "
            f"so the answer is that of an unknown key; ask in time order, or {remedy}",
            stacklevel=2,
        )

    def applied(self, rows: pd.DataFrame, decided: pd.Series) -> pd.DataFrame:
        """Return rows of a request with the columns of the history, in the types of training."""
        made = same_rows(self.step, rows, self.step.apply(rows.copy(deep=False), self.past_of(rows, decided)))
        changed = {}
        for name, kind in self.state.get("written", {}).items():
            if name in made and str(made[name].dtype) != kind:
                changed[name] = _as_type(made[name], kind)
        return with_columns(made, changed) if changed else made


def _as_type(column: pd.Series, kind: str) -> pd.Series:
    """Return a column in a type by name, or as it is where the type does not hold its values."""
    try:
        cast = column.astype(pd.api.types.pandas_dtype(kind))
    except (TypeError, ValueError):
        return column
    same = (cast.isna() & column.isna()) | (cast == column).fillna(False)
    return cast if same.all() else column


def _joined(held: Any, more: Any) -> Any:
    """Return rows, or moments, one after the other; categories keep the levels of both."""
    if not len(held):
        return more
    if isinstance(held, pd.DataFrame):
        more = more.reindex(columns=held.columns)
        for name in held.columns[[one != other for one, other in zip(held.dtypes, more.dtypes, strict=True)]]:
            levels = _levels(held[name], more[name])
            if levels is not None:
                held, more = (with_columns(each, {name: each[name].astype(levels)}) for each in (held, more))
    return pd.concat([held, more])


def _levels(one: pd.Series, other: pd.Series) -> pd.CategoricalDtype | None:
    """Return categories with the levels of both columns; nothing where one is not of categories."""
    if not (isinstance(one.dtype, pd.CategoricalDtype) and isinstance(other.dtype, pd.CategoricalDtype)):
        return None
    return pd.CategoricalDtype(one.dtype.categories.union(other.dtype.categories, sort=False), one.dtype.ordered)


def _ticks(moments: pd.Series) -> NDArray[Any]:
    return nanoseconds(moments_of(moments, "a history"))


def _from_the_end(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many rows of its key come after each."""
    return np.asarray(pd.Series(keys).groupby(keys, sort=False).cumcount(ascending=False), dtype=np.int64)
