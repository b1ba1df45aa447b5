"""Expressions such as ``pd.col("price") * 100``: what they are, and how they travel to another process."""

from __future__ import annotations

import copyreg
from typing import Any

import pandas as pd


def is_expression(value: object) -> bool:
    """Whether a value is an expression of pandas.

    Examples
    --------
    >>> is_expression(pd.col("price") > 0), is_expression("price > 0")
    (True, False)
    """
    return isinstance(value, pd.api.typing.Expression)


def _made(held: dict[str, Any]) -> Any:
    expression = object.__new__(pd.api.typing.Expression)
    expression.__dict__.update(held)
    return expression


def _taken_apart(expression: Any) -> tuple[Any, ...]:
    return _made, (vars(expression),)


# An expression answers to every name, also to __setstate__, before it holds anything: without this, pandas recurses.
copyreg.pickle(pd.api.typing.Expression, _taken_apart)
