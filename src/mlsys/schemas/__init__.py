"""What the rows of a table must be: declared, inferred, compared; and the gate where sources check them."""

from mlsys.schemas.aside import SetAside
from mlsys.schemas.checked import Checked
from mlsys.schemas.column import Column
from mlsys.schemas.compared import Changes, compare_tables
from mlsys.schemas.differing import DataDiff, table_diff
from mlsys.schemas.gate import Gate, Unread, accepted, folder_of, gate_of, keep_aside, quarantined
from mlsys.schemas.schema import Schema, SchemaGiven

__all__ = [
    "Changes",
    "Checked",
    "Column",
    "DataDiff",
    "Gate",
    "Schema",
    "SchemaGiven",
    "SetAside",
    "Unread",
    "accepted",
    "compare_tables",
    "folder_of",
    "gate_of",
    "keep_aside",
    "quarantined",
    "table_diff",
]
