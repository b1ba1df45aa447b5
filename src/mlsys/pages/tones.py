"""Tones: the meaning of a verdict as a sign and a colour, always shown with the words."""

from __future__ import annotations

from typing import Literal

Tone = Literal["good", "watch", "bad", "plain"]
SIGNS: dict[Tone, str] = {"good": "✓", "watch": "!", "bad": "✕", "plain": "·"}

_BAD = ("violated", "suspected", "error", "alarm", "worse", "fail", "no", "differs", "damaged", "refused", "missing",
        "hurts", "flatters", "does not beat", "page", "broken", "exceeded")  # fmt: skip
_WATCH = ("warn", "warning", "not assessed", "not told apart", "not counted", "not defined", "opened before", "waits",
          "not observed; warned", "allowed", "changed", "unsure", "not run", "season", "looks worse",
          "not enough data", "ticket")  # fmt: skip
_GOOD = ("pass", "held", "not observed", "no alarm", "better", "yes", "first look", "sealed", "equal", "helps", "sent",
         "reproduced", "agrees", "ok", "same", "best", "not worse",
         "no sign of harm")  # fmt: skip


def tone_of(words: object) -> Tone:
    """Return the tone of a verdict by the words it begins with.

    Examples
    --------
    >>> tone_of("no alarm"), tone_of("alarm: age"), tone_of("not told apart"), tone_of("12 rows")
    ('good', 'bad', 'watch', 'plain')
    """
    said = str(words).casefold()
    found = max((each for each in _TONES if _begins(said, each)), key=len, default="")
    return _TONES.get(found, "plain")


def _begins(said: str, words: str) -> bool:
    return said.startswith(words) and not said[len(words) : len(words) + 1].isalnum()


_TONES: dict[str, Tone] = {
    **dict.fromkeys(_BAD, "bad"),
    **dict.fromkeys(_WATCH, "watch"),
    **dict.fromkeys(_GOOD, "good"),
}
