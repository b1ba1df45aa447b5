"""How a step is told its columns: by name, by kind, by dtype, or by a function that is asked about each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from mlsys.errors import ConfigurationError, DataError
from mlsys.values import TIMES, Kind, Values

KINDS = {
    "number": frozenset({Kind.NUMBER}),
    "bool": frozenset({Kind.TRUTH}),
    "text": frozenset({Kind.TEXT}),
    "category": frozenset({Kind.CATEGORY}),
    "datetime": TIMES,
}
"""Kinds of columns by the word that chooses them, whatever type holds their values."""

_FAMILIES: dict[str, Any] = {"integer": np.integer, "floating": np.floating}
_PYTHONS = {str: "text", int: "int64", float: "float64", bool: "bool", np.number: "number"}

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionDtype

    ColumnChoice = tuple[str, ...] | list[str] | str | type | np.dtype[Any] | ExtensionDtype | Callable[..., Any] | None


def _settled(given: Any) -> Any:
    """Return names as a tuple, a type as its name; refuse a text that chooses nothing."""
    if given is None or isinstance(given, tuple):
        return given
    if isinstance(given, (np.dtype, pd.api.extensions.ExtensionDtype, type)):
        return _name_of(given)
    if isinstance(given, str):
        if given not in KINDS and given not in _FAMILIES and not _is_dtype(given):
            raise ConfigurationError(
                f"columns={given!r} is neither a kind of columns nor a dtype",
                f"write columns=[{given!r}] for the column of that name, or one of {', '.join(map(repr, KINDS))}",
            )
        return given
    if not callable(given) and isinstance(given, Iterable):
        return tuple(given.tolist() if hasattr(given, "tolist") else given)
    return given


if not TYPE_CHECKING:
    ColumnChoice = Annotated[tuple[str, ...] | list[str] | str | Callable[..., Any] | None, BeforeValidator(_settled)]


def _name_of(given: Any) -> str:
    if isinstance(given, type):
        if given in _PYTHONS:
            return _PYTHONS[given]
        family = next((name for name, each in _FAMILIES.items() if each is given), None)
        if family is not None:
            return family
        if issubclass(given, pd.api.extensions.ExtensionDtype):
            given = given()
    try:
        return str(pd.api.types.pandas_dtype(given))
    except TypeError:
        raise ConfigurationError(
            f"columns={given!r} is not a dtype",
            'give a dtype such as "float64" or np.integer, a kind, or names in a list',
        ) from None


def _is_dtype(text: str) -> bool:
    """Whether a text is a dtype's own name; short forms such as "d" are names of columns more often."""
    try:
        return len(text) > len("d") and str(pd.api.types.pandas_dtype(text)) == text
    except (TypeError, ValueError):
        return False


def names_in(choice: Any) -> tuple[str, ...] | None:
    """Return the columns that a choice names; ``None`` where it chooses by what columns are."""
    return None if choice is None or chooses(choice) else tuple(choice)


def names_or(choice: Any, others: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a choice names, or the others where it names none."""
    named = names_in(choice)
    return tuple(others) if named is None else named


def chooses(choice: Any) -> bool:
    """Whether columns are chosen by kind, dtype or function, rather than named.

    Examples
    --------
    >>> chooses("number"), chooses(str.isupper), chooses(("age",)), chooses(None)
    (True, True, False, False)
    """
    return isinstance(choice, str) or callable(choice)


def in_words(choice: Any) -> str:
    """Return a choice in words that follow "all features".

    Examples
    --------
    >>> in_words("text"), in_words("float32"), in_words(str.isupper)
    ('of kind text', 'of dtype float32', 'that isupper() chooses')
    """
    if isinstance(choice, str):
        return f"of {'kind' if choice in KINDS else 'dtype'} {choice}"
    return f"that {getattr(choice, '__name__', type(choice).__name__).strip('<>')}() chooses"


def chosen(
    choice: Any, values: Mapping[str, Values], dtypes: Mapping[str, Any], column: Callable[[str], pd.Series], who: str
) -> list[str]:
    """Return the columns that a choice by kind, dtype or function takes.

    Parameters
    ----------
    choice : str or callable
        A kind or dtype; or a function of the name, or of name and column, that answers yes or no.
    values, dtypes : mapping
        What each column's values are, and the type that holds them.
    column : callable
        Gives the column of a name.
    who : str
        For messages.
    """
    if isinstance(choice, str):
        if choice in KINDS:
            return [name for name, each in values.items() if each.kind in KINDS[choice]]
        return [name for name in values if _is_of(dtypes[name], choice)]
    wants_column = _arguments(choice) > 1
    return [name for name in values if _answer(choice, (name, column(name)) if wants_column else (name,), who)]


def _is_of(dtype: Any, wanted: str) -> bool:
    if wanted in _FAMILIES:
        return isinstance(dtype, np.dtype) and np.issubdtype(dtype, _FAMILIES[wanted])
    return bool(dtype == pd.api.types.pandas_dtype(wanted))


def _arguments(function: Callable[..., Any]) -> int:
    """Return how many arguments a function must be given."""
    try:
        given = inspect.signature(function).parameters.values()
    except ValueError:  # written in C
        return 1
    places = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return sum(each.default is each.empty and each.kind in places for each in given)


def _answer(function: Callable[..., Any], given: Sequence[Any], who: str) -> bool:
    try:
        said = function(*given)
        return bool(said)
    except Exception as error:
        raise DataError(
            f"{who}: the function in columns= failed on the column {given[0]!r}: {error}",
            "write a function of the name, or of name and column, that returns True or False: "
            'lambda name: name.startswith("w_")',
        ) from error
