"""Display of numbers: three digits, and blanks for nulls."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

_LEAST_P = 0.001


def number(value: Any, signed: bool = False) -> str:
    """Return a number in three digits; whole numbers whole, others as text, nulls as nothing.

    Examples
    --------
    >>> number(0.83456), number(1234567), number(12345.678), number(float("nan")), number(0.000012), number(0.5, True)
    ('0.835', '1,234,567', '12,346', '', '1.2e-05', '+0.500')
    """
    if value is None or value is True or value is False:
        return "" if value is None else "yes" if value else "no"
    if not isinstance(value, Real):
        return "" if _is_null(value) else str(value)
    if isinstance(value, Integral):
        return f"{int(value):{'+' if signed else ''},}"
    plain, sign = float(value), "+" if signed else ""
    if math.isnan(plain):
        return ""
    if math.isinf(plain):
        return "∞" if plain > 0 else "-∞"
    size = abs(plain)
    if size == 0:
        return "0"
    if size < 0.001:  # noqa: PLR2004  three decimals show nothing of it
        return f"{plain:{sign}.2g}"
    places = 3 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0  # noqa: PLR2004
    return f"{plain:{sign},.{places}f}"


def interval(lower: Any, upper: Any, signed: bool = False) -> str:
    """Return both ends in brackets; nothing where they are not known.

    Examples
    --------
    >>> interval(0.81, 0.86), interval(float("nan"), 1.0)
    ('[0.810, 0.860]', '')
    """
    ends = number(lower, signed), number(upper, signed)
    return f"[{ends[0]}, {ends[1]}]" if all(ends) else ""


def p_value(value: float) -> str:
    """Return a probability as tests state it.

    Examples
    --------
    >>> p_value(0.0000059), p_value(0.0312), p_value(float("nan"))
    ('< .001', '.031', '')
    """
    if math.isnan(value):
        return ""
    return "< .001" if value < _LEAST_P else f"{value:.3f}".lstrip("0")


def _is_null(value: Any) -> bool:
    return type(value).__name__ in {"NAType", "NaTType"}
