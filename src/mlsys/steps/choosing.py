"""Choose columns for a step that names none: once for all training rows, by what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.blocks import dtypes_of
from mlsys.steps.column_choice import chosen
from mlsys.values import Values, meaning_of, of_pieces, values_by_column

if TYPE_CHECKING:
    from mlsys.dataset import Rows
    from mlsys.steps.learning_kinds import Transform
    from mlsys.tables import Table


def shown_what_fits(
    step: Transform, train: Table, wrap: Callable[[pd.DataFrame], Rows]
) -> Callable[[pd.DataFrame], Rows]:
    """Return a function that gives a frame its roles and narrows it to the features that the step takes.

    Columns that it reads beside those it takes stay too. The choice is made of all training rows, before any piece
    of them is summarized, so that it is the same for every piece and every fold.
    """
    names = wrap(train.head(0)).feature_names
    values, choice = _values_of_table(train, names), vars(step)["columns"]
    if choice is None:
        fitting = _fitting(step, values)
    else:
        fitting = chosen(choice, values, dtypes_of(train.head(0)), lambda name: train.frame([name])[name], step.title)
        fitting = [name for name in fitting if name not in step.columns_beside]
    shown = [*fitting, *(name for name in step.columns_beside if name not in fitting)]
    return lambda frame: wrap(frame).narrowed(shown)


def fitting_by_type(step: Transform, train: Table, features: Sequence[str]) -> list[str] | None:
    """Return the features that a step takes, and those it reads beside them, where types alone tell; else ``None``."""
    if vars(step)["columns"] is not None:
        return None
    dtypes = train.head(0).dtypes
    values = {name: meaning_of(dtypes[name]) for name in features}
    known = {name: each for name, each in values.items() if each is not None}
    return [*_fitting(step, known), *step.columns_beside] if len(known) == len(values) else None


def _fitting(step: Transform, values: Mapping[str, Values]) -> list[str]:
    return [name for name, each in values.items() if step.takes(each)]


def _values_of_table(train: Table, names: Sequence[str]) -> dict[str, Values]:
    """Return what the values of each column are in all rows; only columns of objects are read for it."""
    if train.in_memory:
        return values_by_column(train.frame(), names)
    dtypes = train.head(0).dtypes
    found = {name: meaning_of(dtypes[name]) for name in names}
    of_objects = [name for name, values in found.items() if values is None]
    pieces = [values_by_column(piece) for piece in train.frames(of_objects)] if of_objects else []
    return {name: values or of_pieces([piece[name] for piece in pieces]) for name, values in found.items()}
