"""Rows as they travel from step to step: in ordered partitions, known by their content."""

from mlsys.tables.columns import MOST_ROWS, AnyRows, Column, Columns, apart, column_of, rows_of
from mlsys.tables.identifying import identified, identify, identify_table
from mlsys.tables.identity import ROWS_AT_ONCE, Identity, address, as_column, column_digest
from mlsys.tables.partitions import Deferred, Partition, add_in_order, cut, noted, noting, without_note
from mlsys.tables.stretch import same_stretch
from mlsys.tables.table import FIRST_ROWS, Engine, Keeps, Table
from mlsys.tables.tally import Tally, counting, is_counting, tell

__all__ = [
    "FIRST_ROWS",
    "MOST_ROWS",
    "ROWS_AT_ONCE",
    "AnyRows",
    "Column",
    "Columns",
    "Deferred",
    "Engine",
    "Identity",
    "Keeps",
    "Partition",
    "Table",
    "Tally",
    "add_in_order",
    "address",
    "apart",
    "as_column",
    "column_digest",
    "column_of",
    "counting",
    "cut",
    "identified",
    "identify",
    "identify_table",
    "is_counting",
    "noted",
    "noting",
    "rows_of",
    "same_stretch",
    "tell",
    "without_note",
]
