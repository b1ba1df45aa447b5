"""Findings: a tuple of findings with a display."""

from __future__ import annotations

from collections import Counter

from mlsys.errors import Finding
from mlsys.pages.blocks import Remarks, Title
from mlsys.pages.page import Page, Shown


class Findings(Shown, tuple[Finding, ...]):
    """Findings, worst first.

    Examples
    --------
    >>> Findings([Finding("LK204", "'age' predicts the target", "warning")])
    1 finding: 1 warning
      finding        ! LK204 warning: 'age' predicts the target
    """

    def _page(self) -> Page:
        if not self:
            return Page([Title("no findings", tone="good")])
        counted = Counter("waived" if each.waived else each.severity for each in self)
        said = ", ".join(f"{count} {severity}" for severity, count in counted.items())
        many = "finding" if len(self) == 1 else "findings"
        return Page([Title(f"{len(self)} {many}: {said}"), Remarks(self, most=len(self))])
