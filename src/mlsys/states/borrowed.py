"""Functions of the user's inside a stored estimator: they travel as source, and their place is held for them."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

Swap = Callable[[Any], Any]


class Borrowed:
    """Stands in a stored estimator for a function that is stored as source.

    Parameters
    ----------
    reference : str
        Where the function is found, as module and name.
    """

    def __init__(self, reference: str) -> None:
        self.reference = reference

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Raise; it can be called in name only, because ``functools.partial`` holds nothing else."""
        raise TypeError(f"{self.reference} is stored as source and was not restored")


def exchanged(value: Any, swap: Swap) -> Any:
    """Return a value in which ``swap`` was asked of everything inside; itself where nothing was changed.

    Parameters
    ----------
    value : object
        Lists, tuples, dictionaries, ``functools.partial`` and estimators are looked into; what changes is copied,
        nothing is changed in place.
    swap : callable
        Returns what stands for a thing, the thing itself where it stays.

    Examples
    --------
    >>> exchanged({"a": [1, "x"]}, lambda each: each.upper() if isinstance(each, str) else each)
    {'a': [1, 'X']}
    """
    swapped = swap(value)
    if swapped is not value:
        return swapped
    if type(value) in (list, tuple):
        items = [exchanged(each, swap) for each in value]
        return value if _same(items, value) else type(value)(items)
    if type(value) is dict:
        held = {key: exchanged(each, swap) for key, each in value.items()}
        return value if _same(held.values(), value.values()) else held
    if isinstance(value, functools.partial):
        parts = [value.func, value.args, value.keywords]
        function, arguments, named = (exchanged(each, swap) for each in parts)
        return value if _same([function, arguments, named], parts) else functools.partial(function, *arguments, **named)
    if hasattr(type(value), "get_params") and not isinstance(value, type) and hasattr(value, "__dict__"):
        inside = vars(value)
        changed = {name: exchanged(each, swap) for name, each in inside.items()}
        if _same(changed.values(), inside.values()):
            return value
        made = copy.copy(value)
        vars(made).update(changed)
        return made
    return value


def _same(ones: Any, others: Any) -> bool:
    return all(one is other for one, other in zip(ones, others, strict=True))
