"""Models of other libraries in their own file formats, by the exact name of their class.

One more library is one more file with a :class:`NativeForm` in it, and its name in ``FORMS``. None of the libraries
is imported before one of its models is there or is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsys.states.native.catboost import CATBOOST
from mlsys.states.native.form import NativeForm, class_name
from mlsys.states.native.lightgbm import LIGHTGBM, LIGHTGBM_WRAPPER
from mlsys.states.native.xgboost import XGBOOST, XGBOOST_WRAPPER

FORMS: tuple[NativeForm, ...] = (LIGHTGBM, LIGHTGBM_WRAPPER, XGBOOST, XGBOOST_WRAPPER, CATBOOST)
"""What is known, in no particular order."""
_BY_NAME: Mapping[str, NativeForm] = {name: form for form in FORMS for name in form.classes}
NATIVE_TYPES = frozenset(_BY_NAME)
"""Exact names of all classes with a form of their own."""
SUFFIXES = tuple(sorted({form.suffix for form in FORMS if form.suffix}))
"""Endings of their files."""


def form_of(value: Any) -> NativeForm | None:
    """Return the form of a value, ``None`` if its class has none; a subclass is another class.

    Examples
    --------
    >>> form_of(1.5) is None
    True
    """
    return _BY_NAME.get(class_name(value))


def form_named(name: str) -> NativeForm | None:
    """Return the form of a class by its exact name.

    Examples
    --------
    >>> form_named("lightgbm.basic.Booster").suffix, form_named("os.system")
    ('txt', None)
    """
    return _BY_NAME.get(name)


def native_content(value: Any) -> Iterator[Any]:
    """Give what to compare of a value that has a form: nothing for any other."""
    form = form_of(value)
    if form is not None:
        yield class_name(value)
        yield form.content(value)


__all__ = ["FORMS", "NATIVE_TYPES", "SUFFIXES", "NativeForm", "class_name", "form_named", "form_of", "native_content"]
