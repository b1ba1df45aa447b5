"""What steps hold of their own: numbers, mappings and tables that their code and configuration reach."""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.cache.code import CodeWalk, now
from mlsys.leakage.digits import FEWEST_OF_RATE, digits_of, is_computed
from mlsys.leakage.fitted_on import is_fitted
from mlsys.leakage.held_rows import FEWEST as FEWEST_ROWS
from mlsys.states.code import installed
from mlsys.steps import Label, Report, Select, Sink, Source, Split, Step

_MAY_SEE_ALL = (Source, Select, Label, Split, Report, Sink)
"""Kinds that make no feature: what they hold of all rows reaches no model."""
_NOT_DATA = frozenset({"lookup", *Step.__dataclass_fields__})
_LARGE = (pd.DataFrame, pd.Series, dict, np.ndarray)
COUNTS_ROWS = ("n_samples_seen_", "n_samples_fit_", "n_samples_")
"""What scikit-learn's estimators call the number of rows they were fitted on."""
DEEPEST = 8
"""Levels of containers and objects that are looked into."""
FEWEST_OF_A_MAPPING = 3
"""Digits of the longest number of a mapping: ordinals, points and prices in whole units are below."""
MOST_ITEMS = 1_000
"""Of one container of objects; numbers, tables and mappings of numbers count as one whatever their length."""


@dataclass(frozen=True)
class Holding:
    """Data that a step holds.

    Parameters
    ----------
    step : str
        Name of the step.
    makes : str
        The column that the function which holds it makes; empty where it makes several.
    name : str
        What the code calls it, such as ``"rates"`` or ``"scaler.mean_"``.
    value : number, dict, Series, DataFrame, array or fitted estimator
        The data itself.
    declared : bool
        Whether the step says that it looks things up in it.
    """

    step: str
    makes: str
    name: str
    value: Any
    declared: bool = False


def holdings(steps: Mapping[str, Step]) -> list[Holding]:
    """Return the data that steps hold in closures, globals, defaults, class attributes, objects and configuration.

    Parameters
    ----------
    steps : mapping of str to Step
        By name; kinds that make no feature are left out.

    Examples
    --------
    >>> from mlsys import Derive
    >>> middle = 71.8234
    >>> step = Derive({"centred": lambda frame: frame["x"] - middle})
    >>> [(each.makes, each.name, each.value) for each in holdings({"Derive": step})]
    [('centred', 'middle', 71.8234)]
    """
    found: list[Holding] = []
    for name, step in steps.items():
        if isinstance(step, _MAY_SEE_ALL):
            continue
        declared = tuple(getattr(step, "lookup", ()))
        seen: set[tuple[str, Any]] = set()
        for makes, field, root in _roots(step):
            for called, value in _held(field, root):
                for path, leaf in _data(value, called, DEEPEST):
                    same = (makes, id(leaf) if isinstance(leaf, _LARGE) or is_fitted(leaf) else (path, leaf))
                    if same not in seen and _is_telling(path, leaf):
                        seen.add(same)
                        told = field == "table" or any(value is each or leaf is each for each in declared)
                        found.append(Holding(name, makes, path, leaf, told))
        known = {id(each.value) for each in found}
        found += [
            Holding(name, "", f"lookup[{place}]", leaf, True)
            for place, table in enumerate(declared)
            for path, leaf in _data(table, "", DEEPEST)
            if id(leaf) not in known and _is_telling(path, leaf)
        ]
    return found


def _roots(step: Step) -> Iterator[tuple[str, str, Any]]:
    """Yield what a step is made of: the column it makes, the name of the field, and the value or function."""
    derivations: Mapping[str, Any] = getattr(step, "columns", {}) if hasattr(step, "derivations") else {}
    for column, function in derivations.items():
        yield column, column, function
    for name, value in step.configuration().items():
        if name not in _NOT_DATA and value is not derivations:
            yield "", name, value
    if not step.is_ours:
        yield "", "", type(step)


def _held(field: str, root: Any) -> Iterator[tuple[str, Any]]:
    """Yield a value, and all values that code in it reaches, by the name that the code has for them."""
    yield field, root
    walk = CodeWalk()
    walk.reach(root)
    for owner, name, _ in walk.watched:
        with contextlib.suppress(KeyError, AttributeError, ValueError):  # gone since
            yield {"__defaults__": "a default", "__kwdefaults__": "a default"}.get(name, name), now(owner, name)


def _data(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield the numbers, mappings of numbers, arrays and tables inside a value."""
    if depth <= 0 or isinstance(value, (str, bytes, bool, np.bool_, type, types.FunctionType, types.ModuleType)):
        return
    if isinstance(value, (int, float, np.number, pd.Series, pd.DataFrame)):
        yield path, value
    elif isinstance(value, np.ndarray):
        if value.dtype.kind in "iuf" and value.size:
            yield path, value if value.ndim else value.item()
    elif isinstance(value, Mapping):
        numbers = {key: each for key, each in value.items() if _is_number(each)}
        if numbers:
            yield path, numbers
        yield from _inside(((f"{path}[{key!r}]", value[key]) for key in value if key not in numbers), depth)
    elif isinstance(value, (list, tuple, set, frozenset)):
        if len(value) > 1 and all(map(_is_number, value)):
            yield path, np.array(list(value), dtype=np.float64)
        else:
            yield from _inside(
                ((f"{path}[{place}]" if len(value) > 1 else path, e) for place, e in enumerate(value)), depth
            )
    else:
        if is_fitted(value):
            yield path, value
        yield from _inside(((f"{path}.{name}".strip("."), each) for name, each in _attributes(value)), depth)


def _inside(pairs: Iterator[tuple[str, Any]], depth: int) -> Iterator[tuple[str, Any]]:
    for number, (path, each) in enumerate(pairs):
        if number >= MOST_ITEMS:
            return
        yield from _data(each, path, depth - 1)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object of the user's, an estimator, a bound function or a grouped table holds."""
    kind = type(value)
    if isinstance(value, types.MethodType):
        yield "", value.__self__
    elif isinstance(value, functools.partial):
        yield from (("", value.func), *((str(place), each) for place, each in enumerate(value.args)))
        yield from value.keywords.items()
    elif isinstance(value, pd.api.typing.Expression):
        yield from (("", cell.cell_contents) for cell in vars(value)["_func"].__closure__ or ())
    elif isinstance(value, pd.api.typing.DataFrameGroupBy | pd.api.typing.SeriesGroupBy | pd.api.typing.Rolling):
        yield "", value.obj
    elif hasattr(kind, "get_params") or not installed(kind.__module__):
        slots = getattr(kind, "__slots__", ())
        yield from getattr(value, "__dict__", {}).items()
        yield from ((name, getattr(value, name)) for name in slots if isinstance(name, str) and hasattr(value, name))


def _is_telling(path: str, leaf: Any) -> bool:
    """Whether data can have been computed: tables always, numbers that have the digits."""
    if isinstance(leaf, (pd.DataFrame, pd.Series)):
        return len(leaf) > 1
    if is_fitted(leaf):
        return True
    if isinstance(leaf, np.ndarray):
        return len(leaf) >= FEWEST_ROWS or any(is_computed(float(each)) for each in leaf.ravel())
    if isinstance(leaf, dict):
        return any(digits_of(float(each)) >= FEWEST_OF_A_MAPPING for each in leaf.values())
    return digits_of(float(leaf)) >= FEWEST_OF_RATE or is_computed(leaf) or path.endswith(COUNTS_ROWS)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))
