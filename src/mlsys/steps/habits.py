"""Habits from other libraries that do not work in a step, each with a message of its own."""

from __future__ import annotations

from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.steps.forms import check_forms
from mlsys.steps.learns import check_both

_OTHER_NAMES = {
    "transform": "apply",
    "fit": "learn",
    "fit_transform": "learn and apply",
    "predict_proba": "predict",
    "fit_resample": "change",
    "partial_fit": "learn_part",
}


def check_habits(cls: type[Any]) -> None:
    """Raise for an own ``__init__``, a public method used as a hook, a default without annotation, a missing hook.

    ``save`` and ``load`` count as one hook.
    """
    where = f"class {cls.__name__}({cls.kind or 'Step'})"
    if "__init__" in cls.__dict__:
        raise ConfigurationError(
            f"{where} writes its own __init__",
            "declare the arguments as annotated fields instead, for example `quantile: float = 0.99`",
        )
    for wrong, right in _OTHER_NAMES.items():
        if wrong in cls.__dict__ and wrong not in cls.hooks and cls.__module__.split(".")[0] != "mlsys":
            raise ConfigurationError(
                f"{where} defines {wrong}(), which users call and steps never override",
                f"write the hook {right}() instead; hooks of {cls.kind} are {', '.join(cls.hooks)}",
            )
    annotated = set().union(*(vars(base).get("__annotations__", {}) for base in cls.__mro__))
    for attribute, value in cls.__dict__.items():
        if attribute.startswith("_") or attribute in annotated or _is_behaviour(value):
            continue
        raise ConfigurationError(
            f"{where} gives {attribute!r} a default but no annotation, so it would not become a field",
            f"write `{attribute}: {type(value).__name__} = {value!r}`, or `{attribute}: ClassVar[...] = ...`",
        )
    check_forms(cls, where)
    missing = [" or ".join(choice.split("|")) for choice in cls.required_hooks if not _has(cls, choice)]
    if missing:
        raise ConfigurationError(
            f"{where} lacks the hook {' and '.join(missing)}", f"a {cls.kind} writes {', '.join(cls.hooks)}"
        )
    check_both(cls, where)


def _has(cls: type[Any], choice: str) -> bool:
    """Whether one of ``a|b`` is written by the class or a parent that is not a bare kind."""
    for base in cls.__mro__:
        if "required_hooks" in vars(base):
            return False
        if any(hook in vars(base) for hook in choice.split("|")):
            return True
    return False


def _is_behaviour(value: Any) -> bool:
    return callable(value) or isinstance(value, (property, classmethod, staticmethod)) or hasattr(value, "__get__")
