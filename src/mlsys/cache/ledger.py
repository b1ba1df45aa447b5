"""Comparing two ledgers: which steps came out otherwise, and what each of them depended on that is another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlsys.cache.report import reason

Line = Mapping[str, Any]

SAME, DIFFERS, ADDED, REMOVED = "same", "differs", "added", "removed"
_CAUSES = {
    "code": "code", "configuration": "configuration", "version": "code", "packages": "package", "files": "data",
    "edition": "data",
}  # fmt: skip
_OF_OTHERS = {"seed": "seed", "threads": "setting", "check": "setting", "roles": "configuration"}
_OWN = frozenset({"state", "columns"})
_FOLDS = "folds"


@dataclass(frozen=True)
class Difference:
    """One step in two runs.

    Parameters
    ----------
    step : str
        Its name; ``"data"`` for rows that were given.
    outcome : {"same", "differs", "added", "removed"}
        What it made, compared by content.
    causes : tuple of str
        What is another: ``code``, ``configuration``, ``package``, ``data``, ``seed``, ``setting``, ``input``; ``none``
        where nothing that is recorded is, so that the step itself is not deterministic.
    why : str
        The same in words, with names.
    """

    step: str
    outcome: str
    causes: tuple[str, ...] = ()
    why: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the step itself is another, rather than only what it was given."""
        return bool(set(self.causes) - {"input"}) or self.outcome in {ADDED, REMOVED}


def differences(before: Sequence[Line], now: Sequence[Line]) -> list[Difference]:
    """Return one difference a step, in the order of the later run; removed steps where they stood.

    Examples
    --------
    >>> old = {"step": "a", "purpose": "", "code": {"f()": "1"}, "tables": {"all": {"x": "1"}}, "states": {}}
    >>> differences([old], [{**old, "code": {"f()": "2"}, "tables": {"all": {"x": "2"}}}])
    [Difference(step='a', outcome='differs', causes=('code',), why='code of f() changed')]
    """
    earlier, later = _by_step(before), _by_step(now)
    order, above = list(later), ""
    for name in earlier:
        if name not in later:
            order.insert(order.index(above) + 1 if above else 0, name)
        above = name
    return [
        _of_step(name, earlier.get(name), later[name]) if name in later else Difference(name, REMOVED) for name in order
    ]


def _by_step(ledger: Sequence[Line]) -> dict[str, dict[str, Line]]:
    """Return lines by step and purpose; judging by folds is put behind the steps that it repeats."""
    steps: dict[str, dict[str, Line]] = {}
    for line in ledger:
        steps.setdefault(line["step"], {})[line["purpose"]] = line
    learned = [name for name, lines in steps.items() if any(purpose.startswith("learn") for purpose in lines)]
    if _FOLDS not in steps or not learned:
        return steps
    order = [name for name in steps if name != _FOLDS]
    order.insert(order.index(learned[-1]) + 1, _FOLDS)
    return {name: steps[name] for name in order}


def _of_step(name: str, before: Mapping[str, Line] | None, now: Mapping[str, Line]) -> Difference:
    if before is None:
        return Difference(name, ADDED)
    pairs = [(before[purpose], now[purpose]) for purpose in now if purpose in before]
    if any(line["states"] for line in now.values()):
        pairs = [(_without_own(one), _without_own(other)) for one, other in pairs]
    causes = list(dict.fromkeys(cause for one, other in pairs for cause in _causes(one, other)))
    sentences = [
        sentence for one, other in pairs for words in _words(name, one, other) for sentence in words.split("; ")
    ]
    if set(before) != set(now):  # asked of other parts, or with other work of its own
        given = name == "data"
        causes = causes or ["data" if given else "input"]
        sentences = sentences or ["different parts were given" if given else "different work was requested"]
    words = "; ".join(dict.fromkeys(sentences))
    alike = all(one.get("tables") == other["tables"] and one.get("states") == other["states"] for one, other in pairs)
    if alike and set(before) == set(now):
        return Difference(name, SAME, tuple(causes), words)
    return Difference(name, DIFFERS, tuple(causes) or ("none",), words or "nothing recorded that it depends on")


def _without_own(line: Line) -> Line:
    """Return a line without what the step handed itself: what it learned is no input from another step."""
    return {**line, "other": {name: each for name, each in line.get("other", {}).items() if name not in _OWN}}


def _causes(before: Line, now: Line) -> list[str]:
    found = [cause for part, cause in _CAUSES.items() if _content(part, before) != _content(part, now)]
    if "code" in found and "configuration" in found and before.get("code") != now.get("code"):
        found.remove("configuration")  # functions are part of it
    one, other = before.get("other", {}), now.get("other", {})
    for name in dict.fromkeys([*other, *one]):
        if one.get(name) != other.get(name):
            found.append(_OF_OTHERS.get(name, "input"))
    if before.get("input") != now.get("input"):
        found.append("input")
    if now["step"] == "data" and before.get("tables") != now["tables"]:
        found.append("data")
    return found


def _content(part: str, line: Line) -> Any:
    """Return what counts of a part: of files what they hold, not where they lie."""
    return list(line.get(part, {}).values()) if part == "files" else line.get(part)


def _words(name: str, before: Line, now: Line) -> list[str]:
    if name == "data":
        return ["different rows were given"] if before.get("tables") != now["tables"] else []
    if not _causes(before, now):
        return []
    return [reason(_comparable(before), _comparable(now))]


def _comparable(line: Line) -> dict[str, Any]:
    """Return a line as :func:`reason` takes it; states that were handed on count as input."""
    other = {name: value for name, value in line.get("other", {}).items() if name in _OF_OTHERS}
    handed = {name: value for name, value in line.get("other", {}).items() if name not in _OF_OTHERS}
    inputs = {key: {"": value} for key, value in {**line.get("input", {}), **handed}.items()}
    empty: dict[str, Any] = {"code": {}, "packages": {}, "files": {}, "configuration": ""}
    return {**empty, **line, "other": other, "input": inputs}
