"""What was measured, kept case by case so that a long measurement can be taken in pieces."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from leakbench.asking import as_plain, ask, of_plain
from leakbench.case import Case
from leakbench.halves import half
from leakbench.score import Score

FIRST = Path(__file__).with_name("first.json")
"""The first measurement of every case of the second round, before a detector was written that should see it."""


LAST = FIRST.with_name("last.json")
"""The measurement of the page."""


class Noted(TypedDict):
    """What is noted of a case for good."""

    said: str
    accused: bool


def scored(case: Case, folder: Path) -> Score:
    """Return the score of a case: from the folder where it was asked before, else asked now and kept there."""
    kept = folder / f"{case.name}.json"
    if kept.exists():
        found = json.loads(kept.read_text(encoding="utf-8"))
        return Score(case, of_plain(found["leaky"]), of_plain(found["clean"]))
    score = Score(case, ask(case.leaky()), ask(case.clean()))
    folder.mkdir(parents=True, exist_ok=True)
    found = {"leaky": as_plain(score.leaky), "clean": as_plain(score.clean)}
    kept.write_text(json.dumps(found), encoding="utf-8")
    _tell(score)
    return score


def _tell(score: Score) -> None:
    case, expected = score.case, score.case.expected.layers
    print(f"{case.name}: {score.verdict}, seen by {score.seen_by} of {expected}", file=sys.stderr, flush=True)
    for text in score.accused:
        print(f"    twin accused: {text.splitlines()[0][:200]}", file=sys.stderr)


def noted(scores: Sequence[Score]) -> dict[str, Noted]:
    """Return what is noted of each case."""
    return {score.case.name: {"said": score.verdict, "accused": bool(score.accused)} for score in scores}


def first() -> dict[str, Noted]:
    """Return the first measurement."""
    return _read(FIRST)


def last() -> dict[str, Noted]:
    """Return the last measurement."""
    return _read(LAST)


def write(scores: Sequence[Score]) -> None:
    """Keep a measurement; of cases of the second round that have none yet, as the first one too."""
    new = noted(scores)
    _write(FIRST, {**{name: each for name, each in new.items() if half(name) != "first round"}, **_read(FIRST)})
    _write(LAST, new)


def _read(path: Path) -> dict[str, Noted]:
    found: dict[str, Noted] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _write(path: Path, noted: Mapping[str, Noted]) -> None:
    path.write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
