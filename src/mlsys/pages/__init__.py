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
from mlsys.pages.cells import Badge, Bars, Cell, Stack, percent
from mlsys.pages.findings import Findings
from mlsys.pages.flow import Flow, Moments, Stage, Stretch
from mlsys.pages.joining import filled, joined
from mlsys.pages.numbers import interval, number, p_value
from mlsys.pages.page import Page, Shown, document
from mlsys.pages.searched import Searched
from mlsys.pages.shapes import Shape
from mlsys.pages.tones import Tone, tone_of

__all__ = [
    "Badge",
    "Banner",
    "Bars",
    "Block",
    "Cell",
    "Code",
    "Findings",
    "Flow",
    "Folded",
    "Greyed",
    "Interval",
    "Intervals",
    "Items",
    "Lines",
    "Moments",
    "Page",
    "Picture",
    "Remarks",
    "Searched",
    "Shape",
    "Shown",
    "Side",
    "Stack",
    "Stage",
    "Stretch",
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
    "percent",
    "tone_of",
]
