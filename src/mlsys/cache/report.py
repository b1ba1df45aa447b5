"""CacheReport: which steps were done again, which were not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mlsys.steps import Step

_HIT, _RAN, _NOT = "hit", "ran", "not cached"
_MOST_NAMED = 3
_OF_THE_RUN = frozenset({"roles", "choice of features", "seed", "threads"})
"""What work depends on beside code, configuration and input; anything else came from a step before."""


@dataclass
class _Line:
    outcome: str = ""
    why: str = ""
    seconds: float = 0.0
    saved: float = 0.0


@dataclass
class CacheReport:
    """What became of each step of a run.

    Parameters
    ----------
    steps : dict of str to Step
        Steps of the run, in order.
    notes : dict of str to tuple of str
        What a fingerprint could not look into, by step.
    """

    steps: dict[str, Step]
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _lines: dict[str, _Line] = field(default_factory=dict)

    def continued(self, steps: Mapping[str, Step]) -> CacheReport:
        """Return a report that goes on from here, for a pipeline that shares the first steps."""
        return CacheReport(dict(steps), _lines=dict(self._lines))

    def hit(self, step: str, seconds: float, made_again: bool) -> None:
        """Note that earlier work was used; ``seconds`` is what it took then."""
        line = self._lines.setdefault(step, _Line())
        line.saved += seconds
        if not line.outcome or line.why.startswith("its rows are read"):
            line.outcome = _HIT
            line.why = "unchanged; recomputed when its rows are needed" if made_again else "unchanged"

    def ran(self, step: str, seconds: float, why: str, not_kept: str = "") -> None:
        """Note that work was done, why, and why it was not kept."""
        line = self._lines.setdefault(step, _Line())
        line.seconds += seconds
        if line.outcome not in {_RAN, _NOT} or line.why.startswith("its rows are read"):
            line.outcome, line.why = _RAN, why
        if not_kept and line.outcome != _NOT:
            line.outcome, line.why = _NOT, not_kept

    def read_when_needed(self, step: str) -> None:
        """Note rows larger than memory, which are not kept; what is learned from them is."""
        line = self._lines.setdefault(step, _Line())
        if not line.outcome:
            line.outcome, line.why = _NOT, "its rows are read when needed; what is learned from them is stored"

    def not_cached(self, step: str, seconds: float, why: str) -> None:
        """Note that work was done and can never be kept."""
        line = self._lines.setdefault(step, _Line())
        line.outcome, line.why = _NOT, why
        line.seconds += seconds

    def done(self, step: str) -> None:
        """Note a step that is always done: a sink."""
        self._lines[step] = _Line(_NOT, "writes outside, so it runs every time")

    def table(self) -> pd.DataFrame:
        """Return one row a step: step, outcome, why, seconds, seconds saved."""
        order = [
            *(name for name in self.steps if name in self._lines),
            *(n for n in self._lines if n not in self.steps),
        ]
        rows = [
            {
                "step": name,
                "outcome": self._lines[name].outcome,
                "why": self._lines[name].why,
                "seconds": self._lines[name].seconds,
                "seconds saved": self._lines[name].saved,
            }
            for name in order
        ]
        table = pd.DataFrame(rows, columns=["step", "outcome", "why", "seconds", "seconds saved"])
        table.attrs["notes"] = [f"{name}: {note}" for name, notes in self.notes.items() for note in notes]
        return table


def reason(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> str:
    """Say in a few words why work has to be done: what differs from the last time.

    Examples
    --------
    >>> reason(None, {})
    'not run before'
    >>> old = {"code": {"clean()": "1"}, "packages": {}, "files": {}, "input": {}, "other": {}, "configuration": "c"}
    >>> reason(old, {**old, "code": {"clean()": "2"}})
    'code of clean() changed'
    """
    if before is None:
        return "not run before"
    found = []
    code = _differing(before.get("code", {}), now["code"])
    if code:
        found.append(f"code of {_listed(code)} changed")
    packages = _differing(before.get("packages", {}), now["packages"])
    if packages:
        found.append(f"version of {_listed(packages)} changed")
    files = _differing(before.get("files", {}), now["files"])
    if files:
        found.append(f"content of {_listed(files)} changed")
    if before.get("edition") != now.get("edition"):
        found.append("edition() changed")
    if before.get("version") != now.get("version"):
        found.append("version= changed")
    if before.get("configuration") != now["configuration"] and not code:
        found.append("configuration changed")
    other = _differing(before.get("other", {}), now["other"])
    own = [name for name in other if name in _OF_THE_RUN]
    if own:
        found.append(f"{_listed(own)} changed")
    inputs = _input(before.get("input", {}), now["input"]) or ("its input changed" if len(own) < len(other) else "")
    if inputs:
        found.append(inputs)
    return "; ".join(found) or "its result was removed from the cache"


def _input(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    for name in now:
        one, other = before.get(name), now[name]
        if one == other:
            continue
        columns = [column for column in _differing(one or {}, other) if column]
        described = [column for column in other if column not in {"", "row ids"}]
        if one and described and len(columns) < len(other) - 1:
            return f"its input changed ({_listed(columns or ['order of columns'])})"
        return "its input changed"
    return ""


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [name for name in dict.fromkeys([*now, *before]) if before.get(name) != now.get(name)]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
