"""Lines of a terminal: a label, and a sentence that is broken between words."""

from __future__ import annotations

import textwrap

WIDTH = 120
LABEL = 14


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
