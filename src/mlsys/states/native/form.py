"""What a native form is: plain facts, a file in the library's own format, and the way back."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NativeForm:
    """How models of one library are stored.

    Parameters
    ----------
    classes : tuple of str
        Exact names of the classes, with their module.
    suffix : str
        Ending of the file in the library's own format; empty where there is none.
    write : callable
        Takes the model and returns plain facts about it, and the file's content (``None`` without a file).
        Facts may hold models that have a form themselves.
    read : callable
        Takes the class, the facts and the content, and returns the model.
    content : callable
        Takes the model and returns what to compare: equal after a reload and after a refit, whatever the number of
        threads.
    """

    classes: tuple[str, ...]
    suffix: str
    write: Callable[[Any], tuple[dict[str, Any], bytes | None]]
    read: Callable[[type, dict[str, Any], bytes], Any]
    content: Callable[[Any], Any]


def class_name(value: Any) -> str:
    """Return the exact name of a value's class.

    Examples
    --------
    >>> class_name(1.5)
    'builtins.float'
    """
    return f"{type(value).__module__}.{type(value).__qualname__}"


def class_named(name: str) -> type:
    """Return a class by its exact name; only for names on the list of forms."""
    module, _, attribute = name.rpartition(".")
    found: type = getattr(importlib.import_module(module), attribute)
    return found


def plain(value: Any) -> Any:
    """Return mappings of any kind as dictionaries: how a library keeps its losses is no part of a model.

    Examples
    --------
    >>> from collections import OrderedDict
    >>> plain({"valid": OrderedDict(auc=[0.5])})
    {'valid': {'auc': [0.5]}}
    """
    return {key: plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def attributes(model: Any) -> dict[str, Any]:
    """Return what a wrapper with scikit-learn's interface holds: parameters and what fitting added."""
    return {name: plain(value) for name, value in vars(model).items()}


def wrapper(classes: tuple[str, ...], read_attributes: Callable[[dict[str, Any]], dict[str, Any]]) -> NativeForm:
    """Return the form of wrappers around a booster: their attributes, the booster among them.

    Parameters
    ----------
    classes : tuple of str
        Exact names.
    read_attributes : callable
        Gives the stored attributes the types that the library expects.
    """

    def read(kind: type, facts: dict[str, Any], _: bytes) -> Any:
        model: Any = object.__new__(kind)
        vars(model).update(read_attributes(facts))
        return model

    def content(model: Any) -> Any:
        return {name: value for name, value in attributes(model).items() if name not in {"n_jobs", "verbose"}}

    return NativeForm(classes, "", lambda model: (attributes(model), None), read, content)
