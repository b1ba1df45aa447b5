"""Data held by steps: numbers, mappings and tables that their code and configuration reach."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.leakage.agreeing import FEWEST as FEWEST_ROWS
from mlsys.leakage.digits import FEWEST_OF_RATE, digits_of, is_computed
from mlsys.leakage.explaining import SEVERAL, is_chosen_by_nobody
from mlsys.leakage.fitted_on import is_fitted
from mlsys.leakage.inside import Opaque
from mlsys.leakage.walking import Walk, is_number
from mlsys.steps import Step
from mlsys.steps.capabilities import Derives, tables_declared
from mlsys.usercode.reach import CodeWalk, now

_MAKE_NO_FEATURE = frozenset({"Source", "Select", "Label", "Split", "Report", "Sink"})
"""Kinds that make no feature: what they hold of all rows reaches no model."""
_NOT_DATA = frozenset({"lookup", *Step.__dataclass_fields__})
COUNTS_ROWS = ("n_samples_seen_", "n_samples_fit_", "n_samples_")
"""What scikit-learn's estimators call the number of rows they were fitted on."""
FEWEST_OF_A_MAPPING = 3
"""Digits of the longest number of a mapping: ordinals, points and prices in whole units are below."""


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
    value : number, Timestamp, dict, Series, DataFrame, array, Index, fitted estimator or Opaque
        The data itself; an ``Index`` of values stands for a set or a list of them.
    declared : bool
        Whether the step says that it looks things up in it.
    """

    step: str
    makes: str
    name: str
    value: Any
    declared: bool = False


def captured_values(steps: Mapping[str, Step]) -> list[Holding]:
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
    >>> [(each.makes, each.name, each.value) for each in captured_values({"Derive": step})]
    [('centred', 'middle', 71.8234)]
    """
    found: list[Holding] = []
    codes: dict[int, CodeWalk] = {}
    for name, step in steps.items():
        if step.kind in _MAKE_NO_FEATURE:
            continue
        declared = tables_declared(step)
        walks: dict[str, Walk] = {}
        seen: set[tuple[str, str, Any]] = set()
        for makes, field, root in _roots(step):
            walk = walks.setdefault(makes, Walk())
            for value, path, leaf in _leaves(field, root, walk, codes):
                same = (makes, path, leaf) if is_number(leaf) else (makes, path, id(leaf))
                if same not in seen and _is_telling(path, leaf):
                    seen.add(same)
                    told = field == "table" or any(value is each or leaf is each for each in declared)
                    found.append(Holding(name, makes, path, leaf, told))
        known = {id(each.value) for each in found}
        found += [
            Holding(name, "", f"lookup[{place}]", leaf, True)
            for place, table in enumerate(declared)
            for path, leaf in Walk().data(table, "")
            if id(leaf) not in known and _is_telling(path, leaf)
        ]
    return found


def may_come_to_hold(step: Step) -> bool:
    """Whether code of the user's is at work in a step that makes features: it may keep what it works out.

    Examples
    --------
    >>> from mlsys import Derive, Standardize
    >>> may_come_to_hold(Derive({"z": lambda frame: frame["x"] * 2})), may_come_to_hold(Standardize())
    (True, False)
    """
    if step.kind in _MAKE_NO_FEATURE:
        return False
    walk = CodeWalk(_untold)
    walk.reach(step.configuration())
    return not step.is_ours or bool(walk.functions)


def _roots(step: Step) -> Iterator[tuple[str, str, Any]]:
    """Yield the parts of a step: the column it makes, the name of the field, and the value or function."""
    derivations: Mapping[str, Any] = step.columns if isinstance(step, Derives) else {}
    for column, function in derivations.items():
        yield column, column, function
    for name, value in step.configuration().items():
        if name not in _NOT_DATA and value is not derivations:
            yield "", name, value
    if not step.is_ours:
        yield "", "", type(step)


def _leaves(field: str, root: Any, walk: Walk, codes: dict[int, CodeWalk]) -> Iterator[tuple[Any, str, Any]]:
    """Yield each value that a part of a step reaches, and the data inside it by its path.

    Functions that only the walk over values met, inside an object of a library, are parts of their own.
    """
    waiting: list[tuple[str, Any]] = [(field, root)]
    while waiting:
        for called, value in _held(*waiting.pop(), codes):
            for path, leaf in walk.data(value, called):
                yield value, path, leaf
        waiting += [(function.__name__, function) for function in walk.functions]
        walk.functions.clear()


def _held(field: str, root: Any, codes: dict[int, CodeWalk]) -> Iterator[tuple[str, Any]]:
    """Yield a value, and all values that code in it reaches, by the name that the code has for them.

    ``codes`` has what was walked over before: many steps are of one class.
    """
    yield field, root
    if id(root) not in codes:
        codes[id(root)] = CodeWalk(_untold)
        codes[id(root)].reach(root)
    for function in codes[id(root)].functions:
        yield from vars(function).items()
    for owner, name, _ in codes[id(root)].watched:
        with contextlib.suppress(KeyError, AttributeError, ValueError):  # gone since
            yield {"__defaults__": "a default", "__kwdefaults__": "a default"}.get(name, name), now(owner, name)


def _untold(_: Any) -> str:
    """Stand for a digest, which nobody reads: a walk over code that is after its values only."""
    return ""


def _is_telling(path: str, leaf: Any) -> bool:
    """Whether data can have been computed: tables always, numbers that have the digits, ids if there are many."""
    if isinstance(leaf, (pd.DataFrame, pd.Series)):
        return len(leaf) > 1
    if isinstance(leaf, (pd.Timestamp, Opaque)) or is_fitted(leaf):
        return True
    if isinstance(leaf, pd.Index):
        return len(leaf) >= FEWEST_ROWS
    if isinstance(leaf, np.ndarray):
        numbers = leaf.ravel()[:FEWEST_ROWS].tolist()
        several = sum(map(is_chosen_by_nobody, numbers)) >= SEVERAL
        return leaf.size >= FEWEST_ROWS or several or any(is_computed(each) for each in numbers)
    if isinstance(leaf, dict):
        return len(leaf) >= FEWEST_ROWS or any(digits_of(float(each)) >= FEWEST_OF_A_MAPPING for each in leaf.values())
    return digits_of(float(leaf)) >= FEWEST_OF_RATE or is_computed(leaf) or path.endswith(COUNTS_ROWS)
