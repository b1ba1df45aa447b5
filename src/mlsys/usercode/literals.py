"""Plain values as source, each with its exact type."""

from __future__ import annotations

import math
from typing import Any

_SAID_BY_REPR = (bool, int, str, bytes, type(None), type(...), range)


def written(value: Any) -> str | None:
    """Return an expression that gives an equal value of the same type; ``None`` for what has no plain form.

    Examples
    --------
    >>> written({"a": (1, 2.5)}), written(float("inf")), written({"b", "a"}), written(object())
    ("{'a': (1, 2.5)}", "float('inf')", "{'a', 'b'}", None)
    """
    try:
        return _written(value)
    except (RecursionError, ValueError):  # holds itself; a whole number of more digits than Python writes
        return None


def _written(value: Any) -> str | None:
    kind = type(value)
    if kind in _SAID_BY_REPR:
        return repr(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if kind is complex:
        return f"complex({_written(value.real)}, {_written(value.imag)})"
    if kind is dict:
        pairs = [(_written(key), _written(each)) for key, each in value.items()]
        whole = all(each is not None for pair in pairs for each in pair)
        return "{" + ", ".join(f"{key}: {each}" for key, each in pairs) + "}" if whole else None
    if kind not in (list, tuple, set, frozenset):
        return None
    items = [_written(each) for each in value]
    known = [each for each in items if each is not None]
    if len(known) < len(items):
        return None
    if kind is tuple:
        return f"({known[0]},)" if len(known) == 1 else f"({', '.join(known)})"
    if kind is list:
        return f"[{', '.join(known)}]"
    inside = f"{{{', '.join(sorted(known))}}}" if known else ""  # in any process in the same order
    return f"frozenset({inside})" if kind is frozenset else inside or "set()"
