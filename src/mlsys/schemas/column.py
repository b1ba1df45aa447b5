"""Column: what the values of one column must be."""

from __future__ import annotations

import datetime
import decimal
import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError

TYPES = ("any", "int", "float", "bool", "str", "datetime")
"""What values can be declared to be."""
_OF_PYTHON: dict[Any, str] = {
    int: "int",
    float: "float",
    decimal.Decimal: "float",
    bool: "bool",
    str: "str",
    datetime.datetime: "datetime",
    datetime.date: "datetime",
    pd.Timestamp: "datetime",
    object: "any",
    Any: "any",
}
_OF_NUMPY = {"i": "int", "u": "int", "f": "float", "b": "bool", "M": "datetime", "O": "any"}
_ORDERED = frozenset({"any", "int", "float", "datetime"})


@dataclass(frozen=True, repr=False)
class Column:
    r"""What the values of one column must be.

    Parameters
    ----------
    type : str or type
        ``"int"``, ``"float"``, ``"bool"``, ``"str"``, ``"datetime"`` or ``"any"``; also the Python class (``int``), or
        a type of numpy or pandas (``"int8"`` then has its range).
    null : bool
        Whether values may be null.
    least, greatest : object, optional
        Smallest and largest value allowed; of times also as ISO text.
    above, below : object, optional
        Values must be greater, or less, than this.
    allowed : sequence, optional
        The values that are allowed.
    pattern : str, optional
        Regular expression that the whole text must match.
    shortest, longest : int, optional
        Fewest and most characters of a text.
    unique : bool
        Whether a value that occurred in an earlier row is refused.
    infinite : bool
        Whether infinite numbers are allowed.
    format : str, optional
        Format of times in text, in ``strptime`` codes; by default ISO 8601.
    zone : str, optional
        Time zone: times without an offset are read in it, times with an offset are converted to it.

    Raises
    ------
    ConfigurationError
        If the type is unknown, or a constraint does not fit the type.

    Examples
    --------
    >>> Column(int, least=0, greatest=120)
    Column('int', least=0, greatest=120)
    >>> Column("str", null=True, pattern=r"[A-Z]{3}")
    Column('str', null=True, pattern='[A-Z]{3}')
    """

    type: Any = "any"
    null: bool = False
    least: Any = None
    greatest: Any = None
    above: Any = None
    below: Any = None
    allowed: Sequence[Any] | None = None
    pattern: str | None = None
    shortest: int | None = None
    longest: int | None = None
    unique: bool = False
    infinite: bool = False
    format: str | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        """Bring the type and its constraints into one form."""
        kind, least, greatest = _type_of(self.type)
        self._set(type=kind, allowed=None if self.allowed is None else tuple(self.allowed))
        self._set(least=least if self.least is None else self.least)
        self._set(greatest=greatest if self.greatest is None else self.greatest)
        if kind == "datetime":
            self._set(**{name: self._moment(name) for name in ("least", "greatest", "above", "below")})
            self._set(allowed=None if self.allowed is None else tuple(map(pd.Timestamp, self.allowed)))
        self._refuse_unfit()

    def __repr__(self) -> str:
        default = Column.__dataclass_fields__
        said = [
            f"{each.name}={_written(getattr(self, each.name))}"
            for each in fields(self)
            if each.name != "type" and getattr(self, each.name) != default[each.name].default
        ]
        return f"Column({', '.join([_written(self.type), *said])})"

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _moment(self, name: str) -> Any:
        given = getattr(self, name)
        if given is None:
            return None
        try:
            moment = pd.Timestamp(given)
            return moment.tz_localize(self.zone) if self.zone is not None and moment.tz is None else moment
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigurationError(
                f"a column of times got {name}={given!r}, which is not a time ({error})",
                'give an ISO time such as "2024-02-29"',
            ) from error

    def _refuse_unfit(self) -> None:
        unfit = {
            **{name: self.type not in _ORDERED for name in ("least", "greatest", "above", "below")},
            **{name: self.type not in {"any", "str"} for name in ("pattern", "shortest", "longest")},
            "infinite": self.type not in {"any", "float"},
            **{name: self.type != "datetime" for name in ("format", "zone")},
        }
        for name, is_unfit in unfit.items():
            if is_unfit and getattr(self, name) not in {None, False}:
                raise ConfigurationError(
                    f"a column of type {self.type!r} got {name}={getattr(self, name)!r}, which does not apply to it",
                    f"leave {name}= out, or give another type",
                )
        for name in ("least", "greatest", "above", "below"):
            bound = getattr(self, name)
            if self.type in {"int", "float"} and bound is not None and not _is_number(bound):
                raise ConfigurationError(f"a column of numbers got {name}={bound!r}", "give a number")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ConfigurationError(
                    f"pattern={self.pattern!r} is not a regular expression ({error})", "correct the pattern"
                ) from error
        if self.allowed is not None and not self.allowed:
            raise ConfigurationError("allowed= lists no value", "list the allowed values, or leave it out")


def column_of(given: Any, name: str) -> Column:
    """Return a column of what a user wrote for it: a ``Column``, a type, or a list of allowed values."""
    if isinstance(given, Column):
        return given
    try:
        if isinstance(given, (list, tuple, set, frozenset)):
            return Column("any", allowed=sorted(given, key=str) if isinstance(given, (set, frozenset)) else given)
        return Column(given)
    except ConfigurationError as error:
        raise ConfigurationError(f"column {name!r} of the schema: {error.problem}", error.remedy) from None


def _type_of(given: Any) -> tuple[str, Any, Any]:
    """Return a type's name, with the range of whole numbers of few bits."""
    if isinstance(given, str) and given in TYPES:
        return given, None, None
    if given is Any or (isinstance(given, type) and given in _OF_PYTHON):
        return _OF_PYTHON[given], None, None
    if given is None:
        raise ConfigurationError("None is not a type of values", 'give "any" for a column that may hold anything')
    if isinstance(given, type) and issubclass(given, enum.Enum):
        raise ConfigurationError(f"{given.__name__} is not a type of values", "list its values: allowed=[...]")
    try:
        dtype = pd.api.types.pandas_dtype(given)
    except (TypeError, ValueError, ImportError):
        raise ConfigurationError(
            f"{given!r} is not a type of values", f"give one of {', '.join(map(repr, TYPES))}, or Column(...)"
        ) from None
    if isinstance(dtype, pd.StringDtype):
        return "str", None, None
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "datetime", None, None
    plain: Any = getattr(dtype, "numpy_dtype", dtype)
    kind = _OF_NUMPY.get(plain.kind) if isinstance(plain, np.dtype) else None
    if kind is None:
        raise ConfigurationError(
            f"{given!r} is a type that a schema does not check", f"give one of {', '.join(map(repr, TYPES))}"
        )
    if kind == "int" and plain.itemsize < np.dtype("int64").itemsize:
        return kind, int(np.iinfo(plain).min), int(np.iinfo(plain).max)
    return kind, 0 if plain.kind == "u" else None, None


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) and not pd.isna(value)
    )


def _written(value: Any) -> str:
    """Return a value as code that makes it again."""
    if isinstance(value, pd.Timestamp):
        return repr(str(value.date()) if value == value.normalize() and value.tz is None else value.isoformat())
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return repr(value)
