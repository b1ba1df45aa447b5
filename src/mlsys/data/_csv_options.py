"""Checks of the options of ReadCSV, made when the step is constructed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


def refuse_separator(separator: str, decimal: str, who: str) -> None:
    """Raise unless fields are parted by one plain character that is not a quote or the end of a line."""
    if len(separator) != 1 or not separator.isascii() or separator in '"\r\n\0':
        raise ConfigurationError(
            f"{who} got separator={separator!r}, but fields must be separated by one plain character",
            'give one character, such as ";", "|" or "\\t"; rewrite a file with a longer one first, such as '
            'pd.read_csv(file, sep=re.escape("||"), engine="python").to_csv(...)',
        )
    if len(decimal) != 1 or decimal.isalnum():
        raise ConfigurationError(f"{who} got decimal={decimal!r}", 'give one character, "." or ","')


def refuse_dtypes(dtypes: Mapping[str, Any], times: Collection[str], who: str) -> None:
    """Raise for a type that pandas does not know, or that texts are not read as."""
    for name, given in dtypes.items():
        if name in times:
            raise ConfigurationError(
                f"{who} got the column {name!r} in dtypes= and in times=", "keep it in only one of them"
            )
        try:
            known = pd.api.types.pandas_dtype(given)
        except (TypeError, ValueError, ImportError) as error:
            raise ConfigurationError(
                f"{who} got dtypes= with {name!r}: {given!r}, which is not a type ({error})",
                'give one that pandas knows, such as "str", "float64", "Int64", "boolean" or "category"',
            ) from None
        moment = isinstance(known, pd.DatetimeTZDtype) or (isinstance(known, np.dtype) and known.kind == "M")
        if moment:
            raise ConfigurationError(
                f"{who} got dtypes= with {name!r}: {given!r}", f"read times with times=[{name!r}], and zone= for a zone"
            )
        if isinstance(known, (pd.PeriodDtype, pd.IntervalDtype, pd.SparseDtype)) or (
            isinstance(known, np.dtype) and known.kind in "mV"
        ):
            raise ConfigurationError(
                f"{who} got dtypes= with {name!r}: {given!r}, but text cannot be read as that type",
                f'read it as text, dtypes={{{name!r}: "str"}}, and convert it with Derive',
            )


def refuse_times(formats: Mapping[str, str | None], who: str) -> None:
    """Raise for a time format that says nothing, or lets rows be read differently."""
    for name, written in formats.items():
        if written is not None and written != "ISO8601" and ("%" not in written or not written.strip()):
            raise ConfigurationError(
                f"{who} got times= with {name!r}: {written!r}, which is not a time format",
                f'use strptime codes, such as times={{{name!r}: "%d.%m.%Y"}}, or "ISO8601"',
            )


def refuse_declared_twice(declared: Collection[str], fields: Mapping[str, Collection[str]], who: str) -> None:
    """Raise if a schema declares a column whose type is also given elsewhere."""
    for field, names in fields.items():
        twice = [name for name in names if name in declared]
        if twice:
            raise ConfigurationError(
                f"{who} got the column {twice[0]!r} in schema= and in {field}=", "keep it in only one of them"
            )


def read_as(dtypes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the types that pandas reads; categories are made of the texts of all files."""
    return {name: "str" if is_category(dtype) else dtype for name, dtype in dtypes.items()}


def is_category(dtype: Any) -> bool:
    """Whether a declared type is one of categories."""
    return isinstance(pd.api.types.pandas_dtype(dtype), pd.CategoricalDtype)


def in_categories(column: pd.Series, dtype: Any, who: str, row_name: Callable[[int], str]) -> pd.Series:
    """Return texts as categories; of a type that lists its own, none is lost."""
    wanted = pd.api.types.pandas_dtype(dtype)
    if not isinstance(wanted, pd.CategoricalDtype) or wanted.categories is None:
        return column.astype("category")
    levels = {str(level): level for level in wanted.categories}
    strange = (column.notna() & ~column.isin(list(levels))).to_numpy()
    if strange.any():
        row = int(strange.argmax())
        raise DataError(
            f"{who}: column {column.name!r} holds {column.iloc[row]!r} in {row_name(row)}, which dtypes= does not list "
            f"({int(strange.sum()):,} such rows)",
            "add it to the categories, or correct the value",
        )
    return pd.Series(pd.Categorical(column.map(levels), dtype=wanted), index=column.index, name=column.name)
