"""Schema: what the rows of a table must be, and what happens to those that are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import BeforeValidator

from mlsys.dataset import check_frame, check_texts
from mlsys.errors import ConfigurationError
from mlsys.schemas.checked import Checked, Demands, checked
from mlsys.schemas.column import column_of
from mlsys.schemas.inferred import inferred

Policy = Literal["raise", "drop", "quarantine"]
MOST = 0.01
"""Rows that may be lost by default: one in a hundred."""


@dataclass(frozen=True, repr=False)
class Schema:
    """Types and constraints of columns, and what happens to rows that break them.

    Parameters
    ----------
    columns : mapping, or class of pydantic.BaseModel
        For each column a :class:`Column`, a type (``int``, ``"float"``, ``"int8"``, ...), or a list of the allowed
        values. Of a pydantic model its fields: types, ``| None``, ``Literal``, bounds, lengths, patterns.
    bad_rows : {"raise", "drop", "quarantine"}
        ``"raise"``: an error shows the ten worst rows. ``"drop"``: they are left out and counted. ``"quarantine"``:
        they are also kept with their reasons in the local folder.
    most : float
        Largest share of rows that may be left out; more is an error.
    key : list of str
        Columns whose values together must not repeat.
    closed : bool
        Whether columns that are not in the schema are refused; otherwise they are not checked.

    Raises
    ------
    ConfigurationError
        If a type or a constraint is invalid, or a pydantic model has validators of its own.

    See Also
    --------
    ReadCSV, ReadParquet : Check in the same pass as reading, with ``schema=``.
    CheckSchema : Checks rows as a step.
    quarantined : Returns the rows that a step set aside.

    Notes
    -----
    Sources check each row once while they read; texts of a CSV file are read as the declared type, so one bad value
    does not turn a column into text. A null is refused unless the column has ``null=True``. Whole numbers with nulls
    are floats up to 2**53 and nullable integers above. Infinite numbers are refused unless ``infinite=True``.

    Where rows are read in pieces, columns that must not repeat are read once before all else, to compare the pieces;
    this takes 16 bytes of memory a row.

    Examples
    --------
    >>> from mlsys import Column
    >>> schema = Schema({"age": Column(int, least=0), "plan": ["free", "pro"]})
    >>> checked = schema.check(pd.DataFrame({"age": [31, -1], "plan": ["pro", "gold"]}))
    >>> checked.fit
       age plan
    0   31  pro
    >>> checked.unfit
                                           reason  age  plan
    1  age: below 0; plan: not one of 'free', 'pro'   -1  gold
    """

    columns: Any
    bad_rows: Policy = "raise"
    most: float = MOST
    key: Sequence[str] = field(default=())
    closed: bool = False

    def __post_init__(self) -> None:
        """Bring the columns into one form."""
        given, closed = _columns_of(self.columns)
        object.__setattr__(self, "columns", {name: column_of(each, name) for name, each in given.items()})
        object.__setattr__(self, "key", (self.key,) if isinstance(self.key, str) else tuple(self.key))
        object.__setattr__(self, "closed", self.closed or closed)
        if self.bad_rows not in get_args(Policy):
            raise ConfigurationError(f"a schema got bad_rows={self.bad_rows!r}", 'give "raise", "drop" or "quarantine"')
        if not 0 <= self.most <= 1:
            raise ConfigurationError(f"a schema got most={self.most!r}", "give a share of rows between 0 and 1")

    @classmethod
    def infer(cls, frame: pd.DataFrame) -> Schema:
        """Return a schema that the rows of a frame fit, to be edited: its ``repr`` is code that makes it.

        Parameters
        ----------
        frame : DataFrame
            Rows that are right.

        Notes
        -----
        Types, ranges and whether nulls occur are those of the rows. Text of at most 12 values, with five rows a value
        on average, lists its values. Whole numbers and text that never repeat in 50 rows or more are ``unique``.

        Examples
        --------
        >>> Schema.infer(pd.DataFrame({"age": [30, 41], "city": ["Bonn", None]}))
        Schema({
            'age': Column('int', least=30, greatest=41),
            'city': Column('str', null=True),
        })
        """
        check_frame(frame, "Schema.infer()")
        check_texts(frame, "Schema.infer()")
        return cls(inferred(frame))

    def check(self, frame: pd.DataFrame, *, parse: bool = False) -> Checked:
        """Hold the rows of a frame to the schema, whatever ``bad_rows`` says.

        Parameters
        ----------
        frame : DataFrame
            Rows; they stay unchanged.
        parse : bool
            Whether texts are read as numbers, times and truth values where the schema declares these.

        Returns
        -------
        mlsys.schemas.Checked
            With ``.fit`` and ``.unfit`` rows, and ``.table`` of the problems.
        """
        check_frame(frame, "Schema.check()")
        check_texts(frame, "Schema.check()")
        return checked(self.demands, frame, "." if parse else None, "Schema.check()")

    def with_(self, **changes: Any) -> Schema:
        """Return the schema with some settings changed, such as ``bad_rows="drop"``."""
        unknown = [name for name in changes if name not in {each.name for each in fields(self)}]
        if unknown:
            raise ConfigurationError(
                f"a schema has no {unknown[0]!r}", f"change one of {', '.join(each.name for each in fields(self))}"
            )
        return replace(self, **changes)

    def only(self, columns: Collection[str] | None) -> Schema:
        """Return the schema of some of its columns, for who reads no others; ``None``: of all."""
        if columns is None:
            return self
        key = self.key if set(self.key) <= set(columns) else ()
        return self.with_(columns={name: each for name, each in self.columns.items() if name in columns}, key=key)

    @property
    def demands(self) -> Demands:
        """What rows must be, whatever happens to those that are not."""
        return Demands(self.columns, self.key, self.closed)

    @property
    def loses(self) -> bool:
        """Whether rows that do not fit are left out."""
        return self.bad_rows != "raise"

    def __repr__(self) -> str:
        lines = [f"    {name!r}: {column!r},\n" for name, column in self.columns.items()]
        said = [f"{{\n{''.join(lines)}}}" if lines else "{}"]
        for each in fields(self)[1:]:
            value = getattr(self, each.name)
            default = () if each.name == "key" else each.default
            if value != default:
                said.append(f"{each.name}={list(value) if isinstance(value, tuple) else value!r}")
        return f"Schema({', '.join(said)})"


def _columns_of(given: Any) -> tuple[Mapping[str, Any], bool]:
    from mlsys.schemas.models import columns_of_model, is_model

    if is_model(given):
        return columns_of_model(given)
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise ConfigurationError(
            f"a schema got {type(given).__name__}",
            'give a mapping of columns, such as {"age": Column(int, least=0)}, or a pydantic model',
        )
    return given, False


def schema_of(given: Any) -> Schema | None:
    """Return the schema that a mapping, a pydantic model or a schema stands for."""
    return given if given is None or isinstance(given, Schema) else Schema(given)


SchemaGiven = Annotated[Schema | None, BeforeValidator(schema_of)]
"""A field of a step that takes a schema, a mapping of columns, or a pydantic model."""
