"""Page: blocks in order, as text and as HTML that stands alone."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mlsys.completion import Listed
from mlsys.pages.blocks import Block
from mlsys.pages.style import style
from mlsys.secrets import hidden


@dataclass(frozen=True)
class Page:
    """The display of an object.

    Parameters
    ----------
    blocks : sequence of Block
        In the order in which they are read.

    Examples
    --------
    >>> from mlsys.pages import Lines, Title
    >>> print(Page([Title("late flights"), Lines([("rows", "train 600")])]).text())
    late flights
      rows           train 600
    """

    blocks: Sequence[Block]

    def text(self) -> str:
        """Return the page for a terminal."""
        return hidden("\n".join(text for text in (block.text() for block in self.blocks) if text))

    def html(self) -> str:
        """Return the page for a notebook, style sheet included."""
        return f"<div class='mlsys'><style>{style()}</style>{self.inner()}</div>"

    def inner(self) -> str:
        """Return the page to be put among others under one style sheet."""
        return hidden("".join(block.html() for block in self.blocks))


class Shown(Listed):
    """Base of objects that are displayed as a page, in notebooks and in terminals."""

    _unlisted: ClassVar[frozenset[str]] = frozenset({"page"})

    def _page(self) -> Page:
        raise NotImplementedError

    def page(self) -> Page:
        """Return what is shown, to be put among other pages."""
        return self._page()

    def __repr__(self) -> str:
        return self._page().text()

    def _repr_html_(self) -> str:
        return self._page().html()


def document(title: str, pages: Sequence[tuple[str, Page]]) -> str:
    """Return pages under their headings as one file without outside links, with a list of contents."""
    named = [(name, f"part-{place}", page) for place, (name, page) in enumerate(pages)]
    contents = " · ".join(f"<a href='#{at}'>{html.escape(name)}</a>" for name, at, _ in named if name)
    parts = "".join(
        f"<section id='{at}'>{f'<h2>{html.escape(name)}</h2>' if name else ''}{page.inner()}</section>"
        for name, at, page in named
    )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{html.escape(hidden(title))}</title><style>{style()}{_DOCUMENT}</style>"
        f"<body class='mlsys'><main><nav>{contents}</nav>{parts}</main></body></html>"
    )


_DOCUMENT = (
    "body.mlsys{max-width:none;margin:0;border:0;border-radius:0;padding:16px}"
    ".mlsys main{max-width:1040px;margin:0 auto}.mlsys h1{font-size:20px;margin:0 0 4px}"
    ".mlsys h2{font-size:17px;margin:28px 0 8px;padding-top:8px;border-top:1px solid var(--line)}"
    ".mlsys nav{position:sticky;top:0;background:var(--bg);padding:6px 0;z-index:1}"
)
