"""A report's result as plain data, so that it can be kept, and back."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from mlsys.errors import DataError, Finding
from mlsys.steps import Result
from mlsys.steps.result import NOT_STORED

_OURS = "mlsys."


def result_state(result: Any, step: str) -> Any:
    """Return a result as plain data.

    One whose class or picture cannot be found again by name is returned as it is.
    """
    if not isinstance(result, Result):
        raise DataError(
            f"report() of {step} returned {type(result).__name__}, not a Result", "return Result(name, table)"
        )
    draw, kind = result.draw, type(result)
    if not _can_be_found(kind) or (draw is not None and not _can_be_found(draw)):
        return result
    plain = {each.name: getattr(result, each.name) for each in fields(result) if each.metadata != NOT_STORED}
    return {
        **{name: _plain(value, step) for name, value in plain.items()},
        "findings": [asdict(finding) for finding in result.findings],
        "draw": None if draw is None else _reference(draw),
        "type": _reference(kind),
    }


def result_of(state: Any) -> Result:
    """Return the result that :func:`result_state` took apart."""
    if isinstance(state, Result):
        return state
    given: dict[str, Any] = dict(state)
    kind, findings = _found(given.pop("type")), [Finding(**each) for each in given["findings"]]
    inside = {name: _results(value) for name, value in given.items() if _holds_results(value)}
    made: Result = kind(**{**given, **inside, "findings": findings, "draw": given["draw"] and _found(given["draw"])})
    return made


def with_result(results: Mapping[str, Result], result: Result) -> dict[str, Result]:
    """Return results with one more under its name, numbered if the name is taken."""
    name, number = result.name, 2
    while name in results:
        name, number = f"{result.name}-{number}", number + 1
    return {**results, name: result}


def _plain(value: Any, step: str) -> Any:
    """Return a field as plain data: a mapping may hold results, such as those of several targets."""
    if not isinstance(value, Mapping):
        return value
    return {name: result_state(each, step) if isinstance(each, Result) else each for name, each in value.items()}


def _holds_results(value: Any) -> bool:
    """Whether a field held results before it was made plain data."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(each, Mapping) and {"type", "draw", "findings"} <= set(each) for each in value.values())
    )


def _results(value: Mapping[str, Any]) -> dict[str, Result]:
    return {name: result_of(each) for name, each in value.items()}


def _can_be_found(thing: Any) -> bool:
    return thing.__module__.startswith(_OURS) and "<" not in thing.__qualname__


def _reference(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def _found(reference: str) -> Any:
    module, name = reference.split(":")
    return getattr(importlib.import_module(module), name) if module.startswith(_OURS) else None
