"""Tokens of scalars: bytes that name type and value and say where they end."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable


def _sized(tag: bytes, content: bytes) -> bytes:
    return b"%s%d:%s" % (tag, len(content), content)


_NAN = struct.pack("<d", math.nan)


def _float_token(value: float) -> bytes:
    return b"f" + (_NAN if math.isnan(value) else struct.pack("<d", value))


SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: lambda value: _sized(b"i", b"%x" % value),
    float: _float_token,
    complex: lambda value: b"c" + _float_token(value.real) + _float_token(value.imag),
    str: lambda value: _sized(b"s", value.encode("utf-8", "surrogatepass")),
    bytes: lambda value: _sized(b"b", value),
    type(pd.NaT): lambda value: b"NaT;",
    type(pd.NA): lambda value: b"NA;",
    pd.Timestamp: lambda value: _sized(
        b"t", f"{value.unit} {value.to_datetime64().astype(np.int64)} {value.tz}".encode()
    ),
    pd.Timedelta: lambda value: _sized(b"d", f"{value.unit} {value.to_timedelta64().astype(np.int64)}".encode()),
}
