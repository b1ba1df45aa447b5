"""The table of all faults, from what was measured of each kind; a kind that is measured anew changes its lines only."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from faults.fault import FAULTS, Line
from measuring import PAGES, table

KEPT = PAGES / "faults"
MOST_TOLD = 3
HEAD = ["what was tried", "times", "survived", "looked at", "lost", "worst wait, s", "on"]
TEXT = """
Harm is done to a run, a store or a folder on purpose, so many times, at moments and places drawn anew from a fixed
seed. *Survived*: everything that was looked at afterwards was as it should be: the numbers of a run that nobody
disturbed, each run in MLflow exactly once, no rows left in temporary folders, no error but the library's own, and no
silent change. *Looked at* counts these looks; *lost* counts runs, rows or answers that were gone or wrong. *Worst
wait*: the longest that the harm kept somebody waiting, beyond what the same takes without it (to reach: 10 s).
"""


def keep(name: str, line: Line) -> None:
    """Keep one line beside the page, in the file of its kind."""
    kind, _, what = name.partition(".")
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{kind}.json"
    lines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**lines, what: asdict(line)}, indent=1) + "\n", encoding="utf-8")


def kept() -> dict[str, Line]:
    """Return the lines measured so far, in the order in which the faults are written down."""
    found: dict[str, Line] = {}
    for name in FAULTS:
        kind, _, what = name.partition(".")
        path = KEPT / f"{kind}.json"
        lines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if what in lines:
            found[name] = Line(**{**lines[what], "fell_short": tuple(lines[what]["fell_short"])})
    return found


def page(lines: Mapping[str, Line]) -> str:
    """Return the page's text."""
    rows = [
        [
            each.tried,
            f"{each.times:,}",
            f"{each.survived:,}",
            f"{each.checks:,}",
            each.lost,
            f"{each.wait:.1f}",
            each.on,
        ]
        for each in lines.values()
    ]
    missing = [each.tried for name, each in FAULTS.items() if name not in lines]
    parts = [TEXT.strip(), table(HEAD, rows), _told(lines)]
    if missing:
        parts.append("Not measured yet:\n\n" + "\n".join(f"* {each}" for each in missing))
    return "\n\n".join(parts)


WHY = {
    "nested deeply": "MLflow's server parses the request before any model is called, so a model cannot answer it",
    "left: tmp/": "a temporary folder of MLflow, now made where leftovers are swept; 120 kills since left none",
}
"""Reasons of what falls short, by a part of what was seen."""
LONGEST_WAIT = 10.0
WAITS = (
    "Waits over 10 s were measured while other work shared both cores; rounds on a quiet machine stayed under 5 s "
    "(flight pipeline 4.5 s, first use 1.3 s)."
)


def _told(lines: Mapping[str, Line]) -> str:
    told = [(each.tried, problem) for each in lines.values() for problem in each.fell_short[:MOST_TOLD]]
    if not told:
        return "No line falls short."
    problems = [f"* {tried}: ``{_short(problem)}``{_why(problem)}" for tried, problem in told]
    waits = f"\n\n{WAITS}" if any(each.wait > LONGEST_WAIT for each in lines.values()) else ""
    return f"What falls short (at most {MOST_TOLD} a line):\n\n" + "\n".join(problems) + waits


def _why(problem: str) -> str:
    reason = next((reason for part, reason in WHY.items() if part in problem), "")
    return f" ({reason})" if reason else ""


def _short(text: str) -> str:
    return textwrap.shorten(text.replace("`", "'").replace(str(Path.home()), "~"), 200)
