"""What the rows of a table are; a column is digested again only where it lies in other memory."""

from __future__ import annotations

import pandas as pd

from mlsys.states import digest
from mlsys.tables.identity import (
    ROWS_AT_ONCE,
    Identity,
    address,
    as_column,
    block_digest,
    column_digest,
    index_digest,
    joined_digest,
)
from mlsys.tables.table import Table


def identify(frame: pd.DataFrame, *others: Table) -> Identity:
    """Return the identity of a frame; columns that lie in the same memory as those of ``others`` are not read.

    Parameters
    ----------
    frame : DataFrame
        Column names are texts.
    *others : Table
        Tables with an identity whose rows are there.

    Examples
    --------
    >>> one = identify(pd.DataFrame({"a": [1, 2]}))
    >>> one.whole == identify(pd.DataFrame({"a": [1, 3]})).whole
    False
    """
    known = [(table.frame(), table.identity) for table in others if table.identity is not None and table.is_loaded]
    columns = {str(name): _column(frame[name], known) for name in frame.columns}
    index = next((each.index for other, each in known if other.index is frame.index), None)
    return Identity(columns, index or index_digest(frame.index))


def identified(table: Table, *others: Table) -> Table:
    """Give a table of one frame its identity if it has none, and return it."""
    if table.identity is None and table.is_loaded:
        table.identity = identify(table.frame(), *others)
    return table


def _column(column: pd.Series, known: list[tuple[pd.DataFrame, Identity]]) -> str:
    place = address(column)
    for frame, identity in known:
        if column.name in identity.columns and len(frame) == len(column) and place is not None:
            other = frame[column.name]
            if other.dtype == column.dtype and address(other) == place:
                return identity.columns[str(column.name)]
    return column_digest(column)


def identify_table(table: Table) -> Identity:
    """Return the identity of rows that may be held in any way: by content, block by block.

    Examples
    --------
    >>> from mlsys.engines import LocalEngine
    >>> frame = pd.DataFrame({"a": [1, 2]})
    >>> identify_table(LocalEngine().hold(None, frame)) == identify(frame)
    True
    """
    if table.identity is not None and not table.identity.lineage:
        return table.identity
    columns: dict[str, list[str]] = {}
    index: list[str] = []
    name = None
    for block in table.blocks(ROWS_AT_ONCE):
        index.append(block_digest(as_column(block.index)))
        name = block.index.name
        for column in block.columns:
            columns.setdefault(str(column), []).append(block_digest(block[column]))
    return Identity(
        {column: joined_digest(blocks) for column, blocks in columns.items()},
        digest(("index", name, joined_digest(index))),
    )
