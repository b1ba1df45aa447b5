"""Summaries of the page: by half, by family, by what the docs claim; the first measurement beside the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leakbench.halves import HALVES, half
from leakbench.measured import Noted, first
from leakbench.score import Score
from measuring import table

COLUMNS = ["leaks", "caught at first", "caught", "named", "hint", "missed", "twins accused at first", "twins accused"]
CAUGHT = ("right", "step not named", "column not named")
CLAIMS = ("claimed", "not stated", "documented as missed")


def share(found: Iterable[bool | None]) -> str:
    """Return how many of those that are asked for are right."""
    asked = [each for each in found if each is not None]
    return f"{sum(asked)} of {len(asked)}" if asked else "none asked"


def halves(scores: Sequence[Score]) -> str:
    """Return the table of the halves, and of all."""
    rows = [_row(name, _of_half(scores, name)) for name in HALVES]
    return table(["cases", *COLUMNS], [*rows, _row("**all**", scores)])


def families(scores: Sequence[Score], name: str) -> str:
    """Return the table of a half by family."""
    here = _of_half(scores, name)
    found = {each.case.family for each in here}
    order = [family for family in dict.fromkeys(each.case.family for each in scores) if family in found]
    rows = [_row(family, [each for each in here if each.case.family == family]) for family in order]
    return table(["family", *COLUMNS], [*rows, _row("**all**", here)])


def claims(scores: Sequence[Score]) -> str:
    """Return the table of what the docs claim, of the second round."""
    rows = []
    for claim in CLAIMS:
        for name in ("tuned", "held"):
            here = [each for each in _of_half(scores, name) if each.case.claim == claim]
            rows.append(_row(f"{claim}, {name}", here))
    return table(["docs", *COLUMNS], rows)


def _of_half(scores: Sequence[Score], name: str) -> list[Score]:
    return [each for each in scores if half(each.case.name) == name]


def _row(name: str, scores: Sequence[Score]) -> list[str]:
    before = [first().get(each.case.name) for each in scores]
    hints = sum(not each.caught and bool(each.hint) for each in scores)
    return [
        name,
        str(len(scores)),
        share(_caught(each) for each in before),
        share(each.caught for each in scores),
        share(each.named for each in scores),
        str(hints),
        str(sum(not each.caught for each in scores) - hints),
        share(each["accused"] if each else None for each in before),
        share(bool(each.accused) for each in scores),
    ]


def _caught(noted: Noted | None) -> bool | None:
    return noted["said"] in CAUGHT if noted else None
