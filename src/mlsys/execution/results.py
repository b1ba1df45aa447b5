"""A report's result as plain data, so that it can be kept, and back."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mlsys.errors import DataError, Finding
from mlsys.steps import Result

_OURS = "mlsys."


def result_state(result: Any, step: str) -> Any:
    """Return a result as plain data; one whose picture cannot be found again by name is returned as it is."""
    if not isinstance(result, Result):
        raise DataError(
            f"report() of {step} returned {type(result).__name__}, not a Result", "return Result(name, table)"
        )
    draw = result.draw
    if draw is not None and (not draw.__module__.startswith(_OURS) or "<" in draw.__qualname__):
        return result
    return {
        "name": result.name,
        "table": result.table,
        "scalars": dict(result.scalars),
        "verdict": result.verdict,
        "summary": result.summary,
        "tables": dict(result.tables),
        "findings": [asdict(finding) for finding in result.findings],
        "facts": dict(result.facts),
        "draw": None if draw is None else f"{draw.__module__}:{draw.__qualname__}",
    }


def result_of(state: Any) -> Result:
    """Return the result that :func:`result_state` took apart."""
    if isinstance(state, Result):
        return state
    fields: Mapping[str, Any] = state
    findings = [Finding(**each) for each in fields["findings"]]
    return Result(**{**fields, "findings": findings, "draw": _found(fields["draw"])})


def _found(reference: str | None) -> Any:
    if reference is None or not reference.startswith(_OURS):
        return None
    module, name = reference.split(":")
    return getattr(importlib.import_module(module), name)
