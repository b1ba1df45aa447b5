"""Flow: stages from top to bottom in shaded groups, with details on a click."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from mlsys.pages.wrapping import wrapped


@dataclass(frozen=True)
class Stage:
    """One box of a flow.

    Parameters
    ----------
    name : str
        Name of the step.
    kind : str
        Kind of the step.
    words : sequence of str
        What it does, in a few words each.
    why : str
        Why it was supplied, if it was.
    about : str
        A sentence on what it is, shown by a click.
    details : str
        Its settings, shown by a click, line by line.
    page : str
        Address of its documentation; empty if unknown.
    marked : bool
        Whether it is the split.
    parts : sequence of str
        Parts that it makes, drawn side by side below it.
    """

    name: str
    kind: str = ""
    words: Sequence[str] = ()
    why: str = ""
    about: str = ""
    details: str = ""
    page: str = ""
    marked: bool = False
    parts: Sequence[str] = ()

    def html(self) -> str:
        """Return the box."""
        say = html.escape
        words = "".join(f"<span class='chip'>{say(each)}</span>" for each in self.words)
        link = f" <a href='{say(self.page, quote=True)}'>docs</a>" if self.page else ""
        about = f"<p>{say(self.about)}</p>" if self.about else ""
        details = f"<pre>{say(self.details)}</pre>" if self.details else ""
        details = f"<details><summary>details</summary>{about}{details}</details>" if about or details else ""
        why = f"<small>{say(self.why)}</small>" if self.why else ""
        box = (
            f"<div class='stage{' marked' if self.marked else ''}'><div><b>{say(self.name)}</b> "
            f"<small>{say(self.kind)}</small>{link}</div><div>{words}</div>{why}{details}</div>"
        )
        parts = "".join(f"<span class='chip'>{say(each)}</span>" for each in self.parts)
        return box + (f"<div class='arrow' aria-hidden='true'>↓</div><div class='parts'>{parts}</div>" if parts else "")


@dataclass(frozen=True)
class Stretch:
    """Stages under one heading, on one shade.

    Parameters
    ----------
    label : str
        Heading of the group.
    stages : sequence of Stage
        From top to bottom.
    shaded : bool
        Whether its background is shaded.
    """

    label: str
    stages: Sequence[Stage]
    shaded: bool = False


@dataclass(frozen=True)
class Flow:
    """Stretches of stages from top to bottom; a terminal shows their names.

    Examples
    --------
    >>> print(Flow([Stretch("before", [Stage("Read", "Source")]), Stretch("after", [Stage("Train", "Model")])]).text())
      before         Read (Source)
      after          Train (Model)
    """

    stretches: Sequence[Stretch]

    def text(self) -> str:
        """Return a line a stretch."""
        return "\n".join(
            wrapped(
                stretch.label,
                " → ".join(f"{each.name} ({each.kind})" if each.kind else each.name for each in stretch.stages),
            )
            for stretch in self.stretches
            if stretch.stages
        )

    def html(self) -> str:
        """Return boxes with arrows between them."""
        arrow = "<div class='arrow' aria-hidden='true'>↓</div>"
        drawn = [
            f"<section class='stretch{' shaded' if stretch.shaded else ''}'>"
            f"<div class='dim'>{html.escape(stretch.label)}</div>"
            f"{arrow.join(each.html() for each in stretch.stages)}</section>"
            for stretch in self.stretches
            if stretch.stages
        ]
        return f"<div class='flow'>{arrow.join(drawn)}</div>"


@dataclass(frozen=True)
class Moments:
    """Moments on a time line.

    Parameters
    ----------
    marks : sequence of (str, str)
        A moment and what happens at it.
    before : str
        Text before the first moment.
    """

    marks: Sequence[tuple[str, str]]
    before: str = ""

    def text(self) -> str:
        """Return the moments in a line."""
        return wrapped("time", " → ".join(filter(None, [self.before, *(f"{at}: {what}" for at, what in self.marks)])))

    def html(self) -> str:
        """Return a line of time with its marks."""
        say = html.escape
        marks = "".join(
            f"<div class='mark{'' if place else ' first'}'><b>{'◆' if place == 0 else '●'} {say(at)}</b>"
            f"<small>{say(what)}</small></div>"
            for place, (at, what) in enumerate(self.marks)
        )
        before = f"<div class='mark known'><b>{say(self.before)}</b></div>" if self.before else ""
        return f"<div class='moments'>{before}{marks}</div>"
