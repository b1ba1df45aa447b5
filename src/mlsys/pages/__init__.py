"""Pages: what objects show in notebooks, reports and terminals, from the same content."""

from mlsys.pages import drawing
from mlsys.pages.axis import Interval, Intervals
from mlsys.pages.blocks import (
    Banner,
    Block,
    Code,
    Folded,
    Greyed,
    Items,
    Lines,
    Picture,
    Remarks,
    Side,
    Table,
    Text,
    Title,
    Verdict,
)
from mlsys.pages.findings import Findings
from mlsys.pages.joining import filled, joined
from mlsys.pages.numbers import interval, number, p_value
from mlsys.pages.page import Page, Shown, document
from mlsys.pages.shapes import Shape
from mlsys.pages.tones import Tone, tone_of

__all__ = [
    "Banner",
    "Block",
    "Code",
    "Findings",
    "Folded",
    "Greyed",
    "Interval",
    "Intervals",
    "Items",
    "Lines",
    "Page",
    "Picture",
    "Remarks",
    "Shape",
    "Shown",
    "Side",
    "Table",
    "Text",
    "Title",
    "Tone",
    "Verdict",
    "document",
    "drawing",
    "filled",
    "interval",
    "joined",
    "number",
    "p_value",
    "tone_of",
]
