"""Absorbing: histories that keep a state of each key, replayed over a past."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import ContractError
from mlsys.steps.base import Step
from mlsys.steps.fitted import same_rows
from mlsys.steps.forms import absorbs
from mlsys.steps.history import Past

Decided = tuple[NDArray[np.int64], Any]
"""Places of rows of one key, and the state of the key before they are decided."""


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
            state = past.absorbed_before(int(each.places[0]))
            state = copy.deepcopy(state) if state is not None else None  # what is stored stays as it is
        if len(each.rows):
            state = absorbed(step, state, each.rows)
        yield each.places, state


def with_features(step: Any, frame: pd.DataFrame, states: Iterator[Decided] | Sequence[Decided]) -> pd.DataFrame:
    """Return a frame with the columns that a history makes of each row and the state of its key."""
    places: list[NDArray[np.int64]] = []
    made: list[pd.DataFrame] = []
    for each, state in states:
        rows = frame.iloc[each]
        made.append(same_rows(step, rows, step.features(rows, state)))
        places.append(each)
    if not made:
        made, places = [same_rows(step, frame, step.features(frame.copy(deep=False), None))], [np.arange(0)]
    names = list(made[0].columns)
    for one in made:
        if list(one.columns) != names:
            raise ContractError(
                f"features() of {step.title} returned the columns {list(one.columns)}, and {names} for other rows",
                "return the same columns whatever the state is; null where nothing is known",
            )
    back = np.empty(len(frame), dtype=np.int64)
    back[np.concatenate(places)] = np.arange(len(frame))
    columns = {name: _joined([one[name] for one in made]).array.take(back) for name in names}
    return frame.assign(**columns)


def _joined(pieces: list[pd.Series]) -> pd.Series:
    """Return the values of pieces in one column; ``None`` alone says nothing of their type."""
    said = np.array([piece.dtype != object or bool(piece.notna().any()) for piece in pieces])
    typed = [piece for piece, says in zip(pieces, said, strict=True) if says] or pieces
    if len({piece.dtype for piece in typed}) == 1 and isinstance(typed[0].dtype, np.dtype):
        values = pd.Series(np.concatenate([piece.to_numpy() for piece in typed]))
    else:
        values = pd.concat(typed, ignore_index=True)
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
    states = [(places, copy.deepcopy(state)) for places, state in decided(step, past)]
    return lambda rows: with_features(step, rows, states)
