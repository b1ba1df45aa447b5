"""What was measured, kept case by case so that a long measurement can be taken in pieces."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from leakbench.asking import as_plain, ask, of_plain
from leakbench.case import Case
from leakbench.score import Score

FIRST = Path(__file__).with_name("first.json")
"""The first measurement of every case, before a detector was written that should see it."""


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


def first() -> Mapping[str, Noted]:
    """Return the first measurement."""
    found: dict[str, Noted] = json.loads(FIRST.read_text(encoding="utf-8"))["cases"]
    return found


def write_first(scores: Sequence[Score], of: str) -> None:
    """Keep a first measurement of the cases that have none yet; those that have one keep it."""
    before = json.loads(FIRST.read_text(encoding="utf-8")) if FIRST.exists() else {"measured": {}, "cases": {}}
    new = {name: each for name, each in noted(scores).items() if name not in before["cases"]}
    told = {"measured": {**before["measured"], of: len(new)}, "cases": {**before["cases"], **new}}
    FIRST.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
