"""What keeps a step from leaving this process with a model: code that cannot travel, fields that hold a secret."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from typing import Any

from mlsys.errors import NotPortableError
from mlsys.secrets import holds_secret
from mlsys.steps.base import Step
from mlsys.steps.capabilities import LooksUp
from mlsys.usercode.packing import CodeBundle


def not_portable(step: Step) -> list[str]:
    """Return what would keep a model from being saved if it needs this step: one sentence each."""
    problems = secrets_of(step)
    for thing in (type(step), *_callables(step.configuration().values())):
        try:
            CodeBundle().reference(thing)
        except NotPortableError as error:
            problems.append(error.problem)
    return [f"a model that needs this is withheld: {problem}" for problem in problems]


def secrets_of(step: Step) -> list[str]:
    """Return for each field that holds a secret one sentence; a table that travels as rows has no address."""
    own = "table" if isinstance(step, LooksUp) else ""
    fields = [name for name, value in step.configuration().items() if name != own and holds_secret(value)]
    return [
        f"its {name}= holds a secret, or an address with a user or a query, which is never written" for name in fields
    ]


def _callables(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (types.FunctionType, type)):
            yield value
        elif isinstance(value, dict):
            yield from _callables(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _callables(value)
