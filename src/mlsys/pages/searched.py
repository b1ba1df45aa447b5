"""Searched: a table whose rows are found by words."""

from __future__ import annotations

import html
from dataclasses import dataclass

from mlsys.pages.blocks import Table

_FIND = (
    "const words=this.value.toLowerCase().split(' ');"
    "for(const row of this.parentNode.querySelectorAll('tbody tr'))"
    "row.hidden=!words.every(word=&gt;row.textContent.toLowerCase().includes(word))"
)


@dataclass(frozen=True)
class Searched:
    """A table with a search field: rows without all of the words are hidden.

    If a page cannot run scripts, the table is shown without the field.

    Parameters
    ----------
    table : Table
        What is searched.
    hint : str
        What can be found, in a few words.
    """

    table: Table
    hint: str

    def text(self) -> str:
        """Return the table; terminals search by themselves."""
        return self.table.text()

    def html(self) -> str:
        """Return field and table."""
        hint = html.escape(self.hint, quote=True)
        field = f'<input type="search" class="find" placeholder="{hint}" aria-label="{hint}" oninput="{_FIND}">'
        return f"<div>{field}{self.table.html()}</div>"
