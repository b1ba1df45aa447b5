"""Absorbing: histories that keep a state of each key, replayed over a past."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import ContractError
from mlsys.steps.base import Step
from mlsys.steps.fitted import same_rows
from mlsys.steps.forms import absorbs
from mlsys.steps.history import Past
from mlsys.values import with_columns

Decided = tuple[slice, Any]
"""Rows of one key in the order of a replay, and the state of the key before they are decided."""


def absorbed(step: Any, state: Any, rows: pd.DataFrame) -> Any:
    """Return the state of a key once rows of it are known too."""
    made = step.absorb(state, rows)
    if made is None:
        raise ContractError(
            f"absorb() of {step.title} returned None", "end it with `return` and the state of the key, as plain data"
        )
    return made


def decided(step: Step, past: Past) -> Iterator[Decided]:
    """Replay a past: yield rows of one key that are decided next, with the state of the key then.

    A hook may change its state in place, so that a state counts until the next is asked for.
    """
    state: Any = None
    for each in past.replayed():
        if each.begins:
            state = past.absorbed_before(each)
            state = copy.deepcopy(state) if state is not None else None  # what is stored stays as it is
        if len(each.rows):
            state = absorbed(step, state, each.rows)
        yield each.decided, state


def with_features(step: Any, frame: pd.DataFrame, order: NDArray[np.int64], states: Iterable[Decided]) -> pd.DataFrame:
    """Return a frame with the columns that a history makes of each row and the state of its key.

    ``order``: the places of the rows in the order in which ``states`` come.
    """
    ordered = frame.iloc[order]
    made = _made(step, ordered, states) or [same_rows(step, ordered, step.features(ordered.copy(deep=False), None))]
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    pieces: Any = zip(*(one._iter_column_arrays() for one in cast("list[Any]", made)), strict=True)
    columns = {name: _joined(each).array.take(back) for name, each in zip(made[0].columns, pieces, strict=True)}
    return with_columns(frame, columns)


def _made(step: Any, ordered: pd.DataFrame, states: Iterable[Decided]) -> list[pd.DataFrame]:
    made: list[pd.DataFrame] = []
    for decided_now, state in states:
        rows = ordered.iloc[decided_now]
        one = step.features(rows, state)
        if not made or type(one) is not pd.DataFrame or one.index is not rows.index:
            one = same_rows(step, rows, one)
        if made and not one.columns.equals(made[0].columns):
            raise ContractError(
                f"features() of {step.title} returned the columns {list(one.columns)}, but {list(made[0].columns)} for "
                "other rows",
                "return the same columns whatever the state; null if nothing is known",
            )
        made.append(one)
    return made


def _joined(pieces: Sequence[Any]) -> pd.Series:
    """Return the values of arrays in one column; ``None`` alone says nothing of their type."""
    said = np.array([piece.dtype != object or bool(pd.notna(piece).any()) for piece in pieces])
    typed = [piece for piece, says in zip(pieces, said, strict=True) if says] or list(pieces)
    if len({piece.dtype for piece in typed}) == 1 and isinstance(typed[0].dtype, np.dtype):
        values = pd.Series(np.concatenate([np.asarray(piece) for piece in typed]))
    else:
        values = pd.concat([pd.Series(piece, dtype=piece.dtype) for piece in typed], ignore_index=True)
    if len(typed) == len(pieces):
        return values
    lengths = [len(piece) for piece in pieces]
    there = np.repeat(said, lengths)
    places = np.where(there, np.cumsum(there) - 1, len(values))
    return values.reindex(places).reset_index(drop=True)


def told(step: Any, past: Past) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return what makes a history's columns of rows that have this past, whatever else the rows hold."""
    if not absorbs(step):
        return lambda rows: step.apply(rows, past)
    states = [(rows, copy.deepcopy(state)) for rows, state in decided(step, past)]
    return lambda rows: with_features(step, rows, past.order, states)
