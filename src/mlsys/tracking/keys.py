"""Keys and values in a form that MLflow accepts; changes are reported."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping

_FORBIDDEN = re.compile(r"[^\w\-. :/]")
LONGEST_KEY = 250
LONGEST_PARAMETER = 250
"""Length that a table of parameters can show; MLflow itself silently truncates at 6,000."""
LONGEST_TAG = 8_000
MOST_PARAMETERS = 100


def valid_keys(keys: Mapping[str, object], problems: list[str]) -> dict[str, str]:
    """Return for each key one that MLflow takes, no two alike.

    Examples
    --------
    >>> problems = []
    >>> valid_keys({"recall@5": 1, "a/b": 2}, problems)
    {'recall@5': 'recall-5', 'a/b': 'a/b'}
    >>> problems
    ["the key 'recall@5' is written as 'recall-5'"]
    """
    made: dict[str, str] = {}
    used: set[str] = set()
    for key in keys:
        valid = _FORBIDDEN.sub("-", key).strip("/") or "unnamed"
        parts = [part if part not in {".", ".."} else "dot" for part in valid.split("/") if part]
        valid = "/".join(parts)
        if len(valid) > LONGEST_KEY:
            valid = f"{valid[: LONGEST_KEY - 9]}-{_digest(key)}"
        if valid in used:
            valid = f"{valid[: LONGEST_KEY - 9]}-{_digest(key)}"
        if valid != key:
            problems.append(f"the key {key!r} is written as {valid!r}")
        made[key] = valid
        used.add(valid)
    return made


def finite(metrics: Mapping[str, float], problems: list[str]) -> tuple[dict[str, float], dict[str, str]]:
    """Return metrics that are numbers, and tags that say what the others were.

    Examples
    --------
    >>> finite({"a": 1.0, "b": float("inf")}, [])
    ({'a': 1.0}, {'metric.b': 'inf'})
    """
    kept = {key: float(value) for key, value in metrics.items() if math.isfinite(value)}
    others = {f"metric.{key}": repr(float(value)) for key, value in metrics.items() if not math.isfinite(value)}
    problems += [
        f"the metric {key.removeprefix('metric.')!r} is {value}, written as a tag" for key, value in others.items()
    ]
    return kept, others


def clean(text: str, key: str, problems: list[str]) -> str:
    r"""Return text without signs that a database or a request cannot hold.

    Examples
    --------
    >>> problems = []
    >>> clean("a\x00b", "note", problems), problems
    ('a?b', ["the value of 'note' has characters that cannot be stored, written as ?"])
    """
    cleaned = text.replace("\x00", "?").encode("utf-8", "replace").decode("utf-8")
    if cleaned != text:
        problems.append(f"the value of {key!r} has characters that cannot be stored, written as ?")
    return cleaned


def shortened(text: str, longest: int) -> str:
    """Return text that fits; where it is cut it says so, and where the whole stands.

    Examples
    --------
    >>> shortened("abc", 250)
    'abc'
    >>> shortened("a" * 300, 60)
    'aaaaaaaaaaaaaaa... (300 characters, in whole_values.json)'
    """
    if len(text) <= longest:
        return text
    end = f"... ({len(text)} characters, in whole_values.json)"
    return f"{text[: longest - len(end) - 3]}{end}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
