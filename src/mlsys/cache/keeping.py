"""What is written of what was made: always states and remarks, rows where making them again would take longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlsys.cache.made import Made, finding_note, table_note
from mlsys.cache.store import Store
from mlsys.errors import StateError
from mlsys.states import digest
from mlsys.tables import Table, as_column

BYTES_PER_SECOND = 300_000_000
"""Of columns written to disk and read again; measured at 300 to 900 MB/s, so rather too little is kept."""
WORTH = 3.0
"""A result is kept where making it took this many times longer than writing and reading it."""


def keep(store: Store, key: str, made: Made, inputs: Mapping[str, Table], seconds: float, keep_rows: bool) -> str:
    """Write an made; returns why it cannot be written, or an empty text."""
    for held in made.states.values():
        held.digest = held.digest or state_digest(held.get())
        if held.digest is None:
            return "its state has no comparable content"
    notes = {}
    for name, table in made.tables.items():
        note = table_note(table)
        if isinstance(note, str):
            return note
        notes[name] = note
    try:
        written = all([store.put_state(str(held.digest), held.get()) for held in made.states.values()])
    except StateError as error:
        return error.problem
    if not written:
        return store.problem
    kept = keep_rows and _keep_rows(made, inputs, notes, seconds, store)
    store.put_entry(
        key,
        {
            "seconds": seconds,
            "tables": notes,
            "states": {name: held.digest for name, held in made.states.items()},
            "plain": made.plain,
            "events": made.events,
            "findings": [finding_note(finding) for finding in made.findings],
            "kept": kept,
        },
    )
    return ""


def _keep_rows(made: Made, inputs: Mapping[str, Table], notes: Mapping[str, Any], seconds: float, store: Store) -> bool:
    """Write the columns that are new, where making them again would take longer; says whether all are there."""
    known = {
        (table.identity.index, *item)
        for table in inputs.values()
        if table.identity
        for item in table.identity.columns.items()
    }
    new = [
        (each, table.frame()[name], kind)
        for table, note in ((made.tables[name], note) for name, note in notes.items())
        for name, each, kind in note["columns"]
        if (note["ids"], name, each) not in known
    ]
    size = sum(int(column.memory_usage(index=False)) for _, column, _ in new)
    if seconds < WORTH * size / BYTES_PER_SECOND:
        return False
    kept = [kind.get("kept", True) and store.put_column(each, column, kind) for each, column, kind in new]
    ids = {table.identity.index for table in inputs.values() if table.identity}
    for name, note in notes.items():
        if "kind" in note["index"] and note["ids"] not in ids:
            row_ids = as_column(made.tables[name].frame().index)
            kept.append(store.put_column(note["index"]["column"], row_ids, note["index"]["kind"]))
    return all(kept)


def state_digest(state: Any) -> str | None:
    """Return the digest of what a step learned, ``None`` where it has none."""
    try:
        return digest(state)
    except StateError:
        return None
