"""What an object holds, read from its type and memory without running the user's code."""

from __future__ import annotations

import functools
import gc
import sys
import types
import weakref
from collections import deque
from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, Set, ValuesView
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.usercode.installed import is_installed
from mlsys.warned import hushed

MEMO = type(functools.cache(len))
_BOUND = (types.BuiltinMethodType, types.MethodWrapperType)
_BUILT_IN = (list, tuple, set, frozenset, deque)
_VIEWS = (KeysView, ValuesView, ItemsView)
_READ_FROM_TYPE = (types.GetSetDescriptorType, types.MemberDescriptorType)
_OF_PYTHON = {"__dict__", "__weakref__", "__dictoffset__", "__vectorcalloffset__", "__weaklistoffset__"}
"""Where compiled types such as ``operator.itemgetter`` keep what is Python's own; no data."""
_SETTINGS = (int, float, str, bytes, np.generic, type(None))
_FEWEST_BYTES = 64
"""A state in bytes that is shorter holds a setting, such as a format, and no data."""


@dataclass(frozen=True)
class Opaque:
    """Placeholder for an object that cannot be inspected.

    Parameters
    ----------
    what : str
        In words, such as ``"an object of faiss.IndexFlat"``.
    """

    what: str


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """Whether a value is of a type, like ``isinstance`` but regardless of the class that the value claims."""
    return issubclass(type(value), kinds)


def of_mapping(value: Any) -> list[tuple[Any, Any]] | None:
    """Return the pairs of a dict of whatever class, or of a compiled mapping; ``None`` for anything else.

    Examples
    --------
    >>> class Loud(dict):
    ...     def items(self):
    ...         raise RuntimeError
    >>> of_mapping(Loud(a=1)), of_mapping([1])
    ([('a', 1)], None)
    """
    if is_a(value, dict):
        return list(dict.items(value))
    if is_a(value, MEMO):
        return _of_memo(value)
    if is_a(value, Mapping) and _is_compiled(type(value)) and not is_a(value, types.MappingProxyType):
        pairs: list[tuple[Any, Any]] | None = _tried(lambda: list(value.items()))
        return pairs
    return None


def of_collection(value: Any) -> list[Any] | None:
    """Return the items of a list, tuple, set or queue of whatever class, or of a compiled sequence.

    Examples
    --------
    >>> of_collection((1, 2)), of_collection({}.keys()), of_collection({"a": 1})
    ([1, 2], [], None)
    """
    for kind in _BUILT_IN:
        if is_a(value, kind):
            return list(kind.__iter__(value))
    if is_a(value, (Sequence, Set, *_VIEWS)) and _is_compiled(type(value)):
        items: list[Any] | None = _tried(lambda: list(value))
        return items
    return None


def of_object(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object, a bound function, an expression or a grouped table holds, by name."""
    if is_a(value, types.MethodType) or is_a(value, _BOUND):
        if not is_a(value.__self__, types.ModuleType):
            yield "", value.__self__
    elif is_a(value, functools.partial):
        yield from (("", value.func), *((str(place), each) for place, each in enumerate(value.args)))
        yield from value.keywords.items()
    elif is_a(value, ContextVar):
        yield "", value.get(None)
    elif is_a(value, weakref.ref):
        yield "", weakref.ref.__call__(value)
    elif type(value).__module__.startswith("numpy.polynomial"):  # of a window of its own
        yield "coef", value.convert(kind=np.polynomial.Polynomial).coef
    elif is_a(value, pd.api.typing.Expression):
        yield from (("", cell.cell_contents) for cell in vars(value)["_func"].__closure__ or ())
    elif is_a(value, (pd.api.typing.DataFrameGroupBy, pd.api.typing.SeriesGroupBy, pd.api.typing.Rolling)):
        yield "", value.obj
    else:
        yield from _attributes(value)


def as_table(value: Any) -> Any:
    """Return what a table, an array or a buffer of another library holds, as pandas' or numpy's; else ``None``."""
    kind = type(value)
    if is_a(value, memoryview) or (kind.__module__, kind.__name__) == ("array", "array"):
        return _tried(lambda: np.asarray(value))
    if not is_installed(kind.__module__) or hasattr(kind, "get_params"):
        return None
    for way in ("to_pandas", "__array__"):
        if callable(getattr(kind, way, None)):
            found = _tried(lambda way=way: value.to_pandas() if way == "to_pandas" else np.asarray(value))
            if found is not None:  # not so a tensor that waits for its gradient
                return found if isinstance(found, (pd.Series, pd.DataFrame)) or np.ndim(found) else None
    return None


def attributes_of(value: Any) -> dict[str, Any]:
    """Return the names that an object keeps in its ``__dict__``, whatever its class makes of that word."""
    for kind in type(value).__mro__:
        item: Any = vars(kind).get("__dict__")
        if is_a(item, _READ_FROM_TYPE):
            return dict(item.__get__(value, type(value)) or {})
    return {}


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    kind = type(value)
    found = [*attributes_of(value).items(), *_of_its_type(value)]
    yield from found
    if not _is_compiled(kind) or not all(is_a(each, _SETTINGS) for _, each in found):
        return
    if kind.__module__.partition(".")[0] in sys.stdlib_module_names:  # iterators, generators: what they refer to
        yield from (("", each) for each in gc.get_referents(value) if not is_a(each, type))
    else:
        yield from _of_state(value)


def _of_its_type(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield slots, and the attributes of compiled types that are numbers, arrays or containers of them."""
    for kind in type(value).__mro__:
        for name, item in vars(kind).items():
            if not is_a(item, _READ_FROM_TYPE) or name in _OF_PYTHON:
                continue
            try:
                found = item.__get__(value, type(value))
            except Exception:  # not set, or not of this object
                continue
            slot = is_a(item, types.MemberDescriptorType)
            if slot or is_a(found, (int, float, np.ndarray, np.number, list, tuple, dict, memoryview)):
                yield name, found


def _of_state(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the state that a compiled object would be written with; that it cannot be looked into, where it has none.

    What is written as a name or as a few bytes is a function or a setting of its library.
    """
    kind = type(value)
    closed = Opaque(f"an object of {kind.__module__}.{kind.__qualname__}")
    state = _tried(lambda: value.__reduce_ex__(2))
    if state is None:
        yield "", closed
    elif is_a(state, tuple):
        for each in _flat(state[1:3]):
            yield "", closed if is_a(each, (bytes, bytearray)) and len(each) >= _FEWEST_BYTES else each


def _flat(items: Any) -> Iterator[Any]:
    for each in items:
        if is_a(each, tuple):
            yield from _flat(each)
        else:
            yield each


def _of_memo(memo: Any) -> list[tuple[Any, Any]]:
    """Return the answers that ``functools.cache`` or ``lru_cache`` keeps, by what was asked.

    A bounded one keeps them in a ring of its own, whose questions are followed by their answers.
    """
    referents = gc.get_referents(memo)
    kept = next((each for each in referents if type(each) is dict and each is not memo.__dict__), {})
    if not any(type(each).__name__ == "_lru_list_elem" for each in kept.values()):
        return list(kept.items())
    asked, ring, pairs = {id(key) for key in kept}, iter(referents), []
    for each in ring:
        if id(each) in asked:
            pairs.append((each, next(ring)))
    return pairs


def _is_compiled(kind: type) -> bool:
    """Whether a type was made by compiled code: its instances keep no names, unless a base of theirs does."""
    return is_installed(kind.__module__) and not any("__dict__" in vars(each) for each in kind.__mro__)


def _tried(look: Any) -> Any:
    """Return what a look at an object of an installed package gives; ``None`` if it refuses."""
    try:
        with hushed():  # of a look that nobody asked for
            return look()
    except Exception:
        return None
