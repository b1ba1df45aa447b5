"""Arrays of a fresh state laid out in memory as they will be when it is read back."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlsys.states._encode import is_estimator


def settled(state: Any) -> Any:
    """Return the state with arrays laid out as storage gives them back.

    Sums of products depend, in their last bit, on how an array lies in memory. A model that was read back answers
    to the last bit like the one that was learned only if both lie alike.

    Parameters
    ----------
    state : object
        What a step learned. Estimators in it, which nobody else holds yet, are changed in place.

    Returns
    -------
    object
        Lists, tuples, dictionaries anew, where an array in them changed.

    Examples
    --------
    >>> import numpy as np
    >>> settled({"w": np.ones((3, 2)).T})["w"].flags.c_contiguous
    True
    """
    return _settled(state, False, set())


def _settled(value: Any, inside: bool, seen: set[int]) -> Any:
    kind = type(value)
    if kind is np.ndarray:
        kept = value.flags.c_contiguous or (inside and value.flags.f_contiguous)  # estimators' files keep either order
        return value if kept else np.ascontiguousarray(value)
    if kind is dict:
        return {key: _settled(item, inside, seen) for key, item in value.items()}
    if kind in (list, tuple) and value and not isinstance(value[0], int | float | str):
        return kind(_settled(item, inside, seen) for item in value)
    if is_estimator(value) and id(value) not in seen:
        seen.add(id(value))
        for name, item in vars(value).items():
            if isinstance(item, np.ndarray | list | tuple | dict) or is_estimator(item):
                setattr(value, name, _settled(item, True, seen))
    return value
