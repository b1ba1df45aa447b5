"""Significant digits of numbers: long numbers were computed, short ones may have been chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
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
MANY = 5
"""Numbers of one mapping or array from which on one may meet a share of some rows by accident."""
LARGEST_DENOMINATOR = 250
"""Of a fraction that one number meets by accident one time in 1,000: .3 times its square are the fractions up to 1 with
such denominators, and about 15 shares and ratios of rows are compared. It grows with the root of the numbers asked."""
LARGEST_TYPED = 12
"""Denominator of fractions below 10 that people type: 1/3, 5/12."""
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


def is_typed(value: float) -> bool:
    """Whether a number with many digits is a fraction that somebody writes down, such as a third.

    Examples
    --------
    >>> is_typed(1 / 3), is_typed(1 + 5 / 12), is_typed(113 / 355), is_typed(200.25)
    (True, True, False, False)
    """
    number = abs(float(value))
    return number < 10 and number % 1 > 0 and _is_ratio(number, LARGEST_TYPED)  # noqa: PLR2004


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


def accidents(numbers: Sequence[float], found: Sequence[bool], on_grid: Sequence[bool] = ()) -> list[bool]:
    """Return which of many numbers may equal a statistic by accident: simple fractions, among others that do not.

    Rates of levels are ratios of small numbers, such as 5/12, and so are shares of a class in few rows; standard
    deviations of few rows are roots of such ratios.

    Parameters
    ----------
    numbers : sequence of float
        Of one mapping or array.
    found : sequence of bool
        Which of them equal a statistic; of many at least half prove it.
    on_grid : sequence of bool
        Which of them equal a statistic of order of a column of few values, as the mean of a level of one row does.

    Examples
    --------
    >>> accidents([5 / 12, 1 / 3, 0.25, 0.5, 0.4185123456789], [True, False, False, False, True])
    [True, False, False, False, False]
    >>> accidents([5 / 12, 1 / 3], [True, False]), accidents([1 / 3] * 6, [True] * 6)
    ([False, False], [False, False, False, False, False, False])
    """
    if len(numbers) < MANY or 2 * sum(found) >= len(numbers):
        return [False] * len(numbers)
    largest = int(LARGEST_DENOMINATOR * len(numbers) ** 0.5)
    again = on_grid or [False] * len(numbers)
    asked = zip(numbers, found, again, strict=True)
    return [each and (told or is_fraction(number, largest)) for number, each, told in asked]


def is_fraction(number: float, largest: int = LARGEST_DENOMINATOR) -> bool:
    """Whether a number is a ratio of whole numbers, the lower one at most so large, or the root of one.

    Examples
    --------
    >>> is_fraction(5 / 12), is_fraction(0.5**0.5), is_fraction(0.4185123456789)
    (True, True, False)
    """
    return math.isfinite(number) and any(_is_ratio(each, largest) for each in (number, number**2))


def _is_ratio(number: float, largest: int) -> bool:
    return abs(float(Fraction(number).limit_denominator(largest)) - number) <= 10.0**-EXACT * abs(number)
