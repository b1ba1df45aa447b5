"""The single column of an Arrow file, after checking the sizes that the file declares."""

from __future__ import annotations

import struct
from pathlib import Path

import pyarrow as pa

from mlsys.errors import StateError
from mlsys.states.on_disk import naming

_MARK = b"ARROW1\0\0"
_HEADER, _COMPRESSION = 2, 3
"""Places of fields in Arrow's Message.fbs: of a message's header, of a record batch's compression."""


def values_in(content: bytes, path: Path) -> pa.Array:
    """Return the values of a file that a state was written into.

    Raises
    ------
    StateError
        If the file is damaged or misstates its buffers. Uncompressed buffers take no additional memory; compressed
        ones, which are never written here and may declare any size, are refused before they are unpacked.
    """
    with naming(path):
        if content[: len(_MARK)] != _MARK:
            raise ValueError("it does not start like an Arrow file")
        stream = pa.py_buffer(content)[len(_MARK) :]  # what a file's footer points at could be another batch
        if any(map(_is_compressed, _batches(stream))):
            raise StateError(f"{path} is compressed, but states never are", "do not use this state")
        column = pa.ipc.open_stream(stream).read_all().column("values")
        column.validate(full=True)
        return column.combine_chunks()


def _batches(stream: pa.Buffer) -> list[bytes]:
    """Return the metadata of each record batch and dictionary, in order."""
    found: list[bytes] = []
    messages = pa.ipc.MessageReader.open_stream(stream)
    while True:
        try:
            message = messages.read_next_message()
        except StopIteration:
            return found
        if message.type != "schema":
            found.append(message.metadata.to_pybytes())


def _is_compressed(metadata: bytes) -> bool:
    """Whether a batch is compressed, by the layout of its flatbuffer."""
    root = struct.unpack_from("<I", metadata)[0]
    place = _field(metadata, root, _HEADER)
    if not place:
        return False
    batch = place + struct.unpack_from("<I", metadata, place)[0]
    return bool(_field(metadata, batch, _COMPRESSION))


def _field(metadata: bytes, table: int, number: int) -> int:
    """Return where a field of a table lies; 0 where it is not there."""
    layout = table - struct.unpack_from("<i", metadata, table)[0]
    size = struct.unpack_from("<H", metadata, layout)[0]
    slot = 4 + 2 * number
    offset = struct.unpack_from("<H", metadata, layout + slot)[0] if slot < size else 0
    return table + offset if offset else 0
