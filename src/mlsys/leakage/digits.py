"""Significant digits of numbers: long numbers were computed, short ones may have been chosen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

FEWEST = 6
"""Significant digits from which a number counts as computed; 24, 3.25 and 299.5 are below."""
FEWEST_COMPUTED = 3
"""The same for a numpy number: nobody types these, but short ones equal a statistic by accident."""
FEWEST_OF_RATE = 4
"""The same for a number that is exactly the mean of the target, which of few rows is a short one."""
EXACT = 12
"""Digits from which a number was not rounded."""
RELATIVE = 1e-9
"""Sums over columns differ in the last bits with the order of rows."""
_FROM_MATHEMATICS = frozenset({math.pi, math.e, math.tau, math.sqrt(2), math.log(2), math.pi / 180, 180 / math.pi})


def digits_of(value: float) -> int:
    """Return the number of significant digits, zeros at either end left out.

    Examples
    --------
    >>> digits_of(0.00125), digits_of(1200.0), digits_of(71.8234), digits_of(1e-07)
    (3, 2, 6, 1)
    """
    mantissa = repr(float(abs(value))).partition("e")[0].replace(".", "")
    return len(mantissa.strip("0")) if mantissa.isdigit() else 0


def is_computed(value: Any) -> bool:
    """Whether a number has more digits than somebody writes down by hand.

    Examples
    --------
    >>> is_computed(0.5), is_computed(71.8234), is_computed(np.float64(0.4185)), is_computed(math.pi)
    (False, True, True, False)
    """
    fewest = FEWEST_COMPUTED if isinstance(value, np.generic) else FEWEST
    return math.isfinite(value) and float(value) not in _FROM_MATHEMATICS and digits_of(value) >= fewest


def tolerance_of(value: Any) -> float:
    """Return how far a statistic may be from a number that was computed as it, rounded or not.

    Examples
    --------
    >>> tolerance_of(71.8234)
    5.00718234e-05
    """
    number = float(abs(value))
    exact = RELATIVE * number
    if isinstance(value, np.float32):
        return 1e-5 * number  # single precision carries seven digits, sums in it fewer
    digits = digits_of(number)
    if isinstance(value, np.generic) or digits >= EXACT or not number:
        return exact
    return exact + 0.5 * 10.0 ** (math.floor(math.log10(number)) - digits + 1)
