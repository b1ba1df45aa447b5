"""What ways of making rows have in common: which columns they may change, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.values import Kind, plain, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlsys.dataset import Rows


@runtime_checkable
class Way(Protocol):
    """A way of making rows out of copies of training rows; your own class may be one."""

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return the copies, changed; ``train`` holds all training rows and their roles."""
        ...


def names_of(columns: str | Iterable[str]) -> tuple[str, ...]:
    """Return column names."""
    return (columns,) if isinstance(columns, str) else tuple(columns)


def check_share(who: str, share: float) -> None:
    """Raise unless a share is above 0 and at most 1."""
    if not 0 < share <= 1:
        raise ConfigurationError(f"{who}: share={share} is not above 0 and at most 1", "write share=0.1, for example")


def changeable(columns: str | Iterable[str], train: Rows, who: str) -> tuple[str, ...]:
    """Return the named columns; raise if one is absent here, or has a role, whose values must stay."""
    names, roles = names_of(columns), train.roles.columns()
    for name in names:
        if name not in train.columns:
            raise DataError(
                f"{who} changes {name!r}, which the training rows do not have here",
                f"{meant(name, train.columns)}columns are {listed(train.columns)}; place it before steps that encode "
                "them",
            )
        if name in roles:
            raise DataError(
                f"{who} would change {name!r}, which has the role {roles[name]!r}",
                "change features only: a made row keeps the roles of the row it is made from",
            )
    return names


def texts_changed(copies: pd.DataFrame, columns: Iterable[str], change: Callable[[str], str], who: str) -> pd.DataFrame:
    """Return copies with texts changed one by one; nulls stay."""
    made: dict[str, Any] = {}
    for name in columns:
        held = values_of(copies[name])
        if held.means not in {Kind.TEXT, Kind.NOTHING}:
            raise DataError(f"{who} changes texts, but {name!r} holds {held}", "name columns of text")
        texts = plain(copies[name]).astype(object)
        found = [change(text) if isinstance(text, str) else text for text in texts.tolist()]
        kind: Any = "str" if isinstance(copies[name].dtype, pd.CategoricalDtype) else copies[name].dtype
        made[name] = pd.Series(found, index=copies.index, dtype=kind)
    return with_columns(copies, made)
