"""Lines of a terminal: a label, and a sentence that is broken between words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 120
LABEL = 14
NARROWEST = 30
"""Characters that the last column of a table is left with at least, however wide the others are."""


def wrapped(label: str, sentence: str) -> str:
    """Return a labelled sentence in as many lines as it takes; words are never cut.

    Examples
    --------
    >>> wrapped("rows", "train 600, validation 200")
    '  rows           train 600, validation 200'
    """
    first, later = f"  {label:<{LABEL}} ", " " * (LABEL + 3)
    lines = textwrap.wrap(
        sentence, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines or [first.rstrip()])


def in_columns(rows: Sequence[Sequence[str]], to_right: Sequence[bool]) -> list[str]:
    """Return rows as lines in columns; sentences in the last column are broken between words.

    Examples
    --------
    >>> in_columns([["step", "rows"], ["Read", "12"]], [False, True])
    ['  step  rows', '  Read    12']
    """
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    before = 2 + sum(wide[:-1]) + 2 * (len(wide) - 1)
    room = max(NARROWEST, WIDTH - before)
    lines = []
    for row in rows:
        first = [text.rjust(size) if right else text.ljust(size)
                 for text, size, right in zip(row[:-1], wide, to_right, strict=False)]  # fmt: skip
        last = row[-1].rjust(wide[-1]) if to_right[-1] else row[-1]
        broken = [last] if to_right[-1] else textwrap.wrap(last, room, break_long_words=False, break_on_hyphens=False)
        lines.append(("  " + "  ".join([*first, *broken[:1]])).rstrip())
        lines += [" " * before + each for each in broken[1:]]
    return lines
